/* How often to look and to try again: in virtual time. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "dnsupdate/client/backoff.h"
#include "dnsupdate/client/pace.h"

#define SECOND UINT64_C(1000)
#define MINUTE (60 * SECOND)
#define LOOK_MS 7500 /* a question by UDP that is not answered: datagram.c */
#define RACE_MS 10000 /* a connection that is not made: race.h */

static uint32_t
no_jitter(uint32_t range)
{
	(void)range;
	return 0;
}

static uint32_t
full_jitter(uint32_t range)
{
	return range > 0 ? range - 1 : 0;
}

/* Ten minutes without an answer: each question follows the last almost at once, so that who comes
 * back is heard by the question that is under way.  After a quarter of an hour it is left in peace.
 */
static void
test_long_silence(void **state)
{
	struct pace p;
	uint64_t now = MINUTE, wait;

	(void)state;
	pace_init(&p);
	for (unsigned looks = 0; now < 11 * MINUTE; looks++) {
		now += LOOK_MS;
		wait = pace_next(&p, PACE_SILENT, now, full_jitter);
		assert_in_range(wait, 1, 500);
		now += wait;
	}
	while (now < 60 * MINUTE)
		now += LOOK_MS + pace_next(&p, PACE_SILENT, now, no_jitter);
	assert_int_equal(pace_next(&p, PACE_SILENT, now, no_jitter), MINUTE);
	/* It answers: as ever. */
	assert_in_range(pace_next(&p, PACE_SEEN, now, no_jitter), 1, MINUTE);
	assert_int_equal(pace_next(&p, PACE_SILENT, now, no_jitter), 500);
}

/* The same for connections. */
static void
test_no_connection(void **state)
{
	struct backoff b = {0};
	uint64_t now = MINUTE;

	(void)state;
	while (now < 11 * MINUTE) {
		now += RACE_MS;
		backoff_down(&b, now, full_jitter);
		assert_in_range(b.at_ms - now, 0, 5 * SECOND - 1);
		now = b.at_ms;
	}
	/* Refused at once by a machine without the program, for ten minutes: as often. */
	b = (struct backoff) {0};
	for (now = MINUTE; now < 11 * MINUTE; now = b.at_ms) {
		backoff_down(&b, now, no_jitter);
		assert_in_range(b.at_ms - now, 0, 5 * SECOND - 1);
	}
	for (; now < 60 * MINUTE; now = b.at_ms)
		backoff_down(&b, now, no_jitter);
	backoff_down(&b, now, no_jitter);
	assert_int_equal(b.at_ms - now, MINUTE);
	backoff_up(&b, now);
	backoff_good(&b);
	backoff_down(&b, now, no_jitter);
	assert_int_equal(b.at_ms, now);
}

/* A burst passes at once, what comes without end at its rate, and rest pays for the next burst. */
static void
test_gate(void **state)
{
	const struct gate_rate rate = {.burst = 3, .each_ms = 1000};
	struct gate g = {0};
	uint64_t now = MINUTE;

	(void)state;
	for (int i = 0; i < 3; i++) {
		assert_true(gate_ready(&g, &rate, 1) <= now);
		gate_count(&g, &rate, now);
		assert_true(gate_ready(&g, &rate, 0) <= now);
	}
	for (int i = 1; i < 100; i++) {
		assert_int_equal(gate_ready(&g, &rate, 1), now + SECOND);
		now += SECOND;
		gate_count(&g, &rate, now);
	}
	now += 3 * SECOND;
	for (int i = 0; i < 3; i++) {
		assert_true(gate_ready(&g, &rate, 1) <= now);
		gate_count(&g, &rate, now);
	}
	/* What was counted without waiting is not held against it for ever. */
	for (int i = 0; i < 1000; i++)
		gate_count(&g, &rate, now);
	assert_in_range(gate_ready(&g, &rate, 0), now, now + SECOND);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_long_silence),
	    cmocka_unit_test(test_no_connection),
	    cmocka_unit_test(test_gate),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
