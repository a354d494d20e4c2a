/*
 * The decisions, pure: from what is configured, what the network is like and what the workers
 * report follows what each worker should be told.  No sockets, no clock, no state of its own.
 *
 * Two writers never compete for one fact: which of our addresses are worth publishing, and in
 * which order a peer's addresses are worth trying, is decided here only.
 */
#ifndef MANAGER_RECONCILE_H
#define MANAGER_RECONCILE_H

#include "base/msg.h"
#include "config/config.h"
#include "manager/network.h"

/* SRV priorities (RFC 2782: lower first) of the kinds of contact. */
#define PRIORITY_IP6 10 /* global IPv6: no NAT in between (RFC 6886 4.2) */
#define PRIORITY_PUBLIC                                                                            \
	20 /* our own public IPv4, a mapping, a fixed forward; worse paths after it */
#define PRIORITY_LOCAL 30 /* private IPv4: for peers behind the same NAT */

/* Records may outlive us by so long (RFC 6281 5.2: typically 90 minutes). */
#define RECORD_LEASE_SEC 5400

/* A cold start waits so long for the router before it publishes without a mapping. */
#define MAPPING_PATIENCE_MS 2500

/*
 * Which mappings of the tunnel's port are wanted: one for each path behind a router that may be a
 * NAT or a firewall; IPv4 before IPv6, the route with the lower metric first.  Their number; id,
 * external, known and nonce are left zero.  *why is NULL, or a sentence where no IPv4 mapping is
 * wanted.
 */
unsigned reconcile_mappings(const struct config *c, const struct network *n,
    struct msg_natpmp_want want[NETWORK_PATHS_MAX], const char **why);

/* How the IPv4 mappings stand. */
struct reconcile_nat {
	unsigned maps; /* wanted, the best path first */
	const struct msg_natpmp_state *map[NETWORK_PATHS_MAX];
	uint64_t since_ms; /* the first has been wanted, or its outside been so, since */
	/* Our address by that path as the name server sees it; the best path's also without maps.
	 */
	struct reconcile_seen {
		struct endpoint address; /* family 0 = not known */
		uint8_t answer; /* enum seen_answer */
	} seen[NETWORK_PATHS_MAX];
	uint8_t inbound; /* enum inbound: what was verified */
};

/* What the router says of the outside against what is seen there: the mapping is of no use,
 * because another NAT stands between. */
int reconcile_is_double(const struct msg_natpmp_state *mapping, const struct endpoint *seen);

/* What to publish.  Returns 0 with *publish complete, or the milliseconds to wait for the router's
 * answer before asking again. */
uint64_t reconcile_publish(const struct config *c, const struct network *n,
    const struct reconcile_nat *nat, const uint8_t ula[16], uint64_t now_ms,
    struct msg_dns_publish *publish);

/*
 * What the ipsec worker should know of a peer, from its records: id is left alone.  external is
 * our own address as the Internet sees it (family 0 when unknown): a peer with the same one is in
 * our LAN, and its private address comes first; any other peer's private address is not tried
 * while it has a public one.  0; -1 with *why when the records give no usable peer.
 */
int reconcile_peer(const struct config *c, const struct msg_dns_peer *records,
    const uint8_t ula[16], const struct endpoint *external, struct msg_ipsec_peer *peer,
    const char **why);

/* Has the time in the peer's records passed?  Never, when they named none. */
int reconcile_is_stale(const struct msg_dns_peer *records, uint64_t now_sec);

#endif
