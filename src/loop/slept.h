/*
 * Has the machine slept?  CLOCK_BOOTTIME counts sleep and CLOCK_MONOTONIC does not, so it has when
 * the distance of the two has grown.  Pure: the three readings are arguments.
 */
#ifndef LOOP_SLEPT_H
#define LOOP_SLEPT_H

#include <stdint.h>

#define SLEPT_MIN_MS 500 /* a sleep so short has hurt nothing */

struct slept {
	int64_t most_ms; /* the distance was at most so large at the last look; a time namespace can
			  * make it negative */
};

/* CLOCK_MONOTONIC and after it CLOCK_BOOTTIME, in milliseconds. */
void slept_init(struct slept *s, uint64_t mono_ms, uint64_t boot_ms);
/* For how long it has slept since the last look, in milliseconds; 0 = not.  CLOCK_BOOTTIME,
 * CLOCK_MONOTONIC and again CLOCK_BOOTTIME, read in this order: however long the process was kept
 * waiting in between, the true distance lies between the two. */
uint64_t slept_look(struct slept *s, uint64_t boot_ms, uint64_t mono_ms, uint64_t boot_again_ms);

#endif
