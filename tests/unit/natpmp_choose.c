/* PCP, and the choice among three methods, in virtual time. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/unit/natpmp_sim.h"

#define ALL NAT_METHOD_ALL

static void
sim_init_known(struct sim *s, unsigned methods, unsigned known)
{
	struct msg_natpmp_want w = a_want(methods);

	memset(s, 0, sizeof *s);
	jitter_value = 0;
	s->now = START;
	w.known = (uint8_t)known;
	w.external = (struct endpoint) {.family = 4, .port = 4777, .addr = {11, 22, 33, 8}};
	mapping_init(&s->m, &w, test_jitter, s->now);
	settle(s);
}

/* Up by PCP at START, epoch 1000. */
static void
sim_up_pcp(struct sim *s, unsigned methods)
{
	sim_init(s, methods);
	answer_announce(s, PCP_SUCCESS, 1000);
	answer_pcp(s, PCP_SUCCESS, 1000, 4501, 3600);
	assert_state(s, NAT_UP, NAT_METHOD_PCP, "");
	sim_clear(s);
}

/* ---- who is asked, and when ---- */

static void
test_stagger(void **state)
{
	struct sim s;

	sim_init(&s, ALL);
	pass(&s, 1999);
	assert_step(&s, 0, 0, MAPPING_PCP_ANNOUNCE, 4500, 3600);
	assert_step(&s, 1, 100, MAPPING_PMP_ADDRESS, 4500, 3600);
	assert_step(&s, 2, 250, MAPPING_PCP_ANNOUNCE, 4500, 3600);
	assert_step(&s, 3, 250, MAPPING_IGD_MAP, 4500, 3600);
	assert_state(&s, NAT_ASKING, 0, "");
	pass(&s, 1);
	assert_state(&s, NAT_ASKING, 0, ""); /* the child is still looking */
	answer_igd(&s, IGD_SILENT, 0, 0, 0);
	assert_state(&s, NAT_SILENT, 0, "does not answer PCP, NAT-PMP or UPnP");
}

/* PCP answers at once: nobody else is asked. */
static void
test_pcp_first(void **state)
{
	struct msg_natpmp_state r;
	struct sim s;

	sim_init(&s, ALL);
	pass(&s, 5);
	answer_announce(&s, PCP_SUCCESS, 1000);
	assert_step(&s, 1, 5, MAPPING_PCP_MAP, 4500, 3600);
	answer_pcp(&s, PCP_SUCCESS, 1000, 4501, 3600);
	r = report(&s);
	assert_int_equal(r.state, NAT_UP);
	assert_int_equal(r.method, NAT_METHOD_PCP);
	assert_int_equal(r.external.port, 4501);
	assert_int_equal(r.said[NAT_COLUMN_PCP].answer, NAT_GIVES);
	assert_int_equal(r.said[NAT_COLUMN_NATPMP].answer, NAT_NOT_ASKED);
	pass(&s, 100000);
	assert_int_equal(s.steps, 2);
}

/* A method that worked before is asked alone, PCP without a question before; the others after
 * 500 ms, or at once when it refuses. */
static void
test_known(void **state)
{
	struct sim s;

	sim_init_known(&s, ALL, NAT_METHOD_PCP);
	assert_step(&s, 0, 0, MAPPING_PCP_MAP, 4777, 3600);
	assert_int_equal(s.log[0].step.external.addr[3], 8); /* the same outside, too */
	answer_pcp(&s, PCP_SUCCESS, 1, 4777, 3600);
	pass(&s, 100000);
	assert_int_equal(s.steps, 1);

	sim_init_known(&s, ALL, NAT_METHOD_NATPMP);
	answer_address(&s, 0, 1, 2);
	answer_map(&s, 0, 1, 4777, 3600);
	pass(&s, 100000);
	assert_int_equal(s.steps, 2);

	sim_init_known(&s, ALL, NAT_METHOD_UPNP);
	pass(&s, 499);
	assert_int_equal(s.steps, 1);
	pass(&s, 1);
	assert_step(&s, 1, 500, MAPPING_PCP_ANNOUNCE, 4777, 3600);

	sim_init_known(&s, ALL, NAT_METHOD_UPNP);
	answer_igd(&s, IGD_SILENT, 0, 0, 0);
	assert_step(&s, 1, 0, MAPPING_PCP_ANNOUNCE, 4777, 3600);
	pass(&s, 100);
	assert_step(&s, 2, 100, MAPPING_PMP_ADDRESS, 4777, 3600);
}

/* A known PCP that has gone: NAT-PMP's answer ends the waiting for it. */
static void
test_known_gone(void **state)
{
	struct sim s;

	sim_init_known(&s, ALL, NAT_METHOD_PCP);
	pass(&s, 600);
	answer_address(&s, 0, 1, 2);
	answer_map(&s, 0, 1, 4777, 3600);
	assert_state(&s, NAT_UP, NAT_METHOD_NATPMP, "");
	sim_clear(&s);
	pass(&s, 100000);
	assert_int_equal(s.steps, 0);
}

static void
test_older_router(void **state)
{
	struct sim s;

	sim_init(&s, ALL);
	mapping_pcp_older(&s.m, s.now);
	settle(&s);
	assert_step(&s, 1, 0, MAPPING_PMP_ADDRESS, 4500, 3600);
	answer_address(&s, 0, 9, 2);
	answer_map(&s, 0, 9, 4500, 3600);
	assert_state(&s, NAT_UP, NAT_METHOD_NATPMP, "");
	assert_string_equal(report(&s).said[NAT_COLUMN_PCP].text, "UNSUPP_VERSION (1)");
	/* PCP is left alone at the checks. */
	sim_clear(&s);
	pass(&s, 121000);
	assert_int_equal(count(&s, MAPPING_PCP_ANNOUNCE), 0);
	assert_int_equal(count(&s, MAPPING_PMP_ADDRESS), 3);
}

/* ---- the better one takes over ---- */

static void
test_pcp_after_natpmp(void **state)
{
	struct sim s;

	sim_init(&s, ALL);
	pass(&s, 110);
	answer_address(&s, 0, 9, 2);
	answer_map(&s, 0, 9, 4500, 3600);
	assert_state(&s, NAT_UP, NAT_METHOD_NATPMP, "");
	sim_clear(&s);
	pass(&s, 200);
	assert_int_equal(count(&s, MAPPING_PCP_ANNOUNCE), 1);
	answer_announce(&s, PCP_SUCCESS, 9);
	assert_int_equal(count(&s, MAPPING_PCP_MAP), 0); /* the other one goes first */
	assert_int_equal(s.log[1].step.action, MAPPING_PMP_MAP);
	assert_int_equal(s.log[1].step.lifetime_sec, 0);
	answer_map(&s, 0, 9, 0, 0);
	assert_int_equal(count(&s, MAPPING_PCP_MAP), 1);
	assert_state(&s, NAT_UP, NAT_METHOD_NATPMP, "");
	answer_pcp(&s, PCP_SUCCESS, 9, 4500, 3600);
	assert_state(&s, NAT_UP, NAT_METHOD_PCP, "");
	assert_int_equal(report(&s).said[NAT_COLUMN_NATPMP].answer, NAT_SPEAKS);
	sim_clear(&s);
	pass(&s, 119000);
	assert_int_equal(s.steps, 0);
}

/* It answers, but will not map: back to the one that did, and no second try for half an hour. */
static void
test_pcp_useless(void **state)
{
	struct sim s;

	sim_init(&s, ALL);
	pass(&s, 110);
	answer_address(&s, 0, 9, 2);
	answer_map(&s, 0, 9, 4500, 3600);
	answer_announce(&s, PCP_SUCCESS, 9);
	answer_map(&s, 0, 9, 0, 0);
	answer_pcp(&s, PCP_NOT_AUTHORIZED, 9, 0, 0);
	answer_map(&s, 0, 9, 4500, 3600);
	assert_state(&s, NAT_UP, NAT_METHOD_NATPMP, "");
	sim_clear(&s);
	for (unsigned i = 1; i <= 10; i++) {
		pass(&s, 120000);
		answer_address(&s, 0, 9 + i * 120, 2);
	}
	assert_int_equal(count(&s, MAPPING_PCP_ANNOUNCE) + count(&s, MAPPING_PCP_MAP), 0);
	assert_state(&s, NAT_UP, NAT_METHOD_NATPMP, "");
}

static void
test_pcp_after_upnp(void **state)
{
	struct sim s;

	for (int mapped = 0; mapped <= 1; mapped++) {
		sim_init(&s, ALL);
		pass(&s, 300);
		answer_announce(&s, PCP_SUCCESS, 9); /* the child cannot be called back */
		assert_int_equal(count(&s, MAPPING_PCP_MAP), 0);
		answer_igd(&s, mapped ? IGD_OK : IGD_SILENT, 0, mapped ? 4500 : 0, 3600);
		assert_int_equal(count(&s, MAPPING_IGD_UNMAP), mapped);
		if (mapped)
			answer_igd(&s, IGD_OK, 0, 0, 0);
		assert_int_equal(count(&s, MAPPING_PCP_MAP), 1);
		answer_pcp(&s, PCP_SUCCESS, 9, 4500, 3600);
		assert_state(&s, NAT_UP, NAT_METHOD_PCP, "");
	}
}

/* ---- PCP ---- */

static void
test_pcp_results(void **state)
{
	static const struct {
		unsigned result;
		const char *reason;
	} cases[] = {
	    {PCP_UNSUPP_VERSION, "another version of PCP"},
	    {PCP_NOT_AUTHORIZED, "forbids mappings"},
	    {PCP_MALFORMED_REQUEST, "does not understand"},
	    {PCP_UNSUPP_OPCODE, "makes no mappings"},
	    {PCP_UNSUPP_OPTION, "(PCP result 5)"},
	    {PCP_MALFORMED_OPTION, "(PCP result 6)"},
	    {PCP_NETWORK_FAILURE, "no usable external address"},
	    {PCP_NO_RESOURCES, "no room"},
	    {PCP_UNSUPP_PROTOCOL, "does not map this protocol"},
	    {PCP_USER_EX_QUOTA, "no more mappings"},
	    {PCP_CANNOT_PROVIDE_EXTERNAL, "cannot give"},
	    {PCP_ADDRESS_MISMATCH, "another NAT"},
	    {PCP_EXCESSIVE_REMOTE_PEERS, "(PCP result 13)"},
	    {200, "(PCP result 200)"},
	};
	struct sim s;

	for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		sim_init(&s, NAT_METHOD_PCP);
		answer_announce(&s, PCP_SUCCESS, 9);
		answer_pcp(&s, cases[i].result, 9, 0, 0);
		assert_state(&s, NAT_REFUSED, 0, cases[i].reason);
		/* The others' turn at once; their success hides the refusal. */
		sim_init(&s, ALL);
		answer_announce(&s, PCP_SUCCESS, 9);
		answer_pcp(&s, cases[i].result, 9, 0, 0);
		assert_int_equal(count(&s, MAPPING_PMP_ADDRESS), 1);
		pass(&s, 150);
		assert_int_equal(count(&s, MAPPING_IGD_MAP), 1);
		answer_igd(&s, IGD_OK, 0, 4500, 3600);
		assert_state(&s, NAT_UP, NAT_METHOD_UPNP, "");
	}
}

/* A router that knows MAP but not ANNOUNCE speaks PCP all the same. */
static void
test_no_announce(void **state)
{
	struct sim s;

	sim_init(&s, NAT_METHOD_PCP);
	answer_announce(&s, PCP_UNSUPP_OPCODE, 9);
	answer_pcp(&s, PCP_SUCCESS, 9, 4500, 3600);
	assert_state(&s, NAT_UP, NAT_METHOD_PCP, "");
}

/* How long a refusal holds: what the router says, from a minute to a day; half an hour for those
 * that say nothing; and a new network ends it. */
static void
test_holds(void **state)
{
	static const struct {
		unsigned result;
		uint32_t lifetime, hold_sec;
	} cases[] = {
	    {PCP_NOT_AUTHORIZED, 0, 1800},
	    {PCP_NETWORK_FAILURE, 0, 60},
	    {PCP_NO_RESOURCES, 30, 60},
	    {PCP_NO_RESOURCES, 300, 300},
	    {PCP_UNSUPP_OPCODE, UINT32_MAX, 86400},
	};
	struct msg_natpmp_want w = a_want(NAT_METHOD_PCP);
	struct sim s;

	for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		sim_init(&s, NAT_METHOD_PCP);
		answer_announce(&s, PCP_SUCCESS, 9);
		answer_pcp(&s, cases[i].result, 9, 0, cases[i].lifetime);
		sim_clear(&s);
		pass(&s, (uint64_t)cases[i].hold_sec * 1000 - 1);
		assert_int_equal(s.steps, 0);
		assert_int_equal(report(&s).state, NAT_REFUSED);
		mapping_want(&s.m, &w, s.now);
		settle(&s);
		assert_int_equal(s.steps, 1);
	}
}

static void
test_stray_pcp(void **state)
{
	struct mapping before;
	struct sim s;

	sim_init(&s, NAT_METHOD_PCP);
	before = s.m;
	answer_pcp(&s, PCP_SUCCESS, 9, 4500, 3600); /* not asked yet */
	assert_memory_equal(&before, &s.m, sizeof before);
	answer_announce(&s, PCP_SUCCESS, 9);
	before = s.m;
	answer_announce(&s, PCP_SUCCESS, 1);
	answer_pcp(&s, PCP_SUCCESS, 9, 0, 3600);
	answer_pcp(&s, PCP_SUCCESS, 9, 4500, 0);
	assert_memory_equal(&before, &s.m, sizeof before);
	answer_pcp(&s, PCP_SUCCESS, 9, 4500, 3600);
	before = s.m;
	answer_pcp(&s, PCP_NOT_AUTHORIZED, 1, 0, 0);
	mapping_pcp_older(&s.m, s.now);
	mapping_unreachable(&s.m, NAT_COLUMN_PCP, s.now);
	settle(&s);
	assert_memory_equal(&before, &s.m, sizeof before);
}

/* Renewal somewhere between 1/2 and 5/8 of the lease; then at half of what is left, if not
 * earlier. */
static void
test_pcp_renewal(void **state)
{
	struct sim s;

	sim_init(&s, NAT_METHOD_PCP);
	answer_announce(&s, PCP_SUCCESS, 1000);
	jitter_value = 449999;
	answer_pcp(&s, PCP_SUCCESS, 1000, 4501, 3600);
	assert_int_equal(report(&s).renew_ms, START + 1800000 + 449999);
	assert_int_equal(report(&s).expires_ms, START + 3600000);
	jitter_value = 0;
	answer_announce(&s, PCP_SUCCESS, 1000);
	sim_clear(&s);
	s.m.next_ms = s.m.renew_ms;
	pass(&s, 2250000);
	assert_int_equal(count(&s, MAPPING_PCP_ANNOUNCE), 0);
	assert_int_equal(s.log[0].step.action, MAPPING_PCP_MAP);
	assert_step(&s, 0, 2249999, MAPPING_PCP_MAP, 4501, 3600);
	/* Late in the lease the tries come closer, never closer than 4 s, to the end. */
	pass(&s, 1349999);
	assert_int_equal(report(&s).state, NAT_UP);
	pass(&s, 1);
	assert_int_not_equal(report(&s).state, NAT_UP);
}

/* ---- restarts ---- */

/* 120 s later an epoch of 5: asked again within a second, at the same port. */
static void
test_pcp_epoch(void **state)
{
	struct sim s;

	sim_up_pcp(&s, ALL);
	pass(&s, 120000);
	assert_step(&s, 0, 120000, MAPPING_PCP_ANNOUNCE, 4501, 3600);
	jitter_value = 999;
	answer_announce(&s, PCP_SUCCESS, 5);
	assert_state(&s, NAT_UP, NAT_METHOD_PCP, "restarted");
	assert_int_equal(report(&s).remade, 0);
	pass(&s, 998);
	assert_int_equal(count(&s, MAPPING_PCP_MAP), 0);
	pass(&s, 1);
	assert_int_equal(count(&s, MAPPING_PCP_MAP), 1);
	answer_pcp(&s, PCP_SUCCESS, 6, 4501, 3600);
	assert_state(&s, NAT_UP, NAT_METHOD_PCP, "");
	assert_int_equal(report(&s).remade, 1);
}

/* An announcement is a reason to ask, once a second; nothing else changes. */
static void
test_hint(void **state)
{
	struct sim s;

	sim_up_pcp(&s, NAT_METHOD_PCP);
	pass(&s, 10000);
	for (unsigned i = 0; i < 20; i++) {
		mapping_hint(&s.m, s.now);
		settle(&s);
	}
	assert_int_equal(s.steps, 1);
	assert_step(&s, 0, 10000, MAPPING_PCP_MAP, 4501, 3600);
	assert_state(&s, NAT_UP, NAT_METHOD_PCP, "");
	answer_pcp(&s, PCP_SUCCESS, 3, 4502, 3600);
	assert_int_equal(report(&s).external.port, 4502);
	assert_int_equal(report(&s).remade, 1); /* it may have been lost, whatever the epoch says */
	pass(&s, 999);
	assert_int_equal(s.steps, 1);
	pass(&s, 1); /* the last of the twenty */
	assert_step(&s, 1, 11000, MAPPING_PCP_MAP, 4502, 3600);
	answer_pcp(&s, PCP_SUCCESS, 4, 4502, 3600);
	pass(&s, 60000);
	assert_int_equal(s.steps, 2);
	/* NAT-PMP: the harmless question first. */
	sim_up(&s, OLD_TWO);
	pass(&s, 10000);
	mapping_hint(&s.m, s.now);
	settle(&s);
	assert_step(&s, 0, 10000, MAPPING_PMP_ADDRESS, 4501, 3600);
	answer_address(&s, 0, 2, 3);
	assert_int_equal(count(&s, MAPPING_PMP_MAP), 1);
	/* UPnP: said again; and is a better method there by now? */
	sim_up_upnp(&s);
	mapping_hint(&s.m, s.now);
	settle(&s);
	assert_int_equal(count(&s, MAPPING_IGD_MAP), 1);
	assert_int_equal(count(&s, MAPPING_PMP_ADDRESS), 1);
	/* In the middle of a search with long waits, and during a refusal: asked at once. */
	sim_init(&s, NAT_METHOD_PCP);
	pass(&s, 40000);
	sim_clear(&s);
	mapping_hint(&s.m, s.now);
	settle(&s);
	assert_int_equal(s.steps, 1);
	answer_announce(&s, PCP_SUCCESS, 1);
	answer_pcp(&s, PCP_NETWORK_FAILURE, 1, 0, 30);
	assert_state(&s, NAT_REFUSED, 0, "no usable external address");
	pass(&s, 2000);
	sim_clear(&s);
	mapping_hint(&s.m, s.now);
	settle(&s);
	assert_int_equal(s.steps, 1);
}

/* ---- the end ---- */

static void
test_drop_pcp(void **state)
{
	struct sim s;

	sim_up_pcp(&s, ALL);
	mapping_drop(&s.m, s.now);
	settle(&s);
	assert_int_equal(s.steps, 1);
	assert_step(&s, 0, 0, MAPPING_PCP_MAP, 0, 0);
	answer_pcp(&s, PCP_SUCCESS, 1000, 4501, 3600); /* a late grant */
	assert_false(s.gone);
	answer_pcp(&s, PCP_SUCCESS, 1000, 0, 0);
	assert_true(s.gone);
	sim_up_pcp(&s, ALL);
	mapping_drop(&s.m, s.now);
	pass(&s, 2000);
	assert_true(s.gone);
}

/* Wanted again, at another port, while the child is still deleting. */
static void
test_want_while_unmapping(void **state)
{
	struct msg_natpmp_want w = a_want(NAT_METHOD_UPNP);
	struct sim s;

	sim_init(&s, NAT_METHOD_UPNP);
	answer_igd(&s, IGD_OK, 0, 4500, 3600);
	mapping_drop(&s.m, s.now);
	settle(&s);
	w.external = (struct endpoint) {.family = 4, .port = 7000};
	mapping_want(&s.m, &w, s.now);
	settle(&s);
	sim_clear(&s);
	answer_igd(&s, IGD_OK, 0, 0, 0);
	assert_step(&s, 0, 0, MAPPING_IGD_MAP, 7000, 3600);
}

/* A router that refused is gone, and nobody answers any more: that is said. */
static void
test_refused_then_silent(void **state)
{
	struct msg_natpmp_want w = a_want(NAT_METHOD_UPNP);
	struct sim s;

	sim_init(&s, NAT_METHOD_UPNP);
	answer_igd(&s, IGD_DIED, 0, 0, 0);
	assert_state(&s, NAT_REFUSED, 0, "too long");
	mapping_drop(&s.m, s.now);
	mapping_want(&s.m, &w, s.now);
	settle(&s);
	answer_igd(&s, IGD_SILENT, 0, 0, 0);
	assert_state(&s, NAT_SILENT, 0, "does not answer UPnP");
}

/* What an earlier run has left: deleted by the method that made it, and nothing else. */
static void
test_remove(void **state)
{
	static const struct {
		unsigned method, action;
	} cases[] = {
	    {NAT_METHOD_PCP, MAPPING_PCP_MAP},
	    {NAT_METHOD_NATPMP, MAPPING_PMP_MAP},
	    {NAT_METHOD_UPNP, MAPPING_IGD_UNMAP},
	};
	struct msg_natpmp_want w = a_want(ALL);
	struct sim s;

	w.remove = 1;
	w.external = (struct endpoint) {.family = 4, .port = 4777, .addr = {11, 22, 33, 8}};
	for (unsigned i = 0; i < 3; i++) {
		memset(&s, 0, sizeof s);
		s.now = START;
		w.known = (uint8_t)cases[i].method;
		mapping_init(&s.m, &w, test_jitter, s.now);
		pass(&s, 10);
		assert_int_equal(s.steps, 1);
		assert_int_equal(s.log[0].step.action, cases[i].action);
		assert_int_equal(s.log[0].step.lifetime_sec, 0);
		if (i == 2)
			assert_int_equal(s.log[0].step.external.port, 4777);
		pass(&s, 1990);
		assert_true(s.gone);
	}
}

/* ---- IPv6: PCP and UPnP only ---- */

static void
test_pinhole(void **state)
{
	struct msg_natpmp_want w = a_want(ALL);
	struct pcp_answer a = {.op = PCP_ANNOUNCE, .epoch = 4};
	struct sim s;

	memset(&s, 0, sizeof s);
	s.now = START;
	w.gateway = (struct endpoint) {.family = 6, .addr = {0xfe, 0x80, [15] = 1}};
	w.local = (struct endpoint) {.family = 6, .port = 4500, .addr = {0x20, 1, [15] = 9}};
	w.ifindex = 2;
	mapping_init(&s.m, &w, test_jitter, s.now);
	pass(&s, 200);
	assert_int_equal(count(&s, MAPPING_PMP_ADDRESS), 0);
	mapping_pcp_answer(&s.m, &a, s.now);
	settle(&s);
	a = (struct pcp_answer) {.op = PCP_MAP, .epoch = 4, .lifetime_sec = 3600};
	a.external = (struct endpoint) {.family = 4, .port = 4500, .addr = {11, 22, 33, 4}};
	mapping_pcp_answer(&s.m, &a, s.now); /* of the other family: no grant */
	assert_int_equal(report(&s).state, NAT_ASKING);
	a.external = w.local;
	mapping_pcp_answer(&s.m, &a, s.now);
	settle(&s);
	assert_state(&s, NAT_UP, NAT_METHOD_PCP, "");
	assert_true(endpoint_equal(&s.m.external, &w.local));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_stagger),
	    cmocka_unit_test(test_pcp_first),
	    cmocka_unit_test(test_known),
	    cmocka_unit_test(test_known_gone),
	    cmocka_unit_test(test_older_router),
	    cmocka_unit_test(test_pcp_after_natpmp),
	    cmocka_unit_test(test_pcp_useless),
	    cmocka_unit_test(test_pcp_after_upnp),
	    cmocka_unit_test(test_pcp_results),
	    cmocka_unit_test(test_no_announce),
	    cmocka_unit_test(test_holds),
	    cmocka_unit_test(test_stray_pcp),
	    cmocka_unit_test(test_pcp_renewal),
	    cmocka_unit_test(test_pcp_epoch),
	    cmocka_unit_test(test_hint),
	    cmocka_unit_test(test_drop_pcp),
	    cmocka_unit_test(test_want_while_unmapping),
	    cmocka_unit_test(test_refused_then_silent),
	    cmocka_unit_test(test_remove),
	    cmocka_unit_test(test_pinhole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
