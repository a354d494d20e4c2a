/*
 * A zone's files, whatever is in them: the zone is read or refused.  The first octet says which
 * file the rest is, and whether checksums are set right first, so that what is behind them is
 * reached.
 */
#include "base/log.h"
#include "dnsupdate/server/disk/crc32c.h"
#include "dnsupdate/server/disk/frame.h"
#include "dnsupdate/server/disk/store.h"
#include "dnsupdate/server/data/zone.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ZONE "a.example"
#define CRC_AT 40 /* in both heads, as frame.c has it */
#define FILE_MAX (1 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char dir[64], zone_dir[128];

static void
remove_dir(void)
{
	rmdir(zone_dir);
	rmdir(dir);
}

static void
make_dir(void)
{
	if (dir[0] != '\0')
		return;
	log_set_level(LOG_LEVEL_ERROR);
	snprintf(dir, sizeof(dir), "/tmp/fuzz_dnsd_store.XXXXXX");
	if (mkdtemp(dir) == NULL)
		abort();
	snprintf(zone_dir, sizeof(zone_dir), "%s/" ZONE, dir);
	if (mkdir(zone_dir, 0700) == -1)
		abort();
	atexit(remove_dir);
}

static void
set_crc(uint8_t *head, size_t head_len, uint32_t salt, const uint8_t *payload, size_t len)
{
	struct buf b = buf_writer(head + CRC_AT, 4);
	uint32_t crc = crc32c(salt, head, CRC_AT);

	crc = crc32c(crc, head + CRC_AT + 4, head_len - CRC_AT - 4);
	buf_put_u32(&b, crc32c(crc, payload, len));
}

static void
set_right(uint8_t *file, size_t size)
{
	struct buf salt = buf_reader(file + CRC_AT + 4, 4);
	uint32_t s;
	struct frame f;

	if (size < FILE_HEAD)
		return;
	s = buf_get_u32(&salt);
	set_crc(file, FILE_HEAD, 0, NULL, 0);
	for (size_t at = FILE_HEAD; at + FRAME_HEAD <= size; at += frame_size(f.len)) {
		if (frame_head_get(file + at, &f) != FRAME_GOOD || f.len > size - at - FRAME_HEAD)
			return;
		set_crc(file + at, FRAME_HEAD, s, file + at + FRAME_HEAD, f.len);
	}
}

static void
write_file(const char *name, uint8_t *data, size_t size)
{
	char path[256];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", zone_dir, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	if (fd == -1 || write(fd, data, size) != (ssize_t)size)
		abort();
	close(fd);
}

static void
remove_files(void)
{
	static const char *const names[] = {"snapshot", "snapshot.new", "journal.1", "journal.2"};
	char path[256];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", zone_dir, names[i]);
		unlink(path);
	}
}

static void
read_zone(void)
{
	struct store_options o = {.ops = &file_ops_posix, .dir = dir, .keys = keyring_new()};
	struct store *s = store_new(&o);
	char why[JOURNAL_WHY_MAX] = "";
	struct name name;
	struct zone *z;
	size_t names = 0;

	name_parse(&name, ZONE);
	z = zone_new(&name);
	if (store_open(s, z, why) == -1 && why[0] == '\0')
		abort();
	for (const struct node *n = zone_next(z, NULL); n != NULL; n = zone_next(z, n))
		names++;
	if (names != z->names)
		abort();
	store_free(s);
	zone_free(z);
	keyring_free(o.keys);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *file;

	if (size < 1 || size > FILE_MAX)
		return 0;
	make_dir();
	file = malloc(size);
	if (file == NULL)
		abort();
	memcpy(file, data + 1, size - 1);
	if ((data[0] & 2) != 0)
		set_right(file, size - 1);
	write_file((data[0] & 1) != 0 ? "snapshot" : "journal.1", file, size - 1);
	free(file);
	read_zone();
	remove_files();
	return 0;
}
