/* Traffic class through the tunnel: DSCP and ECN (RFC 4301 5.1.2, RFC 6040).  Pure. */
#ifndef IPSEC_ESP_ECN_H
#define IPSEC_ESP_ECN_H

#include <stdint.h>

/* Of an IPv6 packet. */
uint8_t ecn_class(const uint8_t *packet);
/*
 * What a router marked outside reaches the packet inside (RFC 6040 4.2, normal mode): outer is the
 * traffic class the datagram came with.  0; -1 when the packet must be dropped, because congestion
 * was met and its sender would not understand.
 */
int ecn_open(uint8_t *packet, uint8_t outer);

#endif
