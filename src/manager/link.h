/*
 * The tunnel interface: it carries our ULA as a /128 and the account's /48 as a route, and exists
 * before any name is looked up.  It goes away with the last copy of its descriptor.
 */
#ifndef MANAGER_LINK_H
#define MANAGER_LINK_H

#include <stdint.h>

struct link_options {
	const char *name;
	unsigned mtu;
	int large; /* take and give large packets, where the kernel can */
	uint8_t ula[16];
};

struct tunnel_link {
	int fd; /* the TUN device, non-blocking */
	unsigned device; /* IPSEC_TUN_*: how it speaks */
	unsigned index;
	char name[16];
};

/* Make it, give it MTU, address and route, set it up.  0, or -1 with a logged reason. */
int link_make(struct tunnel_link *link, const struct link_options *o);
/* Put back what of that somebody else has taken away.  1 when something was, 0, or -1 with a logged
 * reason. */
int link_assert(const struct tunnel_link *link, const uint8_t ula[16]);
void link_remove(struct tunnel_link *link);

#endif
