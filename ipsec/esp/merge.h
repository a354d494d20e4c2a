/*
 * Coalescing: packets that came out of the tunnel, in the order they came, are put together to
 * large ones again before the kernel gets them, by the rules of its own GRO.  Pure.
 *
 * Of a flow only what follows without a gap is merged: TCP with the same acknowledgement, options
 * and flags, each segment but the last of the same size, ended by PSH or FIN; UDP of the same
 * size.  The IPv6 headers must agree in traffic class, flow label and hop limit.  What cannot be
 * merged goes out as it is, and before it whatever the same flow had waiting: within a flow the
 * order stays.  No octet of payload is copied: a large packet is a list of pieces.
 *
 * A merged packet's checksum is marked as one to be finished by the device, so that the kernel does
 * not look at it again.  Each packet's integrity was proven by its ICV.
 */
#ifndef IPSEC_ESP_MERGE_H
#define IPSEC_ESP_MERGE_H

#include "ipsec/esp/vnet.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#define MERGE_FLOWS 8 /* open at once; one more closes the oldest */
#define MERGE_PACKETS 64 /* in one; also what the kernel takes for UDP */

/* Give a packet to the device: piece[0] is the header in front. */
typedef void merge_write(void *ctx, const struct iovec *piece, int pieces);

struct merge_flow {
	struct virtio_net_hdr header;
	struct iovec piece[MERGE_PACKETS + 1];
	uint8_t *first; /* packet, whose headers stand for all */
	size_t head; /* length of its headers */
	size_t segment; /* payload of each but the last */
	size_t payload; /* of all */
	unsigned int packets;
	uint32_t sequence; /* TCP: the next one's */
	uint8_t udp;
	uint8_t closed; /* the last was shorter, or ended it */
};

struct merge {
	merge_write *write;
	void *ctx;
	int tcp, udp; /* may be merged */
	unsigned int flows;
	struct merge_flow *order[MERGE_FLOWS]; /* oldest first */
	struct merge_flow flow[MERGE_FLOWS];
};

void merge_init(struct merge *m, int tcp, int udp, merge_write *write, void *ctx);
/* One packet, which must stay in place, ours, until the flush: its headers are changed. */
void merge_add(struct merge *m, uint8_t *packet, size_t len);
/* Write all that waits. */
void merge_flush(struct merge *m);

#endif
