/* Distances between words. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "cli/suggest.h"

static const struct {
	const char *a, *b;
	unsigned distance;
} pairs[] = {
    {"status", "status", 0},
    {"status", "statsu", 1},
    {"status", "stauts", 1},
    {"status", "stats", 1},
    {"status", "sttus", 1},
    {"status", "statuss", 1},
    {"status", "startus", 1},
    {"ping", "pong", 1},
    {"map", "", 3},
    {"", "", 0},
    {"join", "ojni", 2},
    {"zone", "reload", 5},
    {"status", "0123456789012345678901234567890123456789", 32},
};

static void
distances(void **state)
{
	for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
		assert_int_equal(suggest_distance(pairs[i].a, pairs[i].b), pairs[i].distance);
		assert_int_equal(suggest_distance(pairs[i].b, pairs[i].a), pairs[i].distance);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(distances)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
