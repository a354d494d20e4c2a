/*
 * Splitting: a packet that is larger than what the path carries leaves in two pieces or more, as
 * IPv6 fragments (RFC 8200 4.5).  We are its source, so we may; the peer's system puts them
 * together, and what is outside stays whole, for a path that swallows "packet too big" often
 * swallows fragments, too.  Pure.
 *
 *	struct split s;
 *	if (split_begin(&s, packet, len, fit, identification) == 0)
 *		while ((n = split_len(&s)) > 0)
 *			split_next(&s, room for n octets);
 */
#ifndef IPSEC_ESP_SPLIT_H
#define IPSEC_ESP_SPLIT_H

#include <stddef.h>
#include <stdint.h>

#define SPLIT_HEADER 8 /* octets of a Fragment header */

struct split {
	const uint8_t *packet; /* borrowed */
	size_t front; /* headers that each piece has */
	size_t next_at; /* where the last of them names what follows */
	size_t body, end; /* what is distributed */
	size_t chunk; /* octets of each piece but the last, as even as can be */
	size_t at; /* distributed so far, from body */
	uint8_t protocol; /* what the body begins with */
	uint8_t more; /* this is a fragment itself, and not the last */
	uint16_t offset; /* and its place, in octets */
	uint32_t id;
};

/*
 * Look at an IPv6 packet of len > fit octets, as long as its header says.  id is to be another for
 * each packet; a fragment keeps its own.  0; -1 when its headers make no sense, or leave no room.
 */
int split_begin(struct split *s, const uint8_t *packet, size_t len, size_t fit, uint32_t id);
/* The length of the next piece, at most fit; 0 when there is none left. */
size_t split_len(const struct split *s);
void split_next(struct split *s, uint8_t *out);

#endif
