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
#define PRIORITY_PUBLIC 20 /* our own public IPv4, a mapping, a fixed forward */
#define PRIORITY_LOCAL 30 /* private IPv4: for peers behind the same NAT */

/* Records may outlive us by so long (RFC 6281 5.2: typically 90 minutes). */
#define RECORD_LEASE_SEC 5400

/* A cold start waits so long for the router before it publishes without a mapping. */
#define MAPPING_PATIENCE_MS 2500

/* Is a mapping wanted, and which?  last: what was
 * granted before, or port 0.  NULL with *want complete, or why none is: a sentence. */
const char *reconcile_mapping(const struct config *c, const struct network *n,
    const struct endpoint *last, struct msg_natpmp_want *want);

/*
 * What to publish.  mapping is NULL when none is wanted.  Returns 0 with *publish complete, or the
 * milliseconds to wait for the router's answer before asking again.
 */
uint64_t reconcile_publish(const struct config *c, const struct network *n,
    const struct msg_natpmp_state *mapping, const uint8_t ula[16], uint64_t wanted_since_ms,
    uint64_t now_ms, struct msg_dns_publish *publish);

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
