/* A knock (base/knock.h) at a port of who asked for it by a connection. */
#ifndef DNSUPDATE_SERVER_NET_KNOCK_H
#define DNSUPDATE_SERVER_NET_KNOCK_H

#include "dnsupdate/server/request.h"

/* Send it, from our address on that connection and a port that was never used towards him: what his
 * router or firewall remembers of us must not open the way.  For server_hooks.  0, or -1. */
int knock_send(void *ctx, const struct requester *who, uint16_t port, const uint8_t *nonce);

#endif
