#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "ipsec/asked.h"

static void
remembered_for_a_while(void **state)
{
	struct asked a = {0};
	const uint8_t one[16] = {0xfd, 1}, two[16] = {0xfd, 2};

	asked_note(&a, one, 1000);
	assert_int_equal(asked_take(&a, two, 500), 0);
	assert_int_equal(asked_take(&a, one, 500), 1);
	assert_int_equal(asked_take(&a, one, 500), 0);
	asked_note(&a, one, 1000);
	assert_int_equal(asked_take(&a, one, 1000), 0);
	asked_note(&a, one, 1000);
	asked_note(&a, one, 2000);
	assert_int_equal(asked_take(&a, one, 1500), 1);
}

static void
oldest_gives_way(void **state)
{
	struct asked a = {0};
	uint8_t ula[16] = {0xfd};

	for (uint8_t i = 0; i <= ASKED_MAX; i++) {
		ula[15] = i;
		asked_note(&a, ula, 1000u + i);
	}
	ula[15] = 0;
	assert_int_equal(asked_take(&a, ula, 1), 0);
	for (uint8_t i = 1; i <= ASKED_MAX; i++) {
		ula[15] = i;
		assert_int_equal(asked_take(&a, ula, 1), 1);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(remembered_for_a_while),
	    cmocka_unit_test(oldest_gives_way),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
