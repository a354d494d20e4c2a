/*
 * Which timer is due first: a binary heap of times, pure.  A timer lives in its owner's memory and
 * is in at most one heap.  Times are milliseconds of whatever clock the caller has; of timers due
 * at the same time the one set first comes first.
 */
#ifndef LOOP_TIMERS_H
#define LOOP_TIMERS_H

#include <stddef.h>
#include <stdint.h>

#define TIMERS_NEVER UINT64_MAX

struct timers_entry {
	uint64_t at_ms;
	uint64_t order; /* of being set */
	size_t place; /* in the heap + 1; 0 = not set */
};

struct timers {
	struct timers_entry **heap;
	size_t count, room;
	uint64_t order; /* last given */
};

/* Set e to this time; again moves it.  0, or -1 when out of memory. */
int timers_set(struct timers *t, struct timers_entry *e, uint64_t at_ms);
/* No effect when it is not set. */
void timers_stop(struct timers *t, struct timers_entry *e);
/* When the first is due, TIMERS_NEVER = none is set. */
uint64_t timers_first(const struct timers *t);
/* Where the order stands now, for timers_take. */
uint64_t timers_mark(const struct timers *t);
/* Stop and return one that is due and was set before the mark, the earliest first; NULL = none.
 * So who sets himself again to "at once" comes in the next round and starves nobody. */
struct timers_entry *timers_take(struct timers *t, uint64_t now, uint64_t mark);
/* Frees the heap; the entries are their owners'. */
void timers_clear(struct timers *t);

#endif
