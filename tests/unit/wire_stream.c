/* Framing: a stream cut at every place gives the same messages. */
#include "wire_test.h"

#include "dnsupdate/wire/message.h"
#include "dnsupdate/wire/stream.h"

static void
prefixes(void **state)
{
	uint8_t out[STREAM_PREFIX];

	assert_int_equal(stream_prefix(out, 0x1234), 0);
	assert_memory_equal(out, "\x12\x34", 2);
	assert_int_equal(stream_prefix(out, 11), -1);
	assert_int_equal(stream_prefix(out, 12), 0);
	assert_int_equal(stream_prefix(out, 65535), 0);
	assert_int_equal(stream_prefix(out, 65536), -1);
}

static void
waits_for_the_whole(void **state)
{
	uint8_t data[2 + 12 + 2 + 13] = {0, 12, [14] = 0, [15] = 13};
	const uint8_t *msg = NULL;
	size_t len;

	for (size_t have = 0; have < 14; have++) {
		assert_int_equal(stream_next(data, have, 512, &msg, &len), 0);
		assert_int_equal(len, have < 2 ? 2 : 14);
	}
	for (size_t have = 14; have <= sizeof(data); have++) {
		assert_int_equal(stream_next(data, have, 512, &msg, &len), 1);
		assert_ptr_equal(msg, data + 2);
		assert_int_equal(len, 12);
	}
	assert_int_equal(stream_next(data + 14, 15, 512, &msg, &len), 1);
	assert_int_equal(len, 13);
}

static void
refuses_early(void **state)
{
	static const uint8_t lengths[][2] = {{0, 0}, {0, 11}, {2, 1}, {255, 255}};
	const uint8_t *msg;
	size_t len;

	for (size_t i = 0; i < COUNT(lengths); i++)
		assert_int_equal(stream_next(lengths[i], 2, 512, &msg, &len), -1);
	assert_int_equal(stream_next(lengths[3], 2, MESSAGE_MAX, &msg, &len), 0);
	assert_int_equal(len, 65537);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(prefixes),
	    cmocka_unit_test(waits_for_the_whole),
	    cmocka_unit_test(refuses_early),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
