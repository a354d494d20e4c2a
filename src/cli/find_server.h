/*
 * The name server that takes updates for a domain, when nobody said: as the daemon does it, the
 * zone and its MNAME from the SOA record, a better host from SRV _dns-update._udp.ZONE (RFC 2782),
 * then that host's addresses.  Asked of the resolvers in /etc/resolv.conf.
 */
#ifndef CLI_FIND_SERVER_H
#define CLI_FIND_SERVER_H

#include "base/msg.h"

/* Returns the number of addresses found, up to MSG_SERVERS_MAX. */
uint8_t find_server(const char *domain, struct endpoint out[MSG_SERVERS_MAX]);

#endif
