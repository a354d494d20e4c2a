/* The replay window and the inference of the high 32 bits. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "ipsec/esp/replay.h"

#include <stdlib.h>
#include <string.h>

#define W ((uint64_t)ESP_REPLAY_WINDOW)
#define G32 (UINT64_C(1) << 32)

/* Check and mark; 1 = accepted. */
static int
take(struct replay *r, uint64_t seq)
{
	if (!replay_fresh(r, seq))
		return 0;
	replay_mark(r, seq);
	return 1;
}

static void
sequences(void **state)
{
	static const struct {
		uint64_t seq;
		int accepted;
	} steps[] = {
	    {0, 0},
	    {1, 1},
	    {1, 0},
	    {3, 1},
	    {2, 1},
	    {2, 0},
	    {3, 0},
	    {0, 0},
	    {W, 1}, /* window is now 1..W */
	    {1, 0}, /* in the window, seen */
	    {4, 1},
	    {W + 3, 1}, /* 4..W+3 */
	    {3, 0},
	    {4, 0},
	    {5, 1},
	    {5, 0},
	    {3 * W + 17, 1}, /* far jump: all below is fresh or too old */
	    {2 * W + 17, 0}, /* just too old */
	    {2 * W + 18, 1}, /* the very edge */
	    {2 * W + 18, 0},
	    {3 * W + 16, 1},
	    {3 * W + 17, 0},
	    {W + 3, 0},
	    {3 * W + 18, 1},
	    {2 * W + 18, 0},
	    {2 * W + 19, 1},
	    {UINT64_MAX, 1},
	    {UINT64_MAX, 0},
	    {UINT64_MAX - W + 1, 1},
	    {UINT64_MAX - W, 0},
	    {1, 0},
	};
	struct replay r = {0};

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		assert_int_equal(take(&r, steps[i].seq), steps[i].accepted);
}

static void
newest(void **state)
{
	struct replay r = {0};

	assert_int_equal(replay_mark(&r, 5), 1);
	assert_int_equal(replay_mark(&r, 4), 0);
	assert_int_equal(replay_mark(&r, 6), 1);
}

/* Against a model that remembers everything. */
static void
random_order(void **state)
{
	enum { SPAN = 60000 };
	struct replay r = {0};
	uint8_t *seen = calloc(SPAN, 1);
	uint64_t highest = 0, base = 1;

	srandom(7);
	for (size_t i = 0; i < 400000; i++) {
		uint64_t seq = base + (uint64_t)random() % (2 * W);
		int want;

		if (i % 40 == 0)
			base += (uint64_t)random() % 9;
		if (seq >= SPAN)
			break;
		want = (highest < W || seq > highest - W) && !seen[seq];
		assert_int_equal(take(&r, seq), want);
		seen[seq] |= (uint8_t)want;
		if (want && seq > highest)
			highest = seq;
	}
	assert_true(highest > 3 * W);
	free(seen);
}

static void
inference(void **state)
{
	static const struct {
		uint64_t highest;
		uint32_t low;
		uint64_t want;
	} rows[] = {
	    {0, 1, 1},
	    {0, 0x7fffffff, 0x7fffffff},
	    {0, 0xffffffff, 0}, /* would belong before the beginning */
	    {0, (uint32_t)(G32 - W), G32 - W},
	    {0, (uint32_t)(G32 - W + 1), 0},
	    /* case A: the window lies inside one subspace */
	    {W - 1, 1, 1},
	    {W - 1, 0, 0}, /* the edge itself, number 0 */
	    {W, 0, G32}, /* below the edge: the next subspace */
	    {10000, (uint32_t)(10000 - W + 1), 10000 - W + 1},
	    {10000, (uint32_t)(10000 - W), G32 + 10000 - W},
	    {G32 - 1, 0, G32},
	    {G32 - 1, 5, G32 + 5},
	    {G32 - 1, 0xffffffff, G32 - 1},
	    /* case B: the window reaches back over the border */
	    {G32, 0xffffffff, G32 - 1},
	    {G32, (uint32_t)(G32 - W + 1), G32 - W + 1},
	    {G32, (uint32_t)(G32 - W), 2 * G32 - W},
	    {G32 + 5, 5, G32 + 5},
	    {G32 + 5, 6, G32 + 6},
	    {G32 + 5, 0xfffffff0, G32 - 16},
	    {G32 + W - 2, 0xffffffff, G32 - 1}, /* the border is still in the window */
	    {G32 + W - 1, 0xffffffff, 2 * G32 - 1}, /* no more */
	    {7 * G32 + 1, 0xffffffff, 7 * G32 - 1},
	    /* the end of all numbers */
	    {UINT64_MAX, 0xffffffff, UINT64_MAX},
	    {UINT64_MAX, 0, 0},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct replay r = {.highest = rows[i].highest};

		if (replay_infer(&r, rows[i].low, 1) != rows[i].want)
			fail_msg("row %zu: %llx", i,
			    (unsigned long long)replay_infer(&r, rows[i].low, 1));
		assert_int_equal(replay_infer(&r, rows[i].low, 0), rows[i].low);
	}
}

/* Numbers in any order within the window are inferred right, over the 32-bit border. */
static void
inference_over_border(void **state)
{
	struct replay r = {.highest = G32 - 3 * W};

	srandom(3);
	for (size_t i = 0; i < 20000; i++) {
		uint64_t seq = r.highest + 300 - (uint64_t)random() % (W + 200);

		assert_true(replay_infer(&r, (uint32_t)seq, 1) == seq ||
		    r.highest - seq >= W); /* older than the window: may be anything */
		take(&r, seq);
	}
	assert_true(r.highest > G32 + W);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(sequences),
	    cmocka_unit_test(newest),
	    cmocka_unit_test(random_order),
	    cmocka_unit_test(inference),
	    cmocka_unit_test(inference_over_border),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
