/*
 * Following the account's roster (dnsupdate/wire/roster_records.h): a pure machine beside watch.h.
 * It reads the head whenever the zone has changed, or a hint says so, and the lines when the head
 * is not the one it knows; what it has read is news until the manager was told.  It judges nothing:
 * a head and lines that do not belong together, read while somebody wrote or from two servers, fail
 * their signature.  So whatever is new is read in full once more a minute later.  Times are
 * boot-time milliseconds.
 */
#ifndef CLIENT_ROSTER_FOLLOW_H
#define CLIENT_ROSTER_FOLLOW_H

#include "dnsupdate/client/outcome.h"
#include "dnsupdate/wire/roster_records.h"

enum roster_phase { ROSTER_REST, ROSTER_ASK_HEAD, ROSTER_ASK_LIST, ROSTER_WAIT };

struct roster_follow {
	struct name domain;
	enum roster_phase phase;
	enum roster_part waiting; /* for which part */
	uint32_t serial; /* of the zone when the last reading began */
	uint8_t has_read; /* serial counts */
	uint8_t again; /* something changed during the reading */
	uint8_t known; /* text is what the zone showed; len 0 = none */
	uint8_t news; /* the manager does not know it so, but for the first told octets */
	unsigned fails; /* in a row */
	uint64_t retry_ms; /* after a failure */
	uint64_t confirm_ms; /* when all of it is to be read once more */
	size_t head_len, len; /* of text */
	uint32_t told;
	char text[MSG_ROSTER_MAX];
	size_t new_len; /* of what is being read */
	char new_text[MSG_ROSTER_MAX];
};

/* Start with a domain, or over with another server, key or domain: what is read then is told, also
 * if it is the same. */
void roster_follow_restart(struct roster_follow *f, const struct name *domain);

/* The zone's serial as last seen; and: something changed at the roster's names. */
void roster_follow_serial(struct roster_follow *f, uint32_t serial);
void roster_follow_hint(struct roster_follow *f);

/* 1 and *q: ask this now.  0: nothing for now. */
int roster_follow_next(struct roster_follow *f, uint64_t now, struct question *q);
/* Is it being read, and has that not failed?  Then what else has been read had better wait: a
 * machine that goes because it was revoked should go with that reason. */
int roster_follow_busy(const struct roster_follow *f);
/* When to call it, if nothing else happens; UINT64_MAX = never. */
uint64_t roster_follow_wake(const struct roster_follow *f);
/* What came of it; m is the answer when o is OUTCOME_OK. */
void roster_follow_answer(
    struct roster_follow *f, enum outcome o, const struct message *m, uint64_t now);

#endif
