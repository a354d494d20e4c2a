/*
 * Trains: sealed packets of a batch, sorted into sends.  With UDP_SEGMENT one send carries many
 * datagrams to one place, all of the same size but the last.  Pure.
 *
 * Packets to one place leave in the order they have in the batch, however trains to different
 * places are mixed.
 */
#ifndef IPSEC_ESP_TRAIN_H
#define IPSEC_ESP_TRAIN_H

#include "ipsec/esp/esp.h"

#include <sys/uio.h>

#define TRAIN_BATCH 128 /* packets */
#define TRAIN_PACKETS 64 /* in one: what kernels before 6.9 take */
#define TRAIN_OCTETS 65507 /* UDP over IPv4 */
#define TRAIN_LOOK 16 /* places that are remembered while packets to them alternate */

struct train {
	struct endpoint to;
	struct esp_way way;
	uint8_t tos;
	uint8_t closed; /* the last packet was shorter */
	uint16_t segment; /* octets of each packet but the last */
	unsigned int packets, pieces;
	size_t octets;
	struct iovec *piece; /* adjacent packets are one */
};

struct trains {
	unsigned int n;
	struct train train[TRAIN_BATCH];
	struct iovec piece[TRAIN_BATCH];
};

/* Sort those of n <= TRAIN_BATCH packets that have a length and a place to go to. */
void trains_make(struct trains *t, const struct esp_packet *batch, size_t n);

#endif
