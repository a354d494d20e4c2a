/* How long ago, where threads read the clock on their own. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/clock.h"

static void
test_since(void **state)
{
	assert_int_equal(clock_since(1000, 4000), 3000);
	assert_int_equal(clock_since(4000, 4000), 0);
	/* put down by another thread after we had read the clock: not half a billion years ago */
	assert_int_equal(clock_since(4001, 4000), 0);
	assert_int_equal(clock_since(UINT64_MAX, 0), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_since)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
