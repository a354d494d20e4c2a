/*
 * What the tunnel device gives: the input is a virtio header (its first ten octets) and a packet.
 * Whatever it says, the pieces lie within their lengths, bear together the payload once, and have
 * right checksums and lengths.
 */
#include "ipsec/esp/cut.h"
#include "tests/unit/esp_large.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define LIMIT 4096 /* a segment size of one octet makes many pieces of a large packet */

static void
check_piece(const struct cut *c, const uint8_t *piece, size_t len)
{
	if (c->segment == 0)
		return;
	if ((size_t)(piece[4] << 8 | piece[5]) + IP6_LEN != len)
		abort();
	/* With extension headers in between the sum cannot be looked at so plainly. */
	if (c->l4 == IP6_LEN && piece[6] == (c->udp ? 17 : 6) && !large_is_right(piece, len))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct virtio_net_hdr header;
	size_t len, payload = 0;
	uint8_t *packet;
	struct cut cut;

	if (size < VNET_LEN || size > LIMIT)
		return 0;
	memcpy(&header, data, VNET_LEN);
	len = size - VNET_LEN;
	packet = malloc(len + (len == 0));
	memcpy(packet, data + VNET_LEN, len);
	if (cut_begin(&cut, &header, packet, len) == 0) {
		size_t n;

		while ((n = cut_len(&cut)) > 0) {
			uint8_t *piece = malloc(n);

			cut_next(&cut, piece);
			check_piece(&cut, piece, n);
			payload += n - cut.head;
			free(piece);
		}
		if (payload != len - cut.head)
			abort();
	}
	free(packet);
	return 0;
}
