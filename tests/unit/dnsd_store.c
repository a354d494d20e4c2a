/*
 * Zones through crashes: what commit_run said 0 for is there after a restart, to the last lease;
 * what it said -1 for is not, neither in memory nor on disk.
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
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "dnsd_faults.h"
#include "dnsupdate/server/data/lease.h"
#include "dnsupdate/server/disk/store.h"
#include "dnsupdate/server/data/zone.h"

#define NOW 1700000000u

static char dir[64];
static const uint8_t secret[32] = {1, 2, 3};

/* A server's inside: zones, keys, commit, store. */
struct world {
	struct keyring *keys;
	struct commit *commit;
	struct store *store;
	struct zone *zone[2];
	int found[2]; /* what store_open said */
	uint64_t boot_ms;
};

static int
setup(void **state)
{
	log_set_level(LOG_LEVEL_ERROR);
	faults_make_dir(dir);
	faults_arm(FAULT_NONE, 0, 0);
	faults_forget();
	return 0;
}

static int
teardown(void **state)
{
	char path[128];

	for (int i = 0; i < 2; i++) {
		struct stat st;

		snprintf(path, sizeof(path), "%s/%s.example.org", dir, i == 0 ? "alice" : "bob");
		if (stat(path, &st) == 0)
			faults_remove_dir(path);
	}
	faults_remove_dir(dir);
	return 0;
}

static void
start(struct world *w, const struct file_ops *ops, int zones)
{
	const char *const names[] = {"alice.example.org", "bob.example.org"};
	char why[JOURNAL_WHY_MAX];
	struct store_options o = {.ops = ops, .dir = dir};
	struct name name;

	memset(w, 0, sizeof(*w));
	w->boot_ms = 1000000;
	w->keys = o.keys = keyring_new();
	w->commit = commit_new();
	w->store = store_new(&o);
	commit_set_journal(w->commit, store_journal(w->store));
	for (int i = 0; i < zones; i++) {
		name_parse(&name, names[i]);
		w->zone[i] = zone_new(&name);
		name_prepend(&name, "key", &name);
		keyring_add(w->keys, &name, KEY_ACCOUNT, TSIG_HMAC_SHA256, secret, 32, w->zone[i]);
		w->found[i] = store_open(w->store, w->zone[i], why);
		if (w->found[i] == -1)
			fail_msg("%s", why);
	}
}

static void
stop(struct world *w)
{
	store_free(w->store);
	commit_free(w->commit);
	keyring_free(w->keys);
	zone_free(w->zone[0]);
	zone_free(w->zone[1]);
}

/* ---- what is in a zone, as text that can be compared ---- */

static int
by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int without_leases; /* what a power loss may take: a second of refreshes */

static char *
line_of(const struct zone *z, const struct node *n, const struct rrset *set, const struct record *r)
{
	const struct lease *l = without_leases ? NULL : lease_get(z->leases, r->lease);
	char text[NAME_TEXT_MAX], line[2 * NAME_TEXT_MAX];
	struct name owner;
	int used;

	node_name(z, n, &owner);
	used = snprintf(line, sizeof(line), "%s %u %u %llu %u ", name_text(&owner, text), set->ttl,
	    set->type, l == NULL ? 0 : (unsigned long long)l->expires_sec,
	    l == NULL ? 0 : l->granted_sec);
	for (uint16_t i = 0; i < r->len && i < 100; i++)
		used += snprintf(line + used, sizeof(line) - (size_t)used, "%02x", r->data[i]);
	return strdup(line);
}

/* All lines, sorted, one behind the other; the caller's to free. */
static char *
dump(const struct zone *z)
{
	char **lines = calloc(z->records + 1, sizeof(*lines)), *all, *end;
	size_t count = 0, len = 1;

	for (const struct node *n = zone_next(z, NULL); n != NULL; n = zone_next(z, n))
		for (const struct rrset *set = n->sets; set != NULL; set = set->next) {
			struct record r;

			for (size_t pos = 0; rrset_next(set, &pos, &r);)
				lines[count++] = line_of(z, n, set, &r);
		}
	assert_int_equal(count, z->records);
	qsort(lines, count, sizeof(*lines), by_text);
	for (size_t i = 0; i < count; i++)
		len += strlen(lines[i]) + 1;
	end = all = malloc(len);
	for (size_t i = 0; i < count; i++) {
		end += sprintf(end, "%s\n", lines[i]);
		free(lines[i]);
	}
	*end = '\0';
	free(lines);
	return all;
}

static void
assert_dump(const struct zone *z, const char *expected)
{
	char *now = dump(z);

	assert_string_equal(now, expected);
	free(now);
}

/* ---- changes ---- */

static void
soa(struct zone *z, struct change_list *c)
{
	uint8_t data[64];
	struct buf b = buf_writer(data, sizeof(data));

	buf_put_u8(&b, 0);
	buf_put_u8(&b, 0);
	for (uint32_t i = 1; i <= 5; i++)
		buf_put_u32(&b, i);
	assert_int_equal(commit_put(z, c, &z->name, TYPE_SOA, 60, data, (uint16_t)b.pos, 0), 0);
}

/* One update: a host gets an address, or loses one, or only more time. */
static void
update(struct world *w, struct zone *z, unsigned *seed, unsigned hosts)
{
	struct change_list c = {0};
	struct commit_mark mark;
	uint32_t serial = z->serial, lease;
	uint8_t address[4] = {10, 0, 0, (uint8_t)(rand_r(seed) % 3)};
	char label[32];
	struct name owner, key;

	snprintf(label, sizeof(label), "h%u", (unsigned)rand_r(seed) % hosts);
	name_prepend(&owner, label, &z->name);
	name_prepend(&key, "key", &z->name);
	mark = (struct commit_mark) {
	    .key = keyring_find(w->keys, &key), .time_sec = NOW + (unsigned)rand_r(seed) % 2};
	memcpy(mark.mac, seed, sizeof(*seed));
	if (z->serial == 0)
		soa(z, &c);
	if (rand_r(seed) % 4 == 0) {
		commit_take_rrset(z, &c, &owner, TYPE_A);
	} else {
		lease = lease_new(z->leases, NOW + (unsigned)rand_r(seed) % 5000, 3600);
		commit_put(
		    z, &c, &owner, TYPE_A, 60 + (unsigned)rand_r(seed) % 2, address, 4, lease);
	}
	key_mark(mark.key, mark.time_sec, mark.mac, 0);
	commit_change(w->commit, z, serial, &c, &mark);
	change_list_free(&c);
}

static int
run(struct world *w, struct zone *z, unsigned *seed, unsigned hosts, unsigned updates)
{
	for (unsigned i = 0; i < updates; i++)
		update(w, z, seed, hosts);
	return commit_run(w->commit, NOW);
}

static uint64_t
work(struct world *w, uint64_t ms)
{
	w->boot_ms += ms;
	return store_work(w->store, w->boot_ms, NOW * 1000ull + w->boot_ms);
}

static void
restarts(void **state)
{
	unsigned seed = 1;
	struct world w;
	char *before;

	start(&w, &file_ops_posix, 1);
	assert_int_equal(w.found[0], 0);
	for (int life = 0; life < 4; life++) {
		for (int i = 0; i < 50; i++)
			assert_int_equal(run(&w, w.zone[0], &seed, 30, 5), 0);
		before = dump(w.zone[0]);
		stop(&w);
		start(&w, &file_ops_posix, 1);
		assert_int_equal(w.found[0], 1);
		assert_dump(w.zone[0], before);
		assert_true(w.zone[0]->serial > 1);
		free(before);
	}
	stop(&w);
}

/* A captured update stays worthless after a restart. */
static void
marks(void **state)
{
	unsigned seed = 1, mac = 1;
	struct world w;
	struct name name;
	uint8_t rcode, octets[KEY_MARK_LEN] = {0};

	name_parse(&name, "key.alice.example.org");
	start(&w, &file_ops_posix, 1);
	run(&w, w.zone[0], &seed, 5, 1);
	(void)mac;
	stop(&w);
	start(&w, &file_ops_posix, 1);
	assert_true(keyring_find(w.keys, &name)->newest_sec >= NOW);
	assert_int_equal(
	    key_replay(keyring_find(w.keys, &name), NOW - 10, octets, &rcode), REPLAY_OLD);
	stop(&w);
}

/* More time only: no sync, and yet it is there after a second, or with the next batch. */
static void
lazily(struct world *w, uint32_t expires)
{
	struct change_list c = {0};
	struct zone *z = w->zone[0];
	uint8_t address[4] = {192, 0, 2, 1};
	struct name owner;

	name_prepend(&owner, "lazy", &z->name);
	commit_put(z, &c, &owner, TYPE_A, 60, address, 4, lease_new(z->leases, expires, 100));
	commit_change(w->commit, z, z->serial, &c, NULL);
	change_list_free(&c);
	assert_int_equal(commit_run(w->commit, NOW), 0);
}

static uint64_t
syncs(const struct world *w)
{
	struct store_stats s;

	store_stats(w->zone[0], &s);
	return s.syncs;
}

static void
lazy_refreshes(void **state)
{
	unsigned seed = 1;
	struct world w;
	char *before;

	start(&w, &file_ops_posix, 1);
	run(&w, w.zone[0], &seed, 5, 1);
	lazily(&w, NOW + 100);
	assert_int_equal(syncs(&w), 2);
	lazily(&w, NOW + 200);
	assert_int_equal(syncs(&w), 2);
	work(&w, 5000);
	assert_int_equal(syncs(&w), 3);
	lazily(&w, NOW + 300);
	run(&w, w.zone[0], &seed, 5, 5);
	assert_int_equal(syncs(&w), 4);
	before = dump(w.zone[0]);
	assert_non_null(strstr(before, "1700000300"));
	stop(&w);
	start(&w, &file_ops_posix, 1);
	assert_dump(w.zone[0], before);
	free(before);
	stop(&w);
}

/* A batch that fails takes no refresh along that was promised before it. */
static void
lazy_outlives_failure(void **state)
{
	unsigned seed = 1;
	struct world w;
	char *before;

	start(&w, &faults_ops, 1);
	run(&w, w.zone[0], &seed, 5, 1);
	lazily(&w, NOW + 100);
	lazily(&w, NOW + 4000);
	before = dump(w.zone[0]);
	faults_arm(FAULT_ONCE, 2, EIO);
	assert_int_equal(run(&w, w.zone[0], &seed, 5, 3), -1);
	assert_dump(w.zone[0], before);
	stop(&w);
	faults_arm(FAULT_NONE, 0, 0);
	start(&w, &faults_ops, 1);
	assert_dump(w.zone[0], before);
	free(before);
	stop(&w);
}

/* Thousands of names, changes between all slices, the table growing under the walk. */
static void
snapshot_meanwhile(void **state)
{
	struct store_stats s = {0};
	unsigned seed = 7;
	struct world w;
	char *before;

	start(&w, &file_ops_posix, 1);
	for (unsigned i = 0; s.snapshots < 3 && i < 4000; i++) {
		assert_int_equal(run(&w, w.zone[0], &seed, 1000 + i * 10, 20), 0);
		work(&w, 100);
		store_stats(w.zone[0], &s);
	}
	assert_int_equal(s.snapshots, 3);
	assert_true(s.journal_octets < s.history_octets); /* history stays, but not all of it */
	assert_true(s.history_octets < 2 * s.snapshot_octets + 2 * STORE_SEGMENT_MAX);
	run(&w, w.zone[0], &seed, 3000, 20);
	before = dump(w.zone[0]);
	stop(&w);
	start(&w, &file_ops_posix, 1);
	assert_dump(w.zone[0], before);
	free(before);
	stop(&w);
}

/* One operation fails at some point of a life with snapshots; then the power is lost. */
static void
one_life(enum fault fault, unsigned at, unsigned seed, int lose_power)
{
	unsigned random = seed;
	char *acked, *tried = NULL, *after;
	struct world w;

	setup(NULL);
	without_leases = fault == FAULT_DEAD;
	start(&w, &faults_ops, 1);
	assert_int_equal(run(&w, w.zone[0], &random, 20, 5), 0);
	assert_int_equal(store_replace(w.store, w.zone[0], NOW), 0);
	assert_int_equal(run(&w, w.zone[0], &random, 20, 5), 0);
	acked = dump(w.zone[0]);
	faults_arm(fault, at, EIO);
	for (int i = 0; i < 10; i++) {
		int rc;

		update(&w, w.zone[0], &random, 20);
		free(tried);
		tried = dump(w.zone[0]);
		rc = commit_run(w.commit, NOW);
		free(acked);
		acked = dump(w.zone[0]);
		if (rc == -1 && fault == FAULT_DEAD)
			break;
		if (i == 4 && store_replace(w.store, w.zone[0], NOW) == -1 && fault == FAULT_DEAD)
			break;
	}
	stop(&w);
	faults_arm(FAULT_NONE, 0, 0);
	if (lose_power)
		faults_lose_power(seed);
	start(&w, &faults_ops, 1);
	after = dump(w.zone[0]);
	/* The serial is commit's to set, so that of what was tried differs from it. */
	if (strcmp(after, acked) != 0 &&
	    (fault != FAULT_DEAD || strcmp(strchr(after, '\n'), strchr(tried, '\n')) != 0))
		fail_msg("fault %d at %u, seed %u:\n%s---- should be\n%s", fault, at, seed, after,
		    acked);
	free(after);
	free(tried);
	free(acked);
	stop(&w);
	teardown(NULL);
}

static void
faults(void **state)
{
	teardown(NULL);
	for (unsigned at = 1; at < 45; at++) {
		one_life(FAULT_ONCE, at, at, 0);
		one_life(FAULT_SHORT, at, at, 0);
		one_life(FAULT_DEAD, at, at, 0);
		for (unsigned seed = 1; seed < 5; seed++)
			one_life(FAULT_DEAD, at, at * 10 + seed, 1);
	}
	without_leases = 0;
	setup(NULL);
}

/* One batch, two zones, the second one's journal fails: neither changes, now or later. */
static void
two_zones_one_batch(void **state)
{
	for (unsigned at = 1; at <= 4; at++) {
		unsigned seed = 3;
		struct world w;
		char *a, *b;

		start(&w, &faults_ops, 2);
		run(&w, w.zone[0], &seed, 5, 1);
		run(&w, w.zone[1], &seed, 5, 1);
		a = dump(w.zone[0]);
		b = dump(w.zone[1]);
		faults_arm(FAULT_ONCE, at, EIO);
		update(&w, w.zone[0], &seed, 5);
		update(&w, w.zone[1], &seed, 5);
		assert_int_equal(commit_run(w.commit, NOW), -1);
		assert_dump(w.zone[0], a);
		assert_dump(w.zone[1], b);
		stop(&w);
		faults_arm(FAULT_NONE, 0, 0);
		start(&w, &faults_ops, 2);
		assert_dump(w.zone[0], a);
		assert_dump(w.zone[1], b);
		free(a);
		free(b);
		stop(&w);
	}
}

/* What is on disk for which zone; and no more. */
static void
note_zone(void *ctx, const struct name *zone)
{
	char text[NAME_TEXT_MAX];

	strcat(ctx, name_text(zone, text));
	strcat(ctx, " ");
}

static void
directories(void **state)
{
	struct world w;
	char names[256] = "";
	struct name bob;

	start(&w, &file_ops_posix, 2);
	name_parse(&bob, "bob.example.org");
	store_each(w.store, note_zone, names);
	assert_non_null(strstr(names, "alice.example.org "));
	assert_int_equal(store_has(w.store, &bob), 1);
	store_close(w.store, w.zone[1], 1);
	assert_int_equal(store_has(w.store, &bob), 0);
	stop(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(restarts, setup, teardown),
	    cmocka_unit_test_setup_teardown(marks, setup, teardown),
	    cmocka_unit_test_setup_teardown(lazy_refreshes, setup, teardown),
	    cmocka_unit_test_setup_teardown(lazy_outlives_failure, setup, teardown),
	    cmocka_unit_test_setup_teardown(snapshot_meanwhile, setup, teardown),
	    cmocka_unit_test_setup_teardown(faults, setup, teardown),
	    cmocka_unit_test_setup_teardown(two_zones_one_batch, setup, teardown),
	    cmocka_unit_test_setup_teardown(directories, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
