/* How many of something each network has (an IPv4 /24, an IPv6 /56): a small table of counters, in
 * which two networks share one now and then. */
#ifndef DNSUPDATE_SERVER_NET_CROWD_H
#define DNSUPDATE_SERVER_NET_CROWD_H

#include "crypto/siphash.h"
#include "dnsupdate/server/request.h"

#define CROWD_PLACES 16384 /* a power of two */

struct crowd {
	struct siphash_key key;
	uint32_t count[CROWD_PLACES];
};

void crowd_init(struct crowd *c);
/* One more from this address; 0, or -1 when its network has max already (then not counted). */
int crowd_enter(struct crowd *c, const union socket_address *from, uint32_t max);
void crowd_leave(struct crowd *c, const union socket_address *from);

/* The network's octets, 1..8 of them, the family first; for whoever counts by network. */
size_t crowd_network(const union socket_address *from, uint8_t out[8]);

#endif
