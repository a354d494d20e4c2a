#include "natpmp/mapping_inner.h"

#include "base/str.h"
#include "natpmp/reason.h"

#include <string.h>

/* Who is asked when, and who serves: see mapping.c for the whole. */

#define MAP_SENDS 4 /* of a mapping question, once the router has answered the first one */
#define SHORT_SENDS 3 /* while another method holds: is a better one there by now? */
#define DELETE_SENDS 3
#define LIFETIME_MAX_SEC 86400 /* believed at most (RFC 6887 section 15) */
#define RENEW_MIN_MS 4000 /* between two renewals (RFC 6887 section 11.2.1) */

static const char stopped[] =
    "the router has stopped answering; the mapping may last until its lease ends";

static const uint32_t later_ms[NAT_COLUMNS] = {
    [NAT_COLUMN_NATPMP] = MAPPING_PMP_LATER_MS,
    [NAT_COLUMN_UPNP] = MAPPING_IGD_LATER_MS,
};

/* ---- a round ---- */

/* PCP says how long a refusal holds, and that holds for a search too; the others do not say. */
static int
may_ask(const struct mapping *m, unsigned i, uint64_t now)
{
	int searching = m->serving == MAPPING_NOBODY && i != NAT_COLUMN_PCP;

	return side_allowed(m, i) && (searching || now >= m->side[i].hold_ms);
}

static void
begin_search(struct mapping *m, uint64_t now)
{
	int known = m->known != MAPPING_NOBODY && may_ask(m, m->known, now);
	uint32_t first = UINT32_MAX;

	for (unsigned i = 0; i < NAT_COLUMNS; i++) {
		if (!may_ask(m, i, now))
			continue;
		if (first == UINT32_MAX)
			first = later_ms[i];
		m->side[i].due_ms = now + later_ms[i] - first + (known ? MAPPING_KNOWN_MS : 0);
	}
	if (known)
		m->side[m->known].due_ms = now;
}

/* The one that made the mapping is asked at once; a better one than UPnP is looked for by the
 * way, because only the better ones tell that a router has restarted. */
static void
begin_check(struct mapping *m, uint64_t now)
{
	for (unsigned i = 0; i < NAT_COLUMNS; i++) {
		int better = i < m->serving && (m->serving == NAT_COLUMN_UPNP || m->verify);

		if (i == m->serving || (better && may_ask(m, i, now)))
			m->side[i].due_ms = now;
		else if (may_ask(m, i, now))
			m->side[i].due_ms = now + MAPPING_PATIENCE_UP_MS;
	}
}

void
round_begin(struct mapping *m, uint64_t now)
{
	m->round_ms = now;
	m->next_ms = 0;
	for (unsigned i = 0; i < NAT_COLUMNS; i++) {
		m->side[i].due_ms = 0;
		m->side[i].spoken = m->side[i].tried = 0;
		if (i != NAT_COLUMN_UPNP || !side_child_runs(m))
			side_rest(&m->side[i]);
	}
	if (m->serving == MAPPING_NOBODY)
		begin_search(m, now);
	else
		begin_check(m, now);
}

static void
no_turns(struct mapping *m)
{
	for (unsigned i = 0; i < NAT_COLUMNS; i++)
		m->side[i].due_ms = 0;
}

static void
round_done(struct mapping *m, uint64_t now)
{
	uint64_t check_ms = now + MAPPING_CHECK_MS;
	int checks = m->serving != NAT_COLUMN_UPNP && check_ms < m->renew_ms;

	m->next_ms = checks ? check_ms : m->renew_ms;
	m->retry_ms = 0;
	m->verify = 0;
	m->reason[0] = '\0';
	no_turns(m);
}

static uint64_t
least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* 30 s, 60 s ... 15 min; while a mapping stands not later than at half of what is left of it
 * (RFC 6887 section 11.2.1 comes to the same times). */
static void
retry_later(struct mapping *m, uint64_t now)
{
	uint64_t left = m->expires_ms > now ? m->expires_ms - now : 0;

	m->retry_ms = m->retry_ms == 0 ? MAPPING_RETRY_MS : 2 * m->retry_ms;
	if (m->retry_ms > MAPPING_RETRY_MAX_MS)
		m->retry_ms = MAPPING_RETRY_MAX_MS;
	m->next_ms = now + m->retry_ms + m->jitter(m->retry_ms / 4);
	if (m->serving != MAPPING_NOBODY && left / 2 > RENEW_MIN_MS)
		m->next_ms = least(m->next_ms, now + left / 2);
}

/* ---- one method's turn ---- */

static unsigned
sends(const struct mapping *m, unsigned i)
{
	return m->serving != MAPPING_NOBODY && m->serving != i ? SHORT_SENDS : MAPPING_RESENDS;
}

/* PCP's mapping question is an address question, too: where PCP is known it saves a round trip. */
static int
maps_at_once(const struct mapping *m, unsigned i, uint64_t now)
{
	if (i == NAT_COLUMN_UPNP)
		return 1;
	if (i == NAT_COLUMN_NATPMP)
		return 0;
	return m->serving == i ? m->verify || m->lost || now >= m->renew_ms
			       : m->known == i && m->serving == MAPPING_NOBODY;
}

void
side_start(struct mapping *m, unsigned i, uint64_t now)
{
	m->side[i].due_ms = 0;
	if (i == NAT_COLUMN_UPNP && side_child_runs(m))
		return;
	if (i == NAT_COLUMN_UPNP && m->side[i].held && m->want.local.family == 4 &&
	    m->igd_port != side_suggestion(m).port) {
		side_ask(m, i, STAGE_DELETE, 1, now); /* another port is wished for */
		return;
	}
	side_ask(m, i, maps_at_once(m, i, now) ? STAGE_MAP : STAGE_PROBE, sends(m, i), now);
}

/* ---- what follows ---- */

static unsigned
best_speaker(const struct mapping *m)
{
	unsigned i = 0;

	while (i < NAT_COLUMNS && !m->side[i].spoken)
		i++;
	return i;
}

/* It has stopped answering: what it held is lost, or is what the next one found. */
static int
has_gone(const struct mapping_side *s)
{
	return s->tried ||
	    ((s->stage == STAGE_PROBE || s->stage == STAGE_MAP) && s->sent > SHORT_SENDS);
}

/* Two methods are two doors to one table in most routers: the loser's mapping goes first. */
static int
clear_others(struct mapping *m, unsigned best, uint64_t now)
{
	int clear = 1;

	for (unsigned j = 0; j < NAT_COLUMNS; j++) {
		struct mapping_side *s = &m->side[j];

		if (j == best)
			continue;
		if (s->stage == STAGE_MAP && s->spoken && s->sent > 0)
			s->held = 1; /* it may have been made */
		if (j != NAT_COLUMN_UPNP && has_gone(s))
			s->held = 0;
		if (s->held && s->stage != STAGE_DELETE)
			side_ask(m, j, STAGE_DELETE, DELETE_SENDS, now);
		else if (s->stage == STAGE_MAP || (j > best && s->stage == STAGE_PROBE))
			side_rest(s);
		if (j > best)
			s->due_ms = 0;
		clear = clear && !s->held;
	}
	return clear;
}

void
proceed(struct mapping *m, uint64_t now)
{
	unsigned best = best_speaker(m);

	if (best == NAT_COLUMNS || m->leaving || side_child_runs(m) ||
	    !clear_others(m, best, now) || m->side[best].stage != STAGE_REST)
		return;
	if (m->serving == best && m->side[best].held && !m->lost && !m->verify &&
	    now < m->renew_ms) {
		round_done(m, now);
		return;
	}
	m->next_ms = 0;
	side_ask(
	    m, best, STAGE_MAP, MAP_SENDS, now + (m->lost ? m->jitter(MAPPING_RECREATE_MS) : 0));
}

void
forget(struct mapping *m)
{
	m->serving = MAPPING_NOBODY;
	m->lost = 0;
	m->state = NAT_ASKING;
	m->lifetime_sec = 0;
	m->renew_ms = m->expires_ms = 0;
}

/* The turn of whoever has not had it in this round: the best at once, the others soon after. */
static void
next_methods(struct mapping *m, uint64_t now)
{
	uint32_t first = UINT32_MAX;

	if (m->serving != MAPPING_NOBODY || m->leaving)
		return;
	for (unsigned i = 0; i < NAT_COLUMNS; i++) {
		struct mapping_side *s = &m->side[i];

		if (!may_ask(m, i, now) || s->tried || s->spoken || s->stage != STAGE_REST)
			continue;
		if (first == UINT32_MAX)
			first = later_ms[i];
		if (s->due_ms == 0 || s->due_ms > now + later_ms[i] - first)
			s->due_ms = now + later_ms[i] - first;
	}
}

/* Of several refusals the best method's counts, unless another one tells more: that there is no
 * usable outside at all. */
static void
give_verdict(struct mapping *m)
{
	int offline = 0;

	m->state = NAT_SILENT;
	for (unsigned i = NAT_COLUMNS; i-- > 0;) {
		const struct mapping_side *s = &m->side[i];

		if (s->answer != NAT_REFUSES || !side_allowed(m, i))
			continue;
		m->state = NAT_REFUSED;
		if (!offline || reason_is_offline(i, s))
			reason_refused(m->reason, i, s);
		offline |= reason_is_offline(i, s);
	}
	if (m->state == NAT_SILENT)
		reason_silent(m->reason, &m->want);
}

void
conclude(struct mapping *m, uint64_t now)
{
	int busy = 0, open = 0;

	if (m->leaving || m->next_ms != 0)
		return;
	if (m->serving != MAPPING_NOBODY && now >= m->round_ms + MAPPING_PATIENCE_UP_MS)
		str_copy(m->reason, sizeof m->reason, stopped);
	for (unsigned i = 0; i < NAT_COLUMNS; i++) {
		const struct mapping_side *s = &m->side[i];

		open |= s->stage != STAGE_REST || s->due_ms != 0;
		busy |= s->spoken || s->stage == STAGE_DELETE || s->due_ms != 0 ||
		    (i == NAT_COLUMN_UPNP && s->stage != STAGE_REST);
	}
	if (m->serving == MAPPING_NOBODY && !busy &&
	    (!open || now >= m->round_ms + MAPPING_PATIENCE_MS))
		give_verdict(m);
	if (!open)
		retry_later(m, now);
}

/* ---- news of one method ---- */

void
side_speaks(struct mapping *m, unsigned i, uint64_t now)
{
	struct mapping_side *s = &m->side[i];

	side_rest(s);
	s->spoken = 1;
	s->heard_ms = now;
	if (s->answer != NAT_GIVES)
		s->answer = NAT_SPEAKS;
	proceed(m, now);
}

/* PCP wants renewals spread over an eighth of the lease, from its half on. */
static uint64_t
renewal_ms(const struct mapping *m, unsigned i, uint32_t lifetime_sec)
{
	uint32_t sec =
	    lifetime_sec == 0 || lifetime_sec > LIFETIME_MAX_SEC ? LIFETIME_MAX_SEC : lifetime_sec;
	uint64_t half = (uint64_t)sec * 500;

	if (i == NAT_COLUMN_PCP)
		half += m->jitter((uint32_t)half / 4);
	if (i == NAT_COLUMN_UPNP)
		half = least(half, MAPPING_UPNP_CHECK_MS);
	return half < RENEW_MIN_MS ? RENEW_MIN_MS : half;
}

/* How long we believe in it: not less than until the renewal has had its chance. */
static uint64_t
lease_ms(uint32_t lifetime_sec)
{
	uint64_t ms = (uint64_t)(lifetime_sec == 0 ? LIFETIME_MAX_SEC : lifetime_sec) * 1000;

	return ms < 2 * RENEW_MIN_MS ? 2 * RENEW_MIN_MS : ms;
}

void
side_grants(struct mapping *m, unsigned i, uint32_t lifetime_sec, uint64_t now)
{
	struct mapping_side *s = &m->side[i];

	side_rest(s);
	s->held = s->spoken = 1;
	s->heard_ms = now;
	s->hold_ms = 0;
	s->answer = NAT_GIVES;
	m->state = NAT_UP;
	m->serving = m->known = (uint8_t)i;
	/* An epoch tells no restart from another a few seconds before; an announcement may. */
	m->remade = (uint8_t)(m->remade + (m->lost || m->verify));
	m->lost = 0;
	m->suggest = m->external;
	m->lifetime_sec = lifetime_sec;
	m->renew_ms = now + renewal_ms(m, i, lifetime_sec);
	m->expires_ms = now + lease_ms(lifetime_sec);
	for (unsigned j = 0; j < NAT_COLUMNS; j++) {
		struct mapping_side *other = &m->side[j];

		if (other->stage == STAGE_PROBE && other->most > SHORT_SENDS)
			other->most = other->sent > SHORT_SENDS ? other->sent : SHORT_SENDS;
		if (j > i && other->stage == STAGE_PROBE)
			side_rest(other);
		if (j != i && other->answer == NAT_GIVES)
			other->answer = NAT_SPEAKS;
	}
	round_done(m, now);
	proceed(m, now);
}

static uint64_t
hold_for(uint64_t ms)
{
	return ms < MAPPING_HOLD_MIN_MS ? MAPPING_HOLD_MIN_MS : least(ms, MAPPING_HOLD_MAX_MS);
}

void
side_refuses(struct mapping *m, unsigned i, unsigned code, uint64_t hold_ms, uint64_t now)
{
	struct mapping_side *s = &m->side[i];

	side_rest(s);
	s->spoken = 0;
	s->tried = 1;
	s->heard_ms = now;
	s->answer = NAT_REFUSES;
	s->code = (uint16_t)code;
	s->hold_ms = now + hold_for(hold_ms);
	if (m->serving == i) {
		reason_refused(m->reason, i, s);
		no_turns(m);
		if (m->lost)
			forget(m);
	}
	if (m->serving != MAPPING_NOBODY && !m->side[m->serving].held)
		forget(m);
	next_methods(m, now);
	proceed(m, now);
}

void
side_deleted(struct mapping *m, unsigned i, uint64_t now)
{
	side_rest(&m->side[i]);
	m->side[i].held = 0;
	if (best_speaker(m) == NAT_COLUMNS) {
		if (m->serving == i)
			forget(m);
		next_methods(m, now);
	}
	proceed(m, now);
}

void
side_is_silent(struct mapping *m, unsigned i, uint64_t now)
{
	struct mapping_side *s = &m->side[i];

	if (s->stage == STAGE_DELETE) {
		side_deleted(m, i, now);
		return;
	}
	side_rest(s);
	s->spoken = 0;
	s->tried = 1;
	s->answer = NAT_NO_ANSWER;
	if (m->serving == i && m->lost)
		forget(m);
	if (m->serving == i)
		str_copy(m->reason, sizeof m->reason, stopped);
	if (m->serving != MAPPING_NOBODY && !m->side[m->serving].held)
		forget(m);
	next_methods(m, now);
	proceed(m, now);
}
