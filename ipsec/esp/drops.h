/*
 * Packets that were not delivered, counted by reason: all together, and for each peer that was
 * made known.  Of fixed size; no locks here.
 */
#ifndef IPSEC_ESP_DROPS_H
#define IPSEC_ESP_DROPS_H

#include "ipsec/esp/esp.h"

#define DROPS_BUCKETS 1024 /* a power of two */

struct drops_peer {
	struct drops_peer *next; /* in its bucket, or in the free list */
	uint8_t ula[16];
	uint64_t n[ESP_DROP_MAX];
};

struct drops {
	uint64_t all[ESP_DROP_MAX];
	struct drops_peer *buckets[DROPS_BUCKETS];
	struct drops_peer *free;
	size_t touched;
	struct drops_peer peers[ESP_PEERS_MAX];
};

/* Count n packets of the peer with this ULA; NULL or an unknown one count for nobody. */
void drops_count(struct drops *d, enum esp_drop reason, const uint8_t *ula, uint64_t n);

/* 0, also when it is known already; -1 when there is no room. */
int drops_know(struct drops *d, const uint8_t ula[16]);
void drops_forget(struct drops *d, const uint8_t ula[16]);
/* Add the peer's counters to out; an unknown one has none. */
void drops_read(const struct drops *d, const uint8_t ula[16], uint64_t out[ESP_DROP_MAX]);

#endif
