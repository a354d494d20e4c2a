#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

static char dir[64];

static int
make_dir(void **state)
{
	snprintf(dir, sizeof dir, "/tmp/base_file.XXXXXX");
	return mkdtemp(dir) == NULL ? -1 : 0;
}

static int
remove_dir(void **state)
{
	char path[PATH_MAX];
	static const char *const names[] = {"file", "a/b/c", "a/b", "a", "d/e", "d", "f/g", "f"};

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		snprintf(path, sizeof path, "%s/%s", dir, names[i]);
		remove(path);
	}
	return rmdir(dir);
}

/* Half-written files that were left behind.  (A group teardown that fails is no failed test.) */
static int
scraps(void)
{
	DIR *d = opendir(dir);
	struct dirent *entry;
	int n = 0;

	assert_non_null(d);
	while ((entry = readdir(d)) != NULL)
		n += strstr(entry->d_name, ".new.") != NULL;
	closedir(d);
	return n;
}

static void
write_and_read(void **state)
{
	char path[PATH_MAX], room[8];
	struct stat st;

	snprintf(path, sizeof path, "%s/file", dir);
	assert_int_equal(file_read(path, room, sizeof room), -1);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(file_write_atomic(path, "secret", 6, 0600), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(file_read(path, room, sizeof room), 6);
	assert_memory_equal(room, "secret", 6);
	assert_int_equal(file_read(path, room, 6), 6);
	assert_int_equal(file_read(path, room, 5), -1);
	assert_int_equal(errno, EFBIG);
	assert_int_equal(file_write_atomic(path, "new", 3, 0644), 0);
	assert_int_equal(file_read(path, room, sizeof room), 3);
}

/* A write that fails leaves the old content and no scrap. */
static void
failed_write(void **state)
{
	char path[PATH_MAX];

	snprintf(path, sizeof path, "%s/none/file", dir);
	assert_int_equal(file_write_atomic(path, "x", 1, 0600), -1);
	assert_int_equal(errno, ENOENT);
}

/* The disk is full in the middle (here: a limit on file size): the old content stays, whole. */
static void
full_disk(void **state)
{
	const struct rlimit small = {4096, RLIM_INFINITY};
	struct sigaction ignore = {.sa_handler = SIG_IGN};
	static char big[8192];
	struct rlimit before;
	char path[PATH_MAX], room[8];
	int rc, error;

	snprintf(path, sizeof path, "%s/file", dir);
	assert_int_equal(file_write_atomic(path, "old", 3, 0600), 0);
	sigaction(SIGXFSZ, &ignore, NULL);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	rc = file_write_atomic(path, big, sizeof big, 0600);
	error = errno;
	setrlimit(RLIMIT_FSIZE, &before);
	assert_int_equal(rc, -1);
	assert_int_equal(error, EFBIG);
	assert_int_equal(file_read(path, room, sizeof room), 3);
	assert_memory_equal(room, "old", 3);
	assert_int_equal(scraps(), 0);
}

static void
directories(void **state)
{
	char path[PATH_MAX];
	struct stat st;

	snprintf(path, sizeof path, "%s/a/b/c", dir);
	assert_int_equal(dir_make(path, 0700), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	assert_int_equal(dir_make(path, 0700), 0);
}

/* The parents are everybody's; ours gets its mode even from a shell with umask 077. */
static void
modes_of_directories(void **state)
{
	mode_t mask = umask(077);
	char path[PATH_MAX];
	struct stat st;

	snprintf(path, sizeof path, "%s/d/e", dir);
	assert_int_equal(dir_make(path, 0755), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0755);
	umask(022);
	snprintf(path, sizeof path, "%s/f/g", dir);
	assert_int_equal(dir_make(path, 0700), 0);
	*strrchr(path, '/') = '\0';
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0755);
	umask(mask);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(write_and_read),
	    cmocka_unit_test(failed_write),
	    cmocka_unit_test(full_disk),
	    cmocka_unit_test(directories),
	    cmocka_unit_test(modes_of_directories),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
