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

struct resolve_result {
	unsigned servers, llqs;
	struct dns_server server[MSG_KNOWN_MAX]; /* for updates and questions, best first */
	struct dns_server llq[MSG_SERVERS_MAX]; /* for long-lived queries (RFC 8764) */
	const char *why; /* what was missing when there are no servers; else empty */
};

/*
 * Find the servers of the zone that domain is in.  SOA tells the zone; SRV records the hosts:
 * _dns-push-tls._tcp, _dns-update-tls._tcp (and ._udp, as RFC 6281 spells it) for TLS,
 * _dns-update._udp for clear text, _dns-llq._udp; without the clear one it is the SOA's MNAME, port
 * 53.  With tls_port != 0, and no SRV for TLS, that host's TLS port is guessed to be this one. Then
 * all of their A and AAAA.  found is called once, later or before this returns.  A search that was
 * under way is given up.
 */
void resolve_find(struct resolve *r, const struct name *domain, uint16_t tls_port,
    void (*found)(void *ctx, const struct resolve_result *result), void *ctx);
/* Give up: found will not be called. */
void resolve_cancel(struct resolve *r);

#endif
