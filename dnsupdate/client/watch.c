/*
 * The other machines.
 *
 * The zone lists them: PTR records at _autotunnel._udp.DOMAIN.  Each is described by records below
 * its own name, which peer_reader (dnsupdate/wire/peer.h) knows how to ask for; readers.c reads
 * eight at a time.  Two things start a reading:
 *
 *   a look    The zone's SOA serial moves with each change of the zone, so a single small question
 *             tells whether there is anything new: then list and machines are read.
 *
 *                REST --look_ms--> SOA --moved--> list, machines --> REST
 *                                     \--unmoved--> REST
 *
 *   a hint    Push (RFC 8765) and long-lived queries (RFC 8764) tell at which name something has
 *             changed: then that machine is read, or the list, at once and alone.  While one
 *             of them works (watch_live) looks are rare.
 *
 * How often to look, and how many hints to follow: see pace.h.
 *
 * What fails never takes anything away.  A machine goes only when a complete, verified list does
 * not name it; its contacts change only when all of its records have been read, and its epoch has
 * not gone back.  A reading that misses a machine's records leaves that one as it was, and is
 * repeated at the next look.  Other machines are read on: one device must not be able to blind its
 * siblings by writing records nobody can read.
 *
 * In a large account readings are frequent (every refresh of every machine moves the serial), so
 * there the epoch in a machine's TXT record is trusted to tell whether the rest has changed.  While
 * changes are told to us a moved serial is no news: then the list is read, and the machines that
 * nobody has asked the server about for hours; and over UDP, if they are few, the epoch of each.
 */
#include "dnsupdate/client/watch_inner.h"

#include "base/str.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define START_MS 10000
#define THOROUGH_MS 600000

struct watch *
watch_new(const struct name *domain, const char *host, uint32_t (*jitter)(uint32_t range))
{
	struct watch *w = calloc(1, sizeof *w);

	if (w == NULL)
		return NULL;
	w->jitter = jitter;
	machines_init(&w->machines);
	watch_restart(w, domain, host);
	return w;
}

void
watch_free(struct watch *w)
{
	if (w != NULL)
		machines_free(&w->machines);
	free(w);
}

void
watch_abandon(struct watch *w)
{
	readers_clear(&w->readers);
	machines_abandon(&w->machines);
	w->soa_ticket = w->list_ticket = 0;
	w->whole = 0;
}

void
watch_restart(struct watch *w, const struct name *domain, const char *host)
{
	struct question q;

	watch_abandon(w);
	w->domain = *domain;
	if (records_machines_question(&q, domain) == 0)
		w->list = q.name;
	str_copy(w->host, sizeof w->host, host);
	w->zone.len = 0;
	w->has_read = w->want_list = 0;
	w->refollow = 1;
	w->outcome = OUTCOME_OK;
	w->heard_ms = w->asked_ms = w->look_ms = 0;
	pace_init(&w->pace);
	machines_retell(&w->machines);
	machines_refollow_all(&w->machines);
}

static uint64_t
later(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* Until the next look. */
void
watch_rest(struct watch *w, enum pace_look look, uint64_t now)
{
	w->look_ms = now + pace_next(&w->pace, look, now, w->jitter);
}

void
watch_look_within(struct watch *w, uint64_t at)
{
	if (w->look_ms > at)
		w->look_ms = at;
}

void
watch_flux(struct watch *w, uint64_t now)
{
	pace_flux(&w->pace, now);
	if (w->pace.fails == 0 && w->pace.live != PACE_PUSHED)
		watch_look_within(w, now + PACE_FLUX_MS);
}

void
watch_hurry(struct watch *w, uint32_t seconds, uint64_t now)
{
	pace_hurry(&w->pace, (uint64_t)seconds * 1000, now);
	watch_look_within(w, w->asked_ms == 0 ? now : later(now, w->asked_ms + PACE_HURRY_MS));
}

void
watch_live(struct watch *w, enum pace_live live, uint64_t now)
{
	if (w->pace.live == live)
		return;
	w->pace.live = live;
	if (live == PACE_ALONE)
		watch_look_within(w, now);
}

/* ---- hints ---- */

void
watch_hint(struct watch *w, const struct name *name, uint64_t now)
{
	struct machine *m;

	w->hinted = 1;
	if (name_equal(name, &w->list)) {
		if (!w->want_list)
			gate_count(&w->list_gate, &gate_hints, now);
		w->want_list = 1;
	} else if ((m = machines_owner(&w->machines, name)) != NULL && m->listed) {
		machines_hint(&w->machines, m, now);
	}
	/* A server that is thought to be down has spoken. */
	if (w->down)
		watch_hurry(w, 1, now);
}

uint64_t
watch_epoch(struct watch *w, const struct name *name)
{
	const struct machine *m = machines_owner(&w->machines, name);

	return m == NULL ? 0 : m->peer.epoch;
}

static int
follow_list(struct watch *w, struct watch_names *names)
{
	w->refollow = 0;
	*names = (struct watch_names) {.present = 1, .service = w->list};
	return 1;
}

int
watch_follow(struct watch *w, struct watch_names *names)
{
	const struct machine *m;

	if (w->refollow)
		return follow_list(w, names);
	if ((m = machines_refollow(&w->machines)) == NULL)
		return 0;
	*names = (struct watch_names) {
	    .number = m->number, .present = m->listed, .targets = m->targets, .target = m->target};
	if (name_parse(&names->host, m->peer.name) != 0 ||
	    records_service(&names->service, &names->host) != 0)
		names->present = 0;
	if (!names->present)
		names->targets = 0;
	machines_followed(&w->machines, m);
	return 1;
}

void
watch_refollow(struct watch *w)
{
	w->refollow = 1;
	machines_refollow_all(&w->machines);
}

/* ---- questions ---- */

static int
is_startable(const struct watch *w)
{
	return !w->down && w->zone.len != 0;
}

static uint64_t
list_due(const struct watch *w)
{
	if (!w->want_list || w->list_ticket != 0)
		return WATCH_NEVER;
	return w->whole ? 0 : gate_ready(&w->list_gate, &gate_hints, 0);
}

static uint64_t
look_due(const struct watch *w)
{
	return w->soa_ticket != 0 || w->whole ? WATCH_NEVER : w->look_ms;
}

uint64_t
watch_wake(const struct watch *w, uint64_t now)
{
	uint64_t at = look_due(w), machine = WATCH_NEVER;

	if (is_startable(w)) {
		if (list_due(w) < at)
			at = list_due(w);
		if (readers_free(&w->readers))
			machine = machines_wake(&w->machines, now);
		if (machine < at)
			at = machine;
	}
	return at == WATCH_NEVER ? at : later(at, now);
}

static uint32_t
next_ticket(struct watch *w)
{
	if (++w->ticket == 0)
		w->ticket = 1;
	return w->ticket;
}

static int
ask_soa(struct watch *w, uint64_t now, struct watch_ask *out)
{
	const struct name *name = w->zone.len != 0 ? &w->zone : &w->domain;

	/* At the start others are likely to be starting too. */
	if (w->asked_ms == 0)
		pace_hurry(&w->pace, START_MS, now);
	w->asked_ms = now;
	w->soa_ticket = next_ticket(w);
	*out = (struct watch_ask) {.ticket = w->soa_ticket,
	    .fresh = 1,
	    .q = {.name = *name, .type = TYPE_SOA, .class = CLASS_IN}};
	return 1;
}

static int
ask_list(struct watch *w, struct watch_ask *out)
{
	w->want_list = 0;
	w->list_ticket = next_ticket(w);
	*out = (struct watch_ask) {.ticket = w->list_ticket,
	    .fresh = w->whole,
	    .q = {.name = w->list, .type = TYPE_PTR, .class = CLASS_IN}};
	return 1;
}

/* Has a look at its TXT record to tell whether there is more to read? */
static int
is_epoch_enough(const struct watch *w, const struct machine *m, uint64_t now)
{
	int told = w->pace.live != PACE_ALONE;

	if (!told && w->machines.present <= SMALL_ACCOUNT)
		return 0;
	return m->counted && m->peer.epoch != 0 && m->read_ms != 0 &&
	    now - m->read_ms < (told ? VERIFY_SMALL_MS : THOROUGH_MS);
}

static void
start_readers(struct watch *w, uint64_t now)
{
	struct machine *m;

	while (readers_free(&w->readers) && (m = machines_next(&w->machines, now)) != NULL)
		if (readers_begin(&w->readers, m, &w->zone, is_epoch_enough(w, m, now)) != 0)
			machines_read(&w->machines, m);
}

int
watch_next(struct watch *w, uint64_t now, struct watch_ask *out)
{
	if (is_startable(w)) {
		if (list_due(w) <= now)
			return ask_list(w, out);
		start_readers(w, now);
		if (readers_next(&w->readers, &w->ticket, out))
			return 1;
	}
	return look_due(w) <= now ? ask_soa(w, now, out) : 0;
}

struct watch_status
watch_status(const struct watch *w)
{
	return (struct watch_status) {
	    .zone = w->zone.len != 0 ? &w->zone : NULL,
	    .serial = w->serial,
	    .readings = w->readings,
	    .surprises = w->surprises,
	    .peers = w->machines.present,
	    .synced = w->has_read && machines_news(&w->machines) == NULL,
	    .heard_ms = w->heard_ms,
	    .outcome = w->outcome,
	};
}

const struct msg_dns_peer *
watch_news(const struct watch *w)
{
	const struct machine *m = machines_news(&w->machines);

	return m == NULL ? NULL : &m->peer;
}

void
watch_told(struct watch *w)
{
	const struct machine *m = machines_news(&w->machines);

	if (m != NULL)
		machines_told(&w->machines, m);
}
