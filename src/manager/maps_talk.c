#include "manager/maps.h"

#include "base/clock.h"
#include "base/log.h"
#include "manager/manager.h"
#include "manager/maps_inner.h"
#include "manager/worker.h"

#include <string.h>

#define SAY_NATPMP(m, object)                                                                      \
	__extension__({                                                                            \
		union msg say_msg;                                                                 \
		memcpy(&say_msg, &(object), sizeof(object));                                       \
		worker_send((m)->natpmp, &say_msg, -1);                                            \
	})

/* ---- what is remembered ---- */

void
maps_save_memory(struct manager *m)
{
	if (!m->maps.memory_dirty)
		return;
	m->maps.memory_dirty = 0;
	if (memory_save(&m->maps.memory, m->config.state_dir) == -1)
		log_warn("%s: keeping what is known of routers", m->config.state_dir);
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
	maps_save_memory(m);
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
	maps_save_memory(m);
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
	maps_save_memory(m);
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
	memcpy(map->mac, maps_mac(&m->network, &map->want.gateway), sizeof map->mac);
	if (memcmp(map->mac, unknown, sizeof unknown) == 0)
		return;
	memcpy(r->mac, map->mac, sizeof r->mac);
	m->maps.memory_dirty = 1;
}

/* Another outside of the same NAT, or the first one: peers must hear of it now, not at their next
 * question. */
static void
other_outside(struct manager *m, struct map *map, const struct msg_natpmp_state *s)
{
	m->moved_dirty = m->moved_dirty || map->outside.family != 0;
	m->hurry_dirty = 1;
	map->outside = s->external;
}

/* The same outside, from a router that has forgotten everything.  What a peer sent in between may
 * have left a connection there that leads to the router itself, for as long as the peer goes on:
 * peers must hear from us, by whichever port the router lets us out now. */
static int
is_remade(const struct map *map, const struct msg_natpmp_state *s)
{
	return s->state == NAT_UP && map->state.state == NAT_UP && s->remade != map->state.remade;
}

static void
remade(struct manager *m, const struct map *map)
{
	m->moved_dirty = m->hurry_dirty = 1; /* nor need the name server reach us any more */
	outside_remade(m, &map->state.external);
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
	else if (is_remade(map, s))
		remade(m, map);
	map->state = *s;
	if (s->state == NAT_UP)
		learn_mac(m, map);
	learn(m, map);
}

void
maps_renew(struct manager *m, unsigned family)
{
	for (unsigned i = 0; i < MAPS_MAX; i++) {
		struct map *map = &m->maps.map[i];

		if (map->id != 0 && map->wanted && !map->extra && map->want.local.family == family)
			map->dirty = 1;
	}
}
