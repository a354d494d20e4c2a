#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "base/addr.h"

static const struct {
	const char *text;
	const char *printed; /* NULL = refused */
} parse_table[] = {
    {"192.0.2.1", "192.0.2.1:4500"},
    {"192.0.2.1:53", "192.0.2.1:53"},
    {"2001:db8::1", "[2001:db8::1]:4500"},
    {"[2001:db8::1]", "[2001:db8::1]:4500"},
    {"[2001:db8::1]:53", "[2001:db8::1]:53"},
    {"::", "[::]:4500"},
    {"", NULL},
    {"nas", NULL},
    {"192.0.2.256", NULL},
    {"192.0.2.1:0", NULL},
    {"192.0.2.1:65536", NULL},
    {"192.0.2.1:53x", NULL},
    {"192.0.2.1:", NULL},
    {"[2001:db8::1", NULL},
    {"[2001:db8::1]53", NULL},
    {"[192.0.2.1]]", NULL},
    {"fe80::1%eth0", NULL},
    {"[aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa]:1", NULL},
};

static void
parsing(void **state)
{
	for (size_t i = 0; i < sizeof parse_table / sizeof parse_table[0]; i++) {
		struct endpoint ep;
		char text[ENDPOINT_TEXT_MAX];
		int rc = endpoint_parse(parse_table[i].text, 4500, &ep);

		assert_int_equal(rc, parse_table[i].printed == NULL ? -1 : 0);
		if (rc == 0)
			assert_string_equal(endpoint_text(&ep, text), parse_table[i].printed);
	}
}

static const struct {
	const char *addr;
	int public, contactable;
} ranges[] = {
    {"11.22.33.4", 1, 1},
    {"9.255.255.255", 1, 1},
    {"10.0.0.1", 0, 1},
    {"172.16.0.1", 0, 1},
    {"172.15.255.255", 1, 1},
    {"172.32.0.0", 1, 1},
    {"192.168.255.255", 0, 1},
    {"192.169.0.0", 1, 1},
    {"100.64.0.1", 0, 1},
    {"100.128.0.0", 1, 1},
    {"192.0.2.1", 0, 1},
    {"198.18.0.1", 0, 1},
    {"198.20.0.0", 1, 1},
    {"198.51.100.1", 0, 1},
    {"203.0.113.1", 0, 1},
    {"0.0.0.0", 0, 0},
    {"127.0.0.1", 0, 0},
    {"169.254.1.1", 0, 0},
    {"224.0.0.1", 0, 0},
    {"240.0.0.1", 0, 0},
    {"255.255.255.255", 0, 0},
    {"2a00:1450::1", 1, 1},
    {"2001:db8::1", 0, 1},
    {"::1", 0, 0},
    {"::", 0, 0},
    {"::ffff:11.22.33.4", 0, 0},
    {"fe80::1", 0, 0},
    {"febf::1", 0, 0},
    {"ff02::1", 0, 0},
    {"fd00::1", 0, 0},
    {"fc00::1", 0, 0},
};

static void
classes(void **state)
{
	for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++) {
		struct endpoint ep;

		assert_int_equal(endpoint_parse(ranges[i].addr, 4500, &ep), 0);
		if (endpoint_is_public(&ep) != ranges[i].public ||
		    endpoint_is_contactable(&ep) != ranges[i].contactable)
			fail_msg("%s", ranges[i].addr);
		ep.port = 0;
		assert_false(endpoint_is_contactable(&ep));
	}
}

static void
sockaddrs(void **state)
{
	struct endpoint ep, back;
	struct sockaddr_storage ss;
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons(7)};

	assert_int_equal(endpoint_parse("[2001:db8::1]:53", 0, &ep), 0);
	assert_int_equal(endpoint_to_sockaddr(&ep, &ss), sizeof(struct sockaddr_in6));
	assert_int_equal(endpoint_from_sockaddr((struct sockaddr *)&ss, &back), 0);
	assert_true(endpoint_equal(&ep, &back));

	memcpy(in6.sin6_addr.s6_addr, "\0\0\0\0\0\0\0\0\0\0\xff\xff\x0b\x16\x21\x04", 16);
	assert_int_equal(endpoint_from_sockaddr((struct sockaddr *)&in6, &back), 0);
	assert_int_equal(back.family, 4);
	assert_true(endpoint_valid(&back));
	assert_memory_equal(back.addr, "\x0b\x16\x21\x04", 4);

	ss.ss_family = AF_UNIX;
	assert_int_equal(endpoint_from_sockaddr((struct sockaddr *)&ss, &back), -1);
	memset(&ep, 0, sizeof ep);
	assert_int_equal(endpoint_to_sockaddr(&ep, &ss), 0);
}

static void
validity(void **state)
{
	struct endpoint ep = {.family = 4, .port = 1, .addr = {1, 2, 3, 4}};

	assert_true(endpoint_valid(&ep));
	ep.addr[4] = 1;
	assert_false(endpoint_valid(&ep));
	ep.family = 6;
	assert_true(endpoint_valid(&ep));
	ep.pad = 1;
	assert_false(endpoint_valid(&ep));
	ep.pad = 0;
	ep.family = 5;
	assert_false(endpoint_valid(&ep));
}

static void
among(void **state)
{
	struct endpoint list[2], other;

	assert_int_equal(endpoint_parse("192.0.2.1:53", 0, &list[0]), 0);
	assert_int_equal(endpoint_parse("[2001:db8::1]:53", 0, &list[1]), 0);
	other = list[1];
	assert_true(endpoint_among(&other, list, 2));
	assert_false(endpoint_among(&other, list, 1));
	assert_false(endpoint_among(&other, NULL, 0));
	other.port++;
	assert_false(endpoint_among(&other, list, 2));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(parsing),
	    cmocka_unit_test(classes),
	    cmocka_unit_test(sockaddrs),
	    cmocka_unit_test(validity),
	    cmocka_unit_test(among),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
