/*
 * Finding the name server that takes updates for a domain, through the resolvers of
 * /etc/resolv.conf, with c-ares.  Only addresses are believed from it: what that server says
 * counts only under our key.
 */
#ifndef CLIENT_RESOLVE_H
#define CLIENT_RESOLVE_H

#include "dnsupdate/wire/name.h"
#include "loop/loop.h"

struct resolve;

/* Reads the system's files: before the sandbox closes.  NULL when c-ares cannot start (logged). */
struct resolve *resolve_new(struct loop *l);
void resolve_free(struct resolve *r);

/*
 * Find the addresses: SOA tells the zone, SRV _dns-update._udp.ZONE (RFC 2782) the server, else it
 * is the SOA's MNAME, port 53; then all of its A and AAAA.  found is called once, later or before
 * this returns, with at most MSG_SERVERS_MAX addresses, best first; with none, why says what was
 * missing.  A search that was under way is given up.
 */
void resolve_find(struct resolve *r, const struct name *domain,
    void (*found)(void *ctx, const struct endpoint *server, size_t count, const char *why),
    void *ctx);
/* Give up: found will not be called. */
void resolve_cancel(struct resolve *r);

#endif
