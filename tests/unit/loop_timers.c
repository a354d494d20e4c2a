/* The order of timers, and sleep, in virtual time. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "loop/slept.h"
#include "loop/timers.h"

#define MANY 500

static struct timers timers;
static struct timers_entry many[MANY];

static int
set_up(void **state)
{
	timers = (struct timers) {0};
	for (int i = 0; i < MANY; i++)
		many[i] = (struct timers_entry) {0};
	return 0;
}

static int
tear_down(void **state)
{
	timers_clear(&timers);
	return 0;
}

/* Numbers that look random and are the same each time. */
static uint32_t
next(uint32_t *x)
{
	*x = *x * 1664525u + 1013904223u;
	return *x >> 8;
}

/* The earliest that is set, the long way. */
static struct timers_entry *
earliest(void)
{
	struct timers_entry *best = NULL;

	for (int i = 0; i < MANY; i++)
		if (many[i].place != 0 &&
		    (best == NULL || many[i].at_ms < best->at_ms ||
			(many[i].at_ms == best->at_ms && many[i].order < best->order)))
			best = &many[i];
	return best;
}

static void
always_the_earliest(void **state)
{
	uint32_t x = 1;

	for (int turn = 0; turn < 20000; turn++) {
		struct timers_entry *e = &many[next(&x) % MANY], *best;

		if (next(&x) % 3 == 0)
			timers_stop(&timers, e);
		else
			assert_int_equal(timers_set(&timers, e, next(&x) % 300), 0);
		best = earliest();
		assert_int_equal(timers_first(&timers), best == NULL ? TIMERS_NEVER : best->at_ms);
		if (next(&x) % 4 == 0 && best != NULL)
			assert_ptr_equal(timers_take(&timers, 300, timers_mark(&timers)), best);
	}
	while (earliest() != NULL) {
		struct timers_entry *best = earliest();

		assert_ptr_equal(timers_take(&timers, 300, timers_mark(&timers)), best);
	}
	assert_null(timers_take(&timers, TIMERS_NEVER, timers_mark(&timers)));
}

static void
none_before_its_time(void **state)
{
	timers_set(&timers, &many[0], 100);
	assert_null(timers_take(&timers, 99, timers_mark(&timers)));
	assert_ptr_equal(timers_take(&timers, 100, timers_mark(&timers)), &many[0]);
	assert_int_equal(timers_first(&timers), TIMERS_NEVER);
}

/* Who sets himself again to "now" waits for the next round. */
static void
a_round_ends(void **state)
{
	uint64_t mark;

	timers_set(&timers, &many[0], 5);
	timers_set(&timers, &many[1], 5);
	mark = timers_mark(&timers);
	assert_ptr_equal(timers_take(&timers, 5, mark), &many[0]);
	timers_set(&timers, &many[0], 5);
	assert_ptr_equal(timers_take(&timers, 5, mark), &many[1]);
	assert_null(timers_take(&timers, 5, mark));
	assert_ptr_equal(timers_take(&timers, 5, timers_mark(&timers)), &many[0]);
}

static void
sleep_is_the_distance(void **state)
{
	struct slept s;

	slept_init(&s, 1000, 1000);
	assert_int_equal(slept_look(&s, 60000, 60000, 60000), 0);
	assert_int_equal(slept_look(&s, 3660000, 60001, 3660000), 3599999);
	assert_int_equal(slept_look(&s, 3661000, 61001, 3661000), 0);
	/* Too short to matter, but not forgotten. */
	assert_int_equal(slept_look(&s, 3661300, 61001, 3661300), 0);
	assert_int_equal(slept_look(&s, 3661600, 61001, 3661600), 600);
}

/* A loaded machine stops us for ten seconds between two readings. */
static void
waiting_is_no_sleep(void **state)
{
	struct slept s;

	slept_init(&s, 11000, 21000);
	assert_int_equal(slept_look(&s, 30000, 40000, 40000), 0);
	assert_int_equal(slept_look(&s, 41000, 41000, 41000), 0);
	assert_int_equal(slept_look(&s, 42000, 42000, 52000), 0);
	assert_int_equal(slept_look(&s, 53000, 53000, 53000), 0);
	assert_int_equal(slept_look(&s, 60000, 54000, 60000), 6000);
}

/* In a time namespace the distance may be negative. */
static void
a_negative_distance(void **state)
{
	struct slept s;

	slept_init(&s, 900000, 1000);
	assert_int_equal(slept_look(&s, 2000, 901000, 2000), 0);
	assert_int_equal(slept_look(&s, 12000, 902000, 12000), 9000);
	assert_int_equal(slept_look(&s, 1002000, 903000, 1002000), 989000);
}

int
main(void)
{
#define TIMERS_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	    TIMERS_TEST(always_the_earliest),
	    TIMERS_TEST(none_before_its_time),
	    TIMERS_TEST(a_round_ends),
	    cmocka_unit_test(sleep_is_the_distance),
	    cmocka_unit_test(waiting_is_no_sleep),
	    cmocka_unit_test(a_negative_distance),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
