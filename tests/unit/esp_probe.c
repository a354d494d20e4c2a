/* When what a path carries is asked, and what is made of the answers.  In virtual time. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "ipsec/esp/probe.h"

#include "ipsec/esp/esp.h"

#define FULL 1418

static struct probe p;
static uint64_t now;
static uint32_t number; /* of the last round */
static uint32_t size; /* and its size */

static void
start(void)
{
	now = 1000;
	probe_new(&p, 1);
	assert_true(probe_wanted(&p, 40, now));
	probe_start(&p, FULL, now);
	assert_false(probe_wanted(&p, FULL, now));
}

/* Go to when something is due; 1 = a round was sent. */
static int
next_round(void)
{
	assert_true(p.due_ms != UINT64_MAX);
	if (now < p.due_ms)
		now = p.due_ms;
	size = probe_next(&p, ++number, now);
	return size != 0;
}

/* The floor is answered, rounds - 1 times with another round behind it. */
static void
lose_large(unsigned rounds)
{
	for (unsigned i = 0; i < rounds; i++) {
		assert_true(probe_heard(&p, number, 0, now + 10));
		assert_true(p.due_ms == now + 10 + PROBE_GRACE_MS);
		if (i + 1 < rounds)
			assert_true(next_round());
	}
}

static void
known(uint32_t fit)
{
	assert_int_equal(p.state, PROBE_KNOWN);
	assert_int_equal(p.fit, fit);
	assert_true(p.due_ms == UINT64_MAX);
}

static void
never_asks(void **state)
{
	static const struct probe zero;

	assert_false(probe_wanted(&zero, 65535, UINT64_MAX));
	probe_new(&p, 0);
	assert_false(probe_wanted(&p, 65535, UINT64_MAX));
	assert_true(p.due_ms == UINT64_MAX);
}

static void
full_size_passes(void **state)
{
	start();
	assert_true(next_round());
	assert_int_equal(size, FULL);
	assert_int_equal(p.fit, 0);
	assert_false(probe_heard(&p, number, 1, now + 20));
	known(0);
	assert_false(probe_heard(&p, number, 0, now + 20)); /* the floor's, behind it */
	known(0);
	assert_false(probe_wanted(&p, FULL, now + PROBE_AGAIN_MS));
	assert_true(probe_wanted(&p, FULL, now + 20 + PROBE_AGAIN_MS));
	assert_false(probe_wanted(&p, PROBE_FLOOR, now + 20 + PROBE_AGAIN_MS));
}

/* Nothing is larger than the floor: nothing to ask. */
static void
no_question(void **state)
{
	probe_new(&p, 1);
	probe_start(&p, PROBE_FLOOR, 5);
	known(0);
	assert_int_equal(probe_next(&p, 1, 5), 0);
}

/* A dead path is not a narrow one. */
static void
all_is_lost(void **state)
{
	start();
	for (int i = 0; i < PROBE_SILENT; i++) {
		uint64_t then = now;

		assert_true(next_round());
		assert_int_equal(size, FULL);
		assert_true(i == 0 || now == then + PROBE_WAIT_MS);
	}
	assert_false(next_round());
	known(0);
	assert_true(probe_wanted(&p, FULL, now + PROBE_AGAIN_MS));
	assert_false(probe_heard(&p, number, 1, now)); /* too late to matter */
	known(0);
}

static void
large_is_lost(void **state)
{
	start();
	assert_true(next_round());
	lose_large(PROBE_LOST);
	assert_int_equal(p.fit, 0); /* the last one's time is not over */
	assert_true(next_round());
	assert_int_equal(p.fit, PROBE_FLOOR);
	assert_int_equal(size, ESP_MTU_MIN + 2);
	lose_large(PROBE_LOST);
	assert_false(next_round());
	known(PROBE_FLOOR);
	assert_false(probe_wanted(&p, FULL, now + PROBE_WIDER_MS - 1));
	assert_true(probe_wanted(&p, FULL, now + PROBE_WIDER_MS));
}

/* One that comes in the last moment counts more than all that were lost. */
static void
losses_are_not_narrowness(void **state)
{
	start();
	assert_true(next_round());
	lose_large(PROBE_LOST);
	now = p.due_ms - 1;
	assert_false(probe_heard(&p, number, 1, now));
	known(0);
}

/* The path takes longer than a round: answers to earlier rounds are as good. */
static void
answers_are_late(void **state)
{
	uint32_t first;

	start();
	assert_true(next_round());
	first = number;
	assert_true(next_round());
	assert_true(next_round());
	assert_false(probe_heard(&p, first, 1, now + 100));
	known(0);

	start(); /* narrow: the floor's come late, each once */
	assert_true(next_round());
	first = number;
	assert_true(next_round());
	for (uint32_t i = 0; i < PROBE_LOST; i++) {
		assert_int_equal(p.fit, 0);
		assert_true(probe_heard(&p, first + i, 0, now + 100));
		assert_true(next_round());
	}
	assert_int_equal(p.fit, PROBE_FLOOR);
}

/* What was not asked, or no longer is. */
static void
wrong_numbers(void **state)
{
	uint32_t old;

	start();
	assert_false(probe_heard(&p, number, 1, now)); /* nothing was sent yet */
	assert_int_equal(p.state, PROBE_ASKING);
	assert_true(next_round());
	old = number;
	assert_false(probe_heard(&p, number + 1, 1, now));
	assert_false(probe_heard(&p, number - 1, 1, now));
	assert_false(probe_heard(&p, number + 1, 0, now));
	assert_int_equal(p.state, PROBE_ASKING);
	lose_large(PROBE_LOST);
	assert_true(next_round()); /* the next question */
	assert_false(probe_heard(&p, old, 1, now));
	assert_int_equal(p.state, PROBE_ASKING);
	assert_int_equal(p.fit, PROBE_FLOOR);
}

/* In the middle of it all the path is another one. */
static void
path_changes(void **state)
{
	uint32_t old;

	start();
	assert_true(next_round());
	old = number;
	lose_large(PROBE_LOST);
	assert_true(next_round());
	probe_new(&p, 1);
	assert_int_equal(p.fit, 0);
	assert_true(p.due_ms == UINT64_MAX);
	assert_false(probe_heard(&p, number, 0, now));
	assert_false(probe_heard(&p, old, 1, now));
	assert_int_equal(p.state, PROBE_NEW);
	assert_true(probe_wanted(&p, 40, now));
	probe_start(&p, FULL, now);
	assert_true(next_round());
	assert_int_equal(size, FULL);
	assert_false(probe_heard(&p, old, 1, now));
	assert_int_equal(p.state, PROBE_ASKING);
	assert_false(probe_heard(&p, number, 1, now));
	known(0);
}

/* A path that carries this: ask until it is known.  Returns how many rounds that took. */
static unsigned
search(uint32_t carries)
{
	unsigned rounds = 0;

	while (p.state == PROBE_ASKING && next_round()) {
		rounds++;
		assert_true(rounds < 100);
		probe_heard(&p, number, size <= carries, now + 10);
	}
	return rounds;
}

static void
finds_any_size(void **state)
{
	for (uint32_t carries = PROBE_FLOOR; carries < 1500; carries += 4) {
		uint32_t want = carries < ESP_MTU_MIN + 2 ? PROBE_FLOOR
		    : carries >= FULL                     ? 0
							  : carries;

		start();
		assert_in_range(search(carries), 1, 8 * PROBE_LOST);
		known(want);
	}
}

/* Again after a while: what was found last is asked before halving begins anew. */
static void
looks_again(void **state)
{
	static const uint32_t rows[][2] = {
	    {1338, 1338}, {FULL, 0}, {1300, 1298}, {1200, PROBE_FLOOR}, {1410, 1410}, {1282, 1282}};

	start();
	search(1338);
	known(1338);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		now += PROBE_WIDER_MS;
		assert_true(probe_wanted(&p, PROBE_FLOOR + 1, now));
		probe_start(&p, FULL, now);
		search(rows[i][0]);
		known(rows[i][1]);
	}
}

/* While a narrow path is asked again its size stays in force. */
static void
keeps_what_it_knows(void **state)
{
	start();
	search(1338);
	now += PROBE_WIDER_MS;
	probe_start(&p, FULL, now);
	assert_int_equal(p.fit, 1338);
	while (p.state == PROBE_ASKING) /* silence */
		next_round();
	known(1338);
}

static void
doubts(void **state)
{
	start();
	next_round();
	probe_heard(&p, number, 1, now);
	probe_doubt(&p, now + PROBE_DOUBT_MS - 1);
	assert_false(probe_wanted(&p, FULL, now + PROBE_DOUBT_MS));
	probe_doubt(&p, now + PROBE_DOUBT_MS);
	assert_true(probe_wanted(&p, FULL, now + PROBE_DOUBT_MS));
	assert_false(probe_wanted(&p, 100, now + PROBE_DOUBT_MS));
	probe_start(&p, FULL, now); /* none while it is asked anyway */
	probe_doubt(&p, now + PROBE_DOUBT_MS);
	assert_false(probe_wanted(&p, FULL, now + PROBE_DOUBT_MS));
}

static void
inherits(void **state)
{
	struct probe heir;

	start();
	search(1338);
	probe_new(&heir, 1);
	probe_inherit(&heir, &p);
	assert_int_equal(heir.fit, 1338);
	assert_false(probe_wanted(&heir, FULL, now));
	assert_true(probe_wanted(&heir, FULL, now + PROBE_WIDER_MS));
	now += PROBE_WIDER_MS; /* one that is asking: the heir asks for itself */
	probe_start(&p, FULL, now);
	next_round();
	probe_new(&heir, 1);
	probe_inherit(&heir, &p);
	assert_int_equal(heir.fit, 1338);
	assert_true(heir.due_ms == UINT64_MAX);
	assert_true(probe_wanted(&heir, 40, now));
	probe_new(&heir, 0); /* nor does one ask because another does */
	probe_inherit(&heir, &p);
	assert_false(probe_wanted(&heir, FULL, UINT64_MAX));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(never_asks),
	    cmocka_unit_test(full_size_passes),
	    cmocka_unit_test(no_question),
	    cmocka_unit_test(all_is_lost),
	    cmocka_unit_test(large_is_lost),
	    cmocka_unit_test(losses_are_not_narrowness),
	    cmocka_unit_test(answers_are_late),
	    cmocka_unit_test(wrong_numbers),
	    cmocka_unit_test(path_changes),
	    cmocka_unit_test(finds_any_size),
	    cmocka_unit_test(looks_again),
	    cmocka_unit_test(keeps_what_it_knows),
	    cmocka_unit_test(doubts),
	    cmocka_unit_test(inherits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
