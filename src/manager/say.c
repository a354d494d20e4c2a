#include "base/log.h"
#include "identity/base64.h"
#include "manager/manager.h"
#include "manager/roster.h"
#include "manager/worker.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* How long the DNS worker is asked to look often: while a tunnel is being made, at start, after a
 * change of network. */
#define HURRY_SEC 15

/* A union holds every message; copying a smaller struct into it needs its size only. */
#define SAY(worker, object, fd)                                                                    \
	__extension__({                                                                            \
		union msg say_msg;                                                                 \
		memcpy(&say_msg, &(object), sizeof(object));                                       \
		worker_send(worker, &say_msg, fd);                                                 \
	})

/* ---- dnsupdate ---- */

/* By which certificates a server with a name is known.  The file is opened here, for the worker
 * cannot; it reads it, for it parses what is not ours. */
static int
say_authorities(struct manager *m)
{
	struct msg_dns_authorities msg = {.hdr = {.type = MSG_DNS_AUTHORITIES}};
	int fd, rc;

	if (m->config.dns.tls_name[0] == '\0')
		return 0;
	if ((fd = open(m->config.dns.tls_ca, O_RDONLY | O_CLOEXEC)) == -1) {
		log_warn("%s: no certificate authority to know the name server by",
		    m->config.dns.tls_ca);
		return 0;
	}
	rc = SAY(m->dnsupdate, msg, fd);
	close(fd);
	return rc;
}

static void
put_server(const struct manager *m, struct msg_dns_zone *z)
{
	const struct config_dns *c = &m->config.dns;
	int own = c->servers > 0;

	z->servers = own ? (uint8_t)c->servers : m->identity->servers;
	memcpy(z->server, own ? c->server : m->identity->server, sizeof z->server);
	z->transport = (uint8_t)c->transport;
	z->tls_port = (uint16_t)c->tls_port;
	memcpy(z->tls_name, c->tls_name, sizeof z->tls_name);
	for (unsigned i = 0; i < c->tls_pins; i++)
		if (base64_decode(c->tls_pin[i], z->pin[z->pins], MSG_PIN_LEN) == MSG_PIN_LEN)
			z->pins++;
	if (c->tls_pins == 0 && !own) { /* what an invitation said */
		z->pins = m->identity->pins;
		memcpy(z->pin, m->identity->pin, sizeof z->pin);
	}
	z->tls_seen = m->known.tls_seen;
	z->knowns = m->known.count;
	memcpy(z->known, m->known.server, sizeof z->known);
}

static int
say_zone(struct manager *m)
{
	const struct identity *id = m->identity;
	union msg msg;
	int rc;

	if (say_authorities(m) == -1)
		return -1;
	msg_begin(&msg, MSG_DNS_ZONE, 0);
	memcpy(msg.dns_zone.domain, id->domain, MSG_NAME_MAX);
	memcpy(msg.dns_zone.host, id->name, MSG_NAME_MAX);
	memcpy(msg.dns_zone.key_name, id->tsig.name, MSG_NAME_MAX);
	msg.dns_zone.algorithm = id->tsig.algorithm;
	msg.dns_zone.secret_len = id->tsig.secret_len;
	memcpy(msg.dns_zone.secret, id->tsig.secret, MSG_SECRET_MAX);
	msg.dns_zone.epoch = m->epoch;
	put_server(m, &msg.dns_zone);
	rc = worker_send(m->dnsupdate, &msg, -1);
	explicit_bzero(&msg, sizeof msg);
	return rc;
}

static int
say_hurry(struct manager *m)
{
	struct msg_dns_hurry hurry = {.hdr = {.type = MSG_DNS_HURRY}, .seconds = HURRY_SEC};

	return SAY(m->dnsupdate, hurry, -1);
}

int
say_dnsupdate(struct manager *m)
{
	if (!worker_ready(m->dnsupdate))
		return 0;
	if (m->zone_dirty && say_zone(m) == -1)
		return -1;
	m->zone_dirty = 0;
	if (m->publish_known && m->publish_dirty && SAY(m->dnsupdate, m->publish, -1) == -1)
		return -1;
	m->publish_dirty = m->publish_dirty && !m->publish_known;
	if (m->hurry_dirty && say_hurry(m) == -1)
		return -1;
	m->hurry_dirty = 0;
	return outside_say_dns(m);
}

/* ---- ipsec ---- */

static int
say_fd(struct manager *m, enum ipsec_fd_kind kind, int fd)
{
	struct msg_ipsec_fd msg = {.hdr = {.type = MSG_IPSEC_FD}, .kind = kind};

	if (kind == IPSEC_FD_TUN)
		msg.device = m->link.device;

	return fd < 0 ? 0 : SAY(m->ipsec, msg, fd);
}

static int
say_credential(struct manager *m, enum ipsec_credential kind, const struct blob *blob)
{
	union msg msg;
	int rc;

	msg_begin(&msg, MSG_IPSEC_CREDENTIAL, 0);
	msg.ipsec_credential.kind = kind;
	msg.ipsec_credential.len = blob->len;
	memcpy(msg.ipsec_credential.der, blob->data, blob->len);
	rc = worker_send(m->ipsec, &msg, -1);
	explicit_bzero(&msg, sizeof msg);
	return rc;
}

static int
say_self(struct manager *m)
{
	struct msg_ipsec_self self = {
	    .hdr = {.type = MSG_IPSEC_SELF},
	    .dataplane = (uint8_t)m->dataplane,
	    .plain = !m->config.offload,
	    .port = (uint16_t)m->config.listen_port,
	    .mtu = (uint16_t)m->config.mtu,
	    .idle_sec = m->config.idle,
	    .child_rekey_sec = m->config.rekey,
	    .ike_rekey_sec = m->config.rekey * 4,
	    .dpd_sec = m->config.dpd,
	};

	memcpy(self.ula, m->identity->ula, sizeof self.ula);
	memcpy(self.name, m->identity->name, sizeof self.name);
	return SAY(m->ipsec, self, -1);
}

/* A certification key that followed the account's first. */
static int
say_later_ca(struct manager *m, unsigned i)
{
	const struct identity *id = m->identity;
	struct blob blob;
	ssize_t len = lineage_cert(&id->cas, i, id->domain, blob.data, sizeof blob.data);

	blob.len = len == -1 ? 0 : (uint16_t)len;
	return say_credential(m, IPSEC_ACCOUNT_CA, &blob);
}

/* The start messages in their order; SELF comes last. */
static int
say_start(struct manager *m, unsigned step)
{
	switch (step) {
	case 0:
		return say_fd(m, IPSEC_FD_TUN, m->link.fd);
	case 1:
		return say_fd(m, IPSEC_FD_UDP4, m->udp4);
	case 2:
		return say_fd(m, IPSEC_FD_UDP6, m->udp6);
	case 3:
		return say_fd(m, IPSEC_FD_RAW6, m->raw6);
	case 4:
		return say_credential(m, IPSEC_DEVICE_KEY, &m->identity->key);
	case 5:
		return say_credential(m, IPSEC_DEVICE_CERT, &m->identity->cert);
	case 6:
		return say_credential(m, IPSEC_ACCOUNT_CA, &m->identity->ca);
	default:
		if (step - 6 < m->identity->cas.count)
			return say_later_ca(m, step - 6);
		return say_self(m);
	}
}

#define START_STEPS 7U /* and one for each certification key */

static int
say_peer(struct manager *m, struct peer *p)
{
	struct msg_ipsec_forget forget = {.hdr = {.type = MSG_IPSEC_FORGET, .id = p->id}};

	if (p->told && !p->usable) {
		if (SAY(m->ipsec, forget, -1) == -1)
			return -1;
		peer_forgotten(m, p);
		return 0;
	}
	if (!p->usable || !p->dirty)
		return 0;
	if (SAY(m->ipsec, p->wanted, -1) == -1)
		return -1;
	p->told = 1;
	p->dirty = 0;
	return 0;
}

/* Does a peer's packet to our published address reach us though we have sent nothing for long? What
 * a firewall keeps out comes in only as an answer. */
static int
is_open(const struct manager *m)
{
	if (outside_inbound(m) == INBOUND_NO)
		return 0;
	switch (m->publish_known ? m->publish.nat : NAT_KIND_UNKNOWN) {
	case NAT_KIND_NONE:
	case NAT_KIND_NATPMP:
	case NAT_KIND_PCP:
	case NAT_KIND_UPNP:
		return 1;
	default:
		return 0;
	}
}

static int
say_nat(struct manager *m)
{
	struct msg_ipsec_nat nat = {.hdr = {.type = MSG_IPSEC_NAT}, .open = (uint8_t)is_open(m)};

	if (nat.open == m->told_open)
		return 0;
	if (SAY(m->ipsec, nat, -1) == -1)
		return -1;
	m->told_open = nat.open;
	return 0;
}

int
say_ipsec(struct manager *m)
{
	struct msg_ipsec_moved moved = {.hdr = {.type = MSG_IPSEC_MOVED}};
	struct peer *p, *next;

	if (!worker_ready(m->ipsec))
		return 0;
	for (; m->ipsec_step < START_STEPS + m->identity->cas.count; m->ipsec_step++)
		if (say_start(m, m->ipsec_step) == -1)
			return -1;
	/* Before the peers, so that none is let in that was revoked. */
	if (roster_say(m) == -1)
		return -1;
	for (p = TAILQ_FIRST(&m->peers); p != NULL; p = next) {
		next = TAILQ_NEXT(p, entry);
		if (say_peer(m, p) == -1)
			return -1;
	}
	if (say_nat(m) == -1 || outside_say_ipsec(m) == -1)
		return -1;
	if (m->moved_dirty && SAY(m->ipsec, moved, -1) == -1)
		return -1;
	m->moved_dirty = 0;
	return 0;
}
