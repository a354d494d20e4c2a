#include "ipsec/esp/lifetime.h"

static int
reached(uint64_t limit, uint64_t value)
{
	return limit != 0 && value >= limit;
}

enum lifetime
lifetime_state(const struct esp_lifetime *l, uint64_t age_ms, uint64_t bytes, uint64_t packets)
{
	if (reached(l->hard_ms, age_ms) || reached(l->hard_bytes, bytes) ||
	    reached(l->hard_packets, packets))
		return LIFETIME_HARD;
	if (reached(l->soft_ms, age_ms) || reached(l->soft_bytes, bytes) ||
	    reached(l->soft_packets, packets))
		return LIFETIME_SOFT;
	return LIFETIME_OK;
}

uint64_t
lifetime_next_age(const struct esp_lifetime *l, int soft_said)
{
	uint64_t hard = l->hard_ms != 0 ? l->hard_ms : LIFETIME_NEVER;

	if (soft_said || l->soft_ms == 0 || l->soft_ms > hard)
		return hard;
	return l->soft_ms;
}

enum lifetime
lifetime_sequence(uint64_t seq, int esn)
{
	uint64_t last = esn ? UINT64_MAX : UINT32_MAX;

	if (seq >= last)
		return LIFETIME_HARD;
	return seq >= last - last / 16 ? LIFETIME_SOFT : LIFETIME_OK;
}
