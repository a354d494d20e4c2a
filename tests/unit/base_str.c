#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "base/log.h"
#include "base/str.h"

static void
hostnames(void **state)
{
	char longest[300];

	assert_true(str_is_hostname("nas.alice.example.com", 0));
	assert_true(str_is_hostname("a", 0));
	assert_false(str_is_hostname("", 0));
	assert_false(str_is_hostname(".", 0));
	assert_false(str_is_hostname("a..b", 0));
	assert_false(str_is_hostname("a.b.", 0));
	assert_false(str_is_hostname("-a.b", 0));
	assert_false(str_is_hostname("a-.b", 0));
	assert_false(str_is_hostname("a b", 0));
	assert_false(str_is_hostname("a/../b", 0));
	assert_false(str_is_hostname("_autotunnel._udp.b", 0));
	assert_true(str_is_hostname("_autotunnel._udp.b", 1));
	memset(longest, 'a', sizeof longest);
	for (int i = 63; i < 254; i += 64)
		longest[i] = '.';
	longest[253] = '\0';
	assert_true(str_is_hostname(longest, 0));
	longest[253] = 'a';
	longest[254] = '\0';
	assert_false(str_is_hostname(longest, 0));
	memset(longest, 'a', 64);
	longest[64] = '\0';
	assert_false(str_is_hostname(longest, 0));
}

static void
domains(void **state)
{
	assert_true(str_in_domain("nas.Alice.example", "alice.EXAMPLE"));
	assert_true(str_in_domain("alice.example", "alice.example"));
	assert_false(str_in_domain("malice.example", "alice.example"));
	assert_false(str_in_domain("example", "alice.example"));
}

static void
numbers(void **state)
{
	unsigned long v = 7;

	assert_int_equal(str_number("42", 0, 100, &v), 0);
	assert_int_equal(v, 42);
	assert_int_equal(str_number("", 0, 100, &v), -1);
	assert_int_equal(str_number("-1", 0, 100, &v), -1);
	assert_int_equal(str_number(" 1", 0, 100, &v), -1);
	assert_int_equal(str_number("1x", 0, 100, &v), -1);
	assert_int_equal(str_number("101", 0, 100, &v), -1);
	assert_int_equal(str_number("99999999999999999999999", 0, ~0ul, &v), -1);
	assert_int_equal(v, 42);
}

static void
copies(void **state)
{
	char out[4];

	assert_int_equal(str_copy(out, sizeof out, "abc"), 0);
	assert_string_equal(out, "abc");
	assert_int_equal(str_copy(out, sizeof out, "abcd"), -1);
	assert_string_equal(out, "abc");
}

static void
escapes(void **state)
{
	char out[32];

	assert_string_equal(
	    log_escape(out, sizeof out, "a\nb\\\x1b\xff", 6), "a\\x0ab\\x5c\\x1b\\xff");
	/* It ends before it would have to cut an escape in two. */
	assert_string_equal(log_escape(out, 8, "\n\n\n", 3), "\\x0a");
	assert_string_equal(log_escape(out, 1, "abc", 3), "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(hostnames),
	    cmocka_unit_test(domains),
	    cmocka_unit_test(numbers),
	    cmocka_unit_test(copies),
	    cmocka_unit_test(escapes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
