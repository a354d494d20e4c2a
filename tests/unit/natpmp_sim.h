/* A mapping in virtual time, for the tests of natpmp/mapping*.c; after cmocka.h. */
#ifndef TESTS_UNIT_NATPMP_SIM_H
#define TESTS_UNIT_NATPMP_SIM_H

#include "natpmp/mapping.h"

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#define UNUSED __attribute__((unused)) /* each test uses some of this */

/* The two older methods. */
#define OLD_TWO (NAT_METHOD_NATPMP | NAT_METHOD_UPNP)
#define IGD_AT 150u /* UPnP's turn without PCP */
#define START 1000000u
#define STEPS_MAX 128

struct sim {
	struct mapping m;
	uint64_t now;
	struct {
		uint64_t at; /* since START */
		struct mapping_step step;
	} log[STEPS_MAX]; /* all steps taken since the last sim_clear */
	unsigned steps;
	int gone;
};

static uint32_t jitter_value; /* what the mapping gets, if it is in range */

static UNUSED uint32_t
test_jitter(uint32_t range)
{
	return jitter_value < range ? jitter_value : 0;
}

static UNUSED struct msg_natpmp_want
a_want(unsigned methods)
{
	struct msg_natpmp_want w = {
	    .gateway = {.family = 4, .addr = {192, 168, 1, 1}},
	    .local = {.family = 4, .port = 4500, .addr = {192, 168, 1, 10}},
	    .methods = (uint8_t)methods,
	    .proto = IPPROTO_UDP,
	    .lifetime_sec = 3600,
	};

	return w;
}

/* Whatever the mapping reports must be a message the manager accepts. */
static UNUSED struct msg_natpmp_state
report(struct sim *s)
{
	const char *why = NULL;
	union msg m;

	msg_begin(&m, MSG_NATPMP_STATE, 1);
	mapping_report(&s->m, &m.natpmp_state);
	m.natpmp_state.hdr.type = MSG_NATPMP_STATE;
	m.natpmp_state.hdr.id = 1;
	if (msg_check(&m, sizeof m.natpmp_state, ROLE_NATPMP, ROLE_MANAGER, 0, &why) != 0)
		fail_msg("report breaks the rules: %s", why);
	return m.natpmp_state;
}

static UNUSED void
settle(struct sim *s)
{
	struct mapping_step step;

	for (;;) {
		step = mapping_next(&s->m, s->now);
		if (step.action == MAPPING_WAIT || step.action == MAPPING_GONE)
			break;
		assert_true(s->steps < STEPS_MAX);
		s->log[s->steps].at = s->now - START;
		s->log[s->steps++].step = step;
	}
	s->gone = step.action == MAPPING_GONE;
	report(s);
}

/* Let time pass, waking up exactly when the mapping asks to. */
static UNUSED void
pass(struct sim *s, uint64_t ms)
{
	uint64_t end = s->now + ms, wait;

	settle(s);
	while (!s->gone && (wait = mapping_wait(&s->m, s->now)) <= end - s->now) {
		assert_true(wait > 0);
		s->now += wait;
		settle(s);
	}
	s->now = end;
}

static UNUSED void
sim_clear(struct sim *s)
{
	s->steps = 0;
	memset(s->log, 0, sizeof s->log);
}

static UNUSED void
sim_init(struct sim *s, unsigned methods)
{
	struct msg_natpmp_want w = a_want(methods);

	memset(s, 0, sizeof *s);
	jitter_value = 0;
	s->now = START;
	mapping_init(&s->m, &w, test_jitter, s->now);
	settle(s);
}

static UNUSED unsigned
count(const struct sim *s, enum mapping_action action)
{
	unsigned n = 0;

	for (unsigned i = 0; i < s->steps; i++)
		n += s->log[i].step.action == action;
	return n;
}

static UNUSED void
answer_address(struct sim *s, unsigned result, uint32_t epoch, uint8_t last)
{
	struct pmp_answer a = {.op = PMP_ADDRESS,
	    .has_epoch = 1,
	    .result = (uint16_t)result,
	    .epoch = epoch,
	    .address = {11, 22, 33, last}};

	mapping_pmp_answer(&s->m, &a, s->now);
	settle(s);
}

static UNUSED void
answer_map(struct sim *s, unsigned result, uint32_t epoch, uint16_t port, uint32_t lifetime)
{
	struct pmp_answer a = {.op = PMP_MAP,
	    .has_epoch = 1,
	    .result = (uint16_t)result,
	    .epoch = epoch,
	    .port = port,
	    .lifetime_sec = lifetime};

	mapping_pmp_answer(&s->m, &a, s->now);
	settle(s);
}

static UNUSED void
answer_igd(struct sim *s, unsigned result, uint32_t code, uint16_t port, uint32_t lifetime)
{
	struct igd_answer a = {.result = result, .code = code, .lifetime_sec = lifetime};

	if (port != 0)
		a.external = (struct endpoint) {.family = 4, .port = port, .addr = {11, 22, 33, 9}};
	mapping_igd_answer(&s->m, &a, s->now);
	settle(s);
}

static UNUSED void
assert_state(struct sim *s, unsigned state, unsigned method, const char *reason)
{
	struct msg_natpmp_state r = report(s);

	assert_int_equal(r.state, state);
	assert_int_equal(r.method, method);
	if (reason[0] == '\0' || strstr(r.reason, reason) == NULL)
		assert_string_equal(r.reason, reason);
}

static UNUSED void
assert_step(
    const struct sim *s, unsigned i, uint64_t at, unsigned action, unsigned port, unsigned lifetime)
{
	assert_true(i < s->steps);
	assert_int_equal(s->log[i].at, at);
	assert_int_equal(s->log[i].step.action, action);
	assert_int_equal(s->log[i].step.external.port, port);
	assert_int_equal(s->log[i].step.lifetime_sec, lifetime);
}

/* Up by NAT-PMP at START, epoch 1000. */
static UNUSED void
sim_up(struct sim *s, unsigned methods)
{
	sim_init(s, methods);
	answer_address(s, 0, 1000, 2);
	answer_map(s, 0, 1000, 4501, 3600);
	assert_state(s, NAT_UP, NAT_METHOD_NATPMP, "");
	sim_clear(s);
}

/* Up by UPnP, the router being silent on NAT-PMP, about 2 s after START. */
static UNUSED void
sim_up_upnp(struct sim *s)
{
	sim_init(s, OLD_TWO);
	pass(s, 2100);
	assert_int_equal(count(s, MAPPING_IGD_MAP), 1);
	answer_igd(s, IGD_OK, 0, 4500, 3600);
	assert_state(s, NAT_UP, NAT_METHOD_UPNP, "");
	sim_clear(s);
}

static UNUSED void
answer_announce(struct sim *s, unsigned result, uint32_t epoch)
{
	struct pcp_answer a = {.op = PCP_ANNOUNCE, .result = (uint8_t)result, .epoch = epoch};

	mapping_pcp_answer(&s->m, &a, s->now);
	settle(s);
}

static UNUSED void
answer_pcp(struct sim *s, unsigned result, uint32_t epoch, uint16_t port, uint32_t lifetime)
{
	struct pcp_answer a = {
	    .op = PCP_MAP, .result = (uint8_t)result, .epoch = epoch, .lifetime_sec = lifetime};

	if (port != 0)
		a.external = (struct endpoint) {.family = 4, .port = port, .addr = {11, 22, 33, 8}};
	mapping_pcp_answer(&s->m, &a, s->now);
	settle(s);
}

#endif
