#include "manager/maps.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "manager/manager.h"
#include "manager/maps_inner.h"
#include "manager/reconcile.h"

#include <string.h>
#include <sys/random.h>

/*
 * maps.c (this file) keeps the table and decides; maps_talk.c tells the worker, hears it, and
 * remembers; maps_extra.c has the wishes of administrators; maps_show.c the rows for them.
 */

/* ---- the table ---- */

static struct map *
free_place(struct maps *t)
{
	for (unsigned i = 0; i < MAPS_MAX; i++)
		if (t->map[i].id == 0)
			return &t->map[i];
	return NULL;
}

int
maps_same_place(const struct msg_natpmp_want *a, const struct msg_natpmp_want *b)
{
	return a->proto == b->proto && a->ifindex == b->ifindex &&
	    endpoint_same_addr(&a->gateway, &b->gateway) && endpoint_equal(&a->local, &b->local);
}

struct map *
maps_find_place(struct maps *t, const struct msg_natpmp_want *want)
{
	for (unsigned i = 0; i < MAPS_MAX; i++)
		if (t->map[i].id != 0 && maps_same_place(&t->map[i].want, want))
			return &t->map[i];
	return NULL;
}

const uint8_t *
maps_mac(const struct network *n, const struct endpoint *gateway)
{
	static const uint8_t unknown[MEMORY_MAC_LEN];

	for (unsigned i = 0; i < n->paths; i++)
		if (endpoint_same_addr(&n->path[i].gateway, gateway))
			return n->path[i].mac;
	return unknown;
}

/* What is remembered goes into the wish: the port of last time, the method, the nonce. */
static void
remember(struct manager *m, struct map *map)
{
	struct msg_natpmp_want *w = &map->want;
	struct memory_record *r;
	uint8_t nonce[NAT_NONCE_LEN];

	if (getrandom(nonce, sizeof nonce, 0) != sizeof nonce)
		fatal("getrandom");
	memcpy(map->mac, maps_mac(&m->network, &w->gateway), sizeof map->mac);
	r = memory_take(
	    &m->maps.memory, &w->gateway, map->mac, w->proto, &w->local, nonce, clock_wall_sec());
	memcpy(w->nonce, r->nonce, sizeof w->nonce);
	w->known = memory_method(&m->maps.memory, &w->gateway, map->mac) & w->methods;
	if (r->external.family != 0 && w->external.port == 0)
		w->external = r->external;
	m->maps.memory_dirty = 1;
}

static void
begin(struct manager *m, const struct msg_natpmp_want *want, struct map *map, uint64_t now_ms)
{
	memset(map, 0, sizeof *map);
	map->id = ++m->maps.last_id;
	map->since_ms = now_ms;
	map->dirty = 1;
	map->want = *want;
	map->want.hdr = (struct msg_hdr) {.type = MSG_NATPMP_WANT, .id = map->id};
	map->state.state = NAT_ASKING;
	remember(m, map);
}

/* A wish that stands already may have changed in what it asks for. */
static void
adapt(struct map *map, const struct msg_natpmp_want *want)
{
	if (map->want.methods == want->methods && map->want.lifetime_sec == want->lifetime_sec)
		return;
	map->want.methods = want->methods;
	map->want.lifetime_sec = want->lifetime_sec;
	map->want.known &= want->methods;
	map->dirty = 1;
}

struct map *
maps_want_one(struct manager *m, const struct msg_natpmp_want *want, uint64_t now_ms)
{
	struct map *map = maps_find_place(&m->maps, want);

	if (map != NULL) {
		adapt(map, want);
	} else {
		map = free_place(&m->maps);
		if (map == NULL)
			return NULL;
		begin(m, want, map, now_ms);
	}
	map->dirty = map->dirty || !map->wanted;
	map->wanted = 1;
	return map;
}

/* ---- deciding ---- */

void
maps_decide(struct manager *m, uint64_t now_ms)
{
	struct msg_natpmp_want want[NETWORK_PATHS_MAX];
	struct maps *t = &m->maps;
	const char *why;
	unsigned n = reconcile_mappings(&m->config, &m->network, want, &why);
	int rank[MAPS_MAX];

	memset(rank, 0xff, sizeof rank);
	str_copy(t->reason, sizeof t->reason, why == NULL ? "" : why);
	for (unsigned i = 0; i < n; i++) {
		struct map *map = maps_want_one(m, &want[i], now_ms);

		if (map != NULL)
			rank[map - t->map] = (int)i;
	}
	for (unsigned i = 0; i < MAPS_MAX; i++) {
		struct map *map = &t->map[i];

		if (map->id == 0 || map->extra)
			continue;
		map->rank = rank[i];
		if (rank[i] < 0 && map->wanted) {
			map->wanted = 0;
			map->dirty = 1;
		}
	}
	maps_decide_extras(m, now_ms);
	maps_save_memory(m);
}

uint64_t
maps_wait(const struct manager *m, uint64_t now_ms)
{
	uint64_t wait = UINT64_MAX;

	for (unsigned i = 0; i < MAPS_MAX; i++) {
		const struct map *map = &m->maps.map[i];
		uint64_t left;

		if (map->id == 0 || !map->extra || !map->wanted)
			continue;
		left = map->until_ms > now_ms ? map->until_ms - now_ms : 0;
		wait = left < wait ? left : wait;
	}
	return wait;
}

/* ---- which of them counts ---- */

int
maps_is_asking6(const struct manager *m)
{
	for (unsigned i = 0; i < MAPS_MAX; i++) {
		const struct map *map = &m->maps.map[i];

		if (map->id != 0 && map->wanted && !map->extra && map->want.local.family == 6 &&
		    map->state.state == NAT_ASKING)
			return 1;
	}
	return 0;
}

const struct map *
maps_of_path(const struct manager *m, int rank)
{
	for (unsigned i = 0; i < MAPS_MAX; i++) {
		const struct map *map = &m->maps.map[i];

		if (map->id != 0 && map->wanted && !map->extra && map->rank == rank &&
		    map->want.local.family == 4)
			return map;
	}
	return NULL;
}

const struct map *
maps_primary(const struct manager *m)
{
	const struct map *best = NULL;

	for (unsigned i = 0; i < MAPS_MAX; i++) {
		const struct map *map = &m->maps.map[i];

		if (map->id == 0 || !map->wanted || map->extra || map->want.local.family != 4)
			continue;
		if (best == NULL || map->rank < best->rank)
			best = map;
	}
	return best;
}

struct endpoint
maps_external(const struct manager *m)
{
	const struct map *map = maps_primary(m);
	struct endpoint none = {0};

	return map == NULL ? none : map->state.external;
}
