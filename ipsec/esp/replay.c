#include "ipsec/esp/replay.h"

/*
 * The window's lower edge decides.  It may lie in the subspace of the highest number seen (case A
 * of the appendix: what is below the edge belongs to the next subspace) or reach into the one
 * before (case B: what is above the edge belongs there).
 */
uint64_t
replay_infer(const struct replay *r, uint32_t low, int esn)
{
	uint32_t top_low = (uint32_t)r->highest;
	uint32_t edge = top_low - (ESP_REPLAY_WINDOW - 1); /* wraps in case B */
	uint64_t high = r->highest >> 32;

	if (!esn)
		return low;
	if (top_low >= ESP_REPLAY_WINDOW - 1) {
		if (low < edge && ++high > UINT32_MAX)
			return 0;
	} else if (low >= edge && high-- == 0) {
		return 0;
	}
	return high << 32 | low;
}

int
replay_fresh(const struct replay *r, uint64_t seq)
{
	if (seq == 0)
		return 0;
	if (seq > r->highest)
		return 1;
	if (r->highest - seq >= ESP_REPLAY_WINDOW)
		return 0;
	return (r->seen[seq / 64 % REPLAY_WORDS] >> seq % 64 & 1) == 0;
}

int
replay_mark(struct replay *r, uint64_t seq)
{
	int newest = seq > r->highest;

	if (newest) {
		uint64_t word = r->highest / 64, words = seq / 64 - word;

		if (words > REPLAY_WORDS)
			words = REPLAY_WORDS;
		while (words-- > 0)
			r->seen[++word % REPLAY_WORDS] = 0;
		r->highest = seq;
	}
	r->seen[seq / 64 % REPLAY_WORDS] |= UINT64_C(1) << seq % 64;
	return newest;
}
