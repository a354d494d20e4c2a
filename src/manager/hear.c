#include "base/clock.h"
#include "base/log.h"
#include "manager/manager.h"
#include "manager/roster.h"

#include <string.h>

/*
 * Each function takes one checked report into the manager's tables.  manager_changed() does the
 * rest, whatever it was.
 */

static void
hear_dns(struct manager *m, const union msg *msg)
{
	const struct msg_dns_state *s = &msg->dns_state;

	if (s->published && !m->dns.published)
		log_notice("records published, epoch %llu", (unsigned long long)s->epoch);
	if (strcmp(s->reason, m->dns.reason) != 0 && s->reason[0] != '\0')
		log_notice("dns: %s", s->reason);
	/* Kept on disk, a number near the end of the range would leave no next one for ever. */
	if (s->epoch > m->epoch && s->epoch < MSG_EPOCH_MAX) {
		m->epoch = s->epoch;
		if (identity_epoch_save(m->config.state_dir, m->epoch) == -1)
			log_warn("%s: keeping the epoch", m->config.state_dir);
	}
	m->dns = *s;
}

static void
hear_known(struct manager *m, const union msg *msg)
{
	const struct msg_dns_known *k = &msg->dns_known;

	/* TLS once seen stays seen: a worker cannot take it back. */
	m->known.tls_seen |= k->tls_seen;
	m->known.count = k->knowns;
	memcpy(m->known.server, k->known, sizeof m->known.server);
	if (known_save(m->config.state_dir, m->identity->domain, &m->known) == -1)
		log_warn("%s: keeping where the name server is", m->config.state_dir);
}

static void
log_tunnel(const struct peer *p, const struct msg_ipsec_state *s)
{
	char text[ENDPOINT_TEXT_MAX];

	if (s->state == TUNNEL_UP &&
	    (p->tunnel.state != TUNNEL_UP || !endpoint_equal(&s->remote, &p->tunnel.remote)))
		log_notice(
		    "peer %s: up, direct %s", p->records.name, endpoint_text(&s->remote, text));
	else if (s->state != TUNNEL_UP && p->tunnel.state == TUNNEL_UP)
		log_notice("peer %s: down%s%s", p->records.name, s->reason[0] == '\0' ? "" : ": ",
		    s->reason);
	else if (strcmp(s->reason, p->tunnel.reason) != 0 && s->reason[0] != '\0')
		log_notice("peer %s: %s", p->records.name, s->reason);
}

/* Somebody out there called us before we called him: nothing of ours had opened the way. */
static int
was_called(const struct peer *p, const struct msg_ipsec_state *s)
{
	return s->state == TUNNEL_UP && !s->initiator && p->tunnel.state == TUNNEL_IDLE &&
	    endpoint_is_public(&s->remote);
}

/* What the roster says of the peer. */
static void
hear_roster_of(struct peer *p, const struct msg_ipsec_state *s)
{
	int other = memcmp(s->ula, p->true_ula, sizeof s->ula) != 0;

	p->known = s->known;
	memcpy(p->true_ula, s->ula, sizeof p->true_ula);
	if (other)
		peer_compare(p);
}

static void
hear_tunnel(struct manager *m, const union msg *msg)
{
	const struct msg_ipsec_state *s = &msg->ipsec_state;
	struct peer *p = peer_find_id(m, s->hdr.id);

	if (p == NULL)
		return; /* forgotten while the report was under way */
	log_tunnel(p, s);
	if (s->state == TUNNEL_CONNECTING && p->tunnel.state != TUNNEL_CONNECTING)
		m->hurry_dirty = 1;
	if (s->state == TUNNEL_UP)
		p->recover_ms = 0;
	if (was_called(p, s))
		outside_proved(m, &s->remote);
	hear_roster_of(p, s);
	p->tunnel = *s;
}

static void
hear_step(struct manager *m, const struct msg_ipsec_step *step)
{
	struct peer *p = peer_find_id(m, step->hdr.id);

	if (p != NULL)
		ladder_add(&p->ladder, step);
}

static void
hear_ready(struct manager *m, const union msg *msg)
{
	m->ready = msg->ipsec_ready;
	log_notice("IKE is ready (strongSwan %s, %s ESP)", m->ready.version,
	    m->ready.dataplane == DATAPLANE_KERNEL ? "kernel" : "user-space");
}

void
hear(struct manager *m, const union msg *msg)
{
	switch (msg->hdr.type) {
	case MSG_NATPMP_STATE:
		maps_hear(m, &msg->natpmp_state);
		break;
	case MSG_NATPMP_EXCHANGE:
		maps_hear_exchange(m, &msg->natpmp_exchange);
		return; /* changes nothing */
	case MSG_DNS_STATE:
		hear_dns(m, msg);
		break;
	case MSG_DNS_SEEN:
		outside_told(m, &msg->dns_seen);
		break;
	case MSG_DNS_KNOWN:
		hear_known(m, msg);
		break;
	case MSG_DNS_PEER:
		peers_learn(m, &msg->dns_peer);
		break;
	case MSG_DNS_SYNCED:
		peers_synced(m);
		break;
	case MSG_DNS_ROSTER:
		roster_hear_piece(m, &msg->roster);
		break;
	case MSG_IPSEC_ROSTER_STATE:
		roster_hear_state(m, &msg->ipsec_roster_state);
		break;
	case MSG_IPSEC_READY:
		hear_ready(m, msg);
		break;
	case MSG_IPSEC_DROPS:
		m->drops = msg->ipsec_drops;
		break;
	case MSG_IPSEC_KNOCKED:
		outside_come(m, &msg->ipsec_knocked);
		break;
	case MSG_IPSEC_STATE:
		hear_tunnel(m, msg);
		break;
	case MSG_IPSEC_STEP:
		hear_step(m, &msg->ipsec_step);
		return; /* changes nothing */
	default:
		break;
	}
	manager_changed(m);
}
