/*
 * An import into a new zone whose disk fails at any operation: the caller is told, the zone is as
 * before, and what is acknowledged afterwards is there after a restart, with nothing of the import.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "dnsd_faults.h"
#include "dnsupdate/server/disk/store.h"
#include "dnsupdate/server/data/zone.h"

#define NOW 1700000000u
#define IMPORTED 40 /* names */

static char dir[64], zone_dir[128];

struct world {
	struct keyring *keys;
	struct commit *commit;
	struct store *store;
	struct zone *zone;
	uint64_t boot_ms;
};

static void
start(struct world *w)
{
	struct store_options o = {.ops = &faults_ops, .dir = dir};
	char why[JOURNAL_WHY_MAX];
	struct name name;

	*w = (struct world) {.keys = keyring_new(), .commit = commit_new(), .boot_ms = 1000000};
	o.keys = w->keys;
	w->store = store_new(&o);
	commit_set_journal(w->commit, store_journal(w->store));
	name_parse(&name, "alice.example.org");
	w->zone = zone_new(&name);
	if (store_open(w->store, w->zone, why) == -1)
		fail_msg("%s", why);
}

static void
stop(struct world *w)
{
	store_free(w->store);
	commit_free(w->commit);
	keyring_free(w->keys);
	zone_free(w->zone);
}

static void
make(struct world *w)
{
	log_set_level(LOG_LEVEL_ERROR);
	faults_make_dir(dir);
	snprintf(zone_dir, sizeof(zone_dir), "%s/alice.example.org", dir);
	faults_arm(FAULT_NONE, 0, 0);
	faults_forget();
	start(w);
}

static void
unmake(struct world *w)
{
	stop(w);
	faults_remove_dir(zone_dir);
	faults_remove_dir(dir);
}

static void
soa(struct zone *z, struct change_list *c)
{
	uint8_t data[64] = {0};
	struct buf b = buf_writer(data, sizeof(data));

	buf_put_u16(&b, 0);
	for (uint32_t i = 1; i <= 5; i++)
		buf_put_u32(&b, i);
	assert_int_equal(commit_put(z, c, &z->name, TYPE_SOA, 60, data, (uint16_t)b.pos, 0), 0);
}

/* An update of one record, "LABELn A 10.0.0.n". */
static int
add(struct world *w, const char *label, unsigned n)
{
	uint8_t address[4] = {10, 0, 0, (uint8_t)n};
	uint32_t serial = w->zone->serial;
	struct change_list c = {0};
	struct name owner;
	char text[32];

	snprintf(text, sizeof(text), "%s%u", label, n);
	name_prepend(&owner, text, &w->zone->name);
	if (serial == 0)
		soa(w->zone, &c);
	commit_put(w->zone, &c, &owner, TYPE_A, 60, address, 4, 0);
	commit_change(w->commit, w->zone, serial, &c, NULL);
	change_list_free(&c);
	return commit_run(w->commit, NOW);
}

static int
has(const struct world *w, const char *label, unsigned n)
{
	struct name owner;
	char text[32];

	snprintf(text, sizeof(text), "%s%u", label, n);
	name_prepend(&owner, text, &w->zone->name);
	return zone_node(w->zone, &owner) != NULL;
}

/* As keeper_import does it.  0 or -1. */
static int
import(struct world *w)
{
	struct zone *new = zone_new(&w->zone->name);
	struct change_list c = {0};
	int rc;

	soa(new, &c);
	for (unsigned i = 0; i < IMPORTED; i++) {
		uint8_t address[4] = {11, 0, 0, (uint8_t)i};
		struct name owner;
		char text[32];

		snprintf(text, sizeof(text), "new%u", i);
		name_prepend(&owner, text, &new->name);
		commit_put(new, &c, &owner, TYPE_A, 60, address, 4, 0);
	}
	change_list_free(&c);
	zone_swap(w->zone, new);
	rc = store_replace(w->store, w->zone, NOW * 1000ull);
	if (rc == -1)
		zone_swap(w->zone, new);
	zone_free(new);
	return rc;
}

/* What store_work has to do is done in some seconds. */
static void
let_time_pass(struct world *w)
{
	for (int i = 0; i < 100; i++) {
		w->boot_ms += 1000;
		store_work(w->store, w->boot_ms, NOW * 1000ull + w->boot_ms);
	}
}

static void
assert_imported(const struct world *w, int whole, int old)
{
	for (unsigned i = 0; i < IMPORTED; i++)
		assert_int_equal(has(w, "new", i), whole);
	assert_int_equal(has(w, "old", 1), old);
}

/* Operation `at` of the import fails, if it has so many.  What it said. */
static int
fail_at(enum fault fault, unsigned at, int wait, unsigned seed)
{
	unsigned acked = 0;
	struct world w;
	int rc;

	make(&w);
	assert_int_equal(add(&w, "old", 1), 0);
	faults_arm(fault, at, EIO);
	rc = import(&w);
	assert_imported(&w, rc == 0, rc == -1);
	faults_arm(FAULT_NONE, 0, 0);
	if (wait)
		let_time_pass(&w);
	while (acked < 5 && add(&w, "after", acked) == 0)
		acked++;
	assert_true(acked == 5 || (rc == -1 && acked == 0 && !wait));
	stop(&w);
	if (seed > 0)
		faults_lose_power(seed);
	start(&w);
	for (unsigned i = 0; i < 5; i++)
		assert_int_equal(has(&w, "after", i), i < acked);
	/* If updates were refused all the time it may be either, but is one of them, whole. */
	if (acked > 0)
		assert_imported(&w, rc == 0, rc == -1);
	else
		assert_imported(&w, has(&w, "new", 0), !has(&w, "new", 0));
	unmake(&w);
	return rc;
}

static void
each_operation_fails(void **state)
{
	unsigned failed = 0;

	for (int wait = 0; wait <= 1; wait++)
		for (unsigned seed = 0; seed < 20; seed++)
			for (unsigned at = 1; at < 16; at++) {
				failed += fail_at(FAULT_ONCE, at, wait, seed) == -1;
				failed += fail_at(FAULT_DEAD, at, wait, seed) == -1;
			}
	assert_true(failed > 100);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_operation_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
