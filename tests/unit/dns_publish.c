/* publish.c against a small zone that keeps RFC 2136's promise about prerequisites; virtual time */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "dnsupdate/client/publish.h"

#include <string.h>

#define WALL 1700000000u
#define LEASE 5400u
#define SECOND UINT64_C(1000)
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)

struct zone {
	struct publish_mark mark;
	struct msg_dns_publish records; /* wanted 0 = none */
	enum outcome says; /* OUTCOME_OK = does its work */
	int lose_answers; /* so many: does its work, but nobody hears of it */
	int64_t wall_step; /* of our clock, seconds */
	uint32_t grants; /* a lease of so long; 0 = knows no leases */
	int drops; /* it acknowledges updates and does nothing */
	uint8_t takes; /* 4 = FORMERR to the form of 8 octets, 1 = to both, 0 = to none */
	uint32_t asked; /* the last lease asked for */
	unsigned reads, writes, deletes, orders;
	uint64_t write_ms[2000];
	uint64_t now;
};

static uint32_t
no_jitter(uint32_t range)
{
	(void)range;
	return 0;
}

static uint32_t
most_jitter(uint32_t range)
{
	return range == 0 ? 0 : range - 1;
}

static uint64_t
wall(const struct zone *z)
{
	return (uint64_t)((int64_t)(WALL + z->now / 1000) + z->wall_step);
}

static int
same_mark(const struct publish_mark *a, const struct publish_mark *b)
{
	return a->count == b->count && (a->count == 0 || rdata_equal(&a->txt[0], &b->txt[0]));
}

static struct publish_mark
mark_of(uint64_t epoch, uint64_t expires)
{
	struct publish_mark m = {.epoch = epoch, .expires_sec = expires, .count = 1};
	struct host_status s = {.epoch = epoch, .expires_sec = expires, .os = "linux"};

	assert_int_equal(status_to_txt(&s, &m.txt[0]), 0);
	return m;
}

static struct publish_mark
withdrawal_mark(uint64_t epoch, uint64_t since)
{
	struct publish_mark m = {.epoch = epoch, .expires_sec = since, .count = 1};

	assert_int_equal(status_withdrawn_to_txt(epoch, since, &m.txt[0]), 0);
	return m;
}

/* Only the trace of a withdrawal stands in the zone. */
static int
is_withdrawn(const struct zone *z)
{
	struct publish_mark m = withdrawal_mark(z->mark.epoch, z->mark.expires_sec);

	return z->records.wanted == 0 && same_mark(&m, &z->mark);
}

static enum outcome
obey(struct zone *z, const struct publish_order *o, struct publish_mark *mark)
{
	*mark = o->act == PUBLISH_READ ? z->mark
	    : o->act == PUBLISH_WRITE  ? mark_of(o->epoch, o->expires_sec)
				       : withdrawal_mark(o->epoch, o->expires_sec);
	if (z->says != OUTCOME_OK)
		return z->says;
	if (o->act == PUBLISH_READ)
		return OUTCOME_OK;
	if (z->takes == 1 ? o->lease_sec != 0 : z->takes == 4 && o->key_lease)
		return OUTCOME_FAILED;
	if (z->drops)
		return OUTCOME_OK;
	z->asked = o->lease_sec;
	if (!same_mark(o->seen, &z->mark))
		return OUTCOME_CONFLICT;
	assert_true(o->epoch > z->mark.epoch);
	assert_int_equal(o->what->wanted, o->act == PUBLISH_WRITE);
	z->records = *o->what;
	z->mark = *mark;
	if (z->lose_answers > 0) {
		z->lose_answers--;
		return OUTCOME_TIMEOUT;
	}
	return OUTCOME_OK;
}

static void
count(struct zone *z, enum publish_act act)
{
	z->orders++;
	z->reads += act == PUBLISH_READ;
	z->deletes += act == PUBLISH_DELETE;
	if (act != PUBLISH_WRITE)
		return;
	assert_true(z->writes < 2000);
	z->write_ms[z->writes++] = z->now;
}

/* Let the time run until z->now is end; whatever is due is done, each order takes 10 ms. */
static void
run(struct publish *p, struct zone *z, uint64_t end)
{
	for (;;) {
		uint64_t at = publish_wake(p);
		struct publish_order o;
		struct publish_mark mark;
		enum outcome r;

		/* The worker wakes up at least once a minute. */
		if (at > z->now + MINUTE)
			at = z->now + MINUTE;
		if (at > end)
			break;
		z->now = at > z->now ? at : z->now;
		o = publish_next(p, z->now, wall(z));
		if (o.act == PUBLISH_NOTHING) {
			if (publish_wake(p) <= z->now)
				fail_msg("due at %u, but nothing to do", (unsigned)z->now);
			continue;
		}
		count(z, o.act);
		r = obey(z, &o, &mark);
		if (r == OUTCOME_OK && o.act == PUBLISH_WRITE)
			publish_granted(p, o.lease_sec != 0 ? z->grants : 0);
		z->now += 10;
		publish_result(p, r, r == OUTCOME_OK ? &mark : NULL, z->now);
	}
	z->now = end;
}

static struct msg_dns_publish
wanted(uint8_t contacts)
{
	struct msg_dns_publish w = {.hdr.type = MSG_DNS_PUBLISH,
	    .wanted = 1,
	    .nat = NAT_KIND_NATPMP,
	    .contacts = contacts,
	    .lease_sec = LEASE,
	    .ula = {0xfd, [15] = 1}};

	for (uint8_t i = 0; i < contacts; i++)
		w.contact[i] =
		    (struct endpoint) {.family = 4, .port = 4500, .addr = {11, 22, 33, i}};
	return w;
}

static void
start(struct publish *p, struct zone *z, uint64_t floor)
{
	struct msg_dns_publish w = wanted(1);

	memset(z, 0, sizeof *z);
	z->now = SECOND;
	publish_init(p, floor, no_jitter);
	assert_true(publish_wake(p) == PUBLISH_NEVER);
	publish_want(p, &w, z->now);
}

static void
test_first(void **state)
{
	struct publish p;
	struct zone z;

	(void)state;
	start(&p, &z, 0);
	assert_true(publish_wake(&p) == z.now); /* reading needs no patience */
	run(&p, &z, z.now + 200);
	assert_int_equal(z.reads, 1);
	assert_int_equal(z.writes, 1);
	assert_int_equal(z.write_ms[0], SECOND + 25);
	assert_true(publish_is_up(&p, wall(&z)));
	assert_int_equal(z.mark.epoch, 1);
	assert_int_equal(p.epoch, 1);
	assert_int_equal(z.mark.expires_sec, p.until_sec);
	assert_int_equal(p.until_sec, (z.write_ms[0] / 1000) + WALL + LEASE);
	assert_int_equal(z.records.contact[0].addr[0], 11);
}

/* The epoch goes on from the highest of what was read and what was ever written. */
static void
test_epoch(void **state)
{
	static const struct {
		uint64_t floor, zone, expect;
	} rows[] = {{0, 0, 1}, {7, 0, 8}, {7, 3, 8}, {7, 7, 8}, {3, 9, 10}};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct publish p;
		struct zone z;

		start(&p, &z, rows[i].floor);
		if (rows[i].zone != 0)
			z.mark = mark_of(rows[i].zone, WALL - 100);
		run(&p, &z, 2 * SECOND);
		assert_int_equal(z.mark.epoch, rows[i].expect);
		assert_int_equal(p.epoch, rows[i].expect);
		assert_true(publish_is_up(&p, wall(&z)));
	}
}

static void
test_refresh(void **state)
{
	struct publish p;
	struct zone z;

	(void)state;
	start(&p, &z, 0);
	run(&p, &z, 24 * HOUR);
	/* each 72 minutes */
	assert_int_equal(z.writes, 20);
	assert_int_equal(
	    z.reads, 2); /* the second makes sure that the first update was carried out */
	assert_int_equal(z.write_ms[1] - z.write_ms[0], LEASE * SECOND / 5 * 4);
	assert_true(publish_is_up(&p, wall(&z)));
	p.jitter = most_jitter;
	run(&p, &z, 48 * HOUR);
	/* 85 % at most */
	assert_in_range(
	    z.write_ms[30] - z.write_ms[29], LEASE * SECOND / 5 * 4 + 1, LEASE * SECOND / 20 * 17);
}

/* What the server grants says when to refresh and what x= says next; never more than was asked. */
static void
test_granted(void **state)
{
	static const struct {
		uint32_t grants, lease;
	} rows[] = {
	    {0, LEASE}, {LEASE, LEASE}, {1800, 1800}, {7200, LEASE}, {UINT32_MAX, LEASE}, {1, 30}};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		uint64_t due;
		struct publish p;
		struct zone z;

		start(&p, &z, 0);
		z.grants = rows[i].grants;
		run(&p, &z, z.now + 200);
		assert_int_equal(z.writes, 1);
		assert_int_equal(z.asked, LEASE);
		assert_int_equal(p.until_sec, z.write_ms[0] / 1000 + WALL + rows[i].lease);
		/* x= of the first update could not know. */
		assert_int_equal(z.mark.expires_sec, z.write_ms[0] / 1000 + WALL + LEASE);
		due = z.write_ms[0] + rows[i].lease * UINT64_C(800);
		run(&p, &z, due - 1);
		assert_int_equal(z.writes, 1);
		run(&p, &z, due);
		assert_int_equal(z.writes, 2);
		assert_int_equal(z.asked, LEASE);
		assert_int_equal(z.mark.expires_sec, due / 1000 + WALL + rows[i].lease);
		run(&p, &z, due + SECOND);
		assert_int_equal(z.writes, 2);
	}
}

/* A server that takes offence at the option: the shorter form, then none; and it stays so. */
static void
test_lease_forms(void **state)
{
	static const struct {
		uint8_t takes;
		unsigned writes;
		uint32_t asked;
	} rows[] = {{0, 1, LEASE}, {4, 2, LEASE}, {1, 3, 0}};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct publish p;
		struct zone z;

		start(&p, &z, 0);
		z.takes = rows[i].takes;
		z.grants = 3600;
		run(&p, &z, z.now + 500);
		assert_int_equal(z.writes, rows[i].writes);
		assert_true(publish_is_up(&p, wall(&z)));
		assert_int_equal(z.asked, rows[i].asked);
		assert_int_equal(p.granted_sec, rows[i].asked != 0 ? 3600 : 0);
		run(&p, &z, z.now + 2 * HOUR);
		assert_int_equal(z.writes, rows[i].writes + (rows[i].asked != 0 ? 2 : 1));
	}
}

static void
test_coalesce(void **state)
{
	struct msg_dns_publish w = wanted(2);
	struct publish p;
	struct zone z;

	(void)state;
	start(&p, &z, 0);
	run(&p, &z, HOUR);
	publish_want(&p, &w, z.now);
	assert_false(publish_is_up(&p, wall(&z)));
	run(&p, &z, z.now + 20);
	w.nat = NAT_KIND_PCP;
	publish_want(&p, &w, z.now);
	run(&p, &z, z.now + 5 * SECOND);
	assert_int_equal(z.writes, 2);
	assert_int_equal(z.records.nat, NAT_KIND_PCP);
	assert_int_equal(z.records.contacts, 2);
	assert_int_equal(z.write_ms[1], HOUR + 25);
	assert_true(publish_is_up(&p, wall(&z)));
	/* the same again, and there and back: nothing to write */
	publish_want(&p, &w, z.now);
	w.nat = NAT_KIND_UPNP;
	publish_want(&p, &w, z.now);
	w.nat = NAT_KIND_PCP;
	publish_want(&p, &w, z.now);
	run(&p, &z, z.now + MINUTE);
	assert_int_equal(z.writes, 2);
}

/* An address that changes each 100 ms for an hour, and the change that is the last one. */
static void
test_flapping(void **state)
{
	struct msg_dns_publish w = wanted(1);
	struct publish p;
	struct zone z;
	unsigned before;

	(void)state;
	start(&p, &z, 0);
	run(&p, &z, HOUR);
	for (before = z.writes; z.now < 2 * HOUR; run(&p, &z, z.now + 100)) {
		w.contact[0].port++;
		if (w.contact[0].port == 0)
			w.contact[0].port = 1;
		publish_want(&p, &w, z.now);
	}
	assert_in_range(z.writes - before, 1200, 1215);
	run(&p, &z, z.now + 3 * SECOND);
	assert_true(publish_is_up(&p, wall(&z)));
	assert_int_equal(z.records.contact[0].port, w.contact[0].port);
	run(&p, &z, z.now + MINUTE);
	w.contact[0].port = 77;
	publish_want(&p, &w, z.now);
	run(&p, &z, z.now + 25);
	assert_int_equal(z.records.contact[0].port, 77);
}

/* A machine on the road: another address each four seconds, each in two steps.  None waits. */
static void
test_moving(void **state)
{
	struct msg_dns_publish w = wanted(1);
	struct publish p;
	struct zone z;

	(void)state;
	start(&p, &z, 0);
	run(&p, &z, HOUR);
	for (unsigned i = 1; i <= 20; i++) {
		w.contact[0].port++;
		publish_want(&p, &w, z.now);
		run(&p, &z, z.now + 10);
		w.contact[0].addr[3]++;
		publish_want(&p, &w, z.now);
		run(&p, &z, z.now + 15);
		assert_memory_equal(&z.records.contact[0], &w.contact[0], sizeof w.contact[0]);
		run(&p, &z, z.now + 4 * SECOND);
	}
}

/* What is tried again when.  Each row: orders in the first minute, and in the following hour. */
static void
test_outcomes(void **state)
{
	static const struct {
		enum outcome o;
		unsigned minute, hour;
	} rows[] = {
	    {OUTCOME_TIMEOUT, 5, 60},
	    {OUTCOME_SERVFAIL, 4, 60},
	    {OUTCOME_NOTAUTH, 3, 60},
	    {OUTCOME_UNSIGNED, 3, 60},
	    {OUTCOME_BADKEY, 1, 60},
	    {OUTCOME_BADSIG, 1, 60},
	    {OUTCOME_BADTIME, 1, 60},
	    {OUTCOME_REFUSED, 1, 7},
	    {OUTCOME_NOTIMP, 1, 7},
	    {OUTCOME_FAILED, 1, 7},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct publish p;
		struct zone z;

		start(&p, &z, 0);
		z.says = rows[i].o;
		run(&p, &z, MINUTE);
		assert_int_equal(z.orders, rows[i].minute);
		assert_int_equal(publish_outcome(&p, z.now), rows[i].o);
		run(&p, &z, MINUTE + HOUR);
		assert_in_range(z.orders - rows[i].minute, rows[i].hour - 1, rows[i].hour);
		assert_false(publish_is_up(&p, wall(&z)));
		z.says = OUTCOME_OK;
		run(&p, &z, z.now + 16 * MINUTE);
		assert_true(publish_is_up(&p, wall(&z)));
		assert_int_equal(publish_outcome(&p, z.now), OUTCOME_OK);
		assert_int_equal(p.failures, 0);
	}
}

/* It says yes and does nothing: noticed, said, tried again rarely, and well at once when it does.
 */
static void
test_dropped(void **state)
{
	for (int known = 0; known < 2; known++) {
		struct publish p;
		struct zone z;

		(void)state;
		start(&p, &z, 0);
		z.drops = 1;
		if (known) /* something of an earlier life stands there */
			z.mark = mark_of(4, WALL);
		run(&p, &z, z.now + MINUTE / 2);
		assert_int_equal(publish_outcome(&p, z.now), OUTCOME_DROPPED);
		assert_false(publish_is_up(&p, wall(&z)));
		run(&p, &z, z.now + HOUR);
		assert_in_range(z.writes, 4, 12);
		assert_int_equal(publish_outcome(&p, z.now), OUTCOME_DROPPED);
		z.drops = 0;
		run(&p, &z, z.now + HOUR);
		assert_int_equal(publish_outcome(&p, z.now), OUTCOME_OK);
		assert_true(publish_is_up(&p, wall(&z)));
	}
}

/* A server away for half an hour: nothing is unpublished before x= has passed, then it is. */
static void
test_outage(void **state)
{
	struct publish p;
	struct zone z;

	(void)state;
	start(&p, &z, 0);
	run(&p, &z, 70 * MINUTE);
	z.says = OUTCOME_TIMEOUT;
	run(&p, &z, 89 * MINUTE);
	assert_true(publish_is_up(&p, wall(&z)));
	run(&p, &z, 91 * MINUTE);
	assert_false(publish_is_up(&p, wall(&z)));
	/* it is heard of again elsewhere: at once */
	z.says = OUTCOME_OK;
	publish_doubt(&p);
	run(&p, &z, z.now + SECOND);
	assert_true(publish_is_up(&p, wall(&z)));
	/* but what was refused is not asked for sooner */
	z.says = OUTCOME_REFUSED;
	publish_doubt(&p);
	run(&p, &z, z.now + SECOND);
	z.says = OUTCOME_OK;
	publish_doubt(&p);
	run(&p, &z, z.now + 50 * SECOND);
	assert_int_equal(publish_outcome(&p, z.now), OUTCOME_REFUSED);
}

/* The update was done, the answer was lost: found out by reading, without a second update. */
static void
test_lost_answer(void **state)
{
	struct msg_dns_publish w = wanted(3);
	struct publish p;
	struct zone z;
	uint64_t epoch;

	(void)state;
	start(&p, &z, 0);
	run(&p, &z, HOUR);
	epoch = z.mark.epoch;
	z.lose_answers = 1;
	publish_want(&p, &w, z.now);
	run(&p, &z, z.now + 10 * SECOND);
	assert_true(publish_is_up(&p, wall(&z)));
	assert_int_equal(z.mark.epoch, epoch + 1);
	assert_int_equal(p.epoch, z.mark.epoch);
	assert_int_equal(publish_outcome(&p, z.now), OUTCOME_OK);
	/* ... and the wanted state goes back while it is unknown: the zone must follow */
	z.lose_answers = 1;
	w = wanted(1);
	publish_want(&p, &w, z.now);
	run(&p, &z, z.now + 2 * SECOND);
	w = wanted(3);
	publish_want(&p, &w, z.now);
	run(&p, &z, z.now + 10 * SECOND);
	assert_int_equal(z.records.contacts, 3);
	assert_true(publish_is_up(&p, wall(&z)));
}

/* A repeated datagram: the first copy was done, the second one's CONFLICT is what we hear. */
static void
test_echo(void **state)
{
	struct publish_order o;
	struct publish_mark mark;
	struct publish p;
	struct zone z;

	(void)state;
	start(&p, &z, 0);
	z.mark = mark_of(4, WALL);
	run(&p, &z, SECOND + 15);
	z.now = SECOND + 25;
	o = publish_next(&p, z.now, wall(&z));
	assert_int_equal(o.act, PUBLISH_WRITE);
	assert_int_equal(obey(&z, &o, &mark), OUTCOME_OK);
	publish_result(&p, OUTCOME_CONFLICT, NULL, z.now);
	run(&p, &z, z.now + SECOND);
	assert_int_equal(z.reads, 2);
	assert_int_equal(z.writes, 0);
	assert_true(publish_is_up(&p, wall(&z)));
	assert_int_equal(p.epoch, 5);
}

/* Somebody else moves the epoch each time just before we write: give way, say so, go on. */
static void
test_conflict(void **state)
{
	struct publish p;
	struct zone z;

	(void)state;
	start(&p, &z, 0);
	run(&p, &z, HOUR);
	z.says = OUTCOME_CONFLICT;
	publish_want(&p,
	    &(struct msg_dns_publish) {
		.hdr.type = MSG_DNS_PUBLISH, .wanted = 1, .lease_sec = LEASE},
	    z.now);
	run(&p, &z, z.now + HOUR);
	assert_int_equal(publish_outcome(&p, z.now), OUTCOME_CONFLICT);
	assert_in_range(z.orders, 60, 150);
	z.says = OUTCOME_OK;
	z.mark = mark_of(900, WALL);
	run(&p, &z, z.now + 2 * MINUTE);
	assert_int_equal(z.mark.epoch, 901);
	assert_true(publish_is_up(&p, wall(&z)));
	assert_int_equal(publish_outcome(&p, z.now), OUTCOME_OK);
}

/* The zone was restored from a backup, or a cloned machine wrote its own. */
static void
test_doubt(void **state)
{
	struct publish p;
	struct zone z;

	(void)state;
	start(&p, &z, 0);
	run(&p, &z, MINUTE);
	publish_doubt(&p);
	run(&p, &z, 2 * MINUTE);
	assert_int_equal(z.writes, 1);
	assert_int_equal(z.reads, 3);
	z.mark = (struct publish_mark) {0};
	z.records.wanted = 0;
	publish_doubt(&p);
	run(&p, &z, 3 * MINUTE);
	assert_int_equal(z.writes, 2);
	assert_true(publish_is_up(&p, wall(&z)));
	assert_int_equal(z.mark.epoch, 2);
	assert_int_equal(publish_outcome(&p, z.now), OUTCOME_OK);
	/* again and again: it is told, and calms down */
	for (int i = 0; i < 5; i++) {
		z.mark = mark_of(z.mark.epoch + 1, WALL);
		publish_doubt(&p);
		run(&p, &z, z.now + 2 * MINUTE);
	}
	assert_int_equal(publish_outcome(&p, z.now), OUTCOME_CONFLICT);
	assert_true(publish_is_up(&p, wall(&z)));
	run(&p, &z, z.now + 11 * MINUTE);
	assert_int_equal(publish_outcome(&p, z.now), OUTCOME_OK);
}

static void
test_withdraw(void **state)
{
	struct msg_dns_publish w = wanted(1);
	struct publish p;
	struct zone z;

	(void)state;
	start(&p, &z, 5);
	run(&p, &z, MINUTE);
	w.wanted = 0;
	publish_want(&p, &w, z.now);
	assert_false(p.withdrawn);
	run(&p, &z, z.now + SECOND);
	assert_int_equal(z.deletes, 1);
	assert_true(is_withdrawn(&z));
	assert_int_equal(z.mark.epoch, 7);
	assert_in_range(z.mark.expires_sec, wall(&z) - 1, wall(&z));
	assert_true(p.withdrawn);
	assert_false(publish_is_up(&p, wall(&z)));
	/* it stands: neither time nor doubt brings anything on */
	run(&p, &z, z.now + 5 * HOUR);
	publish_doubt(&p);
	run(&p, &z, z.now + 5 * HOUR);
	assert_int_equal(z.orders, 4);
	assert_true(p.withdrawn);
	/* wanted once more: the epoch has not been forgotten */
	w.wanted = 1;
	publish_want(&p, &w, z.now);
	run(&p, &z, z.now + MINUTE);
	assert_int_equal(z.mark.epoch, 8);
	assert_true(publish_is_up(&p, wall(&z)));
}

/* The first update of all demands that there be no TXT.  Whatever else happens, it must not be
 * taken a second time: not after a withdrawal, not when it was held up until after one. */
static void
test_replay(void **state)
{
	struct publish_order first;
	struct publish_mark none = {0}, mark;
	struct publish p;
	struct zone z;

	(void)state;
	for (int held = 0; held < 2; held++) {
		start(&p, &z, 0);
		run(&p, &z, SECOND + 15);
		z.now = SECOND + 25;
		first = publish_next(&p, z.now, wall(&z));
		assert_int_equal(first.act, PUBLISH_WRITE);
		assert_int_equal(first.seen->count, 0);
		first.seen = &none;
		if (!held)
			assert_int_equal(obey(&z, &first, &mark), OUTCOME_OK);
		publish_result(&p, held ? OUTCOME_TIMEOUT : OUTCOME_OK, held ? NULL : &mark, z.now);
		publish_quit(&p, z.now);
		run(&p, &z, z.now + 50);
		assert_true(publish_may_leave(&p));
		assert_true(is_withdrawn(&z));
		assert_int_equal(z.mark.epoch, 2);
		assert_int_equal(obey(&z, &first, &mark), OUTCOME_CONFLICT);
	}
}

/* A withdrawal whose answer was lost is found to be done. */
static void
test_withdraw_lost_answer(void **state)
{
	struct msg_dns_publish w = wanted(1);
	struct publish p;
	struct zone z;

	(void)state;
	start(&p, &z, 0);
	run(&p, &z, MINUTE);
	z.lose_answers = 1;
	w.wanted = 0;
	publish_want(&p, &w, z.now);
	run(&p, &z, 2 * MINUTE);
	assert_true(is_withdrawn(&z));
	assert_true(p.withdrawn);
	assert_int_equal(z.deletes, 1);
}

/* Records of an earlier run that crashed are withdrawn; where there are none, nothing is sent. */
static void
test_withdraw_at_start(void **state)
{
	struct msg_dns_publish w = wanted(1);
	struct publish p;
	struct zone z = {.mark = mark_of(8, WALL), .now = SECOND};

	(void)state;
	w.wanted = 0;
	publish_init(&p, 0, no_jitter);
	publish_want(&p, &w, z.now);
	run(&p, &z, MINUTE);
	assert_true(is_withdrawn(&z));
	assert_true(p.withdrawn);
	publish_init(&p, 0, no_jitter);
	publish_want(&p, &w, z.now);
	run(&p, &z, 2 * MINUTE);
	assert_int_equal(z.deletes, 1);
	assert_true(p.withdrawn);
	/* an update above that epoch was tried by an earlier run: it may still be on its way */
	publish_init(&p, 10, no_jitter);
	publish_want(&p, &w, z.now);
	run(&p, &z, 3 * MINUTE);
	assert_int_equal(z.deletes, 2);
	assert_int_equal(z.mark.epoch, 11);
	/* never was anything */
	z.mark = (struct publish_mark) {0};
	publish_init(&p, 0, no_jitter);
	publish_want(&p, &w, z.now);
	run(&p, &z, 4 * MINUTE);
	assert_int_equal(z.deletes, 2);
	assert_true(p.withdrawn);
}

static void
test_quit(void **state)
{
	struct publish p;
	struct zone z;

	(void)state;
	/* nothing was ever wanted: nothing to do */
	publish_init(&p, 0, no_jitter);
	publish_quit(&p, 5);
	assert_true(publish_may_leave(&p));
	/* in the middle of a long pause: at once */
	start(&p, &z, 0);
	run(&p, &z, HOUR);
	z.says = OUTCOME_REFUSED;
	publish_doubt(&p);
	run(&p, &z, z.now + SECOND);
	z.says = OUTCOME_OK;
	publish_quit(&p, z.now);
	assert_false(publish_may_leave(&p));
	run(&p, &z, z.now + 50);
	assert_true(publish_may_leave(&p));
	assert_int_equal(z.records.wanted, 0);
	assert_true(p.withdrawn);
	assert_true(publish_wake(&p) == PUBLISH_NEVER);
}

/* While an update is out: its answer first, then the withdrawal. */
static void
test_quit_busy(void **state)
{
	struct publish_order o;
	struct publish_mark mark;
	struct publish p;
	struct zone z;

	(void)state;
	start(&p, &z, 0);
	run(&p, &z, SECOND + 15);
	z.now = SECOND + 25;
	o = publish_next(&p, z.now, wall(&z));
	publish_quit(&p, z.now);
	assert_false(publish_may_leave(&p));
	assert_true(publish_wake(&p) == PUBLISH_NEVER);
	assert_int_equal(publish_next(&p, z.now, wall(&z)).act, PUBLISH_NOTHING);
	assert_int_equal(obey(&z, &o, &mark), OUTCOME_OK);
	publish_result(&p, OUTCOME_OK, &mark, z.now);
	run(&p, &z, z.now + 50);
	assert_true(publish_may_leave(&p));
	assert_true(is_withdrawn(&z));
}

/* The clock was hours wrong when we wrote x=, and is put right. */
static void
test_clock_step(void **state)
{
	static const int64_t steps[] = {2 * 3600, -2 * 3600, 5000};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct publish p;
		struct zone z;

		start(&p, &z, 0);
		run(&p, &z, 5 * MINUTE);
		z.wall_step = steps[i];
		run(&p, &z, 7 * MINUTE);
		assert_int_equal(z.writes, 2);
		assert_in_range(p.until_sec - wall(&z), LEASE - 121, LEASE);
		run(&p, &z, 60 * MINUTE);
		assert_int_equal(z.writes, 2);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_first),
	    cmocka_unit_test(test_epoch),
	    cmocka_unit_test(test_refresh),
	    cmocka_unit_test(test_granted),
	    cmocka_unit_test(test_lease_forms),
	    cmocka_unit_test(test_coalesce),
	    cmocka_unit_test(test_flapping),
	    cmocka_unit_test(test_moving),
	    cmocka_unit_test(test_dropped),
	    cmocka_unit_test(test_outcomes),
	    cmocka_unit_test(test_outage),
	    cmocka_unit_test(test_lost_answer),
	    cmocka_unit_test(test_echo),
	    cmocka_unit_test(test_conflict),
	    cmocka_unit_test(test_doubt),
	    cmocka_unit_test(test_withdraw),
	    cmocka_unit_test(test_replay),
	    cmocka_unit_test(test_withdraw_lost_answer),
	    cmocka_unit_test(test_withdraw_at_start),
	    cmocka_unit_test(test_quit),
	    cmocka_unit_test(test_quit_busy),
	    cmocka_unit_test(test_clock_step),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
