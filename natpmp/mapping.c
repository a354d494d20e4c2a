#include "natpmp/mapping.h"

#include "base/str.h"
#include "natpmp/reason.h"

#include <string.h>

/*
 * A mapping is worked on in rounds.  A round begins when the mapping is wanted, when the manager
 * wants it again (the network changed), when it is time to check or renew, and some time after a
 * round that failed:
 *
 *   address question (NAT-PMP) --answer--> mapping question, if one is due --answer--> up
 *         |  silent for 2 s, or refused
 *         v
 *   UPnP child --mapped--> up
 *         |  failed
 *         v
 *   refused or silent; the next round after 30 s, 60 s ... 15 min
 *
 * The address question comes first because it changes nothing in the router: while UPnP has its
 * turn the question is repeated (250 ms, doubling, nine times), and a router that wakes up late
 * never ends with two mappings.  When it answers although UPnP holds the mapping, NAT-PMP takes
 * over, since only NAT-PMP tells that a router has restarted: the UPnP mapping is deleted first,
 * for in most routers both are one table.
 *
 * A standing mapping is not given up for one bad answer: it stays reported as up, with a reason,
 * until its lease ends or the router says that it is gone.  Records in DNS hang on it.
 *
 * A router's restart is noticed by the check, every two minutes, or when the manager wants the
 * mapping again.  Its announcements (RFC 6886 section 3.2.1) are not listened to: nothing of ours
 * is open to the LAN but the tunnel's port.
 */

#define LIFETIME_MAX_SEC 86400
#define REST_MIN_MS 30000 /* between two rounds, however short the lease */
#define MAP_SENDS 5 /* of a mapping question, once the router has answered the first one */
#define LEAVE_SENDS 4
#define SHORT_SENDS 3 /* while UPnP holds: is NAT-PMP there by now? */
#define BUSY_MS 5000

static int
allows(const struct mapping *m, unsigned method)
{
	return (m->want.methods & method) != 0;
}

/* ---- a round ---- */

static void
ask(struct mapping *m, enum pmp_op op, unsigned most, uint64_t at)
{
	m->ask = (struct mapping_ask) {.op = (uint8_t)op, .most = (uint8_t)most, .next_ms = at};
}

/* A router that answers NAT-PMP but will not map is left with UPnP, where that works. */
static int
uses_pmp(const struct mapping *m)
{
	return allows(m, NAT_METHOD_NATPMP) && !(m->held == NAT_METHOD_UPNP && m->pmp_bad);
}

static uint64_t
patience(const struct mapping *m)
{
	if (!uses_pmp(m))
		return 0;
	return m->held == NAT_METHOD_NATPMP ? MAPPING_PATIENCE_UP_MS : MAPPING_PATIENCE_MS;
}

static void
round_begin(struct mapping *m, uint64_t now)
{
	m->round_ms = now;
	m->next_ms = 0;
	m->alive = m->refused = m->done = 0;
	m->patience_ms = now + patience(m);
	m->ask.op = PMP_NONE;
	if (uses_pmp(m))
		ask(m, PMP_ADDRESS, m->held == NAT_METHOD_UPNP ? SHORT_SENDS : MAPPING_RESENDS,
		    now);
}

static void
round_done(struct mapping *m, uint64_t next_ms)
{
	m->done = 1;
	m->patience_ms = 0;
	m->retry_ms = 0;
	m->next_ms = next_ms;
	m->reason[0] = '\0';
}

static void
retry_later(struct mapping *m, uint64_t now)
{
	m->retry_ms = m->retry_ms == 0 ? MAPPING_RETRY_MS : 2 * m->retry_ms;
	if (m->retry_ms > MAPPING_RETRY_MAX_MS)
		m->retry_ms = MAPPING_RETRY_MAX_MS;
	m->next_ms = now + m->retry_ms + m->jitter(m->retry_ms / 4);
}

/* A method has failed.  Once all have, give the verdict; once nothing is under way, rest. */
static void
conclude(struct mapping *m, uint64_t now)
{
	if (m->igd != 0 || m->patience_ms != 0 || m->done || m->leaving)
		return;
	if (m->held == 0) {
		m->state = m->refused ? NAT_REFUSED : NAT_SILENT;
		if (!m->refused)
			reason_silent(m->reason, &m->want);
	} else if (!m->refused) {
		str_copy(m->reason, sizeof m->reason,
		    "the router has stopped answering; the mapping may last until its lease ends");
	}
	if (m->ask.op == PMP_NONE)
		retry_later(m, now);
}

static void
forget(struct mapping *m)
{
	m->held = 0;
	m->lost = 0;
	m->state = NAT_ASKING;
	m->method = 0;
	m->lifetime_sec = 0;
	m->renew_ms = 0;
}

/* NAT-PMP is no way in this round: UPnP's turn at once, unless it had it. */
static void
next_method(struct mapping *m, uint64_t now)
{
	m->ask.op = PMP_NONE;
	if (m->lost)
		forget(m);
	if (m->held == NAT_METHOD_NATPMP || m->done)
		m->patience_ms = 0;
	else if (m->patience_ms != 0 || m->alive)
		m->patience_ms = now;
	m->alive = 0;
	conclude(m, now);
}

/* ---- NAT-PMP ---- */

/* Has the router lost its state since its last word?  (RFC 6886 section 3.6) */
static int
epoch_lost(struct mapping *m, uint32_t epoch_sec, uint64_t now)
{
	uint64_t elapsed_sec = m->epoch_ms == 0 ? 0 : (now - m->epoch_ms) / 1000;
	uint64_t expected = m->epoch_sec + elapsed_sec * 7 / 8;
	int lost = m->epoch_ms != 0 && (uint64_t)epoch_sec + 2 < expected;

	m->epoch_ms = now;
	m->epoch_sec = epoch_sec;
	return lost;
}

static void
pmp_refused(struct mapping *m, unsigned result, uint64_t now)
{
	m->pmp_bad = 1;
	if (m->done)
		return; /* UPnP has done it */
	m->refused = 1;
	reason_pmp(m->reason, result);
	if (result == PMP_NOT_AUTHORIZED && m->held == NAT_METHOD_NATPMP)
		forget(m);
	next_method(m, now);
}

/* NAT-PMP works: go on with it when the UPnP child is out of the way. */
static void
pmp_proceed(struct mapping *m, uint64_t now)
{
	uint64_t check_ms = now + MAPPING_CHECK_MS;

	if (m->igd != 0 || m->held == NAT_METHOD_UPNP)
		return; /* mapping_next starts the deletion, its answer comes back here */
	if (m->held == NAT_METHOD_NATPMP && !m->lost && now < m->renew_ms) {
		round_done(m, check_ms < m->renew_ms ? check_ms : m->renew_ms);
		return;
	}
	m->done = 0;
	m->next_ms = 0;
	ask(m, PMP_MAP, MAP_SENDS, now + (m->lost ? m->jitter(MAPPING_RECREATE_MS) : 0));
}

static void
pmp_address(struct mapping *m, const struct pmp_answer *a, uint64_t now)
{
	static const uint8_t none[4];

	if (memcmp(a->address, none, sizeof none) == 0) {
		pmp_refused(m, PMP_NETWORK_FAILURE, now);
		return;
	}
	memcpy(m->address, a->address, sizeof m->address);
	m->alive = 1;
	m->patience_ms = 0;
	pmp_proceed(m, now);
}

static uint64_t
rest_ms(uint32_t lifetime_sec, uint64_t most)
{
	uint64_t half =
	    (uint64_t)(lifetime_sec < LIFETIME_MAX_SEC ? lifetime_sec : LIFETIME_MAX_SEC) * 500;

	if (half > most)
		half = most;
	return half < REST_MIN_MS ? REST_MIN_MS : half;
}

/* How long we believe in it: not less than until the renewal has had its chance. */
static uint64_t
lease_ms(uint32_t lifetime_sec)
{
	uint64_t ms = (uint64_t)lifetime_sec * 1000;

	return ms < 2 * REST_MIN_MS ? 2 * REST_MIN_MS : ms;
}

static void
granted(struct mapping *m, unsigned method, uint16_t port, uint32_t lifetime_sec)
{
	m->state = NAT_UP;
	m->method = m->held = (uint8_t)method;
	m->port = m->suggest = port;
	m->lifetime_sec = lifetime_sec;
	m->lost = 0;
}

static void
pmp_mapped(struct mapping *m, const struct pmp_answer *a, uint64_t now)
{
	uint64_t check_ms = now + MAPPING_CHECK_MS;

	granted(m, NAT_METHOD_NATPMP, a->port, a->lifetime_sec);
	m->renew_ms = now + rest_ms(a->lifetime_sec, UINT64_MAX);
	m->expires_ms = now + lease_ms(a->lifetime_sec);
	m->pmp_bad = 0;
	round_done(m, check_ms < m->renew_ms ? check_ms : m->renew_ms);
}

static void
pmp_deleted(struct mapping *m)
{
	m->ask.op = PMP_NONE;
	m->held = 0;
}

void
mapping_pmp_answer(struct mapping *m, const struct pmp_answer *a, uint64_t now)
{
	if (m->ask.op == PMP_NONE || a->op != m->ask.op)
		return;
	if (m->leaving) {
		/* Not the late grant of the mapping that is being deleted. */
		if (a->result != PMP_OK || a->lifetime_sec == 0)
			pmp_deleted(m);
		return;
	}
	/* Neither the other way round. */
	if (a->op == PMP_MAP && a->result == PMP_OK && (a->port == 0 || a->lifetime_sec == 0))
		return;
	m->ask.op = PMP_NONE;
	if (a->has_epoch && epoch_lost(m, a->epoch, now) && m->held == NAT_METHOD_NATPMP) {
		m->lost = 1;
		str_copy(m->reason, sizeof m->reason,
		    "the router has restarted and forgotten the mapping; asking for it again");
	}
	if (a->result != PMP_OK)
		pmp_refused(m, a->result, now);
	else if (a->op == PMP_ADDRESS)
		pmp_address(m, a, now);
	else
		pmp_mapped(m, a, now);
}

/* A router that held our mapping a moment ago is restarting: go on asking. */
void
mapping_pmp_unreachable(struct mapping *m, uint64_t now)
{
	if (m->ask.op == PMP_NONE || m->held == NAT_METHOD_NATPMP)
		return;
	if (m->leaving)
		m->ask.op = PMP_NONE;
	else
		next_method(m, now);
}

/* ---- UPnP ---- */

static void
igd_mapped(struct mapping *m, const struct igd_answer *a, uint64_t now)
{
	uint32_t sec = a->lifetime_sec != 0 ? a->lifetime_sec : LIFETIME_MAX_SEC;

	granted(m, NAT_METHOD_UPNP, a->external.port, a->lifetime_sec);
	memcpy(m->address, a->external.addr, sizeof m->address);
	m->renew_ms = now + rest_ms(sec, MAPPING_UPNP_CHECK_MS);
	m->expires_ms = now + lease_ms(sec);
	round_done(m, m->renew_ms);
}

/* NAT-PMP's refusal, when there was one, says more. */
static void
igd_failed(struct mapping *m, const struct igd_answer *a, uint64_t now)
{
	if (a->result != IGD_SILENT && !m->refused) {
		m->refused = 1;
		reason_igd(m->reason, a);
	}
	conclude(m, now);
}

void
mapping_igd_answer(struct mapping *m, const struct igd_answer *a, uint64_t now)
{
	uint8_t what = m->igd;

	m->igd = 0;
	if (what == IGD_UNMAP && m->held == NAT_METHOD_UPNP)
		m->held = 0;
	if (what == IGD_MAP && a->result == IGD_OK)
		igd_mapped(m, a, now);
	else if (what == IGD_MAP && !m->alive)
		igd_failed(m, a, now);
	if (m->alive && !m->leaving && m->ask.op == PMP_NONE)
		pmp_proceed(m, now);
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
	round_begin(m, now);
}

int
mapping_same_place(const struct mapping *m, const struct msg_natpmp_want *want)
{
	return endpoint_same_addr(&m->want.gateway, &want->gateway) &&
	    endpoint_equal(&m->want.local, &want->local);
}

void
mapping_want(struct mapping *m, const struct msg_natpmp_want *want, uint64_t now)
{
	int other_port = m->want.external_port != want->external_port;
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
	if (other_port)
		m->suggest = 0;
	if (changed)
		m->renew_ms = 0;
	m->retry_ms = 0;
	m->pmp_bad = 0;
	round_begin(m, now);
}

void
mapping_drop(struct mapping *m, uint64_t now)
{
	int at_pmp = m->held == NAT_METHOD_NATPMP || m->ask.op == PMP_MAP;

	m->leaving = 1;
	m->leave_ms = now + MAPPING_LEAVE_MS;
	m->next_ms = m->patience_ms = 0;
	m->ask.op = PMP_NONE;
	if (at_pmp)
		ask(m, PMP_MAP, LEAVE_SENDS, now);
}

/* ---- what next ---- */

static uint16_t
suggested_port(const struct mapping *m)
{
	if (m->suggest != 0)
		return m->suggest;
	return m->want.external_port != 0 ? m->want.external_port : m->want.local.port;
}

/* Deletion says lifetime 0 and port 0 (RFC 6886 section 3.4). */
static int
ask_again(struct mapping *m, uint64_t now, struct mapping_step *s)
{
	struct mapping_ask *a = &m->ask;

	if (a->op == PMP_NONE || now < a->next_ms)
		return 0;
	if (a->sent == a->most) {
		if (m->leaving)
			pmp_deleted(m);
		else
			next_method(m, now);
		return 0;
	}
	a->next_ms = now + ((uint64_t)MAPPING_RESEND_MS << a->sent++);
	s->action = a->op == PMP_ADDRESS ? MAPPING_ASK_ADDRESS : MAPPING_ASK_MAP;
	if (!m->leaving) {
		s->port = suggested_port(m);
		s->lifetime_sec = m->want.lifetime_sec;
	}
	return 1;
}

static int
igd_begin(struct mapping *m, uint64_t now, struct mapping_step *s)
{
	int due = m->patience_ms != 0 && now >= m->patience_ms;

	if (m->igd != 0)
		return 0;
	if (m->held == NAT_METHOD_UPNP && (m->leaving || (m->alive && m->ask.op == PMP_NONE))) {
		m->igd = IGD_UNMAP;
		*s = (struct mapping_step) {MAPPING_IGD_UNMAP, m->port, 0};
		return 1;
	}
	if (!due)
		return 0;
	m->patience_ms = 0;
	if (!allows(m, NAT_METHOD_UPNP)) {
		conclude(m, now);
		return 0;
	}
	m->igd = IGD_MAP;
	*s = (struct mapping_step) {MAPPING_IGD_MAP, suggested_port(m), m->want.lifetime_sec};
	return 1;
}

static void
end_lease(struct mapping *m, uint64_t now)
{
	if (m->held == 0 || m->leaving || now < m->expires_ms)
		return;
	forget(m);
	str_copy(m->reason, sizeof m->reason, "the mapping's lease has ended; asking again");
	if (m->next_ms != 0)
		round_begin(m, now);
}

static int
has_left(const struct mapping *m, uint64_t now)
{
	return m->leaving &&
	    (now >= m->leave_ms ||
		(m->ask.op == PMP_NONE && m->igd == 0 && m->held != NAT_METHOD_UPNP));
}

struct mapping_step
mapping_next(struct mapping *m, uint64_t now)
{
	struct mapping_step s = {MAPPING_WAIT, 0, 0};

	end_lease(m, now);
	if (m->next_ms != 0 && now >= m->next_ms)
		round_begin(m, now);
	if (!has_left(m, now) && (ask_again(m, now, &s) || igd_begin(m, now, &s)))
		return s;
	if (has_left(m, now))
		s.action = MAPPING_GONE;
	return s;
}

static uint64_t
earlier(uint64_t a, uint64_t b, int counts)
{
	return counts && b < a ? b : a;
}

uint64_t
mapping_wait(const struct mapping *m, uint64_t now)
{
	uint64_t at = UINT64_MAX;

	at = earlier(at, m->ask.next_ms, m->ask.op != PMP_NONE);
	at = earlier(at, m->patience_ms, m->patience_ms != 0 && m->igd == 0);
	at = earlier(at, m->next_ms, m->next_ms != 0);
	at = earlier(at, m->expires_ms, m->held != 0 && !m->leaving);
	at = earlier(at, m->leave_ms, m->leaving);
	if (at == UINT64_MAX)
		return at;
	return at > now ? at - now : 0;
}

void
mapping_report(const struct mapping *m, struct msg_natpmp_state *out)
{
	memset(out, 0, sizeof *out);
	out->state = m->state;
	out->gateway = m->want.gateway;
	str_copy(out->reason, sizeof out->reason, m->reason);
	if (m->state != NAT_UP)
		return;
	out->method = m->method;
	out->lifetime_sec = m->lifetime_sec;
	out->renew_ms = m->renew_ms;
	out->external.family = 4;
	out->external.port = m->port;
	memcpy(out->external.addr, m->address, sizeof m->address);
}
