/*
 * Following the other machines of the account: a pure machine.  It says which questions to ask and
 * when, takes verified answers, and keeps for each machine the message that describes it, with a
 * mark whether the manager has heard it.  Times are boot-time milliseconds.
 */
#ifndef CLIENT_WATCH_H
#define CLIENT_WATCH_H

#include "dnsupdate/client/outcome.h"
#include "dnsupdate/wire/peer.h"

#define WATCH_NEVER UINT64_MAX
#define WATCH_OPEN_MAX 24 /* questions out at a time */
#define WATCH_READERS_MAX 8 /* machines being read at a time */

struct watch;

/* A question to send; its answer comes back under the same ticket. */
struct watch_ask {
	uint32_t ticket;
	struct question q;
};

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
