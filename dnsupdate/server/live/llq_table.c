#include "dnsupdate/server/live/llq_table.h"

#include "base/log.h"
#include "crypto/siphash.h"

#include <stdlib.h>
#include <string.h>

#define PAGE 1024 /* LLQs */
#define BUCKETS_MIN 1024
#define BUCKET_LOAD 2 /* queries a bucket, at the most on average */
#define CELLS 65536 /* counters of addresses; two that share one are counted together */
#define ROUTES_MAX 1024

_Static_assert(sizeof(struct llq) == 64, "an LLQ is one line of the cache");

/* One of our addresses on one of our sockets. */
struct route {
	unsigned socket;
	unsigned interface;
	struct in6_addr local;
};

struct llq_table {
	struct follow *follow;
	struct llq **page;
	uint32_t pages, places; /* places ever used */
	uint32_t free; /* first free place */
	uint32_t *bucket;
	size_t buckets; /* a power of two */
	size_t count;
	struct route *route;
	size_t routes;
	uint32_t cell[CELLS];
	struct siphash_key key;
};

static void *
must(void *p)
{
	if (p == NULL)
		fatalx("out of memory");
	return p;
}

static uint32_t *
empty_buckets(size_t count)
{
	uint32_t *bucket = must(malloc(count * sizeof *bucket));

	memset(bucket, 0xff, count * sizeof *bucket);
	return bucket;
}

struct llq_table *
llq_table_new(struct follow *f)
{
	struct llq_table *t = must(calloc(1, sizeof *t));

	t->follow = f;
	t->free = NOBODY;
	t->buckets = BUCKETS_MIN;
	t->bucket = empty_buckets(t->buckets);
	siphash_key_random(&t->key);
	return t;
}

void
llq_table_free(struct llq_table *t)
{
	if (t == NULL)
		return;
	for (uint32_t i = 0; i < t->places; i++)
		if (llq_at(t, i)->topic != NULL)
			llq_remove(t, i);
	for (uint32_t i = 0; i < t->pages; i++)
		free(t->page[i]);
	free(t->page);
	free(t->bucket);
	free(t->route);
	free(t);
}

size_t
llq_count(const struct llq_table *t)
{
	return t->count;
}

uint32_t
llq_places(const struct llq_table *t)
{
	return t->places;
}

struct llq *
llq_at(const struct llq_table *t, uint32_t number)
{
	return &t->page[number / PAGE][number % PAGE];
}

/* ---- addresses ---- */

/* The subscriber's address as an LLQ keeps it. */
static void
take_address(struct llq *q, const struct requester *from)
{
	memset(q->addr, 0, sizeof q->addr);
	q->is_v6 = from->from.sa.sa_family == AF_INET6;
	if (q->is_v6) {
		memcpy(q->addr, &from->from.in6.sin6_addr, 16);
		q->port = ntohs(from->from.in6.sin6_port);
	} else {
		memcpy(q->addr, &from->from.in.sin_addr, 4);
		q->port = ntohs(from->from.in.sin_port);
	}
}

int
llq_is_from(const struct llq *q, const struct requester *from)
{
	struct llq he;

	take_address(&he, from);
	return he.is_v6 == q->is_v6 && he.port == q->port && memcmp(he.addr, q->addr, 16) == 0;
}

void
llq_requester(const struct llq_table *t, const struct llq *q, struct requester *out)
{
	const struct route *r = &t->route[q->route];

	*out = (struct requester) {.transport = TRANSPORT_UDP,
	    .socket = r->socket,
	    .local = r->local,
	    .interface = r->interface};
	if (q->is_v6) {
		out->from.in6.sin6_family = AF_INET6;
		out->from.in6.sin6_port = htons(q->port);
		memcpy(&out->from.in6.sin6_addr, q->addr, 16);
		if (IN6_IS_ADDR_LINKLOCAL(&out->from.in6.sin6_addr))
			out->from.in6.sin6_scope_id = r->interface;
	} else {
		out->from.in.sin_family = AF_INET;
		out->from.in.sin_port = htons(q->port);
		memcpy(&out->from.in.sin_addr, q->addr, 4);
	}
}

/* The counter of an IPv4 address or an IPv6 /56. */
static uint32_t *
cell_of(struct llq_table *t, const struct llq *q)
{
	return &t->cell[siphash(&t->key, q->addr, q->is_v6 ? 7 : 4) % CELLS];
}

unsigned
llq_count_from(const struct llq_table *t, const struct requester *from)
{
	struct llq he;

	take_address(&he, from);
	return *cell_of((struct llq_table *)t, &he);
}

/* The number of the way he knows us by; -1 when there are too many. */
static int
route_of(struct llq_table *t, const struct requester *from)
{
	struct route *r;

	for (size_t i = 0; i < t->routes; i++) {
		r = &t->route[i];
		if (r->socket == from->socket && r->interface == from->interface &&
		    memcmp(&r->local, &from->local, sizeof r->local) == 0)
			return (int)i;
	}
	if (t->routes == ROUTES_MAX)
		return -1;
	t->route = must(realloc(t->route, (t->routes + 1) * sizeof *t->route));
	r = &t->route[t->routes];
	*r = (struct route) {from->socket, from->interface, from->local};
	return (int)t->routes++;
}

/* ---- by ID ---- */

static uint32_t *
head_of(const struct llq_table *t, uint64_t id)
{
	return &t->bucket[(uint32_t)id & (t->buckets - 1)];
}

static void
table_add(struct llq_table *t, uint32_t number)
{
	struct llq *q = llq_at(t, number);
	uint32_t *head = head_of(t, q->id);

	q->chain = *head;
	*head = number;
}

static void
table_remove(struct llq_table *t, uint32_t number)
{
	uint32_t *at = head_of(t, llq_at(t, number)->id);

	while (*at != number)
		at = &llq_at(t, *at)->chain;
	*at = llq_at(t, number)->chain;
}

static void
grow(struct llq_table *t)
{
	free(t->bucket);
	t->buckets *= 2;
	t->bucket = empty_buckets(t->buckets);
	for (uint32_t i = 0; i < t->places; i++)
		if (llq_at(t, i)->topic != NULL)
			table_add(t, i);
}

uint32_t
llq_by_id(const struct llq_table *t, uint64_t id)
{
	uint32_t n = *head_of(t, id);

	while (n != NOBODY && llq_at(t, n)->id != id)
		n = llq_at(t, n)->chain;
	return n;
}

uint32_t
llq_like(const struct llq_table *t, uint64_t id, const struct requester *from,
    const struct topic *topic, uint16_t type)
{
	uint32_t n = *head_of(t, id);

	for (; n != NOBODY; n = llq_at(t, n)->chain) {
		const struct llq *q = llq_at(t, n);

		if ((uint32_t)q->id == (uint32_t)id && q->topic == topic && q->type == type &&
		    llq_is_from(q, from))
			break;
	}
	return n;
}

/* ---- places ---- */

static uint32_t
take_place(struct llq_table *t)
{
	uint32_t number = t->free;

	if (number != NOBODY) {
		t->free = llq_at(t, number)->chain;
		return number;
	}
	if (t->places == t->pages * PAGE) {
		t->page = must(realloc(t->page, (t->pages + 1) * sizeof *t->page));
		t->page[t->pages++] = must(aligned_alloc(64, PAGE * sizeof(struct llq)));
	}
	return t->places++;
}

uint32_t
llq_insert(struct llq_table *t, uint64_t id, const struct requester *from, struct zone *z,
    const struct name *owner, uint16_t type)
{
	int route = route_of(t, from);
	uint32_t number;
	struct llq *q;

	if (route == -1)
		return NOBODY;
	number = take_place(t);
	q = llq_at(t, number);
	memset(q, 0, sizeof *q);
	take_address(q, from);
	q->id = id;
	q->route = (uint16_t)route;
	q->type = type;
	q->topic = topic_get(t->follow, z, owner);
	q->previous = NOBODY;
	q->next = q->topic->llqs;
	if (q->next != NOBODY)
		llq_at(t, q->next)->previous = number;
	q->topic->llqs = number;
	++*cell_of(t, q);
	if (++t->count > BUCKET_LOAD * t->buckets)
		grow(t); /* adds this one too */
	else
		table_add(t, number);
	return number;
}

void
llq_remove(struct llq_table *t, uint32_t number)
{
	struct llq *q = llq_at(t, number);

	table_remove(t, number);
	if (q->previous != NOBODY)
		llq_at(t, q->previous)->next = q->next;
	else
		q->topic->llqs = q->next;
	if (q->next != NOBODY)
		llq_at(t, q->next)->previous = q->previous;
	--*cell_of(t, q);
	t->count--;
	topic_put(t->follow, q->topic);
	q->topic = NULL;
	q->chain = t->free;
	t->free = number;
}

void
llq_rename(struct llq_table *t, uint32_t number, uint64_t id)
{
	table_remove(t, number);
	llq_at(t, number)->id = id;
	table_add(t, number);
}
