/*
 * Cutting: a kernel hands a tunnel device one packet of up to 64 kB where many shall leave (TSO,
 * USO), and leaves checksums for the device to finish.  This is the part of the device.  Pure.
 *
 *	struct cut cut;
 *	if (cut_begin(&cut, &header, packet, len) == 0)
 *		while ((n = cut_len(&cut)) > 0)
 *			cut_next(&cut, room for n octets);
 */
#ifndef IPSEC_ESP_CUT_H
#define IPSEC_ESP_CUT_H

#include "ipsec/esp/vnet.h"

#include <stddef.h>
#include <stdint.h>

struct cut {
	const uint8_t *packet; /* borrowed */
	size_t len;
	size_t l4; /* where TCP's or UDP's header begins */
	size_t head; /* length of all headers */
	size_t segment; /* payload of each packet but the last; 0 = not to be cut */
	size_t check; /* where the checksum stands; 0 = it is right already */
	size_t at; /* payload given away so far, from head */
	int done;
	int udp;
	uint32_t sequence; /* TCP's, of the first */
	uint64_t sum; /* pseudo-header without its length */
};

/* Look at one packet from the device.  0; -1 when header and packet contradict each other, or say
 * what only IPv4 can be. */
int cut_begin(
    struct cut *c, const struct virtio_net_hdr *header, const uint8_t *packet, size_t len);
/* The length of the next packet; 0 when there is none left. */
size_t cut_len(const struct cut *c);
/* Write it, whole and with its checksums. */
void cut_next(struct cut *c, uint8_t *out);

#endif
