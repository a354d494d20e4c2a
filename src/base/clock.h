/*
 * Time.  Timers run on CLOCK_BOOTTIME, which counts sleep and is the same in all processes of
 * a machine; wall-clock seconds are for DNS only.  Files that decide take `now` as an argument.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

/* Milliseconds of CLOCK_BOOTTIME. */
uint64_t clock_boot_ms(void);
/* The same clock in microseconds. */
uint64_t clock_boot_us(void);
/* How long ago then was; 0 when it is later than now, as another thread may have put down
 * meanwhile. */
static inline uint64_t
clock_since(uint64_t then_ms, uint64_t now_ms)
{
	return now_ms > then_ms ? now_ms - then_ms : 0;
}
/* Seconds since 1970, UTC. */
uint64_t clock_wall_sec(void);
/* A random value in [0, range); 0 for range 0.  Not for secrets' sake but for jitter. */
uint32_t clock_jitter(uint32_t range);

#endif
