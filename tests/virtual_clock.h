/*
 * A lab whose time is set forward while nobody in it has anything to do: what virtual_clock.so in
 * each program and pass_time, who sets it forward, share in a file.
 *
 * Everybody's clocks are ahead of the kernel's by the same ahead_ns; CLOCK_MONOTONIC of a machine
 * that has slept is behind the others by slept_ns of it.  "The lab's time" is the kernel's
 * CLOCK_MONOTONIC plus ahead_ns.
 */
#ifndef TESTS_VIRTUAL_CLOCK_H
#define TESTS_VIRTUAL_CLOCK_H

#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>

#define VIRTUAL_MACHINES 8
#define VIRTUAL_SLOTS 512
#define VIRTUAL_NEVER INT64_MAX
#define VIRTUAL_BELL SIGURG /* does nothing where nobody knows it */

/* A thread; free where tid is 0. */
struct virtual_slot {
	_Atomic int32_t tid;
	int32_t pid, machine;
	_Atomic int32_t waits; /* for time or for something to happen */
	_Atomic int64_t due_ns; /* then until when, in the lab's time */
	_Atomic int32_t rung; /* woken by VIRTUAL_BELL to look at the clock */
	_Atomic uint64_t turns; /* how often it began and ended to */
};

struct virtual_clock {
	_Atomic int64_t ahead_ns;
	_Atomic int64_t slept_ns[VIRTUAL_MACHINES];
	_Atomic uint32_t sets; /* how often the two above were set */
	_Atomic int32_t passes; /* pass_time is at work: look often */
	struct virtual_slot slots[VIRTUAL_SLOTS];
};

#endif
