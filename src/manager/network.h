/*
 * What this host knows of the networks it is on: its paths to the Internet, each with its router
 * and our address towards it, and the global IPv6 addresses.  The tunnel interface does not count.
 */
#ifndef MANAGER_NETWORK_H
#define MANAGER_NETWORK_H

#include "base/addr.h"
#include "loop/loop.h"

#define NETWORK_IP6_MAX 2
#define NETWORK_PATHS_MAX 8

/* A default route with a router. */
struct network_path {
	struct endpoint gateway; /* IPv6: usually link-local */
	struct endpoint local; /* our address towards it; IPv6: a global one on that link */
	uint32_t ifindex; /* the link; 0 = as routing says */
	uint32_t metric;
	uint8_t mac[6]; /* of the router; all zero = not known (yet) */
	uint8_t pad[2];
};

struct network {
	struct endpoint local4; /* source address of the IPv4 default route; family 0 = none */
	unsigned local6_count;
	struct endpoint local6[NETWORK_IP6_MAX]; /* global, preferred, permanent */
	unsigned paths;
	struct network_path path[NETWORK_PATHS_MAX]; /* IPv4 by metric, then IPv6 by metric */
};

/* What a router's hardware address is does not count: it becomes known by and by. */
int network_equal(const struct network *a, const struct network *b);

/* Read the present state; addresses inside fc00::/7 are left out.  Where ask is given (family not
 * 0), that is the IPv4 router, whatever routes there are.  0, or -1 with errno. */
int network_read(const struct endpoint *ask, struct network *out);
/* Look up the routers' hardware addresses, as far as the kernel knows them. */
void network_read_macs(struct network *n);

/* After changes of links, addresses or routes call early, within milliseconds, perhaps in the
 * middle of a burst of them and a few times in each; and settled, once for a burst, and again and
 * again while they go on. NULL with errno. */
struct netmon;
struct netmon *netmon_new(
    struct loop *l, void (*early)(void *ctx), void (*settled)(void *ctx), void *ctx);
void netmon_free(struct netmon *m);

#endif
