#include "ipsec/esp/split.h"

#include "ipsec/esp/inner.h"
#include "ipsec/esp/vnet.h"

#include <arpa/inet.h>
#include <string.h>

#define MORE 1

/* Extension headers that routers on the way look at, or that stand before such a one. */
static int
may_be_front(uint8_t header)
{
	return header == IPPROTO_HOPOPTS || header == IPPROTO_ROUTING || header == IPPROTO_DSTOPTS;
}

/* All headers up to the last that routers look at go into each piece.  0 or -1. */
static int
find_front(struct split *s)
{
	size_t at = IP6_LEN, from = 6;
	uint8_t header = s->packet[from];

	s->front = at;
	s->next_at = from;
	while (may_be_front(header)) {
		if (at + 8 > s->end)
			return -1;
		from = at;
		at += 8 + (size_t)s->packet[at + 1] * 8;
		if (at > s->end)
			return -1;
		if (header != IPPROTO_DSTOPTS) {
			s->front = at;
			s->next_at = from;
		}
		header = s->packet[from];
	}
	s->protocol = s->packet[s->next_at];
	s->body = s->front;
	return 0;
}

/* The packet is a fragment: its header is replaced by those of its pieces.  0 or -1. */
static int
open_fragment(struct split *s)
{
	const uint8_t *header = s->packet + s->front;
	uint16_t place;

	if (s->front + SPLIT_HEADER > s->end)
		return -1;
	s->protocol = header[0];
	memcpy(&place, header + 2, sizeof(place));
	memcpy(&s->id, header + 4, sizeof(s->id));
	place = ntohs(place);
	s->more = place & MORE;
	s->offset = place & (uint16_t)~7u;
	s->body += SPLIT_HEADER;
	return 0;
}

static size_t
round_up(size_t n)
{
	return (n + 7) / 8 * 8;
}

int
split_begin(struct split *s, const uint8_t *packet, size_t len, size_t fit, uint32_t id)
{
	size_t room, body, pieces;

	*s = (struct split) {.packet = packet, .end = len, .id = htonl(id)};
	if (!inner_is_ipv6(packet, len) || find_front(s) == -1 ||
	    (s->protocol == IPPROTO_FRAGMENT && open_fragment(s) == -1))
		return -1;
	body = s->end - s->body;
	room = fit > s->front + SPLIT_HEADER ? (fit - s->front - SPLIT_HEADER) / 8 * 8 : 0;
	if (room == 0 || body == 0 || (size_t)s->offset + body > UINT16_MAX)
		return -1;
	pieces = (body + room - 1) / room;
	s->chunk = round_up((body + pieces - 1) / pieces);
	return 0;
}

static size_t
payload_next(const struct split *s)
{
	size_t left = s->end - s->body - s->at;

	return left < s->chunk ? left : s->chunk;
}

size_t
split_len(const struct split *s)
{
	size_t payload = payload_next(s);

	return payload > 0 ? s->front + SPLIT_HEADER + payload : 0;
}

void
split_next(struct split *s, uint8_t *out)
{
	size_t payload = payload_next(s);
	int last = s->at + payload == s->end - s->body;
	uint16_t place = htons((uint16_t)((s->offset + s->at) | (!last || s->more ? MORE : 0)));
	uint16_t length = htons((uint16_t)(s->front - IP6_LEN + SPLIT_HEADER + payload));
	uint8_t *header = out + s->front;

	memcpy(out, s->packet, s->front);
	memcpy(out + 4, &length, sizeof(length));
	out[s->next_at] = IPPROTO_FRAGMENT;
	header[0] = s->protocol;
	header[1] = 0;
	memcpy(header + 2, &place, sizeof(place));
	memcpy(header + 4, &s->id, sizeof(s->id));
	memcpy(header + SPLIT_HEADER, s->packet + s->body + s->at, payload);
	s->at += payload;
}
