/* Ages, bytes and times as people read them, above all at the edges of the units. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "cli/format.h"

static const struct {
	uint64_t sec;
	const char *text;
} ages[] = {
    {0, "0s"},
    {59, "59s"},
    {60, "1m"},
    {3599, "59m"},
    {3600, "1h 0m"},
    {11520, "3h 12m"},
    {86399, "23h 59m"},
    {86400, "1d 0h"},
    {100 * 86400 - 1, "99d 23h"},
    {100 * 86400, "100d"},
    {UINT64_MAX, "213503982334601d"},
};

static void
formats_ages(void **state)
{
	char out[FORMAT_MAX];

	for (size_t i = 0; i < sizeof ages / sizeof ages[0]; i++)
		assert_string_equal(format_age(ages[i].sec, out), ages[i].text);
}

static const struct {
	uint64_t n;
	const char *text;
} sizes[] = {
    {0, "0"},
    {1, "1"},
    {999, "999"},
    {1000, "1.0K"},
    {1024, "1.0K"},
    {1280, "1.3K"},
    {10137, "9.9K"},
    {10189, "10K"},
    {10240, "10K"},
    {1023487, "999K"},
    {1023488, "1.0M"},
    {1048576, "1.0M"},
    {83886080, "80M"},
    {1288490188, "1.2G"},
    {1ull << 40, "1.0T"},
    {1ull << 50, "1.0P"},
    {1ull << 60, "1.0E"},
    {UINT64_MAX, "16E"},
};

static void
formats_bytes(void **state)
{
	char out[FORMAT_MAX];

	for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
		assert_string_equal(format_bytes(sizes[i].n, out), sizes[i].text);
}

static const struct {
	uint64_t us;
	const char *text;
} times[] = {
    {0, "0.00 ms"},
    {420, "0.42 ms"},
    {999, "1.00 ms"},
    {1000, "1.0 ms"},
    {11234, "11.2 ms"},
    {99949, "99.9 ms"},
    {100000, "100 ms"},
    {1530400, "1530 ms"},
};

static void
formats_times(void **state)
{
	char out[FORMAT_MAX];

	for (size_t i = 0; i < sizeof times / sizeof times[0]; i++)
		assert_string_equal(format_ms(times[i].us, out), times[i].text);
}

static void
counts_seconds(void **state)
{
	assert_int_equal(format_seconds_since(5999, 1000), 4);
	assert_int_equal(format_seconds_since(6000, 1000), 5);
	assert_int_equal(format_seconds_since(1000, 6000), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(formats_ages),
	    cmocka_unit_test(formats_bytes),
	    cmocka_unit_test(formats_times),
	    cmocka_unit_test(counts_seconds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
