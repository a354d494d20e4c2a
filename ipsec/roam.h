/*
 * Where tunnels lead: makes libcharon and the data plane do what path.c decides about a peer, and
 * tells all peers when we have moved ourselves.  The main thread's.
 */
#ifndef IPSEC_ROAM_H
#define IPSEC_ROAM_H

#include "ipsec/peers.h"

/* Do what is due for the way to this peer.  Makes *wait_ms shorter when the next time is sooner. */
void roam_mind(struct peer *p, uint64_t now_ms, uint64_t *wait_ms);
/* Our own addresses or mapping changed. */
void roam_moved(void);

#endif
