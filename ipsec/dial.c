#include "ipsec/handle.h"

#include "ipsec/dial.h"

#include "base/clock.h"
#include "base/log.h"
#include "ipsec/steps.h"

static child_cfg_t *
first_child(peer_cfg_t *cfg)
{
	enumerator_t *children = cfg->create_child_cfg_enumerator(cfg);
	child_cfg_t *child = NULL;

	if (children->enumerate(children, &child))
		child = child->get_ref(child);
	children->destroy(children);
	return child;
}

/* A new IKE SA towards exactly this place, from our port.  NULL when there is no way there. */
static ike_sa_t *
prepare_call(peer_cfg_t *cfg, const struct endpoint *to)
{
	host_t *other = host_of(to), *me = own_host(other);
	ike_sa_t *sa = NULL;

	if (me != NULL)
		sa = charon->ike_sa_manager->create_new(charon->ike_sa_manager, IKEV2, TRUE);
	if (sa == NULL) {
		DESTROY_IF(me);
		other->destroy(other);
		return NULL;
	}
	charon->bus->set_sa(charon->bus, sa);
	sa->set_peer_cfg(sa, cfg);
	sa->set_my_host(sa, me);
	sa->set_other_host(sa, other);
	return sa;
}

/* The attempt is in the table before the first packet leaves: the answer may be quicker than we. */
static void
start_call(struct peer *p, const struct endpoint *to)
{
	peer_cfg_t *cfg = p->config;
	ike_sa_t *sa = prepare_call(cfg, to);
	char text[ENDPOINT_TEXT_MAX];

	log_debug("peer %s: calling %s%s", p->name, endpoint_text(to, text),
	    sa == NULL ? ": no route" : "");
	peers_lock();
	call_started(&p->call, to, sa == NULL ? 0 : sa->get_unique_id(sa), clock_boot_ms());
	peer_step(p, sa == NULL ? 0 : sa->get_unique_id(sa),
	    sa == NULL ? IPSEC_STEP_NO_ROUTE : IPSEC_STEP_TRY, to, "");
	if (sa == NULL)
		peer_reason(p, "no route to any of its addresses");
	peer_settle(p, clock_boot_ms());
	peers_unlock();
	if (sa != NULL)
		sa_check_in(
		    sa, sa->initiate(sa, first_child(cfg), NULL) == SUCCESS ? SUCCESS : DESTROY_ME);
}

/* Lock held.  Attempts that were not needed. */
static void
note_losers(struct peer *p, const struct call *c)
{
	for (uint32_t i = 0; i < c->n; i++)
		if (c->tries[i].sa != 0 && peer_tunnel_by_sa(p, c->tries[i].sa) == NULL)
			peer_step(p, c->tries[i].sa, IPSEC_STEP_ENDED, &c->tries[i].to,
			    "another was quicker");
}

/* Connected: attempts that have sent no more than IKE_SA_INIT can go without a word.  Others may
 * stand at the peer already; they come up here too, and are judged. */
static void
drop_early_calls(const struct call *c)
{
	for (uint32_t i = 0; i < c->n; i++) {
		ike_sa_t *sa = c->tries[i].sa != 0 ? sa_check_out(c->tries[i].sa) : NULL;

		if (sa != NULL)
			sa_check_in(sa,
			    sa->get_state(sa) == IKE_CONNECTING && sa->get_message_id(sa, TRUE) == 0
				? DESTROY_ME
				: SUCCESS);
	}
}

static void
say_gave_up(struct peer *p)
{
	if (p->reason[0] == '\0')
		peer_reason(p, "no answer");
	peer_step(p, 0, IPSEC_STEP_GAVE_UP, NULL, p->reason);
	log_info("peer %s: cannot connect: %s", p->name, p->reason);
}

/* Lock held.  The tunnel that was lost has a successor: all but that one are to be ended. */
static uint32_t
note_lost(struct peer *p, uint32_t sa[TUNNELS_MAX])
{
	const struct tunnel *now = peer_tunnel(p);
	uint32_t n = 0;

	if (p->path.state != PATH_LOST || now == NULL || now->sa == p->lost_sa)
		return 0;
	for (uint32_t i = 0; i < p->tunnels; i++) {
		if (&p->tunnel[i] == now || p->tunnel[i].dropped)
			continue;
		p->tunnel[i].dropped = 1;
		sa[n++] = p->tunnel[i].sa;
	}
	peer_heard(p, clock_boot_ms());
	return n;
}

/* Lock held.  Is there no tunnel, or is it lost?  One that is being ended is none: its end may wait
 * for an answer for a long time. */
static int
needs_call(struct peer *p)
{
	uint32_t stay = 0;

	for (uint32_t i = 0; i < p->tunnels; i++)
		stay += !p->tunnel[i].dropped;
	return p->known && (stay == 0 || p->path.state == PATH_LOST);
}

/* Lock held. */
static enum call_action
next_call(struct peer *p, uint64_t now, struct endpoint *to, uint64_t *wait_ms)
{
	struct endpoint place[MSG_CONTACTS_MAX];
	uint64_t heard_ago_ms = clock_since(p->heard_at_ms, now);
	uint32_t count = call_places(p->contact, p->contacts, &p->heard_at, heard_ago_ms, place);
	enum call_action action;
	uint64_t wait;

	do {
		action = call_next(
		    &p->call, place, count, p->always, clock_jitter(1000), now, to, &wait);
		if (action == CALL_GAVE_UP)
			say_gave_up(p);
	} while (action == CALL_GAVE_UP);
	sooner(wait_ms, wait);
	return action;
}

void
dial(struct peer *p, uint64_t now, uint64_t *wait_ms)
{
	enum call_action action = CALL_NOTHING;
	struct endpoint to;
	struct call over = {0};
	uint32_t lost[TUNNELS_MAX], losts = 0;

	do {
		peers_lock();
		losts += note_lost(p, lost + losts);
		if (peer_tunnel(p) != NULL && p->path.state != PATH_LOST && p->call.n > 0) {
			over = p->call;
			note_losers(p, &over);
			call_succeeded(&p->call);
		}
		action = needs_call(p) ? next_call(p, now, &to, wait_ms) : CALL_NOTHING;
		peers_unlock();
		if (action == CALL_TRY)
			start_call(p, &to);
	} while (action == CALL_TRY);
	drop_early_calls(&over);
	for (uint32_t i = 0; i < losts; i++)
		sa_end(lost[i], 0);
}
