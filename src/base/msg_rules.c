#include "base/log.h"
#include "base/msg.h"
#include "base/str.h"

#include <assert.h>
#include <netinet/in.h>
#include <stddef.h>
#include <string.h>

/*
 * Validators answer NULL, or what is wrong.  They trust nothing but the length, which the table
 * has already fixed.
 */
typedef const char *(*validator)(const union msg *m);

static int
text_ok(const char *text, size_t size)
{
	size_t len = strnlen(text, size);

	if (len == size)
		return 0;
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)text[i] < 0x20 || (unsigned char)text[i] >= 0x7f)
			return 0;
	return 1;
}

#define TEXT_OK(field) text_ok(field, sizeof(field))

static int
hostname_ok(const char name[MSG_NAME_MAX])
{
	return text_ok(name, MSG_NAME_MAX) && str_is_hostname(name, 0);
}

/* The first n are real endpoints, the rest all zero. */
static int
endpoints_ok(const struct endpoint *ep, size_t n, size_t max)
{
	if (n > max)
		return 0;
	for (size_t i = 0; i < max; i++) {
		if (!endpoint_valid(&ep[i]) || (ep[i].family == 0) != (i >= n))
			return 0;
		if (i < n && ep[i].port == 0)
			return 0;
	}
	return 1;
}

static int
zero(const void *p, size_t len)
{
	const uint8_t *b = p;

	for (size_t i = 0; i < len; i++)
		if (b[i] != 0)
			return 0;
	return 1;
}

static int
ula_ok(const uint8_t ula[16])
{
	return ip6_is_ula(ula);
}

static const char *
valid_empty(const union msg *m)
{
	return m->hdr.id == 0 ? NULL : "id";
}

static const char *
valid_id(const union msg *m)
{
	return m->hdr.id != 0 ? NULL : "id";
}

static const char *
valid_ipsec_nat(const union msg *m)
{
	return m->hdr.id != 0 ? "id" : m->ipsec_nat.open > 1 ? "open" : NULL;
}

static const char *
valid_hello(const union msg *m)
{
	return m->hello.version == MSG_VERSION ? NULL : "version";
}

static const char *
valid_log_level(const union msg *m)
{
	return m->log_level.level <= LOG_LEVEL_DEBUG ? NULL : "level";
}

static int
proto_ok(unsigned proto)
{
	return proto == IPPROTO_UDP || proto == IPPROTO_TCP;
}

static int
is_one_method(unsigned method)
{
	return method == NAT_METHOD_NATPMP || method == NAT_METHOD_PCP || method == NAT_METHOD_UPNP;
}

static const char *
valid_natpmp_want(const union msg *m)
{
	const struct msg_natpmp_want *w = &m->natpmp_want;

	if (w->hdr.id == 0)
		return "id";
	if (!endpoint_valid(&w->gateway) || w->gateway.family == 0)
		return "gateway";
	if (!endpoint_valid(&w->local) || w->local.family != w->gateway.family ||
	    w->local.port == 0)
		return "local";
	if (!endpoint_valid(&w->external) ||
	    (w->external.family != 0 && w->external.family != w->local.family))
		return "external";
	if (!endpoint_valid(&w->beside) || !endpoint_valid(&w->from) ||
	    w->beside.family != w->from.family || w->beside.family == 6)
		return "beside";
	if (w->methods == 0 || (w->methods & ~NAT_METHOD_ALL) != 0)
		return "methods";
	if ((w->known != 0 && !is_one_method(w->known)) || w->remove > 1 ||
	    (w->remove && (w->known == 0 || w->external.port == 0)))
		return "known";
	if (!proto_ok(w->proto))
		return "protocol";
	return w->lifetime_sec >= 60 && w->lifetime_sec <= 86400 ? NULL : "lifetime";
}

static const char *
natpmp_state_wrong(const struct msg_natpmp_state *s)
{
	if (s->state < NAT_ASKING || s->state > NAT_SILENT)
		return "state";
	if ((s->method != 0 && !is_one_method(s->method)) || (s->proto != 0 && !proto_ok(s->proto)))
		return "method";
	if (!endpoint_valid(&s->external) || !endpoint_valid(&s->gateway) ||
	    !endpoint_valid(&s->local))
		return "address";
	if (s->state == NAT_UP &&
	    (s->external.family == 0 || s->external.port == 0 || s->method == 0))
		return "up without address";
	for (unsigned i = 0; i < NAT_COLUMNS; i++)
		if (s->said[i].answer >= NAT_ANSWER_MAX || !TEXT_OK(s->said[i].text))
			return "answer";
	return TEXT_OK(s->reason) ? NULL : "reason";
}

static const char *
valid_natpmp_state(const union msg *m)
{
	return m->hdr.id == 0 ? "id" : natpmp_state_wrong(&m->natpmp_state);
}

/* As endpoints_ok. */
static int
servers_ok(const struct dns_server *s, size_t n)
{
	struct endpoint ep[MSG_KNOWN_MAX];

	for (size_t i = 0; i < MSG_KNOWN_MAX; i++) {
		ep[i] = s[i].ep;
		if (s[i].tls > (i < n) || !zero(s[i].pad, sizeof s[i].pad))
			return 0;
	}
	return endpoints_ok(ep, n, MSG_KNOWN_MAX);
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
	if (z->tls_name[0] != '\0' && !hostname_ok(z->tls_name))
		return "TLS name";
	if (z->pins > MSG_PINS_MAX ||
	    !zero(z->pin[z->pins], (MSG_PINS_MAX - z->pins) * MSG_PIN_LEN))
		return "pin";
	return servers_ok(z->known, z->knowns) ? NULL : "known server";
}

static const char *
valid_natpmp_exchange(const union msg *m)
{
	return TEXT_OK(m->natpmp_exchange.text) ? NULL : "text";
}

static const char *
valid_dns_zone(const union msg *m)
{
	const struct msg_dns_zone *z = &m->dns_zone;

	if (!hostname_ok(z->domain) || !hostname_ok(z->host) || !hostname_ok(z->key_name))
		return "name";
	if (!str_in_domain(z->host, z->domain) || strlen(z->host) == strlen(z->domain))
		return "host outside domain";
	if (z->algorithm < TSIG_HMAC_SHA256 || z->algorithm > TSIG_HMAC_SHA512)
		return "algorithm";
	if (z->secret_len < 16 || z->secret_len > MSG_SECRET_MAX ||
	    !zero(z->secret + z->secret_len, MSG_SECRET_MAX - z->secret_len))
		return "secret";
	return endpoints_ok(z->server, z->servers, MSG_SERVERS_MAX) ? dns_tls_wrong(z) : "server";
}

static const char *
valid_dns_publish(const union msg *m)
{
	const struct msg_dns_publish *p = &m->dns_publish;

	if (p->wanted > 1 || p->nat >= NAT_KIND_MAX || p->inbound >= INBOUND_MAX)
		return "flags";
	if (p->lease_sec < 20 || p->lease_sec > 86400)
		return "lease";
	if (!ula_ok(p->ula))
		return "ula";
	return endpoints_ok(p->contact, p->contacts, MSG_CONTACTS_MAX) ? NULL : "contact";
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

static const char *
dns_state_wrong(const struct msg_dns_state *s)
{
	if (s->status < DNS_STARTING || s->status > DNS_REFUSED || s->source >= DNS_SOURCE_MAX)
		return "status";
	if (s->published > 1 || s->withdrawn > 1 || s->leased > 1 || s->channel >= DNS_CHANNEL_MAX)
		return "flags";
	if (!endpoint_valid(&s->server))
		return "server";
	return TEXT_OK(s->reason) ? NULL : "reason";
}

static const char *
valid_dns_state(const union msg *m)
{
	return dns_state_wrong(&m->dns_state);
}

static const char *
dns_peer_wrong(const struct msg_dns_peer *p)
{
	if (!hostname_ok(p->name))
		return "name";
	if (p->present > 1 || p->nat >= NAT_KIND_MAX || p->inbound >= INBOUND_MAX)
		return "flags";
	if (!zero(p->ula, 16) && !ula_ok(p->ula))
		return "ula";
	if (!TEXT_OK(p->os))
		return "os";
	return endpoints_ok(p->contact, p->contacts, MSG_CONTACTS_MAX) ? NULL : "contact";
}

static const char *
valid_dns_peer(const union msg *m)
{
	return dns_peer_wrong(&m->dns_peer);
}

static const char *
valid_dns_synced(const union msg *m)
{
	return m->dns_synced.peers <= MSG_PEERS_MAX ? NULL : "count";
}

/* Pieces fill the whole, each as large as it can be but for the last. */
static const char *
roster_wrong(const struct msg_roster *r)
{
	uint32_t left;

	if (r->total > MSG_ROSTER_MAX || r->offset > r->total || r->offset % MSG_ROSTER_PIECE != 0)
		return "size";
	left = r->total - r->offset;
	if (r->len != (left < MSG_ROSTER_PIECE ? left : MSG_ROSTER_PIECE))
		return "length";
	if ((r->len == 0 && r->total != 0) || !zero(r->data + r->len, MSG_ROSTER_PIECE - r->len))
		return "data";
	return r->hdr.id == 0 ? NULL : "id";
}

static const char *
valid_dns_roster(const union msg *m)
{
	return roster_wrong(&m->roster);
}

static const char *
valid_ipsec_roster(const union msg *m)
{
	return m->roster.total > 0 ? roster_wrong(&m->roster) : "size";
}

static const char *
roster_state_wrong(const struct msg_ipsec_roster_state *s)
{
	if (s->verdict >= ROSTER_VERDICT_MAX || s->self >= ROSTER_SELF_MAX || s->open > 1)
		return "state";
	return TEXT_OK(s->reason) ? NULL : "reason";
}

static const char *
valid_ipsec_roster_state(const union msg *m)
{
	return roster_state_wrong(&m->ipsec_roster_state);
}

static const char *
valid_ctl_roster(const union msg *m)
{
	return m->ctl_roster.view < ROSTER_VIEW_MAX ? roster_state_wrong(&m->ctl_roster.state)
						    : "view";
}

static const char *
valid_ipsec_fd(const union msg *m)
{
	const struct msg_ipsec_fd *f = &m->ipsec_fd;

	if (f->kind < IPSEC_FD_TUN || f->kind >= IPSEC_FD_MAX)
		return "kind";
	return f->device <= (f->kind == IPSEC_FD_TUN ? IPSEC_TUN_VNET | IPSEC_TUN_USO : 0)
	    ? NULL
	    : "device";
}

static const char *
valid_ipsec_credential(const union msg *m)
{
	const struct msg_ipsec_credential *c = &m->ipsec_credential;

	if (c->kind < IPSEC_DEVICE_KEY || c->kind >= IPSEC_CREDENTIAL_MAX)
		return "kind";
	if (c->len == 0 || c->len > MSG_DER_MAX || !zero(c->der + c->len, MSG_DER_MAX - c->len))
		return "length";
	return NULL;
}

static const char *
valid_ipsec_self(const union msg *m)
{
	const struct msg_ipsec_self *s = &m->ipsec_self;

	if (s->dataplane != DATAPLANE_USER && s->dataplane != DATAPLANE_KERNEL)
		return "dataplane";
	if (s->plain > 1)
		return "plain";
	/* IKE leaves out the non-ESP marker on port 500 (RFC 3948 2.2). */
	if (s->port == 0 || s->port == 500)
		return "port";
	if (s->mtu < 1280)
		return "mtu";
	if (!ula_ok(s->ula))
		return "ula";
	return hostname_ok(s->name) ? NULL : "name";
}

static const char *
valid_ipsec_peer(const union msg *m)
{
	const struct msg_ipsec_peer *p = &m->ipsec_peer;

	if (p->hdr.id == 0)
		return "id";
	if (p->always > 1)
		return "always";
	if (p->epoch > MSG_EPOCH_MAX)
		return "epoch";
	if (!ula_ok(p->ula))
		return "ula";
	if (!hostname_ok(p->name))
		return "name";
	return endpoints_ok(p->contact, p->contacts, MSG_CONTACTS_MAX) ? NULL : "contact";
}

static const char *
valid_ipsec_ready(const union msg *m)
{
	const struct msg_ipsec_ready *r = &m->ipsec_ready;

	if (r->dataplane != DATAPLANE_USER && r->dataplane != DATAPLANE_KERNEL)
		return "dataplane";
	return TEXT_OK(r->version) && TEXT_OK(r->crypto) ? NULL : "text";
}

static const char *
valid_ipsec_knocked(const union msg *m)
{
	const struct endpoint *from = &m->ipsec_knocked.from;

	return endpoint_valid(from) && from->family != 0 ? NULL : "from";
}

static const char *
ipsec_state_wrong(const struct msg_ipsec_state *s)
{
	if (s->state < TUNNEL_IDLE || s->state > TUNNEL_UP || s->initiator > 1 || s->known > 1)
		return "state";
	if (!zero(s->ula, 16) && !ula_ok(s->ula))
		return "ula";
	if (!endpoint_valid(&s->remote))
		return "remote";
	return TEXT_OK(s->proposal) && TEXT_OK(s->reason) ? NULL : "text";
}

static const char *
valid_ipsec_state(const union msg *m)
{
	return m->hdr.id == 0 ? "id" : ipsec_state_wrong(&m->ipsec_state);
}

static const char *
ipsec_step_wrong(const struct msg_ipsec_step *s)
{
	if (s->kind < IPSEC_STEP_WANTED || s->kind >= IPSEC_STEP_MAX || s->initiator > 1)
		return "kind";
	if (!endpoint_valid(&s->place))
		return "place";
	return TEXT_OK(s->text) ? NULL : "text";
}

static const char *
valid_ipsec_step(const union msg *m)
{
	return m->hdr.id == 0 ? "id" : ipsec_step_wrong(&m->ipsec_step);
}

static const char *
valid_ctl_step(const union msg *m)
{
	return ipsec_step_wrong(&m->ctl_step.step);
}

static const char *
valid_ctl_sleep(const union msg *m)
{
	return m->ctl_sleep.asleep > 1 ? "flag" : NULL;
}

static const char *
valid_ctl_show(const union msg *m)
{
	/* Another version is answered with CTL_VERSION, not with silence. */
	return m->ctl_show.watch <= 1 && m->ctl_show.exchanges <= 1 ? NULL : "watch";
}

static const char *
valid_ctl_result(const union msg *m)
{
	if (m->ctl_result.code < CTL_DONE || m->ctl_result.code >= CTL_CODE_MAX)
		return "code";
	return TEXT_OK(m->ctl_result.text) ? NULL : "text";
}

static const char *
valid_ctl_self(const union msg *m)
{
	const struct msg_ctl_self *s = &m->ctl_self;

	if (s->dataplane > DATAPLANE_KERNEL || s->enrolled > 1)
		return "flags";
	return TEXT_OK(s->version) && TEXT_OK(s->strongswan) && TEXT_OK(s->crypto) &&
		TEXT_OK(s->interface) && TEXT_OK(s->allow) && TEXT_OK(s->unfiltered) &&
		TEXT_OK(s->domain) && TEXT_OK(s->name)
	    ? NULL
	    : "text";
}

static const char *
valid_ctl_mapping(const union msg *m)
{
	const struct msg_ctl_mapping *c = &m->ctl_mapping;

	if (c->nat >= NAT_KIND_MAX || c->inbound >= INBOUND_MAX || c->answer >= SEEN_ANSWER_MAX ||
	    c->verifying > 1)
		return "nat";
	return endpoint_valid(&c->seen) && endpoint_valid(&c->place) ? natpmp_state_wrong(&c->state)
								     : "seen";
}

static const char *
valid_ctl_exchange(const union msg *m)
{
	return TEXT_OK(m->ctl_exchange.text) ? NULL : "text";
}

static const char *
valid_ctl_map(const union msg *m)
{
	const struct msg_ctl_map *c = &m->ctl_map;

	if (!proto_ok(c->proto))
		return "protocol";
	if (c->port == 0)
		return "port";
	return c->seconds <= MSG_MAP_SECONDS_MAX ? NULL : "seconds";
}

static const char *
valid_ctl_dns(const union msg *m)
{
	return dns_state_wrong(&m->ctl_dns.state);
}

static const char *
valid_ctl_peer(const union msg *m)
{
	const char *why = m->ctl_peer.stale <= 1 ? dns_peer_wrong(&m->ctl_peer.dns) : "stale";

	return why != NULL ? why : ipsec_state_wrong(&m->ctl_peer.tunnel);
}

static const char *
valid_ctl_end(const union msg *m)
{
	return m->ctl_end.peers <= MSG_PEERS_MAX ? NULL : "count";
}

#define BIT(role) (1u << (role))
#define WORKERS (BIT(ROLE_NATPMP) | BIT(ROLE_DNSUPDATE) | BIT(ROLE_IPSEC))
#define MANAGER BIT(ROLE_MANAGER)
#define NATPMP BIT(ROLE_NATPMP)
#define DNSUPDATE BIT(ROLE_DNSUPDATE)
#define IPSEC BIT(ROLE_IPSEC)
#define CLIENT BIT(ROLE_CLIENT)

struct msg_rule {
	const char *name;
	unsigned from, to; /* sets of roles */
	uint32_t size;
	int fd; /* a descriptor belongs to it */
	validator valid;
};

static const struct msg_rule rules[MSG_TYPE_MAX] = {
#define RULE(TYPE, name, from, to, member, fd, valid)                                              \
	[TYPE] = {name, from, to, sizeof(((union msg *)0)->member), fd, valid}
    RULE(MSG_HELLO, "hello", WORKERS, MANAGER, hello, 0, valid_hello),
    RULE(MSG_QUIT, "quit", MANAGER, WORKERS, quit, 0, valid_empty),
    RULE(MSG_LOG_LEVEL, "log level", MANAGER, WORKERS, log_level, 0, valid_log_level),
    RULE(MSG_NATPMP_WANT, "natpmp want", MANAGER, NATPMP, natpmp_want, 0, valid_natpmp_want),
    RULE(MSG_NATPMP_DROP, "natpmp drop", MANAGER, NATPMP, natpmp_drop, 0, valid_id),
    RULE(MSG_NATPMP_STATE, "natpmp state", NATPMP, MANAGER, natpmp_state, 0, valid_natpmp_state),
    RULE(MSG_NATPMP_EXCHANGE, "natpmp exchange", NATPMP, MANAGER, natpmp_exchange, 0,
	valid_natpmp_exchange),
    RULE(MSG_DNS_AUTHORITIES, "dns authorities", MANAGER, DNSUPDATE, dns_authorities, 1,
	valid_empty),
    RULE(MSG_DNS_ZONE, "dns zone", MANAGER, DNSUPDATE, dns_zone, 0, valid_dns_zone),
    RULE(MSG_DNS_PUBLISH, "dns publish", MANAGER, DNSUPDATE, dns_publish, 0, valid_dns_publish),
    RULE(MSG_DNS_HURRY, "dns hurry", MANAGER, DNSUPDATE, dns_hurry, 0, valid_dns_hurry),
    RULE(MSG_DNS_LOOK, "dns look", MANAGER, DNSUPDATE, dns_look, 0, valid_dns_look),
    RULE(MSG_DNS_SEEN, "dns seen", DNSUPDATE, MANAGER, dns_seen, 0, valid_dns_seen),
    RULE(MSG_DNS_KNOWN, "dns known", DNSUPDATE, MANAGER, dns_known, 0, valid_dns_known),
    RULE(MSG_DNS_STATE, "dns state", DNSUPDATE, MANAGER, dns_state, 0, valid_dns_state),
    RULE(MSG_DNS_PEER, "dns peer", DNSUPDATE, MANAGER, dns_peer, 0, valid_dns_peer),
    RULE(MSG_DNS_SYNCED, "dns synced", DNSUPDATE, MANAGER, dns_synced, 0, valid_dns_synced),
    RULE(MSG_DNS_ROSTER, "dns roster", DNSUPDATE, MANAGER, roster, 0, valid_dns_roster),
    RULE(MSG_IPSEC_ROSTER, "ipsec roster", MANAGER, IPSEC, roster, 0, valid_ipsec_roster),
    RULE(MSG_IPSEC_ROSTER_STATE, "ipsec roster state", IPSEC, MANAGER, ipsec_roster_state, 0,
	valid_ipsec_roster_state),
    RULE(MSG_IPSEC_FD, "ipsec fd", MANAGER, IPSEC, ipsec_fd, 1, valid_ipsec_fd),
    RULE(MSG_IPSEC_CREDENTIAL, "ipsec credential", MANAGER, IPSEC, ipsec_credential, 0,
	valid_ipsec_credential),
    RULE(MSG_IPSEC_SELF, "ipsec self", MANAGER, IPSEC, ipsec_self, 0, valid_ipsec_self),
    RULE(MSG_IPSEC_PEER, "ipsec peer", MANAGER, IPSEC, ipsec_peer, 0, valid_ipsec_peer),
    RULE(MSG_IPSEC_FORGET, "ipsec forget", MANAGER, IPSEC, ipsec_forget, 0, valid_id),
    RULE(MSG_IPSEC_NAT, "ipsec nat", MANAGER, IPSEC, ipsec_nat, 0, valid_ipsec_nat),
    RULE(MSG_IPSEC_MOVED, "ipsec moved", MANAGER, IPSEC, ipsec_moved, 0, valid_empty),
    RULE(MSG_IPSEC_KNOCK, "ipsec knock", MANAGER, IPSEC, ipsec_knock, 0, valid_empty),
    RULE(MSG_IPSEC_KNOCKED, "ipsec knocked", IPSEC, MANAGER, ipsec_knocked, 0, valid_ipsec_knocked),
    RULE(MSG_IPSEC_READY, "ipsec ready", IPSEC, MANAGER, ipsec_ready, 0, valid_ipsec_ready),
    RULE(MSG_IPSEC_STATE, "ipsec state", IPSEC, MANAGER, ipsec_state, 0, valid_ipsec_state),
    RULE(MSG_IPSEC_STEP, "ipsec step", IPSEC, MANAGER, ipsec_step, 0, valid_ipsec_step),
    RULE(MSG_CTL_SHOW, "show", CLIENT, MANAGER, ctl_show, 0, valid_ctl_show),
    RULE(MSG_CTL_LOG_LEVEL, "set log level", CLIENT, MANAGER, log_level, 0, valid_log_level),
    RULE(MSG_CTL_RELOAD, "reload", CLIENT, MANAGER, ctl_reload, 0, valid_empty),
    RULE(MSG_CTL_SLEEP, "sleep", CLIENT, MANAGER, ctl_sleep, 0, valid_ctl_sleep),
    RULE(MSG_CTL_MAP, "map", CLIENT, MANAGER, ctl_map, 0, valid_ctl_map),
    RULE(MSG_CTL_VERIFY, "verify", CLIENT, MANAGER, ctl_verify, 0, valid_empty),
    RULE(MSG_CTL_RESULT, "result", MANAGER, CLIENT, ctl_result, 0, valid_ctl_result),
    RULE(MSG_CTL_SELF, "self", MANAGER, CLIENT, ctl_self, 0, valid_ctl_self),
    RULE(MSG_CTL_MAPPING, "mapping", MANAGER, CLIENT, ctl_mapping, 0, valid_ctl_mapping),
    RULE(MSG_CTL_EXCHANGE, "exchange", MANAGER, CLIENT, ctl_exchange, 0, valid_ctl_exchange),
    RULE(MSG_CTL_DNS, "dns", MANAGER, CLIENT, ctl_dns, 0, valid_ctl_dns),
    RULE(MSG_CTL_ROSTER, "roster", MANAGER, CLIENT, ctl_roster, 0, valid_ctl_roster),
    RULE(MSG_CTL_STEP, "step", MANAGER, CLIENT, ctl_step, 0, valid_ctl_step),
    RULE(MSG_CTL_PEER, "peer", MANAGER, CLIENT, ctl_peer, 0, valid_ctl_peer),
    RULE(MSG_CTL_END, "end", MANAGER, CLIENT, ctl_end, 0, valid_ctl_end),
#undef RULE
};

/* Explicit padding everywhere: a struct that changes size by itself leaks or misreads. */
static_assert(sizeof(struct endpoint) == 24, "endpoint");
static_assert(sizeof(struct msg_natpmp_want) == 152, "natpmp want");
static_assert(sizeof(struct msg_natpmp_state) == 504, "natpmp state");
static_assert(sizeof(struct dns_server) == 32, "dns server");
static_assert(sizeof(struct msg_dns_zone) == 1600, "dns zone");
static_assert(sizeof(struct msg_dns_known) == 272, "dns known");
static_assert(sizeof(struct msg_dns_publish) == 224, "dns publish");
static_assert(sizeof(struct msg_dns_look) == 32, "dns look");
static_assert(sizeof(struct msg_dns_seen) == 48, "dns seen");
static_assert(sizeof(struct msg_dns_state) == 240, "dns state");
static_assert(sizeof(struct msg_dns_peer) == 560, "dns peer");
static_assert(sizeof(struct msg_roster) == 3096, "roster");
static_assert(sizeof(struct msg_ipsec_roster_state) == 200, "roster state");
static_assert(sizeof(struct msg_ctl_roster) == 224, "ctl roster");
static_assert(sizeof(struct msg_ipsec_credential) == 2064, "ipsec credential");
static_assert(sizeof(struct msg_ipsec_self) == 304, "ipsec self");
static_assert(sizeof(struct msg_ipsec_peer) == 488, "ipsec peer");
static_assert(sizeof(struct msg_ipsec_knock) == 56, "ipsec knock");
static_assert(sizeof(struct msg_ipsec_knocked) == 48, "ipsec knocked");
static_assert(sizeof(struct msg_ipsec_state) == 448, "ipsec state");
static_assert(sizeof(struct msg_ipsec_step) == 112, "ipsec step");
static_assert(sizeof(union msg) == MSG_SIZE_MAX, "union");

static const struct msg_rule *
find_rule(uint16_t type)
{
	return type < MSG_TYPE_MAX && rules[type].name != NULL ? &rules[type] : NULL;
}

uint32_t
msg_size(uint16_t type)
{
	const struct msg_rule *r = find_rule(type);

	return r == NULL ? 0 : r->size;
}

const char *
msg_name(uint16_t type)
{
	const struct msg_rule *r = find_rule(type);

	return r == NULL ? "unknown" : r->name;
}

int
msg_check(const union msg *m, uint32_t len, enum msg_role from, enum msg_role to, int has_fd,
    const char **why)
{
	const struct msg_rule *r;

	*why = "shorter than its header";
	if (len < sizeof m->hdr)
		return -1;
	*why = "unknown type";
	if ((r = find_rule(m->hdr.type)) == NULL)
		return -1;
	*why = "not permitted in this direction";
	if ((r->from & BIT(from)) == 0 || (r->to & BIT(to)) == 0)
		return -1;
	*why = "wrong length";
	if (len != r->size)
		return -1;
	*why = r->fd ? "descriptor missing" : "descriptor not expected";
	if (has_fd != r->fd)
		return -1;
	*why = r->valid(m);
	return *why == NULL ? 0 : -1;
}

void
msg_begin(union msg *m, enum msg_type type, uint32_t id)
{
	memset(m, 0, msg_size((uint16_t)type));
	m->hdr.type = (uint16_t)type;
	m->hdr.id = id;
}
