/* The installed version, out of dpkg's status file. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "ipsec/installed.h"

#include <string.h>

static int
look(const char *text, char *out, size_t size)
{
	FILE *f = fmemopen((char *)(uintptr_t)text, strlen(text), "r");
	int rc = installed_version(f, "strongswan-libcharon", out, size);

	fclose(f);
	return rc;
}

#define STANZA(status, version)                                                                    \
	"Package: aa\nStatus: install ok installed\nVersion: 9.9\n\n"                              \
	"Package: strongswan-libcharon\nStatus: " status "\nPriority: optional\nVersion: " version \
	"\n\nPackage: zz\nStatus: install ok installed\nVersion: 8.8\n"

static void
test_versions(void **state)
{
	char out[16];

	assert_int_equal(
	    look(STANZA("install ok installed", "5.9.8-5+deb12u6"), out, sizeof out), 0);
	assert_string_equal(out, "5.9.8");
	assert_int_equal(look(STANZA("hold ok installed", "1:6.0.1-6"), out, sizeof out), 0);
	assert_string_equal(out, "6.0.1");
	assert_int_equal(look(STANZA("install ok installed", "6.0.1~rc-1-2"), out, sizeof out), 0);
	assert_string_equal(out, "6.0.1~rc-1");
	assert_int_equal(look(STANZA("deinstall ok config-files", "5.9.8-5"), out, sizeof out), -1);
	assert_int_equal(look("Package: aa\nVersion: 1\n", out, sizeof out), -1);
	assert_int_equal(
	    look(STANZA("install ok installed", "5.9.8.1234567890123-1"), out, sizeof out), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_versions)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
