/* The snapshot at start-up. */
#include "dnsupdate/server/disk/snapshot.h"

#include "dnsupdate/server/disk/frame_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAMES_MAX (1u << 26) /* more means damage, and would cost memory */

struct reading {
	const struct file_ops *ops;
	char path[PATH_MAX];
	int fd;
	struct file_head head;
	entry_cb *cb;
	void *ctx;
	struct snapshot_info *info;
	uint64_t records;
	int ended;
	char *why; /* SNAPSHOT_WHY_MAX */
};

__attribute__((format(printf, 2, 3))) static int
refuse(struct reading *r, const char *fmt, ...)
{
	size_t used = (size_t)snprintf(r->why, SNAPSHOT_WHY_MAX, "%s: ", r->path);
	va_list ap;

	va_start(ap, fmt);
	if (used < SNAPSHOT_WHY_MAX)
		vsnprintf(r->why + used, SNAPSHOT_WHY_MAX - used, fmt, ap);
	va_end(ap);
	return -1;
}

static int
take_end(struct reading *r, const struct entry *e)
{
	if (e->count != r->records)
		return refuse(r, "has %llu records, should have %llu",
		    (unsigned long long)r->records, (unsigned long long)e->count);
	r->ended = 1;
	r->info->needs = e->sequence;
	return 0;
}

static int
take_entries(struct reading *r, const struct frame *f)
{
	char why[SNAPSHOT_WHY_MAX] = "";
	struct entry_reader entries;
	struct entry e;
	int more;

	entry_read(&entries, f->payload, f->len);
	while ((more = entry_next(&entries, &e)) == 1) {
		if (e.kind == ENTRY_END && take_end(r, &e) == -1)
			return -1;
		if (e.kind == ENTRY_RECORD)
			r->records++;
		if (e.kind != ENTRY_END && r->cb(r->ctx, &e, why) == -1)
			return refuse(r, "frame %llu: %s", (unsigned long long)f->sequence, why);
	}
	return more == 0 ? 0
			 : refuse(r, "frame %llu: an entry of a kind unknown here",
			       (unsigned long long)f->sequence);
}

static int
read_head(struct reading *r, struct zone *z)
{
	uint8_t head[FILE_HEAD];
	ssize_t n = file_take(r->ops, r->fd, head, sizeof(head), 0);

	if (n == -1)
		return refuse(r, "%s", strerror(errno));
	if (n != FILE_HEAD || file_head_get(head, &r->head) == -1)
		return refuse(r, "its header is damaged");
	if (r->head.kind != FILE_SNAPSHOT || !name_equal(&r->head.zone, &z->name))
		return refuse(r, "belongs to another zone");
	if (r->head.number <= NAMES_MAX)
		zone_reserve(z, (size_t)r->head.number);
	r->info->sequence = r->head.sequence;
	return 0;
}

static int
read_frames(struct reading *r)
{
	struct frame_room room = {0};
	struct frame f;
	uint64_t expected = 1;
	size_t at = FILE_HEAD;
	int rc = 0;

	while (rc == 0 && !r->ended) {
		int state = frame_read(r->ops, r->fd, at, r->head.salt, &room, &f);

		if (state != FRAME_GOOD || f.sequence != expected++) {
			rc = refuse(r, "damaged at %zu%s%s", at, state == -1 ? ": " : "",
			    state == -1 ? strerror(errno) : "");
			break;
		}
		rc = take_entries(r, &f);
		at += frame_size(f.len);
	}
	r->info->size = at;
	free(room.data);
	return rc;
}

int
snapshot_read(const struct file_ops *ops, const char *dir, struct zone *z, entry_cb *cb, void *ctx,
    struct snapshot_info *info, char why[SNAPSHOT_WHY_MAX])
{
	struct reading r = {.ops = ops, .cb = cb, .ctx = ctx, .info = info, .why = why};
	int rc;

	memset(info, 0, sizeof(*info));
	snprintf(r.path, sizeof(r.path), "%s/snapshot", dir);
	r.fd = ops->open(r.path, O_RDONLY | O_NOFOLLOW, 0);
	if (r.fd == -1)
		return errno == ENOENT ? 0 : refuse(&r, "%s", strerror(errno));
	rc = read_head(&r, z);
	if (rc == 0)
		rc = read_frames(&r);
	ops->close(r.fd);
	return rc == 0 ? 1 : -1;
}
