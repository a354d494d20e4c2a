/* Is our traffic answered?  In virtual time: counted each half second. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "ipsec/alive.h"

#define STEP_MS 500

/* Count `steps` times; each time so many more packets have come and gone.  How often was there a
 * doubt? */
static unsigned
run(struct alive *a, unsigned steps, unsigned in, unsigned out, int answers)
{
	static uint64_t now = 1000;
	unsigned doubts = 0;

	for (unsigned i = 0; i < steps; i++) {
		now += STEP_MS;
		if (alive_count(a, a->in + in, a->out + out, now) != ALIVE_DOUBT)
			continue;
		doubts++;
		if (answers)
			alive_heard(a);
	}
	return doubts;
}

static void
test_both_ways(void **state)
{
	struct alive a = {0};

	(void)state;
	assert_int_equal(run(&a, 1000, 1, 1, 0), 0);
	assert_int_equal(run(&a, 1000, 1, 0, 0), 0);
	assert_int_equal(run(&a, 1000, 0, 0, 0), 0);
}

/* Noticed within a second and a half of the first packet that was not answered. */
static void
test_silence(void **state)
{
	struct alive a = {0};

	(void)state;
	run(&a, 10, 5, 5, 0);
	assert_int_equal(run(&a, 2, 0, 5, 0), 0);
	assert_int_equal(run(&a, 1, 0, 5, 0), 1);
}

/* One packet, and no more: that was not answered either. */
static void
test_one_packet(void **state)
{
	struct alive a = {0};

	(void)state;
	run(&a, 10, 5, 5, 0);
	assert_int_equal(run(&a, 1, 0, 1, 0), 0);
	assert_int_equal(run(&a, 2, 0, 0, 0), 1);
	assert_int_equal(run(&a, 100, 0, 0, 0), 0);
}

/* Who only listens is asked more and more rarely. */
static void
test_listener(void **state)
{
	struct alive a = {0};
	unsigned doubts;

	(void)state;
	doubts = run(&a, 2 * 3600, 0, 100, 1);
	assert_in_range(doubts, 3600 / 9, 3600 / 8 + 4);
	/* It has spoken: from then on each silence counts again. */
	assert_int_equal(run(&a, 1, 1, 1, 1), 0);
	assert_int_equal(run(&a, 3, 0, 1, 1), 1);
}

/* The counters of a rekeyed SA begin anew; that is no answer and no harm. */
static void
test_counters_fall(void **state)
{
	struct alive a = {0};

	(void)state;
	run(&a, 10, 5, 5, 0);
	assert_int_equal(alive_count(&a, 0, 0, 100000), ALIVE_HEARD);
	assert_int_equal(alive_count(&a, 0, 1, 100500), ALIVE_NOTHING);
	assert_int_equal(alive_count(&a, 0, 2, 101500), ALIVE_DOUBT);
}

/* What came before the doubt is no sign of life, what comes after it is one. */
static void
test_doubted(void **state)
{
	struct alive a = {0};

	(void)state;
	assert_int_equal(alive_count(&a, 5, 5, 1000), ALIVE_HEARD);
	alive_doubted(&a);
	assert_int_equal(alive_count(&a, 8, 8, 1010), ALIVE_NOTHING);
	assert_int_equal(alive_count(&a, 8, 9, 1510), ALIVE_NOTHING);
	assert_int_equal(alive_count(&a, 9, 9, 1600), ALIVE_HEARD);
}

/* Each minute while it is used and for two minutes after, then more and more rarely, to a limit. */
static void
test_rest(void **state)
{
	(void)state;
	assert_int_equal(alive_dpd_sec(60, 0), 60);
	assert_int_equal(alive_dpd_sec(60, 121999), 60);
	assert_int_equal(alive_dpd_sec(60, 122000), 61);
	assert_int_equal(alive_dpd_sec(60, 400000), 200);
	assert_int_equal(alive_dpd_sec(60, 600000), 300);
	assert_int_equal(alive_dpd_sec(60, UINT64_MAX), 300);
	assert_int_equal(alive_dpd_sec(2, 3000), 2);
	assert_int_equal(alive_dpd_sec(2, 86400000), 10);
	assert_int_equal(alive_dpd_sec(600, 86400000), 3000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_both_ways),
	    cmocka_unit_test(test_silence),
	    cmocka_unit_test(test_one_packet),
	    cmocka_unit_test(test_listener),
	    cmocka_unit_test(test_counters_fall),
	    cmocka_unit_test(test_doubted),
	    cmocka_unit_test(test_rest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
