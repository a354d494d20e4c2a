/* The one UDP port of IKE and ESP, and what kernel mode needs besides. */
#ifndef MANAGER_SOCKETS_H
#define MANAGER_SOCKETS_H

#include <stdint.h>

/* Bind IPv4 and IPv6 (IPV6_V6ONLY) to port on all addresses.  *udp6 becomes -1 on a host without
 * IPv6.  0, or -1 with a logged reason. */
int sockets_bind(unsigned port, int *udp4, int *udp6);

/* A raw socket that sends whole IPv6 packets from our ULA.  -1 with a logged reason. */
int sockets_raw6(const uint8_t ula[16]);

#endif
