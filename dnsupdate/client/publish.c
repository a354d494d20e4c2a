/*
 * Our own records.
 *
 * Every update carries an epoch, e=N in our TXT record, and requires that the zone still holds the
 * TXT record we saw last.  So an update that somebody recorded and sends again fails (NXRRSET)
 * instead of bringing back an old address, and two writers of one name notice each other.  The
 * machine therefore first reads (PUBLISH_READ) and then writes above max(read, ever written).
 * After a write it knows what stands there and need not read again, until an update fails.  A lost
 * answer, and OUTCOME_CONFLICT after a repeated datagram, do not mean that nothing was done: if
 * the record then read is the one we tried to write, it counts as written.  Each try has an epoch
 * of its own, so that the record tells which try it was.
 *
 * Withdrawing is such an update too: it takes all away but a TXT record with the next epoch.  Were
 * that gone as well, the prerequisite of our very first update ("there is none") would hold again,
 * and whoever recorded it could bring our old records back.
 *
 * What is wanted and what stands in the zone are two copies of the same struct; the machine has
 * something to do exactly when they differ or the lease (x=) runs low.  When it may do it:
 *
 *   change       25 ms after it: the manager waits for the best path's mapping, and what the other
 *                paths' routers say meanwhile goes out in the same update
 *   flapping     ten changes are written at once, then one each three seconds
 *   refresh      at 80..85 % of the lease (RFC 9664 section 5.2), or when the wall clock jumped
 *   failure      by a table: what a second try may cure soon, what needs a person later
 *   doubt        each time the zone has changed, one look whether our records still stand; a
 *                server restored from a backup would else lose us until the next refresh
 *   reading      our first update back, ten seconds after it unless a doubt has led there before: a
 *                server may accept an update and drop it (PowerDNS by its policies, a proxy)
 *   quitting     at once; the worker bounds it to two seconds
 *
 * The lease (RFC 9664) is asked for in its form of 8 octets, by a server that takes offence
 * (FORMERR) in that of 4 and then not at all.  What a server grants counts for when to refresh and,
 * from the next update on, for x=; but a longer one than asked for does not: readers go by x=.  A
 * server that says nothing of leases forgets nothing by itself, and x= alone tells readers that we
 * are gone.
 *
 * A failed refresh does not unpublish anything: our records stand until x= has passed.
 */
#include "dnsupdate/client/publish.h"

#include <string.h>

#define COALESCE_MS 25
#define CONFLICTS_MAX 3
#define THEFTS_MAX 3
#define THEFT_MEMORY_MS 600000
/* x= farther away than the lease by this much: our clock was wrong when we wrote it. */
#define CLOCK_SLACK_SEC 120
#define VERIFY_MS 10000

/* A server that grants less would have us do nothing but refresh (RFC 9664 section 8). */
#define GRANT_MIN_SEC 30

struct pause {
	uint32_t first_ms, max_ms;
};

static const struct pause pauses[OUTCOME_MAX] = {
    [OUTCOME_CONFLICT] = {5000, 60000},
    [OUTCOME_TIMEOUT] = {2000, 60000},
    [OUTCOME_UNSIGNED] = {10000, 60000},
    [OUTCOME_BADKEY] = {60000, 60000},
    [OUTCOME_BADSIG] = {60000, 60000},
    [OUTCOME_BADTIME] = {60000, 60000},
    [OUTCOME_REFUSED] = {60000, 900000},
    [OUTCOME_NOTAUTH] = {10000, 60000},
    [OUTCOME_SERVFAIL] = {5000, 60000},
    [OUTCOME_NOTIMP] = {60000, 900000},
    [OUTCOME_DROPPED] = {60000, 900000},
    [OUTCOME_FAILED] = {60000, 900000},
};

void
publish_init(struct publish *p, uint64_t floor, uint32_t (*jitter)(uint32_t range))
{
	memset(p, 0, sizeof *p);
	p->epoch = floor;
	p->lease_form = 8;
	p->jitter = jitter;
}

static int
same_records(const struct msg_dns_publish *a, const struct msg_dns_publish *b)
{
	return a->wanted == b->wanted && a->nat == b->nat && a->inbound == b->inbound &&
	    a->contacts == b->contacts && a->lease_sec == b->lease_sec &&
	    memcmp(a->ula, b->ula, sizeof a->ula) == 0 &&
	    memcmp(a->contact, b->contact, sizeof a->contact) == 0;
}

void
publish_doubt(struct publish *p)
{
	p->seen_known = 0;
	if (p->last == OUTCOME_TIMEOUT)
		p->retry_ms = 0;
}

void
publish_quit(struct publish *p, uint64_t now)
{
	p->quitting = 1;
	p->retry_ms = 0;
	p->change_ms = now;
}

static int
wants_delete(const struct publish *p)
{
	return p->want.hdr.type != 0 && !p->withdrawn && (p->quitting || !p->want.wanted);
}

static int
wants_write(const struct publish *p)
{
	if (p->want.hdr.type == 0 || p->quitting || !p->want.wanted)
		return 0;
	return p->until_sec == 0 || !same_records(&p->want, &p->done);
}

void
publish_want(struct publish *p, const struct msg_dns_publish *want, uint64_t now)
{
	int waiting = wants_write(p) || wants_delete(p);

	if (p->want.hdr.type != 0 && same_records(&p->want, want))
		return;
	p->want = *want;
	p->withdrawn = 0;
	if (!waiting)
		p->change_ms = now;
}

int
publish_may_leave(const struct publish *p)
{
	return p->order.act == PUBLISH_NOTHING && !wants_delete(p);
}

static uint64_t
later(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* Reading is free to go ahead; writing waits for the rest of the change.  Deleting is never held
 * down: nothing follows it. */
static uint64_t
change_due(const struct publish *p)
{
	uint64_t at = later(p->change_ms, p->retry_ms);

	if (p->quitting || !p->seen_known)
		return at;
	at = later(at, p->change_ms + COALESCE_MS);
	return wants_delete(p) ? at : later(at, gate_ready(&p->gate, &gate_writes, 1));
}

uint64_t
publish_wake(const struct publish *p)
{
	if (p->order.act != PUBLISH_NOTHING)
		return PUBLISH_NEVER;
	if (wants_delete(p) || wants_write(p))
		return change_due(p);
	if (p->quitting || p->until_sec == 0)
		return PUBLISH_NEVER;
	if (!p->seen_known)
		return p->retry_ms;
	if (p->verify_ms != 0 && p->verify_ms < p->refresh_ms)
		return later(p->verify_ms, p->retry_ms);
	return later(p->refresh_ms, p->retry_ms);
}

/* The wall clock was stepped: what we wrote as x= ends too soon or too late. */
static int
clock_jumped(const struct publish *p, uint64_t wall)
{
	uint64_t lease = p->lease_sec;

	return p->until_sec != 0 &&
	    (wall + lease / 10 >= p->until_sec || p->until_sec > wall + lease + CLOCK_SLACK_SEC);
}

/* As long as we like, but not longer than the server lets us. */
static uint32_t
granted_of(const struct publish *p, uint32_t wanted)
{
	uint32_t granted = p->granted_sec < GRANT_MIN_SEC ? GRANT_MIN_SEC : p->granted_sec;

	return p->granted_sec != 0 && granted < wanted ? granted : wanted;
}

static struct publish_order
give(struct publish *p, enum publish_act act, uint64_t now, uint64_t wall)
{
	int write = act == PUBLISH_WRITE;

	p->order = (struct publish_order) {.act = act, .seen = &p->seen, .what = &p->trying};
	if (act == PUBLISH_READ)
		return p->order;
	p->before = p->seen;
	if (write) {
		gate_count(&p->gate, &gate_writes, now);
		p->sent_ms = now;
	}
	p->trying = p->want;
	p->trying.wanted = (uint8_t)write;
	p->order.epoch = p->tried_epoch = ++p->epoch;
	p->order.expires_sec = p->tried_sec = wall;
	if (!write)
		return p->order;
	p->tried_lease_sec = granted_of(p, p->want.lease_sec);
	p->order.expires_sec = p->tried_sec = wall + p->tried_lease_sec;
	p->order.lease_sec = p->lease_form != 0 ? p->want.lease_sec : 0;
	p->order.key_lease = p->lease_form == 8;
	return p->order;
}

struct publish_order
publish_next(struct publish *p, uint64_t now, uint64_t wall)
{
	static const struct publish_order nothing;
	int jumped = p->want.wanted && !p->quitting && clock_jumped(p, wall) && now >= p->retry_ms;

	if (p->order.act != PUBLISH_NOTHING || (now < publish_wake(p) && !jumped))
		return nothing;
	if (!p->seen_known || (p->verify_ms != 0 && now >= p->verify_ms))
		return give(p, PUBLISH_READ, now, wall);
	return give(p, wants_delete(p) ? PUBLISH_DELETE : PUBLISH_WRITE, now, wall);
}

/* What we tried to write stands in the zone, as *mark. */
static void
written(struct publish *p, const struct publish_mark *mark)
{
	uint64_t lease_ms;

	p->seen = *mark;
	p->done = p->trying;
	if (!p->trying.wanted) {
		p->until_sec = 0;
		p->withdrawn |= wants_delete(p);
		return;
	}
	p->lease_sec = granted_of(p, p->tried_lease_sec);
	p->until_sec = p->tried_sec - p->tried_lease_sec + p->lease_sec;
	lease_ms = UINT64_C(1000) * p->lease_sec;
	p->refresh_ms = p->sent_ms + lease_ms / 5 * 4 + p->jitter((uint32_t)(lease_ms / 20));
}

static void
stolen(struct publish *p, uint64_t now)
{
	if (now - p->theft_ms > THEFT_MEMORY_MS)
		p->thefts = 0;
	p->thefts++;
	p->theft_ms = now;
}

static int
same_mark(const struct publish_mark *a, const struct publish_mark *b)
{
	if (a->count != b->count)
		return 0;
	for (unsigned i = 0; i < a->count; i++)
		if (!rdata_equal(&a->txt[i], &b->txt[i]))
			return 0;
	return 1;
}

static int
is_tried(const struct publish *p, const struct publish_mark *mark)
{
	return p->tried_epoch != 0 && mark->count != 0 && mark->epoch == p->tried_epoch &&
	    mark->expires_sec == p->tried_sec;
}

/* Nothing of ours stands in the zone, nor can an update that we sent before still bring it back. */
static int
is_clean(const struct publish *p, const struct publish_mark *mark)
{
	struct rdata rd;

	if (mark->epoch != p->epoch || mark->count > 1)
		return 0;
	return mark->count == 0 ||
	    (status_withdrawn_to_txt(mark->epoch, mark->expires_sec, &rd) == 0 &&
		rdata_equal(&rd, &mark->txt[0]));
}

/* first, twice that, ... max; up to a tenth more, so that many machines do not come together. */
static uint64_t
back_off(struct publish *p, enum outcome o, unsigned n)
{
	uint64_t wait = (uint64_t)pauses[o].first_ms << (n > 16 ? 16 : n);

	wait = wait > pauses[o].max_ms ? pauses[o].max_ms : wait;
	return wait + p->jitter((uint32_t)wait / 10);
}

/* All is as it was before the update that was acknowledged. */
static int
is_dropped(const struct publish *p, const struct publish_mark *mark)
{
	return p->until_sec != 0 && !p->verified && same_mark(mark, &p->before);
}

static void
have_read(struct publish *p, const struct publish_mark *mark, uint64_t now)
{
	p->seen_known = 1;
	p->verify_ms = 0;
	if (is_tried(p, mark)) {
		written(p, mark);
		p->verified = 1;
		p->drops = 0;
	} else if (!same_mark(mark, &p->seen)) {
		if (is_dropped(p, mark))
			p->retry_ms = now + back_off(p, OUTCOME_DROPPED, p->drops++);
		else if (p->until_sec != 0)
			stolen(p, now);
		p->seen = *mark;
		p->until_sec = 0;
		p->epoch = mark->epoch > p->epoch ? mark->epoch : p->epoch;
	}
	if (wants_delete(p) && is_clean(p, mark))
		p->withdrawn = 1;
}

static void
good(struct publish *p, enum publish_act act, const struct publish_mark *mark, uint64_t now)
{
	p->failures = 0;
	p->retry_ms = 0;
	if (act == PUBLISH_READ) {
		have_read(p, mark, now);
		return;
	}
	p->conflicts = 0;
	written(p, mark);
	if (act == PUBLISH_WRITE && !p->verified)
		p->verify_ms = now + VERIFY_MS;
}

static void
conflict(struct publish *p, uint64_t now)
{
	p->seen_known = 0;
	p->conflicts++;
	if (p->conflicts > CONFLICTS_MAX)
		p->retry_ms = now + back_off(p, OUTCOME_CONFLICT, p->conflicts - CONFLICTS_MAX - 1);
}

void
publish_granted(struct publish *p, uint32_t sec)
{
	p->granted_sec = sec;
}

/* "Anything else" may be the lease option's fault: once more without it, or with less of it. */
static int
may_be_lease(struct publish *p, enum publish_act act, enum outcome o)
{
	if (o != OUTCOME_FAILED || act != PUBLISH_WRITE || p->lease_form == 0)
		return 0;
	p->lease_form = p->lease_form == 8 ? 4 : 0;
	return 1;
}

void
publish_result(struct publish *p, enum outcome o, const struct publish_mark *mark, uint64_t now)
{
	enum publish_act act = p->order.act;

	p->order.act = PUBLISH_NOTHING;
	p->last = o;
	if (o == OUTCOME_OK) {
		good(p, act, mark, now);
	} else if (o == OUTCOME_CONFLICT) {
		conflict(p, now);
	} else if (may_be_lease(p, act, o)) {
		p->seen_known = 0;
	} else {
		/* It may have been done all the same. */
		p->seen_known &= act == PUBLISH_READ;
		p->retry_ms = now + back_off(p, o, p->failures++);
	}
}

enum outcome
publish_outcome(const struct publish *p, uint64_t now)
{
	if (p->thefts >= THEFTS_MAX && now - p->theft_ms < THEFT_MEMORY_MS)
		return OUTCOME_CONFLICT;
	if (p->drops > 0 && p->last == OUTCOME_OK)
		return OUTCOME_DROPPED;
	/* The first conflicts are the echo of our own repeated update. */
	return p->last == OUTCOME_CONFLICT && p->conflicts <= CONFLICTS_MAX ? OUTCOME_OK : p->last;
}

int
publish_is_up(const struct publish *p, uint64_t wall)
{
	return p->want.wanted && p->until_sec > wall && same_records(&p->want, &p->done);
}
