/* What answers mean, and when a reading of all is complete. */
#include "dnsupdate/client/watch_inner.h"

#include "base/log.h"

#include <strings.h>

#define AGAIN_MS 60000 /* after a reading that missed a machine */
/* So many machines unanswered in a row: it is the server, not the machine. */
#define SILENT_MAX 3

static void
fail(struct watch *w, enum outcome o, uint64_t now)
{
	watch_abandon(w);
	w->outcome = o;
	w->down = 1;
	watch_rest(w, o == OUTCOME_TIMEOUT ? PACE_SILENT : PACE_FAILED, now);
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
	watch_rest(w, PACE_SEEN, now);
	if (w->skipped)
		watch_look_within(w, now + AGAIN_MS);
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
		watch_rest(w, PACE_SEEN, now);
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
	watch_look_within(w, now + PACE_FLUX_MS);
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
