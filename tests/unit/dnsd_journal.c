/*
 * The journal under everything a disk may do.  The rule in each test: what journal_commit said 0
 * for is there after a restart, in order and whole; what it said -1 for is not.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "dnsd_faults.h"
#include "dnsupdate/server/disk/journal.h"

#define COMMITS_MAX 64
#define SEGMENT 4096

static char dir[64];
static struct name zone;

static int
setup(void **state)
{
	log_set_level(LOG_LEVEL_ERROR); /* warnings of torn ends are what we are here for */
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

/* What start-up found: the payloads' first number. */
struct found {
	uint32_t value[COMMITS_MAX];
	unsigned count;
	int refuse;
};

/* Payload number v: v, then as many octets as v says, all of its low octet. */
static size_t
payload(uint32_t v, uint8_t out[2048])
{
	size_t len = 4 + v * 37 % 1500;

	memcpy(out, &v, 4);
	memset(out + 4, (int)(v & 0xff), len - 4);
	return len;
}

static int
collect(void *ctx, const struct frame *f, char why[JOURNAL_WHY_MAX])
{
	struct found *found = ctx;
	uint8_t expected[2048];
	uint32_t v;

	if (found->refuse) {
		snprintf(why, JOURNAL_WHY_MAX, "no such record");
		return -1;
	}
	memcpy(&v, f->payload, 4);
	assert_int_equal(f->len, payload(v, expected));
	assert_memory_equal(f->payload, expected, f->len);
	assert_true(found->count < COMMITS_MAX);
	found->value[found->count++] = v;
	return 0;
}

static struct journal *
open_with(const struct file_ops *ops, uint64_t after, struct found *found, char *why)
{
	const struct journal_options o = {
	    .ops = ops, .dir = dir, .zone = &zone, .segment_size = SEGMENT};

	memset(found, 0, sizeof(*found));
	return journal_open(&o, after, after, collect, found, why);
}

static int
commit(struct journal *j, uint32_t v)
{
	uint8_t room[2048];
	struct frame f = {.time_ms = v, .serial_old = v, .serial_new = v + 1, .payload = room};

	f.len = (uint32_t)payload(v, room);
	return journal_commit(j, &f);
}

/* Values first..first+count-1; those that commit took go to acked. */
static void
commit_many(struct journal *j, uint32_t first, uint32_t count, struct found *acked)
{
	for (uint32_t v = first; v < first + count; v++)
		if (commit(j, v) == 0)
			acked->value[acked->count++] = v;
}

static void
assert_same(const struct found *a, const struct found *b)
{
	assert_int_equal(a->count, b->count);
	assert_memory_equal(a->value, b->value, a->count * sizeof(a->value[0]));
}

static void
new_and_again(void **state)
{
	struct found found, acked = {0};
	char why[JOURNAL_WHY_MAX];
	struct journal *j = open_with(&file_ops_posix, 0, &found, why);

	assert_non_null(j);
	assert_int_equal(found.count, 0);
	assert_int_equal(journal_sequence(j), 0);
	for (int life = 0; life < 3; life++) {
		commit_many(j, (uint32_t)life * 10, 10, &acked);
		assert_int_equal(acked.count, 10 * (life + 1));
		assert_int_equal(journal_syncs(j), 10);
		assert_int_equal(journal_failures(j), 0);
		journal_close(j);
		j = open_with(&file_ops_posix, 0, &found, why);
		assert_non_null(j);
		assert_same(&found, &acked);
		assert_int_equal(journal_sequence(j), acked.count);
	}
	journal_close(j);
	/* After a snapshot only the newer ones are wanted. */
	j = open_with(&file_ops_posix, 25, &found, why);
	assert_non_null(j);
	assert_int_equal(found.count, 5);
	assert_int_equal(found.value[0], 25);
	assert_true(journal_bytes(j, 25) < journal_bytes(j, 0));
	assert_int_equal(journal_bytes(j, 30), 0);
	journal_close(j);
}

/* Restarts without changes leave no files behind. */
static void
idle_restarts(void **state)
{
	char why[JOURNAL_WHY_MAX], path[PATH_MAX];
	struct found found;
	struct stat st;

	for (int life = 0; life < 5; life++) {
		struct journal *j = open_with(&file_ops_posix, 0, &found, why);

		assert_non_null(j);
		if (life == 0)
			assert_int_equal(commit(j, 1), 0);
		journal_close(j);
	}
	snprintf(path, sizeof(path), "%s/journal.2", dir);
	assert_int_equal(stat(path, &st), -1);
}

/* Any one operation fails, once or for good: commit tells the truth each time, and goes on. */
static void
one_life(enum fault fault, unsigned at, int error)
{
	struct found found, acked = {0};
	char why[JOURNAL_WHY_MAX];
	struct journal *j;

	setup(NULL);
	j = open_with(&faults_ops, 0, &found, why);
	assert_non_null(j);
	commit_many(j, 1, 6, &acked);
	faults_arm(fault, at, error);
	commit_many(j, 7, 20, &acked);
	if (fault != FAULT_DEAD)
		assert_true(acked.count >= 25); /* one fault costs at most one batch */
	assert_int_equal(journal_failures(j), 26 - acked.count);
	journal_close(j);
	faults_arm(FAULT_NONE, 0, 0);
	j = open_with(&file_ops_posix, 0, &found, why);
	if (j == NULL)
		fail_msg("fault %d at %u: %s", fault, at, why);
	/* A disk that takes nothing any more cannot be told that a written frame does not count. */
	if (fault == FAULT_DEAD && found.count == acked.count + 1)
		found.count--;
	assert_same(&found, &acked);
	assert_int_equal(commit(j, 50), 0);
	journal_close(j);
	teardown(NULL);
}

static void
each_operation_fails(void **state)
{
	static const enum fault kinds[] = {FAULT_ONCE, FAULT_SHORT, FAULT_DEAD};

	teardown(NULL);
	for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
		for (unsigned at = 1; at < 70; at++)
			one_life(kinds[k], at, at % 2 == 0 ? EIO : ENOSPC);
	}
	setup(NULL);
}

/* After a failed sync the file is not trusted any more, whatever it says later. */
static void
failed_sync_ends_segment(void **state)
{
	char why[JOURNAL_WHY_MAX], path[PATH_MAX];
	struct found found;
	struct journal *j = open_with(&faults_ops, 0, &found, why);
	struct stat st;

	assert_int_equal(commit(j, 1), 0);
	snprintf(path, sizeof(path), "%s/journal.2", dir);
	assert_int_equal(stat(path, &st), -1);
	faults_arm(FAULT_ONCE, 2, EIO); /* pwrite, fdatasync */
	assert_int_equal(commit(j, 2), -1);
	assert_int_equal(errno, EIO);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(commit(j, 3), 0);
	journal_close(j);
}

/* Power is lost at any operation: what was acknowledged is there, and at most the one batch under
 * way besides. */
static void
power_loss_at(unsigned at, unsigned seed)
{
	struct found found, acked = {0};
	char why[JOURNAL_WHY_MAX];
	struct journal *j;

	setup(NULL);
	j = open_with(&faults_ops, 0, &found, why);
	faults_arm(FAULT_DEAD, at, EIO);
	commit_many(j, 1, 20, &acked);
	journal_close(j);
	faults_arm(FAULT_NONE, 0, 0);
	faults_lose_power(seed);
	j = open_with(&faults_ops, 0, &found, why);
	if (j == NULL)
		fail_msg("power lost at %u, seed %u: %s", at, seed, why);
	assert_true(found.count >= acked.count && found.count <= acked.count + 1);
	found.count = acked.count;
	assert_same(&found, &acked);
	/* The next life writes over nothing. */
	acked.count = (unsigned)journal_sequence(j);
	acked.value[acked.count - 1 + (acked.count == 0)] = acked.count;
	commit_many(j, acked.count + 1, 5, &acked);
	journal_close(j);
	faults_lose_power(seed);
	j = open_with(&faults_ops, 0, &found, why);
	assert_non_null(j);
	assert_same(&found, &acked);
	journal_close(j);
	teardown(NULL);
}

static void
power_loss(void **state)
{
	teardown(NULL);
	for (unsigned at = 1; at < 60; at++)
		for (unsigned seed = 0; seed < 8; seed++)
			power_loss_at(at, at * 100 + seed);
	setup(NULL);
}

/* ---- damage ---- */

static void
make_three(void)
{
	char why[JOURNAL_WHY_MAX];
	struct found found, acked = {0};
	struct journal *j = open_with(&file_ops_posix, 0, &found, why);

	commit_many(j, 1, 3, &acked);
	journal_close(j);
}

static void
flip(const char *file, off_t at)
{
	char path[PATH_MAX];
	uint8_t octet;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, file);
	fd = open(path, O_RDWR);
	assert_int_equal(pread(fd, &octet, 1, at), 1);
	octet ^= 1;
	assert_int_equal(pwrite(fd, &octet, 1, at), 1);
	close(fd);
}

static void
last_frame_torn(void **state)
{
	char why[JOURNAL_WHY_MAX];
	struct found found;
	struct journal *j;
	size_t at;

	make_three();
	at = FILE_HEAD + frame_size(4 + 37) + frame_size(4 + 74);
	flip("journal.1", (off_t)at + 60);
	j = open_with(&file_ops_posix, 0, &found, why);
	assert_non_null(j);
	assert_int_equal(found.count, 2);
	assert_int_equal(commit(j, 9), 0);
	journal_close(j);
	j = open_with(&file_ops_posix, 0, &found, why);
	assert_non_null(j);
	assert_int_equal(found.count, 3);
	assert_int_equal(found.value[2], 9);
	journal_close(j);
}

/* Any octet of a frame that others follow: refused, with file and offset. */
static void
middle_damaged(void **state)
{
	char why[JOURNAL_WHY_MAX], offset[64];
	struct found found;

	make_three();
	snprintf(offset, sizeof(offset), "damaged at %d", FILE_HEAD);
	for (off_t at = FILE_HEAD; at < FILE_HEAD + FRAME_HEAD + 4 + 37; at++) {
		flip("journal.1", at);
		assert_null(open_with(&file_ops_posix, 0, &found, why));
		assert_non_null(strstr(why, "journal.1"));
		assert_non_null(strstr(why, offset));
		flip("journal.1", at);
	}
	flip("journal.1", 20);
	assert_null(open_with(&file_ops_posix, 0, &found, why));
	assert_non_null(strstr(why, "header is damaged"));
}

static void
older_segment_damaged(void **state)
{
	char why[JOURNAL_WHY_MAX];
	struct found found, acked = {0};
	struct journal *j;
	uint64_t next;

	make_three();
	j = open_with(&file_ops_posix, 0, &found, why);
	commit_many(j, 4, 3, &acked);
	journal_close(j);
	flip("journal.1", FILE_HEAD + 50);
	assert_null(open_with(&file_ops_posix, 0, &found, why));
	assert_non_null(strstr(why, "damaged"));
	/* With a snapshot of all of it only history is lost. */
	j = open_with(&file_ops_posix, 3, &found, why);
	assert_non_null(j);
	assert_int_equal(found.count, 3);
	next = journal_sequence(j);
	assert_int_equal(next, 6);
	assert_int_equal(journal_bytes(j, 0), journal_bytes(j, 3));
	journal_close(j);
}

static void
removed_files(void **state)
{
	const struct journal_options o = {
	    .ops = &file_ops_posix, .dir = dir, .zone = &zone, .segment_size = SEGMENT};
	char why[JOURNAL_WHY_MAX], path[PATH_MAX];
	struct found found = {0};

	make_three();
	assert_null(journal_open(&o, 2, 4, collect, &found, why));
	assert_non_null(strstr(why, "ends with frame 3"));
	snprintf(path, sizeof(path), "%s/journal.1", dir);
	assert_int_equal(unlink(path), 0);
	assert_null(journal_open(&o, 2, 3, collect, &found, why));
}

static void
foreign_journal(void **state)
{
	char why[JOURNAL_WHY_MAX];
	struct found found;

	make_three();
	name_parse(&zone, "bob.example.org");
	assert_null(open_with(&file_ops_posix, 0, &found, why));
	assert_non_null(strstr(why, "another zone"));
}

static void
content_refused(void **state)
{
	const struct journal_options o = {
	    .ops = &file_ops_posix, .dir = dir, .zone = &zone, .segment_size = SEGMENT};
	struct found found = {.refuse = 1};
	char why[JOURNAL_WHY_MAX];

	make_three();
	assert_null(journal_open(&o, 0, 0, collect, &found, why));
	assert_non_null(strstr(why, "no such record"));
}

/* ---- history ---- */

static void
history(void **state)
{
	char why[JOURNAL_WHY_MAX];
	struct found found, acked = {0};
	struct journal *j = open_with(&file_ops_posix, 0, &found, why);
	struct journal_cursor c;
	struct frame f;
	uint32_t v;

	commit_many(j, 1, 30, &acked);
	assert_int_equal(journal_find(j, 99, 31, &c), 0);
	assert_int_equal(journal_find(j, 31, 31, &c), 0); /* the newest: nothing leads on */
	assert_int_equal(journal_find(j, 20, 31, &c), 1);
	for (v = 20; v < 25; v++) {
		assert_int_equal(journal_next(j, &c, &f), 1);
		assert_int_equal(f.serial_old, v);
		assert_int_equal(f.serial_new, v + 1);
	}
	commit_many(j, 31, 1, &acked); /* in between */
	for (; v < 32; v++)
		assert_int_equal(journal_next(j, &c, &f), 1);
	assert_int_equal(journal_next(j, &c, &f), 0);
	journal_cursor_end(j, &c);
	journal_close(j);
}

static void
trimming(void **state)
{
	char why[JOURNAL_WHY_MAX];
	struct found found, acked = {0};
	struct journal *j = open_with(&file_ops_posix, 0, &found, why);
	struct journal_cursor c;
	struct frame f;
	uint64_t all;

	commit_many(j, 1, 30, &acked);
	all = journal_bytes(j, 0);
	journal_trim(j, 0, 0);
	assert_int_equal(journal_bytes(j, 0), all); /* nothing is in a snapshot */
	assert_int_equal(journal_find(j, 1, 31, &c), 1);
	journal_trim(j, 30, all / 2);
	assert_true(journal_bytes(j, 0) >= all / 2 && journal_bytes(j, 0) < all);
	assert_int_equal(journal_next(j, &c, &f), -1);
	assert_int_equal(errno, ESTALE);
	journal_cursor_end(j, &c);
	assert_int_equal(journal_find(j, 1, 31, &c), 0);
	assert_int_equal(journal_find(j, 30, 31, &c), 1);
	assert_int_equal(journal_next(j, &c, &f), 1);
	assert_int_equal(f.serial_old, 30);
	journal_cursor_end(j, &c);
	journal_trim(j, 30, 0);
	assert_int_equal(commit(j, 31), 0);
	journal_close(j);
	assert_null(open_with(&file_ops_posix, 0, &found, why)); /* not without the snapshot */
	j = open_with(&file_ops_posix, 30, &found, why);
	assert_non_null(j);
	assert_int_equal(found.count, 1);
	journal_close(j);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(new_and_again, setup, teardown),
	    cmocka_unit_test_setup_teardown(idle_restarts, setup, teardown),
	    cmocka_unit_test_setup_teardown(each_operation_fails, setup, teardown),
	    cmocka_unit_test_setup_teardown(failed_sync_ends_segment, setup, teardown),
	    cmocka_unit_test_setup_teardown(power_loss, setup, teardown),
	    cmocka_unit_test_setup_teardown(last_frame_torn, setup, teardown),
	    cmocka_unit_test_setup_teardown(middle_damaged, setup, teardown),
	    cmocka_unit_test_setup_teardown(older_segment_damaged, setup, teardown),
	    cmocka_unit_test_setup_teardown(removed_files, setup, teardown),
	    cmocka_unit_test_setup_teardown(foreign_journal, setup, teardown),
	    cmocka_unit_test_setup_teardown(content_refused, setup, teardown),
	    cmocka_unit_test_setup_teardown(history, setup, teardown),
	    cmocka_unit_test_setup_teardown(trimming, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
