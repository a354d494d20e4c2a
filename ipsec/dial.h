/* Calls to a peer without tunnel, as call.c decides. */
#ifndef IPSEC_DIAL_H
#define IPSEC_DIAL_H

#include "ipsec/peers.h"

/* Start what is due, end what is needless.  Makes *wait_ms shorter when something is due sooner. */
void dial(struct peer *p, uint64_t now_ms, uint64_t *wait_ms);

#endif
