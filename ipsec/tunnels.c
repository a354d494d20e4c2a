/*
 * For each peer, in this order: tell libcharon what the data plane noticed, judge crossing tunnels,
 * mind the path, call, count.  The lock is held to look and to decide, never while libcharon acts:
 * its threads take the lock in events.c.
 */
#include "ipsec/handle.h"

#include "ipsec/tunnels.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "ipsec/dedupe.h"
#include "ipsec/dial.h"
#include "ipsec/held.h"
#include "ipsec/keepalive.h"
#include "ipsec/peers.h"
#include "ipsec/net.h"
#include "ipsec/plane.h"
#include "ipsec/roam.h"
#include "ipsec/settings.h"
#include "ipsec/usage.h"

#include <limits.h>
#include <string.h>

/* ---- what the data plane noticed ---- */

/* libcharon sends where the peer's packets come from; the data plane does so already. */
static void
follow(uint32_t sa_id, const struct endpoint *from)
{
	ike_sa_t *sa = sa_check_out(sa_id);
	host_t *host, *now, *me = NULL;

	if (sa == NULL)
		return;
	host = host_of(from);
	now = sa->get_other_host(sa);
	if (host->get_family(host) != now->get_family(now))
		me = own_host(host);
	if (!host->equals(host, now))
		sa->update_hosts(
		    sa, me, host, me == NULL ? UPDATE_HOSTS_FORCE_REMOTE : UPDATE_HOSTS_FORCE_ALL);
	DESTROY_IF(me);
	host->destroy(host);
	sa_check_in(sa, SUCCESS);
}

static void
renew(uint32_t sa_id, uint32_t spi_in, int hard)
{
	ike_sa_t *sa = sa_check_out(sa_id);
	status_t status;

	if (sa == NULL)
		return;
	status = hard ? sa->delete_child_sa(sa, PROTO_ESP, htonl(spi_in), TRUE)
		      : sa->rekey_child_sa(sa, PROTO_ESP, htonl(spi_in));
	sa_check_in(sa, status);
}

static void
pass_on(struct peer *p)
{
	struct tunnel copy[TUNNELS_MAX];
	uint32_t n;

	peers_lock();
	n = p->tunnels;
	memcpy(copy, p->tunnel, sizeof copy);
	for (uint32_t i = 0; i < n; i++) {
		if (p->tunnel[i].moved) {
			p->heard_at = p->tunnel[i].from;
			p->heard_at_ms = clock_boot_ms();
		}
		p->tunnel[i].moved = p->tunnel[i].soft = p->tunnel[i].hard = 0;
	}
	peers_unlock();
	for (uint32_t i = 0; i < n; i++) {
		if (copy[i].moved)
			follow(copy[i].sa, &copy[i].from);
		if (copy[i].hard || copy[i].soft)
			renew(copy[i].sa, copy[i].spi_in, copy[i].hard);
	}
}

/* ---- crossing tunnels ---- */

static void
judge(struct peer *p, uint64_t now, uint64_t *wait_ms)
{
	struct dedupe_sa sa[TUNNELS_MAX];
	uint32_t id[TUNNELS_MAX], lost;
	size_t n = 0;

	peers_lock();
	lost = p->lost_sa;
	if (p->dedupe_ms > now)
		sooner(wait_ms, p->dedupe_ms - now);
	for (uint32_t i = 0; p->dedupe_ms != 0 && p->dedupe_ms <= now && i < p->tunnels; i++) {
		if (p->tunnel[i].dropped)
			continue;
		sa[n] = (struct dedupe_sa) {.up_ms = p->tunnel[i].up_ms,
		    .spi = p->tunnel[i].spi,
		    .mine = p->tunnel[i].mine};
		id[n++] = p->tunnel[i].sa;
	}
	if (n > 0) {
		p->dedupe_ms = 0;
		dedupe(sa, n, dedupe_prefer_mine(settings_self()->name, p->name));
	}
	for (size_t i = 0; i < n; i++) {
		if (sa[i].drop)
			peer_tunnel_by_sa(p, id[i])->dropped = p->dirty = 1;
	}
	peers_unlock();
	for (size_t i = 0; i < n; i++) {
		if (!sa[i].drop)
			continue;
		log_debug("peer %s: a second tunnel is deleted", p->name);
		sa_end(id[i], id[i] == lost); /* who was not answered before will not be now */
	}
}

/* Kernel mode, called by the peer: it has had the time to put in its end. */
static void
release(struct peer *p, uint64_t now, uint64_t *wait_ms)
{
	int due;

	peers_lock();
	due = p->release_ms != 0 && p->release_ms <= now;
	if (!due && p->release_ms != 0)
		sooner(wait_ms, p->release_ms - now);
	if (due)
		p->release_ms = 0;
	peers_unlock();
	if (due)
		plane_release(p->ula);
}

int
tunnels_run(void)
{
	uint64_t now = clock_boot_ms(), wait_ms = UINT64_MAX;

	for (uint32_t i = 0; i < MSG_PEERS_MAX; i++) {
		struct peer *p = peers_at(i);

		if (p == NULL)
			continue;
		pass_on(p);
		release(p, now, &wait_ms);
		judge(p, now, &wait_ms);
		roam_mind(p, now, &wait_ms);
		dial(p, now, &wait_ms);
		usage_count(p, now, &wait_ms);
		keepalive(p, now, &wait_ms);
	}
	return wait_ms > INT_MAX ? -1 : (int)wait_ms;
}

/* ---- the manager's wishes ---- */

/* Its name or ULA is new: what it had belonged to somebody else. */
static void
end_all(struct peer *p)
{
	uint32_t sa[TUNNELS_MAX + MSG_CONTACTS_MAX];
	uint32_t n = 0;

	peers_lock();
	for (uint32_t i = 0; i < p->tunnels; i++)
		sa[n++] = p->tunnel[i].sa;
	for (uint32_t i = 0; i < p->call.n; i++)
		if (p->call.tries[i].sa != 0)
			sa[n++] = p->call.tries[i].sa;
	peers_unlock();
	for (uint32_t i = 0; i < n; i++)
		sa_end(sa[i], 1);
}

/* One tunnel that the roster does not admit, and why; 0 when there is none. */
static uint32_t
refused_tunnel(struct peer *p, char why[MSG_TEXT_MAX])
{
	uint32_t sa = 0;

	peers_lock();
	for (uint32_t i = 0; i < p->tunnels && sa == 0; i++) {
		struct tunnel *t = &p->tunnel[i];

		if (t->dropped || held_admits(p->name, t->key, why) == 0)
			continue;
		t->dropped = p->dirty = 1;
		sa = t->sa;
		peer_reason(p, "%s", why);
	}
	peers_unlock();
	return sa;
}

/* Lock held.  What does the roster say of it? */
static void
look_up(struct peer *p)
{
	uint8_t ula[16];
	int known = held_address(p->name, settings_self()->ula, ula);

	if (known == p->known && memcmp(ula, p->true_ula, sizeof ula) == 0)
		return;
	p->known = known;
	memcpy(p->true_ula, ula, sizeof ula);
	p->dirty = 1;
	if (!known)
		peer_reason(p, "it is not on the account's roster");
}

void
tunnels_roster(void)
{
	char why[MSG_TEXT_MAX];
	uint32_t sa;

	for (uint32_t i = 0; i < MSG_PEERS_MAX; i++) {
		struct peer *p = peers_at(i);

		while (p != NULL && (sa = refused_tunnel(p, why)) != 0) {
			log_notice("peer %s: its tunnel is ended: %s", p->name, why);
			sa_end(sa, 1);
		}
		peers_lock();
		if (p != NULL)
			look_up(p);
		peers_unlock();
	}
}

static void
drop_config(struct peer *p)
{
	peer_cfg_t *cfg = p->config;

	peers_lock();
	p->config = NULL;
	peers_unlock();
	DESTROY_IF(cfg);
}

/* Of the places those that a tunnel can lead to: an address of ours leads there, or it does
 * already. Elsewhere, as at IPv6 from a network without, nothing would ever be heard. */
static uint32_t
within_reach(const struct msg_ipsec_peer *m, const struct endpoint *remote,
    struct endpoint out[MSG_CONTACTS_MAX])
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < m->contacts; i++)
		if (endpoint_equal(&m->contact[i], remote) || net_has_way(&m->contact[i]))
			out[n++] = m->contact[i];
	return n;
}

/* Lock held. */
static void
take_wishes(struct peer *p, const struct msg_ipsec_peer *m, uint64_t now)
{
	struct endpoint place[MSG_CONTACTS_MAX];
	struct tunnel *t = peer_tunnel(p);
	/* A peer that published again may have been elsewhere and come back, unheard of. */
	int same = m->epoch == p->epoch && m->contacts == p->contacts &&
	    memcmp(m->contact, p->contact, sizeof p->contact) == 0;

	if (!same && t != NULL)
		path_news(&p->path, place, within_reach(m, &t->remote, place), &t->remote, now);
	if (!same)
		call_reset_pause(&p->call, now);
	p->always = m->always;
	p->epoch = m->epoch;
	p->contacts = m->contacts;
	memcpy(p->contact, m->contact, sizeof p->contact);
}

void
tunnels_peer(const struct msg_ipsec_peer *m)
{
	char name[MSG_NAME_MAX];
	uint64_t now = clock_boot_ms();
	peer_cfg_t *cfg = NULL;
	struct peer *p;

	str_copy(name, sizeof name, m->name);
	str_lower(name);
	peers_lock();
	p = peers_add(m->hdr.id);
	peers_unlock();
	if (p == NULL) {
		log_error("more than %d peers: %s is left out", MSG_PEERS_MAX, name);
		return;
	}
	if (p->config != NULL && (strcmp(p->name, name) != 0 || memcmp(p->ula, m->ula, 16) != 0)) {
		end_all(p);
		drop_config(p);
	}
	if (p->config == NULL)
		cfg = settings_for_peer(name, m->ula);
	peers_lock();
	if (cfg != NULL) {
		plane_forget(p->ula);
		plane_know(m->ula);
	}
	memcpy(p->ula, m->ula, 16);
	str_copy(p->name, sizeof p->name, name);
	if (cfg != NULL)
		p->config = cfg;
	look_up(p);
	take_wishes(p, m, now);
	if (plane_was_asked(m->ula, now)) {
		peer_step(p, 0, IPSEC_STEP_WANTED, NULL, "");
		call_want(&p->call, now);
	}
	peers_unlock();
}

void
tunnels_forget(uint32_t id)
{
	struct peer *p;

	peers_lock();
	p = peers_by_id(id);
	peers_unlock();
	if (p == NULL)
		return;
	drop_config(p);
	end_all(p);
	peers_lock();
	plane_forget(p->ula);
	peers_remove(p);
	peers_unlock();
}

void
tunnels_free(void)
{
	for (uint32_t i = 0; i < MSG_PEERS_MAX; i++) {
		struct peer *p = peers_at(i);

		if (p == NULL)
			continue;
		drop_config(p);
		peers_lock();
		peers_remove(p);
		peers_unlock();
	}
}
