/*
 * Ten thousand times something happens to the router or to the wish, in virtual time: it goes,
 * comes back, forgets, learns or unlearns a protocol, gets another address, changes its mind.
 * After each the mapping must find its way by itself: to what the router can do, with one mapping
 * in the router's table and none left behind.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "natpmp/mapping.h"

#include <malloc.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CYCLES 10000
#define LATENCY_MS 3
#define CHILD_MS 40
#define STEPS_MAX 100000

/* One table behind three doors, as miniupnpd has it: one entry for our port, made by one method. */
struct router {
	int up;
	unsigned speaks; /* NAT_METHOD_* */
	unsigned refuses; /* NAT_METHOD_*: answers no */
	uint64_t since_ms; /* its start */
	uint8_t address;
	unsigned entry; /* the method that made it, 0 = none */
	uint64_t entry_until_ms;
};

static struct router router;
static struct mapping map;
static uint64_t now;
static struct mapping_step pending; /* what is under way to the router, or back */
static uint64_t pending_ms[NAT_COLUMNS];
static struct mapping_step flight[NAT_COLUMNS];
static unsigned seed;
static int gone;

static uint32_t
chance(uint32_t range)
{
	seed = seed * 1664525u + 1013904223u;
	return range == 0 ? 0 : (seed >> 8) % range;
}

static uint32_t
epoch(void)
{
	return (uint32_t)((now - router.since_ms) / 1000);
}

static int
speaks(unsigned method)
{
	return router.up && (router.speaks & method) != 0;
}

static int
refuses(unsigned method)
{
	return (router.refuses & method) != 0;
}

/* The port taken by another of our own methods is, to this router, somebody else's. */
static int
enter(unsigned method, uint32_t lifetime_sec)
{
	if (now >= router.entry_until_ms)
		router.entry = 0;
	if (lifetime_sec == 0) {
		router.entry = router.entry == method ? 0 : router.entry;
		return 0;
	}
	if (refuses(method) || (router.entry != 0 && router.entry != method))
		return -1;
	router.entry = method;
	router.entry_until_ms = now + (uint64_t)lifetime_sec * 1000;
	return 0;
}

static struct endpoint
outside(uint16_t port)
{
	struct endpoint ep = {.family = 4, .port = port, .addr = {11, 22, 33, router.address}};

	return ep;
}

static void
answer_pcp(const struct mapping_step *s)
{
	struct pcp_answer a = {
	    .op = s->action == MAPPING_PCP_MAP ? PCP_MAP : PCP_ANNOUNCE, .epoch = epoch()};

	if (!router.up)
		return;
	if (!speaks(NAT_METHOD_PCP)) {
		if (speaks(NAT_METHOD_NATPMP))
			mapping_pcp_older(&map, now);
		return;
	}
	if (a.op == PCP_MAP && enter(NAT_METHOD_PCP, s->lifetime_sec) != 0)
		a.result = PCP_NOT_AUTHORIZED;
	if (a.op == PCP_MAP && a.result == PCP_SUCCESS && s->lifetime_sec != 0) {
		a.external = outside(4500);
		a.lifetime_sec = s->lifetime_sec;
	}
	mapping_pcp_answer(&map, &a, now);
}

static void
answer_pmp(const struct mapping_step *s)
{
	struct pmp_answer a = {.op = s->action == MAPPING_PMP_MAP ? PMP_MAP : PMP_ADDRESS,
	    .has_epoch = 1,
	    .epoch = epoch(),
	    .address = {11, 22, 33, router.address}};

	if (!speaks(NAT_METHOD_NATPMP))
		return;
	if (a.op == PMP_MAP && enter(NAT_METHOD_NATPMP, s->lifetime_sec) != 0)
		a.result = PMP_NOT_AUTHORIZED;
	if (a.op == PMP_MAP && a.result == PMP_OK && s->lifetime_sec != 0) {
		a.port = 4500;
		a.lifetime_sec = s->lifetime_sec;
	}
	mapping_pmp_answer(&map, &a, now);
}

static void
answer_igd(const struct mapping_step *s)
{
	struct igd_answer a = {.result = IGD_OK};
	uint32_t lifetime = s->action == MAPPING_IGD_MAP ? s->lifetime_sec : 0;

	if (!speaks(NAT_METHOD_UPNP)) {
		a.result = IGD_SILENT;
	} else if (enter(NAT_METHOD_UPNP, lifetime) != 0) {
		a.result = IGD_REFUSED;
		a.code = 718;
	} else if (lifetime != 0) {
		a.external = outside(4500);
		a.lifetime_sec = lifetime;
	}
	mapping_igd_answer(&map, &a, now);
}

static void
answer(unsigned i)
{
	pending_ms[i] = 0;
	if (i == NAT_COLUMN_PCP)
		answer_pcp(&flight[i]);
	else if (i == NAT_COLUMN_NATPMP)
		answer_pmp(&flight[i]);
	else
		answer_igd(&flight[i]);
}

static void
take_steps(void)
{
	for (unsigned i = 0; !gone; i++) {
		unsigned column;

		assert_true(i < 32);
		pending = mapping_next(&map, now);
		gone = pending.action == MAPPING_GONE;
		if (gone || pending.action == MAPPING_WAIT)
			return;
		column = pending.action <= MAPPING_PCP_MAP ? NAT_COLUMN_PCP
		    : pending.action <= MAPPING_PMP_MAP    ? NAT_COLUMN_NATPMP
							   : NAT_COLUMN_UPNP;
		flight[column] = pending;
		pending_ms[column] =
		    now + (column == NAT_COLUMN_UPNP ? CHILD_MS : LATENCY_MS) + chance(3);
	}
}

static uint64_t
next_event(uint64_t end)
{
	uint64_t wait = mapping_wait(&map, now), at = end;

	if (wait < at - now)
		at = now + wait;
	for (unsigned i = 0; i < NAT_COLUMNS; i++)
		if (pending_ms[i] != 0 && pending_ms[i] < at)
			at = pending_ms[i];
	/* Somebody has to wake it up, or it is stuck. */
	assert_true(wait != UINT64_MAX || pending_ms[NAT_COLUMN_UPNP] != 0);
	return at < now ? now : at;
}

static void
pass(uint64_t ms)
{
	uint64_t end = now + ms;

	take_steps();
	for (unsigned i = 0; now < end && !gone; i++) {
		assert_true(i < STEPS_MAX);
		now = next_event(end);
		for (unsigned c = 0; c < NAT_COLUMNS; c++)
			if (pending_ms[c] != 0 && now >= pending_ms[c])
				answer(c);
		take_steps();
	}
	now = end;
}

static struct msg_natpmp_want
a_want(void)
{
	struct msg_natpmp_want w = {
	    .gateway = {.family = 4, .addr = {192, 168, 1, 1}},
	    .local = {.family = 4, .port = 4500, .addr = {192, 168, 1, 10}},
	    .methods = NAT_METHOD_ALL,
	    .proto = IPPROTO_UDP,
	    .lifetime_sec = chance(2) ? 3600 : 600,
	};

	return w;
}

static void
begin(void)
{
	struct msg_natpmp_want w = a_want();

	w.known = chance(2) ? (uint8_t)(1u << chance(3)) : 0;
	mapping_init(&map, &w, chance, now);
	memset(pending_ms, 0, sizeof pending_ms);
	gone = 0;
}

static void
restart(unsigned speaks_now)
{
	router = (struct router) {.up = 1,
	    .speaks = speaks_now,
	    .since_ms = now - chance(2000),
	    .address = (uint8_t)(2 + chance(100))};
}

/* Gone, and everything with it. */
static void
leave(void)
{
	unsigned entry;

	mapping_drop(&map, now);
	pass(2500);
	assert_true(gone);
	entry = now < router.entry_until_ms ? router.entry : 0;
	if (router.up && (router.speaks & entry) != 0)
		fail_msg("left behind a mapping by %u", entry);
	router.entry = 0;
	begin();
}

static void
something_happens(void)
{
	struct msg_natpmp_want w;

	switch (chance(9)) {
	case 0:
		router.up = 0;
		break;
	case 1:
	case 2:
		restart(router.speaks);
		mapping_hint(&map, now);
		break;
	case 3:
		restart(chance(8));
		break;
	case 4:
		router.address++;
		mapping_hint(&map, now);
		break;
	case 5:
		router.refuses = chance(8);
		if (refuses(router.entry))
			router.entry = 0;
		break;
	case 6:
		w = a_want();
		mapping_want(&map, &w, now);
		break;
	case 7:
		leave();
		break;
	default:
		router.entry = 0;
	}
}

/* What the router can do is what stands. */
static void
check(void)
{
	unsigned can = router.up ? router.speaks & ~router.refuses : 0;
	struct msg_natpmp_state s;

	mapping_report(&map, &s);
	if (can == 0)
		return;
	if (s.state != NAT_UP)
		fail_msg("state %u (%s) though the router can %#x", s.state, s.reason, can);
	if (s.external.addr[3] != router.address || (can & s.method) == 0)
		fail_msg("reported .%u by %u, true is .%u, can %#x", s.external.addr[3], s.method,
		    router.address, can);
	if (router.entry != s.method)
		fail_msg("reported %u, entered %u", s.method, router.entry);
}

static void
test_cycles(void **state)
{
	struct msg_natpmp_want w;

	now = 10000000;
	seed = 20260;
	restart(NAT_METHOD_ALL);
	begin();
	for (unsigned i = 0; i < CYCLES; i++) {
		something_happens();
		pass(chance(20000));
		/* Within the time of any lease, refusal and back-off, by itself. */
		if (chance(20) == 0) {
			pass(2 * 3600000 + MAPPING_RETRY_MAX_MS * 5 / 4 + 200000);
			check();
		}
		/* Told to look, soon. */
		w = map.want;
		mapping_want(&map, &w, now);
		pass(MAPPING_PATIENCE_UP_MS + 5000);
		mapping_want(&map, &w, now);
		pass(5000);
		check();
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_cycles)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
