/* How often strangers may make us write a line. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/limit.h"

static void
test_burst_and_refill(void **state)
{
	struct limit l = {.burst = 3, .every_ms = 1000};
	uint32_t missed = 99;

	for (int i = 0; i < 3; i++)
		assert_true(limit_pass(&l, 50000, &missed));
	assert_int_equal(missed, 0);
	for (int i = 0; i < 1000; i++)
		assert_false(limit_pass(&l, 50000 + (uint64_t)i / 2, &missed));
	assert_true(limit_pass(&l, 51000, &missed));
	assert_int_equal(missed, 1000);
	assert_false(limit_pass(&l, 51999, &missed));
	assert_true(limit_pass(&l, 52000, &missed));
	assert_int_equal(missed, 1);
	/* A long silence fills the bucket, and no more than that. */
	for (int i = 0; i < 3; i++)
		assert_true(limit_pass(&l, 900000, &missed));
	assert_false(limit_pass(&l, 900000, &missed));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_burst_and_refill)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
