/*
 * Happy Eyeballs (RFC 8305 section 5): which of a server's addresses to connect to next, and when.
 * Pure.  Candidates are tried in the order given, a new one each quarter of a second while none has
 * succeeded, at once when one falls.  A candidate still under way is begun anew in later rounds: a
 * lost SYN then costs less than the kernel's own second.  The first that succeeds has won; whoever
 * runs the race then drops the others.
 */
#ifndef CLIENT_RACE_H
#define CLIENT_RACE_H

#include <stdint.h>

#define RACE_CANDIDATES_MAX 16
#define RACE_RUNNERS_MAX 6
#define RACE_STAGGER_MS 250
#define RACE_ROUND_MS 1000 /* between starts from the second round on */
#define RACE_TIME_MS 10000

struct race {
	uint64_t next_ms, end_ms;
	unsigned count, started; /* candidates; attempts so far */
	uint8_t runner[RACE_RUNNERS_MAX]; /* its candidate + 1, 0 = nobody */
	uint8_t hopeless[RACE_CANDIDATES_MAX];
};

/* count at most RACE_CANDIDATES_MAX. */
void race_begin(struct race *r, unsigned count, uint64_t now);
/* The number of a runner to start now towards *candidate, or -1: none now. */
int race_next(struct race *r, uint64_t now, unsigned *candidate);
/* A runner fell.  hopeless: there is no use in trying its candidate again in this race. */
void race_fell(struct race *r, unsigned runner, int hopeless, uint64_t now);
/* When race_next or race_lost should be asked again. */
uint64_t race_wake(const struct race *r);
/* Time is up, or nobody runs and nobody is left to. */
int race_lost(const struct race *r, uint64_t now);

#endif
