#include "manager/roster.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/pieces.h"
#include "base/str.h"
#include "identity/store.h"
#include "manager/worker.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct text {
	char *data; /* NULL = none */
	uint32_t len;
};

enum telling { TELL_HELD, TELL_OFFERED, TELL_NOTHING };

struct roster_desk {
	char path[CONFIG_PATH_MAX + sizeof STORE_ROSTER + 1];
	struct text held; /* as on disk */
	struct text offered; /* as the zone shows it */
	struct pieces arriving;
	enum telling telling; /* what the ipsec worker is being told ... */
	uint32_t told; /* ... so many octets of it */
	unsigned waiting; /* texts told in full that it has not judged yet */
	int again; /* offered has changed since the telling began */
	struct msg_ipsec_roster_state state;
	int shown; /* the zone has been read */
	enum roster_view view;
	uint64_t view_sec;
};

static void
set(struct text *t, const char *data, uint32_t len)
{
	free(t->data);
	t->data = len == 0 ? NULL : malloc(len);
	if (len > 0 && t->data == NULL)
		fatalx("out of memory");
	if (len > 0)
		memcpy(t->data, data, len);
	t->len = len;
}

static int
equal(const struct text *a, const struct text *b)
{
	return a->len == b->len && (a->len == 0 || memcmp(a->data, b->data, a->len) == 0);
}

struct roster_desk *
roster_desk_new(struct manager *m)
{
	struct roster_desk *d = calloc(1, sizeof *d);
	char *data = malloc(MSG_ROSTER_MAX);
	ssize_t len;

	if (d == NULL || data == NULL)
		fatalx("out of memory");
	snprintf(d->path, sizeof d->path, "%s/%s", m->config.state_dir, STORE_ROSTER);
	len = file_read(d->path, data, MSG_ROSTER_MAX);
	if (len > 0)
		set(&d->held, data, (uint32_t)len);
	else if (len == -1 && errno != ENOENT)
		log_warn("%s", d->path);
	free(data);
	d->telling = d->held.len > 0 ? TELL_HELD : TELL_NOTHING;
	return d;
}

void
roster_desk_free(struct roster_desk *d)
{
	if (d == NULL)
		return;
	free(d->held.data);
	free(d->offered.data);
	pieces_free(&d->arriving);
	free(d);
}

/* ---- what the zone shows ---- */

static void
set_view(struct roster_desk *d)
{
	enum roster_view view = ROSTER_VIEW_UNKNOWN;

	if (d->shown && d->offered.len == 0)
		view = d->held.len == 0 ? ROSTER_VIEW_ABSENT : ROSTER_VIEW_HIDDEN;
	else if (d->shown && equal(&d->offered, &d->held))
		view = ROSTER_VIEW_CURRENT;
	else if (d->shown && d->telling == TELL_NOTHING)
		view = ROSTER_VIEW_REFUSED;
	else if (d->shown)
		view = d->view;
	if (view == d->view)
		return;
	d->view = view;
	d->view_sec = clock_wall_sec();
	if (view == ROSTER_VIEW_HIDDEN)
		log_warnx("the zone shows no roster any more: the one of serial %u counts",
		    d->state.serial);
	else if (view == ROSTER_VIEW_ABSENT)
		log_notice("the account has no roster yet: it gets one when a machine joins");
}

void
roster_hear_piece(struct manager *m, const struct msg_roster *piece)
{
	struct roster_desk *d = m->roster;
	struct text now;

	if (d == NULL || pieces_take(&d->arriving, piece) != 1)
		return;
	now = (struct text) {.data = d->arriving.text, .len = d->arriving.total};
	if (!d->shown || !equal(&now, &d->offered)) {
		d->shown = 1;
		set(&d->offered, now.data, now.len);
		if (d->telling == TELL_HELD)
			d->again = 1;
		else
			d->telling = TELL_OFFERED;
		d->told = d->telling == TELL_OFFERED ? 0 : d->told;
	}
	pieces_free(&d->arriving);
	if (d->telling == TELL_OFFERED && (d->offered.len == 0 || equal(&d->offered, &d->held)))
		d->telling = TELL_NOTHING;
	set_view(d);
}

/* ---- the ipsec worker ---- */

void
roster_untold(struct manager *m)
{
	struct roster_desk *d = m->roster;

	if (d == NULL)
		return;
	d->told = d->waiting = 0;
	d->again = d->shown && d->offered.len > 0 && !equal(&d->offered, &d->held);
	d->telling = d->held.len > 0 ? TELL_HELD : d->again ? TELL_OFFERED : TELL_NOTHING;
	if (d->telling == TELL_OFFERED)
		d->again = 0;
}

int
roster_say(struct manager *m)
{
	struct roster_desk *d = m->roster;
	union msg msg;

	while (d != NULL && d->telling != TELL_NOTHING) {
		const struct text *t = d->telling == TELL_HELD ? &d->held : &d->offered;

		if (d->told == t->len)
			return 0;
		pieces_make(&msg, MSG_IPSEC_ROSTER, t->data, t->len, d->told);
		if (worker_send(m->ipsec, &msg, -1) == -1)
			return -1;
		d->told += msg.roster.len;
		d->waiting += d->told == t->len;
	}
	return 0;
}

static void
keep(struct roster_desk *d)
{
	set(&d->held, d->offered.data, d->offered.len);
	if (file_write_atomic(d->path, d->held.data, d->held.len, 0600) == -1)
		log_warn("%s: keeping the roster", d->path);
}

/* The state file is not what we wrote: without it the next roster counts, whichever that is. */
static void
drop_held(struct roster_desk *d)
{
	log_error("%s: damaged (%s); until the zone's roster is read, revoked machines are let in",
	    d->path, d->state.reason);
	set(&d->held, NULL, 0);
}

static void
log_self(const struct msg_ipsec_roster_state *before, const struct msg_ipsec_roster_state *now)
{
	if (before->self == now->self)
		return;
	if (now->self == ROSTER_SELF_REVOKED)
		log_error("this machine was revoked: the others refuse it");
	else if (now->self == ROSTER_SELF_UNLISTED && !now->open)
		log_error("this machine is not on the account's roster: the others refuse it; "
			  "\"autotunnel join\" puts it there");
}

static void
log_verdict(const struct msg_ipsec_roster_state *s)
{
	if (s->verdict == ROSTER_NEWER)
		log_notice("roster %u: %u machines, %u revoked%s", s->serial, s->machines,
		    s->revoked, s->open ? ", open to machines that are not listed" : "");
	else if (s->verdict != ROSTER_SAME)
		log_warnx("the zone's roster is refused: %s", s->reason);
}

void
roster_hear_state(struct manager *m, const struct msg_ipsec_roster_state *s)
{
	struct roster_desk *d = m->roster;
	struct msg_ipsec_roster_state before;

	if (d == NULL)
		return;
	before = d->state;
	d->state = *s;
	log_self(&before, s);
	d->waiting -= d->waiting > 0;
	if (d->waiting > 0)
		return; /* about one that the zone does not show any more */
	if (d->telling == TELL_HELD) {
		if (s->verdict == ROSTER_FOREIGN)
			drop_held(d);
		d->telling = d->again ? TELL_OFFERED : TELL_NOTHING;
		d->again = 0;
		d->told = 0;
	} else if (d->telling == TELL_OFFERED && d->told == d->offered.len) {
		log_verdict(s);
		if (s->verdict == ROSTER_NEWER || (s->verdict == ROSTER_SAME && s->serial > 0))
			keep(d);
		d->telling = TELL_NOTHING;
	}
	set_view(d);
}

int
roster_revoked_us(const struct manager *m)
{
	return m->roster != NULL && m->roster->state.self == ROSTER_SELF_REVOKED;
}

void
roster_row(const struct manager *m, struct msg_ctl_roster *row)
{
	const struct roster_desk *d = m->roster;

	if (d == NULL)
		return;
	row->state = d->state;
	row->state.hdr = (struct msg_hdr) {.type = MSG_IPSEC_ROSTER_STATE};
	row->view = (uint8_t)d->view;
	row->view_sec = d->view_sec;
}
