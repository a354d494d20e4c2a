#include "manager/reconcile.h"

#include <netinet/in.h>
#include <string.h>

#define ACCOUNT_PREFIX_LEN 6

/* ---- mappings ---- */

static const char *
no_mapping(const struct config *c, const struct network *n)
{
	if (c->external.family != 0)
		return "not asked for: a fixed forward is configured";
	if (n->local4.family == 0)
		return "not asked for: there is no IPv4 network";
	if (endpoint_is_public(&n->local4))
		return "not needed: this machine has a public IPv4 address";
	if (c->methods == 0)
		return "not asked for: \"methods = none\" is configured";
	if (n->paths == 0 || n->path[0].gateway.family != 4)
		return "not asked for: there is no IPv4 router";
	return NULL;
}

/* A public IPv4 address needs no mapping; a public IPv6 address may need a hole in the router's
 * firewall. */
static int
is_behind(const struct network_path *p)
{
	return (p->gateway.family == 6) == endpoint_is_public(&p->local);
}

/* The IPv4 router on the same link is usually the same machine. */
static void
find_beside(const struct network *n, struct msg_natpmp_want *w)
{
	for (unsigned i = 0; i < n->paths; i++) {
		const struct network_path *p = &n->path[i];

		if (p->gateway.family != 4 || p->ifindex != w->ifindex || w->beside.family != 0)
			continue;
		w->beside = p->gateway;
		w->from = p->local;
	}
}

unsigned
reconcile_mappings(const struct config *c, const struct network *n,
    struct msg_natpmp_want want[NETWORK_PATHS_MAX], const char **why)
{
	unsigned count = 0;

	*why = no_mapping(c, n);
	for (unsigned i = 0; i < n->paths && c->methods != 0; i++) {
		const struct network_path *p = &n->path[i];
		struct msg_natpmp_want *w = &want[count];
		int pinhole = p->gateway.family == 6;

		if (!is_behind(p) || (!pinhole && *why != NULL) ||
		    (pinhole && (c->methods & ~NAT_METHOD_NATPMP) == 0))
			continue;
		memset(w, 0, sizeof *w);
		w->gateway = p->gateway;
		w->local = p->local;
		w->local.port = (uint16_t)c->listen_port;
		w->ifindex = p->ifindex;
		if (pinhole)
			find_beside(n, w);
		w->proto = IPPROTO_UDP;
		w->methods = (uint8_t)c->methods;
		w->lifetime_sec = c->lifetime;
		count++;
	}
	return count;
}

/* ---- publishing ---- */

static void
add_contact(struct msg_dns_publish *p, struct endpoint ep, uint16_t port, uint16_t priority)
{
	if (p->contacts == MSG_CONTACTS_MAX || ep.family == 0)
		return;
	ep.port = port;
	ep.priority = priority;
	ep.weight = 0;
	if (endpoint_is_contactable(&ep))
		p->contact[p->contacts++] = ep;
}

static enum nat_kind
kind_of_method(unsigned method)
{
	return method == NAT_METHOD_UPNP ? NAT_KIND_UPNP
	    : method == NAT_METHOD_PCP   ? NAT_KIND_PCP
					 : NAT_KIND_NATPMP;
}

int
reconcile_is_double(const struct msg_natpmp_state *mapping, const struct endpoint *seen)
{
	if (!endpoint_is_public(&mapping->external))
		return 1;
	return seen->family == mapping->external.family &&
	    !endpoint_same_addr(seen, &mapping->external);
}

/* All mappings that somebody outside can use, those of worse paths with a worse priority.  If the
 * name server can tell from where it sees us, that is waited for: a router that lies must not send
 * our peers to somebody else. */
static enum nat_kind
publish_mappings(const struct reconcile_nat *nat, struct msg_dns_publish *p)
{
	enum nat_kind kind = NAT_KIND_UNMAPPED;

	for (unsigned i = 0; i < nat->maps; i++) {
		const struct msg_natpmp_state *s = nat->map[i];
		int first = kind == NAT_KIND_UNMAPPED || kind == NAT_KIND_DOUBLE;

		if (s->state != NAT_UP)
			continue;
		if (reconcile_is_double(s, &nat->seen[i].address)) {
			kind = first ? NAT_KIND_DOUBLE : kind;
			continue;
		}
		if (nat->seen[i].answer != SEEN_NOTHING)
			add_contact(
			    p, s->external, s->external.port, (uint16_t)(PRIORITY_PUBLIC + i));
		kind = first ? kind_of_method(s->method) : kind;
	}
	return kind;
}

/* The IPv4 side: which contacts, and how we sit behind the NAT. */
static enum nat_kind
publish_ip4(const struct config *c, const struct network *n, const struct reconcile_nat *nat,
    struct msg_dns_publish *p)
{
	uint16_t port = (uint16_t)c->listen_port;

	if (c->external.family != 0) {
		add_contact(p, c->external, c->external.port, PRIORITY_PUBLIC);
		return NAT_KIND_UNKNOWN;
	}
	if (n->local4.family == 0)
		return n->local6_count > 0 ? NAT_KIND_NONE : NAT_KIND_UNKNOWN;
	if (endpoint_is_public(&n->local4)) {
		if (nat->seen[0].answer == SEEN_ADDRESS &&
		    !endpoint_same_addr(&nat->seen[0].address, &n->local4))
			return NAT_KIND_UNMAPPED; /* a network that calls somebody's addresses its
						     own */
		add_contact(p, n->local4, port, PRIORITY_PUBLIC);
		return NAT_KIND_NONE;
	}
	return publish_mappings(nat, p);
}

/* A private address of every path: a peer may be in any of these networks. */
static void
publish_local(const struct config *c, const struct network *n, struct msg_dns_publish *p)
{
	uint16_t port = (uint16_t)c->listen_port;

	if (n->local4.family != 0 && !endpoint_is_public(&n->local4))
		add_contact(p, n->local4, port, PRIORITY_LOCAL);
	for (unsigned i = 0; i < n->paths; i++) {
		const struct endpoint *local = &n->path[i].local;

		if (local->family == 4 && !endpoint_is_public(local) &&
		    !endpoint_same_addr(local, &n->local4))
			add_contact(p, *local, port, PRIORITY_LOCAL);
	}
}

/* Does the router, or the name server, have to answer yet what our address is? */
static int
is_undecided(const struct reconcile_nat *nat)
{
	if (nat->maps == 0)
		return 0;
	return nat->map[0]->state == NAT_ASKING ||
	    (nat->map[0]->state == NAT_UP && endpoint_is_public(&nat->map[0]->external) &&
		nat->seen[0].answer == SEEN_NOTHING);
}

uint64_t
reconcile_publish(const struct config *c, const struct network *n, const struct reconcile_nat *nat,
    const uint8_t ula[16], uint64_t now_ms, struct msg_dns_publish *publish)
{
	if (is_undecided(nat) && now_ms - nat->since_ms < MAPPING_PATIENCE_MS)
		return MAPPING_PATIENCE_MS - (now_ms - nat->since_ms);
	memset(publish, 0, sizeof *publish);
	publish->hdr.type = MSG_DNS_PUBLISH;
	publish->wanted = 1;
	publish->lease_sec = RECORD_LEASE_SEC;
	publish->inbound = nat->inbound;
	memcpy(publish->ula, ula, sizeof publish->ula);
	for (unsigned i = 0; i < n->local6_count; i++)
		add_contact(publish, n->local6[i], (uint16_t)c->listen_port, PRIORITY_IP6);
	publish->nat = (uint8_t)publish_ip4(c, n, nat, publish);
	publish_local(c, n, publish);
	return 0;
}

/* ---- peers ---- */

static int
is_neighbour(const struct msg_dns_peer *records, const struct endpoint *external)
{
	for (unsigned i = 0; external->family != 0 && i < records->contacts; i++)
		if (endpoint_same_addr(&records->contact[i], external))
			return 1;
	return 0;
}

static void
take(const struct msg_dns_peer *records, int public, struct msg_ipsec_peer *peer)
{
	for (unsigned i = 0; i < records->contacts; i++)
		if (endpoint_is_contactable(&records->contact[i]) &&
		    endpoint_is_public(&records->contact[i]) == public)
			peer->contact[peer->contacts++] = records->contact[i];
}

int
reconcile_peer(const struct config *c, const struct msg_dns_peer *records, const uint8_t ula[16],
    const struct endpoint *external, struct msg_ipsec_peer *peer, const char **why)
{
	static const uint8_t zero[16];
	uint32_t id = peer->hdr.id;

	*why = "no AAAA record";
	if (memcmp(records->ula, zero, 16) == 0)
		return -1;
	*why = "its address is not of this account";
	if (memcmp(records->ula, ula, ACCOUNT_PREFIX_LEN) != 0)
		return -1;
	*why = "it claims our own address";
	if (memcmp(records->ula, ula, 16) == 0)
		return -1;
	memset(peer, 0, sizeof *peer);
	peer->hdr = (struct msg_hdr) {.type = MSG_IPSEC_PEER, .id = id};
	peer->always = c->connect == CONNECT_ALWAYS;
	peer->epoch = records->epoch;
	memcpy(peer->ula, records->ula, 16);
	memcpy(peer->name, records->name, sizeof peer->name);
	if (is_neighbour(records, external))
		take(records, 0, peer);
	take(records, 1, peer);
	if (peer->contacts == 0)
		take(records, 0, peer);
	return 0;
}

int
reconcile_is_stale(const struct msg_dns_peer *records, uint64_t now_sec)
{
	return records->expires_sec != 0 && records->expires_sec <= now_sec;
}
