/*
 * How often to look: pure.  In a hurry each 0.25 s for the first two seconds, for who is waited for
 * is mostly there soon, and then each second; each 5 s for a minute after a change, then rarer, up
 * to 60 s; after failures 2 s, 4 s ... 60 s, but a server that says nothing at all is asked again
 * at once, for a quarter of an hour: asking takes seconds by itself, and who comes back shall not
 * wait. While changes are told to us each minute or each 15 minutes.  Times are boot-time
 * milliseconds.
 */
#ifndef CLIENT_PACE_H
#define CLIENT_PACE_H

#include <stdint.h>

#define PACE_FAST_MS 250
#define PACE_HURRY_MS 1000
#define PACE_FLUX_MS 5000

/* How changes reach us without a look. */
enum pace_live {
	PACE_ALONE, /* they do not */
	PACE_HINTED, /* over UDP: one may get lost, so we look each minute, and in flux as ever */
	PACE_PUSHED, /* over a connection: looks are there to be on the safe side */
};

struct pace {
	uint64_t fast_until, hurry_until, flux_until;
	uint64_t rest_ms; /* the next interval when all is calm */
	unsigned fails; /* in a row */
	enum pace_live live;
};

void pace_init(struct pace *p);
/* Hurry for so long from now on. */
void pace_hurry(struct pace *p, uint64_t ms, uint64_t now);
/* Something has changed. */
void pace_flux(struct pace *p, uint64_t now);
enum pace_look {
	PACE_SEEN,
	PACE_FAILED, /* an answer, but no good one */
	PACE_SILENT, /* no answer */
};
/* How long to wait after a look; jitter gives a random value below its argument. */
uint64_t pace_next(
    struct pace *p, enum pace_look look, uint64_t now, uint32_t (*jitter)(uint32_t range));

/* A gate lets a burst through at once, then one each_ms: what comes rarely never waits, and what
 * comes without end costs little. */
struct gate_rate {
	unsigned burst;
	uint32_t each_ms;
};
/* Hints that something has changed.  One that comes while another waits is the same hint: do not
 * count it. */
extern const struct gate_rate gate_hints;
/* Changes of our own records. */
extern const struct gate_rate gate_writes;

struct gate {
	uint64_t paid_ms; /* what has been counted so far is paid for then */
};
void gate_count(struct gate *g, const struct gate_rate *rate, uint64_t now);
/* When the last that was counted may pass; with one = 1, when one more may. */
uint64_t gate_ready(const struct gate *g, const struct gate_rate *rate, unsigned one);

#endif
