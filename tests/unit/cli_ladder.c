/* Steps become ladders: where one ends and the next begins, what came of it, and how it is told. */
#include "cli/ladder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define MS UINT64_C(1000)

static const struct endpoint home = {.family = 4, .port = 4500, .addr = {192, 0, 2, 7}};

static struct msg_ipsec_step
step(uint64_t ms, enum ipsec_step kind, uint32_t attempt)
{
	return (struct msg_ipsec_step) {
	    .at_us = ms * MS, .kind = (uint8_t)kind, .attempt = attempt, .place = home};
}

static void
two_tries_and_a_winner(void **state)
{
	const struct msg_ipsec_step s[] = {
	    step(1000, IPSEC_STEP_WANTED, 0), step(1001, IPSEC_STEP_TRY, 31),
	    step(1001, IPSEC_STEP_SENT, 31), step(1151, IPSEC_STEP_TRY, 35),
	    step(1160, IPSEC_STEP_HEARD, 35), step(1190, IPSEC_STEP_UP, 35),
	    step(1191, IPSEC_STEP_ENDED, 31), /* belongs to it, though all is decided */
	};
	struct ladder l[4];

	assert_int_equal(ladder_split(s, 7, l, 4), 1);
	assert_int_equal(l[0].steps, 7);
	assert_int_equal(l[0].outcome, LADDER_CONNECTED);
	assert_ptr_equal(l[0].decided, &s[5]);
	assert_int_equal(ladder_us(&l[0], l[0].decided), 190 * MS);
	assert_int_equal(ladder_attempt(&l[0], &s[0]), 0);
	assert_int_equal(ladder_attempt(&l[0], &s[2]), 1);
	assert_int_equal(ladder_attempt(&l[0], &s[5]), 2);
	assert_int_equal(ladder_attempt(&l[0], &s[6]), 1);
}

static void
what_is_decided_is_followed_by_another(void **state)
{
	const struct msg_ipsec_step s[] = {
	    step(0, IPSEC_STEP_TRY, 1),
	    step(5000, IPSEC_STEP_GAVE_UP, 0),
	    step(5400, IPSEC_STEP_TRY, 2),
	    step(5500, IPSEC_STEP_UP, 2),
	    step(9000, IPSEC_STEP_ASKED, 2),
	    step(9500, IPSEC_STEP_MOVED, 2),
	    step(9600, IPSEC_STEP_HEARD, 2),
	    step(9900, IPSEC_STEP_DOWN, 2),
	};
	struct ladder l[4];

	assert_int_equal(ladder_split(s, 7, l, 4), 3);
	assert_int_equal(l[0].outcome, LADDER_FAILED);
	assert_int_equal(l[1].outcome, LADDER_CONNECTED);
	assert_int_equal(l[2].outcome, LADDER_MOVED);
	assert_int_equal(l[2].steps, 3);
	assert_int_equal(ladder_split(s, 8, l, 4), 3);
	assert_int_equal(l[2].outcome, LADDER_ENDED);
	/* Too many: the last ones stay. */
	assert_int_equal(ladder_split(s, 8, l, 2), 2);
	assert_int_equal(l[0].outcome, LADDER_CONNECTED);
	assert_int_equal(l[1].outcome, LADDER_ENDED);
}

static void
what_is_long_past_is_another(void **state)
{
	const struct msg_ipsec_step s[] = {
	    step(0, IPSEC_STEP_TRY, 1),
	    step(60000, IPSEC_STEP_ENDED, 1),
	    step(120001, IPSEC_STEP_TRY, 2),
	};
	struct ladder l[4];

	assert_int_equal(ladder_split(s, 0, l, 4), 0);
	assert_int_equal(ladder_split(s, 3, l, 4), 2);
	assert_int_equal(l[0].steps, 2);
	assert_int_equal(l[0].outcome, LADDER_OPEN);
	assert_null(l[0].decided);
}

static void
told_in_words(void **state)
{
	struct msg_ipsec_step s = step(0, IPSEC_STEP_TRY, 1);
	char text[LADDER_TEXT_MAX];

	assert_string_equal(ladder_text(&s, text), "try 192.0.2.7:4500");
	s.kind = IPSEC_STEP_SENT;
	strcpy(s.text, "IKE_AUTH request");
	assert_string_equal(ladder_text(&s, text), "----> IKE_AUTH request");
	s.kind = IPSEC_STEP_UP;
	strcpy(s.text, "aes128gcm16-esn");
	assert_string_equal(
	    ladder_text(&s, text), "connected by way of 192.0.2.7:4500: aes128gcm16-esn");
	for (unsigned kind = IPSEC_STEP_WANTED; kind < IPSEC_STEP_MAX; kind++) {
		s.kind = (uint8_t)kind;
		assert_non_null(ladder_kind_word(kind));
		assert_true(strlen(ladder_text(&s, text)) > 4);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(two_tries_and_a_winner),
	    cmocka_unit_test(what_is_decided_is_followed_by_another),
	    cmocka_unit_test(what_is_long_past_is_another),
	    cmocka_unit_test(told_in_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
