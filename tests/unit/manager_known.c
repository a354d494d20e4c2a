/* The file that remembers the name server. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/log.h"
#include "manager/known.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DOMAIN "alice.example.com"

static const char good[] = "domain alice.example.com\n"
			   "tls-seen\n"
			   "tls 192.0.2.53:853\n"
			   "plain [2001:db8::53]:53\n";

static void
test_round_trip(void **state)
{
	char text[KNOWN_TEXT_MAX];
	struct known k;

	assert_int_equal(known_parse(good, DOMAIN, &k), 0);
	assert_int_equal(k.tls_seen, 1);
	assert_int_equal(k.count, 2);
	assert_int_equal(k.server[0].tls, 1);
	assert_int_equal(k.server[1].ep.port, 53);
	assert_int_equal(known_print(&k, DOMAIN, text), strlen(good));
	assert_string_equal(text, good);
}

static void
test_longest(void **state)
{
	char text[KNOWN_TEXT_MAX], domain[MSG_NAME_MAX];
	struct known k = {.tls_seen = 1, .count = MSG_KNOWN_MAX}, again;

	memset(domain, 'a', sizeof domain);
	domain[253] = '\0';
	for (int i = 0; i < MSG_KNOWN_MAX; i++) {
		k.server[i].ep = (struct endpoint) {.family = 6, .port = 65535};
		memset(k.server[i].ep.addr, 0xee, 16);
	}
	assert_in_range(known_print(&k, domain, text), 1, sizeof text - 1);
	assert_int_equal(known_parse(text, domain, &again), 0);
	assert_memory_equal(&again, &k, sizeof k);
}

static void
test_refused(void **state)
{
	static const char *const bad[] = {"", "domain bob.example.com\n", "tls-seen\n",
	    "domain alice.example.com", "domain alice.example.com\n\n",
	    "domain alice.example.com\ntls-seen\ntls-seen\n",
	    "domain alice.example.com\ntls 192.0.2.53:853\ntls-seen\n",
	    "domain alice.example.com\ntls 192.0.2.53\n",
	    "domain alice.example.com\ntls 192.0.2.53:0\n",
	    "domain alice.example.com\nplain ns.example.com:53\n",
	    "domain alice.example.com\nplain  192.0.2.53:53\n",
	    "domain alice.example.com\nquic 192.0.2.53:853\n"};
	static const struct known nothing;
	char many[KNOWN_TEXT_MAX] = "domain alice.example.com\n";
	struct known k;

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		assert_int_equal(known_parse(bad[i], DOMAIN, &k), -1);
		assert_memory_equal(&k, &nothing, sizeof k);
	}
	for (int i = 0; i <= MSG_KNOWN_MAX; i++)
		strcat(many, "plain 192.0.2.53:53\n");
	assert_int_equal(known_parse(many, DOMAIN, &k), -1);
}

static void
test_file(void **state)
{
	char dir[] = "/tmp/known.XXXXXX", path[64];
	struct known k, again;
	struct stat st;

	assert_non_null(mkdtemp(dir));
	known_load(dir, DOMAIN, &again);
	assert_int_equal(again.count, 0);
	assert_int_equal(known_parse(good, DOMAIN, &k), 0);
	assert_int_equal(known_save(dir, DOMAIN, &k), 0);
	known_load(dir, DOMAIN, &again);
	assert_memory_equal(&again, &k, sizeof k);
	known_load(dir, "bob.example.com", &again);
	assert_int_equal(again.count + again.tls_seen, 0);
	snprintf(path, sizeof path, "%s/server", dir);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	unlink(path);
	rmdir(dir);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_round_trip),
	    cmocka_unit_test(test_longest),
	    cmocka_unit_test(test_refused),
	    cmocka_unit_test(test_file),
	};

	log_init("test", 0);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
