/*
 * libcharon calls these from its own threads with the IKE SA checked out.  They write down facts,
 * wake the main thread and return; they never call back into an SA manager.
 */
#include "ipsec/swan.h"

#include "ipsec/events.h"

#include "base/clock.h"
#include "base/log.h"
#include "ipsec/creds.h"
#include "ipsec/dedupe.h"
#include "ipsec/peers.h"
#include "ipsec/plane.h"
#include "ipsec/sa_peer.h"
#include "ipsec/trust.h"
#include "ipsec/words.h"

#include <string.h>

/* Lock held.  The tunnel of this IKE SA, made when this is the first we hear of it. */
static struct peer *
tunnel_of(ike_sa_t *sa, struct tunnel **t)
{
	struct peer *p = sa_peer(sa, t);
	ike_sa_id_t *id = sa->get_id(sa);
	struct claim claim;

	if (p == NULL || *t != NULL)
		return p;
	*t = peer_add_tunnel(p, sa->get_unique_id(sa));
	(*t)->mine = sa->has_condition(sa, COND_ORIGINAL_INITIATOR);
	(*t)->spi = id->get_initiator_spi(id);
	creds_read(sa_certificate(sa), p->name, &claim);
	memcpy((*t)->key, claim.key, sizeof claim.key);
	(*t)->up_ms = clock_boot_ms();
	(*t)->remote = endpoint_of(sa->get_other_host(sa));
	if (p->tunnels > 1)
		p->dedupe_ms = (*t)->up_ms + DEDUPE_DELAY_MS;
	return p;
}

static bool
on_ike_updown(listener_t *this, ike_sa_t *sa, bool up)
{
	uint64_t now = clock_boot_ms();
	struct tunnel *t;
	struct peer *p;

	peers_lock();
	p = up ? tunnel_of(sa, &t) : sa_peer(sa, &t);
	if (p != NULL && up)
		peer_heard(p, now);
	if (p != NULL && !up) {
		if (t != NULL && p->tunnels == 1)
			sa_note(p, sa, IPSEC_STEP_DOWN, "");
		peer_remove_tunnel(p, sa->get_unique_id(sa));
	}
	if (p != NULL)
		peer_settle(p, now);
	peers_unlock();
	peers_wake();
	return TRUE;
}

/* The end of every IKE SA, whatever became of it. */
static bool
on_ike_state(listener_t *this, ike_sa_t *sa, ike_sa_state_t state)
{
	struct tunnel *t;
	struct peer *p;

	if (state != IKE_DESTROYING)
		return TRUE;
	peers_lock();
	p = peers_by_sa(sa->get_unique_id(sa), &t);
	if (p != NULL) {
		if (t == NULL)
			sa_note(p, sa, IPSEC_STEP_ENDED, p->reason);
		peer_remove_tunnel(p, sa->get_unique_id(sa));
		call_ended(&p->call, sa->get_unique_id(sa));
		peer_settle(p, clock_boot_ms());
	}
	peers_unlock();
	peers_wake();
	return TRUE;
}

static void
add_usage(child_sa_t *child, struct counters *c)
{
	uint64_t bytes, packets;
	time_t when;

	child->get_usestats(child, TRUE, &when, &bytes, &packets);
	c->in_bytes += bytes;
	c->in_packets += packets;
	child->get_usestats(child, FALSE, &when, &bytes, &packets);
	c->out_bytes += bytes;
	c->out_packets += packets;
}

/* Lock held. */
static void
take_child(struct peer *p, struct tunnel *t, child_sa_t *child)
{
	p->dirty = 1;
	t->child = 1;
	t->soft = t->hard = 0;
	t->spi_in = ntohl(child->get_spi(child, TRUE));
	t->spi_out = ntohl(child->get_spi(child, FALSE));
	words_cipher(child, t->proposal);
}

static uint64_t
less(uint64_t a, uint64_t b)
{
	return a > b ? a - b : 0;
}

/* Lock held.  A CHILD SA is gone: what it carried moves from the living to the past. */
static void
keep_usage(struct peer *p, const struct counters *gone)
{
	p->old.in_bytes += gone->in_bytes;
	p->old.out_bytes += gone->out_bytes;
	p->old.in_packets += gone->in_packets;
	p->old.out_packets += gone->out_packets;
	p->now.in_bytes = less(p->now.in_bytes, gone->in_bytes);
	p->now.out_bytes = less(p->now.out_bytes, gone->out_bytes);
	p->now.in_packets = less(p->now.in_packets, gone->in_packets);
	p->now.out_packets = less(p->now.out_packets, gone->out_packets);
}

/* Not one that was replaced by a rekeying: its packets have been counted then. */
static int
is_child_of(const struct tunnel *t, child_sa_t *child)
{
	return t->child && t->spi_in == ntohl(child->get_spi(child, TRUE));
}

/* Kernel mode: the caller needs so long to put in its end of a CHILD SA; packets that were held are
 * not sent before.  (In user space the data plane waits until the caller is heard.) */
#define RELEASE_MS 60

static bool
on_child_updown(listener_t *this, ike_sa_t *sa, child_sa_t *child, bool up)
{
	struct counters gone = {0};
	uint8_t ula[16];
	struct tunnel *t;
	struct peer *p;
	int ready = 0;

	if (!up)
		add_usage(child, &gone);
	peers_lock();
	p = up ? tunnel_of(sa, &t) : sa_peer(sa, &t);
	if (p != NULL && t != NULL && up) {
		take_child(p, t, child);
		sa_note(p, sa, IPSEC_STEP_UP, t->proposal);
		peer_settle(p, clock_boot_ms());
		memcpy(ula, p->ula, 16);
		ready = t->mine || !plane_is_kernel();
		if (!ready)
			p->release_ms = clock_boot_ms() + RELEASE_MS;
	} else if (p != NULL && t != NULL && is_child_of(t, child)) {
		t->child = 0;
		keep_usage(p, &gone);
		peer_settle(p, clock_boot_ms());
	}
	peers_unlock();
	if (ready)
		plane_release(ula);
	peers_wake();
	return TRUE;
}

static bool
on_child_rekey(listener_t *this, ike_sa_t *sa, child_sa_t *old, child_sa_t *new)
{
	struct counters gone = {0};
	struct tunnel *t;
	struct peer *p;

	add_usage(old, &gone);
	peers_lock();
	p = sa_peer(sa, &t);
	if (p != NULL && t != NULL) {
		take_child(p, t, new);
		keep_usage(p, &gone);
		log_debug("peer %s: new ESP keys", p->name);
	}
	peers_unlock();
	return TRUE;
}

static bool
on_ike_rekey(listener_t *this, ike_sa_t *old, ike_sa_t *new)
{
	struct tunnel *t;
	struct peer *p;

	peers_lock();
	p = peers_by_sa(old->get_unique_id(old), &t);
	if (p != NULL && t != NULL) {
		t->sa = new->get_unique_id(new);
		log_debug("peer %s: new IKE keys", p->name);
	}
	peers_unlock();
	return TRUE;
}

static bool
on_ike_update(listener_t *this, ike_sa_t *sa, host_t *local, host_t *remote)
{
	char text[ENDPOINT_TEXT_MAX];
	struct endpoint ep = endpoint_of(remote);
	struct tunnel *t;
	struct peer *p;

	peers_lock();
	p = peers_by_sa(sa->get_unique_id(sa), &t);
	if (p != NULL && t != NULL && !endpoint_equal(&t->remote, &ep)) {
		t->remote = ep;
		p->dirty = 1;
		sa_note(p, sa, IPSEC_STEP_FOLLOWED, "");
		log_info("peer %s: now at %s", p->name, endpoint_text(&ep, text));
	}
	peers_unlock();
	peers_wake();
	return TRUE;
}

/* Lock held.  The messages of an attempt of ours, and of a path that is in doubt; not the daily
 * ones of a tunnel. */
static void
note_message(ike_sa_t *sa, message_t *message, bool incoming)
{
	enum ipsec_step kind = incoming ? IPSEC_STEP_HEARD : IPSEC_STEP_SENT;
	char text[MSG_WORD_MAX];
	struct tunnel *t;
	struct peer *p = peers_by_sa(sa->get_unique_id(sa), &t);

	if (p == NULL || (t != NULL && p->path.state == PATH_GOOD && t->child))
		return;
	words_message(message, text);
	sa_note(p, sa, kind, text);
}

/* Every authentic IKE message of an established SA proves that its way works. */
static bool
on_message(listener_t *this, ike_sa_t *sa, message_t *message, bool incoming, bool plain)
{
	struct tunnel *t;
	struct peer *p;

	if (!plain)
		return TRUE;
	peers_lock();
	note_message(sa, message, incoming);
	peers_unlock();
	if (!incoming || sa->get_state(sa) != IKE_ESTABLISHED)
		return TRUE;
	peers_lock();
	p = peers_by_sa(sa->get_unique_id(sa), &t);
	if (p != NULL && t != NULL) {
		p->heard_at = endpoint_of(message->get_source(message));
		p->heard_at_ms = clock_boot_ms();
		peer_heard(p, p->heard_at_ms);
	}
	peers_unlock();
	return TRUE;
}

static listener_t listener = {
    .alert = trust_alert,
    .authorize = trust_authorize,
    .ike_state_change = on_ike_state,
    .ike_updown = on_ike_updown,
    .ike_rekey = on_ike_rekey,
    .ike_update = on_ike_update,
    .child_updown = on_child_updown,
    .child_rekey = on_child_rekey,
    .message = on_message,
};

void
events_listen(void)
{
	charon->bus->add_listener(charon->bus, &listener);
}

void
events_stop(void)
{
	charon->bus->remove_listener(charon->bus, &listener);
}
