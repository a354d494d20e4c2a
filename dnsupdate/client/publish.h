/*
 * Keeping our own records in the zone as the manager wants them: a pure machine.  It is told what
 * is wanted and what came of its last order; it says what to do next and when.  Times: now and
 * *_ms are boot-time milliseconds, wall and *_sec wall-clock seconds.
 */
#ifndef CLIENT_PUBLISH_H
#define CLIENT_PUBLISH_H

#include "dnsupdate/client/outcome.h"
#include "dnsupdate/client/pace.h"
#include "dnsupdate/wire/peer.h"

#define PUBLISH_NEVER UINT64_MAX

/* The TXT records that carry our epoch, as they stand in the zone: the next update requires exactly
 * these (RFC 2136 section 2.4.2).  One is normal, several are somebody else's doing. */
struct publish_mark {
	uint64_t epoch; /* the highest; 0 = none */
	uint64_t expires_sec;
	uint8_t count; /* 0 = there is no such record */
	struct rdata txt[PEER_TXT_MAX];
};

enum publish_act {
	PUBLISH_NOTHING,
	PUBLISH_READ, /* ask for our TXT record; give it back as a mark */
	PUBLISH_WRITE, /* replace our records by what, if the zone still holds *seen */
	PUBLISH_DELETE, /* remove our records but for the epoch, if the zone still holds *seen */
};

struct publish_order {
	enum publish_act act;
	uint64_t epoch; /* to write */
	uint64_t expires_sec; /* to write; for DELETE the time it is now */
	uint32_t lease_sec; /* to ask the server for; 0 = no lease */
	uint8_t key_lease; /* in the form that has one for KEY records too (RFC 9664, 8 octets) */
	const struct publish_mark *seen;
	const struct msg_dns_publish *what;
};

struct publish {
	uint32_t (*jitter)(uint32_t range);
	struct msg_dns_publish want; /* hdr.type 0 until the manager has spoken */
	struct msg_dns_publish done; /* what the zone holds while until_sec != 0 */
	struct msg_dns_publish trying; /* what the last order to change the zone says */
	uint64_t tried_epoch, tried_sec; /* of that order, to recognise it in the zone */
	uint32_t tried_lease_sec; /* its x= minus the time it was sent */
	uint8_t lease_form; /* octets of the lease option that the server takes: 8, 4 or 0 */
	uint32_t granted_sec; /* the server's answer to it, 0 = it knows no leases */
	uint32_t lease_sec; /* for how long what stands was written */
	struct publish_mark seen;
	int seen_known;
	struct publish_mark before; /* the last order to write */
	uint64_t verify_ms; /* read an update back then; 0 = it has been seen, or there is none */
	int verified; /* this server does what it says */
	unsigned drops; /* in a row: it did not */
	uint64_t epoch; /* highest ever tried or read; the floor */
	uint64_t until_sec; /* our records' expiry, 0 = not published by us */
	uint64_t refresh_ms;
	uint64_t change_ms; /* the first change of want that is not written yet */
	uint64_t sent_ms; /* last write order, 0 = none */
	uint64_t retry_ms; /* hold until then after a failure */
	struct publish_order order; /* in the worker's hands, or PUBLISH_NOTHING */
	enum outcome last;
	unsigned failures; /* in a row */
	unsigned conflicts; /* in a row */
	struct gate gate; /* of writes */
	unsigned thefts; /* our records were found changed, within the last minutes */
	uint64_t theft_ms;
	int quitting, withdrawn;
};

/* Start knowing nothing of the zone.  floor: highest epoch ever written (kept by the manager).
 * jitter gives a random value below its argument. */
void publish_init(struct publish *p, uint64_t floor, uint32_t (*jitter)(uint32_t range));

/* What the manager wants from now on.  Saying the same again changes nothing. */
void publish_want(struct publish *p, const struct msg_dns_publish *want, uint64_t now);

/* The zone changed, or its server was away and answers again: look whether our records still stand
 * there, and no longer wait because of its silence. */
void publish_doubt(struct publish *p);

/* We are leaving: withdraw without any waiting. */
void publish_quit(struct publish *p, uint64_t now);
/* Nothing is left to do before leaving. */
int publish_may_leave(const struct publish *p);

/* When publish_next should be called; PUBLISH_NEVER while an order is out or nothing is due. */
uint64_t publish_wake(const struct publish *p);

/* The order that is due now, or PUBLISH_NOTHING.  At most one order is out; it must be answered
 * by publish_result.  The pointers in it live until then. */
struct publish_order publish_next(struct publish *p, uint64_t now, uint64_t wall);

/* The server's answer to an update grants a lease of so long; 0 = it says nothing of leases, so
 * that x= alone tells readers.  To be said before publish_result. */
void publish_granted(struct publish *p, uint32_t sec);

/* What came of the order.  mark, with OUTCOME_OK: for READ what was read (count 0: none), for WRITE
 * and DELETE what was written; NULL otherwise. */
void publish_result(
    struct publish *p, enum outcome o, const struct publish_mark *mark, uint64_t now);

/* How publishing stands, for people: the last outcome, or OUTCOME_CONFLICT while something else
 * keeps writing our records. */
enum outcome publish_outcome(const struct publish *p, uint64_t now);

/* Do our wanted records stand in the zone? */
int publish_is_up(const struct publish *p, uint64_t wall);

#endif
