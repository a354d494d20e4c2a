#include "dnsd_faults.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SECTOR 512
#define UNSYNCED_MAX 8192
#define FDS 256
#define NAMES_MAX 256

/* What a sector held before it was written to and not yet synced. */
struct sector {
	char path[128];
	off_t at;
	uint8_t before[SECTOR];
};

/* A name made or renamed since its directory was synced. */
struct new_name {
	char path[128];
	char from[128]; /* what it was called before, "" when it was made */
	char backup[136]; /* a link to what had this name before; need not exist */
};

static struct sector unsynced[UNSYNCED_MAX];
static unsigned unsynced_count;
static struct new_name names[NAMES_MAX];
static unsigned name_count;
static char path_of[FDS][128];
static enum fault armed;
static unsigned armed_at, seen;
static int armed_error;

void
faults_arm(enum fault fault, unsigned at, int error)
{
	armed = fault;
	armed_at = at;
	armed_error = error;
	seen = 0;
}

unsigned
faults_seen(void)
{
	return seen;
}

static int
fails(void)
{
	unsigned second = armed == FAULT_SHORT ? 1 : 0;

	seen++;
	if (armed == FAULT_NONE || seen < armed_at + second ||
	    (armed != FAULT_DEAD && seen > armed_at + second))
		return 0;
	errno = armed_error;
	return 1;
}

static void
forget_names(void)
{
	for (unsigned i = 0; i < name_count; i++)
		unlink(names[i].backup);
	name_count = 0;
}

static struct new_name *
note_name(const char *path)
{
	struct new_name *n = &names[name_count++];

	if (name_count == NAMES_MAX)
		abort();
	memset(n, 0, sizeof(*n));
	snprintf(n->path, sizeof(n->path), "%s", path);
	snprintf(n->backup, sizeof(n->backup), "%s.backup", path);
	return n;
}

static int
faulty_open(const char *path, int flags, mode_t mode)
{
	int fd;

	if ((flags & O_CREAT) != 0 && fails())
		return -1;
	fd = file_ops_posix.open(path, flags, mode);
	if (fd != -1 && fd < FDS)
		snprintf(path_of[fd], sizeof(path_of[fd]), "%s", path);
	if (fd != -1 && (flags & O_CREAT) != 0)
		note_name(path);
	return fd;
}

static int
noted(const char *path, off_t at)
{
	for (unsigned i = 0; i < unsynced_count; i++)
		if (unsynced[i].at == at && strcmp(unsynced[i].path, path) == 0)
			return 1;
	return 0;
}

static void
note_sectors(int fd, size_t len, off_t at)
{
	for (off_t s = at / SECTOR * SECTOR; s < at + (off_t)len; s += SECTOR) {
		struct sector *u = &unsynced[unsynced_count];

		if (noted(path_of[fd], s))
			continue;
		if (unsynced_count == UNSYNCED_MAX)
			abort();
		snprintf(u->path, sizeof(u->path), "%s", path_of[fd]);
		u->at = s;
		memset(u->before, 0, SECTOR);
		if (pread(fd, u->before, SECTOR, s) == -1)
			abort();
		unsynced_count++;
	}
}

static ssize_t
faulty_pwrite(int fd, const void *data, size_t len, off_t at)
{
	int short_now = armed == FAULT_SHORT && seen + 1 == armed_at;

	if (fails())
		return -1;
	if (short_now)
		len = (len + 1) / 2;
	note_sectors(fd, len, at);
	return file_ops_posix.pwrite(fd, data, len, at);
}

static int
faulty_allocate(int fd, off_t len)
{
	return fails() ? -1 : file_ops_posix.allocate(fd, len);
}

static int
faulty_truncate(int fd, off_t len)
{
	return fails() ? -1 : file_ops_posix.truncate(fd, len);
}

/* A failed sync leaves its sectors in the air. */
static int
faulty_sync(int fd)
{
	unsigned kept = 0;
	struct stat st;

	if (fails())
		return -1;
	for (unsigned i = 0; i < unsynced_count; i++)
		if (strcmp(unsynced[i].path, path_of[fd]) != 0)
			unsynced[kept++] = unsynced[i];
	unsynced_count = kept;
	if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode))
		forget_names();
	return 0;
}

static int
faulty_rename(const char *from, const char *to)
{
	struct new_name *n;

	if (fails())
		return -1;
	n = note_name(to);
	snprintf(n->from, sizeof(n->from), "%s", from);
	unlink(n->backup);
	if (link(to, n->backup) == -1 && errno != ENOENT)
		abort();
	return rename(from, to);
}

static int
faulty_unlink(const char *path)
{
	return fails() ? -1 : unlink(path);
}

const struct file_ops faults_ops = {
    .open = faulty_open,
    .close = close,
    .pread = pread,
    .pwrite = faulty_pwrite,
    .allocate = faulty_allocate,
    .truncate = faulty_truncate,
    .datasync = faulty_sync,
    .sync = faulty_sync,
    .rename = faulty_rename,
    .unlink = faulty_unlink,
};

/* Names are lost newest first, as a file system's journal would have it. */
static void
lose_names(unsigned *seed)
{
	unsigned lost = (unsigned)rand_r(seed) % (name_count + 1);

	while (lost-- > 0) {
		struct new_name *n = &names[--name_count];

		if (n->from[0] == '\0')
			unlink(n->path);
		else if (rename(n->path, n->from) == 0)
			rename(n->backup, n->path);
	}
	forget_names();
}

void
faults_lose_power(unsigned seed)
{
	for (unsigned i = 0; i < unsynced_count; i++) {
		int fd;

		if (rand_r(&seed) % 2 == 0)
			continue;
		fd = open(unsynced[i].path, O_RDWR);
		if (fd == -1)
			continue; /* its name was lost or removed */
		if (pwrite(fd, unsynced[i].before, SECTOR, unsynced[i].at) != SECTOR)
			abort();
		close(fd);
	}
	unsynced_count = 0;
	lose_names(&seed);
}

void
faults_forget(void)
{
	name_count = 0;
	unsynced_count = 0;
}

void
faults_make_dir(char dir[64])
{
	/* What a disk does wrong is played here; a real one would only make it slow. */
	snprintf(
	    dir, 64, "%s/dnsd_faults.XXXXXX", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	if (mkdtemp(dir) == NULL)
		abort();
}

void
faults_remove_dir(const char *dir)
{
	char path[PATH_MAX];
	struct dirent *entry;
	DIR *d = opendir(dir);

	while (d != NULL && (entry = readdir(d)) != NULL) {
		snprintf(path, sizeof(path), "%s/%s", dir, entry->d_name);
		if (entry->d_name[0] != '.')
			unlink(path);
	}
	if (d == NULL || closedir(d) == -1 || rmdir(dir) == -1)
		abort();
}
