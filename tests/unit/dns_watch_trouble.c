/* watch.c when the server fails, forgets, or answers with what does not belong there. */
#include "dns_watch_bed.h"

/* Whatever a server says or does not say, only a verified list takes a machine away. */
static void
test_failures(void **state)
{
	(void)state;
	for (int o = OUTCOME_CONFLICT; o < OUTCOME_MAX; o++) {
		static struct zone z;
		struct watch *w = start(&z);
		unsigned n;

		add(&z, "nas", 7);
		run(w, &z, HOUR);
		z.says = (enum outcome)o;
		z.serial++;
		run(w, &z, z.now + 2 * MINUTE);
		assert_int_equal(watch_status(w).outcome, o);
		n = z.soa;
		run(w, &z, z.now + HOUR);
		assert_in_range(z.soa - n, 55, 70);
		assert_int_equal(z.told, 1);
		assert_int_equal(watch_status(w).peers, 1);
		assert_true(watch_status(w).synced);
		z.says = OUTCOME_OK;
		run(w, &z, z.now + 70 * SECOND);
		assert_int_equal(watch_status(w).outcome, OUTCOME_OK);
		assert_int_equal(z.list, 2);
		assert_int_equal(z.told, 1);
		watch_free(w);
	}
}

/* A machine whose records cannot be had hides no other one, keeps what was known of it, and is
 * asked for again. */
static void
test_one_unreadable(void **state)
{
	static const enum outcome hows[] = {OUTCOME_TIMEOUT, OUTCOME_SERVFAIL, OUTCOME_FAILED};

	(void)state;
	for (size_t i = 0; i < COUNT(hows); i++) {
		static struct zone z;
		struct watch *w = start(&z);
		struct host *bad = add(&z, "bad", 5), *nas;
		unsigned lists;

		nas = add(&z, "nas", 7);
		run(w, &z, HOUR);
		assert_int_equal(z.told, 2);
		bad->says = hows[i];
		nas->contact = 8;
		z.serial++;
		run(w, &z, z.now + 70 * SECOND);
		assert_int_equal(z.told, 3);
		lists = z.list;
		bad->says = OUTCOME_OK;
		bad->contact = 6;
		run(w, &z, z.now + 70 * SECOND);
		assert_int_equal(z.list, lists + 1);
		assert_int_equal(z.told, 4);
		assert_int_equal(z.gone, 0);
		watch_free(w);
	}
}

/* Not synced before all is known: the manager would forget what it cannot find. */
static void
test_not_synced(void **state)
{
	static struct zone z;
	struct watch *w = start(&z);
	struct host *bad = add(&z, "bad", 5);

	(void)state;
	add(&z, "nas", 7);
	bad->says = OUTCOME_TIMEOUT;
	run(w, &z, 5 * MINUTE);
	assert_int_equal(z.told, 1);
	assert_false(watch_status(w).synced);
	bad->says = OUTCOME_OK;
	run(w, &z, 7 * MINUTE);
	assert_int_equal(z.told, 2);
	assert_true(watch_status(w).synced);
	watch_free(w);
}

/* A server that dies in the middle of a long reading: not all 200 machines are waited for. */
static void
test_dies_while_reading(void **state)
{
	static struct zone z;
	struct watch *w = start(&z);
	char label[16];

	(void)state;
	for (int i = 0; i < 200; i++) {
		snprintf(label, sizeof label, "h%d", i);
		add(&z, label, 3)->says = OUTCOME_TIMEOUT;
	}
	turn(w, &z);
	turn(w, &z);
	turn(w, &z);
	assert_in_range(z.record, 3, WATCH_OPEN_MAX);
	assert_int_equal(watch_status(w).outcome, OUTCOME_TIMEOUT);
	assert_int_equal(z.told, 0);
	watch_free(w);
}

/* An old epoch is an old answer; but a machine set up anew begins at 1. */
static void
test_epoch_back(void **state)
{
	for (int live = 0; live < 2; live++) {
		static struct zone z;
		struct watch *w = start(&z);
		struct host *nas = add(&z, "nas", 7);

		(void)state;
		nas->epoch = 5;
		run(w, &z, MINUTE);
		watch_live(w, live ? PACE_PUSHED : PACE_ALONE, z.now);
		nas->epoch = 4;
		nas->contact = 6;
		z.serial++;
		hint(w, &z, "_autotunnel._udp", nas->name);
		run(w, &z, z.now + MINUTE);
		assert_int_equal(z.told, 1);
		nas->epoch = 6;
		z.serial++;
		hint(w, &z, "_autotunnel._udp", nas->name);
		run(w, &z, z.now + 70 * SECOND);
		assert_int_equal(z.told, 2);
		nas->epoch = 1;
		z.serial++;
		hint(w, &z, "_autotunnel._udp", nas->name);
		run(w, &z, z.now + 100 * SECOND);
		assert_int_equal(z.told, 2);
		run(w, &z, z.now + 90 * SECOND);
		assert_int_equal(z.told, 3);
		assert_int_equal(watch_epoch(w, &(struct name) {0}), 0);
		watch_free(w);
	}
}

/* Another zone: old machines go when its list has been read, common ones are told again. */
static void
test_restart(void **state)
{
	static struct zone z;
	struct watch *w = start(&z);
	struct name domain = name_of(DOMAIN);
	struct watch_ask ask;
	static struct message m;

	(void)state;
	add(&z, "nas", 7);
	add(&z, "old", 7);
	run(w, &z, MINUTE);
	assert_int_equal(z.told, 2);
	z.now += MINUTE;
	assert_int_equal(watch_next(w, z.now, &ask), 1);
	answer_message(&z, &ask.q, &m);
	watch_restart(w, &domain, SELF);
	/* an answer to the old question */
	watch_answer(w, ask.ticket, OUTCOME_OK, &m, z.now);
	assert_null(watch_status(w).zone);
	assert_false(watch_status(w).synced);
	assert_null(watch_news(w));
	z.host[2].listed = 0;
	run(w, &z, z.now + SECOND);
	assert_int_equal(z.told, 4);
	assert_int_equal(z.gone, 1);
	assert_true(watch_status(w).synced);
	watch_free(w);
}

/* The server turns out not to have our zone. */
static void
test_foreign_soa(void **state)
{
	static struct zone z;
	struct name domain = name_of("bob.example.org");
	struct watch *w = watch_new(&domain, "self.bob.example.org", half_jitter);

	(void)state;
	memset(&z, 0, sizeof z);
	z.now = SECOND;
	run(w, &z, MINUTE);
	assert_null(watch_status(w).zone);
	assert_int_equal(watch_status(w).outcome, OUTCOME_NOTAUTH);
	assert_int_equal(z.list, 0);
	watch_free(w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_failures),
	    cmocka_unit_test(test_one_unreadable),
	    cmocka_unit_test(test_not_synced),
	    cmocka_unit_test(test_dies_while_reading),
	    cmocka_unit_test(test_epoch_back),
	    cmocka_unit_test(test_restart),
	    cmocka_unit_test(test_foreign_soa),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
