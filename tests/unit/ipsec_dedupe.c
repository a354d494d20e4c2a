/* Crossing calls: both ends, each with what it sees, must come to the same single tunnel. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "ipsec/dedupe.h"

#include <stdlib.h>
#include <string.h>

#define MAX 6

/* One IKE SA as both ends see it: up at slightly different times. */
struct world {
	struct dedupe_sa a[MAX], b[MAX];
	size_t n;
};

static void
add(struct world *w, int by_a, uint64_t spi, uint64_t up_a, uint64_t up_b)
{
	w->a[w->n] = (struct dedupe_sa) {.up_ms = up_a, .spi = spi, .mine = by_a != 0};
	w->b[w->n] = (struct dedupe_sa) {.up_ms = up_b, .spi = spi, .mine = by_a == 0};
	w->n++;
}

/* Both judge; an SA that either drops is gone at both.  a's name is the smaller one.  Returns how
 * many are left; *which is the last of them. */
static size_t
judge(struct world *w, size_t *which)
{
	size_t left = 0;

	dedupe(w->a, w->n, 1);
	dedupe(w->b, w->n, 0);
	for (size_t i = 0; i < w->n; i++) {
		if (!w->a[i].drop && !w->b[i].drop) {
			left++;
			*which = i;
		}
	}
	return left;
}

static void
test_crossing(void **state)
{
	size_t which;

	for (int64_t skew = -300; skew <= 300; skew++) {
		struct world w = {.n = 0};

		add(&w, 1, 7, 1000, 1000 + 3);
		add(&w, 0, 8, (uint64_t)(1000 + skew), (uint64_t)(1002 + skew));
		assert_int_equal(judge(&w, &which), 1);
		assert_int_equal(which, 0); /* the smaller name's */
	}
}

static void
test_one_stays(void **state)
{
	struct dedupe_sa one = {.up_ms = 5, .mine = 1};

	assert_int_equal(dedupe(&one, 1, 0), 0);
	assert_false(one.drop);
}

/* Several contacts of the same peer answered: only the caller decides. */
static void
test_same_initiator(void **state)
{
	struct world w = {.n = 0};
	size_t which;

	add(&w, 1, 7, 1000, 1005);
	add(&w, 1, 9, 1002, 1001); /* the ends disagree about the order */
	add(&w, 1, 8, 1002, 1000);
	assert_int_equal(judge(&w, &which), 1);
	assert_int_equal(which, 1);
	assert_false(w.b[0].drop || w.b[1].drop || w.b[2].drop);
}

/* b was killed, lost its SAs and called: the new one stays, whoever had initiated the old one, and
 * a deletes the old one, for b does not know it any more. */
static void
test_restart(void **state)
{
	for (int mine = 0; mine <= 1; mine++) {
		struct dedupe_sa a[2] = {
		    {.up_ms = 1000, .spi = 9, .mine = (uint8_t)mine},
		    {.up_ms = 1000 + DEDUPE_CROSSING_MS + 1, .spi = 1, .mine = 0},
		};

		assert_int_equal(dedupe(a, 2, 1), 1);
		assert_true(a[0].drop);
		assert_false(a[1].drop);
	}
}

/* Whatever happens within the crossing time, never two, never none. */
static void
test_random(void **state)
{
	srandom(1);
	for (int round = 0; round < 20000; round++) {
		struct world w = {.n = 0};
		size_t n = 1 + (size_t)random() % MAX, which;

		for (size_t i = 0; i < n; i++) {
			uint64_t up = 100000 + (uint64_t)random() % 2000;

			add(&w, random() % 2, (uint64_t)random(), up,
			    up + (uint64_t)random() % 100);
		}
		assert_int_equal(judge(&w, &which), 1);
	}
}

static void
test_names(void **state)
{
	assert_true(dedupe_prefer_mine("a.x", "b.x"));
	assert_false(dedupe_prefer_mine("B.x", "a.x"));
	assert_true(dedupe_prefer_mine("A.x", "b.x"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_crossing),
	    cmocka_unit_test(test_one_stays),
	    cmocka_unit_test(test_same_initiator),
	    cmocka_unit_test(test_restart),
	    cmocka_unit_test(test_random),
	    cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
