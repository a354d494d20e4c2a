/* publish.c against a small zone that keeps RFC 2136's promise about prerequisites; virtual time */
#include "dns_publish_bed.h"

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
	    cmocka_unit_test(test_clock_step),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
