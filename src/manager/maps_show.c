#include "base/clock.h"
#include "base/str.h"
#include "manager/manager.h"

#include <string.h>

/* The mappings as "autotunnel map" and "autotunnel status" want them. */

static void
fill_reach(const struct reach *r, struct msg_ctl_mapping *row)
{
	row->place = r->place;
	row->inbound = r->verdict;
	row->inbound_ms = r->verdict_ms;
	row->seen = r->seen;
	row->answer = r->answer;
	row->verifying = (uint8_t)reach_is_busy(r);
}

static void
fill_row(const struct manager *m, const struct map *map, union msg *msg)
{
	struct msg_ctl_mapping *row = &msg->ctl_mapping;

	msg_begin(msg, MSG_CTL_MAPPING, map->id);
	row->state = map->state;
	row->state.gateway = map->want.gateway;
	row->state.local = map->want.local;
	row->state.proto = map->want.proto;
	row->until_ms = map->until_ms;
	if (!map->extra && map->want.local.family == 6)
		fill_reach(&m->outside.reach[OUTSIDE_IP6], row);
	else if (!map->extra && outside_path(m, map->rank) != NULL)
		fill_reach(outside_path(m, map->rank), row);
	if (map != maps_primary(m))
		return;
	row->nat = m->publish_known ? m->publish.nat : NAT_KIND_UNKNOWN;
	fill_reach(&m->outside.reach[OUTSIDE_IP4], row);
}

/* None is wanted: why. */
static void
fill_none(const struct manager *m, union msg *msg)
{
	const struct reach *r = &m->outside.reach[OUTSIDE_IP4];
	struct msg_ctl_mapping *row = &msg->ctl_mapping;

	msg_begin(msg, MSG_CTL_MAPPING, 0);
	row->state.state = m->identity == NULL ? NAT_ASKING : NAT_SILENT;
	row->nat = m->publish_known ? m->publish.nat : NAT_KIND_UNKNOWN;
	fill_reach(r->place.family != 0 ? r : &m->outside.reach[OUTSIDE_IP6], row);
	str_copy(row->state.reason, sizeof row->state.reason, m->maps.reason);
}

/* The cursor is 0 for the primary's row and i + 1 for place i of the table. */
int
maps_next_row(const struct manager *m, unsigned *cursor, union msg *msg)
{
	const struct map *primary = maps_primary(m), *map;

	if (*cursor == 0) {
		*cursor = 1;
		if (primary != NULL)
			fill_row(m, primary, msg);
		else
			fill_none(m, msg);
		return 1;
	}
	while (*cursor <= MAPS_MAX) {
		map = &m->maps.map[(*cursor)++ - 1];
		if (map->id == 0 || !map->wanted || map == primary)
			continue;
		fill_row(m, map, msg);
		return 1;
	}
	return 0;
}

static void
keep_line(struct manager *m, uint32_t id, const char *text)
{
	struct map_exchange *line = &m->maps.exchange[m->maps.exchanges++ % MAPS_EXCHANGES];

	line->at_ms = clock_boot_ms();
	line->id = id;
	str_copy(line->text, sizeof line->text, text);
}

void
maps_hear_exchange(struct manager *m, const struct msg_natpmp_exchange *e)
{
	keep_line(m, e->hdr.id, e->text);
}

void
maps_note(struct manager *m, const char *text)
{
	keep_line(m, 0, text);
}

int
maps_next_exchange(const struct manager *m, unsigned *cursor, union msg *msg)
{
	unsigned kept = m->maps.exchanges < MAPS_EXCHANGES ? m->maps.exchanges : MAPS_EXCHANGES;
	const struct map_exchange *line;

	if (*cursor >= kept)
		return 0;
	line = &m->maps.exchange[(m->maps.exchanges - kept + (*cursor)++) % MAPS_EXCHANGES];
	msg_begin(msg, MSG_CTL_EXCHANGE, line->id);
	msg->ctl_exchange.at_ms = line->at_ms;
	str_copy(msg->ctl_exchange.text, sizeof msg->ctl_exchange.text, line->text);
	return 1;
}
