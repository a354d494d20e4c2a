/*
 * Selectors.  Every SA carries packets between one pair of ULAs, so a policy is that pair,
 * written into the SA; for the outbound ones this index finds the SAs by the peer's ULA, the
 * newest first.
 */
#ifndef IPSEC_ESP_POLICY_H
#define IPSEC_ESP_POLICY_H

#include "ipsec/esp/sa.h"

#define POLICY_BUCKETS 1024 /* a power of two */

struct policy_index {
	struct sa *buckets[POLICY_BUCKETS];
};

/* Give the SA its selectors; -1 with errno EEXIST when it has others.  Again the same is fine. */
int policy_set(struct sa *sa, const uint8_t local[16], const uint8_t remote[16]);
/* Are these its selectors? */
int policy_is(const struct sa *sa, const uint8_t local[16], const uint8_t remote[16]);

/* Put an SA with selectors in front; one that is there already comes to the front. */
void policy_index_add(struct policy_index *p, struct sa *sa);
/* No matter whether it is there. */
void policy_index_remove(struct policy_index *p, struct sa *sa);
/* The newest SA towards remote that is neither dead nor waiting for the peer; else the newest that
 * is dead; else NULL, with *waiting set when there is one that waits. */
struct sa *policy_find(
    const struct policy_index *p, const uint8_t remote[16], uint64_t now_ms, int *waiting);
/* All SAs towards remote, the newest first; NULL at the end. */
struct sa *policy_first(const struct policy_index *p, const uint8_t remote[16]);
struct sa *policy_next(const struct sa *sa);
/* The peer was heard on inbound SA spi: what waits for that is ready.  Returns whether one was. */
int policy_heard(struct policy_index *p, const uint8_t remote[16], uint32_t spi);
/* Point all SAs towards remote to another place. */
void policy_move(struct policy_index *p, const uint8_t remote[16], const struct endpoint *to);

#endif
