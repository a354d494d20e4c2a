#include "dnsupdate/server/net/octets.h"

#include "base/log.h"

#include <stdlib.h>
#include <string.h>

#define ROOM_MIN 1024

size_t
octets_len(const struct octets *q)
{
	return q->end - q->start;
}

uint8_t *
octets_room(struct octets *q, size_t len)
{
	if (q->start > 0 && q->end + len > q->room) {
		memmove(q->data, q->data + q->start, octets_len(q));
		q->end -= q->start;
		q->start = 0;
	}
	if (q->end + len > q->room) {
		q->room = 2 * (q->end + len) < ROOM_MIN ? ROOM_MIN : 2 * (q->end + len);
		q->data = realloc(q->data, q->room);
		if (q->data == NULL)
			fatalx("out of memory");
	}
	return q->data + q->end;
}

/* An empty queue holds no memory: most connections are silent most of the time. */
void
octets_drop(struct octets *q, size_t len)
{
	q->start += len;
	if (q->start < q->end)
		return;
	free(q->data);
	*q = (struct octets) {0};
}
