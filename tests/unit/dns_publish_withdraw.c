/* publish.c when the records are to go, and when somebody brings them back. */
#include "dns_publish_bed.h"

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

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_withdraw),
	    cmocka_unit_test(test_replay),
	    cmocka_unit_test(test_withdraw_lost_answer),
	    cmocka_unit_test(test_withdraw_at_start),
	    cmocka_unit_test(test_quit),
	    cmocka_unit_test(test_quit_busy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
