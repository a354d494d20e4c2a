/* What a tunnel carries, and the end of one that carries nothing. */
#ifndef IPSEC_USAGE_H
#define IPSEC_USAGE_H

#include "ipsec/peers.h"

/* Count when it is time to.  Makes *wait_ms shorter when the next time is sooner. */
void usage_count(struct peer *p, uint64_t now_ms, uint64_t *wait_ms);

#endif
