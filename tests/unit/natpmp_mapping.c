/* One mapping's decisions about NAT-PMP and UPnP, in virtual time: hours of leases and back-off in
 * a moment.  PCP and the choice among all three are natpmp_choose.c's. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/unit/natpmp_sim.h"

/* ---- NAT-PMP ---- */

static void
test_retransmission(void **state)
{
	static const unsigned at[] = {0, 250, 750, 1750, 3750, 7750, 15750, 31750, 63750};
	struct sim s;

	sim_init(&s, NAT_METHOD_NATPMP);
	assert_state(&s, NAT_ASKING, 0, "");
	pass(&s, 1999);
	assert_state(&s, NAT_ASKING, 0, "");
	pass(&s, 1);
	assert_state(&s, NAT_SILENT, 0,
	    "router 192.168.1.1 does not answer NAT-PMP: switch it on there, or forward UDP port "
	    "4500");
	pass(&s, 127750 + 29999 - 2000);
	assert_int_equal(s.steps, 9);
	for (unsigned i = 0; i < 9; i++)
		assert_step(&s, i, at[i], MAPPING_PMP_ADDRESS, 4500, 3600);
	pass(&s, 1);
	assert_step(&s, 9, 127750 + 30000, MAPPING_PMP_ADDRESS, 4500, 3600);
}

static void
test_backoff(void **state)
{
	static const unsigned waits[] = {30, 60, 120, 240, 480, 900, 900};
	struct sim s;

	sim_init(&s, NAT_METHOD_NATPMP);
	mapping_unreachable(&s.m, NAT_COLUMN_NATPMP, s.now);
	for (unsigned i = 0; i < sizeof waits / sizeof waits[0]; i++) {
		settle(&s);
		assert_int_equal(mapping_wait(&s.m, s.now), waits[i] * 1000);
		pass(&s, waits[i] * 1000);
		mapping_unreachable(&s.m, NAT_COLUMN_NATPMP, s.now);
	}
	settle(&s);
	/* Jitter of up to a quarter; success starts from the beginning. */
	jitter_value = 1234;
	pass(&s, 900000);
	mapping_unreachable(&s.m, NAT_COLUMN_NATPMP, s.now);
	settle(&s);
	assert_int_equal(mapping_wait(&s.m, s.now), 901234);
	pass(&s, 901234);
	answer_address(&s, 0, 5, 2);
	answer_map(&s, 0, 5, 4500, 3600);
	assert_int_equal(s.m.retry_ms, 0);
}

static void
test_granted(void **state)
{
	struct msg_natpmp_state r;
	struct sim s;

	sim_init(&s, OLD_TWO);
	answer_address(&s, 0, 1000, 2);
	assert_step(&s, 1, 0, MAPPING_PMP_MAP, 4500, 3600);
	assert_state(&s, NAT_ASKING, 0, "");
	answer_map(&s, 0, 1000, 4777, 1200);
	r = report(&s);
	assert_int_equal(r.state, NAT_UP);
	assert_int_equal(r.external.port, 4777);
	assert_memory_equal(r.external.addr, ((uint8_t[]) {11, 22, 33, 2}), 4);
	assert_int_equal(r.lifetime_sec, 1200);
	assert_int_equal(r.renew_ms, START + 600000);
	sim_clear(&s);
	/* Checked every 2 minutes, renewed at half of what was granted, at the granted port. */
	for (unsigned i = 1; i <= 4; i++) {
		pass(&s, 120000);
		assert_step(&s, i - 1, i * 120000, MAPPING_PMP_ADDRESS, 4777, 3600);
		answer_address(&s, 0, 1000 + i * 120, 2);
	}
	pass(&s, 120000);
	answer_address(&s, 0, 1600, 2);
	assert_step(&s, 5, 600000, MAPPING_PMP_MAP, 4777, 3600);
	answer_map(&s, 0, 1600, 4777, 1200);
	assert_int_equal(report(&s).renew_ms, START + 1200000);
	assert_int_equal(count(&s, MAPPING_IGD_MAP), 0);
}

static void
test_address_changes(void **state)
{
	struct sim s;

	sim_up(&s, NAT_METHOD_NATPMP);
	pass(&s, 120000);
	answer_address(&s, 0, 1120, 77);
	assert_int_equal(report(&s).external.addr[3], 77);
	assert_int_equal(count(&s, MAPPING_PMP_MAP), 0);
}

/* RFC 6886 section 3.6: 800 s later 1700 is expected, less 2. */
static void
test_epoch(void **state)
{
	struct sim s;

	for (uint32_t epoch = 1697; epoch <= 1698; epoch++) {
		sim_up(&s, NAT_METHOD_NATPMP);
		s.m.next_ms = START + 800000;
		jitter_value = 700;
		pass(&s, 800000);
		sim_clear(&s);
		answer_address(&s, 0, epoch, 2);
		pass(&s, 699);
		assert_int_equal(s.steps, 0);
		pass(&s, 1);
		assert_int_equal(count(&s, MAPPING_PMP_MAP), epoch == 1697);
		if (epoch == 1698)
			continue;
		assert_step(&s, 0, 800700, MAPPING_PMP_MAP, 4501, 3600);
		assert_state(&s, NAT_UP, NAT_METHOD_NATPMP, "restarted");
		answer_map(&s, 0, 1700, 4502, 3600);
		assert_state(&s, NAT_UP, NAT_METHOD_NATPMP, "");
		assert_int_equal(report(&s).external.port, 4502);
	}
}

/* Restarted, and not willing any more: then it is not up. */
static void
test_epoch_then_refused(void **state)
{
	struct sim s;

	sim_up(&s, NAT_METHOD_NATPMP);
	pass(&s, 120000);
	answer_address(&s, PMP_NETWORK_FAILURE, 1, 2);
	settle(&s);
	pass(&s, 0);
	assert_state(&s, NAT_REFUSED, 0, "no usable external address");
}

static void
test_results(void **state)
{
	static const struct {
		unsigned result;
		const char *reason;
	} cases[] = {
	    {PMP_BAD_VERSION, "another version"},
	    {PMP_NOT_AUTHORIZED, "forbids mappings"},
	    {PMP_NETWORK_FAILURE, "no usable external address"},
	    {PMP_NO_RESOURCES, "no room"},
	    {PMP_BAD_OPCODE, "another version"},
	    {6, "NAT-PMP result 6"},
	    {65535, "NAT-PMP result 65535"},
	};
	struct sim s;

	for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		sim_init(&s, NAT_METHOD_NATPMP);
		answer_address(&s, cases[i].result, 10, 0);
		assert_state(&s, NAT_REFUSED, 0, cases[i].reason);
		assert_int_equal(mapping_wait(&s.m, s.now), MAPPING_RETRY_MS);
		/* The mapping question may be refused as well. */
		sim_init(&s, NAT_METHOD_NATPMP);
		answer_address(&s, 0, 10, 2);
		answer_map(&s, cases[i].result, 10, 0, 0);
		assert_state(&s, NAT_REFUSED, 0, cases[i].reason);
		/* UPnP has its turn at once; its silence does not hide the reason. */
		sim_init(&s, OLD_TWO);
		answer_address(&s, cases[i].result, 10, 0);
		assert_step(&s, 1, 0, MAPPING_IGD_MAP, 4500, 3600);
		answer_igd(&s, IGD_SILENT, 0, 0, 0);
		assert_state(&s, NAT_REFUSED, 0, cases[i].reason);
	}
}

/* A result while up: "offline" and "full" pass; the others take the mapping away at once. */
static void
test_results_while_up(void **state)
{
	struct sim s;

	for (unsigned result = 1; result <= 5; result++) {
		sim_up(&s, OLD_TWO);
		pass(&s, 120000);
		sim_clear(&s);
		answer_address(&s, result, 1120, 0);
		if (result != PMP_NETWORK_FAILURE && result != PMP_NO_RESOURCES) {
			assert_state(&s, NAT_ASKING, 0,
			    result == PMP_NOT_AUTHORIZED ? "forbids" : "another version");
			assert_int_equal(count(&s, MAPPING_IGD_MAP), 1);
			continue;
		}
		assert_int_equal(count(&s, MAPPING_IGD_MAP), 0);
		assert_int_equal(report(&s).state, NAT_UP);
		assert_true(report(&s).reason[0] != '\0');
		assert_int_equal(mapping_wait(&s.m, s.now), MAPPING_RETRY_MS);
	}
}

static void
test_no_external_address(void **state)
{
	struct pmp_answer a = {.op = PMP_ADDRESS, .has_epoch = 1};
	struct sim s;

	sim_init(&s, NAT_METHOD_NATPMP);
	mapping_pmp_answer(&s.m, &a, s.now);
	settle(&s);
	assert_state(&s, NAT_REFUSED, 0, "no usable external address");
}

/* Answers to questions that were not asked, and impossible grants, change nothing. */
static void
test_stray_answers(void **state)
{
	struct mapping before;
	struct sim s;

	sim_init(&s, NAT_METHOD_NATPMP);
	before = s.m;
	answer_map(&s, 0, 7, 4500, 3600);
	assert_memory_equal(&before, &s.m, sizeof before);
	answer_address(&s, 0, 7, 2);
	before = s.m;
	answer_map(&s, 0, 7, 0, 0);
	answer_map(&s, 0, 7, 4500, 0);
	answer_map(&s, 0, 7, 0, 3600);
	assert_memory_equal(&before, &s.m, sizeof before);
	answer_map(&s, 0, 7, 4500, 3600);
	before = s.m;
	answer_map(&s, 2, 0, 0, 0);
	assert_memory_equal(&before, &s.m, sizeof before);
}

static void
test_lifetimes(void **state)
{
	static const struct {
		uint32_t lifetime;
		uint64_t renew_ms;
	} cases[] = {
	    {1, 4000},
	    {59, 29500},
	    {60, 30000},
	    {62, 31000},
	    {7200, 3600000},
	    {86400, 43200000},
	    {UINT32_MAX, 43200000},
	};
	struct sim s;

	for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		sim_init(&s, NAT_METHOD_NATPMP);
		answer_address(&s, 0, 0, 2);
		answer_map(&s, 0, 0, 4500, cases[i].lifetime);
		assert_int_equal(report(&s).renew_ms, START + cases[i].renew_ms);
		assert_int_equal(report(&s).lifetime_sec, cases[i].lifetime);
		/* It is believed in until the renewal has had its chance. */
		pass(&s, cases[i].renew_ms < 30000 ? cases[i].renew_ms : 30000);
		assert_int_equal(report(&s).state, NAT_UP);
	}
}

/* The router dies: the mapping is believed in until its lease ends, with a reason. */
static void
test_lease_ends(void **state)
{
	struct sim s;

	sim_up(&s, NAT_METHOD_NATPMP);
	pass(&s, 120000 + 30000);
	assert_state(&s, NAT_UP, NAT_METHOD_NATPMP, "stopped answering");
	mapping_unreachable(&s.m, NAT_COLUMN_NATPMP, s.now); /* a restarting daemon: no verdict */
	pass(&s, 3600000 - 150000 - 1);
	assert_state(&s, NAT_UP, NAT_METHOD_NATPMP, "stopped answering");
	pass(&s, 1);
	assert_int_not_equal(report(&s).state, NAT_UP);
	sim_clear(&s);
	pass(&s, 1000000);
	assert_true(count(&s, MAPPING_PMP_ADDRESS) > 0);
	answer_address(&s, 0, 1, 2);
	assert_int_equal(s.log[s.steps - 1].step.external.port, 4501);
}

/* The mapping question may stay unanswered, too: UPnP's turn when it is given up, not before. */
static void
test_mapping_silent(void **state)
{
	struct sim s;

	sim_init(&s, OLD_TWO);
	answer_address(&s, 0, 10, 2);
	pass(&s, 3749);
	assert_int_equal(count(&s, MAPPING_PMP_MAP), 4);
	assert_int_equal(count(&s, MAPPING_IGD_MAP), 0);
	pass(&s, 1);
	assert_int_equal(count(&s, MAPPING_IGD_MAP), 1);
}

/* The router's NAT-PMP restarts: refused packets end nothing while a mapping stands. */
static void
test_unreachable_while_up(void **state)
{
	struct sim s;

	sim_up(&s, OLD_TWO);
	pass(&s, 120000);
	mapping_unreachable(&s.m, NAT_COLUMN_NATPMP, s.now);
	pass(&s, 800);
	assert_int_equal(count(&s, MAPPING_PMP_ADDRESS), 3);
	assert_state(&s, NAT_UP, NAT_METHOD_NATPMP, "");
}

/* Both refuse: NAT-PMP's reason stays.  NAT-PMP refuses after UPnP has mapped: all is well. */
static void
test_two_refusals(void **state)
{
	struct sim s;

	sim_init(&s, OLD_TWO);
	answer_address(&s, PMP_NO_RESOURCES, 10, 0);
	answer_igd(&s, IGD_REFUSED, 718, 0, 0);
	assert_state(&s, NAT_REFUSED, 0, "no room");
	sim_up_upnp(&s);
	answer_address(&s, PMP_NOT_AUTHORIZED, 10, 0);
	assert_state(&s, NAT_UP, NAT_METHOD_UPNP, "");
}

/* The lease ends while the mapping rests between two tries: asked again at that moment. */
static void
test_lease_ends_at_rest(void **state)
{
	struct sim s;

	sim_up(&s, NAT_METHOD_NATPMP);
	pass(&s, 3600000 - 1);
	for (unsigned i = 0; i < NAT_COLUMNS; i++)
		s.m.side[i] = (struct mapping_side) {.held = s.m.side[i].held};
	s.m.next_ms = s.now + 500000;
	sim_clear(&s);
	pass(&s, 1);
	assert_step(&s, 0, 3600000, MAPPING_PMP_ADDRESS, 4501, 3600);
	assert_state(&s, NAT_ASKING, 0, "lease has ended");
}

/* ---- UPnP ---- */

/* UPnP has its turn soon after NAT-PMP; whoever answers first serves. */
static void
test_upnp_beside(void **state)
{
	struct sim s;

	sim_init(&s, OLD_TWO);
	pass(&s, IGD_AT - 1);
	assert_int_equal(count(&s, MAPPING_IGD_MAP), 0);
	pass(&s, 1);
	assert_int_equal(count(&s, MAPPING_IGD_MAP), 1);
	pass(&s, 3000);
	assert_state(&s, NAT_ASKING, 0, "");
	answer_igd(&s, IGD_OK, 0, 4500, 3600);
	assert_state(&s, NAT_UP, NAT_METHOD_UPNP, "");
	assert_int_equal(report(&s).renew_ms, s.now + MAPPING_UPNP_CHECK_MS);
	/* NAT-PMP is not asked any more before the renewal, and then three times only. */
	sim_clear(&s);
	pass(&s, 599999);
	assert_int_equal(s.steps, 0);
	pass(&s, 12000);
	assert_int_equal(count(&s, MAPPING_PMP_ADDRESS), 3);
	assert_int_equal(count(&s, MAPPING_IGD_MAP), 1);
	answer_igd(&s, IGD_OK, 0, 4500, 3600);
	assert_state(&s, NAT_UP, NAT_METHOD_UPNP, "");
}

static void
test_upnp_at_once(void **state)
{
	struct sim s;

	sim_init(&s, NAT_METHOD_UPNP);
	assert_int_equal(s.steps, 1);
	assert_step(&s, 0, 0, MAPPING_IGD_MAP, 4500, 3600);
	sim_init(&s, OLD_TWO);
	mapping_unreachable(&s.m, NAT_COLUMN_NATPMP, s.now);
	settle(&s);
	assert_step(&s, 1, 0, MAPPING_IGD_MAP, 4500, 3600);
}

static void
test_upnp_fails(void **state)
{
	static const struct {
		unsigned result, code, state;
		const char *reason;
	} cases[] = {
	    {IGD_SILENT, 0, NAT_SILENT, "does not answer NAT-PMP or UPnP"},
	    {IGD_UNREADABLE, 0, NAT_REFUSED, "no usable description"},
	    {IGD_ELSEWHERE, 0, NAT_REFUSED, "another machine"},
	    {IGD_NO_ADDRESS, 0, NAT_REFUSED, "no external address"},
	    {IGD_DIED, 0, NAT_REFUSED, "too long"},
	    {IGD_OFFLINE, 501, NAT_REFUSED, "behind another NAT"},
	    {IGD_REFUSED, 718, NAT_REFUSED, "other machines"},
	    {IGD_REFUSED, 606, NAT_REFUSED, "forbids"},
	    {IGD_REFUSED, 728, NAT_REFUSED, "no room"},
	    {IGD_REFUSED, 501, NAT_REFUSED, "UPnP error 501"},
	};
	struct sim s;

	for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		sim_init(&s, OLD_TWO);
		pass(&s, 5000);
		answer_igd(&s, cases[i].result, cases[i].code, 0, 0);
		assert_state(&s, cases[i].state, 0, cases[i].reason);
		/* The round ends with NAT-PMP's last question. */
		pass(&s, 127750 - 5000);
		assert_int_equal(mapping_wait(&s.m, s.now), MAPPING_RETRY_MS);
	}
}

static void
test_permanent_lease(void **state)
{
	struct sim s;

	sim_init(&s, NAT_METHOD_UPNP);
	answer_igd(&s, IGD_OK, 0, 4500, 0);
	assert_state(&s, NAT_UP, NAT_METHOD_UPNP, "");
	assert_int_equal(report(&s).lifetime_sec, 0);
	assert_int_equal(report(&s).renew_ms, s.now + MAPPING_UPNP_CHECK_MS);
}

static void
test_natpmp_takes_over(void **state)
{
	struct sim s;

	sim_up_upnp(&s);
	answer_address(&s, 0, 3, 2);
	assert_int_equal(s.steps, 1);
	assert_step(&s, 0, 2100, MAPPING_IGD_UNMAP, 4500, 0);
	pass(&s, 200);
	assert_int_equal(s.steps, 1);
	answer_igd(&s, IGD_OK, 0, 0, 0);
	assert_step(&s, 1, 2300, MAPPING_PMP_MAP, 4500, 3600);
	assert_int_equal(report(&s).state, NAT_UP);
	answer_map(&s, 0, 3, 4500, 3600);
	assert_state(&s, NAT_UP, NAT_METHOD_NATPMP, "");
}

/* It answers while the UPnP child is at work: never two mappings. */
static void
test_late_answer(void **state)
{
	struct sim s;

	for (int mapped = 0; mapped <= 1; mapped++) {
		sim_init(&s, OLD_TWO);
		pass(&s, 2100);
		answer_address(&s, 0, 3, 2);
		assert_int_equal(count(&s, MAPPING_PMP_MAP), 0);
		answer_igd(&s, mapped ? IGD_OK : IGD_SILENT, 0, mapped ? 4500 : 0, 3600);
		assert_int_equal(count(&s, MAPPING_IGD_UNMAP), mapped);
		if (mapped)
			answer_igd(&s, IGD_OK, 0, 0, 0);
		assert_int_equal(count(&s, MAPPING_PMP_MAP), 1);
		assert_int_not_equal(report(&s).state, NAT_SILENT);
		answer_map(&s, 0, 3, 4500, 3600);
		assert_state(&s, NAT_UP, NAT_METHOD_NATPMP, "");
	}
}

/* A router that answers NAT-PMP but maps by UPnP only: no flapping between the two. */
static void
test_natpmp_useless(void **state)
{
	struct sim s;

	sim_up_upnp(&s);
	answer_address(&s, 0, 3, 2);
	answer_igd(&s, IGD_OK, 0, 0, 0);
	answer_map(&s, PMP_NOT_AUTHORIZED, 3, 0, 0);
	assert_int_equal(count(&s, MAPPING_IGD_MAP), 1);
	answer_igd(&s, IGD_OK, 0, 4500, 3600);
	assert_state(&s, NAT_UP, NAT_METHOD_UPNP, "");
	sim_clear(&s);
	pass(&s, 600000);
	assert_int_equal(s.steps, 1);
	assert_int_equal(s.log[0].step.action, MAPPING_IGD_MAP);
}

/* NAT-PMP dies while it holds: UPnP after 30 s. */
static void
test_upnp_takes_over(void **state)
{
	struct sim s;

	sim_up(&s, OLD_TWO);
	pass(&s, 120000 + 29999);
	assert_int_equal(count(&s, MAPPING_IGD_MAP), 0);
	pass(&s, 1);
	assert_int_equal(count(&s, MAPPING_IGD_MAP), 1);
	answer_igd(&s, IGD_OK, 0, 4600, 3600);
	assert_state(&s, NAT_UP, NAT_METHOD_UPNP, "");
	assert_int_equal(report(&s).external.port, 4600);
}

/* ---- life ---- */

static void
test_want_again(void **state)
{
	struct msg_natpmp_want w = a_want(NAT_METHOD_NATPMP);
	struct sim s;

	sim_init(&s, NAT_METHOD_NATPMP);
	pass(&s, 1000);
	mapping_want(&s.m, &w, s.now); /* it is asking already */
	pass(&s, 1000);
	assert_int_equal(s.steps, 4);
	mapping_unreachable(&s.m, NAT_COLUMN_NATPMP, s.now);
	sim_clear(&s);
	pass(&s, 20000);
	assert_int_equal(s.steps, 0);
	mapping_want(&s.m, &w, s.now);
	pass(&s, 0);
	assert_int_equal(s.steps, 1);
	mapping_unreachable(&s.m, NAT_COLUMN_NATPMP, s.now);
	settle(&s);
	assert_int_equal(mapping_wait(&s.m, s.now), MAPPING_RETRY_MS); /* back-off starts anew */
	pass(&s, MAPPING_RETRY_MS);
	answer_address(&s, 0, 1, 2);
	answer_map(&s, 0, 1, 4500, 3600);
	/* Up: the same wish is a renewal, the only way to see whether it still stands. */
	sim_clear(&s);
	pass(&s, 1000);
	mapping_want(&s.m, &w, s.now);
	settle(&s);
	answer_address(&s, 0, 2, 2);
	assert_int_equal(count(&s, MAPPING_PMP_MAP), 1);
	answer_map(&s, 0, 2, 4500, 3600);
	sim_clear(&s);
	w.lifetime_sec = 600;
	mapping_want(&s.m, &w, s.now);
	settle(&s);
	answer_address(&s, 0, 2, 2);
	assert_int_equal(count(&s, MAPPING_PMP_MAP), 1);
	assert_int_equal(s.log[s.steps - 1].step.lifetime_sec, 600);
	w.external = (struct endpoint) {.family = 4, .port = 7000};
	mapping_want(&s.m, &w, s.now);
	settle(&s);
	answer_address(&s, 0, 2, 2);
	assert_int_equal(s.log[s.steps - 1].step.external.port, 7000);
}

static void
test_same_place(void **state)
{
	struct msg_natpmp_want w = a_want(OLD_TWO);
	struct sim s;

	sim_init(&s, NAT_METHOD_NATPMP);
	w.lifetime_sec = 60;
	w.external.port = 5;
	assert_true(mapping_same_place(&s.m, &w));
	w.local.port++;
	assert_false(mapping_same_place(&s.m, &w));
	w = a_want(OLD_TWO);
	w.gateway.addr[3]++;
	assert_false(mapping_same_place(&s.m, &w));
}

static void
test_drop(void **state)
{
	struct sim s;

	sim_up(&s, NAT_METHOD_NATPMP);
	mapping_drop(&s.m, s.now);
	settle(&s);
	assert_int_equal(s.steps, 1);
	assert_step(&s, 0, 0, MAPPING_PMP_MAP, 0, 0);
	assert_false(s.gone);
	answer_map(&s, 0, 1000, 4501, 3600); /* a late grant */
	assert_false(s.gone);
	answer_map(&s, 0, 1000, 0, 0);
	assert_true(s.gone);

	/* No answer: a few tries, two seconds. */
	sim_up(&s, NAT_METHOD_NATPMP);
	mapping_drop(&s.m, s.now);
	pass(&s, 1999);
	assert_int_equal(s.steps, 4);
	assert_false(s.gone);
	pass(&s, 1);
	assert_true(s.gone);

	/* Nothing stands in the router: nothing to do. */
	sim_init(&s, NAT_METHOD_NATPMP);
	mapping_drop(&s.m, s.now);
	settle(&s);
	assert_true(s.gone);

	/* The question is out, the answer is not in: it may stand. */
	sim_init(&s, NAT_METHOD_NATPMP);
	answer_address(&s, 0, 1, 2);
	sim_clear(&s);
	mapping_drop(&s.m, s.now);
	settle(&s);
	assert_step(&s, 0, 0, MAPPING_PMP_MAP, 0, 0);
}

static void
test_drop_upnp(void **state)
{
	struct sim s;

	sim_up_upnp(&s);
	mapping_drop(&s.m, s.now);
	settle(&s);
	assert_step(&s, 0, 2100, MAPPING_IGD_UNMAP, 4500, 0);
	assert_int_equal(s.steps, 1);
	answer_igd(&s, IGD_OK, 0, 0, 0);
	assert_true(s.gone);

	/* Its deletion fails, or takes too long. */
	sim_up_upnp(&s);
	mapping_drop(&s.m, s.now);
	settle(&s);
	answer_igd(&s, IGD_DIED, 0, 0, 0);
	assert_true(s.gone);
	sim_up_upnp(&s);
	mapping_drop(&s.m, s.now);
	pass(&s, 2000);
	assert_true(s.gone);

	/* The child that maps is still at work. */
	sim_init(&s, NAT_METHOD_UPNP);
	mapping_drop(&s.m, s.now);
	settle(&s);
	assert_false(s.gone);
	answer_igd(&s, IGD_OK, 0, 4500, 3600);
	assert_int_equal(count(&s, MAPPING_IGD_UNMAP), 1);
	answer_igd(&s, IGD_OK, 0, 0, 0);
	assert_true(s.gone);
}

/* Wanted again while it leaves: a late answer to the deletion is no grant. */
static void
test_want_while_leaving(void **state)
{
	struct msg_natpmp_want w = a_want(NAT_METHOD_NATPMP);
	struct sim s;

	sim_up(&s, NAT_METHOD_NATPMP);
	mapping_drop(&s.m, s.now);
	settle(&s);
	pass(&s, 100);
	mapping_want(&s.m, &w, s.now);
	settle(&s);
	assert_state(&s, NAT_ASKING, 0, "");
	answer_address(&s, 0, 1000, 2);
	answer_map(&s, 0, 1000, 0, 0);
	assert_state(&s, NAT_ASKING, 0, "");
	answer_map(&s, 0, 1000, 4501, 3600);
	assert_state(&s, NAT_UP, NAT_METHOD_NATPMP, "");
	pass(&s, 5000);
	assert_false(s.gone);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_retransmission),
	    cmocka_unit_test(test_backoff),
	    cmocka_unit_test(test_granted),
	    cmocka_unit_test(test_address_changes),
	    cmocka_unit_test(test_epoch),
	    cmocka_unit_test(test_epoch_then_refused),
	    cmocka_unit_test(test_results),
	    cmocka_unit_test(test_results_while_up),
	    cmocka_unit_test(test_no_external_address),
	    cmocka_unit_test(test_stray_answers),
	    cmocka_unit_test(test_lifetimes),
	    cmocka_unit_test(test_lease_ends),
	    cmocka_unit_test(test_mapping_silent),
	    cmocka_unit_test(test_unreachable_while_up),
	    cmocka_unit_test(test_two_refusals),
	    cmocka_unit_test(test_lease_ends_at_rest),
	    cmocka_unit_test(test_upnp_beside),
	    cmocka_unit_test(test_upnp_at_once),
	    cmocka_unit_test(test_upnp_fails),
	    cmocka_unit_test(test_permanent_lease),
	    cmocka_unit_test(test_natpmp_takes_over),
	    cmocka_unit_test(test_late_answer),
	    cmocka_unit_test(test_natpmp_useless),
	    cmocka_unit_test(test_upnp_takes_over),
	    cmocka_unit_test(test_want_again),
	    cmocka_unit_test(test_same_place),
	    cmocka_unit_test(test_drop),
	    cmocka_unit_test(test_drop_upnp),
	    cmocka_unit_test(test_want_while_leaving),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
