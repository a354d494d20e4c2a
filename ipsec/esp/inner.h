/* The packet inside: the part of its IPv6 header that the tunnel looks at.  Pure. */
#ifndef IPSEC_ESP_INNER_H
#define IPSEC_ESP_INNER_H

#include <stddef.h>
#include <stdint.h>

/* Is this one IPv6 packet, as long as its header says?  Jumbograms (RFC 2675) are not. */
int inner_is_ipv6(const uint8_t *packet, size_t len);
/* The length of the IPv6 packet at the front of these octets, by its header: behind it a peer may
 * have padded (RFC 4303 2.7).  0 when there is none, or it is cut off. */
size_t inner_len(const uint8_t *data, size_t len);
/* Of a packet that passed inner_is_ipv6. */
const uint8_t *inner_source(const uint8_t *packet);
const uint8_t *inner_destination(const uint8_t *packet);

/* For tables by ULA: the last eight octets of ours are a hash of the device's key. */
uint32_t inner_hash(const uint8_t ula[16]);

#endif
