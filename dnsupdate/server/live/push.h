/*
 * DNS Push Notifications (RFC 8765): who subscribed to what, and telling them.
 *
 * A machine without sockets: connections are opaque, and reached through push_config's functions.
 * After a batch all changes that concern one client go into one message (more, if they do not fit);
 * whoever follows one name only, as most do, shares the message with all others who follow it.
 *
 * A client who does not read is not queued for.  When more than PUSH_QUEUE_HIGH octets wait on his
 * connection, his subscriptions remember what he knows (view.h) and he is told the difference when
 * his connection has drained.  The connection itself is cut when it does not move at all (conn.h).
 * In the same way the rest of very many clients is told in later turns (push_work).
 */
#ifndef DNSUPDATE_SERVER_LIVE_PUSH_H
#define DNSUPDATE_SERVER_LIVE_PUSH_H

#include "dnsupdate/server/live/follow.h"
#include "dnsupdate/server/live/session.h"

#define PUSH_QUEUE_HIGH (32 * 1024)
#define PUSH_TURN 512 /* clients told in one go, before queries and updates get their turn */

struct push_config {
	uint32_t max; /* subscriptions in all */
	uint32_t max_of_one; /* on one connection */
	/* 0; -1 when the message could not be queued. */
	int (*send)(void *conn, const void *message, size_t len);
	/* Octets that wait to be sent. */
	size_t (*queued)(void *conn);
	void (*abort)(void *conn);
};

struct push_stats {
	uint64_t subscribed, unsubscribed, refused;
	uint64_t messages, records; /* of PUSH */
	uint64_t behind; /* times a slow client was not told at once */
};

struct push;
struct push_peer;

/* Registers itself with f. */
struct push *push_new(struct follow *f, const struct push_config *config);
/* All peers must be gone. */
void push_free(struct push *p);

/* A client with a session; s is borrowed and touched when something is sent. */
struct push_peer *push_peer_new(struct push *p, void *conn, struct session *s);
void push_peer_free(struct push_peer *peer);
size_t push_peer_subscriptions(const struct push_peer *peer);

/*
 * He subscribes to a name in z, with access already decided.  An rcode to answer with; or -1 when
 * he must be aborted, because he has this subscription or this id already.  After a NOERROR was
 * sent push_welcome tells him what there is.
 */
int push_subscribe(struct push_peer *peer, struct zone *z, const struct question *q, uint16_t id);
void push_welcome(struct push_peer *peer, uint64_t now_ms);
/* Unknown ones are ignored. */
void push_unsubscribe(struct push_peer *peer, uint16_t id);

/* His connection has nothing waiting any more: tell him what he has missed. */
void push_drained(struct push_peer *peer, uint64_t now_ms);

/* Tell the next of those who were too many for one turn; are there any? */
void push_work(struct push *p, uint64_t now_ms);
int push_waits(const struct push *p);

size_t push_count(const struct push *p);
const struct push_stats *push_stats(const struct push *p);

#endif
