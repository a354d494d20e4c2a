#include "dnsupdate/server/disk/snapshot.h"

#include "base/log.h"
#include "dnsupdate/server/data/lease.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

struct snapshot {
	const struct file_ops *ops;
	char dir[PATH_MAX - 64];
	struct zone *zone;
	struct zone_walk walk;
	uint32_t last_lease; /* already written in this frame */
	struct file_head head;
	struct entry_list entries;
	struct frame_room room;
	uint64_t frames, records;
	uint64_t size;
	int fd;
};

static void
path_of(const char *dir, const char *file, char out[PATH_MAX])
{
	snprintf(out, PATH_MAX, "%s/%s", dir, file);
}

/* The entries so far become a frame. */
static int
write_frame(struct snapshot *s)
{
	struct frame f = {.sequence = ++s->frames,
	    .time_ms = s->head.time_ms,
	    .serial_old = s->head.serial,
	    .serial_new = s->head.serial,
	    .len = (uint32_t)s->entries.len,
	    .payload = s->entries.data};
	size_t size = frame_size(f.len);

	frame_room_grow(&s->room, size);
	frame_put(s->room.data, &f, s->head.salt);
	if (file_put(s->ops, s->fd, s->room.data, size, (off_t)s->size) == -1 ||
	    s->ops->datasync(s->fd) == -1)
		return -1;
	s->size += size;
	entry_clear(&s->entries);
	return 0;
}

static int
write_head(struct snapshot *s)
{
	uint8_t head[FILE_HEAD];

	if (getrandom(&s->head.salt, sizeof(s->head.salt), 0) != sizeof(s->head.salt))
		fatal("getrandom");
	file_head_put(head, &s->head);
	s->size = sizeof(head);
	return file_put(s->ops, s->fd, head, sizeof(head), 0);
}

static void
put_marks(struct snapshot *s, const struct keyring *keys)
{
	const struct key *key = NULL;

	while ((key = keyring_next(keys, key)) != NULL) {
		struct entry e = {.kind = ENTRY_MARK};
		size_t pos = 0;

		if (key->zone != s->zone)
			continue;
		key_name(key, &e.owner);
		while (key_mark_next(key, &pos, &e.time_sec, e.mac))
			entry_put(&s->entries, &e);
	}
}

struct snapshot *
snapshot_begin(const struct file_ops *ops, const char *dir, struct zone *z,
    const struct keyring *keys, uint64_t sequence, uint64_t time_ms)
{
	struct snapshot *s = calloc(1, sizeof(*s));
	char path[PATH_MAX];

	if (s == NULL)
		fatalx("out of memory");
	s->ops = ops;
	s->zone = z;
	s->head = (struct file_head) {.kind = FILE_SNAPSHOT,
	    .number = z->names,
	    .sequence = sequence,
	    .time_ms = time_ms,
	    .serial = z->serial,
	    .zone = z->name};
	snprintf(s->dir, sizeof(s->dir), "%s", dir);
	zone_walk_begin(z, &s->walk);
	path_of(dir, "snapshot.new", path);
	ops->unlink(path);
	s->fd = ops->open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
	if (s->fd == -1 || write_head(s) == -1) {
		snapshot_abort(s);
		return NULL;
	}
	put_marks(s, keys);
	return s;
}

/* Its lease first: who reads a record must know it. */
static void
put_lease(struct snapshot *s, uint32_t id)
{
	const struct lease *l = lease_get(s->zone->leases, id);
	struct entry e = {.kind = ENTRY_LEASE,
	    .lease = id,
	    .granted_sec = l->granted_sec,
	    .expires_sec = l->expires_sec};

	if (id == s->last_lease)
		return;
	entry_put(&s->entries, &e);
	s->last_lease = id;
}

static void
put_name(struct snapshot *s, const struct node *n)
{
	struct entry e = {.kind = ENTRY_RECORD};
	struct record r;

	node_name(s->zone, n, &e.owner);
	for (const struct rrset *set = n->sets; set != NULL; set = set->next) {
		for (size_t pos = 0; rrset_next(set, &pos, &r);) {
			if (r.lease != 0)
				put_lease(s, r.lease);
			e.type = set->type;
			e.rdata = r.data;
			e.rdata_len = r.len;
			e.after = (struct change_state) {set->ttl, r.lease, 1};
			entry_put(&s->entries, &e);
			s->records++;
		}
	}
}

int
snapshot_step(struct snapshot *s)
{
	const struct node *n = s->zone->apex;

	while (s->entries.len < SNAPSHOT_SLICE && n != NULL) {
		n = zone_walk_next(s->zone, &s->walk);
		if (n != NULL)
			put_name(s, n);
	}
	s->last_lease = 0;
	if (s->entries.len > 0 && write_frame(s) == -1)
		return -1;
	return n != NULL;
}

static void
forget(struct snapshot *s)
{
	zone_walk_end(s->zone, &s->walk);
	entry_free(&s->entries);
	free(s->room.data);
	free(s);
}

int
snapshot_finish(struct snapshot *s, uint64_t newest)
{
	struct entry end = {.kind = ENTRY_END, .sequence = newest, .count = s->records};
	char from[PATH_MAX], to[PATH_MAX];
	int rc;

	entry_put(&s->entries, &end);
	path_of(s->dir, "snapshot.new", from);
	path_of(s->dir, "snapshot", to);
	if (write_frame(s) == -1 || s->ops->sync(s->fd) == -1 || s->ops->rename(from, to) == -1) {
		int saved = errno;

		snapshot_abort(s);
		errno = saved;
		return -1;
	}
	rc = file_sync_dir(s->ops, s->dir) == -1;
	s->ops->close(s->fd);
	forget(s);
	return rc;
}

void
snapshot_abort(struct snapshot *s)
{
	char path[PATH_MAX];
	int saved = errno;

	if (s == NULL)
		return;
	path_of(s->dir, "snapshot.new", path);
	if (s->fd != -1) {
		s->ops->close(s->fd);
		s->ops->unlink(path);
	}
	forget(s);
	errno = saved;
}

uint64_t
snapshot_size(const struct snapshot *s)
{
	return s->size;
}
