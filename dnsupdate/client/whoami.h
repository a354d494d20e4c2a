/*
 * From which address does the name server see us, by IPv4 or by IPv6, and does a knock of its come
 * in?  autotunnel-dnsd tells by TXT records below whoami.ZONE; other servers say that there is no
 * such name.  When to ask about one question of the manager's and what the answer means: pure.
 */
#ifndef CLIENT_WHOAMI_H
#define CLIENT_WHOAMI_H

#include "dnsupdate/client/outcome.h"
#include "dnsupdate/wire/message.h"

#include <stdint.h>

#define WHOAMI_RETRY_MS 2000 /* after no answer; doubles */
#define WHOAMI_RETRY_MAX_MS 60000
#define WHOAMI_NO_WAY_MS 600000
#define WHOAMI_NO_WAY 3 /* after so many questions without an answer there is none, at present */

struct whoami {
	struct msg_dns_look want; /* the question */
	int asking;
	int changed; /* since then */
	int aside; /* asked by a connection of its own, the main one being of the other family */
	unsigned failures;
	uint64_t next_ms;
	struct msg_dns_seen told; /* for the manager */
	int news; /* it does not know yet */
};

/* Another server or zone: all questions under way are gone, the wish stays. */
void whoami_restart(struct whoami *w);
/* The manager's question, perhaps the same again. */
void whoami_want(struct whoami *w, const struct msg_dns_look *look);
/* Our network may be another one: what had no answer is asked again now. */
void whoami_hurry(struct whoami *w);
/* The server has no address of that family. */
void whoami_no_way(struct whoami *w, uint64_t now);
/* 1 with the question, when it is time to ask it about this zone; then whoami_answer has to come.
 */
int whoami_next(struct whoami *w, const struct name *zone, uint64_t now, struct question *q);
/* What came of it: m is the answer when o is OUTCOME_OK. */
void whoami_answer(struct whoami *w, enum outcome o, const struct message *m,
    const struct name *zone, uint64_t now);
/* When whoami_next should be asked again. */
uint64_t whoami_wake(const struct whoami *w);

#endif
