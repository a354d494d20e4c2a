/* The lease machine alone, and leases in a server, in virtual time. */
#include "tests/unit/dnsd_test.h"

#include "dnsupdate/server/data/lease.h"

static void
limits(void **state)
{
	assert_int_equal(lease_clamp(1, 1800, 7200), 1800);
	assert_int_equal(lease_clamp(5400, 1800, 7200), 5400);
	assert_int_equal(lease_clamp(UINT32_MAX, 1800, 7200), 7200);
}

static void
the_first_one_is_always_first(void **state)
{
	struct lease_book *b = lease_book_new();
	uint64_t last = 0, at = 0;
	unsigned seed = 7, n = 0;
	uint32_t id;

	for (int i = 0; i < 2000; i++) {
		seed = seed * 1103515245 + 12345;
		id = lease_new(b, seed >> 8, 60);
		if (i % 3 == 0)
			lease_put_off(b, id, (seed >> 8) + 5000);
	}
	assert_int_equal(lease_count(b), 2000);
	while ((id = lease_first(b, &at)) != 0) {
		assert_true(at >= last);
		last = at;
		lease_collect(b, id);
		n++;
	}
	assert_int_equal(n, 2000);
	lease_book_free(b);
}

static void
numbers_come_back_as_they_were(void **state)
{
	struct lease_book *b = lease_book_new();
	uint64_t at = 0;
	uint32_t id;

	lease_restore(b, 7, 1000, 60);
	lease_restore(b, 7, 2000, 90); /* later news */
	lease_restore(b, 3, 1500, 60);
	assert_int_equal(lease_count(b), 2);
	assert_int_equal(lease_first(b, &at), 3);
	assert_int_equal(lease_get(b, 7)->expires_sec, 2000);
	assert_int_equal(lease_get(b, 7)->granted_sec, 90);
	for (int i = 0; i < 20; i++) {
		id = lease_new(b, 3000, 60);
		assert_true(id != 0 && id != 3 && id != 7);
	}
	lease_put_off_all(b, 2500); /* grace */
	assert_int_equal(lease_get(b, 3)->expires_sec, 2500);
	lease_first(b, &at);
	assert_int_equal(at, 2500);
	assert_null(lease_get(b, 0));
	assert_null(lease_get(b, 1000));
	lease_book_free(b);
}

/* ---- in a server ---- */

static void
add(struct test_server *t, const char *owner, const struct rdata *rd)
{
	struct name n = name_of(owner);

	update_add(&t->u, &n, 60, rd);
}

static void
check_granted(struct test_server *t, uint32_t lease)
{
	struct lease_option l;

	assert_int_equal(lease_option_get(&t->m, &l), 1);
	assert_int_equal(l.lease, lease);
}

static void
a_host_goes_as_a_whole(void **state)
{
	struct test_server *t = *state;
	struct rdata a = rd_a("192.0.2.9"), txt = rd_txt("v=1");

	test_update(t);
	add(t, "at.h.z.example", &a);
	add(t, "_autotunnel._udp.h.z.example", &txt);
	assert_int_equal(test_finish(t, "h.z.example", 3600), RCODE_NOERROR);
	check_granted(t, 3600);
	assert_int_equal(t->z->serial, 101);
	assert_int_equal(server_expire(&t->s, t->now_sec), 3600);

	t->now_sec += 3599;
	assert_int_equal(server_expire(&t->s, t->now_sec), 1);
	assert_int_equal(test_count(t, "at.h.z.example", TYPE_A), 1);
	t->now_sec++;
	server_expire(&t->s, t->now_sec);
	assert_int_equal(test_ask(t, "at.h.z.example", TYPE_A), RCODE_NXDOMAIN);
	assert_int_equal(test_ask(t, "h.z.example", TYPE_A), RCODE_NXDOMAIN);
	assert_int_equal(t->z->serial, 102); /* one change, for the world to see */
	assert_int_equal(lease_count(t->z->leases), 0);
}

static void
a_refresh_puts_the_end_off_and_no_more(void **state)
{
	struct test_server *t = *state;
	struct rdata a = rd_a("192.0.2.9");

	for (int i = 0; i < 5; i++) {
		test_update(t);
		add(t, "h.z.example", &a);
		assert_int_equal(test_finish(t, "h.z.example", 1800), RCODE_NOERROR);
		check_granted(t, 1800);
		assert_int_equal(t->z->serial, 101);
		assert_int_equal(lease_count(t->z->leases), 1);
		t->now_sec += 1440;
		server_expire(&t->s, t->now_sec);
		assert_int_equal(test_count(t, "h.z.example", TYPE_A), 1);
	}
	t->now_sec += 361;
	server_expire(&t->s, t->now_sec);
	assert_int_equal(test_count(t, "h.z.example", TYPE_A), 0);
}

/* Records move to the update that named them last; what it did not name keeps its time. */
static void
records_move_between_groups(void **state)
{
	struct test_server *t = *state;
	struct rdata a = rd_a("192.0.2.9"), b = rd_a("192.0.2.10");
	struct name host = name_of("h.z.example");

	test_update(t);
	add(t, "h.z.example", &a);
	add(t, "h.z.example", &b);
	assert_int_equal(test_finish(t, "h.z.example", 1800), RCODE_NOERROR);
	t->now_sec += 1000;
	test_update(t);
	add(t, "h.z.example", &b);
	assert_int_equal(test_finish(t, "h.z.example", 7200), RCODE_NOERROR);
	t->now_sec += 801;
	server_expire(&t->s, t->now_sec);
	assert_int_equal(test_count(t, "h.z.example", TYPE_A), 1);
	assert_int_equal(server_expire(&t->s, t->now_sec), 7200 - 801);
	/* Sent again without a lease it keeps the one it has; deleted and added it stays for good.
	 */
	assert_int_equal(test_add(t, "k.z.example", "h.z.example", 60, &b), RCODE_NOERROR);
	assert_int_equal(lease_count(t->z->leases), 1);
	test_update(t);
	update_delete_rrset(&t->u, &host, TYPE_A);
	add(t, "h.z.example", &b);
	assert_int_equal(test_finish(t, "k.z.example", 0), RCODE_NOERROR);
	assert_int_equal(lease_count(t->z->leases), 0);
	t->now_sec += 100000;
	server_expire(&t->s, t->now_sec);
	assert_int_equal(test_count(t, "h.z.example", TYPE_A), 1);
}

static void
keys_may_live_longer(void **state)
{
	struct test_server *t = *state;
	struct rdata a = rd_a("192.0.2.9"), key = {.type = 25, .len = 5, .data = "abcde"};
	struct lease_option want = {.lease = 600, .key_lease = 10000000, .has_key_lease = 1}, got;
	uint8_t option[LEASE_OPTION_MAX];
	struct buf b = buf_writer(option, sizeof option);

	lease_option_put(&b, &want);
	test_update(t);
	add(t, "h.z.example", &a);
	add(t, "h.z.example", &key);
	t->request_len = update_finish(&t->u, option, b.pos);
	assert_int_equal(test_signed(t, "k.z.example"), RCODE_NOERROR);
	assert_int_equal(lease_option_get(&t->m, &got), 1);
	assert_int_equal(got.has_key_lease, 1);
	assert_int_equal(got.lease, 1800);
	assert_int_equal(got.key_lease, 604800);
	t->now_sec += 1800;
	server_expire(&t->s, t->now_sec);
	assert_int_equal(test_count(t, "h.z.example", TYPE_A), 0);
	assert_int_equal(test_count(t, "h.z.example", 25), 1);
	t->now_sec += 604800;
	server_expire(&t->s, t->now_sec);
	assert_int_equal(test_count(t, "h.z.example", 25), 0);
}

static unsigned
with_option(struct test_server *t, const char *hex, int adds)
{
	struct rdata a = rd_a("192.0.2.9");
	struct name n = name_of("h.z.example");
	uint8_t option[64];
	size_t len = from_hex(hex, option, sizeof option);

	test_update(t);
	if (adds)
		update_add(&t->u, &n, 60, &a);
	else
		update_delete_rrset(&t->u, &n, TYPE_A);
	t->request_len = update_finish(&t->u, option, len);
	return test_signed(t, "h.z.example");
}

static void
options_that_cannot_be(void **state)
{
	struct test_server *t = *state;

	assert_int_equal(with_option(t, "00020000", 1), RCODE_FORMERR);
	assert_int_equal(with_option(t, "00020003000e10", 1), RCODE_FORMERR);
	assert_int_equal(with_option(t, "0002000c00000e1000000e1000000e10", 1), RCODE_FORMERR);
	assert_int_equal(with_option(t, "0002000400000e100002000400000e10", 1), RCODE_FORMERR);
	assert_int_equal(with_option(t, "0002000400000000", 1), RCODE_FORMERR);
	assert_int_equal(test_count(t, "h.z.example", TYPE_A), 0);
	assert_int_equal(with_option(t, "0002000400000000", 0), RCODE_NOERROR);
	assert_int_equal(with_option(t, "0002000400000001", 1), RCODE_NOERROR);
	check_granted(t, 1800);
	assert_int_equal(with_option(t, "00020004ffffffff", 1), RCODE_NOERROR);
	check_granted(t, 7200);
	assert_int_equal(test_ask(t, "h.z.example", TYPE_A), RCODE_NOERROR);
}

/* The least and the most that may be granted, as a server has them that lets anybody have 30 s and
 * a day: what is asked, to the octet, and what is granted (RFC 9664 sections 4.3 and 8). */
static void
granted_to_the_octet(void **state)
{
	static const struct {
		const char *asked, *granted;
	} rows[] = {
	    {"0002000400000001", "000200040000001e"},
	    {"000200040000001d", "000200040000001e"},
	    {"000200040000001e", "000200040000001e"},
	    {"000200040000001f", "000200040000001f"},
	    {"000200047fffffff", "0002000400015180"},
	    {"0002000480000000", "0002000400015180"},
	    {"00020004ffffffff", "0002000400015180"},
	    {"000200080000001d0000001d", "000200080000001e0000001e"},
	    {"0002000880000000ffffffff", "000200080001518000093a80"},
	};
	struct test_server *t = *state;

	t->s.lease_min_sec = 30;
	t->s.lease_max_sec = 86400;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		uint8_t want[16];
		size_t len = from_hex(rows[i].granted, want, sizeof want);
		const struct rr *opt;

		assert_int_equal(with_option(t, rows[i].asked, 1), RCODE_NOERROR);
		assert_true(t->m.has_edns);
		opt = &t->m.rr[t->m.edns_at];
		if (opt->rdata_len != len || memcmp(t->reply + opt->rdata_at, want, len) != 0)
			fail_msg("%s", rows[i].asked);
	}
	assert_int_equal(server_expire(&t->s, t->now_sec), 86400);
}

/* The short form gives a KEY record the lease of all others (section 4.1). */
static void
keys_live_as_long_in_the_short_form(void **state)
{
	struct test_server *t = *state;
	struct rdata a = rd_a("192.0.2.9"), key = {.type = 25, .len = 5, .data = "abcde"};

	test_update(t);
	add(t, "h.z.example", &key); /* first: it is this one that makes the lease */
	add(t, "h.z.example", &a);
	assert_int_equal(test_finish(t, "k.z.example", 1800), RCODE_NOERROR);
	check_granted(t, 1800);
	t->now_sec += 1799;
	server_expire(&t->s, t->now_sec);
	assert_int_equal(test_count(t, "h.z.example", TYPE_A), 1);
	assert_int_equal(test_count(t, "h.z.example", 25), 1);
	t->now_sec++;
	server_expire(&t->s, t->now_sec);
	assert_int_equal(test_count(t, "h.z.example", TYPE_A), 0);
	assert_int_equal(test_count(t, "h.z.example", 25), 0);
}

/* SOA and NS are the zone's own: no update's lease ends them. */
static void
the_zone_itself_does_not_expire(void **state)
{
	struct test_server *t = *state;
	struct rdata soa = rd_soa(200), ns = rd_name(TYPE_NS, "ns2.z.example");

	test_update(t);
	add(t, "z.example", &soa);
	add(t, "z.example", &ns);
	assert_int_equal(test_finish(t, "k.z.example", 1800), RCODE_NOERROR);
	assert_int_equal(t->z->serial, 200);
	t->now_sec += 100000;
	server_expire(&t->s, t->now_sec);
	assert_int_equal(test_count(t, "z.example", TYPE_SOA), 1);
	assert_int_equal(test_count(t, "z.example", TYPE_NS), 2);
}

static unsigned
after(struct test_server *t, uint64_t wall, uint64_t boot, uint64_t later_wall, uint64_t later_boot)
{
	struct rdata a = rd_a("192.0.2.9");

	t->now_sec = wall;
	t->s.last_wall_sec = 0;
	server_clock(&t->s, wall, boot);
	test_update(t);
	add(t, "h.z.example", &a);
	assert_int_equal(test_finish(t, "h.z.example", 1800), RCODE_NOERROR);
	server_clock(&t->s, later_wall, later_boot);
	server_expire(&t->s, later_wall);
	return test_count(t, "h.z.example", TYPE_A);
}

/* A clock set forward by an hour, and a night's sleep, are not the machines' fault. */
static void
steps_of_the_clock(void **state)
{
	struct test_server *t = *state;
	uint64_t now = NOW;

	for (uint64_t i = 1; i < 1801; i++) /* second by second it ends as it should */
		server_clock(&t->s, now + i, 5000 + i);
	assert_int_equal(after(t, now, 5000, now + 30, 5030), 1);
	assert_int_equal(after(t, now + 100, 5000, now + 3700, 5001), 1); /* set forward */
	assert_int_equal(server_expire(&t->s, now + 3700), 300);
	assert_int_equal(after(t, now + 4000, 5000, now + 34000, 35000), 1); /* slept */
	server_clock(&t->s, now + 34001, 35001);
	server_expire(&t->s, now + 34300);
	assert_int_equal(test_count(t, "h.z.example", TYPE_A), 0);
	/* set back: it lasts longer, no more */
	assert_int_equal(after(t, now + 40000, 50000, now + 36000, 50001), 1);
	assert_int_equal(server_expire(&t->s, now + 36000), 4000 + 1800);
}

static int
broken_finish(void *ctx, int must_sync)
{
	return must_sync == 1 ? *(int *)ctx : 0;
}

static int
good_append(void *ctx, const struct commit_record *r)
{
	return 0;
}

/* An expiry that cannot be written down has not happened; it is tried again. */
static void
expiry_waits_for_the_disk(void **state)
{
	struct test_server *t = *state;
	struct rdata a = rd_a("192.0.2.9");
	int result = 0;
	const struct commit_journal journal = {good_append, broken_finish, &result};

	commit_set_journal(t->s.commit, &journal);
	test_update(t);
	add(t, "h.z.example", &a);
	assert_int_equal(test_finish(t, "h.z.example", 1800), RCODE_NOERROR);
	result = -1;
	t->now_sec += 1800;
	server_expire(&t->s, t->now_sec);
	assert_int_equal(test_count(t, "h.z.example", TYPE_A), 1);
	assert_int_equal(t->z->serial, 101);
	result = 0;
	t->now_sec += 60;
	server_expire(&t->s, t->now_sec);
	assert_int_equal(test_count(t, "h.z.example", TYPE_A), 0);
	assert_int_equal(t->z->serial, 102);
}

/* Only a success is answered with the option, and only to who sent one (section 4.3). */
static void
errors_grant_nothing(void **state)
{
	struct test_server *t = *state;
	struct rdata a = rd_a("192.0.2.9");
	struct lease_option l;
	int result = -1;
	const struct commit_journal journal = {good_append, broken_finish, &result};

	test_update(t);
	add(t, "g.z.example", &a);
	assert_int_equal(test_finish(t, "h.z.example", 3600), RCODE_REFUSED);
	assert_true(t->m.has_edns);
	assert_int_equal(lease_option_get(&t->m, &l), 0);
	assert_int_equal(with_option(t, "00020003000e10", 1), RCODE_FORMERR);
	assert_int_equal(lease_option_get(&t->m, &l), 0);
	/* nor when it is the zone that is full, or the disk that fails */
	t->z->max_records = t->z->records;
	assert_int_equal(with_option(t, "0002000400000e10", 1), RCODE_REFUSED);
	assert_int_equal(lease_option_get(&t->m, &l), 0);
	t->z->max_records = 0;
	commit_set_journal(t->s.commit, &journal);
	assert_int_equal(with_option(t, "0002000400000e10", 1), RCODE_SERVFAIL);
	assert_int_equal(lease_option_get(&t->m, &l), 0);
	assert_int_equal(lease_count(t->z->leases), 0);
	result = 0;
	assert_int_equal(test_add(t, "h.z.example", "h.z.example", 60, &a), RCODE_NOERROR);
	assert_int_equal(lease_option_get(&t->m, &l), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(limits),
	    cmocka_unit_test(the_first_one_is_always_first),
	    cmocka_unit_test(numbers_come_back_as_they_were),
	    TEST(a_host_goes_as_a_whole),
	    TEST(a_refresh_puts_the_end_off_and_no_more),
	    TEST(records_move_between_groups),
	    TEST(keys_may_live_longer),
	    TEST(options_that_cannot_be),
	    TEST(granted_to_the_octet),
	    TEST(errors_grant_nothing),
	    TEST(keys_live_as_long_in_the_short_form),
	    TEST(the_zone_itself_does_not_expire),
	    TEST(expiry_waits_for_the_disk),
	    TEST(steps_of_the_clock),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
