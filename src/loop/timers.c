#include "loop/timers.h"

#include <stdlib.h>

static int
is_before(const struct timers_entry *a, const struct timers_entry *b)
{
	return a->at_ms != b->at_ms ? a->at_ms < b->at_ms : a->order < b->order;
}

static void
put(struct timers *t, size_t i, struct timers_entry *e)
{
	t->heap[i] = e;
	e->place = i + 1;
}

static void
rise(struct timers *t, size_t i)
{
	struct timers_entry *e = t->heap[i];

	for (; i > 0 && is_before(e, t->heap[(i - 1) / 2]); i = (i - 1) / 2)
		put(t, i, t->heap[(i - 1) / 2]);
	put(t, i, e);
}

static void
sink(struct timers *t, size_t i)
{
	struct timers_entry *e = t->heap[i];
	size_t child;

	for (; (child = 2 * i + 1) < t->count; i = child) {
		if (child + 1 < t->count && is_before(t->heap[child + 1], t->heap[child]))
			child++;
		if (!is_before(t->heap[child], e))
			break;
		put(t, i, t->heap[child]);
	}
	put(t, i, e);
}

static int
make_room(struct timers *t)
{
	size_t room = t->room == 0 ? 16 : 2 * t->room;
	struct timers_entry **heap;

	if (t->count < t->room)
		return 0;
	if ((heap = reallocarray(t->heap, room, sizeof(struct timers_entry *))) == NULL)
		return -1;
	t->heap = heap;
	t->room = room;
	return 0;
}

int
timers_set(struct timers *t, struct timers_entry *e, uint64_t at_ms)
{
	if (e->place == 0) {
		if (make_room(t) != 0)
			return -1;
		put(t, t->count++, e);
	}
	e->at_ms = at_ms;
	e->order = ++t->order;
	rise(t, e->place - 1);
	sink(t, e->place - 1);
	return 0;
}

void
timers_stop(struct timers *t, struct timers_entry *e)
{
	struct timers_entry *last;
	size_t i;

	if (e->place == 0)
		return;
	i = e->place - 1;
	last = t->heap[--t->count];
	e->place = 0;
	if (last == e)
		return;
	put(t, i, last);
	rise(t, i);
	sink(t, last->place - 1);
}

uint64_t
timers_first(const struct timers *t)
{
	return t->count == 0 ? TIMERS_NEVER : t->heap[0]->at_ms;
}

uint64_t
timers_mark(const struct timers *t)
{
	return t->order;
}

struct timers_entry *
timers_take(struct timers *t, uint64_t now, uint64_t mark)
{
	struct timers_entry *e = t->count == 0 ? NULL : t->heap[0];

	if (e == NULL || e->at_ms > now || e->order > mark)
		return NULL;
	timers_stop(t, e);
	return e;
}

void
timers_clear(struct timers *t)
{
	for (size_t i = 0; i < t->count; i++)
		t->heap[i]->place = 0;
	free(t->heap);
	*t = (struct timers) {0};
}
