/* Has a connected peer moved?  In virtual time. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "ipsec/path.h"

static const struct endpoint old_place = {.family = 4, .port = 4500, .addr = {192, 0, 2, 1}};
static const struct endpoint new_place = {.family = 4, .port = 4500, .addr = {192, 0, 2, 2}};
static const struct endpoint third_place = {.family = 4, .port = 4500, .addr = {192, 0, 2, 3}};

static void
test_dead_place(void **state)
{
	struct path p = {0};
	uint64_t wait;

	assert_int_equal(path_next(&p, 1, &wait), PATH_NOTHING);
	path_news(&p, &new_place, 1, &old_place, 1000);
	assert_int_equal(path_next(&p, 1000, &wait), PATH_ASK);
	assert_int_equal(path_next(&p, 1000, &wait), PATH_NOTHING);
	assert_int_equal(wait, PATH_ASK_MS);
	assert_int_equal(path_next(&p, 1000 + PATH_ASK_MS, &wait), PATH_MOVE);
	assert_true(endpoint_equal(&p.to, &new_place));
	assert_int_equal(path_next(&p, 1000 + PATH_ASK_MS, &wait), PATH_NOTHING);
	assert_int_equal(wait, PATH_MOVE_MS);
	assert_int_equal(path_next(&p, 1000 + PATH_ASK_MS + PATH_MOVE_MS, &wait), PATH_CALL);
	assert_int_equal(path_next(&p, 9000, &wait), PATH_NOTHING);
	assert_int_equal(p.state, PATH_LOST);
	assert_true(wait == UINT64_MAX);
	/* DNS has yet another place: the old tunnel is tried there, besides the calls. */
	path_news(&p, &third_place, 1, &new_place, 10000);
	assert_int_equal(path_next(&p, 10000, &wait), PATH_MOVE);
	assert_true(endpoint_equal(&p.to, &third_place));
	assert_int_equal(path_next(&p, 99000, &wait), PATH_NOTHING);
	assert_int_equal(p.state, PATH_LOST);
	/* DNS alone finds nobody. */
	path_news(&p, &third_place, 1, &third_place, 99000);
	assert_int_equal(p.state, PATH_LOST);
	path_heard(&p);
	assert_int_equal(p.state, PATH_GOOD);
	assert_int_equal(path_next(&p, 99000, &wait), PATH_NOTHING);
}

/* No answer to our traffic, and DNS knows nothing new. */
static void
test_silent(void **state)
{
	struct path p = {0};
	uint64_t wait;

	path_doubt(&p, 1000);
	assert_int_equal(path_next(&p, 1000, &wait), PATH_ASK);
	assert_int_equal(p.to.family, 0);
	path_doubt(&p, 1100);
	path_news(&p, &old_place, 1, &old_place, 1100); /* that it is there is no answer */
	assert_int_equal(path_next(&p, 1000 + PATH_ASK_MS - 1, &wait), PATH_NOTHING);
	assert_int_equal(wait, 1);
	assert_int_equal(path_next(&p, 1000 + PATH_ASK_MS, &wait), PATH_CALL);
	/* It answers, and falls silent again. */
	path_heard(&p);
	path_doubt(&p, 5000);
	assert_int_equal(path_next(&p, 5000, &wait), PATH_ASK);
	/* Meanwhile DNS knows better: it is greeted there at once, then the tunnel moves. */
	path_news(&p, &new_place, 1, &old_place, 5100);
	assert_int_equal(path_next(&p, 5100, &wait), PATH_ASK);
	assert_true(endpoint_equal(&p.to, &new_place));
	assert_int_equal(path_next(&p, 5000 + PATH_ASK_MS, &wait), PATH_MOVE);
}

/* Our own network changed: IKE asks, we wait as long as it seems worth it. */
static void
test_shaken(void **state)
{
	struct path p = {0};
	uint64_t wait;

	path_shaken(&p, 60, 0, 1000);
	assert_int_equal(path_next(&p, 1000, &wait), PATH_NOTHING);
	assert_int_equal(wait, 60);
	assert_int_equal(path_next(&p, 1060, &wait), PATH_CALL);
	path_shaken(&p, 60, 0, 2000); /* lost it is already */
	assert_int_equal(path_next(&p, 3000, &wait), PATH_NOTHING);
	path_heard(&p);
	path_shaken(&p, PATH_ASK_MS, 0, 4000);
	path_heard(&p);
	assert_int_equal(path_next(&p, 9000, &wait), PATH_NOTHING);
}

/* It was asked already, for another reason: the shorter patience counts. */
static void
test_shaken_in_doubt(void **state)
{
	struct path p = {0};
	uint64_t wait;

	path_doubt(&p, 1000);
	path_shaken(&p, 60, 0, 1010);
	assert_int_equal(path_next(&p, 1010, &wait), PATH_ASK);
	assert_int_equal(path_next(&p, 1010, &wait), PATH_NOTHING);
	assert_int_equal(wait, 60);
	path_shaken(&p, PATH_ASK_MS, 0, 1020);
	assert_int_equal(path_next(&p, 1070, &wait), PATH_CALL);
}

/* We have slept so long that it has forgotten us: there is nothing to move. */
static void
test_overdue(void **state)
{
	struct path p = {0};
	uint64_t wait;

	path_shaken(&p, 60, 1, 1000);
	path_news(&p, &new_place, 1, &old_place, 1020);
	assert_int_equal(path_next(&p, 1020, &wait), PATH_ASK);
	assert_int_equal(path_next(&p, 1060, &wait), PATH_CALL);
	path_heard(&p);
	path_news(&p, &new_place, 1, &old_place, 2000);
	assert_int_equal(path_next(&p, 2000, &wait), PATH_ASK);
	assert_int_equal(path_next(&p, 2000 + PATH_ASK_MS, &wait), PATH_MOVE);
	path_shaken(&p, 60, 1, 2000 + PATH_ASK_MS);
	assert_int_equal(path_next(&p, 2060 + PATH_ASK_MS, &wait), PATH_CALL);
}

/* DNS is wrong or late: the place answers, so nothing moves. */
static void
test_living_place(void **state)
{
	struct path p = {0};
	uint64_t wait;

	path_news(&p, &new_place, 1, &old_place, 1000);
	assert_int_equal(path_next(&p, 1000, &wait), PATH_ASK);
	path_heard(&p);
	assert_int_equal(path_next(&p, 2000, &wait), PATH_NOTHING);
	assert_true(wait == UINT64_MAX);
}

static void
test_left_alone(void **state)
{
	const struct endpoint both[2] = {new_place, old_place};
	struct path p = {0};
	uint64_t wait;

	path_news(&p, both, 2, &old_place, 1000); /* still named */
	assert_int_equal(path_next(&p, 1000, &wait), PATH_NOTHING);
	path_news(&p, NULL, 0, &old_place, 1000); /* no place is no news */
	assert_int_equal(path_next(&p, 1000, &wait), PATH_NOTHING);
}

/* News again while the first is being looked into. */
static void
test_moves_twice(void **state)
{
	struct path p = {0};
	uint64_t wait;

	path_news(&p, &new_place, 1, &old_place, 1000);
	assert_int_equal(path_next(&p, 1000, &wait), PATH_ASK);
	path_news(&p, &third_place, 1, &old_place, 1100);
	assert_int_equal(path_next(&p, 1000 + PATH_ASK_MS, &wait), PATH_MOVE);
	assert_true(endpoint_equal(&p.to, &third_place));
	/* And back to where the tunnel leads now. */
	path_news(&p, &old_place, 1, &old_place, 1700);
	assert_int_equal(path_next(&p, 9000, &wait), PATH_NOTHING);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_dead_place),
	    cmocka_unit_test(test_silent),
	    cmocka_unit_test(test_shaken),
	    cmocka_unit_test(test_shaken_in_doubt),
	    cmocka_unit_test(test_overdue),
	    cmocka_unit_test(test_living_place),
	    cmocka_unit_test(test_left_alone),
	    cmocka_unit_test(test_moves_twice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
