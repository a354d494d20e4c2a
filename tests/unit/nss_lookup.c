/* Finding a machine in the hosts file: first, last and none of many, long and broken lines, files
 * larger than the buffer. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "nss/lookup.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char path[] = "nss_lookup.hosts";

static FILE *
create(void)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	return f;
}

static void
finds_among_many(void **state)
{
	static const unsigned wanted[] = {0, 1, 55, 128, 255};
	uint8_t ula[16] = {0xfd};
	struct hosts_entry e;
	FILE *f = create();
	char name[64];

	for (unsigned i = 0; i < 256; i++)
		fprintf(f, "fd00::1:%x host-%u.alice.example.net host-%u\n", i, i, i);
	fclose(f);
	for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
		snprintf(name, sizeof name, "host-%u", wanted[i]);
		assert_int_equal(lookup_name(path, name, &e), LOOKUP_FOUND);
		assert_string_equal(e.short_name, name);
		ula[13] = 1;
		ula[15] = (uint8_t)wanted[i];
		assert_int_equal(lookup_addr(path, ula, &e), LOOKUP_FOUND);
		assert_string_equal(e.short_name, name);
	}
	assert_int_equal(lookup_name(path, "host-256", &e), LOOKUP_NONE);
	ula[14] = 1;
	assert_int_equal(lookup_addr(path, ula, &e), LOOKUP_NONE);
}

/* A line longer than the buffer is skipped to its end, wherever that falls. */
static void
skips_long_lines(void **state)
{
	struct hosts_entry e;

	for (int len = 4000; len < 4200; len++) {
		FILE *f = create();

		fputs("fd00::1 a.example a\n", f);
		for (int i = 0; i < len; i++)
			fputc('x', f);
		fputs("fd00::2 b.example b\nfd00::3 c.example c\n", f);
		fclose(f);
		assert_int_equal(lookup_name(path, "a", &e), LOOKUP_FOUND);
		assert_int_equal(lookup_name(path, "b", &e), LOOKUP_NONE);
		assert_int_equal(lookup_name(path, "c", &e), LOOKUP_FOUND);
	}
}

static void
skips_broken_lines(void **state)
{
	struct hosts_entry e;
	FILE *f = create();

	fputs("# comment\n\nfd00::1 a.example\nfd00::2 b.example b\nfd00::3 c.example c", f);
	fclose(f);
	assert_int_equal(lookup_name(path, "a.example", &e), LOOKUP_NONE);
	assert_int_equal(lookup_name(path, "b.example", &e), LOOKUP_FOUND);
	assert_int_equal(lookup_name(path, "c.example", &e), LOOKUP_NONE);
}

static void
tells_a_missing_file(void **state)
{
	struct hosts_entry e;
	uint8_t ula[16] = {0xfd};

	unlink(path);
	assert_int_equal(lookup_name(path, "a", &e), LOOKUP_NO_FILE);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(lookup_addr(path, ula, &e), LOOKUP_NO_FILE);
	fclose(create());
	assert_int_equal(lookup_name(path, "a", &e), LOOKUP_NONE);
	unlink(path);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(finds_among_many),
	    cmocka_unit_test(skips_long_lines),
	    cmocka_unit_test(skips_broken_lines),
	    cmocka_unit_test(tells_a_missing_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
