/* kernel_net_t without netlink: the little libcharon needs to know of the network. */
#ifndef IPSEC_NET_H
#define IPSEC_NET_H

#include "ipsec/swan.h"

/* For kernel_net_register.  Opens its sockets here: it is called before the worker is locked in. */
kernel_net_t *net_create(void);

#endif
