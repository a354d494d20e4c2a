#include "ipsec/swan.h"

#include "ipsec/trust.h"

#include "base/clock.h"
#include "base/limit.h"
#include "base/log.h"
#include "ipsec/creds.h"
#include "ipsec/held.h"
#include "ipsec/peers.h"
#include "ipsec/sa_peer.h"
#include "ipsec/words.h"

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

static void
set_reason(ike_sa_t *sa, const char *why, int noted)
{
	struct tunnel *t;
	struct peer *p;

	peers_lock();
	p = sa_peer(sa, &t);
	if (p != NULL && p->state != TUNNEL_UP)
		peer_reason(p, "%s", why);
	if (p != NULL && noted)
		sa_note(p, sa, IPSEC_STEP_REFUSED, why);
	peers_unlock();
	peers_wake();
}

/* 0 when the peer may have a tunnel; -1 and a sentence. */
static int
judge(ike_sa_t *sa, char name[MSG_NAME_MAX], char why[MSG_TEXT_MAX])
{
	peer_cfg_t *cfg = sa->get_peer_cfg(sa);
	struct claim claim;
	struct peer *p;
	uint8_t ula[16];

	sa_name(sa, name);
	peers_lock();
	p = peers_by_name(name);
	if (p != NULL)
		memcpy(ula, p->ula, 16);
	peers_unlock();
	if (p == NULL || (cfg != NULL && strcasecmp(cfg->get_name(cfg), name) != 0)) {
		snprintf(why, MSG_TEXT_MAX, "there is no machine of that name in this account");
		return -1;
	}
	creds_read(sa_certificate(sa), name, &claim);
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

bool
trust_authorize(listener_t *this, ike_sa_t *sa, bool final, bool *success)
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
		sa_note(p, sa, IPSEC_STEP_AGAIN, "");
	peers_unlock();
	peers_wake();
}

/* A stranger may call us in a peer's name, and be refused, as often as he likes. */
static int
is_ours(ike_sa_t *sa)
{
	return sa->has_condition(sa, COND_ORIGINAL_INITIATOR);
}

bool
trust_alert(listener_t *this, ike_sa_t *sa, alert_t alert, va_list args)
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
