/* PCP's octets, and the clocks of routers. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "natpmp/epoch.h"
#include "natpmp/pcp.h"

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

static const struct pcp_request map4 = {
    .op = PCP_MAP,
    .proto = IPPROTO_UDP,
    .lifetime_sec = 7200,
    .client = {.family = 4, .port = 4500, .addr = {192, 168, 1, 10}},
    .external = {.port = 4500},
    .nonce = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11},
};

static size_t
from_hex(const char *hex, uint8_t *out)
{
	size_t n = 0;
	unsigned octet;

	for (; hex[0] != '\0' && sscanf(hex, "%2x", &octet) == 1; hex += 2)
		out[n++] = (uint8_t)octet;
	return n;
}

static void
assert_written(const struct pcp_request *req, const char *hex)
{
	uint8_t out[PCP_REQUEST_MAX], want[PCP_REQUEST_MAX];
	size_t len = pcp_write(req, out);

	assert_int_equal(len, from_hex(hex, want));
	assert_memory_equal(out, want, len);
}

static void
test_requests(void **state)
{
	struct pcp_request r = map4;

	/* The vector of protocols' digest, decoded by tshark. */
	assert_written(&r,
	    "0201000000001c2000000000000000000000ffffc0a8010a"
	    "000102030405060708090a0b110000001194119400000000000000000000ffff00000000");
	r.proto = IPPROTO_TCP;
	r.lifetime_sec = 0;
	r.external = (struct endpoint) {.family = 4, .port = 5000, .addr = {11, 22, 33, 2}};
	assert_written(&r,
	    "020100000000000000000000000000000000ffffc0a8010a"
	    "000102030405060708090a0b060000001194138800000000000000000000ffff0b162102");
	r.op = PCP_ANNOUNCE;
	r.lifetime_sec = 99;
	assert_written(&r, "020000000000000000000000000000000000ffffc0a8010a");
	r = map4;
	r.client = (struct endpoint) {.family = 6, .port = 4500, .addr = {0x20, 1, 0xd, 0xb8}};
	r.external = (struct endpoint) {0};
	assert_written(&r,
	    "0201000000001c2020010db8000000000000000000000000"
	    "000102030405060708090a0b110000001194000000000000000000000000000000000000");
}

#define HEAD "02810000" /* up to the result */
#define OK_HEAD HEAD "00000e10000003e8000000000000000000000000"
#define NONCE "000102030405060708090a0b"
#define OK_MAP NONCE "11000000119411a500000000000000000000ffff0b162102"

static enum pcp_fit
read_hex(const char *hex, const struct pcp_request *req, struct pcp_answer *out)
{
	uint8_t data[PCP_PACKET_MAX + 8];

	return pcp_read(data, from_hex(hex, data), req, out);
}

static void
test_granted(void **state)
{
	struct pcp_answer a;

	assert_int_equal(read_hex(OK_HEAD OK_MAP, &map4, &a), PCP_ANSWER);
	assert_int_equal(a.op, PCP_MAP);
	assert_int_equal(a.result, PCP_SUCCESS);
	assert_int_equal(a.lifetime_sec, 3600);
	assert_int_equal(a.epoch, 1000);
	assert_int_equal(a.external.family, 4);
	assert_int_equal(a.external.port, 4517);
	assert_memory_equal(a.external.addr, ((uint8_t[]) {11, 22, 33, 2, 0}), 5);
	assert_true(endpoint_valid(&a.external));
	/* with options: PREFER_FAILURE, and one of 1 octet with its padding */
	assert_int_equal(
	    read_hex(OK_HEAD OK_MAP "0200000085000001aa000000", &map4, &a), PCP_ANSWER);
	assert_int_equal(read_hex(OK_HEAD OK_MAP "85000005aa000000", &map4, &a), PCP_FOREIGN);
	assert_int_equal(read_hex(OK_HEAD OK_MAP "8500ffffaa000000", &map4, &a), PCP_FOREIGN);
}

static void
test_foreign(void **state)
{
	static const char *const cases[] = {
	    "", "02", "0281", OK_HEAD, /* success, but nothing mapped */
	    HEAD "00000e10000003e80000000000000000000000", /* no whole header */
	    "02010000"
	    "00000e10000003e8000000000000000000000000" OK_MAP, /* our request */
	    "02820000"
	    "00000e10000003e8000000000000000000000000" OK_MAP, /* PEER */
	    "01810000"
	    "00000e10000003e8000000000000000000000000" OK_MAP, /* another version */
	    OK_HEAD OK_MAP "00", /* no multiple of four */
	    OK_HEAD "010102030405060708090a0b"
		    "11000000119411a500000000000000000000ffff0b162102",
	    OK_HEAD NONCE "06000000119411a500000000000000000000ffff0b162102", /* TCP */
	    OK_HEAD NONCE "11000000119511a500000000000000000000ffff0b162102", /* port 4501 */
	    OK_HEAD NONCE "11000000119411a500000000000000000000ffff", /* cut */
	    "0000000000000001", /* NAT-PMP, but no "unsupported version" */
	    "00000001000001", /* 7 octets */
	};
	struct pcp_answer a;

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		if (read_hex(cases[i], &map4, &a) != PCP_FOREIGN)
			fail_msg("case %zu", i);
}

static void
test_too_long(void **state)
{
	uint8_t data[PCP_PACKET_MAX + 4] = {0};
	size_t len = from_hex(OK_HEAD OK_MAP, data);
	struct pcp_answer a;

	/* Empty options all the way. */
	assert_int_equal(pcp_read(data, PCP_PACKET_MAX, &map4, &a), PCP_ANSWER);
	assert_int_equal(pcp_read(data, PCP_PACKET_MAX + 4, &map4, &a), PCP_FOREIGN);
	assert_int_equal(pcp_read(data, len - 4, &map4, &a), PCP_FOREIGN);
}

static void
test_refusals(void **state)
{
	struct pcp_answer a;
	char hex[256];

	for (unsigned code = 1; code < 256; code++) {
		snprintf(hex, sizeof hex,
		    "028100%02x"
		    "00000000000003e8000000000000000000000000" OK_MAP,
		    code);
		assert_int_equal(read_hex(hex, &map4, &a), PCP_ANSWER);
		assert_int_equal(a.result, code);
		assert_int_equal(a.external.family, 0);
		/* The header alone: only from a server that did not understand the rest. */
		hex[48] = '\0';
		assert_int_equal(read_hex(hex, &map4, &a),
		    code == 1 || code == 3 || code == 4 ? PCP_ANSWER : PCP_FOREIGN);
	}
}

/* RFC 6887 section 9 and the trap in it. */
static void
test_versions(void **state)
{
	struct pcp_answer a;

	assert_int_equal(read_hex("0000000100000001", &map4, &a), PCP_OLDER);
	assert_int_equal(read_hex("0081000100000001", &map4, &a), PCP_OLDER);
	assert_int_equal(read_hex("008100010000000100000000", &map4, &a), PCP_OLDER);
	assert_int_equal(read_hex("01810001"
				  "00000708000003e8000000000000000000000000",
			     &map4, &a),
	    PCP_ANSWER);
	assert_int_equal(a.result, PCP_UNSUPP_VERSION);
	assert_int_equal(a.lifetime_sec, 1800);
}

static void
test_announce(void **state)
{
	struct pcp_request r = map4;
	struct pcp_answer a;

	r.op = PCP_ANNOUNCE;
	assert_int_equal(read_hex("02800000"
				  "00000000000003e8000000000000000000000000",
			     &r, &a),
	    PCP_ANSWER);
	assert_int_equal(a.epoch, 1000);
	assert_int_equal(read_hex(OK_HEAD OK_MAP, &r, &a), PCP_FOREIGN);
	assert_int_equal(read_hex("02800000"
				  "00000000000003e8000000000000000000000000"
				  "85000004",
			     &r, &a),
	    PCP_FOREIGN);
}

/* 800 s after 1000: 1700 is expected, less 2. */
static void
test_pmp_epoch(void **state)
{
	struct epoch e = {0};

	assert_false(epoch_hear_pmp(&e, 1000, 5000));
	assert_false(epoch_hear_pmp(&e, 1698, 805000));
	e = (struct epoch) {5000, 1000};
	assert_true(epoch_hear_pmp(&e, 1697, 805000));
	assert_int_equal(e.sec, 1697);
	assert_int_equal(e.heard_ms, 805000);
}

static void
test_pcp_epoch(void **state)
{
	static const struct {
		uint32_t client, server;
		int lost;
	} cases[] = {{1600, 1497, 1}, {1600, 1498, 0}, {1600, 1709, 1}, {1600, 1708, 0}, {0, 0, 0},
	    {1, 0, 0}};
	struct epoch e;

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		e = (struct epoch) {7000, 5000};
		if (epoch_hear_pcp(&e, 5000 + cases[i].server,
			7000 + (uint64_t)cases[i].client * 1000) != cases[i].lost)
			fail_msg("case %zu", i);
	}
	/* One second back is forgiven (two packets that overtook each other), two are not. */
	e = (struct epoch) {7000, 5000};
	assert_false(epoch_hear_pcp(&e, 4999, 7000));
	e = (struct epoch) {7000, 5000};
	assert_true(epoch_hear_pcp(&e, 4998, 7000));
	e = (struct epoch) {0};
	assert_false(epoch_hear_pcp(&e, 0, 7000));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_requests),
	    cmocka_unit_test(test_granted),
	    cmocka_unit_test(test_foreign),
	    cmocka_unit_test(test_too_long),
	    cmocka_unit_test(test_refusals),
	    cmocka_unit_test(test_versions),
	    cmocka_unit_test(test_announce),
	    cmocka_unit_test(test_pmp_epoch),
	    cmocka_unit_test(test_pcp_epoch),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
