/*
 * A disk that takes nothing for a while, and no update comes after it: what was refused meanwhile
 * is not there after a restart, though it may stand in the file.  And a server that ends before the
 * disk is back: the one exception, which journal_settle tells.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "dnsd_faults.h"
#include "dnsupdate/server/disk/journal.h"

#define OPERATIONS 14 /* of a commit that fails, with its new segment; the rest is silence */

static char dir[64];
static struct name zone;

static int
setup(void **state)
{
	log_set_level(LOG_LEVEL_ERROR);
	faults_make_dir(dir);
	faults_arm(FAULT_NONE, 0, 0);
	faults_forget();
	return name_parse(&zone, "alice.example.org");
}

static int
teardown(void **state)
{
	faults_remove_dir(dir);
	return 0;
}

static int
count(void *ctx, const struct frame *f, char why[JOURNAL_WHY_MAX])
{
	unsigned *frames = ctx;

	assert_int_equal(f->serial_old, *frames);
	++*frames;
	return 0;
}

/* What a start finds; the journal is closed again unless it is wanted. */
static unsigned
frames_found(struct journal **wanted)
{
	const struct journal_options o = {
	    .ops = &faults_ops, .dir = dir, .zone = &zone, .segment_size = 4096};
	char why[JOURNAL_WHY_MAX];
	unsigned frames = 0;
	struct journal *j = journal_open(&o, 0, 0, count, &frames, why);

	if (j == NULL)
		fail_msg("%s", why);
	if (wanted != NULL)
		*wanted = j;
	else
		journal_close(j);
	return frames;
}

static int
commit(struct journal *j, uint32_t serial)
{
	uint8_t payload[700];
	struct frame f = {.time_ms = serial,
	    .serial_old = serial,
	    .serial_new = serial + 1,
	    .len = sizeof(payload),
	    .payload = payload};

	memset(payload, 1, sizeof(payload));
	return journal_commit(j, &f);
}

/* Two frames, then the disk dies at operation `at` of the third.  How many were acknowledged. */
static unsigned
begin(struct journal **j, unsigned at)
{
	unsigned acked = 2;

	setup(NULL);
	assert_int_equal(frames_found(j), 0);
	assert_int_equal(commit(*j, 0), 0);
	assert_int_equal(commit(*j, 1), 0);
	faults_arm(FAULT_DEAD, at, EIO);
	if (commit(*j, 2) == 0)
		acked++;
	return acked;
}

/* In how many cases does a refused frame come back, if nothing is done, or what there is to do? */
static unsigned
come_back(int settle, unsigned lose_power)
{
	unsigned back = 0;

	for (unsigned at = 1; at <= OPERATIONS; at++) {
		struct journal *j;
		unsigned acked = begin(&j, at), found;
		int rc = journal_settle(j);

		assert_int_equal(journal_settle(j), rc); /* dead is dead */
		faults_arm(FAULT_NONE, 0, 0);
		if (settle)
			assert_int_equal(journal_settle(j), 0);
		journal_close(j);
		if (lose_power > 0)
			faults_lose_power(lose_power * 100 + at);
		found = frames_found(NULL);
		assert_true(found == acked || (found == acked + 1 && rc == -1));
		back += found - acked;
		teardown(NULL);
	}
	return back;
}

static void
settled(void **state)
{
	teardown(NULL);
	assert_true(come_back(0, 0) > 0); /* there is something to be settled */
	assert_int_equal(come_back(1, 0), 0);
	for (unsigned seed = 1; seed <= 50; seed++)
		assert_int_equal(come_back(1, seed), 0);
	setup(NULL);
}

/* A disk that fails while it is being settled, at each operation, and then works. */
static void
settled_late(void **state)
{
	teardown(NULL);
	for (unsigned at = 1; at <= OPERATIONS; at++) {
		struct journal *j;
		unsigned acked = begin(&j, 2); /* written, not synced */
		int rc;

		faults_arm(FAULT_DEAD, at, ENOSPC);
		rc = journal_settle(j);
		assert_true(rc == 0 || errno == ENOSPC);
		faults_arm(FAULT_NONE, 0, 0);
		assert_int_equal(journal_settle(j), 0);
		assert_int_equal(commit(j, 2), 0);
		journal_close(j);
		assert_int_equal(frames_found(NULL), acked + 1);
		teardown(NULL);
	}
	setup(NULL);
}

/* A frame that was written well and is taken back, as another zone's failed. */
static void
revoked(void **state)
{
	struct journal *j;

	teardown(NULL);
	for (int settle = 0; settle <= 1; settle++) {
		assert_int_equal(begin(&j, 1000), 3);
		faults_arm(FAULT_DEAD, 1, EIO);
		journal_revoke(j);
		assert_int_equal(journal_settle(j), -1);
		faults_arm(FAULT_NONE, 0, 0);
		if (settle)
			assert_int_equal(journal_settle(j), 0);
		journal_close(j);
		assert_int_equal(frames_found(NULL), settle ? 2 : 3);
		teardown(NULL);
	}
	setup(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(settled, setup, teardown),
	    cmocka_unit_test_setup_teardown(settled_late, setup, teardown),
	    cmocka_unit_test_setup_teardown(revoked, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
