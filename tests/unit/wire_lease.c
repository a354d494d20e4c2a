/* Update Lease: the vector, both forms there and back, lengths that are none. */
#include "wire_test.h"

#include "dnsupdate/wire/lease.h"
#include "dnsupdate/wire/update.h"

static struct message m;
static uint8_t data[1024];

static void
reads_the_vector(void **state)
{
	struct lease_option o;

	assert_int_equal(message_parse(&m, data, from_hex(VECTOR_UPDATE, data, sizeof(data))), 0);
	assert_int_equal(lease_option_get(&m, &o), 1);
	assert_int_equal(o.lease, 5400);
	assert_int_equal(o.key_lease, 5400);
	assert_false(o.has_key_lease);
	assert_int_equal(
	    message_parse(&m, data, from_hex(VECTOR_REPLY_SIGNED, data, sizeof(data))), 0);
	assert_int_equal(lease_option_get(&m, &o), 1);
	assert_int_equal(o.lease, 3600);
}

/* Parse an update with these options. */
static int
with_options(const void *options, size_t len)
{
	struct name zone = name_of("z.example");
	struct update u;

	update_begin(&u, data, sizeof(data), 1, &zone);
	assert_int_equal(
	    message_parse(&m, data, update_finish(&u, len > 0 ? options : NULL, len)), 0);
	return 0;
}

static void
both_forms_come_back(void **state)
{
	static const struct lease_option cases[] = {
	    {5400, 5400, 0},
	    {0, 0, 0},
	    {7200, 604800, 1},
	    {0xffffffff, 0, 1},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		uint8_t room[LEASE_OPTION_MAX];
		struct buf b = buf_writer(room, sizeof(room));
		struct lease_option o = {0};

		lease_option_put(&b, &cases[i]);
		assert_false(b.failed);
		with_options(room, b.pos);
		assert_int_equal(lease_option_get(&m, &o), 1);
		assert_int_equal(o.lease, cases[i].lease);
		assert_int_equal(o.key_lease, cases[i].key_lease);
		assert_int_equal(o.has_key_lease, cases[i].has_key_lease);
	}
}

static void
other_lengths_are_malformed(void **state)
{
	static const uint8_t rest[12];
	struct lease_option o = {1, 2, 1};

	for (uint16_t len = 0; len <= sizeof(rest); len++) {
		uint8_t room[32];
		struct buf b = buf_writer(room, sizeof(room));

		buf_put_u16(&b, OPTION_UPDATE_LEASE);
		buf_put_u16(&b, len);
		buf_put(&b, rest, len);
		with_options(room, b.pos);
		assert_int_equal(lease_option_get(&m, &o), len == 4 || len == 8 ? 1 : -1);
	}
}

static void
none_and_two(void **state)
{
	static const uint8_t two[] = "\0\2\0\4\0\0\x15\x18\0\2\0\4\0\0\x15\x18";
	struct lease_option o = {1, 2, 1};

	with_options(NULL, 0);
	assert_int_equal(lease_option_get(&m, &o), 0);
	with_options("\0\x0a\0\0", 4);
	assert_int_equal(lease_option_get(&m, &o), 0);
	with_options(two, sizeof(two) - 1);
	assert_int_equal(lease_option_get(&m, &o), -1);
	assert_int_equal(o.lease, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(reads_the_vector),
	    cmocka_unit_test(both_forms_come_back),
	    cmocka_unit_test(other_lengths_are_malformed),
	    cmocka_unit_test(none_and_two),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
