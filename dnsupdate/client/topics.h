/*
 * What is followed by Push: questions, and for each of them the records the server has pushed.
 * Sets of questions come from watch.c by number; two sets may share a question, which is then one
 * topic, for a second SUBSCRIBE would be fatal (RFC 8765 section 6.2.1).  push_session.c keeps in
 * each topic how its subscription stands.
 */
#ifndef CLIENT_TOPICS_H
#define CLIENT_TOPICS_H

#include "dnsupdate/wire/message.h"
#include "dnsupdate/wire/push.h"

#include <sys/queue.h>

#define TOPICS_SET_MAX (2 + MSG_CONTACTS_MAX) /* questions of one set */
/* Octets of records kept for a topic, for the list of machines, and for all topics together: a
 * server that pushes more is asked instead. */
#define TOPICS_OCTETS 4096
#define TOPICS_LIST_OCTETS (256 * 1024)
#define TOPICS_ALL_OCTETS (4 * 1024 * 1024)

enum topic_state {
	TOPIC_DUE, /* SUBSCRIBE is to be sent */
	TOPIC_HELD, /* ... but not before at_ms: the server did not want it */
	TOPIC_SENT, /* no answer yet */
	TOPIC_LIVE,
	TOPIC_DROP, /* UNSUBSCRIBE is to be sent, then it is gone */
};

struct topic_rr {
	SLIST_ENTRY(topic_rr) entry;
	uint32_t ttl;
	uint16_t type, len;
	uint8_t data[];
};

struct topic {
	LIST_ENTRY(topic) bucket; /* by name */
	LIST_ENTRY(topic) id_bucket; /* by id, when it has one */
	TAILQ_ENTRY(topic) entry; /* in the list of its state */
	TAILQ_ENTRY(topic) changed_entry;
	SLIST_HEAD(, topic_rr) rrs;
	uint64_t at_ms; /* SENT: when; HELD: until when */
	uint32_t octets; /* of rrs */
	uint16_t id; /* of its SUBSCRIBE, 0 = none */
	uint16_t type; /* TYPE_ANY = all types */
	uint16_t users; /* sets that have it */
	uint8_t state; /* enum topic_state */
	uint8_t changed; /* in the list of changed ones */
	uint8_t known; /* rrs is what the server has */
	uint8_t full; /* more was pushed than is kept */
	uint8_t name_len;
	uint8_t wire[];
};

TAILQ_HEAD(topic_list, topic);
LIST_HEAD(topic_bucket, topic);

#define TOPICS_BUCKETS 1024
#define TOPICS_STATES (TOPIC_DROP + 1)

struct topic_set {
	unsigned count;
	struct topic *topic[TOPICS_SET_MAX];
};

struct topics {
	struct topic_bucket bucket[TOPICS_BUCKETS], id_bucket[TOPICS_BUCKETS];
	struct topic_list state[TOPICS_STATES];
	struct topic_list changed;
	struct topic_set *set[MSG_PEERS_MAX + 1];
	unsigned count;
	size_t octets;
};

void topics_init(struct topics *t);
void topics_clear(struct topics *t);

/* Set number is now these questions (class IN), at most TOPICS_SET_MAX; none = it is gone. */
void topics_set(struct topics *t, uint16_t number, const struct question *q, unsigned count);

struct topic *topics_find(struct topics *t, const struct name *name, uint16_t type);
void topic_name(const struct topic *topic, struct name *out);
/* The one with this ID, NULL = none. */
struct topic *topics_find_id(struct topics *t, uint16_t id);
/* Its SUBSCRIBE goes out under this ID. */
void topics_sent(struct topics *t, struct topic *topic, uint16_t id, uint64_t now);
/* The server does not serve it (any more): not again before until. */
void topics_refused(struct topics *t, struct topic *topic, uint64_t until);
/* In all other cases. */
void topics_move(struct topics *t, struct topic *topic, enum topic_state state);
/* It ends here, and so does what is known of it. */
void topics_drop(struct topics *t, struct topic *topic);
/* The connection is gone: nothing is known or subscribed any more; dropped ones are gone. */
void topics_forget(struct topics *t);

/* Apply one change of a PUSH to all topics it matches (RFC 8765 section 6.3.1). */
void topics_apply(struct topics *t, const struct push_change *change);
/* The next topic with changes since the last call, NULL = none. */
const struct topic *topics_changed(struct topics *t);

/* The answer to q as far as it has been pushed: written into room (which m borrows) and parsed.
 * 0, or -1 when the server must be asked. */
int topics_answer(
    struct topics *t, const struct question *q, void *room, size_t size, struct message *m);

#endif
