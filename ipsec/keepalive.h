/*
 * NAT keep-alives (RFC 3948 section 4): an octet now and then, so that a NAT between us and the
 * peer does not forget the way back.  Only where that is needed: not when the router has given us a
 * mapping, not to a peer in our own network, not while packets flow.  libcharon's own are off: it
 * knows of the NAT and not of the mapping.
 */
#ifndef IPSEC_KEEPALIVE_H
#define IPSEC_KEEPALIVE_H

#include "ipsec/peers.h"

/* NATs should keep the way of UDP open for two minutes (RFC 4787 REQ-5); 30 s are common. */
#define KEEPALIVE_MS 20000

/* The way to us stays open by itself, or it does not, as at the start. */
void keepalive_open(int open);
/* Send one when it is time to.  Makes *wait_ms shorter when the next time is sooner. */
void keepalive(struct peer *p, uint64_t now_ms, uint64_t *wait_ms);

#endif
