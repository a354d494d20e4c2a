#include "dnsupdate/server/data/lease.h"

#include "base/log.h"

#include <stdlib.h>
#include <string.h>

#define NODES_AT_FIRST 3 /* a machine's: the name, its service, its contact address */

struct lease_book {
	struct lease **slot; /* by number; slot 0 is never used */
	uint32_t slots, slot_room;
	uint32_t *unused; /* numbers to be given again */
	uint32_t unuseds, unused_room;
	uint32_t *heap; /* numbers; the root expires first */
	uint32_t heaped, heap_room;
	uint8_t unsorted; /* the heap is none yet */
};

static void *
must(void *p)
{
	if (p == NULL)
		fatalx("out of memory");
	return p;
}

/* Room for one more in an array of count. */
static void *
one_more(void *array, uint32_t count, uint32_t *room, size_t size)
{
	if (count < *room)
		return array;
	*room = *room == 0 ? 16 : *room * 2;
	return must(realloc(array, *room * size));
}

struct lease_book *
lease_book_new(void)
{
	struct lease_book *b = must(calloc(1, sizeof *b));

	b->slot = one_more(b->slot, 0, &b->slot_room, sizeof *b->slot);
	b->slot[0] = NULL;
	b->slots = 1;
	return b;
}

void
lease_book_free(struct lease_book *b)
{
	if (b == NULL)
		return;
	for (uint32_t i = 0; i < b->slots; i++)
		free(b->slot[i]);
	free(b->slot);
	free(b->unused);
	free(b->heap);
	free(b);
}

/* ---- the heap ---- */

static uint64_t
time_at(const struct lease_book *b, uint32_t at)
{
	return b->slot[b->heap[at]]->expires_sec;
}

static void
heap_set(struct lease_book *b, uint32_t at, uint32_t id)
{
	b->heap[at] = id;
	b->slot[id]->heap_at = at;
}

static void
heap_swap(struct lease_book *b, uint32_t i, uint32_t j)
{
	uint32_t id = b->heap[i];

	heap_set(b, i, b->heap[j]);
	heap_set(b, j, id);
}

static void
heap_up(struct lease_book *b, uint32_t at)
{
	while (at > 0 && time_at(b, at) < time_at(b, (at - 1) / 2)) {
		heap_swap(b, at, (at - 1) / 2);
		at = (at - 1) / 2;
	}
}

static void
heap_down(struct lease_book *b, uint32_t at)
{
	for (;;) {
		uint32_t least = at;

		for (uint32_t child = 2 * at + 1; child <= 2 * at + 2 && child < b->heaped; child++)
			if (time_at(b, child) < time_at(b, least))
				least = child;
		if (least == at)
			return;
		heap_swap(b, at, least);
		at = least;
	}
}

static void
heap_fix(struct lease_book *b, uint32_t id)
{
	if (b->unsorted)
		return;
	heap_up(b, b->slot[id]->heap_at);
	heap_down(b, b->slot[id]->heap_at);
}

static void
heap_add(struct lease_book *b, uint32_t id)
{
	b->heap = one_more(b->heap, b->heaped, &b->heap_room, sizeof *b->heap);
	heap_set(b, b->heaped++, id);
	if (!b->unsorted)
		heap_up(b, b->slot[id]->heap_at);
}

static void
heap_remove(struct lease_book *b, uint32_t id)
{
	uint32_t at = b->slot[id]->heap_at, last = b->heap[--b->heaped];

	if (last == id)
		return;
	heap_set(b, at, last);
	heap_fix(b, last);
}

void
lease_sort_later(struct lease_book *b)
{
	b->unsorted = 1;
}

void
lease_sort(struct lease_book *b)
{
	b->unsorted = 0;
	for (uint32_t at = b->heaped / 2; at-- > 0;)
		heap_down(b, at);
}

/* ---- groups ---- */

static void
make(struct lease_book *b, uint32_t id, uint64_t expires_sec, uint32_t granted_sec)
{
	struct lease *l = must(malloc(sizeof *l + NODES_AT_FIRST * sizeof l->node[0]));

	*l = (struct lease) {
	    .expires_sec = expires_sec, .granted_sec = granted_sec, .room = NODES_AT_FIRST};
	b->slot[id] = l;
	heap_add(b, id);
}

static uint32_t
new_slot(struct lease_book *b)
{
	b->slot = one_more(b->slot, b->slots, &b->slot_room, sizeof *b->slot);
	b->slot[b->slots] = NULL;
	return b->slots++;
}

uint32_t
lease_new(struct lease_book *b, uint64_t expires_sec, uint32_t granted_sec)
{
	uint32_t id = 0;

	/* a number given by lease_restore may stand among the unused ones */
	while (b->unuseds > 0 && (id == 0 || b->slot[id] != NULL))
		id = b->unused[--b->unuseds];
	if (id == 0 || b->slot[id] != NULL)
		id = new_slot(b);
	make(b, id, expires_sec, granted_sec);
	return id;
}

static void
add_unused(struct lease_book *b, uint32_t id)
{
	b->unused = one_more(b->unused, b->unuseds, &b->unused_room, sizeof *b->unused);
	b->unused[b->unuseds++] = id;
}

void
lease_restore(struct lease_book *b, uint32_t id, uint64_t expires_sec, uint32_t granted_sec)
{
	if (lease_get(b, id) != NULL) {
		b->slot[id]->expires_sec = expires_sec;
		b->slot[id]->granted_sec = granted_sec;
		heap_fix(b, id);
		return;
	}
	while (b->slots <= id) {
		uint32_t made = new_slot(b);

		if (made < id)
			add_unused(b, made);
	}
	make(b, id, expires_sec, granted_sec);
}

const struct lease *
lease_get(const struct lease_book *b, uint32_t id)
{
	return id > 0 && id < b->slots ? b->slot[id] : NULL;
}

size_t
lease_count(const struct lease_book *b)
{
	return b->heaped;
}

static uint32_t
find_node(const struct lease *l, const struct node *n)
{
	uint32_t i = 0;

	while (i < l->nodes && l->node[i] != n)
		i++;
	return i;
}

void
lease_hold(struct lease_book *b, uint32_t id, struct node *n, int is_new)
{
	struct lease *l = b->slot[id];

	if (!is_new || find_node(l, n) < l->nodes)
		return;
	if (l->nodes == l->room) {
		l->room *= 2;
		l = must(realloc(l, sizeof *l + l->room * sizeof l->node[0]));
		b->slot[id] = l;
	}
	l->node[l->nodes++] = n;
}

void
lease_drop(struct lease_book *b, uint32_t id, struct node *n, int still)
{
	struct lease *l = b->slot[id];
	uint32_t at;

	if (still || l == NULL)
		return;
	at = find_node(l, n);
	if (at < l->nodes)
		l->node[at] = l->node[--l->nodes];
}

uint32_t
lease_first(const struct lease_book *b, uint64_t *expires_sec)
{
	if (b->heaped == 0)
		return 0;
	*expires_sec = time_at(b, 0);
	return b->heap[0];
}

void
lease_put_off(struct lease_book *b, uint32_t id, uint64_t until_sec)
{
	struct lease *l = b->slot[id];

	if (l->expires_sec >= until_sec)
		return;
	l->expires_sec = until_sec;
	heap_fix(b, id);
}

void
lease_put_off_all(struct lease_book *b, uint64_t until_sec)
{
	for (uint32_t id = 1; id < b->slots; id++)
		if (b->slot[id] != NULL)
			lease_put_off(b, id, until_sec);
}

void
lease_collect(struct lease_book *b, uint32_t id)
{
	const struct lease *l = lease_get(b, id);

	if (l == NULL || l->nodes > 0)
		return;
	heap_remove(b, id);
	free(b->slot[id]);
	b->slot[id] = NULL;
	add_unused(b, id);
}

void
lease_collect_all(struct lease_book *b)
{
	for (uint32_t id = 1; id < b->slots; id++)
		lease_collect(b, id);
}

uint32_t
lease_clamp(uint32_t wanted_sec, uint32_t min_sec, uint32_t max_sec)
{
	if (wanted_sec < min_sec)
		return min_sec;
	return wanted_sec > max_sec ? max_sec : wanted_sec;
}
