/*
 * The other machines.
 *
 * The zone lists them: PTR records at _autotunnel._udp.DOMAIN.  Each is described by records below
 * its own name, which peer_reader (dnsupdate/wire/peer.h) knows how to ask for.  A whole reading
 * is list, then every machine, eight at a time.  Readings are started by a source of changes; the
 * only one so far is polling: the zone's SOA serial moves with each change of the zone, so a
 * single small question tells whether there is anything to read.  Push (RFC 8765) and long-lived
 * queries (RFC 8764) will start readings in the same way, and make the polls rare.
 *
 *   REST --poll_ms--> SOA --moved--> LIST, LISTING --> READ --> REST
 *                      \--unmoved--> REST
 *
 * How often: see pace.h.
 *
 * What fails never takes anything away.  A machine goes only when a complete, verified list does
 * not name it; its contacts change only when all of its records have been read.  A reading that
 * misses a machine's records leaves that one as it was, and is repeated at the next poll.  Other
 * machines are read on: one device must not be able to blind its siblings by writing records
 * nobody can read.
 *
 * In a large account readings are frequent (every refresh of every machine moves the serial), so
 * there the epoch in a machine's TXT record is trusted to tell whether the rest has changed.
 */
#include "dnsupdate/client/watch.h"

#include "base/log.h"
#include "base/str.h"
#include "dnsupdate/client/machines.h"
#include "dnsupdate/client/pace.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define START_MS 10000
#define SMALL_ACCOUNT 16
#define THOROUGH_MS 600000
/* So many machines unanswered in a row: it is the server, not the machine. */
#define SILENT_MAX 3

enum phase { PHASE_REST, PHASE_SOA, PHASE_LIST, PHASE_LISTING, PHASE_READ };

struct open {
	uint32_t ticket; /* 0 = free */
	int reader; /* -1 = not a machine's */
	struct question q;
};

struct reader {
	struct machine *m; /* NULL = free */
	int txt_only; /* its epoch will tell whether the rest need be read */
	struct peer_reader r;
};

struct watch {
	uint32_t (*jitter)(uint32_t range);
	struct name domain;
	char host[MSG_NAME_MAX];
	struct name zone; /* len 0 = unknown */
	enum phase phase;
	uint32_t ticket;
	uint32_t serial; /* seen */
	uint32_t read_serial; /* at the start of the last complete reading */
	int has_read; /* read_serial counts */
	int skipped; /* this reading missed a machine */
	int silent; /* machines unanswered in a row */
	uint32_t readings;
	enum outcome outcome;
	uint64_t heard_ms, asked_ms, poll_ms;
	struct pace pace;
	struct machines machines;
	struct reader reader[WATCH_READERS_MAX];
	struct open open[WATCH_OPEN_MAX];
};

struct watch *
watch_new(const struct name *domain, const char *host, uint32_t (*jitter)(uint32_t range))
{
	struct watch *w = calloc(1, sizeof *w);

	if (w == NULL)
		return NULL;
	w->jitter = jitter;
	watch_restart(w, domain, host);
	return w;
}

void
watch_free(struct watch *w)
{
	free(w);
}

static void
abandon(struct watch *w)
{
	memset(w->open, 0, sizeof w->open);
	for (size_t i = 0; i < WATCH_READERS_MAX; i++)
		w->reader[i].m = NULL;
	w->phase = PHASE_REST;
}

void
watch_restart(struct watch *w, const struct name *domain, const char *host)
{
	abandon(w);
	w->domain = *domain;
	str_copy(w->host, sizeof w->host, host);
	w->zone.len = 0;
	w->has_read = 0;
	w->outcome = OUTCOME_OK;
	w->heard_ms = w->asked_ms = w->poll_ms = 0;
	pace_init(&w->pace);
	machines_retell(&w->machines);
}

static uint64_t
later(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* Until the next poll. */
static void
rest(struct watch *w, int failed, uint64_t now)
{
	abandon(w);
	w->poll_ms = now + pace_next(&w->pace, failed, now, w->jitter);
}

void
watch_flux(struct watch *w, uint64_t now)
{
	pace_flux(&w->pace, now);
	if (w->pace.fails == 0 && w->poll_ms > now + PACE_FLUX_MS)
		w->poll_ms = now + PACE_FLUX_MS;
}

void
watch_hurry(struct watch *w, uint32_t seconds, uint64_t now)
{
	uint64_t soon = w->asked_ms == 0 ? now : later(now, w->asked_ms + PACE_HURRY_MS);

	pace_hurry(&w->pace, (uint64_t)seconds * 1000, now);
	if (w->poll_ms > soon)
		w->poll_ms = soon;
}

uint64_t
watch_wake(const struct watch *w, uint64_t now)
{
	if (w->phase != PHASE_REST)
		return WATCH_NEVER;
	return later(w->poll_ms, now);
}

static int
ask(struct watch *w, int reader, const struct question *q, struct watch_ask *out)
{
	for (size_t i = 0; i < WATCH_OPEN_MAX; i++) {
		struct open *o = &w->open[i];

		if (o->ticket != 0)
			continue;
		if (++w->ticket == 0)
			w->ticket = 1;
		*o = (struct open) {.ticket = w->ticket, .reader = reader, .q = *q};
		*out = (struct watch_ask) {.ticket = o->ticket, .q = *q};
		return 1;
	}
	return 0;
}

static int
ask_soa(struct watch *w, uint64_t now, struct watch_ask *out)
{
	const struct name *name = w->zone.len != 0 ? &w->zone : &w->domain;
	struct question q = {.name = *name, .type = TYPE_SOA, .class = CLASS_IN};

	/* At the start others are likely to be starting too. */
	if (w->asked_ms == 0)
		pace_hurry(&w->pace, START_MS, now);
	w->phase = PHASE_SOA;
	w->asked_ms = now;
	return ask(w, -1, &q, out);
}

static int
ask_list(struct watch *w, struct watch_ask *out)
{
	struct question q;

	if (records_machines_question(&q, &w->domain) != 0)
		return 0;
	w->phase = PHASE_LISTING;
	return ask(w, -1, &q, out);
}

static struct machine *
next_unread(struct watch *w)
{
	for (size_t i = 0; i < MSG_PEERS_MAX; i++) {
		struct machine *m = &w->machines.m[i];
		int taken = 0;

		for (size_t k = 0; k < WATCH_READERS_MAX; k++)
			taken |= w->reader[k].m == m;
		if (m->used && m->unread && !taken)
			return m;
	}
	return NULL;
}

static void
start_readers(struct watch *w, uint64_t now)
{
	int large = machines_count(&w->machines) > SMALL_ACCOUNT;

	for (size_t i = 0; i < WATCH_READERS_MAX; i++) {
		struct reader *rd = &w->reader[i];
		struct name host;

		if (rd->m != NULL || (rd->m = next_unread(w)) == NULL)
			continue;
		rd->txt_only = large && rd->m->peer.epoch != 0 && rd->m->read_ms != 0 &&
		    now - rd->m->read_ms < THOROUGH_MS;
		if (name_parse(&host, rd->m->peer.name) != 0 ||
		    peer_reader_init(&rd->r, &host, &w->zone) != 0) {
			rd->m->unread = 0;
			rd->m = NULL;
		}
	}
}

static int
is_open(const struct watch *w, int reader, const struct question *q)
{
	for (size_t i = 0; i < WATCH_OPEN_MAX; i++) {
		const struct open *o = &w->open[i];

		if (o->ticket != 0 && o->reader == reader && o->q.type == q->type &&
		    name_equal(&o->q.name, &q->name))
			return 1;
	}
	return 0;
}

static int
ask_reader(struct watch *w, int i, struct watch_ask *out)
{
	const struct reader *rd = &w->reader[i];
	unsigned pos = 0;
	struct question q;

	if (rd->m == NULL)
		return 0;
	while (peer_reader_open(&rd->r, &pos, &q))
		if ((!rd->txt_only || q.type == TYPE_TXT) && !is_open(w, i, &q))
			return ask(w, i, &q, out);
	return 0;
}

int
watch_next(struct watch *w, uint64_t now, struct watch_ask *out)
{
	if (w->phase == PHASE_REST)
		return now >= w->poll_ms ? ask_soa(w, now, out) : 0;
	if (w->phase == PHASE_LIST)
		return ask_list(w, out);
	if (w->phase != PHASE_READ)
		return 0;
	start_readers(w, now);
	for (int i = 0; i < WATCH_READERS_MAX; i++)
		if (ask_reader(w, i, out))
			return 1;
	return 0;
}

static void
fail(struct watch *w, enum outcome o, uint64_t now)
{
	w->outcome = o;
	rest(w, 1, now);
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
	if (w->has_read && w->serial == w->read_serial)
		rest(w, 0, now);
	else
		w->phase = PHASE_LIST;
}

static void
finish_reading(struct watch *w, uint64_t now)
{
	if (!w->skipped) {
		w->has_read = 1;
		w->read_serial = w->serial;
		w->readings++;
	}
	rest(w, 0, now);
}

static int
all_read(const struct watch *w)
{
	for (size_t i = 0; i < MSG_PEERS_MAX; i++)
		if (w->machines.m[i].used && w->machines.m[i].unread)
			return 0;
	return 1;
}

static void
take_list(struct watch *w, const struct message *m, uint64_t now)
{
	char host[MSG_NAME_MAX];
	unsigned left_out = 0;
	size_t pos = 0;

	machines_list_begin(&w->machines);
	while (records_machines_next(m, &pos, &w->domain, host))
		if (strcasecmp(host, w->host) != 0 && machines_list_add(&w->machines, host) != 0)
			left_out++;
	if (left_out > 0)
		log_warnx("only %d machines are followed: %u left out", MSG_PEERS_MAX, left_out);
	if (machines_list_end(&w->machines) > 0)
		watch_flux(w, now);
	w->phase = PHASE_READ;
	w->skipped = w->silent = 0;
	if (all_read(w))
		finish_reading(w, now);
}

/* Forget the reader and its open questions. */
static void
end_reader(struct watch *w, int i, uint64_t now)
{
	for (size_t k = 0; k < WATCH_OPEN_MAX; k++)
		if (w->open[k].reader == i)
			w->open[k].ticket = 0;
	w->reader[i].m->unread = 0;
	w->reader[i].m = NULL;
	if (all_read(w))
		finish_reading(w, now);
}

/* The same epoch as when all was read: only the lease can have moved. */
static int
take_epoch(struct reader *rd)
{
	struct msg_dns_peer peer = rd->m->peer;

	if (!rd->r.has_status || rd->r.status.epoch != peer.epoch)
		return 0;
	peer.expires_sec = rd->r.status.expires_sec;
	machines_take(rd->m, &peer);
	return 1;
}

static void
take_record(struct watch *w, int i, const struct question *q, const struct message *m, uint64_t now)
{
	struct reader *rd = &w->reader[i];
	struct msg_dns_peer peer;

	w->silent = 0;
	if (peer_reader_take(&rd->r, q, m) != 0) {
		w->skipped = 1;
		end_reader(w, i, now);
	} else if (rd->txt_only) {
		rd->txt_only = 0;
		if (take_epoch(rd))
			end_reader(w, i, now);
	} else if (peer_reader_done(&rd->r)) {
		peer_reader_result(&rd->r, &peer);
		if (machines_take(rd->m, &peer))
			watch_flux(w, now);
		rd->m->read_ms = now;
		end_reader(w, i, now);
	}
}

/* One machine's records could not be had. */
static void
miss(struct watch *w, int i, enum outcome o, uint64_t now)
{
	w->skipped = 1;
	if (o != OUTCOME_TIMEOUT)
		w->silent = 0;
	else if (++w->silent >= SILENT_MAX) {
		fail(w, o, now);
		return;
	}
	end_reader(w, i, now);
}

void
watch_answer(
    struct watch *w, uint32_t ticket, enum outcome o, const struct message *m, uint64_t now)
{
	struct open *open = NULL;
	struct question q;

	for (size_t i = 0; i < WATCH_OPEN_MAX && ticket != 0; i++)
		if (w->open[i].ticket == ticket)
			open = &w->open[i];
	if (open == NULL)
		return;
	open->ticket = 0;
	q = open->q;
	if (o == OUTCOME_OK)
		w->heard_ms = now;
	if (o != OUTCOME_OK && open->reader >= 0)
		miss(w, open->reader, o, now);
	else if (o != OUTCOME_OK)
		fail(w, o, now);
	else if (open->reader >= 0)
		take_record(w, open->reader, &q, m, now);
	else if (w->phase == PHASE_SOA)
		take_soa(w, m, now);
	else
		take_list(w, m, now);
}

struct watch_status
watch_status(const struct watch *w)
{
	return (struct watch_status) {
	    .zone = w->zone.len != 0 ? &w->zone : NULL,
	    .serial = w->serial,
	    .readings = w->readings,
	    .peers = machines_count(&w->machines),
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
