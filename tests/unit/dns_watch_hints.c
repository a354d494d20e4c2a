/* watch.c when it is told of changes instead of having to look. */
#include "dns_watch_bed.h"

/* Told of changes, only what has changed is asked for, at once; looks are rare. */
static void
test_hints(void **state)
{
	static struct zone z;
	struct watch *w = start(&z);
	struct host *nas = add(&z, "nas", 7), *box = add(&z, "box", 7);
	unsigned soa, list, record;

	(void)state;
	run(w, &z, MINUTE);
	watch_live(w, PACE_PUSHED, z.now);
	run(w, &z, HOUR);
	soa = z.soa;
	run(w, &z, z.now + 4 * HOUR);
	assert_in_range(z.soa - soa, 16, 19);
	soa = z.soa, list = z.list, record = z.record;
	nas->contact = 8;
	nas->epoch++;
	box->contact = 9;
	box->epoch++;
	hint(w, &z, "_autotunnel._udp", nas->name);
	assert_true(watch_wake(w, z.now) == z.now);
	run(w, &z, z.now + 100);
	assert_int_equal(z.told, 3);
	assert_int_equal(z.record - record, 5);
	assert_int_equal(z.soa, soa);
	hint(w, &z, "at", box->name);
	run(w, &z, z.now + 100);
	assert_int_equal(z.told, 4);
	/* the list alone: one more, one less */
	add(&z, "new", 3);
	box->listed = 0;
	record = z.record;
	hint(w, &z, "_autotunnel._udp", DOMAIN);
	run(w, &z, z.now + 100);
	assert_int_equal(z.list, list + 1);
	assert_int_equal(z.record - record, 5);
	assert_int_equal(z.told, 6);
	assert_int_equal(z.gone, 1);
	assert_int_equal(z.soa, soa);
	/* names that are none of ours, and one that has just gone */
	hint(w, &z, "_autotunnel._udp", "stranger." DOMAIN);
	hint(w, &z, "_autotunnel._udp", SELF);
	hint(w, &z, "_autotunnel._udp", box->name);
	hint(w, &z, "a", "net");
	run(w, &z, z.now + 100);
	assert_int_equal(z.list, list + 1);
	assert_int_equal(z.record - record, 5);
	/* no longer told: look at once, then as ever */
	watch_live(w, PACE_ALONE, z.now);
	assert_true(watch_wake(w, z.now) == z.now);
	run(w, &z, z.now + HOUR);
	assert_in_range(z.soa - soa, 60, 90);
	watch_free(w);
}

/* Over UDP hints may get lost: each minute a look, which finds it out. */
static void
test_hints_lost(void **state)
{
	static struct zone z;
	struct watch *w = start(&z);
	struct host *nas = add(&z, "nas", 7);
	unsigned soa, surprises;

	(void)state;
	run(w, &z, MINUTE);
	watch_live(w, PACE_HINTED, z.now);
	run(w, &z, HOUR);
	soa = z.soa;
	surprises = watch_status(w).surprises;
	run(w, &z, 2 * HOUR);
	assert_in_range(z.soa - soa, 64, 69);
	assert_int_equal(watch_status(w).surprises, surprises);
	nas->contact = 8;
	nas->epoch++;
	z.serial++;
	run(w, &z, z.now + 66 * SECOND);
	assert_int_equal(z.told, 2);
	assert_int_equal(watch_status(w).surprises, surprises + 1);
	/* a change that was hinted at is none */
	nas->contact = 9;
	nas->epoch++;
	z.serial++;
	hint(w, &z, "_autotunnel._udp", nas->name);
	run(w, &z, z.now + 2 * MINUTE);
	assert_int_equal(z.told, 3);
	assert_int_equal(watch_status(w).surprises, surprises + 1);
	watch_free(w);
}

/* However many hints come, the server is asked twice a second for a machine, and for the list. */
static void
test_hint_flood(void **state)
{
	static struct zone z;
	struct watch *w = start(&z);
	struct host *nas = add(&z, "nas", 7);
	unsigned list, record;

	(void)state;
	run(w, &z, MINUTE);
	watch_live(w, PACE_PUSHED, z.now);
	list = z.list, record = z.record;
	for (int i = 0; i < 10000; i++) {
		hint(w, &z, "_autotunnel._udp", nas->name);
		hint(w, &z, "_autotunnel._udp", DOMAIN);
		if (i % 10 == 0)
			run(w, &z, z.now + 10);
	}
	assert_in_range(z.list - list, 20, 40);
	assert_in_range((z.record - record) / 5, 20, 40);
	/* paid off at the same rate, with a burst of them forgiven: and then as before */
	run(w, &z, z.now + MINUTE);
	nas->contact = 9;
	nas->epoch++;
	hint(w, &z, "_autotunnel._udp", nas->name);
	run(w, &z, z.now + 50);
	assert_int_equal(z.told, 2);
	watch_free(w);
}

/* A hint whose machine cannot be read is not forgotten; one while it is being read neither. */
static void
test_hint_missed(void **state)
{
	static struct zone z;
	struct watch *w = start(&z);
	struct host *nas = add(&z, "nas", 7);
	struct watch_ask ask[2];
	static struct message m;

	(void)state;
	run(w, &z, MINUTE);
	watch_live(w, PACE_PUSHED, z.now);
	run(w, &z, HOUR);
	nas->contact = 8;
	nas->epoch++;
	nas->says = OUTCOME_SERVFAIL;
	hint(w, &z, "_autotunnel._udp", nas->name);
	run(w, &z, z.now + SECOND);
	assert_int_equal(z.told, 1);
	nas->says = OUTCOME_OK;
	run(w, &z, z.now + 10 * SECOND);
	assert_int_equal(z.told, 2);
	hint(w, &z, "_autotunnel._udp", nas->name);
	read_epoch(w, &z);
	for (int i = 0; i < 2; i++)
		assert_int_equal(watch_next(w, z.now, &ask[i]), 1);
	for (int i = 0; i < 2; i++) {
		answer_message(&z, &ask[i].q, &m);
		watch_answer(w, ask[i].ticket, OUTCOME_OK, &m, z.now);
	}
	nas->contact = 9;
	nas->epoch++;
	hint(w, &z, "_autotunnel._udp", nas->name);
	run(w, &z, z.now + SECOND);
	/* half of the change, for the first reading was under way; then all of it */
	assert_int_equal(z.told, 4);
	watch_free(w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_hints),
	    cmocka_unit_test(test_hints_lost),
	    cmocka_unit_test(test_hint_flood),
	    cmocka_unit_test(test_hint_missed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
