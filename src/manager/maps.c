#include "manager/maps.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "manager/manager.h"
#include "manager/reconcile.h"
#include "manager/worker.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#define SAY_NATPMP(m, object)                                                                      \
	__extension__({                                                                            \
		union msg say_msg;                                                                 \
		memcpy(&say_msg, &(object), sizeof(object));                                       \
		worker_send((m)->natpmp, &say_msg, -1);                                            \
	})

/* ---- the table ---- */

static struct map *
free_place(struct maps *t)
{
	for (unsigned i = 0; i < MAPS_MAX; i++)
		if (t->map[i].id == 0)
			return &t->map[i];
	return NULL;
}

static int
same_place(const struct msg_natpmp_want *a, const struct msg_natpmp_want *b)
{
	return a->proto == b->proto && a->ifindex == b->ifindex &&
	    endpoint_same_addr(&a->gateway, &b->gateway) && endpoint_equal(&a->local, &b->local);
}

static struct map *
find_place(struct maps *t, const struct msg_natpmp_want *want)
{
	for (unsigned i = 0; i < MAPS_MAX; i++)
		if (t->map[i].id != 0 && same_place(&t->map[i].want, want))
			return &t->map[i];
	return NULL;
}

static const uint8_t *
mac_of(const struct network *n, const struct endpoint *gateway)
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
	memcpy(map->mac, mac_of(&m->network, &w->gateway), sizeof map->mac);
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

static struct map *
want_one(struct manager *m, const struct msg_natpmp_want *want, uint64_t now_ms)
{
	struct map *map = find_place(&m->maps, want);

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

/* An administrator's mapping stays with the best path: when that is another one it moves. */
static void
decide_extra(struct manager *m, struct map *map, uint64_t now_ms)
{
	const struct network_path *best = m->network.paths > 0 ? &m->network.path[0] : NULL;
	struct map old = *map, *moved;
	struct msg_natpmp_want want = map->want;

	if (now_ms >= map->until_ms) {
		map->wanted = 0;
		map->dirty = 1;
		return;
	}
	if (best == NULL || best->local.family != 4)
		return;
	want.gateway = best->gateway;
	want.ifindex = best->ifindex;
	memcpy(want.local.addr, best->local.addr, sizeof want.local.addr);
	if (same_place(&want, &map->want))
		return;
	map->wanted = 0;
	map->dirty = 1;
	moved = want_one(m, &want, now_ms);
	if (moved != NULL && !moved->extra && moved->until_ms == 0) {
		moved->extra = 1;
		moved->until_ms = old.until_ms;
	}
}

static void
decide_extras(struct manager *m, uint64_t now_ms)
{
	for (unsigned i = 0; i < MAPS_MAX; i++) {
		struct map *map = &m->maps.map[i];

		if (map->id != 0 && map->extra && map->wanted)
			decide_extra(m, map, now_ms);
	}
}

/* The place a record is about is here: our present router and address. */
static int
is_here(const struct network *n, const struct memory_record *r)
{
	static const uint8_t unknown[MEMORY_MAC_LEN];

	for (unsigned i = 0; i < n->paths; i++)
		if (endpoint_same_addr(&n->path[i].gateway, &r->gateway) &&
		    endpoint_same_addr(&n->path[i].local, &r->local) &&
		    (memcmp(n->path[i].mac, r->mac, sizeof r->mac) == 0 ||
			memcmp(n->path[i].mac, unknown, sizeof unknown) == 0))
			return 1;
	return 0;
}

static int
is_wanted(const struct maps *t, const struct memory_record *r)
{
	for (unsigned i = 0; i < MAPS_MAX; i++) {
		const struct map *map = &t->map[i];

		if (map->id != 0 && map->want.proto == r->proto &&
		    endpoint_same_addr(&map->want.gateway, &r->gateway) &&
		    endpoint_equal(&map->want.local, &r->local))
			return 1;
	}
	return 0;
}

static int
say_remove(struct manager *m, const struct memory_record *r)
{
	struct msg_natpmp_want want = {
	    .hdr = {.type = MSG_NATPMP_WANT, .id = ++m->maps.last_id},
	    .gateway = r->gateway,
	    .local = r->local,
	    .external = r->external,
	    .lifetime_sec = m->config.lifetime,
	    .proto = r->proto,
	    .methods = NAT_METHOD_ALL,
	    .known = r->method,
	    .remove = 1,
	};

	memcpy(want.nonce, r->nonce, sizeof want.nonce);
	return SAY_NATPMP(m, want);
}

/* What a run that was killed, or a network that was left in a hurry, has left in a router. */
static int
clean(struct manager *m)
{
	struct maps *t = &m->maps;

	if (t->cleaned)
		return 0;
	for (unsigned i = 0; i < t->memory.count; i++) {
		struct memory_record *r = &t->memory.record[i];

		if (!r->held || is_wanted(t, r) || !is_here(&m->network, r))
			continue;
		if (say_remove(m, r) == -1)
			return -1;
		log_info("deleting a mapping of an earlier run");
		r->held = 0;
		t->memory_dirty = 1;
	}
	t->cleaned = 1;
	return 0;
}

static void
save_memory(struct manager *m)
{
	if (!m->maps.memory_dirty)
		return;
	m->maps.memory_dirty = 0;
	if (memory_save(&m->maps.memory, m->config.state_dir) == -1)
		log_warn("%s: keeping what is known of routers", m->config.state_dir);
}

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
		struct map *map = want_one(m, &want[i], now_ms);

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
	decide_extras(m, now_ms);
	save_memory(m);
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

/* ---- telling ---- */

static struct memory_record *
record_of(struct manager *m, const struct map *map)
{
	return memory_find(
	    &m->maps.memory, &map->want.gateway, map->mac, map->want.proto, &map->want.local);
}

/* A deletion that cannot arrive is made up for when we are back there. */
static void
dropped(struct manager *m, struct map *map)
{
	struct memory_record *r = record_of(m, map);

	if (r != NULL && r->held && is_here(&m->network, r)) {
		r->held = 0;
		m->maps.memory_dirty = 1;
	}
	memset(map, 0, sizeof *map);
}

static int
say_one(struct manager *m, struct map *map)
{
	struct msg_natpmp_drop drop = {.hdr = {.type = MSG_NATPMP_DROP, .id = map->id}};

	if (map->wanted) {
		if (SAY_NATPMP(m, map->want) == -1)
			return -1;
		map->dirty = 0;
		return 0;
	}
	if (SAY_NATPMP(m, drop) == -1)
		return -1;
	dropped(m, map);
	return 0;
}

int
maps_say(struct manager *m)
{
	if (!worker_ready(m->natpmp))
		return 0;
	for (unsigned i = 0; i < MAPS_MAX; i++) {
		struct map *map = &m->maps.map[i];

		if (map->id != 0 && map->dirty && say_one(m, map) == -1)
			return -1;
	}
	if (clean(m) == -1)
		return -1;
	save_memory(m);
	return 0;
}

void
maps_say_again(struct manager *m)
{
	m->maps.cleaned = 0;
	for (unsigned i = 0; i < MAPS_MAX; i++) {
		struct map *map = &m->maps.map[i];

		if (map->id == 0)
			continue;
		map->dirty = 1;
		if (map->state.external.port != 0)
			map->want.external = map->state.external;
		if (map->state.method != 0)
			map->want.known = map->state.method & map->want.methods;
	}
}

void
maps_leave(struct manager *m)
{
	for (unsigned i = 0; i < MAPS_MAX; i++)
		if (m->maps.map[i].id != 0)
			dropped(m, &m->maps.map[i]);
	save_memory(m);
}

/* ---- hearing ---- */

static struct map *
find_id(struct maps *t, uint32_t id)
{
	for (unsigned i = 0; i < MAPS_MAX; i++)
		if (t->map[i].id == id && t->map[i].wanted)
			return &t->map[i];
	return NULL;
}

static void
log_report(const struct map *map, const struct msg_natpmp_state *s)
{
	char text[ENDPOINT_TEXT_MAX], gateway[ADDR_TEXT_MAX];

	if (s->state == NAT_UP && !endpoint_equal(&s->external, &map->state.external))
		log_notice("mapped to %s", endpoint_text(&s->external, text));
	if (s->state != NAT_UP && s->state != map->state.state && s->reason[0] != '\0' &&
	    map->want.local.family == 4)
		log_notice(
		    "no mapping at %s: %s", endpoint_addr_text(&s->gateway, gateway), s->reason);
}

/* To disk before anything else happens: a mapping that nobody remembers stays for ever. */
static void
learn(struct manager *m, struct map *map)
{
	const struct msg_natpmp_state *s = &map->state;
	struct memory_record *r = record_of(m, map);

	if (r == NULL || s->state != NAT_UP ||
	    (r->held && r->method == s->method && endpoint_equal(&r->external, &s->external)))
		return;
	r->held = 1;
	r->method = s->method;
	r->external = s->external;
	r->used_sec = clock_wall_sec();
	m->maps.memory_dirty = 1;
	save_memory(m);
}

/* The router has been spoken to by now: its hardware address is known. */
static void
learn_mac(struct manager *m, struct map *map)
{
	static const uint8_t unknown[MEMORY_MAC_LEN];
	struct memory_record *r = record_of(m, map);

	if (r == NULL || memcmp(r->mac, unknown, sizeof unknown) != 0)
		return;
	network_read_macs(&m->network);
	memcpy(map->mac, mac_of(&m->network, &map->want.gateway), sizeof map->mac);
	if (memcmp(map->mac, unknown, sizeof unknown) == 0)
		return;
	memcpy(r->mac, map->mac, sizeof r->mac);
	m->maps.memory_dirty = 1;
}

/* Another outside of the same NAT, or the first one: peers must hear of it now, not at their next
 * question, and what was seen or verified of the last one says nothing about this one. */
static void
other_outside(struct manager *m, struct map *map, const struct msg_natpmp_state *s)
{
	m->moved_dirty = m->moved_dirty || map->outside.family != 0;
	if (map == maps_primary(m))
		m->inbound = INBOUND_UNKNOWN;
	maps_unsee(m);
	map->outside = s->external;
}

void
maps_hear(struct manager *m, const struct msg_natpmp_state *s)
{
	struct map *map = find_id(&m->maps, s->hdr.id);

	if (map == NULL)
		return; /* about a mapping that is not wanted any more */
	if (s->state == NAT_UP && !endpoint_same_addr(&s->gateway, &map->want.gateway))
		return;
	/* A worker started anew asks again; the mapping it asks for still stands. */
	if (s->state == NAT_ASKING && map->state.state == NAT_UP)
		return;
	log_report(map, s);
	if (s->state == NAT_UP && !endpoint_equal(&s->external, &map->outside))
		other_outside(m, map, s);
	map->state = *s;
	if (s->state == NAT_UP)
		learn_mac(m, map);
	learn(m, map);
}

void
maps_see(struct manager *m, const struct endpoint *seen, uint64_t seen_ms)
{
	if (seen_ms >= m->seen_after_ms && seen->family == 4 && endpoint_is_public(seen))
		m->seen4 = *seen;
}

void
maps_unsee(struct manager *m)
{
	memset(&m->seen4, 0, sizeof m->seen4);
	m->seen_after_ms = clock_boot_ms();
	m->hurry_dirty = 1;
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

/* ---- administrators ---- */

static struct map *
find_extra(struct maps *t, uint8_t proto, uint16_t port)
{
	for (unsigned i = 0; i < MAPS_MAX; i++) {
		struct map *map = &t->map[i];

		if (map->id != 0 && map->wanted && map->extra && map->want.proto == proto &&
		    map->want.local.port == port)
			return map;
	}
	return NULL;
}

static unsigned
extras(const struct maps *t)
{
	unsigned n = 0;

	for (unsigned i = 0; i < MAPS_MAX; i++)
		n += t->map[i].id != 0 && t->map[i].extra;
	return n;
}

static int
refuse(char why[MSG_TEXT_MAX], const char *text)
{
	str_copy(why, MSG_TEXT_MAX, text);
	return -1;
}

int
maps_add(struct manager *m, uint8_t proto, uint16_t port, uint16_t external, uint32_t seconds,
    char why[MSG_TEXT_MAX])
{
	const struct network_path *path = &m->network.path[0];
	struct msg_natpmp_want want = {.proto = proto, .methods = (uint8_t)m->config.methods};
	struct map *map;

	if (m->identity == NULL)
		return refuse(why, "this device belongs to no account yet");
	if (m->network.paths == 0 || path->gateway.family != 4)
		return refuse(why, "there is no IPv4 router");
	if (m->config.methods == 0)
		return refuse(why, "\"methods = none\" is configured");
	want.gateway = path->gateway;
	want.ifindex = path->ifindex;
	want.local = path->local;
	want.local.port = port;
	want.external.family = external == 0 ? 0 : 4;
	want.external.port = external;
	want.lifetime_sec = m->config.lifetime < seconds ? m->config.lifetime : seconds;
	if (want.lifetime_sec < 60)
		want.lifetime_sec = 60;
	map = find_place(&m->maps, &want);
	if (map != NULL && !map->extra)
		return refuse(why, "that is the tunnel's own port");
	if (map == NULL && extras(&m->maps) >= MAPS_EXTRA_MAX)
		return refuse(why, "too many mappings: \"autotunnel map del\" takes some away");
	map = want_one(m, &want, clock_boot_ms());
	if (map == NULL)
		return refuse(why, "too many mappings");
	map->extra = 1;
	map->until_ms = clock_boot_ms() + (uint64_t)seconds * 1000;
	return 0;
}

int
maps_delete(struct manager *m, uint8_t proto, uint16_t port, char why[MSG_TEXT_MAX])
{
	struct map *map = find_extra(&m->maps, proto, port);

	if (map == NULL)
		return refuse(why, "there is no such mapping: see \"autotunnel map list\"");
	map->wanted = 0;
	map->dirty = 1;
	return 0;
}
