/*
 * Following the other machines of the account: a pure machine.  It says which questions to ask and
 * when, takes verified answers, and keeps for each machine the message that describes it, with a
 * mark whether the manager has heard it.  Times are boot-time milliseconds.
 */
#ifndef CLIENT_WATCH_H
#define CLIENT_WATCH_H

#include "dnsupdate/client/readers.h"

#define WATCH_NEVER UINT64_MAX
#define WATCH_OPEN_MAX (READERS_OPEN_MAX + 2) /* questions out at a time */

struct watch;

/* Watch the machines of domain but for ourselves, host.  jitter gives a random value below its
 * argument.  Out of memory gives NULL. */
struct watch *watch_new(
    const struct name *domain, const char *host, uint32_t (*jitter)(uint32_t range));
void watch_free(struct watch *w);

/* Start over with another server, key or domain.  Machines already known stay until a complete
 * list without them has been read; each is told to the manager again once it has been read. */
void watch_restart(struct watch *w, const struct name *domain, const char *host);

/* Look at once, but not more than once a second, and then each second for so long. */
void watch_hurry(struct watch *w, uint32_t seconds, uint64_t now);
/* Something of ours has changed: others are likely to follow. */
void watch_flux(struct watch *w, uint64_t now);

/* How changes reach us from now on.  Falling back to PACE_ALONE makes us look at once. */
void watch_live(struct watch *w, enum pace_live live, uint64_t now);
/* Something has changed at this name: the list of machines or a machine's records.  A hint need
 * not be true: it only makes us ask. */
void watch_hint(struct watch *w, const struct name *name, uint64_t now);
/* The epoch a machine whose name is name or above it is known with; 0 = not known. */
uint64_t watch_epoch(struct watch *w, const struct name *name);

/* A set of names whose changes should be told by watch_hint. */
struct watch_names {
	uint16_t number; /* of the set: 0 for the list, else a machine's */
	uint8_t present; /* 0 = nothing of it is to be followed any more */
	uint8_t targets;
	struct name host, service; /* number 0: only service, the owner of the list */
	const struct name *target; /* where the machine's SRV records point; borrowed */
};
/* 1 and *names: this set has changed.  Call until it returns 0. */
int watch_follow(struct watch *w, struct watch_names *names);
/* Say all of them again. */
void watch_refollow(struct watch *w);

/* When watch_next should be called; WATCH_NEVER while only answers can bring anything on. */
uint64_t watch_wake(const struct watch *w, uint64_t now);
/* 1 and *ask: send this now.  0: nothing more for now. */
int watch_next(struct watch *w, uint64_t now, struct watch_ask *ask);
/* What came of a question; m is its answer when o is OUTCOME_OK, else NULL.  Answers to questions
 * no longer of interest are ignored. */
void watch_answer(
    struct watch *w, uint32_t ticket, enum outcome o, const struct message *m, uint64_t now);

struct watch_status {
	const struct name *zone; /* our domain lies in it; NULL until known */
	uint32_t serial; /* of the zone, when last seen */
	uint32_t readings; /* complete ones so far */
	uint32_t surprises; /* looks so far that found a change nobody had hinted at */
	uint32_t peers; /* machines present */
	int synced; /* everything has been read since the start, and told */
	uint64_t heard_ms; /* last good answer, 0 = never */
	enum outcome outcome; /* of the last poll */
};
struct watch_status watch_status(const struct watch *w);

/* A machine of which the manager does not know all yet, NULL = none; and: it knows now. */
const struct msg_dns_peer *watch_news(const struct watch *w);
void watch_told(struct watch *w);

#endif
