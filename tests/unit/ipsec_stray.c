/* Kernel mode: packets that wait for a tunnel. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "ipsec/stray.h"

#include <string.h>

#define LEN 100

static void
make(uint8_t packet[LEN], uint8_t peer)
{
	memset(packet, 0, LEN);
	packet[0] = 0x60;
	packet[24] = 0xfd;
	packet[39] = peer;
}

static int
hold(uint8_t peer, uint64_t now)
{
	uint8_t packet[LEN], dst[16];

	make(packet, peer);
	return stray_hold(packet, LEN, now, dst);
}

static void
test_asks_once(void **state)
{
	assert_true(hold(1, 1000));
	assert_false(hold(1, 2999));
	assert_true(hold(2, 2999));
	assert_true(hold(1, 3000));
}

/* Even when there was a tunnel in between. */
static void
test_asks_after_release(void **state)
{
	uint8_t packet[LEN];

	make(packet, 7);
	assert_true(hold(7, 1000));
	stray_release(-1, packet + 24, 1001);
	assert_true(hold(7, 1002));
	assert_false(hold(7, 1003));
}

static void
test_nonsense(void **state)
{
	uint8_t packet[LEN], dst[16];

	make(packet, 9);
	assert_false(stray_hold(packet, 39, 1000, dst));
	packet[0] = 0x45;
	assert_false(stray_hold(packet, LEN, 1000, dst));
	make(packet, 9);
	packet[24] = 0x20;
	assert_false(stray_hold(packet, LEN, 1000, dst));
}

/* Many destinations at once: memory stays what it is, and every one is asked for. */
static void
test_flood(void **state)
{
	for (int i = 0; i < 100000; i++) {
		uint8_t packet[LEN], dst[16];

		make(packet, 0);
		memcpy(packet + 34, &i, sizeof i);
		assert_true(stray_hold(packet, LEN, 100000, dst));
		assert_memory_equal(dst, packet + 24, 16);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_asks_once),
	    cmocka_unit_test(test_asks_after_release),
	    cmocka_unit_test(test_nonsense),
	    cmocka_unit_test(test_flood),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
