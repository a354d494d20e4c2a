/* Echo requests as ping(8) sends them, and what counts as the reply. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "cli/echo.h"

#include <string.h>

static const struct echo echo = {.id = 0x1234, .seq = 0x0107, .cookie = 0x1122334455667788};

/* What a host makes of our request (RFC 4443, 4.2): the type changes, the rest comes back. */
static void
answer(uint8_t data[ECHO_LEN])
{
	echo_request(&echo, data);
	data[0] = 129;
	data[2] = 0xbe;
	data[3] = 0xef;
}

static void
request_bytes(void **state)
{
	static const uint8_t head[] = {128, 0, 0, 0, 0x12, 0x34, 0x01, 0x07, 0x11, 0x22, 0x33, 0x44,
	    0x55, 0x66, 0x77, 0x88, 16, 17, 18};
	uint8_t data[ECHO_LEN];

	echo_request(&echo, data);
	assert_memory_equal(data, head, sizeof head);
	assert_int_equal(data[ECHO_LEN - 1], ECHO_LEN - 1);
}

static void
reply_is_read(void **state)
{
	uint8_t data[ECHO_LEN];
	struct echo out;

	answer(data);
	assert_int_equal(echo_reply(data, sizeof data, &out), 0);
	assert_int_equal(out.id, echo.id);
	assert_int_equal(out.seq, echo.seq);
	assert_true(out.cookie == echo.cookie);
}

/* Any single wrong byte but checksum, identifier, sequence and cookie makes it another message. */
static void
others_are_refused(void **state)
{
	uint8_t data[ECHO_LEN + 1] = {0};
	struct echo out;

	for (size_t len = 0; len <= sizeof data; len++) {
		answer(data);
		assert_int_equal(echo_reply(data, len, &out), len == ECHO_LEN ? 0 : -1);
	}
	for (size_t i = 0; i < ECHO_LEN; i++) {
		answer(data);
		data[i] ^= 0x80;
		assert_int_equal(echo_reply(data, ECHO_LEN, &out), i >= 2 && i < 16 ? 0 : -1);
	}
	echo_request(&echo, data);
	assert_int_equal(echo_reply(data, ECHO_LEN, &out), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(request_bytes),
	    cmocka_unit_test(reply_is_read),
	    cmocka_unit_test(others_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
