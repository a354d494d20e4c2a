/*
 * What this host knows of the networks it is on: the IPv4 default router, our address towards it,
 * and the global IPv6 addresses.  The tunnel interface does not count.
 */
#ifndef MANAGER_NETWORK_H
#define MANAGER_NETWORK_H

#include "base/addr.h"
#include "loop/loop.h"

#define NETWORK_IP6_MAX 2

struct network {
	struct endpoint gateway; /* family 0 = no IPv4 default route, or one without a router */
	struct endpoint local4; /* source address of the IPv4 default route; family 0 = none */
	unsigned local6_count;
	struct endpoint local6[NETWORK_IP6_MAX]; /* global, preferred, permanent */
};

int network_equal(const struct network *a, const struct network *b);

/* Read the present state; addresses inside fc00::/7 are left out.  0, or -1 with errno. */
int network_read(struct network *out);

/* Call cb after changes of links, addresses or routes: once for a burst of them, and again and
 * again while they go on. NULL with errno. */
struct netmon;
struct netmon *netmon_new(struct loop *l, void (*cb)(void *ctx), void *ctx);
void netmon_free(struct netmon *m);

#endif
