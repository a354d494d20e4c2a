/* The library is the one we were built for; and had we been built without (or with) ME contrary to
 * the library, the self test would say so. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "ipsec/abi.h"

#include <string.h>

static void
test_abi(void **state)
{
	char why[MSG_TEXT_MAX] = "";
	int rc = abi_check(why);

#ifdef ABI_IS_WRONG
	assert_int_equal(rc, -1);
	assert_non_null(strstr(why, "daemon_t differs"));
#else
	assert_string_equal(why, "");
	assert_int_equal(rc, 0);
#endif
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_abi)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
