/* ICMPv6 Packet Too Big (RFC 4443 3.2) for what does not fit into a tunnel.  Pure. */
#ifndef IPSEC_ESP_TOO_BIG_H
#define IPSEC_ESP_TOO_BIG_H

#include <stddef.h>
#include <stdint.h>

#define TOO_BIG_MTU_MIN 1280 /* no link of IPv6 has less */

/*
 * Turn an IPv6 packet of more than TOO_BIG_MTU_MIN octets into the message to its sender, in place.
 * It comes from the packet's destination: the tunnel is the way there.  Returns its length; 0 when
 * such a packet is not answered (an ICMPv6 error, RFC 4443 2.4).
 */
size_t too_big_make(uint8_t *packet, size_t len, uint32_t mtu);

#endif
