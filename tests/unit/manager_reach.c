/* reach.c: is a place verified, by what, and when is it looked at again; virtual time. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "manager/reach.h"

#include <string.h>

static struct reach r;
static uint64_t now;
static uint8_t number; /* of the last question */

static struct endpoint
ep(const char *text)
{
	struct endpoint out;

	assert_int_equal(endpoint_parse(text, 4501, &out), 0);
	return out;
}

static void
want(const char *place)
{
	struct endpoint none = {0}, e = place == NULL ? none : ep(place);

	reach_want(&r, 1, &e, now);
}

static int
setup(void **state)
{
	memset(&r, 0, sizeof r);
	now = 1000;
	number = 0;
	return 0;
}

/* The question that is due now is asked; there is but one. */
static void
ask(void)
{
	uint8_t nonce[KNOCK_NONCE_LEN] = {++number};

	assert_int_equal(reach_wait(&r, now), 0);
	assert_int_equal(reach_ask(&r, nonce, now), 1);
	assert_int_equal(reach_ask(&r, nonce, now), 0);
	assert_int_equal(reach_wait(&r, now), UINT64_MAX);
}

static void
told(enum seen_answer answer, const char *seen, int knocked)
{
	struct msg_dns_seen m = {
	    .answer = (uint8_t)answer, .knocked = (uint8_t)knocked, .nonce = {number}};

	if (seen != NULL)
		m.seen = ep(seen);
	reach_told(&r, &m, now);
}

static void
come(const char *from)
{
	struct msg_ipsec_knocked m = {.nonce = {number}, .from = ep(from)};

	assert_int_equal(reach_come(&r, &m, now), 1);
}

static void
check(enum inbound verdict, uint64_t wait)
{
	assert_int_equal(r.verdict, verdict);
	assert_int_equal(reach_wait(&r, now), wait);
}

/* Three knocks that do not come in; is the first one told to be evidence? */
static void
fail_thrice(int evidence)
{
	for (int i = 0; i < REACH_TRIES; i++) {
		ask();
		told(SEEN_ADDRESS, "11.22.33.2", 1);
		assert_int_equal(reach_run(&r, now + REACH_WAIT_MS - 1), 0);
		now += REACH_WAIT_MS;
		assert_int_equal(reach_run(&r, now), evidence && i == 0);
		assert_int_equal(reach_run(&r, now), 0);
	}
}

static void
come_in(void **state)
{
	want("11.22.33.2");
	check(INBOUND_UNKNOWN, 0);
	ask();
	now += 30;
	told(SEEN_ADDRESS, "11.22.33.2", 1);
	check(INBOUND_UNKNOWN, REACH_WAIT_MS);
	now += 10;
	come("11.22.33.53");
	check(INBOUND_YES, REACH_AGAIN_MS);
	assert_int_equal(r.verdict_ms, now);
	/* the knock first */
	now += REACH_AGAIN_MS;
	ask();
	come("11.22.33.53");
	check(INBOUND_YES, UINT64_MAX);
	told(SEEN_ADDRESS, "11.22.33.2", 1);
	check(INBOUND_YES, REACH_AGAIN_MS);
	/* the same place is wanted: nothing happens */
	want("11.22.33.2");
	check(INBOUND_YES, REACH_AGAIN_MS);
}

static void
nothing_comes_in(void **state)
{
	uint64_t wait = REACH_NO_AGAIN_MS;

	want("11.22.33.2");
	for (int i = 0; i < 8; i++) {
		fail_thrice(0);
		check(INBOUND_NO, wait);
		now += wait;
		wait = 2 * wait < REACH_AGAIN_MS ? 2 * wait : REACH_AGAIN_MS;
	}
	ask();
	told(SEEN_ADDRESS, "11.22.33.2", 1);
	come("11.22.33.53");
	check(INBOUND_YES, REACH_AGAIN_MS);
	/* and no more: evidence at the first one lost, and patience as at the beginning */
	now += REACH_AGAIN_MS;
	fail_thrice(1);
	check(INBOUND_NO, REACH_NO_AGAIN_MS);
}

/* One that is late is a knock; one of an old number is none. */
static void
late(void **state)
{
	struct msg_ipsec_knocked old = {.nonce = {1}};

	want("11.22.33.2");
	ask();
	told(SEEN_ADDRESS, "11.22.33.2", 1);
	now += REACH_WAIT_MS;
	reach_run(&r, now);
	ask();
	old.from = ep("11.22.33.53");
	assert_int_equal(reach_come(&r, &old, now), 0);
	check(INBOUND_UNKNOWN, UINT64_MAX);
	come("11.22.33.53");
	told(SEEN_ADDRESS, "11.22.33.2", 0); /* it said so the first time, which was lost */
	check(INBOUND_YES, REACH_AGAIN_MS);
}

/* A knock at another address, or from beside us, says nothing of the place. */
static void
of_something_else(void **state)
{
	want("11.22.33.2");
	ask();
	come("11.22.33.53");
	told(SEEN_ADDRESS, "11.22.33.7", 1);
	check(INBOUND_UNKNOWN, REACH_AGAIN_MS);
	assert_int_equal(r.answer, SEEN_ADDRESS);
	now += REACH_AGAIN_MS;
	ask();
	told(SEEN_ADDRESS, "11.22.33.2", 1);
	come("11.22.33.2");
	check(INBOUND_UNKNOWN, REACH_AGAIN_MS);
	want("[2a00:1:1:2::3]:4501");
	ask();
	told(SEEN_ADDRESS, "[2a00:1:1:2::3]:999", 1);
	come("[2a00:1:1:7::9]:999");
	check(INBOUND_UNKNOWN, REACH_AGAIN_MS);
	now += REACH_AGAIN_MS;
	ask();
	told(SEEN_ADDRESS, "[2a00:1:1:2::3]:999", 1);
	come("[2a00:1:2:7::9]:999");
	check(INBOUND_YES, REACH_AGAIN_MS);
}

/* What the server saw is heard, whatever else has come first: until then the place is not
 * published. */
static void
agreement_is_heard(void **state)
{
	want("11.22.33.2");
	ask();
	come("11.22.33.2"); /* the router lets its LAN in by its outside */
	assert_int_equal(r.answer, SEEN_NOTHING);
	told(SEEN_ADDRESS, "11.22.33.2", 1);
	check(INBOUND_UNKNOWN, REACH_AGAIN_MS);
	assert_int_equal(r.answer, SEEN_ADDRESS);
	reach_again(&r, now);
	ask();
	reach_proved(&r, now); /* a peer was faster */
	check(INBOUND_YES, UINT64_MAX);
	assert_int_equal(r.answer, SEEN_NOTHING);
	told(SEEN_ADDRESS, "11.22.33.2", 1);
	assert_int_equal(r.answer, SEEN_ADDRESS);
	come("11.22.33.53");
	check(INBOUND_YES, REACH_AGAIN_MS);
}

static void
other_servers(void **state)
{
	want("11.22.33.2");
	ask();
	told(SEEN_NO_SUCH, NULL, 0);
	check(INBOUND_UNKNOWN, REACH_NEVER_MS);
	want("11.22.33.3"); /* what it does not tell, it does not tell of another place */
	assert_int_equal(r.answer, SEEN_NO_SUCH);
	reach_again(&r, now);
	ask();
	told(SEEN_NO_WAY, NULL, 0); /* it is asked on, and may answer yet */
	check(INBOUND_UNKNOWN, UINT64_MAX);
	assert_int_equal(r.answer, SEEN_NO_WAY);
	told(SEEN_ADDRESS, "11.22.33.3", 1);
	come("11.22.33.53");
	check(INBOUND_YES, REACH_AGAIN_MS);
	/* one in our own network */
	reach_verify(&r, now);
	ask();
	told(SEEN_ADDRESS, "192.168.1.10", 1);
	check(INBOUND_UNKNOWN, REACH_AGAIN_MS);
	assert_int_equal(r.answer, SEEN_NO_SUCH);
	assert_int_equal(r.seen.family, 0);
	/* one that does not knock */
	reach_verify(&r, now);
	ask();
	told(SEEN_ADDRESS, "11.22.33.3", 0);
	check(INBOUND_UNKNOWN, REACH_AGAIN_MS);
}

/* What the server saw holds for a place that is the same, and for no other. */
static void
another_place(void **state)
{
	want(NULL);
	ask();
	told(SEEN_ADDRESS, "11.22.33.2", 0);
	check(INBOUND_UNKNOWN, REACH_AGAIN_MS);
	now += 100;
	want("11.22.33.2:7000");
	assert_int_equal(r.answer, SEEN_ADDRESS);
	assert_int_equal(r.since_ms, now);
	ask();
	told(SEEN_ADDRESS, "11.22.33.2", 1);
	come("11.22.33.53");
	want("11.22.33.3");
	assert_int_equal(r.answer, SEEN_NOTHING);
	assert_int_equal(r.seen.family, 0);
	check(INBOUND_UNKNOWN, 0);
	ask();
	told(SEEN_ADDRESS, "11.22.33.3", 1);
	come("11.22.33.53");
	/* another network, though the addresses are the same */
	reach_again(&r, now);
	assert_int_equal(r.answer, SEEN_NOTHING);
	check(INBOUND_UNKNOWN, 0);
	reach_proved(&r, now);
	check(INBOUND_YES, REACH_AGAIN_MS);
}

static void
no_network(void **state)
{
	struct endpoint none = {0};
	uint8_t nonce[KNOCK_NONCE_LEN] = {0};

	assert_int_equal(reach_wait(&r, now), UINT64_MAX);
	assert_int_equal(reach_ask(&r, nonce, now), 0);
	want("11.22.33.2");
	reach_want(&r, 0, &none, now);
	assert_int_equal(reach_wait(&r, now), UINT64_MAX);
	assert_int_equal(reach_ask(&r, nonce, now), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(come_in, setup),
	    cmocka_unit_test_setup(nothing_comes_in, setup),
	    cmocka_unit_test_setup(late, setup),
	    cmocka_unit_test_setup(of_something_else, setup),
	    cmocka_unit_test_setup(agreement_is_heard, setup),
	    cmocka_unit_test_setup(other_servers, setup),
	    cmocka_unit_test_setup(another_place, setup),
	    cmocka_unit_test_setup(no_network, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
