/*
 * The receiver's anti-replay window (RFC 4303 3.4.3 and appendix A): which sequence numbers of an
 * SA have been seen.  Pure; all zero is the state of a new SA.
 */
#ifndef IPSEC_ESP_REPLAY_H
#define IPSEC_ESP_REPLAY_H

#include "ipsec/esp/esp.h"

/* One word more than the window, because its two ends may share a word. */
#define REPLAY_WORDS (ESP_REPLAY_WINDOW / 64 + 1)

struct replay {
	uint64_t highest; /* authenticated so far; 0 = none */
	uint64_t seen[REPLAY_WORDS]; /* a ring: bit n % 64 of word n / 64 % REPLAY_WORDS */
};

/* The whole sequence number of a packet that carries only its low 32 bits (appendix A2.2 when
 * esn != 0).  0 when there is no such number. */
uint64_t replay_infer(const struct replay *r, uint32_t low, int esn);
/* Is seq neither seen nor older than the window?  0 never is. */
int replay_fresh(const struct replay *r, uint64_t seq);
/* Note a fresh number whose packet was authentic.  Returns 1 when it is the highest so far. */
int replay_mark(struct replay *r, uint64_t seq);

#endif
