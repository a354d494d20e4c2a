#include "dnsupdate/server/transfer/transfer.h"

#include "base/clock.h"
#include "base/log.h"
#include "dnsupdate/server/net/conn.h"
#include "dnsupdate/server/limits.h"
#include "dnsupdate/server/disk/store.h"
#include "dnsupdate/server/transfer/xfr.h"

#include <stdlib.h>

struct transfer {
	struct transfer *next;
	struct transfers *all;
	struct xfr *xfr; /* NULL when its zone is gone */
};

struct transfers {
	struct server *server;
	struct transfer *first;
	struct commit_hook hook;
	struct transfers_stats stats;
	uint8_t room[MESSAGE_MAX];
};

static int
more(void *ctx, struct conn *c)
{
	struct transfer *t = ctx;
	struct buf b = buf_writer(t->all->room, sizeof(t->all->room));
	int rc = t->xfr == NULL ? -1 : xfr_next(t->xfr, &b, clock_wall_sec());

	return rc == 1 ? conn_send(c, b.data, b.pos, SIZE_MAX) == -1 ? -1 : 1 : rc;
}

static void
gone(void *ctx)
{
	struct transfer *t = ctx, **at = &t->all->first;

	while (*at != t)
		at = &(*at)->next;
	*at = t->next;
	t->all->stats.running--;
	xfr_free(t->xfr);
	free(t);
}

static void
count(struct transfers *all, int kind)
{
	all->stats.running++;
	all->stats.full += kind == XFR_FULL;
	all->stats.incremental += kind == XFR_INCREMENTAL;
	all->stats.current += kind == XFR_CURRENT;
}

/* A stream of its own: each message is made when there is room to send it. */
static enum request_result
begin(struct transfers *all, struct request *r, int kind)
{
	struct transfer *t = calloc(1, sizeof(*t));
	char zone[NAME_TEXT_MAX];

	if (t == NULL)
		fatalx("out of memory");
	t->all = all;
	t->xfr = xfr_new(r, (enum xfr_kind)kind, store_history(r->zone));
	if (t->xfr == NULL) {
		free(t);
		return reply_error(r, RCODE_SERVFAIL);
	}
	t->next = all->first;
	all->first = t;
	count(all, kind);
	log_info("zone %s: %s transfer of serial %u", name_text(&r->zone->name, zone),
	    kind == XFR_FULL ? "full" : "incremental", r->zone->serial);
	conn_stream(r->from.conn, more, gone, t);
	return REQUEST_PENDING;
}

static enum request_result
on_question(void *ctx, struct request *r)
{
	struct transfers *all = ctx;
	int kind = xfr_kind(r, store_history(r->zone));

	if (kind == -1 || (r->from.conn == NULL && r->m.question.type == TYPE_AXFR))
		return reply_error(r, RCODE_FORMERR);
	if (r->from.conn == NULL)
		return xfr_soa_reply(r);
	if (all->stats.running >= LIMIT_TRANSFERS) {
		all->stats.refused++;
		return reply_error(r, RCODE_SERVFAIL);
	}
	return begin(all, r, kind);
}

static void
on_change(void *ctx, struct zone *z, uint32_t old_serial, uint32_t new_serial,
    const struct change_list *changes)
{
	struct transfers *all = ctx;

	for (struct transfer *t = all->first; t != NULL; t = t->next)
		if (t->xfr != NULL && xfr_zone(t->xfr) == z)
			xfr_changed(t->xfr, changes);
}

struct transfers *
transfers_new(struct server *s)
{
	struct transfers *all = calloc(1, sizeof(*all));

	if (all == NULL)
		fatalx("out of memory");
	all->server = s;
	all->hook = (struct commit_hook) {.changed = on_change, .ctx = all};
	commit_add_hook(s->commit, &all->hook);
	s->hooks.transfer = on_question;
	s->hooks.transfer_ctx = all;
	return all;
}

void
transfers_free(struct transfers *all)
{
	free(all);
}

void
transfers_forget(struct transfers *all, const struct zone *z)
{
	for (struct transfer *t = all->first; t != NULL; t = t->next) {
		if (t->xfr == NULL || xfr_zone(t->xfr) != z)
			continue;
		xfr_free(t->xfr);
		t->xfr = NULL;
	}
}

void
transfers_stats(const struct transfers *all, struct transfers_stats *out)
{
	*out = all->stats;
}
