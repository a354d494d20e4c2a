#include "natpmp/mapping.h"

#include "base/str.h"
#include "natpmp/mapping_inner.h"
#include "natpmp/reason.h"

#include <string.h>

/*
 * A mapping can be asked for in three ways, and which of them a router knows is known only after
 * asking:
 *
 *   PCP       RFC 6887; IPv4 mappings and IPv6 pinholes; tells when the router has restarted
 *   NAT-PMP   RFC 6886; IPv4; tells that, too
 *   UPnP      SOAP over HTTP; tells nothing by itself
 *
 * Work is done in rounds.  A round begins when the mapping is wanted, when the manager wants it
 * again (the network changed), when the router announces itself, when it is time to check or to
 * renew, and some time after a round that failed.  As long as nobody holds the mapping a round is
 * a search:
 *
 *      0 ms   PCP       "what is your epoch?"          both change nothing in the router, so
 *    100 ms   NAT-PMP   "what is your address?"        that a late answer leaves nothing behind
 *    250 ms   UPnP      search, describe, map          in a child, see igd.c
 *
 * Whoever answers first is asked for the mapping, and worse methods are not begun.  When a better
 * one answers later it takes over: the loser's mapping is deleted first, for in most routers all
 * three are doors to one table.  Where a method has worked before at this router (the manager
 * remembers), that one is asked at once and the others 500 ms later, which normally is never: a
 * dead method costs nothing from the second start on.
 *
 * While somebody holds the mapping a round is a check: he alone is asked, every two minutes, by a
 * question that changes nothing (by a new UPnP child every ten minutes).  The epoch in the answer
 * tells whether the router has restarted; then the mapping is asked for again within a second.
 * When he stays silent for 30 s the others have their turn.  A standing mapping is not given up
 * for one bad answer: it stays reported as up, with a reason, until its lease ends or the router
 * says that it is gone.  Records in DNS hang on it.
 *
 * Files: mapping_side.c (one method's open question, retransmission), mapping_choose.c (rounds;
 * who is asked, who serves), mapping_answer.c (what the answers of each protocol mean), and this
 * one (life, time, report).
 */

#define LEAVE_SENDS 4
#define BUSY_MS 5000

static uint8_t
column_of(unsigned method)
{
	return method == NAT_METHOD_PCP   ? NAT_COLUMN_PCP
	    : method == NAT_METHOD_NATPMP ? NAT_COLUMN_NATPMP
	    : method == NAT_METHOD_UPNP   ? NAT_COLUMN_UPNP
					  : MAPPING_NOBODY;
}

/* ---- life ---- */

void
mapping_init(struct mapping *m, const struct msg_natpmp_want *want,
    uint32_t (*jitter)(uint32_t range), uint64_t now)
{
	memset(m, 0, sizeof *m);
	m->want = *want;
	m->jitter = jitter;
	m->state = NAT_ASKING;
	m->serving = MAPPING_NOBODY;
	m->known = column_of(want->known);
	if (!want->remove) {
		round_begin(m, now);
		return;
	}
	m->suggest = want->external;
	m->igd_port = want->external.port;
	/* The number of a hole is not remembered: its lease ends. */
	m->side[m->known].held = m->known != NAT_COLUMN_UPNP || want->local.family == 4;
	mapping_drop(m, now);
}

int
mapping_same_place(const struct mapping *m, const struct msg_natpmp_want *want)
{
	return m->want.proto == want->proto && m->want.ifindex == want->ifindex &&
	    endpoint_same_addr(&m->want.gateway, &want->gateway) &&
	    endpoint_equal(&m->want.local, &want->local);
}

static void
lift_holds(struct mapping *m)
{
	for (unsigned i = 0; i < NAT_COLUMNS; i++)
		m->side[i].hold_ms = 0;
}

void
mapping_want(struct mapping *m, const struct msg_natpmp_want *want, uint64_t now)
{
	int other_port = !endpoint_equal(&m->want.external, &want->external) &&
	    !endpoint_equal(&m->suggest, &want->external);
	int changed = other_port || m->want.methods != want->methods ||
	    m->want.lifetime_sec != want->lifetime_sec;
	int busy = m->next_ms == 0 && now < m->round_ms + BUSY_MS;

	m->want = *want;
	if (m->leaving) {
		m->leaving = 0;
		forget(m);
	} else if (busy && !changed) {
		return;
	}
	/* What a method made that is not allowed any more is deleted by whoever comes next. */
	if (m->serving != MAPPING_NOBODY && !side_allowed(m, m->serving))
		forget(m);
	if (other_port)
		memset(&m->suggest, 0, sizeof m->suggest);
	if (changed)
		m->renew_ms = 0;
	m->retry_ms = 0;
	m->verify = 1;
	lift_holds(m);
	round_begin(m, now);
}

void
mapping_hint(struct mapping *m, uint64_t now)
{
	m->hinted = !m->leaving;
}

/* Where announcements come close together, the last one is heeded a second after the one before:
 * what it was sent for may have happened after that. */
static uint64_t
hint_due_ms(const struct mapping *m)
{
	return m->hint_ms == 0 ? 0 : m->hint_ms + MAPPING_HINT_MS;
}

static void
heed_hint(struct mapping *m, uint64_t now)
{
	if (!m->hinted || m->leaving || now < hint_due_ms(m))
		return;
	m->hinted = 0;
	m->hint_ms = now;
	m->retry_ms = 0;
	m->verify = 1;
	lift_holds(m);
	if (!m->lost || m->next_ms != 0) /* else it is being asked for again already */
		round_begin(m, now);
}

void
mapping_drop(struct mapping *m, uint64_t now)
{
	m->leaving = 1;
	m->leave_ms = now + MAPPING_LEAVE_MS;
	m->next_ms = 0;
	for (unsigned i = 0; i < NAT_COLUMNS; i++) {
		struct mapping_side *s = &m->side[i];
		int stands = s->held || (s->stage == STAGE_MAP && s->sent > 0);

		s->due_ms = 0;
		if (i == NAT_COLUMN_UPNP && side_child_runs(m))
			continue;
		s->held = (uint8_t)stands;
		if (stands)
			side_ask(m, i, STAGE_DELETE, i == NAT_COLUMN_UPNP ? 1 : LEAVE_SENDS, now);
		else
			side_rest(s);
	}
}

static int
has_left(const struct mapping *m, uint64_t now)
{
	int open = 0;

	for (unsigned i = 0; i < NAT_COLUMNS; i++)
		open |= m->side[i].held || m->side[i].stage != STAGE_REST;
	return m->leaving && (now >= m->leave_ms || !open);
}

/* ---- time ---- */

static void
end_lease(struct mapping *m, uint64_t now)
{
	if (m->serving == MAPPING_NOBODY || m->leaving || now < m->expires_ms)
		return;
	m->side[m->serving].held = 0;
	forget(m);
	str_copy(m->reason, sizeof m->reason, "the mapping's lease has ended; asking again");
	if (m->next_ms != 0)
		round_begin(m, now);
}

/* 1 with a step, 0 with nothing to do for this method. */
static int
side_next(struct mapping *m, unsigned i, uint64_t now, struct mapping_step *step)
{
	int gave_up;

	if (m->side[i].due_ms != 0 && now >= m->side[i].due_ms)
		side_start(m, i, now);
	if (side_send(m, i, now, step, &gave_up))
		return 1;
	if (gave_up)
		side_is_silent(m, i, now);
	return 0;
}

static int
any_side(struct mapping *m, uint64_t now, struct mapping_step *step)
{
	/* Twice: one that gives up may make it another's turn. */
	for (unsigned i = 0; i < 2 * NAT_COLUMNS; i++)
		if (side_next(m, i % NAT_COLUMNS, now, step))
			return 1;
	return 0;
}

struct mapping_step
mapping_next(struct mapping *m, uint64_t now)
{
	struct mapping_step step = {.action = MAPPING_WAIT};

	end_lease(m, now);
	heed_hint(m, now);
	if (m->next_ms != 0 && now >= m->next_ms)
		round_begin(m, now);
	if (!has_left(m, now) && any_side(m, now, &step))
		return step;
	conclude(m, now);
	if (has_left(m, now))
		step.action = MAPPING_GONE;
	return step;
}

static uint64_t
earlier(uint64_t a, uint64_t b, int counts)
{
	return counts && b < a ? b : a;
}

uint64_t
mapping_wait(const struct mapping *m, uint64_t now)
{
	int waiting = m->next_ms == 0 && !m->leaving;
	uint64_t at = UINT64_MAX, verdict_ms = m->round_ms;

	verdict_ms += m->serving == MAPPING_NOBODY ? MAPPING_PATIENCE_MS : MAPPING_PATIENCE_UP_MS;
	for (unsigned i = 0; i < NAT_COLUMNS; i++) {
		const struct mapping_side *s = &m->side[i];
		int child = i == NAT_COLUMN_UPNP && s->sent > 0;

		at = earlier(at, s->next_ms, s->stage != STAGE_REST && !child);
		at = earlier(at, s->due_ms, s->due_ms != 0);
	}
	at = earlier(at, verdict_ms, waiting && verdict_ms > now);
	at = earlier(at, m->next_ms, m->next_ms != 0);
	at = earlier(at, hint_due_ms(m), m->hinted && !m->leaving);
	at = earlier(at, m->expires_ms, m->serving != MAPPING_NOBODY && !m->leaving);
	at = earlier(at, m->leave_ms, m->leaving);
	if (at == UINT64_MAX)
		return at;
	return at > now ? at - now : 0;
}

/* ---- report ---- */

static void
report_side(const struct mapping *m, unsigned i, struct msg_natpmp_method *out)
{
	const struct mapping_side *s = &m->side[i];

	out->heard_ms = s->heard_ms;
	out->answer = s->answer;
	if (s->answer != NAT_REFUSES)
		return;
	out->code = s->code;
	reason_short(out->text, i, s);
}

void
mapping_report(const struct mapping *m, struct msg_natpmp_state *out)
{
	static const uint8_t methods[NAT_COLUMNS] = {
	    NAT_METHOD_PCP, NAT_METHOD_NATPMP, NAT_METHOD_UPNP};

	memset(out, 0, sizeof *out);
	out->state = m->state;
	out->proto = m->want.proto;
	out->remade = m->remade;
	out->gateway = m->want.gateway;
	out->local = m->want.local;
	str_copy(out->reason, sizeof out->reason, m->reason);
	for (unsigned i = 0; i < NAT_COLUMNS; i++)
		report_side(m, i, &out->said[i]);
	if (m->state != NAT_UP)
		return;
	out->method = methods[m->serving];
	out->lifetime_sec = m->lifetime_sec;
	out->renew_ms = m->renew_ms;
	out->expires_ms = m->expires_ms;
	out->external = m->external;
}
