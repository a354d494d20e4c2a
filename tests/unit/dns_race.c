/* The race to connect and the waits between connections, in virtual time. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "dnsupdate/client/backoff.h"
#include "dnsupdate/client/race.h"

static uint32_t
no_jitter(uint32_t range)
{
	(void)range;
	return 0;
}

/* Start what is due; how many started, the last one's candidate in *candidate. */
static unsigned
start_due(struct race *r, uint64_t now, unsigned *candidate)
{
	unsigned n = 0;

	while (race_next(r, now, candidate) != -1)
		n++;
	return n;
}

/* A new candidate each quarter of a second, in order. */
static void
test_stagger(void **state)
{
	unsigned candidate = 99;
	struct race r;

	race_begin(&r, 3, 1000);
	for (unsigned i = 0; i < 3; i++) {
		uint64_t at = 1000 + i * RACE_STAGGER_MS;

		assert_int_equal(race_wake(&r), at);
		assert_int_equal(start_due(&r, at - (i > 0), &candidate), i > 0 ? 0 : 1);
		if (i > 0)
			assert_int_equal(start_due(&r, at, &candidate), 1);
		assert_int_equal(candidate, i);
		assert_false(race_lost(&r, at));
	}
	/* then around again, slower */
	assert_int_equal(race_wake(&r), 1000 + 2 * RACE_STAGGER_MS + RACE_ROUND_MS);
}

/* Who falls makes room for the next one at once. */
static void
test_fall(void **state)
{
	unsigned candidate;
	struct race r;
	int first;

	race_begin(&r, 2, 1000);
	first = race_next(&r, 1000, &candidate);
	assert_int_equal(candidate, 0);
	race_fell(&r, (unsigned)first, 1, 1003);
	assert_int_equal(race_wake(&r), 1003);
	assert_int_equal(start_due(&r, 1003, &candidate), 1);
	assert_int_equal(candidate, 1);
	assert_false(race_lost(&r, 1003));
}

/* All refused: lost at once, not after ten seconds. */
static void
test_all_hopeless(void **state)
{
	unsigned candidate;
	struct race r;

	race_begin(&r, 2, 0);
	race_fell(&r, (unsigned)race_next(&r, 0, &candidate), 1, 1);
	assert_false(race_lost(&r, 1));
	race_fell(&r, (unsigned)race_next(&r, 1, &candidate), 1, 2);
	assert_true(race_lost(&r, 2));
	assert_int_equal(race_next(&r, 2, &candidate), -1);
}

/* One silent address: begun again soon, then each second, never more at once than runners. */
static void
test_single(void **state)
{
	unsigned candidate, started = 0;
	struct race r;
	uint64_t now;

	race_begin(&r, 1, 0);
	for (now = 0; !race_lost(&r, now); now = race_wake(&r)) {
		assert_true(now <= RACE_TIME_MS);
		started += start_due(&r, now, &candidate);
		if (now == RACE_STAGGER_MS)
			assert_int_equal(started, 2);
	}
	assert_int_equal(now, RACE_TIME_MS);
	assert_int_equal(started, RACE_RUNNERS_MAX);
}

/* Cut off after connecting, again and again: not hammered. */
static void
test_cut_off(void **state)
{
	unsigned candidate, started = 0;
	struct race r;

	race_begin(&r, 1, 0);
	for (uint64_t now = 0; !race_lost(&r, now); now = race_wake(&r)) {
		int runner = race_next(&r, now, &candidate);

		if (runner == -1)
			continue;
		started++;
		race_fell(&r, (unsigned)runner, 0, now + 1);
	}
	assert_in_range(started, 8, 12);
}

static void
test_nobody(void **state)
{
	unsigned candidate;
	struct race r;

	race_begin(&r, 0, 5);
	assert_int_equal(race_next(&r, 5, &candidate), -1);
	assert_true(race_lost(&r, 5));
}

static void
test_backoff(void **state)
{
	static const struct {
		unsigned times;
		uint64_t wait_ms;
	} rows[] = {{1, 0}, {1, 1000}, {1, 2000}, {298, 3000}, {1, 6000}, {1, 12000}, {1, 24000},
	    {1, 48000}, {20, 60000}};
	struct backoff b = {0};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		for (unsigned n = 0; n < rows[i].times; n++) {
			backoff_down(&b, 5000, no_jitter);
			assert_int_equal(b.at_ms, 5000 + rows[i].wait_ms);
		}
	}
	/* A connection that ends at once is no success; one that lasted is. */
	backoff_up(&b, 100000);
	backoff_down(&b, 100000 + BACKOFF_GOOD_MS - 1, no_jitter);
	assert_int_equal(b.at_ms, 100000 + BACKOFF_GOOD_MS - 1 + 60000);
	backoff_up(&b, 200000);
	backoff_down(&b, 200000 + BACKOFF_GOOD_MS, no_jitter);
	assert_int_equal(b.at_ms, 200000 + BACKOFF_GOOD_MS);
	backoff_down(&b, 300000, no_jitter);
	assert_int_equal(b.at_ms, 301000);
	/* So is one that was of use, however short. */
	backoff_up(&b, 400000);
	backoff_good(&b);
	backoff_down(&b, 400001, no_jitter);
	assert_int_equal(b.at_ms, 400001);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_stagger),
	    cmocka_unit_test(test_fall),
	    cmocka_unit_test(test_all_hopeless),
	    cmocka_unit_test(test_single),
	    cmocka_unit_test(test_cut_off),
	    cmocka_unit_test(test_nobody),
	    cmocka_unit_test(test_backoff),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
