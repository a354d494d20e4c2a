/*
 * libcharon calls these from its own threads with the IKE SA checked out.  They write down facts,
 * wake the main thread and return; they never call back into an SA manager.
 *
 * Two of them decide about trust.  `authorize` is asked when the peer's signature has been
 * verified and before any SA exists: it holds the certificate against name, ULA and roster.  When
 * libcharon itself has refused a peer, `alert` looks at the certificate again to say why.
 */
#include "ipsec/swan.h"

#include "ipsec/events.h"

#include "base/clock.h"
#include "base/limit.h"
#include "base/log.h"
#include "base/str.h"
#include "ipsec/creds.h"
#include "ipsec/dedupe.h"
#include "ipsec/held.h"
#include "ipsec/peers.h"
#include "ipsec/plane.h"
#include "ipsec/steps.h"
#include "ipsec/words.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

/* Refusals are the only lines a stranger can provoke. */
static struct limit refusals = {.burst = 10, .every_ms = 10000};

/* Was it logged? */
static int
log_refusal(const char *who, host_t *where, const char *why)
{
	struct endpoint ep = endpoint_of(where);
	char place[ENDPOINT_TEXT_MAX], name[4 * MSG_NAME_MAX];
	uint32_t missed = 0;
	int pass;

	peers_lock();
	pass = limit_pass(&refusals, clock_boot_ms(), &missed);
	peers_unlock();
	if (!pass)
		return 0;
	log_notice("refused \"%s\" at %s: %s", log_escape(name, sizeof name, who, strlen(who)),
	    endpoint_text(&ep, place), why);
	if (missed > 0)
		log_notice("%u more refusals were not logged", missed);
	return 1;
}

/* The identity the other side claims: of a name kind, or "" */
static void
claimed_name(ike_sa_t *sa, char name[MSG_NAME_MAX])
{
	peer_cfg_t *cfg = sa->get_peer_cfg(sa);

	if (fqdn_of(sa->get_other_id(sa), name, MSG_NAME_MAX) == 0)
		return;
	if (cfg == NULL || str_copy(name, MSG_NAME_MAX, cfg->get_name(cfg)) == -1)
		name[0] = '\0';
}

/* Lock held. */
static struct peer *
peer_of(ike_sa_t *sa, struct tunnel **t)
{
	struct peer *p = peers_by_sa(sa->get_unique_id(sa), t);
	char name[MSG_NAME_MAX];

	if (p != NULL)
		return p;
	claimed_name(sa, name);
	return peers_by_name(name);
}

/* Lock held.  A step of this IKE SA. */
static void
note(struct peer *p, ike_sa_t *sa, enum ipsec_step kind, const char *text)
{
	const struct steps_of of = {.peer = p->id,
	    .sa = sa->get_unique_id(sa),
	    .mine = sa->has_condition(sa, COND_ORIGINAL_INITIATOR)};
	struct endpoint place = endpoint_of(sa->get_other_host(sa));

	steps_note(&of, kind, &place, text);
}

static void
set_reason(ike_sa_t *sa, const char *why, int noted)
{
	struct tunnel *t;
	struct peer *p;

	peers_lock();
	p = peer_of(sa, &t);
	if (p != NULL && p->state != TUNNEL_UP)
		peer_reason(p, "%s", why);
	if (p != NULL && noted)
		note(p, sa, IPSEC_STEP_REFUSED, why);
	peers_unlock();
	peers_wake();
}

/* ---- trust ---- */

/* The certificate that was used, or, when none was accepted, the one that was shown. */
static certificate_t *
shown_certificate(ike_sa_t *sa)
{
	auth_cfg_t *auth;
	certificate_t *cert = NULL;
	enumerator_t *rounds = sa->create_auth_cfg_enumerator(sa, FALSE);

	while (cert == NULL && rounds->enumerate(rounds, &auth))
		cert = auth->get(auth, AUTH_RULE_SUBJECT_CERT);
	rounds->destroy(rounds);
	auth = sa->get_auth_cfg(sa, FALSE);
	if (cert == NULL)
		cert = auth->get(auth, AUTH_RULE_SUBJECT_CERT);
	if (cert == NULL)
		cert = auth->get(auth, AUTH_HELPER_SUBJECT_CERT);
	return cert;
}

/* 0 when the peer may have a tunnel; -1 and a sentence. */
static int
judge(ike_sa_t *sa, char name[MSG_NAME_MAX], char why[MSG_TEXT_MAX])
{
	peer_cfg_t *cfg = sa->get_peer_cfg(sa);
	struct claim claim;
	struct peer *p;
	uint8_t ula[16];

	claimed_name(sa, name);
	peers_lock();
	p = peers_by_name(name);
	if (p != NULL)
		memcpy(ula, p->ula, 16);
	peers_unlock();
	if (p == NULL || (cfg != NULL && strcasecmp(cfg->get_name(cfg), name) != 0)) {
		snprintf(why, MSG_TEXT_MAX, "there is no machine of that name in this account");
		return -1;
	}
	creds_read(shown_certificate(sa), name, &claim);
	if (claim_check(&claim, name, ula, why) == -1)
		return -1;
	return held_admits(name, claim.key, why);
}

/* One refusal is one line, though it passes here twice: in authorize, then as an alert. */
static _Thread_local uint32_t refused_sa;

static void
refuse(ike_sa_t *sa, const char *name, const char *why)
{
	if (refused_sa == sa->get_unique_id(sa))
		return;
	refused_sa = sa->get_unique_id(sa);
	set_reason(sa, why, log_refusal(name, sa->get_other_host(sa), why));
}

static bool
on_authorize(listener_t *this, ike_sa_t *sa, bool final, bool *success)
{
	char name[MSG_NAME_MAX], why[MSG_TEXT_MAX];

	if (judge(sa, name, why) == -1) {
		refuse(sa, name, why);
		*success = FALSE;
	}
	return TRUE;
}

/* libcharon refused the peer itself, or after authorize said no. */
static void
explain_refusal(ike_sa_t *sa)
{
	char name[MSG_NAME_MAX], why[MSG_TEXT_MAX];

	if (judge(sa, name, why) == 0)
		snprintf(why, sizeof why, "its signature is wrong");
	refuse(sa, name, why);
}

static void
note_again(ike_sa_t *sa)
{
	struct tunnel *t;
	struct peer *p;

	peers_lock();
	p = peers_by_sa(sa->get_unique_id(sa), &t);
	if (p != NULL)
		note(p, sa, IPSEC_STEP_AGAIN, "");
	peers_unlock();
	peers_wake();
}

/* A stranger may call us in a peer's name, and be refused, as often as he likes. */
static int
is_ours(ike_sa_t *sa)
{
	return sa->has_condition(sa, COND_ORIGINAL_INITIATOR);
}

static bool
on_alert(listener_t *this, ike_sa_t *sa, alert_t alert, va_list args)
{
	if (sa == NULL)
		return TRUE;
	switch (alert) {
	case ALERT_PEER_AUTH_FAILED:
		explain_refusal(sa);
		break;
	case ALERT_LOCAL_AUTH_FAILED:
		set_reason(sa, "it refused us; its log says why", is_ours(sa));
		break;
	case ALERT_PEER_INIT_UNREACHABLE:
	case ALERT_RETRANSMIT_SEND_TIMEOUT:
		set_reason(sa, "no answer", 0);
		break;
	case ALERT_PROPOSAL_MISMATCH_IKE: /* also what a host without any peer answers */
		set_reason(
		    sa, "it does not know us, or we have no cipher suite in common", is_ours(sa));
		break;
	case ALERT_RETRANSMIT_SEND:
		note_again(sa);
		break;
	case ALERT_PROPOSAL_MISMATCH_CHILD:
		set_reason(sa, "no cipher suite in common", is_ours(sa));
		break;
	case ALERT_TS_MISMATCH:
		refuse(sa, sa->get_name(sa), "it asked for other addresses than its ULA and ours");
		break;
	case ALERT_INSTALL_CHILD_SA_FAILED:
	case ALERT_INSTALL_CHILD_POLICY_FAILED:
		set_reason(sa, "the data plane did not take the keys", is_ours(sa));
		break;
	default:
		break;
	}
	return TRUE;
}

/* ---- facts ---- */

/* Lock held.  The tunnel of this IKE SA, made when this is the first we hear of it. */
static struct peer *
tunnel_of(ike_sa_t *sa, struct tunnel **t)
{
	struct peer *p = peer_of(sa, t);
	ike_sa_id_t *id = sa->get_id(sa);
	struct claim claim;

	if (p == NULL || *t != NULL)
		return p;
	*t = peer_add_tunnel(p, sa->get_unique_id(sa));
	(*t)->mine = sa->has_condition(sa, COND_ORIGINAL_INITIATOR);
	(*t)->spi = id->get_initiator_spi(id);
	creds_read(shown_certificate(sa), p->name, &claim);
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
	p = up ? tunnel_of(sa, &t) : peer_of(sa, &t);
	if (p != NULL && up)
		peer_heard(p, now);
	if (p != NULL && !up) {
		if (t != NULL && p->tunnels == 1)
			note(p, sa, IPSEC_STEP_DOWN, "");
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
			note(p, sa, IPSEC_STEP_ENDED, p->reason);
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
	p = up ? tunnel_of(sa, &t) : peer_of(sa, &t);
	if (p != NULL && t != NULL && up) {
		take_child(p, t, child);
		note(p, sa, IPSEC_STEP_UP, t->proposal);
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
	p = peer_of(sa, &t);
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
		note(p, sa, IPSEC_STEP_FOLLOWED, "");
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
	note(p, sa, kind, text);
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
    .alert = on_alert,
    .authorize = on_authorize,
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
