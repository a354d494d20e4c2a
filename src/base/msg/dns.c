#include "base/msg/rule.h"
#include "base/str.h"

#include <assert.h>
#include <string.h>

/* As msg_endpoints_ok. */
static int
servers_ok(const struct dns_server *s, size_t n)
{
	struct endpoint ep[MSG_KNOWN_MAX];

	for (size_t i = 0; i < MSG_KNOWN_MAX; i++) {
		ep[i] = s[i].ep;
		if (s[i].tls > (i < n) || !msg_zero(s[i].pad, sizeof s[i].pad))
			return 0;
	}
	return msg_endpoints_ok(ep, n, MSG_KNOWN_MAX);
}

static const char *
valid_dns_known(const union msg *m)
{
	const struct msg_dns_known *k = &m->dns_known;

	if (k->tls_seen > 1)
		return "flag";
	return servers_ok(k->known, k->knowns) ? NULL : "server";
}

static const char *
dns_tls_wrong(const struct msg_dns_zone *z)
{
	if (z->transport >= DNS_TRANSPORT_MAX || z->tls_seen > 1 || z->tls_port == 0)
		return "transport";
	if (z->tls_name[0] != '\0' && !msg_hostname_ok(z->tls_name))
		return "TLS name";
	if (z->pins > MSG_PINS_MAX ||
	    !msg_zero(z->pin[z->pins], (MSG_PINS_MAX - z->pins) * MSG_PIN_LEN))
		return "pin";
	return servers_ok(z->known, z->knowns) ? NULL : "known server";
}

static const char *
valid_dns_zone(const union msg *m)
{
	const struct msg_dns_zone *z = &m->dns_zone;

	if (!msg_hostname_ok(z->domain) || !msg_hostname_ok(z->host) ||
	    !msg_hostname_ok(z->key_name))
		return "name";
	if (!str_in_domain(z->host, z->domain) || strlen(z->host) == strlen(z->domain))
		return "host outside domain";
	if (z->algorithm < TSIG_HMAC_SHA256 || z->algorithm > TSIG_HMAC_SHA512)
		return "algorithm";
	if (z->secret_len < 16 || z->secret_len > MSG_SECRET_MAX ||
	    !msg_zero(z->secret + z->secret_len, MSG_SECRET_MAX - z->secret_len))
		return "secret";
	return msg_endpoints_ok(z->server, z->servers, MSG_SERVERS_MAX) ? dns_tls_wrong(z)
									: "server";
}

static const char *
valid_dns_publish(const union msg *m)
{
	const struct msg_dns_publish *p = &m->dns_publish;

	if (p->wanted > 1 || p->nat >= NAT_KIND_MAX || p->inbound >= INBOUND_MAX)
		return "flags";
	if (p->lease_sec < 20 || p->lease_sec > 86400)
		return "lease";
	if (!ip6_is_ula(p->ula))
		return "ula";
	return msg_endpoints_ok(p->contact, p->contacts, MSG_CONTACTS_MAX) ? NULL : "contact";
}

static const char *
valid_dns_hurry(const union msg *m)
{
	return m->dns_hurry.seconds <= 3600 ? NULL : "seconds";
}

static const char *
valid_dns_look(const union msg *m)
{
	const struct msg_dns_look *l = &m->dns_look;

	if (l->hdr.id == 0 || l->hdr.id > MSG_LOOKS_MAX)
		return "id";
	if (l->family != 4 && l->family != 6)
		return "family";
	return l->wanted > 1 ? "flag" : NULL;
}

static const char *
valid_dns_seen(const union msg *m)
{
	const struct msg_dns_seen *s = &m->dns_seen;

	if (s->hdr.id == 0 || s->hdr.id > MSG_LOOKS_MAX)
		return "id";
	if (s->family != 4 && s->family != 6)
		return "family";
	if (s->answer >= SEEN_ANSWER_MAX || s->knocked > (s->answer == SEEN_ADDRESS))
		return "answer";
	return endpoint_valid(&s->seen) &&
		s->seen.family == (s->answer == SEEN_ADDRESS ? s->family : 0)
	    ? NULL
	    : "seen";
}

const char *
msg_dns_state_wrong(const struct msg_dns_state *s)
{
	if (s->status < DNS_STARTING || s->status > DNS_REFUSED || s->source >= DNS_SOURCE_MAX)
		return "status";
	if (s->published > 1 || s->withdrawn > 1 || s->leased > 1 || s->channel >= DNS_CHANNEL_MAX)
		return "flags";
	if (!endpoint_valid(&s->server))
		return "server";
	return MSG_TEXT_OK(s->reason) ? NULL : "reason";
}

static const char *
valid_dns_state(const union msg *m)
{
	return msg_dns_state_wrong(&m->dns_state);
}

const char *
msg_dns_peer_wrong(const struct msg_dns_peer *p)
{
	if (!msg_hostname_ok(p->name))
		return "name";
	if (p->present > 1 || p->nat >= NAT_KIND_MAX || p->inbound >= INBOUND_MAX)
		return "flags";
	if (!msg_zero(p->ula, 16) && !ip6_is_ula(p->ula))
		return "ula";
	if (!MSG_TEXT_OK(p->os))
		return "os";
	return msg_endpoints_ok(p->contact, p->contacts, MSG_CONTACTS_MAX) ? NULL : "contact";
}

static const char *
valid_dns_peer(const union msg *m)
{
	return msg_dns_peer_wrong(&m->dns_peer);
}

static const char *
valid_dns_synced(const union msg *m)
{
	return m->dns_synced.peers <= MSG_PEERS_MAX ? NULL : "count";
}

/* Pieces fill the whole, each as large as it can be but for the last. */
const char *
msg_roster_wrong(const struct msg_roster *r)
{
	uint32_t left;

	if (r->total > MSG_ROSTER_MAX || r->offset > r->total || r->offset % MSG_ROSTER_PIECE != 0)
		return "size";
	left = r->total - r->offset;
	if (r->len != (left < MSG_ROSTER_PIECE ? left : MSG_ROSTER_PIECE))
		return "length";
	if ((r->len == 0 && r->total != 0) ||
	    !msg_zero(r->data + r->len, MSG_ROSTER_PIECE - r->len))
		return "data";
	return r->hdr.id == 0 ? NULL : "id";
}

static const char *
valid_dns_roster(const union msg *m)
{
	return msg_roster_wrong(&m->roster);
}

#define FIRST MSG_DNS_AUTHORITIES

static const struct msg_rule rules[] = {
    MSG_RULE(MSG_DNS_AUTHORITIES, "dns authorities", MANAGER, DNSUPDATE, dns_authorities, 1,
	msg_valid_empty),
    MSG_RULE(MSG_DNS_ZONE, "dns zone", MANAGER, DNSUPDATE, dns_zone, 0, valid_dns_zone),
    MSG_RULE(MSG_DNS_PUBLISH, "dns publish", MANAGER, DNSUPDATE, dns_publish, 0, valid_dns_publish),
    MSG_RULE(MSG_DNS_HURRY, "dns hurry", MANAGER, DNSUPDATE, dns_hurry, 0, valid_dns_hurry),
    MSG_RULE(MSG_DNS_LOOK, "dns look", MANAGER, DNSUPDATE, dns_look, 0, valid_dns_look),
    MSG_RULE(MSG_DNS_SEEN, "dns seen", DNSUPDATE, MANAGER, dns_seen, 0, valid_dns_seen),
    MSG_RULE(MSG_DNS_KNOWN, "dns known", DNSUPDATE, MANAGER, dns_known, 0, valid_dns_known),
    MSG_RULE(MSG_DNS_STATE, "dns state", DNSUPDATE, MANAGER, dns_state, 0, valid_dns_state),
    MSG_RULE(MSG_DNS_PEER, "dns peer", DNSUPDATE, MANAGER, dns_peer, 0, valid_dns_peer),
    MSG_RULE(MSG_DNS_SYNCED, "dns synced", DNSUPDATE, MANAGER, dns_synced, 0, valid_dns_synced),
    MSG_RULE(MSG_DNS_ROSTER, "dns roster", DNSUPDATE, MANAGER, roster, 0, valid_dns_roster),
};

const struct msg_rules msg_dns_rules = {FIRST, sizeof rules / sizeof rules[0], rules};

static_assert(sizeof(struct dns_server) == 32, "dns server");
static_assert(sizeof(struct msg_dns_zone) == 1600, "dns zone");
static_assert(sizeof(struct msg_dns_known) == 272, "dns known");
static_assert(sizeof(struct msg_dns_publish) == 224, "dns publish");
static_assert(sizeof(struct msg_dns_look) == 32, "dns look");
static_assert(sizeof(struct msg_dns_seen) == 48, "dns seen");
static_assert(sizeof(struct msg_dns_state) == 240, "dns state");
static_assert(sizeof(struct msg_dns_peer) == 560, "dns peer");
static_assert(sizeof(struct msg_roster) == 3096, "roster");
