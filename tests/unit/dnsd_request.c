/* What is the same for all requests: malformed ones, signatures, replays, the vectors. */
#include "tests/unit/dnsd_test.h"

#include "dnsupdate/server/net/rrl.h"
#include "dnsupdate/wire/tsig_rr.h"

/* ---- vectors ---- */

static void
check_bytes(const struct test_server *t, const char *hex)
{
	uint8_t want[1024];
	size_t len = from_hex(hex, want, sizeof want);

	assert_int_equal(t->reply_len, len);
	assert_memory_equal(t->reply, want, len);
}

static void
the_signed_update_gets_the_reply_of_the_vector(void **state)
{
	struct test_server *t = *state;
	uint8_t request[1024];
	size_t len = from_hex(VECTOR_UPDATE_SIGNED, request, sizeof request);

	t->s.lease_min_sec = 30;
	t->s.lease_max_sec = 3600;
	assert_int_equal(test_raw(t, request, len, TRANSPORT_UDP), 1);
	check_bytes(t, VECTOR_REPLY_SIGNED);
	assert_int_equal(test_count(t, "h.z.example", TYPE_AAAA), 1);
	assert_int_equal(t->z->serial, 101);
}

static void
the_unsigned_update_is_refused(void **state)
{
	struct test_server *t = *state;
	uint8_t request[1024];
	size_t len = from_hex(VECTOR_UPDATE, request, sizeof request);

	assert_int_equal(test_raw(t, request, len, TRANSPORT_UDP), 1);
	assert_int_equal(t->m.rcode, RCODE_REFUSED);
	assert_int_equal(test_count(t, "h.z.example", TYPE_AAAA), 0);
}

static void
at_the_wrong_time_it_gets_the_badtime_of_the_vector(void **state)
{
	struct test_server *t = *state;
	uint8_t request[1024];
	size_t len = from_hex(VECTOR_UPDATE_SIGNED, request, sizeof request);
	struct tsig_report report;

	t->now_sec = NOW + 1000;
	assert_int_equal(test_raw(t, request, len, TRANSPORT_UDP), 1);
	assert_int_equal(t->m.rcode, RCODE_NOTAUTH);
	/* the vector's request had no OPT record, so compare what it says */
	test_signer(t, VECTOR_KEY);
	t->tsig = (struct tsig_context) {
	    .key = &t->signer, .id = 0x1234, .mac_len = 32, .time_sec = NOW, .fudge = 300};
	from_hex(
	    "1a3defe4bb0c9d18073fb186a13e830934c8b0d84387704721ff0781c796c37b", t->tsig.mac, 64);
	assert_int_equal(tsig_verify(&t->tsig, &t->m, NOW, &report), TSIG_CLOCK);
	assert_int_equal(report.server_sec, NOW + 1000);
	assert_int_equal(t->s.stats.tsig_bad, 1);
}

/* ---- signatures ---- */

static uint8_t signed_update[1024];
static size_t signed_len;

static void
vector(void)
{
	signed_len = from_hex(VECTOR_UPDATE_SIGNED, signed_update, sizeof signed_update);
}

static const struct rr *
tsig_of(const struct test_server *t)
{
	const struct rr *rr = &t->m.rr[t->m.count - 1];

	assert_true(t->m.count > 0);
	assert_int_equal(rr->type, TYPE_TSIG);
	return rr;
}

/* The error field: the last but one of the data, when there is no other data. */
static unsigned
tsig_error_of(const struct test_server *t)
{
	const struct rr *rr = tsig_of(t);

	return t->reply[rr->rdata_at + rr->rdata_len - 3];
}

static void
a_wrong_mac_is_badsig_and_unsigned(void **state)
{
	struct test_server *t = *state;

	vector();
	signed_update[signed_len - 10] ^= 1;
	assert_int_equal(test_raw(t, signed_update, signed_len, TRANSPORT_UDP), 1);
	assert_int_equal(t->m.rcode, RCODE_NOTAUTH);
	assert_int_equal(tsig_error_of(t), TSIG_BADSIG);
	/* hmac-sha256 and no MAC at all */
	assert_int_equal(tsig_of(t)->rdata_len, 13 + 16);
}

static void
an_unknown_key_is_badkey(void **state)
{
	struct test_server *t = *state;
	struct name k = name_of("k.z.example");

	vector();
	keyring_remove(t->s.keys, &k);
	assert_int_equal(test_raw(t, signed_update, signed_len, TRANSPORT_UDP), 1);
	assert_int_equal(t->m.rcode, RCODE_NOTAUTH);
	assert_int_equal(tsig_error_of(t), TSIG_BADKEY);
	/* the same with another algorithm than the key's */
	keyring_add(t->s.keys, &k, KEY_ACCOUNT, TSIG_HMAC_SHA512, vector_secret(), 32, t->z);
	assert_int_equal(test_raw(t, signed_update, signed_len, TRANSPORT_UDP), 1);
	assert_int_equal(tsig_error_of(t), TSIG_BADKEY);
}

/* Of the vector: the MAC's length stands 42 octets before the end of its 32 octets and the rest. */
static void
short_macs(void **state)
{
	struct test_server *t = *state;
	static const struct {
		uint8_t len;
		unsigned rcode, error;
	} cases[] = {{0, RCODE_FORMERR, 0}, {9, RCODE_FORMERR, 0}, {10, RCODE_FORMERR, 0},
	    {15, RCODE_FORMERR, 0}, {16, RCODE_NOTAUTH, TSIG_BADTRUNC},
	    {31, RCODE_NOTAUTH, TSIG_BADTRUNC}};

	for (size_t i = 0; i < COUNT(cases); i++) {
		size_t cut = 32u - cases[i].len;

		vector();
		/* ... rdlength ... mac size, mac, original id, error, other len */
		memmove(signed_update + signed_len - 6 - cut, signed_update + signed_len - 6, 6);
		signed_len -= cut;
		signed_update[signed_len - 6 - cases[i].len - 1] = cases[i].len;
		signed_update[signed_len - 6 - cases[i].len - 2 - 2 - 6 - 13 - 1] =
		    (uint8_t)(0x3d - cut);
		assert_int_equal(test_raw(t, signed_update, signed_len, TRANSPORT_UDP), 1);
		assert_int_equal(t->m.rcode, cases[i].rcode);
		if (cases[i].error != 0)
			assert_int_equal(tsig_error_of(t), cases[i].error);
	}
	assert_int_equal(t->z->serial, 100);
}

static void
misplaced_signatures(void **state)
{
	struct test_server *t = *state;

	vector(); /* twice */
	memcpy(signed_update + signed_len, signed_update + 76, signed_len - 76);
	signed_len += signed_len - 76;
	signed_update[11]++;
	assert_int_equal(test_raw(t, signed_update, signed_len, TRANSPORT_UDP), 1);
	assert_int_equal(t->m.rcode, RCODE_FORMERR);
	assert_int_equal(t->m.count, 1); /* OPT, no TSIG */
	vector(); /* not last */
	memcpy(signed_update + signed_len, "\1a\1z\7example\0\0\1\0\1\0\0\0\0\0\4\1\2\3\4", 26);
	signed_len += 27;
	signed_update[11]++;
	assert_int_equal(test_raw(t, signed_update, signed_len, TRANSPORT_UDP), 1);
	assert_int_equal(t->m.rcode, RCODE_FORMERR);
}

/* A forwarder changed the ID: the original one counts; the answer bears the new one. */
static void
another_id_is_no_other_message(void **state)
{
	struct test_server *t = *state;

	vector();
	signed_update[0] = 0x77;
	assert_int_equal(test_raw(t, signed_update, signed_len, TRANSPORT_UDP), 1);
	assert_int_equal(t->m.rcode, RCODE_NOERROR);
	assert_int_equal(t->m.id, 0x7734);
}

static void
a_key_is_good_for_minutes(void **state)
{
	struct test_server *t = *state;

	for (int i = 0; i < 2; i++) {
		int late = i == 0;

		vector();
		t->now_sec = late ? NOW + 301 : NOW - 301;
		assert_int_equal(test_raw(t, signed_update, signed_len, TRANSPORT_UDP), 1);
		assert_int_equal(t->m.rcode, RCODE_NOTAUTH);
	}
	t->now_sec = NOW + 300;
	assert_int_equal(test_raw(t, signed_update, signed_len, TRANSPORT_UDP), 1);
	assert_int_equal(t->m.rcode, RCODE_NOERROR);
}

/* Good for hours, if it were for the signer: refused, and signed, since the key is right. */
static void
a_fudge_of_hours(void **state)
{
	struct test_server *t = *state;
	struct tsig_rr rr = {.time_sec = NOW, .fudge = 7200};
	struct tsig_scope scope = {.key = &t->signer};
	struct name n = name_of("h.z.example");
	struct rdata rd = rd_a("192.0.2.1");

	test_update(t);
	update_add(&t->u, &n, 60, &rd);
	assert_true(update_finish(&t->u, NULL, 0) > 0);
	test_signer(t, "h.z.example");
	assert_int_equal(tsig_rr_sign(&t->tsig, &scope, &t->u.b, &rr), 0);
	t->tsig.key = &t->signer;
	t->tsig.id = t->id;
	t->tsig.time_sec = NOW;
	t->tsig.fudge = TSIG_FUDGE;
	assert_int_equal(test_raw(t, t->request, t->u.b.pos, TRANSPORT_TCP), 1);
	assert_int_equal(tsig_verify(&t->tsig, &t->m, NOW, NULL), TSIG_OK);
	assert_int_equal(t->m.rcode, RCODE_REFUSED);
	assert_int_equal(test_count(t, "h.z.example", TYPE_A), 0);
}

/* ---- replays ---- */

static void
the_same_bytes_get_the_same_answer(void **state)
{
	struct test_server *t = *state;
	struct name n = name_of("a.z.example");
	struct rdata rd = rd_a("192.0.2.1");
	uint8_t captured[512];
	size_t len;

	test_update(t);
	update_need_no_name(&t->u, &n);
	update_add(&t->u, &n, 60, &rd);
	assert_int_equal(test_finish(t, "k.z.example", 3600), RCODE_NOERROR);
	len = t->request_len;
	memcpy(captured, t->request, len);
	for (int i = 0; i < 3; i++) {
		struct lease_option l;

		assert_int_equal(test_raw(t, captured, len, TRANSPORT_UDP), 1);
		assert_int_equal(t->m.rcode, RCODE_NOERROR); /* though the name is there now */
		assert_int_equal(lease_option_get(&t->m, &l), 1);
		assert_int_equal(l.lease, 3600);
	}
	assert_int_equal(t->z->serial, 101);
	assert_int_equal(t->s.stats.replays, 3);
	/* refused stays refused too, though it could be done now */
	test_update(t);
	update_need_no_name(&t->u, &n);
	update_add(&t->u, &n, 60, &rd);
	assert_int_equal(test_finish(t, "k.z.example", 0), RCODE_YXDOMAIN);
	len = t->request_len;
	memcpy(captured, t->request, len);
	test_update(t);
	update_delete_name(&t->u, &n);
	assert_int_equal(test_finish(t, "k.z.example", 0), RCODE_NOERROR);
	assert_int_equal(test_raw(t, captured, len, TRANSPORT_UDP), 1);
	assert_int_equal(t->m.rcode, RCODE_YXDOMAIN);
	assert_int_equal(test_count(t, "a.z.example", TYPE_A), 0);
}

static void
a_captured_update_does_not_come_back(void **state)
{
	struct test_server *t = *state;
	struct rdata old = rd_a("192.0.2.1"), new = rd_a("192.0.2.2");
	struct name n = name_of("h.z.example");
	uint8_t captured[512];
	struct key *key = keyring_find(t->s.keys, &n);
	size_t len;

	test_update(t);
	update_delete_rrset(&t->u, &n, TYPE_A);
	update_add(&t->u, &n, 60, &old);
	assert_int_equal(test_finish(t, "h.z.example", 0), RCODE_NOERROR);
	len = t->request_len;
	memcpy(captured, t->request, len);
	t->now_sec += 2;
	test_update(t);
	update_delete_rrset(&t->u, &n, TYPE_A);
	update_add(&t->u, &n, 60, &new);
	assert_int_equal(test_finish(t, "h.z.example", 0), RCODE_NOERROR);
	/* the old one again, well inside its fudge */
	assert_int_equal(test_raw(t, captured, len, TRANSPORT_UDP), 1);
	assert_true(rrset_has(node_rrset(zone_node(t->z, &n), TYPE_A), new.data, 4, NULL));
	/* and after a restart, of which the journal gave the newest time only */
	free(key->marks);
	key->marks = NULL;
	assert_int_equal(test_raw(t, captured, len, TRANSPORT_UDP), 1);
	assert_int_equal(t->m.rcode, RCODE_NOTAUTH);
	assert_true(rrset_has(node_rrset(zone_node(t->z, &n), TYPE_A), new.data, 4, NULL));
	assert_int_equal(t->z->serial, 102);
	/* another key's clock is its own */
	t->now_sec -= 2;
	assert_int_equal(test_add(t, "k.z.example", "b.z.example", 60, &old), RCODE_NOERROR);
}

static void
many_updates_in_one_second(void **state)
{
	struct test_server *t = *state;
	char owner[32];
	struct rdata rd = rd_a("192.0.2.1");

	for (int i = 0; i < 200; i++) {
		snprintf(owner, sizeof owner, "a%d.z.example", i);
		assert_int_equal(test_add(t, "k.z.example", owner, 60, &rd), RCODE_NOERROR);
	}
	assert_int_equal(t->z->serial, 300);
	t->now_sec--; /* overtaken on the way by a second */
	assert_int_equal(test_add(t, "k.z.example", "late.z.example", 60, &rd), RCODE_NOERROR);
}

/* ---- whatever else may come ---- */

static void
no_answer_to_what_is_no_question(void **state)
{
	struct test_server *t = *state;
	uint8_t response[] = {0, 1, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0};

	assert_int_equal(test_raw(t, "short", 5, TRANSPORT_UDP), 0);
	assert_int_equal(test_raw(t, response, sizeof response, TRANSPORT_UDP), 0);
}

static void
malformed_messages(void **state)
{
	static const char *const hex[] = {
	    "000100000001000000000000", /* a question announced */
	    "00010000000100000000000003616263", /* cut */
	    "000100000001000000000000c00c00010001", /* points at itself */
	    "000100000001000000000000c00000010001", /* points into the header */
	    "0001000000010000000000004061", /* label type 01 */
	    "000100000002000000000000000001000100000100010000", /* two questions */
	    "00010000000000000000000000", /* an octet too many */
	    "0001000000010000000000020000010001000029100000000000000000002910000000000000" /* 2 OPT
											    */
	};
	struct test_server *t = *state;
	uint8_t bytes[128];

	for (size_t i = 0; i < COUNT(hex); i++) {
		size_t len = from_hex(hex[i], bytes, sizeof bytes);

		assert_int_equal(test_raw(t, bytes, len, TRANSPORT_UDP), 1);
		assert_int_equal(t->m.rcode, RCODE_FORMERR);
		assert_int_equal(t->reply_len, 12);
		assert_int_equal(t->m.id, 1);
	}
}

static void
opcodes(void **state)
{
	static const struct {
		unsigned opcode, rcode;
	} cases[] = {{1, RCODE_NOTIMP}, {2, RCODE_NOTIMP}, {3, RCODE_NOTIMP},
	    {OPCODE_NOTIFY, RCODE_REFUSED}, {OPCODE_DSO, RCODE_NOTIMP}, {15, RCODE_NOTIMP}};
	struct test_server *t = *state;
	struct question q = {.name = name_of("z.example"), .type = TYPE_SOA, .class = CLASS_IN};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct buf b = buf_writer(t->request, sizeof t->request);

		query_build(&b, ++t->id, &q, 0);
		b.data[2] = (uint8_t)(cases[i].opcode << 3);
		assert_int_equal(test_raw(t, b.data, b.pos, TRANSPORT_UDP), 1);
		assert_int_equal(t->m.rcode, cases[i].rcode);
		assert_int_equal(t->m.opcode, cases[i].opcode);
	}
}

static void
another_edns_version(void **state)
{
	struct test_server *t = *state;
	struct question q = {.name = name_of("z.example"), .type = TYPE_SOA, .class = CLASS_IN};
	struct buf b = buf_writer(t->request, sizeof t->request);

	query_build(&b, ++t->id, &q, 0);
	b.data[b.pos - 5] = 1;
	assert_int_equal(test_raw(t, b.data, b.pos, TRANSPORT_UDP), 1);
	assert_int_equal(t->m.rcode, RCODE_BADVERS);
	assert_int_equal(t->m.edns_version, 0);
}

static void
cookies(void **state)
{
	struct test_server *t = *state;
	struct question q = {.name = name_of("z.example"), .type = TYPE_SOA, .class = CLASS_IN};
	uint8_t option[64] = {0, 10, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8};
	const uint8_t *got;
	size_t len;

	for (int round = 0; round < 2; round++) {
		struct buf b = buf_writer(t->request, sizeof t->request);

		query_build(&b, ++t->id, &q, 0);
		b.pos -= 11;
		b.data[11] = 0;
		message_put_edns(&b, option, round == 0 ? 12 : 28);
		assert_int_equal(test_raw(t, b.data, b.pos, TRANSPORT_UDP), 1);
		got = message_option(&t->m, 10, &len);
		assert_non_null(got);
		assert_int_equal(len, 24);
		assert_int_equal(t->r.has_cookie, round);
		option[3] = 24;
		memcpy(option + 4, got, 24);
	}
	for (unsigned bad = 0; bad <= 41; bad++) {
		struct buf b = buf_writer(t->request, sizeof t->request);

		query_build(&b, ++t->id, &q, 0);
		b.pos -= 11;
		b.data[11] = 0;
		option[3] = (uint8_t)bad;
		message_put_edns(&b, option, 4 + bad);
		assert_int_equal(test_raw(t, b.data, b.pos, TRANSPORT_UDP), 1);
		assert_int_equal(t->m.rcode,
		    bad == 8 || (bad >= 16 && bad <= 40) ? RCODE_NOERROR : RCODE_FORMERR);
	}
}

/* Strangers are slowed down; those with a key or a cookie, and over TCP, are not. */
static void
floods(void **state)
{
	struct test_server *t = *state;
	struct question q = {.name = name_of("z.example"), .type = TYPE_SOA, .class = CLASS_IN};
	struct buf b = buf_writer(t->request, sizeof t->request);
	unsigned whole = 0, cut = 0, none = 0;

	t->s.rrl = rrl_new(10);
	query_build(&b, ++t->id, &q, 0);
	for (int i = 0; i < 100; i++) {
		if (!test_raw(t, b.data, b.pos, TRANSPORT_UDP))
			none++;
		else if (t->m.flags & FLAG_TC)
			cut++;
		else
			whole++;
	}
	assert_int_equal(whole, 10);
	assert_int_equal(cut, 45);
	assert_int_equal(none, 45);
	assert_int_equal(test_raw(t, b.data, b.pos, TRANSPORT_TCP), 1);
	assert_false(t->m.flags & FLAG_TC);
	assert_int_equal(test_ask(t, "ns.z.example", TYPE_A), RCODE_NOERROR); /* another answer */
	assert_false(t->m.flags & FLAG_TC);
	t->now_sec++;
	assert_int_equal(test_raw(t, b.data, b.pos, TRANSPORT_UDP), 1);
	assert_false(t->m.flags & FLAG_TC);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(the_signed_update_gets_the_reply_of_the_vector),
	    TEST(the_unsigned_update_is_refused),
	    TEST(at_the_wrong_time_it_gets_the_badtime_of_the_vector),
	    TEST(a_wrong_mac_is_badsig_and_unsigned),
	    TEST(an_unknown_key_is_badkey),
	    TEST(short_macs),
	    TEST(misplaced_signatures),
	    TEST(another_id_is_no_other_message),
	    TEST(a_key_is_good_for_minutes),
	    TEST(a_fudge_of_hours),
	    TEST(the_same_bytes_get_the_same_answer),
	    TEST(a_captured_update_does_not_come_back),
	    TEST(many_updates_in_one_second),
	    TEST(no_answer_to_what_is_no_question),
	    TEST(malformed_messages),
	    TEST(opcodes),
	    TEST(another_edns_version),
	    TEST(cookies),
	    TEST(floods),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
