/* Whom to call when, in virtual time. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "ipsec/call.h"

#include <string.h>

static const struct endpoint contact[3] = {
    {.family = 4, .port = 4500, .addr = {192, 168, 1, 1}},
    {.family = 4, .port = 4501, .addr = {192, 0, 2, 1}},
    {.family = 4, .port = 4502, .addr = {192, 0, 2, 2}},
};

static enum call_action
next(struct call *c, uint32_t contacts, int always, uint64_t now, struct endpoint *to,
    uint64_t *wait)
{
	memset(to, 0, sizeof *to);
	return call_next(c, contact, contacts, always, 0, now, to, wait);
}

static void
test_on_demand(void **state)
{
	struct call c = {0};
	struct endpoint to;
	uint64_t wait;

	assert_int_equal(next(&c, 1, 0, 5000, &to, &wait), CALL_NOTHING);
	assert_true(wait == UINT64_MAX);
	call_want(&c, 5000);
	assert_int_equal(next(&c, 1, 0, 5000, &to, &wait), CALL_TRY);
	assert_true(endpoint_equal(&to, &contact[0]));
	call_started(&c, &to, 11, 5000);
	assert_true(call_active(&c));
	assert_int_equal(next(&c, 1, 0, 5100, &to, &wait), CALL_NOTHING);
	call_ended(&c, 11);
	assert_int_equal(next(&c, 1, 0, 18000, &to, &wait), CALL_GAVE_UP);
	assert_int_equal(next(&c, 1, 0, 18000, &to, &wait), CALL_NOTHING);
	/* Traffic again: soon, but not at once. */
	call_want(&c, 18100);
	assert_int_equal(next(&c, 1, 0, 18100, &to, &wait), CALL_NOTHING);
	assert_int_equal(wait, CALL_AGAIN_MIN_MS);
	assert_int_equal(next(&c, 1, 0, 18100 + CALL_AGAIN_MIN_MS, &to, &wait), CALL_TRY);
}

/* While packets wait, a peer that refuses is called again, soon at first. */
static void
test_again_while_wanted(void **state)
{
	static const uint64_t pauses[] = {200, 400, 800, 1600, 2000};
	struct call c = {0};
	struct endpoint to;
	uint64_t wait, now = 1000;

	call_want(&c, now);
	for (size_t i = 0; i < sizeof pauses / sizeof pauses[0]; i++) {
		assert_int_equal(next(&c, 1, 0, now, &to, &wait), CALL_TRY);
		call_started(&c, &to, 11, now);
		call_ended(&c, 11);
		assert_int_equal(next(&c, 1, 0, now, &to, &wait), CALL_GAVE_UP);
		assert_int_equal(next(&c, 1, 0, now, &to, &wait), CALL_NOTHING);
		assert_int_equal(wait, pauses[i]);
		now += wait;
	}
	/* Nobody waits any more: nobody is called. */
	assert_int_equal(next(&c, 1, 0, 1000 + CALL_WANTED_MS, &to, &wait), CALL_NOTHING);
	assert_true(wait == UINT64_MAX);
}

/* Wanted before a contact is known: the call begins when it is, within the time packets wait. */
static void
test_contact_comes_late(void **state)
{
	struct call c = {0};
	struct endpoint to;
	uint64_t wait;

	call_want(&c, 1000);
	assert_int_equal(next(&c, 0, 0, 1000, &to, &wait), CALL_NOTHING);
	assert_int_equal(next(&c, 1, 0, 9000, &to, &wait), CALL_TRY);
	assert_int_equal(next(&c, 1, 0, 1000 + CALL_WANTED_MS, &to, &wait), CALL_NOTHING);
}

static void
test_staggered(void **state)
{
	struct call c = {0};
	struct endpoint to;
	uint64_t wait;

	for (uint32_t i = 0; i < 3; i++) {
		uint64_t now = 1000 + i * CALL_STAGGER_MS;

		assert_int_equal(next(&c, 3, 1, now, &to, &wait), CALL_TRY);
		assert_true(endpoint_equal(&to, &contact[i]));
		call_started(&c, &to, 10 + i, now);
		if (i < 2) {
			assert_int_equal(next(&c, 3, 1, now + 1, &to, &wait), CALL_NOTHING);
			assert_int_equal(wait, CALL_STAGGER_MS - 1);
		}
	}
	assert_int_equal(next(&c, 3, 1, 5000, &to, &wait), CALL_NOTHING);
	call_ended(&c, 10);
	call_ended(&c, 12);
	assert_int_equal(next(&c, 3, 1, 5000, &to, &wait), CALL_NOTHING);
	call_ended(&c, 11);
	assert_int_equal(next(&c, 3, 1, 5000, &to, &wait), CALL_GAVE_UP);
}

/* No route to the first: the second is tried at once, even on demand. */
static void
test_no_route(void **state)
{
	struct call c = {0};
	struct endpoint to;
	uint64_t wait;

	call_want(&c, 1000);
	assert_int_equal(next(&c, 2, 0, 1000, &to, &wait), CALL_TRY);
	call_started(&c, &to, 0, 1000);
	assert_int_equal(next(&c, 2, 0, 1000, &to, &wait), CALL_TRY);
	assert_true(endpoint_equal(&to, &contact[1]));
	call_started(&c, &to, 0, 1000);
	assert_int_equal(next(&c, 2, 0, 1000, &to, &wait), CALL_GAVE_UP);
}

static void
test_pause_doubles(void **state)
{
	static const uint64_t pauses[] = {1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000};
	struct call c = {0};
	struct endpoint to;
	uint64_t wait, now = 1000;

	for (size_t i = 0; i < sizeof pauses / sizeof pauses[0]; i++) {
		assert_int_equal(next(&c, 1, 1, now, &to, &wait), CALL_TRY);
		call_started(&c, &to, 5, now);
		call_ended(&c, 5);
		assert_int_equal(next(&c, 1, 1, now, &to, &wait), CALL_GAVE_UP);
		assert_int_equal(next(&c, 1, 1, now, &to, &wait), CALL_NOTHING);
		assert_int_equal(wait, pauses[i]);
		now += wait;
	}
	call_reset_pause(&c, now - 50000);
	assert_int_equal(next(&c, 1, 1, now - 50000, &to, &wait), CALL_TRY);
}

static void
test_success_forgets(void **state)
{
	struct call c = {0};
	struct endpoint to;
	uint64_t wait;

	call_want(&c, 1);
	next(&c, 1, 0, 1, &to, &wait);
	call_started(&c, &to, 3, 1);
	call_succeeded(&c);
	assert_false(call_active(&c));
	assert_int_equal(next(&c, 1, 0, 2, &to, &wait), CALL_NOTHING);
	assert_int_equal(next(&c, 1, 1, 2, &to, &wait), CALL_TRY);
}

static void
where_it_was_heard(void **state)
{
	struct endpoint list[MSG_CONTACTS_MAX], out[MSG_CONTACTS_MAX], heard, nowhere = {0};

	for (int i = 0; i < MSG_CONTACTS_MAX; i++) {
		list[i] = (struct endpoint) {.family = 4, .port = (uint16_t)(4500 + i)};
		list[i].addr[0] = 192;
	}
	heard = list[7];
	assert_int_equal(call_places(list, 2, &nowhere, 0, out), 2);
	assert_int_equal(call_places(list, 2, &heard, 1000, out), 3);
	assert_true(endpoint_equal(&out[0], &list[0])); /* what is published comes first */
	assert_true(endpoint_equal(&out[2], &heard));
	assert_int_equal(call_places(list, 2, &list[1], 1000, out), 2); /* is published */
	assert_int_equal(call_places(list, 2, &heard, CALL_HEARD_MS + 1, out), 2);
	assert_int_equal(call_places(list, 0, &heard, 0, out), 1);
	heard.port = 1;
	assert_int_equal(call_places(list, MSG_CONTACTS_MAX, &heard, 0, out), MSG_CONTACTS_MAX);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_on_demand),
	    cmocka_unit_test(test_again_while_wanted),
	    cmocka_unit_test(test_contact_comes_late),
	    cmocka_unit_test(test_staggered),
	    cmocka_unit_test(test_no_route),
	    cmocka_unit_test(test_pause_doubles),
	    cmocka_unit_test(test_success_forgets),
	    cmocka_unit_test(where_it_was_heard),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
