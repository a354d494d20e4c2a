/*
 * From which address does the name server see us?  autotunnel-dnsd tells by whoami.ZONE TXT; other
 * servers know no such name.  A router's word about its outside is compared with this: another NAT
 * before it shows as another address.  PURE: what to ask when, and what the answer says.
 */
#ifndef CLIENT_WHOAMI_H
#define CLIENT_WHOAMI_H

#include "dnsupdate/client/outcome.h"
#include "dnsupdate/wire/message.h"

#define WHOAMI_EVERY_MS 600000
#define WHOAMI_RETRY_MS 2000 /* after no answer; doubles */
#define WHOAMI_RETRY_MAX_MS 60000
#define WHOAMI_NEVER_MS 3600000 /* after "no such name" */

struct whoami {
	uint8_t asking;
	uint8_t hurried; /* while asking: the answer may be of before, ask again */
	uint32_t retry_ms; /* the last wait after no answer */
	uint64_t next_ms;
	uint64_t seen_ms; /* boot time of the answer, 0 = never */
	struct endpoint seen; /* port as well; family 0 = not known */
};

/* Another server or zone. */
void whoami_restart(struct whoami *w);
/* Something changed: ask now. */
void whoami_hurry(struct whoami *w);
/* 1 with the question, when it is time to ask it about this zone; then whoami_answer has to come.
 */
int whoami_next(struct whoami *w, const struct name *zone, uint64_t now, struct question *q);
/* m is the verified answer, with OUTCOME_OK only. */
void whoami_answer(struct whoami *w, enum outcome o, const struct message *m,
    const struct name *zone, uint64_t now);
/* When it wants to ask. */
uint64_t whoami_wake(const struct whoami *w);

#endif
