/* The journal at start-up: find its segments, read them, cut off what was torn. */
#include "dnsupdate/server/disk/journal_inside.h"

#include "base/log.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct opening {
	struct journal *j;
	uint64_t after, at_least;
	journal_frame_cb *cb;
	void *ctx;
	char *why; /* JOURNAL_WHY_MAX */
	struct frame_room room;
};

__attribute__((format(printf, 2, 3))) static int
refuse(struct opening *o, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(o->why, JOURNAL_WHY_MAX, fmt, ap);
	va_end(ap);
	return -1;
}

/* ---- which segments there are ---- */

static int
by_number(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* journal.N with N as we write it. */
static int
segment_number(const char *name, uint64_t *number)
{
	char again[64];

	*number = strncmp(name, "journal.", 8) == 0 ? strtoull(name + 8, NULL, 10) : 0;
	snprintf(again, sizeof(again), "journal.%llu", (unsigned long long)*number);
	return *number > 0 && *number < UINT32_MAX && strcmp(name, again) == 0;
}

/* All numbers in rising order; *count of them.  NULL with errno. */
static uint64_t *
list_segments(const char *dir, size_t *count)
{
	uint64_t *list = malloc(sizeof(*list)), number;
	DIR *d = opendir(dir);
	struct dirent *entry;

	*count = 0;
	if (d == NULL || list == NULL) {
		free(list);
		return NULL;
	}
	while ((entry = readdir(d)) != NULL) {
		if (!segment_number(entry->d_name, &number))
			continue;
		list = reallocarray(list, *count + 1, sizeof(*list));
		if (list == NULL)
			fatalx("out of memory");
		list[(*count)++] = number;
	}
	closedir(d);
	qsort(list, *count, sizeof(*list), by_number);
	return list;
}

static int
open_segment(struct journal *j, uint64_t number, char path[PATH_MAX])
{
	journal_path(j, number, path);
	return j->ops->open(path, O_RDWR | O_NOFOLLOW, 0);
}

/* All that a file has from offset at on, the caller's to free; its length, or -1 with errno. */
static ssize_t
read_rest(const struct file_ops *ops, int fd, size_t at, uint8_t **rest)
{
	size_t size = 65536, used = 0;
	ssize_t n;

	*rest = NULL;
	do {
		size *= 2;
		*rest = realloc(*rest, size);
		if (*rest == NULL)
			fatalx("out of memory");
		n = file_take(ops, fd, *rest + used, size - used, (off_t)(at + used));
		used += n > 0 ? (size_t)n : 0;
	} while (n != -1 && used == size);
	return n == -1 ? -1 : (ssize_t)used;
}

static int
all_zero(const uint8_t *p, size_t len)
{
	while (len > 0 && *p == 0) {
		p++;
		len--;
	}
	return len == 0;
}

/* 1; 0 when there is no whole header; -1 */
static int
read_head(struct opening *o, uint64_t number, struct file_head *h)
{
	char path[PATH_MAX];
	int fd = open_segment(o->j, number, path);
	uint8_t head[FILE_HEAD];
	ssize_t n;

	if (fd == -1)
		return refuse(o, "%s: %s", path, strerror(errno));
	n = file_take(o->j->ops, fd, head, sizeof(head), 0);
	if (n == -1)
		refuse(o, "%s: %s", path, strerror(errno));
	o->j->ops->close(fd);
	if (n == -1)
		return -1;
	if (n != FILE_HEAD || file_head_get(head, h) == -1)
		return 0;
	if (h->kind != FILE_JOURNAL || h->number != number || !name_equal(&h->zone, &o->j->zone))
		return refuse(o, "%s belongs to another zone or has another name", path);
	return 1;
}

/* Frames come only after a header is synced: where there is none, creation was cut short and there
 * are none either.  0, or -1 when it is not so. */
static int
remove_unused(struct opening *o, uint64_t number)
{
	char path[PATH_MAX];
	int fd = open_segment(o->j, number, path), used = 1;
	uint8_t *rest = NULL;
	ssize_t n = fd == -1 ? -1 : read_rest(o->j->ops, fd, FILE_HEAD, &rest);

	if (n != -1)
		used = !all_zero(rest, (size_t)n);
	free(rest);
	if (fd != -1)
		o->j->ops->close(fd);
	if (used)
		return refuse(o, "%s: its header is damaged", path);
	log_warnx("%s: begun and never used, removed", path);
	o->j->ops->unlink(path);
	return 0;
}

static int
note_segments(struct opening *o, const uint64_t *numbers, size_t count)
{
	struct file_head h;

	for (size_t i = 0; i < count; i++) {
		int rc = read_head(o, numbers[i], &h);

		if (rc == 1) {
			journal_note_segment(o->j, &h);
			continue;
		}
		if (rc == -1 || remove_unused(o, numbers[i]) == -1)
			return -1;
	}
	return 0;
}

/* ---- frames ---- */

/* The frames of a segment below limit.  0 when they ended, -1 when reading or cb failed. */
static int
read_frames(struct opening *o, struct segment *s, int fd, const char *path, uint64_t limit)
{
	struct frame f;

	while (o->j->next < limit) {
		int state = frame_read(o->j->ops, fd, s->used, s->salt, &o->room, &f);
		char why[JOURNAL_WHY_MAX] = "";

		if (state == -1)
			return refuse(o, "%s: %s", path, strerror(errno));
		if (state != FRAME_GOOD || f.sequence != o->j->next)
			return 0;
		if (f.sequence > o->after && o->cb(o->ctx, &f, why) == -1)
			return refuse(o, "%s: frame at %zu: %s", path, s->used, why);
		journal_note_frame(o->j, s, &f);
	}
	return 0;
}

static int
refuse_damage(struct opening *o, const struct segment *s, const char *path)
{
	return refuse(o,
	    "%s: damaged at %zu: acknowledged changes are lost there; take the zone from a "
	    "secondary or a backup",
	    path, s->used);
}

/* What is behind the last good frame: nothing, the torn end of a write, or a damage. */
static int
judge_tail(struct opening *o, const struct segment *s, int fd, const char *path)
{
	uint8_t *rest;
	ssize_t n = read_rest(o->j->ops, fd, s->used, &rest);
	int rc = 0;

	if (n == -1)
		rc = refuse(o, "%s: %s", path, strerror(errno));
	else if (frame_follows(rest, (size_t)n, o->j->next - 1, s->salt))
		rc = refuse_damage(o, s, path);
	else if (!all_zero(rest, (size_t)n))
		log_warnx("%s: cut at %zu: the end of a write that was never acknowledged", path,
		    s->used);
	free(rest);
	if (rc == 0 && n > 0 && o->j->ops->truncate(fd, (off_t)s->used) == -1)
		log_warn("%s: cannot be cut", path); /* harmless: the next segment tells */
	return rc;
}

/* All frames before the next segment's first (UINT64_MAX: of the last segment) are there; but those
 * that the snapshot has may be damaged: then only history is lost. */
static int
judge_gap(struct opening *o, const struct segment *s, uint64_t limit, const char *path)
{
	if (o->j->next == limit)
		return 0;
	if (limit > o->after + 1)
		return refuse_damage(o, s, path);
	log_warnx("%s: damaged at %zu: secondaries will transfer the whole zone", path, s->used);
	o->j->next = limit;
	o->j->place_count = 0;
	return 0;
}

static int
read_segment(struct opening *o, struct segment *s, uint64_t limit)
{
	char path[PATH_MAX];
	int fd = open_segment(o->j, s->number, path), rc;

	if (fd == -1)
		return refuse(o, "%s: %s", path, strerror(errno));
	rc = read_frames(o, s, fd, path, limit);
	if (rc == 0)
		rc =
		    limit == UINT64_MAX ? judge_tail(o, s, fd, path) : judge_gap(o, s, limit, path);
	o->j->ops->close(fd);
	return rc;
}

static int
read_all(struct opening *o)
{
	struct journal *j = o->j;

	j->next = j->segment_count == 0 ? o->after + 1 : j->segments[0].first;
	if (j->next > o->after + 1)
		return refuse(o,
		    "%s: frames %llu to %llu are missing: journal or snapshot was removed", j->dir,
		    (unsigned long long)o->after + 1, (unsigned long long)j->next - 1);
	for (size_t i = 0; i < j->segment_count; i++) {
		struct segment *s = &j->segments[i];

		if (read_segment(o, s, i + 1 < j->segment_count ? s[1].first : UINT64_MAX) == -1)
			return -1;
	}
	if (j->next <= o->at_least)
		return refuse(o, "%s: ends with frame %llu, but the snapshot needs %llu", j->dir,
		    (unsigned long long)j->next - 1, (unsigned long long)o->at_least);
	return 0;
}

static struct journal *
journal_new(const struct journal_options *o)
{
	struct journal *j = calloc(1, sizeof(*j));

	if (j == NULL)
		fatalx("out of memory");
	j->ops = o->ops;
	j->zone = *o->zone;
	j->segment_size = o->segment_size;
	j->fd = -1;
	return j;
}

struct journal *
journal_open(const struct journal_options *options, uint64_t after, uint64_t at_least,
    journal_frame_cb *cb, void *ctx, char why[JOURNAL_WHY_MAX])
{
	struct opening o = {.j = journal_new(options),
	    .after = after,
	    .at_least = at_least,
	    .cb = cb,
	    .ctx = ctx,
	    .why = why};
	size_t count;
	uint64_t *numbers;
	int rc = 0;

	if (snprintf(o.j->dir, sizeof(o.j->dir), "%s", options->dir) >= (int)sizeof(o.j->dir))
		rc = refuse(&o, "%s: too long", options->dir);
	numbers = rc == 0 ? list_segments(options->dir, &count) : NULL;
	if (rc == 0 && numbers == NULL)
		rc = refuse(&o, "%s: %s", options->dir, strerror(errno));
	if (rc == 0)
		rc = note_segments(&o, numbers, count);
	if (rc == 0)
		rc = read_all(&o);
	free(numbers);
	free(o.room.data);
	if (rc == 0)
		return o.j;
	journal_close(o.j);
	return NULL;
}
