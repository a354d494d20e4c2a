/* DSO messages: the vectors, kinds, counts, TLVs cut, padding. */
#include "wire_test.h"

#include "dnsupdate/wire/dso.h"

static uint8_t data[1024];
static struct dso_message m;
static struct dso_tlv tlv;

static int
parse_hex(const char *hex)
{
	return dso_parse(&m, data, from_hex(hex, data, sizeof(data)));
}

static void
keepalive(void **state)
{
	static const struct dso_timeouts want = {15000, 3600000};
	struct dso_timeouts t;
	struct buf b = buf_writer(data + 512, 512);
	size_t pos = 0;

	assert_int_equal(parse_hex(VECTOR_KEEPALIVE), 0);
	assert_true(dso_is(m.data, m.len));
	assert_int_equal(m.kind, DSO_REQUEST);
	assert_int_equal(m.id, 1);
	assert_int_equal(m.rcode, 0);
	assert_int_equal(dso_next(&m, &pos, &tlv), 1);
	assert_int_equal(tlv.type, DSO_KEEPALIVE);
	assert_int_equal(dso_get_keepalive(&tlv, &t), 0);
	assert_memory_equal(&t, &want, sizeof(t));
	assert_int_equal(dso_next(&m, &pos, &tlv), 0);
	dso_begin(&b, DSO_REQUEST, 1, 0);
	dso_put_keepalive(&b, &want);
	assert_int_equal(b.pos, m.len);
	assert_memory_equal(b.data, m.data, m.len);
}

static void
retry_delay(void **state)
{
	struct buf b = buf_writer(data + 512, 512);
	uint32_t ms;

	assert_int_equal(parse_hex(VECTOR_RETRY_DELAY), 0);
	assert_int_equal(m.kind, DSO_UNIDIRECTIONAL);
	assert_int_equal(dso_find(&m, 0, DSO_RETRY_DELAY, &tlv), 1);
	assert_int_equal(dso_get_retry_delay(&tlv, &ms), 0);
	assert_int_equal(ms, 60000);
	assert_int_equal(dso_find(&m, 1, DSO_RETRY_DELAY, &tlv), 0);
	dso_begin(&b, DSO_UNIDIRECTIONAL, 0, 0);
	dso_put_retry_delay(&b, 60000);
	assert_int_equal(b.pos, m.len);
	assert_memory_equal(b.data, m.data, m.len);
}

static const struct {
	const char *what;
	const char *hex;
	int ok;
	enum dso_kind kind;
	unsigned rcode;
} rules[] = {
    {"header only", "000130000000000000000000", 0, DSO_REQUEST, 0},
    {"response", "0001b0000000000000000000", 0, DSO_RESPONSE, 0},
    {"DSOTYPENI", "0001b00b0000000000000000", 0, DSO_RESPONSE, 11},
    {"all Z bits", "000137f00000000000000000", 0, DSO_REQUEST, 0},
    {"response without id", "0000b0000000000000000000", 0, DSO_IMPOSSIBLE, 0},
    {"unidirectional", "000030000000000000000000", 0, DSO_UNIDIRECTIONAL, 0},
    {"a question counted", "000130000001000000000000", -1, DSO_REQUEST, 0},
    {"an additional counted", "000130000000000000000001", -1, DSO_REQUEST, 0},
    {"cut", "0001300000000000000000", -1, DSO_IMPOSSIBLE, 0},
    {"a query", "000100000000000000000000", -1, DSO_REQUEST, 0},
    {"TLV of nothing", "00013000000000000000000000030000", 0, DSO_REQUEST, 0},
    {"TLV type cut", "00013000000000000000000000", -1, DSO_REQUEST, 0},
    {"TLV length cut", "000130000000000000000000000300", -1, DSO_REQUEST, 0},
    {"TLV data cut", "00013000000000000000000000030001", -1, DSO_REQUEST, 0},
    {"second TLV cut", "000130000000000000000000000300000003000201", -1, DSO_REQUEST, 0},
};

static void
keeps_the_rules(void **state)
{
	for (size_t i = 0; i < COUNT(rules); i++)
		if (parse_hex(rules[i].hex) != rules[i].ok || m.kind != rules[i].kind ||
		    m.rcode != rules[i].rcode)
			fail_msg("%s", rules[i].what);
}

static void
lengths_of_contents(void **state)
{
	static const uint8_t zeros[16];
	struct dso_timeouts t;
	uint32_t ms;

	for (uint16_t len = 0; len <= sizeof(zeros); len++) {
		tlv = (struct dso_tlv) {DSO_KEEPALIVE, len, 16, zeros};
		assert_int_equal(dso_get_keepalive(&tlv, &t), len == 8 ? 0 : -1);
		assert_int_equal(dso_get_retry_delay(&tlv, &ms), -1);
		tlv.type = DSO_RETRY_DELAY;
		assert_int_equal(dso_get_retry_delay(&tlv, &ms), len == 4 ? 0 : -1);
		assert_int_equal(dso_get_keepalive(&tlv, &t), -1);
	}
}

/* Any length becomes a multiple of the block, and no TLV is lost. */
static void
padding(void **state)
{
	for (size_t extra = 0; extra < 300; extra++) {
		struct buf b = buf_writer(data, sizeof(data));
		size_t mark;

		dso_begin(&b, DSO_REQUEST, 1, 0);
		mark = dso_tlv_begin(&b, 0xf800);
		for (size_t i = 0; i < extra; i++)
			buf_put_u8(&b, 1);
		dso_tlv_end(&b, mark);
		dso_put_padding(&b, 128);
		assert_int_equal(b.pos % 128, 0);
		assert_true(b.pos < 16 + extra + 128 + DSO_TLV_HEADER);
		assert_int_equal(dso_parse(&m, data, b.pos), 0);
		assert_int_equal(dso_find(&m, 0, 0xf800, &tlv), 1);
		assert_int_equal(tlv.len, extra);
		assert_int_equal(dso_find(&m, 1, DSO_PADDING, &tlv), (16 + extra) % 128 != 0);
	}
}

/* Records and TLVs do not mix: the reader of ordinary messages wants neither octets nor a count
 * that are not what it knows. */
static void
ordinary_reader_refuses(void **state)
{
	static struct message ordinary;

	assert_int_equal(
	    message_parse(&ordinary, data, from_hex(VECTOR_KEEPALIVE, data, sizeof(data))), -1);
	assert_false(dso_is(data, from_hex(VECTOR_UPDATE, data, sizeof(data))));
	assert_false(dso_is(data, 0));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(keepalive),
	    cmocka_unit_test(retry_delay),
	    cmocka_unit_test(keeps_the_rules),
	    cmocka_unit_test(lengths_of_contents),
	    cmocka_unit_test(padding),
	    cmocka_unit_test(ordinary_reader_refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
