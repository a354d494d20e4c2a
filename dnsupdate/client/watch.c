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
#include "dnsupdate/client/watch.h"

#include "base/log.h"
#include "base/str.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define START_MS 10000
#define SMALL_ACCOUNT 16
#define THOROUGH_MS 600000
/* While changes are told to us the server is asked about a machine at least so often. */
#define VERIFY_MS (6 * 3600000)
#define VERIFY_SMALL_MS 3600000
#define AGAIN_MS 60000 /* after a reading that missed a machine */
/* So many machines unanswered in a row: it is the server, not the machine. */
#define SILENT_MAX 3

struct watch {
	uint32_t (*jitter)(uint32_t range);
	struct name domain, list;
	char host[MSG_NAME_MAX];
	struct name zone; /* len 0 = unknown */
	uint32_t ticket; /* last given */
	uint32_t soa_ticket, list_ticket; /* out; 0 = not */
	uint32_t serial; /* seen */
	uint32_t read_serial; /* at the start of the last complete reading */
	uint32_t readings, surprises;
	int has_read; /* read_serial counts */
	int down; /* only the SOA is asked for until it answers */
	int whole; /* all machines are being read */
	int want_list; /* the list is to be read */
	int hinted; /* since the last look */
	int refollow; /* the list's name has not been told */
	int skipped; /* a machine was missed since the last reading of all began */
	int silent; /* machines unanswered in a row */
	enum outcome outcome;
	uint64_t heard_ms, asked_ms, look_ms;
	struct pace pace;
	struct gate list_gate;
	struct machines machines;
	struct readers readers;
};

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

static void
abandon(struct watch *w)
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

	abandon(w);
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
static void
rest(struct watch *w, enum pace_look look, uint64_t now)
{
	w->look_ms = now + pace_next(&w->pace, look, now, w->jitter);
}

static void
look_within(struct watch *w, uint64_t at)
{
	if (w->look_ms > at)
		w->look_ms = at;
}

void
watch_flux(struct watch *w, uint64_t now)
{
	pace_flux(&w->pace, now);
	if (w->pace.fails == 0 && w->pace.live != PACE_PUSHED)
		look_within(w, now + PACE_FLUX_MS);
}

void
watch_hurry(struct watch *w, uint32_t seconds, uint64_t now)
{
	pace_hurry(&w->pace, (uint64_t)seconds * 1000, now);
	look_within(w, w->asked_ms == 0 ? now : later(now, w->asked_ms + PACE_HURRY_MS));
}

void
watch_live(struct watch *w, enum pace_live live, uint64_t now)
{
	if (w->pace.live == live)
		return;
	w->pace.live = live;
	if (live == PACE_ALONE)
		look_within(w, now);
}

/* ---- hints ---- */

void
watch_hint(struct watch *w, const struct name *name, uint64_t now)
{
	struct machine *m;

	w->hinted = 1;
	if (name_equal(name, &w->list)) {
		if (!w->want_list)
			gate_hint(&w->list_gate, now);
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
	return w->whole ? 0 : gate_ready(&w->list_gate);
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

/* ---- answers ---- */

static void
fail(struct watch *w, enum outcome o, uint64_t now)
{
	abandon(w);
	w->outcome = o;
	w->down = 1;
	rest(w, o == OUTCOME_TIMEOUT ? PACE_SILENT : PACE_FAILED, now);
}

static void
finish_reading(struct watch *w, uint64_t now)
{
	if (!w->whole || w->want_list || w->list_ticket != 0 || w->machines.counted > 0)
		return;
	w->whole = 0;
	if (!w->skipped) {
		w->has_read = 1;
		w->read_serial = w->serial;
		w->readings++;
	}
	rest(w, PACE_SEEN, now);
	if (w->skipped)
		look_within(w, now + AGAIN_MS);
}

static void
take_soa(struct watch *w, const struct message *m, uint64_t now)
{
	struct name zone;
	struct soa soa;

	if (message_zone(m, &w->domain, &zone, &soa) != 0) {
		w->zone.len = 0;
		fail(w, OUTCOME_NOTAUTH, now);
		return;
	}
	w->zone = zone;
	w->serial = soa.serial;
	w->outcome = OUTCOME_OK;
	w->down = 0;
	if (w->has_read && w->serial == w->read_serial && !w->skipped) {
		w->hinted = 0;
		rest(w, PACE_SEEN, now);
		return;
	}
	w->surprises += !w->hinted;
	w->hinted = 0;
	w->whole = w->want_list = 1;
	w->skipped = w->silent = 0;
}

/* Has a reading of all to read this one? */
static int
is_wanted(const struct watch *w, const struct machine *m, uint64_t now)
{
	int small = w->machines.present <= SMALL_ACCOUNT;

	if (w->pace.live == PACE_ALONE || m->read_ms == 0)
		return 1;
	if (w->pace.live == PACE_HINTED && small)
		return 1;
	return now - m->read_ms > (small ? VERIFY_SMALL_MS : VERIFY_MS);
}

static void
want_machines(struct watch *w, uint64_t now)
{
	struct machine *m;

	TAILQ_FOREACH (m, &w->machines.all, entry)
		if (m->listed && is_wanted(w, m, now))
			machines_want(&w->machines, m, 1, 1);
}

static void
take_list(struct watch *w, const struct message *m, uint64_t now)
{
	char host[MSG_NAME_MAX];
	unsigned left_out = 0;
	size_t pos = 0;

	if ((m->flags & FLAG_TC) != 0 || m->rcode > RCODE_NXDOMAIN) {
		fail(w, OUTCOME_FAILED, now);
		return;
	}
	machines_list_begin(&w->machines);
	while (records_machines_next(m, &pos, &w->domain, host))
		if (strcasecmp(host, w->host) != 0 && machines_list_add(&w->machines, host) != 0)
			left_out++;
	if (left_out > 0)
		log_warnx("only %d machines are followed: %u left out", MSG_PEERS_MAX, left_out);
	if (machines_list_end(&w->machines) > 0)
		watch_flux(w, now);
	if (w->whole)
		want_machines(w, now);
}

/* This machine is as it was; the next look is to read it again, whatever the serial. */
static void
read_later(struct watch *w, struct machine *m, uint64_t now)
{
	w->skipped = 1;
	m->read_ms = 0;
	look_within(w, now + PACE_FLUX_MS);
}

static void
take_peer(struct watch *w, struct machine *m, const struct peer_reader *r,
    const struct msg_dns_peer *peer, uint64_t now)
{
	int changed;

	w->silent = 0;
	if (!m->listed)
		return;
	changed = machines_take(&w->machines, m, peer, now);
	if (changed < 0) {
		read_later(w, m, now);
		return;
	}
	if (changed)
		watch_flux(w, now);
	if (r == NULL)
		return;
	machines_targets(&w->machines, m, r->target, r->targets);
	if (m->fresh || w->pace.live != PACE_PUSHED || m->read_ms == 0)
		m->read_ms = now;
}

/* One machine's records could not be had. */
static void
miss(struct watch *w, struct machine *m, enum outcome o, uint64_t now)
{
	read_later(w, m, now);
	machines_read(&w->machines, m);
	if (o != OUTCOME_TIMEOUT)
		w->silent = 0;
	else if (++w->silent >= SILENT_MAX)
		fail(w, o, now);
}

static void
take_record(struct watch *w, uint32_t ticket, enum outcome o, const struct message *m, uint64_t now)
{
	const struct peer_reader *r;
	struct msg_dns_peer peer;
	struct machine *of;

	switch (readers_answer(&w->readers, ticket, o, m, &of, &r, &peer)) {
	case READERS_UNKNOWN:
	case READERS_MORE:
		return;
	case READERS_MISSED:
		miss(w, of, o, now);
		return;
	case READERS_SAME:
		take_peer(w, of, NULL, &peer, now);
		break;
	case READERS_WHOLE:
		take_peer(w, of, r, &peer, now);
		break;
	}
	machines_read(&w->machines, of);
}

void
watch_answer(
    struct watch *w, uint32_t ticket, enum outcome o, const struct message *m, uint64_t now)
{
	int soa = ticket != 0 && ticket == w->soa_ticket;
	int list = ticket != 0 && ticket == w->list_ticket;

	if (soa)
		w->soa_ticket = 0;
	if (list)
		w->list_ticket = 0;
	if (o == OUTCOME_OK)
		w->heard_ms = now;
	if (!soa && !list)
		take_record(w, ticket, o, m, now);
	else if (o != OUTCOME_OK)
		fail(w, o, now);
	else if (soa)
		take_soa(w, m, now);
	else
		take_list(w, m, now);
	finish_reading(w, now);
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
