#include "dnsupdate/server/disk/journal_inside.h"

#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define ZERO_AHEAD ((size_t)256 << 10)

void
journal_path(const struct journal *j, uint64_t number, char out[PATH_MAX])
{
	snprintf(out, PATH_MAX, "%s/journal.%llu", j->dir, (unsigned long long)number);
}

static void *
resize(void *p, size_t count, size_t size)
{
	p = reallocarray(p, count, size);
	if (p == NULL)
		fatalx("out of memory");
	return p;
}

static struct segment *
last_segment(const struct journal *j)
{
	return &j->segments[j->segment_count - 1];
}

struct segment *
journal_note_segment(struct journal *j, const struct file_head *h)
{
	struct segment *s;

	j->segments = resize(j->segments, j->segment_count + 1, sizeof(*s));
	j->segment_count++;
	s = last_segment(j);
	*s = (struct segment) {
	    .number = h->number, .first = h->sequence, .salt = h->salt, .used = FILE_HEAD};
	return s;
}

void
journal_note_frame(struct journal *j, struct segment *s, const struct frame *f)
{
	/* The zone was replaced in between: nothing leads across. */
	if (j->place_count > 0 && j->places[j->place_count - 1].serial_new != f->serial_old)
		j->place_count = 0;
	if (j->place_count == j->place_room) {
		j->place_room = j->place_room == 0 ? 64 : 2 * j->place_room;
		j->places = resize(j->places, j->place_room, sizeof(j->places[0]));
	}
	j->places[j->place_count++] = (struct place) {.total = j->total,
	    .serial_old = f->serial_old,
	    .serial_new = f->serial_new,
	    .segment = (uint32_t)s->number,
	    .at = (uint32_t)(s->used / FRAME_ALIGN)};
	s->used += frame_size(f->len);
	j->total += frame_size(f->len);
	j->next = f->sequence + 1;
}

int
journal_drop_segment(struct journal *j, size_t index)
{
	char path[PATH_MAX];

	journal_path(j, j->segments[index].number, path);
	if (j->ops->unlink(path) == -1 && errno != ENOENT)
		return -1;
	j->segment_count--;
	memmove(&j->segments[index], &j->segments[index + 1],
	    (j->segment_count - index) * sizeof(j->segments[0]));
	return 0;
}

void
journal_forget_frames(struct journal *j, uint64_t before)
{
	uint64_t first = j->next - j->place_count;
	size_t gone = before > first ? (size_t)(before - first) : 0;

	j->place_count -= gone;
	memmove(j->places, j->places + gone, j->place_count * sizeof(j->places[0]));
}

void
journal_close(struct journal *j)
{
	if (j == NULL)
		return;
	if (j->fd != -1)
		j->ops->close(j->fd);
	free(j->segments);
	free(j->places);
	free(j->room.data);
	free(j);
}

/* ---- writing ---- */

static uint32_t
new_salt(void)
{
	uint32_t salt;

	if (getrandom(&salt, sizeof(salt), 0) != sizeof(salt))
		fatal("getrandom");
	return salt;
}

/* A segment's file, on disk with its header.  The descriptor, or -1 with errno and no file. */
static int
make_file(struct journal *j, const struct file_head *h, size_t size)
{
	uint8_t head[FILE_HEAD];
	char path[PATH_MAX];
	int fd, saved;

	journal_path(j, h->number, path);
	j->ops->unlink(path); /* left from an attempt that failed */
	fd = j->ops->open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
	if (fd == -1)
		return -1;
	file_head_put(head, h);
	if ((j->ops->allocate(fd, (off_t)size) == 0 || errno == EOPNOTSUPP) &&
	    file_put(j->ops, fd, head, sizeof(head), 0) == 0 && j->ops->sync(fd) == 0 &&
	    file_sync_dir(j->ops, j->dir) == 0)
		return fd;
	saved = errno;
	j->ops->close(fd);
	j->ops->unlink(path);
	errno = saved;
	return -1;
}

/* Segments in which nothing counts, now that a later one says so. */
static void
drop_empty(struct journal *j)
{
	for (size_t i = j->segment_count - 1; i-- > 0;)
		if (j->segments[i].used == FILE_HEAD)
			journal_drop_segment(j, i);
}

static int
begin_segment(struct journal *j, const struct frame *f)
{
	size_t need = FILE_HEAD + frame_size(f->len);
	size_t size = need > j->segment_size ? need : j->segment_size;
	struct file_head h = {.kind = FILE_JOURNAL,
	    .number = j->segment_count == 0 ? 1 : last_segment(j)->number + 1,
	    .sequence = j->next,
	    .time_ms = f->time_ms,
	    .serial = f->serial_old,
	    .salt = new_salt(),
	    .zone = j->zone};
	int fd = make_file(j, &h, size);

	if (fd == -1)
		return -1;
	j->fd = fd;
	j->size = size;
	j->zeroed = FILE_HEAD;
	j->in_doubt = 0;
	journal_note_segment(j, &h);
	drop_empty(j);
	return 0;
}

/* The segment is full: give back what was allocated and not used. */
static void
end_segment(struct journal *j)
{
	if (j->ops->truncate(j->fd, (off_t)last_segment(j)->used) == -1)
		log_debug("a full journal segment keeps its spare room: %s", strerror(errno));
	j->ops->close(j->fd);
	j->fd = -1;
}

static int
make_room(struct journal *j, const struct frame *f)
{
	if (j->fd != -1 && last_segment(j)->used + frame_size(f->len) > j->size)
		end_segment(j);
	return j->fd != -1 ? 0 : begin_segment(j, f);
}

/* Blocks once written need no metadata at the next sync. */
static int
zero_ahead(struct journal *j, size_t until)
{
	static const uint8_t zeros[ZERO_AHEAD];

	while (j->zeroed < until) {
		size_t len = ZERO_AHEAD - j->zeroed % ZERO_AHEAD;

		if (len > j->size - j->zeroed)
			len = j->size - j->zeroed;
		if (file_put(j->ops, j->fd, zeros, len, (off_t)j->zeroed) == -1)
			return -1;
		j->zeroed += len;
	}
	return 0;
}

static int
write_frame(struct journal *j, const struct frame *f)
{
	const struct segment *s = last_segment(j);
	size_t size = frame_size(f->len);

	frame_room_grow(&j->room, size);
	frame_put(j->room.data, f, s->salt);
	if (zero_ahead(j, s->used + size) == -1 ||
	    file_put(j->ops, j->fd, j->room.data, size, (off_t)s->used) == -1)
		return -1;
	j->syncs++;
	return j->ops->datasync(j->fd);
}

/*
 * Whether the frame is on disk nobody can say any more.  A next segment, at once, says that it does
 * not count; until there is one, zeros in its place are the best that can be done.
 */
static void
abandon_segment(struct journal *j, const struct frame *f)
{
	static const uint8_t zeros[FRAME_HEAD];

	file_put(j->ops, j->fd, zeros, sizeof(zeros), (off_t)last_segment(j)->used);
	j->ops->close(j->fd);
	j->fd = -1;
	j->in_doubt = 1;
	j->doubt_serial = f->serial_old;
	j->doubt_ms = f->time_ms;
	begin_segment(j, f);
}

int
journal_settle(struct journal *j)
{
	const struct frame f = {.serial_old = j->doubt_serial, .time_ms = j->doubt_ms};

	return j->in_doubt ? begin_segment(j, &f) : 0;
}

int
journal_commit(struct journal *j, struct frame *f)
{
	int saved;

	f->sequence = j->next;
	errno = EFBIG;
	if (f->len <= FRAME_PAYLOAD_MAX && make_room(j, f) == 0) {
		if (write_frame(j, f) == 0) {
			journal_note_frame(j, last_segment(j), f);
			return 0;
		}
		saved = errno;
		abandon_segment(j, f);
		errno = saved;
	}
	j->failures++;
	return -1;
}

void
journal_revoke(struct journal *j)
{
	struct segment *s = last_segment(j);
	const struct place *p = &j->places[j->place_count - 1];
	struct frame f = {.serial_old = p->serial_old};

	s->used -= (size_t)(j->total - p->total);
	j->total = p->total;
	j->place_count--;
	j->next--;
	abandon_segment(j, &f);
}

uint64_t
journal_sequence(const struct journal *j)
{
	return j->next - 1;
}

uint64_t
journal_bytes(const struct journal *j, uint64_t sequence)
{
	uint64_t first = j->next - j->place_count;

	if (j->place_count == 0 || sequence + 1 >= j->next)
		return 0;
	return j->total - j->places[sequence < first ? 0 : sequence + 1 - first].total;
}

uint64_t
journal_syncs(const struct journal *j)
{
	return j->syncs;
}

uint64_t
journal_failures(const struct journal *j)
{
	return j->failures;
}

void
journal_set_segment(struct journal *j, size_t segment_size)
{
	j->segment_size = segment_size;
}

/* ---- history ---- */

void
journal_trim(struct journal *j, uint64_t sequence, uint64_t keep)
{
	/* The last segment stays: it says where the journal goes on. */
	while (j->segment_count > 1 && j->segments[1].first <= sequence + 1 &&
	    journal_bytes(j, j->segments[1].first - 1) >= keep) {
		if (journal_drop_segment(j, 0) == -1)
			return;
		journal_forget_frames(j, j->segments[0].first);
	}
}

int
journal_find(const struct journal *j, uint32_t serial, uint32_t current, struct journal_cursor *c)
{
	uint64_t first = j->next - j->place_count;

	if (j->place_count == 0 || j->places[j->place_count - 1].serial_new != current)
		return 0;

	for (size_t i = j->place_count; i-- > 0;) {
		const struct place *p = &j->places[i];

		if (p->serial_old == serial && p->serial_new != serial) {
			*c = (struct journal_cursor) {.sequence = first + i, .fd = -1};
			return 1;
		}
	}
	return 0;
}

static const struct segment *
find_segment(const struct journal *j, uint32_t number)
{
	for (size_t i = j->segment_count; i-- > 0;)
		if ((uint32_t)j->segments[i].number == number)
			return &j->segments[i];
	return NULL;
}

static int
cursor_open(const struct journal *j, struct journal_cursor *c, const struct segment *s)
{
	char path[PATH_MAX];

	if (c->fd != -1 && c->segment == s->number)
		return 0;
	journal_cursor_end(j, c);
	journal_path(j, s->number, path);
	c->fd = j->ops->open(path, O_RDONLY | O_NOFOLLOW, 0);
	c->segment = s->number;
	c->salt = s->salt;
	return c->fd == -1 ? -1 : 0;
}

int
journal_next(const struct journal *j, struct journal_cursor *c, struct frame *f)
{
	uint64_t first = j->next - j->place_count;
	const struct place *p;
	const struct segment *s;
	int state;

	if (c->sequence == j->next)
		return 0;
	errno = ESTALE;
	if (c->sequence < first)
		return -1;
	p = &j->places[c->sequence - first];
	s = find_segment(j, p->segment);
	if (s == NULL || cursor_open(j, c, s) == -1)
		return -1;
	state = frame_read(j->ops, c->fd, (size_t)p->at * FRAME_ALIGN, c->salt, &c->room, f);
	if (state == FRAME_GOOD && f->sequence == c->sequence++)
		return 1;
	if (state != -1)
		errno = EIO;
	return -1;
}

void
journal_cursor_end(const struct journal *j, struct journal_cursor *c)
{
	if (c->fd != -1)
		j->ops->close(c->fd);
	free(c->room.data);
	c->fd = -1;
	c->room = (struct frame_room) {0};
}
