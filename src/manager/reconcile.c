#include "manager/reconcile.h"

#include <string.h>

#define ACCOUNT_PREFIX_LEN 6

static const char *
no_mapping(const struct config *c, const struct network *n, const struct endpoint *gateway)
{
	if (c->external.family != 0)
		return "not asked for: a fixed forward is configured";
	if (n->local4.family == 0)
		return "not asked for: there is no IPv4 network";
	if (endpoint_is_public(&n->local4))
		return "not needed: this machine has a public IPv4 address";
	if (c->methods == 0)
		return "not asked for: \"methods = none\" is configured";
	return gateway->family == 0 ? "not asked for: there is no IPv4 router" : NULL;
}

const char *
reconcile_mapping(const struct config *c, const struct network *n, const struct endpoint *last,
    struct msg_natpmp_want *want)
{
	const struct endpoint *gateway = c->gateway.family != 0 ? &c->gateway : &n->gateway;
	const char *why = no_mapping(c, n, gateway);

	if (why != NULL)
		return why;
	memset(want, 0, sizeof *want);
	want->hdr = (struct msg_hdr) {.type = MSG_NATPMP_WANT, .id = 1};
	want->gateway = *gateway;
	want->local = n->local4;
	want->local.port = (uint16_t)c->listen_port;
	want->external.port = last->port;
	want->external.family = last->port == 0 ? 0 : last->family;
	memcpy(want->external.addr, last->addr, sizeof want->external.addr);
	want->proto = IPPROTO_UDP;
	want->methods = (uint8_t)c->methods;
	want->lifetime_sec = c->lifetime;
	return NULL;
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

/* The IPv4 side: which contact, and how we sit behind the NAT. */
static enum nat_kind
publish_ip4(const struct config *c, const struct network *n, const struct msg_natpmp_state *mapping,
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
		add_contact(p, n->local4, port, PRIORITY_PUBLIC);
		return NAT_KIND_NONE;
	}
	if (mapping == NULL || mapping->state != NAT_UP)
		return NAT_KIND_UNMAPPED;
	if (!endpoint_is_public(&mapping->external))
		return NAT_KIND_DOUBLE;
	add_contact(p, mapping->external, mapping->external.port, PRIORITY_PUBLIC);
	return kind_of_method(mapping->method);
}

uint64_t
reconcile_publish(const struct config *c, const struct network *n,
    const struct msg_natpmp_state *mapping, const uint8_t ula[16], uint64_t wanted_since_ms,
    uint64_t now_ms, struct msg_dns_publish *publish)
{
	if (mapping != NULL && mapping->state == NAT_ASKING &&
	    now_ms - wanted_since_ms < MAPPING_PATIENCE_MS)
		return MAPPING_PATIENCE_MS - (now_ms - wanted_since_ms);
	memset(publish, 0, sizeof *publish);
	publish->hdr.type = MSG_DNS_PUBLISH;
	publish->wanted = 1;
	publish->lease_sec = RECORD_LEASE_SEC;
	memcpy(publish->ula, ula, sizeof publish->ula);
	for (unsigned i = 0; i < n->local6_count; i++)
		add_contact(publish, n->local6[i], (uint16_t)c->listen_port, PRIORITY_IP6);
	publish->nat = (uint8_t)publish_ip4(c, n, mapping, publish);
	if (n->local4.family != 0 && !endpoint_is_public(&n->local4))
		add_contact(publish, n->local4, (uint16_t)c->listen_port, PRIORITY_LOCAL);
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
