/*
 * Packets that were not delivered, counted by reason: all together, for each peer that was made
 * known, and those of nobody known.  Of fixed size; no locks here, but `news` may be looked at
 * without the one that guards the rest.
 */
#ifndef IPSEC_ESP_DROPS_H
#define IPSEC_ESP_DROPS_H

#include "ipsec/esp/esp.h"

#include <stdatomic.h>

#define DROPS_BUCKETS 1024 /* a power of two */

struct drops_peer {
	struct drops_peer *next; /* in its bucket, or in the free list */
	uint8_t ula[16];
	uint64_t n[ESP_DROP_MAX];
};

/* Of those of nobody's, since they were read. */
enum drops_news { DROPS_NO_NEWS, DROPS_NEWS, DROPS_TOLD };

struct drops {
	uint64_t all[ESP_DROP_MAX];
	uint64_t nobodys[ESP_DROP_MAX];
	atomic_int news; /* enum drops_news */
	struct drops_peer *buckets[DROPS_BUCKETS];
	struct drops_peer *free;
	size_t touched;
	struct drops_peer peers[ESP_PEERS_MAX];
};

/* Count n packets of the peer with this ULA; those of NULL or an unknown one are nobody's. */
void drops_count(struct drops *d, enum esp_drop reason, const uint8_t *ula, uint64_t n);

/* 0, also when it is known already; -1 when there is no room. */
int drops_know(struct drops *d, const uint8_t ula[16]);
void drops_forget(struct drops *d, const uint8_t ula[16]);
/* Add the peer's counters to out; an unknown one has none. */
void drops_read(const struct drops *d, const uint8_t ula[16], uint64_t out[ESP_DROP_MAX]);
/* Add nobody's, and make the next one news. */
void drops_read_nobodys(struct drops *d, uint64_t out[ESP_DROP_MAX]);
/* Is there news of nobody's?  Says so once. */
int drops_tell(struct drops *d);

#endif
