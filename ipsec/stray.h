/*
 * Kernel mode: the first packets to a peer without tunnel.  The kernel's policies take packets
 * that have one; all others for the account's prefix are routed to the tunnel device and read
 * there. They wait here, in fixed memory, and are sent again when the kernel has the policy.
 */
#ifndef IPSEC_STRAY_H
#define IPSEC_STRAY_H

#include <stddef.h>
#include <stdint.h>

#define STRAY_MAX 64
#define STRAY_PER_PEER 16
#define STRAY_MS 10000

/* Keep a packet (or not, when there is no room).  1 with its destination when it is an IPv6 packet
 * to a ULA and a tunnel should be asked for; not again for the same destination within 2 s. */
int stray_hold(const void *packet, size_t len, uint64_t now_ms, uint8_t dst[16]);
/* Send all packets for dst through a raw IPv6 socket (IPV6_HDRINCL), forget those too old. */
void stray_release(int raw_fd, const uint8_t dst[16], uint64_t now_ms);

#endif
