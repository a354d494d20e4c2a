#include "dnsupdate/server/disk/frame_file.h"

#include "base/log.h"

#include <stdlib.h>

void
frame_room_grow(struct frame_room *room, size_t size)
{
	if (size <= room->size)
		return;
	room->data = realloc(room->data, size);
	if (room->data == NULL)
		fatalx("out of memory");
	room->size = size;
}

/* Does the file reach so far?  A length that nothing vouches for yet must not cost memory. */
static int
reaches(const struct file_ops *ops, int fd, size_t end)
{
	uint8_t last;

	return (int)file_take(ops, fd, &last, 1, (off_t)end - 1);
}

int
frame_read(const struct file_ops *ops, int fd, size_t at, uint32_t salt, struct frame_room *room,
    struct frame *f)
{
	uint8_t head[FRAME_HEAD];
	ssize_t n = file_take(ops, fd, head, sizeof(head), (off_t)at);
	int state;

	if (n < (ssize_t)sizeof(head))
		return n == -1 ? -1 : FRAME_NONE;
	state = frame_head_get(head, f);
	if (state != FRAME_GOOD)
		return state;
	state = reaches(ops, fd, at + FRAME_HEAD + f->len);
	if (state != 1)
		return state == -1 ? -1 : FRAME_BAD;
	frame_room_grow(room, (size_t)f->len + 1);
	n = file_take(ops, fd, room->data, f->len, (off_t)(at + FRAME_HEAD));
	if (n == -1)
		return -1;
	f->payload = room->data;
	return n == (ssize_t)f->len ? (int)frame_check(head, f, salt) : FRAME_BAD;
}
