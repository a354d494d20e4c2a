/* Octets on their way in or out of a connection. */
#ifndef DNSUPDATE_SERVER_NET_OCTETS_H
#define DNSUPDATE_SERVER_NET_OCTETS_H

#include <stddef.h>
#include <stdint.h>

/* Those from start to end are there.  Zeroed it is empty and holds no memory. */
struct octets {
	uint8_t *data;
	size_t start, end, room;
};

size_t octets_len(const struct octets *q);
/* Room for len more at the end: write there, then add to end. */
uint8_t *octets_room(struct octets *q, size_t len);
/* Take len away at the start.  When nothing is left the memory is given back. */
void octets_drop(struct octets *q, size_t len);

#endif
