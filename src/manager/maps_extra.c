#include "manager/maps.h"

#include "base/clock.h"
#include "base/str.h"
#include "manager/manager.h"
#include "manager/maps_inner.h"

#include <string.h>

/* Ports that an administrator has opened for some time ("autotunnel map add"). */

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
	if (maps_same_place(&want, &map->want))
		return;
	map->wanted = 0;
	map->dirty = 1;
	moved = maps_want_one(m, &want, now_ms);
	if (moved != NULL && !moved->extra && moved->until_ms == 0) {
		moved->extra = 1;
		moved->until_ms = old.until_ms;
	}
}

void
maps_decide_extras(struct manager *m, uint64_t now_ms)
{
	for (unsigned i = 0; i < MAPS_MAX; i++) {
		struct map *map = &m->maps.map[i];

		if (map->id != 0 && map->extra && map->wanted)
			decide_extra(m, map, now_ms);
	}
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
	map = maps_find_place(&m->maps, &want);
	if (map != NULL && !map->extra)
		return refuse(why, "that is the tunnel's own port");
	if (map == NULL && extras(&m->maps) >= MAPS_EXTRA_MAX)
		return refuse(why, "too many mappings: \"autotunnel map del\" takes some away");
	map = maps_want_one(m, &want, clock_boot_ms());
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
