/* Inner TCP and UDP packets, and the plainest of checksums, for the tests of cut.c and merge.c. */
#ifndef TESTS_ESP_LARGE_H
#define TESTS_ESP_LARGE_H

#include <stddef.h>
#include <stdint.h>

#define LARGE_ROOM 65600

struct tcp {
	uint32_t sequence, ack;
	uint8_t flags;
	uint16_t window;
	size_t options; /* octets, a multiple of four */
	size_t payload;
	uint16_t port; /* of the source: tells flows apart */
};

/* A whole packet with right checksums; returns its length.  The payload depends on where in the
 * flow it is.  cmocka-free: aborts when asked for nonsense. */
size_t large_tcp(uint8_t *out, const struct tcp *t);
size_t large_udp(uint8_t *out, uint16_t port, size_t payload, uint32_t at);
/* Is it an IPv6 packet of this length with a right TCP, UDP or ICMPv6 checksum? */
int large_is_right(const uint8_t *packet, size_t len);
/* RFC 1071, octet by octet. */
uint16_t large_sum(const uint8_t *data, size_t len, uint32_t start);

#endif
