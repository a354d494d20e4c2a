#include "tests/unit/dnsd_test.h"

#include "dnsupdate/server/net/rrl.h"

static struct request r;
static size_t reply_len;

static enum rrl_verdict
judge(struct rrl *l, const char *name, const char *from, uint64_t now_ms, unsigned rcode)
{
	memset(&r, 0, sizeof r);
	r.m.has_question = 1;
	r.m.question = (struct question) {.name = name_of(name), .type = TYPE_A};
	r.now_ms = now_ms;
	r.len = 60;
	r.reply.pos = reply_len;
	r.rcode = (uint16_t)rcode;
	if (strchr(from, ':') == NULL) {
		r.from.from.in.sin_family = AF_INET;
		inet_pton(AF_INET, from, &r.from.from.in.sin_addr);
	} else {
		r.from.from.in6.sin6_family = AF_INET6;
		inet_pton(AF_INET6, from, &r.from.from.in6.sin6_addr);
	}
	return rrl_judge(l, &r);
}

static unsigned
sent(struct rrl *l, const char *name, const char *from, uint64_t now_ms, unsigned rcode, int tries)
{
	unsigned n = 0;

	while (tries-- > 0)
		n += judge(l, name, from, now_ms, rcode) == RRL_SEND;
	return n;
}

static void
so_many_a_second(void **state)
{
	struct rrl *l = rrl_new(20);

	assert_int_equal(sent(l, "a.z.example", "192.0.2.1", 5000, 0, 100), 20);
	assert_int_equal(sent(l, "a.z.example", "192.0.2.200", 5000, 0, 100), 0); /* the same /24 */
	assert_int_equal(sent(l, "a.z.example", "192.0.3.1", 5000, 0, 100), 20);
	assert_int_equal(sent(l, "b.z.example", "192.0.2.1", 5000, 0, 100), 20);
	assert_int_equal(sent(l, "a.z.example", "192.0.2.1", 5500, 0, 100), 10);
	assert_int_equal(sent(l, "a.z.example", "192.0.2.1", 65000, 0, 100), 20);
	rrl_free(l);
}

/* Random names that do not exist are all one answer, and so are errors. */
static void
made_up_names(void **state)
{
	struct rrl *l = rrl_new(20);
	unsigned n = 0;
	char name[32];

	for (int i = 0; i < 100; i++) {
		snprintf(name, sizeof name, "x%d.z.example", i);
		n += sent(l, name, "192.0.2.1", 5000, RCODE_NXDOMAIN, 1);
	}
	assert_int_equal(n, 20);
	for (int i = 0; i < 100; i++) {
		snprintf(name, sizeof name, "x%d.other.example", i);
		n += sent(l, name, "192.0.2.1", 5000, RCODE_REFUSED, 1);
	}
	assert_int_equal(n, 40);
	rrl_free(l);
}

static void
ipv6_by_56_bits(void **state)
{
	struct rrl *l = rrl_new(20);

	assert_int_equal(sent(l, "a.z.example", "2001:db8:0:1::1", 5000, 0, 100), 20);
	assert_int_equal(sent(l, "a.z.example", "2001:db8:0:ff::2", 5000, 0, 100), 0);
	assert_int_equal(sent(l, "a.z.example", "2001:db8:0:100::1", 5000, 0, 100), 20);
	rrl_free(l);
}

/* A thousand names in turn: how many octets are sent, and how many answers are cut. */
static unsigned
ask_all(struct rrl *l, unsigned *cut)
{
	unsigned octets = 0;
	char name[32];

	*cut = 0;
	for (unsigned i = 0; i < 1000; i++) {
		enum rrl_verdict v;

		snprintf(name, sizeof name, "x%u.z.example", i);
		reply_len = 400;
		v = judge(l, name, "192.0.2.1", 5000 + i / 10, 0);
		octets += v == RRL_SEND ? reply_len : 0;
		*cut += v == RRL_TRUNCATE;
	}
	return octets;
}

/* All names of a zone, each seldom: the octets count.  In one table of seventy a name has the place
 * of the network's own clock; then another one is taken. */
static void
many_answers(void **state)
{
	struct rrl *l = NULL;
	unsigned octets = 0, cut = 0;

	for (int tables = 0; tables < 4; tables++) {
		rrl_free(l);
		l = rrl_new(20);
		octets = ask_all(l, &cut);
		if (octets <= 22 * RRL_NETWORK_OCTETS)
			break;
	}
	assert_in_range(cut, 450, 500);
	assert_in_range(octets, 20 * RRL_NETWORK_OCTETS, 22 * RRL_NETWORK_OCTETS);
	assert_int_equal(judge(l, "y.z.example", "192.0.3.1", 5100, 0), RRL_SEND);
	reply_len = 60; /* no longer than a question */
	assert_int_equal(judge(l, "y.z.example", "192.0.2.1", 5100, 0), RRL_SEND);
	rrl_free(l);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(so_many_a_second),
	    cmocka_unit_test(made_up_names),
	    cmocka_unit_test(ipv6_by_56_bits),
	    cmocka_unit_test(many_answers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
