/*
 * The steps on the way to a peer, put together to ladders: PURE functions.  A ladder is one attempt
 * to connect, at all places the peer may be at, or one doubt about the path of a tunnel.
 */
#ifndef CLI_LADDER_H
#define CLI_LADDER_H

#include "base/msg.h"

enum ladder_outcome {
	LADDER_OPEN, /* under way, or nothing came of it */
	LADDER_CONNECTED,
	LADDER_FAILED,
	LADDER_MOVED, /* the tunnel has another path now */
	LADDER_ASKED, /* the path was in doubt */
	LADDER_ENDED, /* the tunnel has been ended */
};

struct ladder {
	const struct msg_ipsec_step *step; /* in the list that was split */
	size_t steps;
	enum ladder_outcome outcome;
	const struct msg_ipsec_step *decided; /* the step that made the outcome; NULL = none has */
};

/* The n steps, by time, as ladders, by time.  Returns how many there are, at most max: the last
 * ones. */
size_t ladder_split(const struct msg_ipsec_step *step, size_t n, struct ladder *out, size_t max);

/* Which attempt of the ladder the step belongs to: 1, 2, ... as they began; 0 = to none. */
unsigned ladder_attempt(const struct ladder *l, const struct msg_ipsec_step *step);

/* Microseconds from the first step to this one. */
uint64_t ladder_us(const struct ladder *l, const struct msg_ipsec_step *step);

/* A word for JSON. */
const char *ladder_outcome_word(enum ladder_outcome outcome);
const char *ladder_kind_word(unsigned kind);

/* What happened, in words. */
#define LADDER_TEXT_MAX 160
const char *ladder_text(const struct msg_ipsec_step *step, char out[LADDER_TEXT_MAX]);

#endif
