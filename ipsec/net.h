/* kernel_net_t without netlink: the little libcharon needs to know of the network. */
#ifndef IPSEC_NET_H
#define IPSEC_NET_H

#include "ipsec/swan.h"

/* For kernel_net_register.  Opens its sockets here: it is called before the worker is locked in. */
kernel_net_t *net_create(void);
/* What the routing table says a path there carries (RFC 1191, 8201): the interface's MTU, or less
 * where a router has said so.  0 when there is no way, or nobody to ask.  Any thread. */
uint32_t net_path_mtu(const struct endpoint *to);
/* Would routing have a packet to there leave from this address of ours?  1 also when there is no
 * way, or nobody to ask.  Any thread. */
int net_leaves_from(const struct endpoint *local, const struct endpoint *to);
/* Does any address of ours lead there?  0 also when there is nobody to ask.  Any thread. */
int net_has_way(const struct endpoint *to);

#endif
