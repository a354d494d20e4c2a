/* Inside of llqs.c and llq_events.c: what they share. */
#ifndef DNSUPDATE_SERVER_LIVE_LLQS_INSIDE_H
#define DNSUPDATE_SERVER_LIVE_LLQS_INSIDE_H

#include "dnsupdate/server/live/llq_table.h"
#include "dnsupdate/server/live/llqs.h"

#define LLQ_STAGES 4 /* of a flight: not sent yet, sent once, twice, three times */

/* An event that was sent and is not acknowledged. */
struct llq_flight {
	struct llq_flight *next, *previous; /* of the same stage, the one due first in front */
	uint64_t due_ms;
	struct news *news; /* what it says */
	struct view
	    *known; /* what the subscriber then knows; NULL while that is the present state */
	uint32_t number;
	uint16_t message_id;
	uint8_t stage;
};

struct llq_flights {
	struct llq_flight *first, *last;
};

struct llqs {
	struct llqs_config config;
	struct follow *follow;
	struct follow_teller teller;
	struct llq_table *table;
	struct llq_flights flights[LLQ_STAGES];
	struct siphash_key who_key, when_key, message_key;
	uint64_t messages; /* of which IDs are made */
	uint32_t turn; /* events sent in this turn */
	uint64_t swept_ms; /* when last */
	uint32_t sweep_at;
	struct llqs_stats stats;
};

int llq_is_expired(const struct llq *q, uint64_t now_ms);
/* End it, with what is under way to it. */
void llq_drop(struct llqs *s, uint32_t number);
/* Nothing is under way to it any more. */
void llq_forget_flight(struct llqs *s, struct llq *q);
/* Tell it the difference between what it knows and what there is. */
void llq_catch_up(struct llqs *s, uint32_t number, struct view *known, uint64_t now_ms);

/* follow_teller's */
void llqs_happened(void *ctx, struct happening *h);
void llqs_over(void *ctx);
void llqs_zone_gone(void *ctx, struct topic *t);

#endif
