/* Reading frames from a file. */
#ifndef DNSUPDATE_SERVER_DISK_FRAME_FILE_H
#define DNSUPDATE_SERVER_DISK_FRAME_FILE_H

#include "dnsupdate/server/disk/file_ops.h"
#include "dnsupdate/server/disk/frame.h"

/* Where payloads are read to; starts zeroed, free(data) at the end. */
struct frame_room {
	uint8_t *data;
	size_t size;
};

/* At least size octets at room->data.  Out of memory ends the process. */
void frame_room_grow(struct frame_room *room, size_t size);

/* The frame at offset at of fd, a file with this salt: enum frame_state (FRAME_NONE also at the end
 * of the file), or -1 with errno when reading fails.  f's payload is in room. */
int frame_read(const struct file_ops *ops, int fd, size_t at, uint32_t salt,
    struct frame_room *room, struct frame *f);

#endif
