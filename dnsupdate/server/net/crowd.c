#include "dnsupdate/server/net/crowd.h"

#include <string.h>

void
crowd_init(struct crowd *c)
{
	memset(c, 0, sizeof *c);
	siphash_key_random(&c->key);
}

size_t
crowd_network(const union socket_address *from, uint8_t out[8])
{
	out[0] = (uint8_t)from->sa.sa_family;
	if (from->sa.sa_family == AF_INET) {
		memcpy(out + 1, &from->in.sin_addr, 3);
		return 4;
	}
	memcpy(out + 1, &from->in6.sin6_addr, 7);
	return 8;
}

static uint32_t *
place(struct crowd *c, const union socket_address *from)
{
	uint8_t network[8];
	size_t len = crowd_network(from, network);

	return &c->count[siphash(&c->key, network, len) & (CROWD_PLACES - 1)];
}

int
crowd_enter(struct crowd *c, const union socket_address *from, uint32_t max)
{
	uint32_t *n = place(c, from);

	if (*n >= max)
		return -1;
	++*n;
	return 0;
}

void
crowd_leave(struct crowd *c, const union socket_address *from)
{
	--*place(c, from);
}
