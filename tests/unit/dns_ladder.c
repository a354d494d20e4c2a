/* ladder.c: which channel, and when another is tried. */
#include "wire_test.h"

#include "dnsupdate/client/ladder.h"

#define SECOND UINT64_C(1000)
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)

static struct ladder l;
static struct ladder_facts f;
static uint64_t now;

static uint32_t
no_jitter(uint32_t range)
{
	return range - range;
}

static void
begin(void)
{
	ladder_init(&l, no_jitter);
	f = (struct ladder_facts) {.zone_known = 1};
	now = HOUR;
}

static struct ladder_orders
step(void)
{
	return ladder_step(&l, &f, now);
}

static void
sleep_until_due(void)
{
	uint64_t at = ladder_wake(&l, &f, now);

	assert_true(at > now && at != UINT64_MAX);
	now = at;
}

/* UDP is all there is: long-lived queries when the server has them, looks in the meantime. */
static void
test_no_stream(void **state)
{
	struct ladder_orders o;
	uint64_t began;

	(void)state;
	begin();
	f.zone_known = 0;
	assert_false(step().ask_srv);
	assert_true(ladder_wake(&l, &f, now) == UINT64_MAX);
	f.zone_known = 1;
	o = step();
	assert_true(o.ask_srv && !o.llq && !o.hold);
	assert_int_equal(l.source, DNS_SOURCE_POLL);
	/* once */
	o = step();
	assert_false(o.ask_srv);
	assert_true(ladder_wake(&l, &f, now) == UINT64_MAX);
	/* no answer: soon again; none there: an hour later */
	ladder_srv(&l, 1, 0, now);
	began = now;
	sleep_until_due();
	assert_true(now - began == MINUTE);
	assert_true(step().ask_srv);
	ladder_srv(&l, 0, 0, now);
	began = now;
	sleep_until_due();
	assert_true(now - began == HOUR);
	assert_true(step().ask_srv);
	ladder_srv(&l, 0, 5352, now);
	o = step();
	assert_true(o.llq && !o.ask_srv);
	assert_int_equal(l.source, DNS_SOURCE_POLL);
	f.llq_live = 1;
	now += SECOND;
	step();
	assert_int_equal(l.source, DNS_SOURCE_LLQ);
	assert_true(l.since_ms == now);
	assert_true(ladder_wake(&l, &f, now) == UINT64_MAX);
}

/* The server was away: it is asked again, but not more than once in ten seconds. */
static void
test_back(void **state)
{
	uint64_t began;

	(void)state;
	begin();
	began = now;
	assert_true(step().ask_srv);
	ladder_srv(&l, 0, 0, now);
	now += SECOND;
	ladder_back(&l, now);
	assert_false(step().ask_srv);
	sleep_until_due();
	assert_true(now - began == 10 * SECOND);
	assert_true(step().ask_srv);
	ladder_srv(&l, 0, 0, now);
	now += 5 * MINUTE;
	assert_false(step().ask_srv);
	ladder_back(&l, now);
	assert_true(step().ask_srv);
}

static void
test_push(void **state)
{
	struct ladder_orders o;
	uint64_t began;

	(void)state;
	begin();
	f.has_stream = 1;
	began = now;
	o = step();
	assert_true(o.hold && !o.ask_srv && !o.llq);
	/* it comes up soon: nobody asks for anything else */
	now += 500;
	f.push_live = 1;
	o = step();
	assert_true(o.hold && !o.ask_srv && !o.llq);
	assert_int_equal(l.source, DNS_SOURCE_PUSH);
	now += 10 * HOUR;
	assert_false(step().ask_srv);
	/* lost: looks at once, long-lived queries when it does not come back */
	f.push_live = 0;
	began = now;
	assert_false(step().ask_srv);
	assert_int_equal(l.source, DNS_SOURCE_POLL);
	sleep_until_due();
	assert_true(now - began == 4 * SECOND);
	assert_true(step().ask_srv);
	ladder_srv(&l, 0, 5352, now);
	o = step();
	assert_true(o.hold && o.llq);
	f.llq_live = 1;
	step();
	assert_int_equal(l.source, DNS_SOURCE_LLQ);
	/* back: they end */
	f.push_live = 1;
	o = step();
	assert_true(o.hold && !o.llq);
	assert_int_equal(l.source, DNS_SOURCE_PUSH);
}

/* A server that has no Push: the connection is not held for it, until it is due again. */
static void
test_no_push(void **state)
{
	struct ladder_orders o;

	(void)state;
	begin();
	f.has_stream = 1;
	f.push_not_before_ms = now + HOUR;
	o = step();
	assert_true(!o.hold && o.ask_srv);
	ladder_srv(&l, 0, 5352, now);
	assert_true(step().llq);
	f.llq_live = 1;
	step();
	sleep_until_due();
	assert_true(now == f.push_not_before_ms);
	o = step();
	/* they go on until Push works */
	assert_true(o.hold && o.llq);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_no_stream),
	    cmocka_unit_test(test_back),
	    cmocka_unit_test(test_push),
	    cmocka_unit_test(test_no_push),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
