/* What is remembered of routers, and its file. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "manager/memory.h"

static const uint8_t mac[6] = {0x52, 0x54, 0, 0x12, 0x34, 0x56};
static const uint8_t other_mac[6] = {0x52, 0x54, 0, 0x12, 0x34, 0x57};
static const uint8_t no_mac[6];
static const uint8_t nonce[NAT_NONCE_LEN] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
static const uint8_t other_nonce[NAT_NONCE_LEN] = {9};
static struct memory m;

#define LINE6                                                                                      \
	"fe80::1 52:54:00:12:34:56 udp [2001:db8::9]:4500 [2001:db8::9]:4500 pcp held "            \
	"000102030405060708090a0b 1764110000\n"
#define LINE                                                                                       \
	"192.168.1.1 52:54:00:12:34:56 udp 192.168.1.10:4500 11.22.33.2:4500 pcp held "            \
	"000102030405060708090a0b 1764110000\n"

static struct endpoint
ep(const char *text)
{
	struct endpoint e = {0};

	assert_int_equal(endpoint_parse(text, 0, &e), 0);
	return e;
}

static unsigned
parse(const char *text)
{
	return memory_parse(&m, text, strlen(text));
}

static void
test_lines(void **state)
{
	static const char *const good[] = {
	    LINE,
	    "192.168.1.1 - tcp 192.168.1.10:22 - - free 000102030405060708090a0b 0\n",
	    LINE6,
	};
	static char out[MEMORY_TEXT_MAX];

	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
		assert_int_equal(parse(good[i]), 0);
		assert_int_equal(m.count, 1);
		assert_int_equal(memory_print(&m, out), strlen(good[i]));
		assert_memory_equal(out, good[i], strlen(good[i]));
	}
	assert_int_equal(parse("# a comment\n\n" LINE), 0);
	assert_int_equal(m.count, 1);
	assert_int_equal(m.record[0].method, NAT_METHOD_PCP);
	assert_memory_equal(m.record[0].nonce, nonce, sizeof nonce);
	assert_int_equal(parse(""), 0);
	assert_int_equal(m.count, 0);
}

static void
test_wrong_lines(void **state)
{
	static const char *const wrong[] = {
	    "nonsense\n",
	    "192.168.1.1:1 - udp 192.168.1.10:4500 - - free 000102030405060708090a0b 0\n",
	    "192.168.1.1 - sctp 192.168.1.10:4500 - - free 000102030405060708090a0b 0\n",
	    "192.168.1.1 - udp 192.168.1.10 - - free 000102030405060708090a0b 0\n",
	    "192.168.1.1 - udp [2001:db8::9]:4500 - - free 000102030405060708090a0b 0\n",
	    "192.168.1.1 - udp 192.168.1.10:4500 [::1]:5 - free 000102030405060708090a0b 0\n",
	    "192.168.1.1 - udp 192.168.1.10:4500 11.22.33.2 - free 000102030405060708090a0b 0\n",
	    "192.168.1.1 - udp 192.168.1.10:4500 - stun free 000102030405060708090a0b 0\n",
	    "192.168.1.1 - udp 192.168.1.10:4500 - pcp held 000102030405060708090a0b 0\n",
	    "192.168.1.1 - udp 192.168.1.10:4500 - - kept 000102030405060708090a0b 0\n",
	    "192.168.1.1 - udp 192.168.1.10:4500 - - free 0001020304050607 0\n",
	    "192.168.1.1 - udp 192.168.1.10:4500 - - free 000102030405060708090a0bff 0\n",
	    "192.168.1.1 - udp 192.168.1.10:4500 - - free 00010203040506070809+a0b 0\n",
	    "192.168.1.1 - udp 192.168.1.10:4500 - - free 000102030405060708090a0b -1\n",
	    "192.168.1.1 - udp 192.168.1.10:4500 - - free 000102030405060708090a0b\n",
	    "192.168.1.1 - udp 192.168.1.10:4500 - - free 000102030405060708090a0b 0 0\n",
	    "192.168.1.1 52:54:00:12:34 udp 192.168.1.10:4500 - - free 000102030405060708090a0b 0\n",
	};
	char text[1024];

	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		snprintf(text, sizeof text, "%s%s", wrong[i], LINE);
		if (parse(text) != 1 || m.count != 1)
			fail_msg("case %zu", i);
	}
}

/* The address alone does not name a router; an unknown hardware address fits. */
static void
test_routers(void **state)
{
	struct endpoint gateway = ep("192.168.1.1"), local = ep("192.168.1.10:4500");
	struct memory_record *r;

	m.count = 0;
	assert_null(memory_find(&m, &gateway, mac, IPPROTO_UDP, &local));
	r = memory_take(&m, &gateway, mac, IPPROTO_UDP, &local, nonce, 100);
	assert_ptr_equal(r, memory_find(&m, &gateway, mac, IPPROTO_UDP, &local));
	assert_ptr_equal(r, memory_find(&m, &gateway, no_mac, IPPROTO_UDP, &local));
	assert_null(memory_find(&m, &gateway, other_mac, IPPROTO_UDP, &local));
	assert_null(memory_find(&m, &gateway, mac, IPPROTO_TCP, &local));
	r->method = NAT_METHOD_UPNP;
	assert_int_equal(memory_method(&m, &gateway, mac), NAT_METHOD_UPNP);
	assert_int_equal(memory_method(&m, &gateway, other_mac), 0);
	/* The nonce stays what it was first. */
	r = memory_take(&m, &gateway, mac, IPPROTO_UDP, &local, other_nonce, 200);
	assert_int_equal(m.count, 1);
	assert_memory_equal(r->nonce, nonce, sizeof nonce);
	/* The hardware address becomes known later. */
	gateway = ep("192.168.7.1");
	memory_take(&m, &gateway, no_mac, IPPROTO_UDP, &local, nonce, 300);
	r = memory_take(&m, &gateway, mac, IPPROTO_UDP, &local, nonce, 300);
	assert_int_equal(m.count, 2);
	assert_memory_equal(r->mac, mac, sizeof mac);
	r->method = NAT_METHOD_PCP;
	assert_int_equal(memory_method(&m, &gateway, mac), NAT_METHOD_PCP);
}

/* Another address of ours takes the record over, unless the old mapping may still stand. */
static void
test_moved(void **state)
{
	struct endpoint gateway = ep("192.168.1.1"), local = ep("192.168.1.10:4500");
	struct endpoint moved = ep("192.168.1.11:4500");
	struct memory_record *r;

	m.count = 0;
	r = memory_take(&m, &gateway, mac, IPPROTO_UDP, &local, nonce, 100);
	r->external = ep("11.22.33.2:4500");
	r = memory_take(&m, &gateway, mac, IPPROTO_UDP, &moved, other_nonce, 100);
	assert_int_equal(m.count, 1);
	assert_int_equal(r->external.port, 4500);
	assert_true(endpoint_equal(&r->local, &moved));
	r->held = 1;
	r->method = NAT_METHOD_PCP;
	r = memory_take(&m, &gateway, mac, IPPROTO_UDP, &local, other_nonce, 100);
	assert_int_equal(m.count, 2);
	assert_memory_equal(r->nonce, other_nonce, sizeof other_nonce);
	assert_true(
	    endpoint_equal(&memory_find(&m, &gateway, mac, IPPROTO_UDP, &moved)->local, &moved));
}

static void
test_full(void **state)
{
	struct endpoint gateway = ep("192.168.1.1"), local = ep("192.168.1.10:1");

	m.count = 0;
	for (unsigned i = 0; i < MEMORY_MAX + 3; i++) {
		local.port = (uint16_t)(1000 + i);
		memory_take(&m, &gateway, mac, IPPROTO_UDP, &local, nonce, 100 + i);
	}
	assert_int_equal(m.count, MEMORY_MAX);
	assert_non_null(memory_find(&m, &gateway, mac, IPPROTO_UDP, &local));
	local.port = 1002;
	assert_null(memory_find(&m, &gateway, mac, IPPROTO_UDP, &local));
	local.port = 1003;
	assert_non_null(memory_find(&m, &gateway, mac, IPPROTO_UDP, &local));
}

static void
test_file(void **state)
{
	char dir[] = "/tmp/manager_memory.XXXXXX", path[64];

	assert_non_null(mkdtemp(dir));
	assert_int_equal(memory_load(&m, dir), 0);
	assert_int_equal(m.count, 0);
	assert_int_equal(parse(LINE), 0);
	assert_int_equal(memory_save(&m, dir), 0);
	m.count = 0;
	assert_int_equal(memory_load(&m, dir), 0);
	assert_int_equal(m.count, 1);
	snprintf(path, sizeof path, "%s/routers", dir);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(dir), 0);
	assert_int_equal(memory_save(&m, dir), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_lines),
	    cmocka_unit_test(test_wrong_lines),
	    cmocka_unit_test(test_routers),
	    cmocka_unit_test(test_moved),
	    cmocka_unit_test(test_full),
	    cmocka_unit_test(test_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
