/* Requests written by hand, octet by octet, where our own builders would not write them: counts
 * that are none, records in the wrong section, signatures a little beside the rule, the longest
 * message there is; and that a refusal is never longer than what was asked. */
#include "tests/unit/dnsd_test.h"

#include "dnsupdate/server/net/cookie.h"
#include "dnsupdate/wire/llq.h"

#define ZONE "017a076578616d706c6500" /* z.example */
#define ZONE_ENTRY ZONE "00060001"

/* The parts of the vector: zone and update, OPT, TSIG. */
enum { VECTOR_OPT = 57, VECTOR_TSIG = 76 };

static uint8_t bytes[1024];
static size_t length;

static void
load(const char *hex)
{
	length = from_hex(hex, bytes, sizeof bytes);
}

static void
sent(struct test_server *t)
{
	assert_int_equal(test_raw(t, bytes, length, TRANSPORT_TCP), 1);
}

static void
replied(const struct test_server *t, const char *hex)
{
	uint8_t want[1024];
	size_t len = from_hex(hex, want, sizeof want);

	assert_int_equal(t->reply_len, len);
	assert_memory_equal(t->reply, want, len);
}

/* What the update of the vector would have brought is not there. */
static void
nothing_done(const struct test_server *t)
{
	assert_int_equal(test_count(t, "h.z.example", TYPE_AAAA), 0);
	assert_int_equal(t->z->serial, 100);
}

/* ---- updates ---- */

/* Well-formed but for the number of zones (RFC 2136 section 3.1.1). */
static void
no_zone_and_two(void **state)
{
	struct test_server *t = *state;
	struct name n = name_of("h.z.example");
	struct buf b = buf_writer(t->request, sizeof t->request);

	load("00012800"
	     "0000000000000000");
	sent(t);
	replied(t,
	    "0001a801"
	    "0000000000000000");
	load("00012800"
	     "0002000000000000" ZONE_ENTRY ZONE_ENTRY);
	sent(t);
	replied(t,
	    "0001a801"
	    "0000000000000000");
	/* nor by who may write: an address to add, and no zone to add it to */
	buf_put_u16(&b, ++t->id);
	buf_put_u16(&b, OPCODE_UPDATE << 11);
	buf_put_u32(&b, 0);
	buf_put_u16(&b, 1);
	buf_put_u16(&b, 0);
	name_put(&b, &n);
	buf_put_u16(&b, TYPE_AAAA);
	buf_put_u16(&b, CLASS_IN);
	buf_put_u32(&b, 60);
	buf_put_u16(&b, 16);
	buf_put(&b, vector_secret(), 16);
	t->request_len = b.pos;
	assert_int_equal(test_signed(t, "k.z.example"), RCODE_FORMERR);
	nothing_done(t);
}

/* The vector with its OPT or its TSIG record counted among the updates. */
static void
opt_and_tsig_among_the_updates(void **state)
{
	struct test_server *t = *state;
	uint8_t opt[VECTOR_TSIG - VECTOR_OPT];
	struct buf b = buf_writer(t->request, sizeof t->request);

	load(VECTOR_UPDATE_SIGNED);
	bytes[9]++;
	bytes[11]--;
	sent(t);
	replied(t,
	    "1234a801"
	    "0000000000000000");
	/* the TSIG before the OPT, which is the only additional one */
	load(VECTOR_UPDATE_SIGNED);
	memcpy(opt, bytes + VECTOR_OPT, sizeof opt);
	memmove(bytes + VECTOR_OPT, bytes + VECTOR_TSIG, length - VECTOR_TSIG);
	memcpy(bytes + length - sizeof opt, opt, sizeof opt);
	bytes[9]++;
	bytes[11]--;
	sent(t);
	assert_int_equal(t->m.rcode, RCODE_FORMERR);
	assert_int_equal(t->m.count, 1); /* OPT: nothing is signed */
	/* and a good signature behind that */
	b.pos = length;
	memcpy(t->request, bytes, length);
	test_signer(t, "k.z.example");
	assert_int_equal(tsig_sign(&t->tsig, &t->signer, &b, NOW), 0);
	assert_int_equal(test_raw(t, t->request, b.pos, TRANSPORT_TCP), 1);
	assert_int_equal(t->m.rcode, RCODE_FORMERR);
	nothing_done(t);
}

/* The SOA record named to the octet stays all the same (RFC 2136 section 3.4.2.4). */
static void
the_soa_record_itself(void **state)
{
	struct test_server *t = *state;
	struct name apex = name_of("z.example");
	struct rdata rd = rd_soa(100);

	test_update(t);
	update_delete(&t->u, &apex, &rd);
	assert_int_equal(test_finish(t, "k.z.example", 0), RCODE_NOERROR);
	assert_int_equal(test_count(t, "z.example", TYPE_SOA), 1);
	assert_int_equal(t->z->serial, 100);
	assert_int_equal(test_ask(t, "z.example", TYPE_SOA), RCODE_NOERROR);
	assert_int_equal(test_section(t, SECTION_ANSWER), 1);
}

/* 65 535 octets, not one less: all of it is carried out. */
static void
the_longest_message(void **state)
{
	struct test_server *t = *state;
	struct rdata rd = {.type = 65280};
	unsigned count = 0;
	size_t left;

	test_signer(t, "k.z.example");
	test_update(t);
	for (;;) {
		char owner[32];
		struct name n;

		snprintf(owner, sizeof owner, "a%03u.z.example", count);
		n = name_of(owner);
		left = MESSAGE_MAX - tsig_room(&t->signer) - t->u.b.pos;
		if (left < 100)
			break;
		/* a label, a pointer, ten octets, data; and at the end just what is missing */
		rd.len = (uint16_t)(left > 2200 ? 1000 : left > 1100 ? 500 : left - 17);
		memset(rd.data, (int)count, rd.len);
		update_add(&t->u, &n, 60, &rd);
		count++;
	}
	assert_int_equal(left, 0);
	assert_int_equal(test_finish(t, "k.z.example", 0), RCODE_NOERROR);
	assert_int_equal(t->request_len, 65535);
	assert_int_equal(t->z->serial, 101);
	assert_int_equal(test_count(t, "a000.z.example", 65280), 1);
	assert_int_equal(test_ask(t, "a064.z.example", 65280), RCODE_NOERROR);
	assert_int_equal(t->z->records, 3 + count);
}

/* ---- signatures ---- */

static unsigned
tsig_error_of(const struct test_server *t)
{
	const struct rr *rr = &t->m.rr[t->m.count - 1];

	assert_true(t->m.count > 0);
	assert_int_equal(rr->type, TYPE_TSIG);
	return (unsigned)t->reply[rr->rdata_at + rr->rdata_len - 4] << 8 |
	    t->reply[rr->rdata_at + rr->rdata_len - 3];
}

/* An octet too many, though the 32 before it are right. */
static void
a_mac_of_33(void **state)
{
	struct test_server *t = *state;

	load(VECTOR_UPDATE_SIGNED);
	memmove(bytes + length - 5, bytes + length - 6, 6);
	bytes[length - 6] = 0;
	length++;
	bytes[length - 6 - 33 - 1] = 33;
	bytes[length - 6 - 33 - 2 - 8 - 13 - 1]++;
	sent(t);
	assert_int_equal(t->m.rcode, RCODE_FORMERR);
	nothing_done(t);
}

/* The header's ID is the forwarder's business; the original one is signed (RFC 8945 section 5.3).
 */
static void
another_original_id(void **state)
{
	struct test_server *t = *state;

	load(VECTOR_UPDATE_SIGNED);
	bytes[length - 6] ^= 1;
	sent(t);
	assert_int_equal(t->m.rcode, RCODE_NOTAUTH);
	assert_int_equal(tsig_error_of(t), TSIG_BADSIG);
	nothing_done(t);
	/* both changed alike: the header's ID is not signed, the other one is */
	bytes[0] ^= 1;
	sent(t);
	assert_int_equal(tsig_error_of(t), TSIG_BADSIG);
	nothing_done(t);
}

/* In capitals and compressed the key is the same, and the answer that of the vector to the octet.
 */
static void
the_keys_name_in_capitals_and_compressed(void **state)
{
	for (int compressed = 0; compressed < 2; compressed++) {
		struct test_server *t = *state;

		t->s.lease_min_sec = 30;
		t->s.lease_max_sec = 3600;
		load(VECTOR_UPDATE_SIGNED);
		assert_memory_equal(bytes + VECTOR_TSIG, "\1k\1z\7example", 13);
		memcpy(bytes + VECTOR_TSIG, "\1K\1Z\7eXAMPLE", 13);
		if (compressed) { /* K, and z.example as in the zone section */
			memcpy(bytes + VECTOR_TSIG, "\1K\300\014", 4);
			memmove(bytes + VECTOR_TSIG + 4, bytes + VECTOR_TSIG + 13,
			    length - VECTOR_TSIG - 13);
			length -= 9;
		}
		sent(t);
		replied(t, VECTOR_REPLY_SIGNED);
		assert_int_equal(test_count(t, "h.z.example", TYPE_AAAA), 1);
	}
}

/* Each second within the fudge, and the first one outside it, on both sides. */
static void
to_the_second(void **state)
{
	static const struct {
		int64_t off;
		unsigned rcode, error;
	} rows[] = {{-301, RCODE_NOTAUTH, TSIG_BADTIME}, {301, RCODE_NOTAUTH, TSIG_BADTIME},
	    {-300, RCODE_NOERROR, 0}, {300, RCODE_NOERROR, 0}};
	struct test_server *t = *state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct rr *rr;

		load(VECTOR_UPDATE_SIGNED);
		t->now_sec = (uint64_t)((int64_t)NOW + rows[i].off);
		sent(t);
		assert_int_equal(t->m.rcode, rows[i].rcode);
		if (rows[i].error == 0) {
			assert_int_equal(tsig_error_of(t), 0);
			continue;
		}
		/* error, six octets of other data, and these are the server's time */
		rr = &t->m.rr[t->m.count - 1];
		assert_memory_equal(
		    t->reply + rr->rdata_at + rr->rdata_len - 10, "\0\022\0\006\0\0", 6);
		assert_int_equal((uint32_t)t->reply[t->reply_len - 4] << 24 |
			(uint32_t)t->reply[t->reply_len - 3] << 16 |
			(uint32_t)t->reply[t->reply_len - 2] << 8 | t->reply[t->reply_len - 1],
		    t->now_sec);
		nothing_done(t);
	}
}

/* What does not fit is cut, signed all the same, and no longer than a datagram may be. */
static void
cut_and_signed(void **state)
{
	struct test_server *t = *state;
	struct question q = {.name = name_of("big.z.example"), .type = TYPE_TXT, .class = CLASS_IN};
	char text[200];

	for (int i = 0; i < 10; i++) {
		struct rdata rd;

		memset(text, 'a' + i, sizeof text - 1);
		text[sizeof text - 1] = '\0';
		rd = rd_txt(text);
		test_put(t->z, "big.z.example", 60, &rd);
	}
	for (unsigned size = 512; size <= 4096; size *= 2) {
		struct buf b = buf_writer(t->request, sizeof t->request);

		query_build(&b, ++t->id, &q, 0);
		b.data[b.pos - 8] = (uint8_t)(size >> 8);
		b.data[b.pos - 7] = (uint8_t)size;
		test_signer(t, "h.z.example");
		tsig_forget(&t->tsig);
		assert_int_equal(tsig_sign(&t->tsig, &t->signer, &b, NOW), 0);
		assert_int_equal(test_raw(t, b.data, b.pos, TRANSPORT_UDP), 1);
		assert_true(t->m.flags & FLAG_TC);
		assert_int_equal(t->m.rcode, RCODE_NOERROR);
		assert_int_equal(test_section(t, SECTION_ANSWER), 0);
		assert_true(t->reply_len <= (size < 1232 ? size : 1232));
		assert_int_equal(tsig_verify(&t->tsig, &t->m, NOW, NULL), TSIG_OK);
	}
}

/* ---- refusals ---- */

/* A question for the private zone with these options (NULL: no EDNS); octets of it. */
static size_t
private_question(struct test_server *t, const char *name, const uint8_t *option, size_t len)
{
	struct name n = name_of(name);
	struct buf b = buf_writer(t->request, sizeof t->request);

	buf_put_u16(&b, ++t->id);
	buf_put_u16(&b, 0);
	buf_put_u16(&b, 1);
	buf_put_u16(&b, 0);
	buf_put_u32(&b, 0);
	name_put(&b, &n);
	buf_put_u16(&b, TYPE_SRV);
	buf_put_u16(&b, CLASS_IN);
	if (option != NULL)
		message_put_edns(&b, option, len);
	return b.pos;
}

/* Nobody can have more sent to somebody else than he sends himself. */
static void
a_refusal_is_no_longer_than_the_question(void **state)
{
	static const struct {
		const char *what;
		size_t len; /* of the options; the first octets of these */
	} rows[] = {{"EDNS", 0}, {"cookie of 8", 12}, {"cookie of 8 and LLQ", 34}};
	static const uint8_t options[34] = {
	    0, OPTION_COOKIE, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8, 0, OPTION_LLQ, 0, 18, 0, 1, 0, 1};
	static const char *const names[] = {
	    "z.example", "h.z.example", "_autotunnel._udp.a-rather-long-name.h.z.example"};
	struct test_server *t = *state;
	uint8_t good[28] = {0, OPTION_COOKIE, 0, 24};
	const uint8_t *cookie;
	size_t len;

	/* a cookie of the server's, which he gives to who asks for a public zone */
	len = private_question(t, "z.example", options, 12);
	assert_int_equal(test_raw(t, t->request, len, TRANSPORT_UDP), 1);
	cookie = message_option(&t->m, OPTION_COOKIE, &len);
	assert_non_null(cookie);
	assert_int_equal(len, 24);
	memcpy(good + 4, cookie, 24);
	t->z->is_private = 1;
	for (size_t n = 0; n < COUNT(names); n++) {
		len = private_question(t, names[n], NULL, 0);
		assert_int_equal(test_raw(t, t->request, len, TRANSPORT_UDP), 1);
		assert_int_equal(t->m.rcode, RCODE_REFUSED);
		assert_int_equal(t->reply_len, len);
		for (size_t i = 0; i < COUNT(rows); i++) {
			len = private_question(t, names[n], options, rows[i].len);
			assert_int_equal(test_raw(t, t->request, len, TRANSPORT_UDP), 1);
			assert_int_equal(t->m.rcode, RCODE_REFUSED);
			if (t->reply_len > len)
				fail_msg("%s: %zu for %zu", rows[i].what, t->reply_len, len);
		}
		/* who has it is who he says, and gets another in its place */
		len = private_question(t, names[n], good, sizeof good);
		assert_int_equal(test_raw(t, t->request, len, TRANSPORT_UDP), 1);
		assert_int_equal(t->m.rcode, RCODE_REFUSED);
		assert_int_equal(t->reply_len, len);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(no_zone_and_two),
	    TEST(opt_and_tsig_among_the_updates),
	    TEST(the_soa_record_itself),
	    TEST(the_longest_message),
	    TEST(a_mac_of_33),
	    TEST(another_original_id),
	    TEST(the_keys_name_in_capitals_and_compressed),
	    TEST(to_the_second),
	    TEST(cut_and_signed),
	    TEST(a_refusal_is_no_longer_than_the_question),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
