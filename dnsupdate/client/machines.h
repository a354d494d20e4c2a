/*
 * The machines of the account as their records describe them, which of them are to be read, which
 * the manager has not heard of yet, and of which the names to follow have changed.
 */
#ifndef CLIENT_MACHINES_H
#define CLIENT_MACHINES_H

#include "dnsupdate/client/pace.h"
#include "dnsupdate/wire/peer.h"

#include <sys/queue.h>

struct machine {
	TAILQ_ENTRY(machine) entry; /* in all */
	TAILQ_ENTRY(machine) unread_entry, news_entry, follow_entry;
	LIST_ENTRY(machine) bucket;
	struct msg_dns_peer peer; /* as told or to be told; hdr is filled */
	struct name *target; /* where its SRV records point, NULL = nowhere */
	uint8_t targets;
	uint16_t number; /* 1 to MSG_PEERS_MAX, while it is here */
	uint64_t read_ms; /* when the server was last asked for all its records, 0 = never */
	uint64_t epoch_back_ms; /* since when the zone shows an older epoch, 0 = it does not */
	struct gate gate; /* of hints */
	uint8_t listed; /* in the list being taken in */
	uint8_t unread; /* to be read, or being read */
	uint8_t reading;
	uint8_t again; /* hinted at while being read: what is being read may be old */
	uint8_t fresh; /* to be asked of the server itself */
	uint8_t counted; /* the reading of all waits for it */
	uint8_t dirty; /* the manager does not know it so */
	uint8_t refollow; /* its names have changed */
	uint8_t retell; /* tell it once read, whatever it says */
};

TAILQ_HEAD(machine_list, machine);
LIST_HEAD(machine_bucket, machine);

#define MACHINES_BUCKETS 256

struct machines {
	struct machine_list all, unread, news, follow;
	struct machine_bucket bucket[MACHINES_BUCKETS];
	struct machine *number[MSG_PEERS_MAX + 1];
	uint32_t present;
	uint32_t counted; /* machines the reading of all still waits for */
};

void machines_init(struct machines *t);
void machines_free(struct machines *t);

/* The machine of this name, or the one below whose name this name lies; NULL. */
struct machine *machines_find(struct machines *t, const char *name);
struct machine *machines_owner(struct machines *t, const struct name *name);

/* Take in a complete list: begin, add each name, end.  A name that is new is kept but not told
 * before it is read; one that is missing becomes news of its absence. */
void machines_list_begin(struct machines *t);
/* 0, or -1 when the table is full. */
int machines_list_add(struct machines *t, const char *name);
/* Returns how many have gone. */
unsigned machines_list_end(struct machines *t);

/* To be read: fresh = by asking the server, whatever was pushed; counted = the reading of all
 * waits for it. */
void machines_want(struct machines *t, struct machine *m, int fresh, int counted);
/* Something has changed there.  Too many hints are slowed down: see machines_next. */
void machines_hint(struct machines *t, struct machine *m, uint64_t now);
/* The next one to read, NULL = none now; it is being read until machines_read. */
struct machine *machines_next(struct machines *t, uint64_t now);
/* Reading it has ended, one way or another. */
void machines_read(struct machines *t, struct machine *m);
/* All reading is given up; what was to be read still is. */
void machines_abandon(struct machines *t);
/* When machines_next has one; UINT64_MAX = not by waiting. */
uint64_t machines_wake(const struct machines *t, uint64_t now);

/* Take what a reading of machine m found.  Returns 1 when it is another way to reach it, 0 when not
 * (just a refreshed lease).  -1, nothing taken: its epoch has gone back less than two minutes ago,
 * so this is an old answer or a secondary that lags behind; after that it has begun anew. */
int machines_take(
    struct machines *t, struct machine *m, const struct msg_dns_peer *peer, uint64_t now);
/* The targets of its SRV records are these. */
void machines_targets(
    struct machines *t, struct machine *m, const struct peer_target *target, unsigned count);

/* The first to be told, NULL = none.  After telling: machines_told. */
const struct machine *machines_news(const struct machines *t);
void machines_told(struct machines *t, const struct machine *m);
/* The first whose names to follow have changed, NULL = none; and: they are followed now. */
const struct machine *machines_refollow(const struct machines *t);
void machines_followed(struct machines *t, const struct machine *m);
void machines_refollow_all(struct machines *t);
/* Tell each again as soon as it has been read, and read all of it. */
void machines_retell(struct machines *t);

#endif
