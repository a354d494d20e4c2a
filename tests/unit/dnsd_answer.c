/* Queries, message in, message out. */
#include "tests/unit/dnsd_test.h"

#include "base/knock.h"
#include "dnsupdate/server/limits.h"

static void
fill(struct test_server *t)
{
	struct rdata rd = rd_a("192.0.2.1");
	struct srv srv = {.port = 4500, .target = name_of("at.nas.z.example")};

	test_put(t->z, "nas.z.example", 300, &rd);
	test_put(t->z, "at.nas.z.example", 60, &rd);
	rdata_srv(&rd, &srv);
	test_put(t->z, "_autotunnel._udp.nas.z.example", 60, &rd);
	rd = rd_name(TYPE_CNAME, "nas.z.example");
	test_put(t->z, "www.z.example", 300, &rd);
	rd = rd_name(TYPE_CNAME, "www.z.example");
	test_put(t->z, "w3.z.example", 300, &rd);
	rd = rd_name(TYPE_CNAME, "elsewhere.example");
	test_put(t->z, "out.z.example", 300, &rd);
	rd = rd_name(TYPE_CNAME, "nobody.z.example");
	test_put(t->z, "dangling.z.example", 300, &rd);
	rd = rd_txt("any name");
	test_put(t->z, "*.wild.z.example", 60, &rd);
	rd = rd_name(TYPE_NS, "ns.sub.z.example");
	test_put(t->z, "sub.z.example", 600, &rd);
	rd = rd_a("192.0.2.77");
	test_put(t->z, "ns.sub.z.example", 600, &rd);
}

static void
check(struct test_server *t, unsigned answers, unsigned authority, unsigned additional)
{
	assert_int_equal(test_section(t, SECTION_ANSWER), answers);
	assert_int_equal(test_section(t, SECTION_AUTHORITY), authority);
	assert_int_equal(test_section(t, SECTION_ADDITIONAL), additional);
}

/* The owner of the n-th record. */
static void
check_owner(const struct test_server *t, unsigned n, const char *owner, uint16_t type)
{
	struct name want = name_of(owner), got;

	assert_true(n < t->m.count);
	rr_owner(&t->m, &t->m.rr[n], &got);
	assert_true(name_equal(&got, &want));
	assert_int_equal(t->m.rr[n].type, type);
}

static void
plain_answers(void **state)
{
	struct test_server *t = *state;

	fill(t);
	assert_int_equal(test_ask(t, "nas.z.example", TYPE_A), RCODE_NOERROR);
	check(t, 1, 0, 0);
	check_owner(t, 0, "nas.z.example", TYPE_A);
	assert_int_equal(t->m.rr[0].ttl, 300);
	assert_int_equal(t->m.flags & (FLAG_AA | FLAG_RA | FLAG_TC | FLAG_RD), FLAG_AA);
	assert_true(t->m.has_edns);
	assert_int_equal(test_ask(t, "_autotunnel._udp.nas.z.example", TYPE_SRV), RCODE_NOERROR);
	check(t, 1, 0, 1);
	check_owner(t, 1, "at.nas.z.example", TYPE_A);
	assert_int_equal(test_ask(t, "z.example", TYPE_NS), RCODE_NOERROR);
	check(t, 1, 0, 1);
	assert_int_equal(test_ask(t, "z.example", TYPE_SOA), RCODE_NOERROR);
	check(t, 1, 0, 0);
}

static void
nothing_there(void **state)
{
	struct test_server *t = *state;

	fill(t);
	assert_int_equal(test_ask(t, "nas.z.example", TYPE_TXT), RCODE_NOERROR);
	check(t, 0, 1, 0);
	check_owner(t, 0, "z.example", TYPE_SOA);
	assert_int_equal(t->m.rr[0].ttl, 30); /* the smaller of TTL and MINIMUM */
	assert_int_equal(test_ask(t, "_udp.nas.z.example", TYPE_A), RCODE_NOERROR); /* ENT */
	check(t, 0, 1, 0);
	assert_int_equal(test_ask(t, "nobody.z.example", TYPE_A), RCODE_NXDOMAIN);
	check(t, 0, 1, 0);
	assert_int_equal(test_ask(t, "other.example", TYPE_A), RCODE_REFUSED);
	check(t, 0, 0, 0);
}

static void
aliases(void **state)
{
	struct test_server *t = *state;
	struct rdata rd = rd_name(TYPE_CNAME, "loop.z.example");

	fill(t);
	assert_int_equal(test_ask(t, "w3.z.example", TYPE_A), RCODE_NOERROR);
	check(t, 3, 0, 0);
	check_owner(t, 1, "www.z.example", TYPE_CNAME);
	check_owner(t, 2, "nas.z.example", TYPE_A);
	assert_int_equal(test_ask(t, "w3.z.example", TYPE_CNAME), RCODE_NOERROR);
	check(t, 1, 0, 0);
	assert_int_equal(test_ask(t, "w3.z.example", TYPE_TXT), RCODE_NOERROR);
	check(t, 2, 1, 0);
	assert_int_equal(test_ask(t, "out.z.example", TYPE_A), RCODE_NOERROR);
	check(t, 1, 0, 0);
	assert_int_equal(test_ask(t, "dangling.z.example", TYPE_A), RCODE_NXDOMAIN);
	check(t, 1, 1, 0);
	test_put(t->z, "loop.z.example", 60, &rd);
	assert_int_equal(test_ask(t, "loop.z.example", TYPE_A), RCODE_NOERROR);
	assert_true(test_section(t, SECTION_ANSWER) <= 8);
}

static void
wildcards(void **state)
{
	struct test_server *t = *state;

	fill(t);
	assert_int_equal(test_ask(t, "x.y.wild.z.example", TYPE_TXT), RCODE_NOERROR);
	check(t, 1, 0, 0);
	check_owner(t, 0, "x.y.wild.z.example", TYPE_TXT);
	assert_int_equal(test_ask(t, "x.wild.z.example", TYPE_A), RCODE_NOERROR);
	check(t, 0, 1, 0);
	assert_int_equal(test_ask(t, "wild.z.example", TYPE_TXT), RCODE_NOERROR);
	check(t, 0, 1, 0);
}

static void
delegations(void **state)
{
	struct test_server *t = *state;

	fill(t);
	assert_int_equal(test_ask(t, "a.sub.z.example", TYPE_A), RCODE_NOERROR);
	check(t, 0, 1, 1);
	check_owner(t, 0, "sub.z.example", TYPE_NS);
	check_owner(t, 1, "ns.sub.z.example", TYPE_A);
	assert_false(t->m.flags & FLAG_AA);
	assert_int_equal(test_ask(t, "sub.z.example", TYPE_A), RCODE_NOERROR);
	check(t, 0, 1, 1);
	assert_int_equal(test_ask(t, "sub.z.example", 43), RCODE_NOERROR); /* DS: the parent's */
	check(t, 0, 1, 0);
	check_owner(t, 0, "z.example", TYPE_SOA);
	assert_true(t->m.flags & FLAG_AA);
}

static void
any_is_one_set(void **state)
{
	struct test_server *t = *state;
	struct rdata rd = rd_txt("more");

	fill(t);
	test_put(t->z, "nas.z.example", 60, &rd);
	assert_int_equal(test_ask(t, "nas.z.example", TYPE_ANY), RCODE_NOERROR);
	check(t, 1, 0, 0);
}

static void
odd_questions(void **state)
{
	struct test_server *t = *state;

	assert_int_equal(test_ask(t, "z.example", 253), RCODE_NOTIMP); /* MAILB */
	assert_int_equal(test_ask(t, "z.example", TYPE_TSIG), RCODE_NOTIMP);
	assert_int_equal(test_ask(t, "z.example", TYPE_OPT), RCODE_NOTIMP);
	assert_int_equal(test_ask(t, "z.example", 252), RCODE_REFUSED); /* AXFR, unsigned */
	assert_int_equal(test_ask(t, "z.example", 65280), RCODE_NOERROR);
}

/* The question comes back as it was asked, its case too; so do the names of the answer. */
static void
the_case_is_kept(void **state)
{
	static const char query[] =
	    "000100000001000000000000034e4153015A07455841 4d504c450000010001";
	struct test_server *t = *state;
	uint8_t room[64];
	char hex[sizeof query];
	size_t len, n = 0;

	fill(t);
	for (const char *p = query; *p != '\0'; p++)
		if (*p != ' ')
			hex[n++] = *p == 'A' ? 'a' : *p;
	hex[n] = '\0';
	len = from_hex(hex, room, sizeof room);
	assert_int_equal(test_raw(t, room, len, TRANSPORT_UDP), 1);
	assert_int_equal(t->m.rcode, RCODE_NOERROR);
	assert_memory_equal(t->reply + 12, room + 12, len - 12);
	assert_int_equal(t->reply[len], 0xc0); /* the owner points to it */
	assert_int_equal(t->reply[len + 1], 12);
	assert_false(t->m.has_edns); /* none asked, none answered */
}

static size_t
query(struct test_server *t, uint16_t udp_size)
{
	struct question q = {.name = name_of("big.z.example"), .type = TYPE_TXT, .class = CLASS_IN};
	struct buf b = buf_writer(t->request, sizeof t->request);

	assert_int_equal(query_build(&b, ++t->id, &q, 0), 0);
	b.data[b.pos - 8] = (uint8_t)(udp_size >> 8);
	b.data[b.pos - 7] = (uint8_t)udp_size;
	return b.pos;
}

static void
large_answers(void **state)
{
	struct test_server *t = *state;
	char text[200];
	struct rdata rd;

	for (int i = 0; i < 10; i++) {
		memset(text, 'a' + i, sizeof text - 1);
		text[sizeof text - 1] = '\0';
		rd = rd_txt(text);
		test_put(t->z, "big.z.example", 60, &rd);
	}
	/* never more than 1232 octets over UDP, whatever is offered; no part of a set */
	test_raw(t, t->request, query(t, 4096), TRANSPORT_UDP);
	assert_true(t->m.flags & FLAG_TC);
	check(t, 0, 0, 0);
	assert_true(t->reply_len <= 1232);
	test_raw(t, t->request, query(t, 4096), TRANSPORT_TCP);
	assert_false(t->m.flags & FLAG_TC);
	check(t, 10, 0, 0);
	/* less than 512 counts as 512 */
	test_raw(t, t->request, query(t, 1), TRANSPORT_UDP);
	assert_true(t->reply_len <= 512);
	assert_true(t->m.flags & FLAG_TC);
}

/* What is only a help makes room for the OPT record; it is never a reason to truncate. */
static void
helpful_records_give_way(void **state)
{
	struct test_server *t = *state;
	struct srv srv = {.port = 1, .target = name_of("at.z.example")};
	unsigned with = 0;
	char text[32], owner[64];
	struct rdata rd, a;

	rdata_srv(&rd, &srv);
	for (int i = 0; i < 60 * 16; i++) {
		struct question q = {.type = TYPE_SRV, .class = CLASS_IN};
		struct buf b = buf_writer(t->request, sizeof t->request);

		/* names of 16 lengths, so that every size of answer comes up */
		snprintf(owner, sizeof owner, "%.*s.z.example", 1 + i % 16, "abcdefghijklmnopq");
		q.name = name_of(owner);
		test_put(t->z, owner, 60, &rd);
		snprintf(text, sizeof text, "10.0.0.%d", i / 16);
		a = rd_a(text);
		test_put(t->z, "at.z.example", 60, &a);
		query_build(&b, ++t->id, &q, 0);
		b.data[b.pos - 8] = 2; /* 512 octets */
		b.data[b.pos - 7] = 0;
		assert_int_equal(test_raw(t, b.data, b.pos, TRANSPORT_UDP), 1);
		assert_true(t->reply_len <= 512);
		assert_false(t->m.flags & FLAG_TC);
		assert_int_equal(test_section(t, SECTION_ANSWER), 1);
		with += test_section(t, SECTION_ADDITIONAL) > 0;
	}
	assert_true(with > 16 * 20 && with < 16 * 40);
}

static void
private_zones(void **state)
{
	struct test_server *t = *state;
	struct question q = {.name = name_of("z.example"), .type = TYPE_SOA, .class = CLASS_IN};
	struct buf b = buf_writer(t->request, sizeof t->request);

	t->z->is_private = 1;
	assert_int_equal(test_ask(t, "z.example", TYPE_SOA), RCODE_REFUSED);
	query_build(&b, ++t->id, &q, 0);
	assert_int_equal(test_raw(t, b.data, b.pos, TRANSPORT_UDP), 1);
	assert_true(t->reply_len <= b.pos); /* nothing to be gained by asking */
	b = buf_writer(t->request, sizeof t->request);
	query_build(&b, ++t->id, &q, 0);
	t->request_len = b.pos;
	assert_int_equal(test_signed(t, "h.z.example"), RCODE_NOERROR);
	check(t, 1, 0, 0);
}

static void
who_am_i(void **state)
{
	struct test_server *t = *state;
	struct rdata rd;
	const uint8_t *s;
	size_t pos = 0, len;

	assert_int_equal(test_ask(t, "whoami.z.example", TYPE_TXT), RCODE_NOERROR);
	check(t, 1, 0, 0);
	assert_int_equal(t->m.rr[0].ttl, 0);
	assert_int_equal(rr_rdata(&t->m, &t->m.rr[0], &rd), 0);
	s = rdata_txt_next(&rd, &pos, &len);
	assert_int_equal(len, strlen("192.0.2.1"));
	assert_memory_equal(s, "192.0.2.1", len);
	s = rdata_txt_next(&rd, &pos, &len);
	assert_int_equal(len, 4);
	assert_memory_equal(s, "1234", len);
	assert_int_equal(test_ask(t, "whoami.z.example", TYPE_A), RCODE_NOERROR);
	check(t, 0, 1, 0);
	assert_int_equal(test_ask(t, "x.whoami.z.example", TYPE_TXT), RCODE_NXDOMAIN);
	rd = rd_txt("mine");
	test_put(t->z, "whoami.z.example", 60, &rd);
	assert_int_equal(test_ask(t, "whoami.z.example", TYPE_TXT), RCODE_NOERROR);
	assert_int_equal(t->m.rr[0].ttl, 60);
}

static struct {
	unsigned count;
	uint16_t port;
	uint8_t nonce[KNOCK_NONCE_LEN];
} knocked;

static int
knock(void *ctx, const struct requester *who, uint16_t port, const uint8_t *nonce)
{
	assert_int_equal(ntohs(who->from.in.sin_port), 1234);
	knocked.count++;
	knocked.port = port;
	memcpy(knocked.nonce, nonce, sizeof knocked.nonce);
	return 0;
}

/* Ask for a knock; key NULL: unsigned. */
static unsigned
ask_knock(struct test_server *t, const char *name, const char *key, enum transport by)
{
	struct question q = {.name = name_of(name), .type = TYPE_TXT, .class = CLASS_IN};
	struct buf b = buf_writer(t->request, sizeof t->request);

	assert_int_equal(query_build(&b, ++t->id, &q, 0), 0);
	tsig_forget(&t->tsig);
	if (key != NULL) {
		test_signer(t, key);
		assert_int_equal(tsig_sign(&t->tsig, &t->signer, &b, t->now_sec), 0);
	}
	t->request_len = b.pos;
	assert_int_equal(test_raw(t, t->request, t->request_len, by), 1);
	return t->m.rcode;
}

/* NUMBER.PORT.whoami.ZONE: only a machine, only by a connection, and only once. */
static void
knocks(void **state)
{
	static const char name[] = "00112233445566778899aabb.4501.whoami.z.example";
	static const char *const others[] = {"00112233445566778899aa.4501.whoami.z.example",
	    "00112233445566778899aabbcc.4501.whoami.z.example",
	    "00112233445566778899aabg.4501.whoami.z.example",
	    "00112233445566778899aabb.0.whoami.z.example",
	    "00112233445566778899aabb.65536.whoami.z.example",
	    "00112233445566778899aabb.045.whoami.z.example",
	    "00112233445566778899aabb.4501x.whoami.z.example",
	    "x.00112233445566778899aabb.4501.whoami.z.example",
	    "00112233445566778899aabb.4501.whoami.x.z.example", "4501.whoami.z.example",
	    "00112233445566778899aabb.whoami.z.example", "00112233445566778899aabb.z.example"};
	struct test_server *t = *state;

	t->s.hooks.knock = knock;
	memset(&knocked, 0, sizeof knocked);
	assert_int_equal(ask_knock(t, name, "h.z.example", TRANSPORT_UDP), RCODE_NOERROR);
	check(t, 1, 0, 0);
	assert_int_equal(ask_knock(t, name, NULL, TRANSPORT_TCP), RCODE_NOERROR);
	assert_int_equal(ask_knock(t, name, "t.z.example", TRANSPORT_TCP), RCODE_NOERROR);
	assert_int_equal(knocked.count, 0);
	assert_int_equal(ask_knock(t, name, "h.z.example", TRANSPORT_TLS), RCODE_NOERROR);
	check(t, 1, 0, 0);
	assert_int_equal(knocked.count, 1);
	assert_int_equal(knocked.port, 4501);
	assert_memory_equal(knocked.nonce, "\x00\x11\x22\x33\x44\x55\x66\x77\x88\x99\xaa\xbb", 12);
	assert_true(test_raw(t, t->request, t->request_len, TRANSPORT_TLS)); /* the same again */
	assert_int_equal(knocked.count, 1);
	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
		assert_int_equal(
		    ask_knock(t, others[i], "h.z.example", TRANSPORT_TCP), RCODE_NXDOMAIN);
	assert_int_equal(knocked.count, 1);
	for (int i = 0; i < 2 * LIMIT_KNOCKS; i++)
		assert_int_equal(ask_knock(t, name, "h.z.example", TRANSPORT_TCP), RCODE_NOERROR);
	assert_int_equal(knocked.count, LIMIT_KNOCKS);
	assert_int_equal(t->s.stats.knocks, LIMIT_KNOCKS);
}

/* The longest names there are, many labels: nothing overflows. */
static void
long_names(void **state)
{
	struct test_server *t = *state;
	char text[256] = "";

	while (strlen(text) + strlen("z.example") + 4 < 253)
		strcat(text, "a.");
	strcat(text, "z.example");
	assert_int_equal(test_ask(t, text, TYPE_A), RCODE_NXDOMAIN);
	check(t, 0, 1, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(plain_answers),
	    TEST(nothing_there),
	    TEST(aliases),
	    TEST(wildcards),
	    TEST(delegations),
	    TEST(any_is_one_set),
	    TEST(odd_questions),
	    TEST(the_case_is_kept),
	    TEST(large_answers),
	    TEST(helpful_records_give_way),
	    TEST(private_zones),
	    TEST(who_am_i),
	    TEST(knocks),
	    TEST(long_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
