#include "ipsec/handle.h"

#include "ipsec/roam.h"

#include "base/clock.h"
#include "ipsec/charon.h"
#include "ipsec/net.h"
#include "ipsec/plane.h"
#include "ipsec/settings.h"

#define HASTY_MS 60

/* ---- the peer may have moved ---- */

static void
ask(uint32_t sa_id)
{
	ike_sa_t *sa = sa_check_out(sa_id);

	if (sa == NULL)
		return;
	/* send_dpd() would not, so soon after the last packet. */
	sa->queue_task(sa, (task_t *)ike_dpd_create(TRUE));
	sa_check_in(sa, sa->initiate(sa, NULL, NULL));
}

/* Let the SAs as they are lead to another place.  A pending exchange goes there at once; without
 * a new list of the peer's addresses MOBIKE would go on probing the old ones. */
static void
redirect(uint32_t sa_id, const struct endpoint *to)
{
	ike_sa_t *sa = sa_check_out(sa_id);
	host_t *other, *me;
	status_t status;

	if (sa == NULL)
		return;
	other = host_of(to);
	me = own_host(other);
	sa->clear_peer_addresses(sa);
	sa->add_peer_address(sa, other->clone(other));
	sa->update_hosts(sa, me, other, UPDATE_HOSTS_FORCE_ALL);
	status = sa->retransmit(sa, sa->get_message_id(sa, TRUE));
	DESTROY_IF(me);
	other->destroy(other);
	sa_check_in(sa, status);
}

/* Lock held.  What was heard until now says nothing any more. */
static void
doubt(struct peer *p)
{
	alive_doubted(&p->alive);
	p->counted_ms = 0;
}

/* Lock held. */
static void
note_path(struct peer *p, struct tunnel *t, enum path_action action, uint64_t now)
{
	switch (action) {
	case PATH_ASK:
		doubt(p);
		peer_step(p, t->sa, IPSEC_STEP_ASKED, &t->remote, "");
		break;
	case PATH_MOVE:
		peer_step(p, t->sa, IPSEC_STEP_MOVED, &p->path.to, "");
		break;
	case PATH_CALL:
		peer_reason(p, "no answer, it is called anew");
		peer_step(p, t->sa, IPSEC_STEP_GAVE_UP, &t->remote, p->reason);
		p->lost_sa = t->sa;
		p->dirty = 1;
		call_want(&p->call, now);
		break;
	case PATH_NOTHING:
		break;
	}
}

void
roam_mind(struct peer *p, uint64_t now, uint64_t *wait_ms)
{
	enum path_action action = PATH_NOTHING;
	struct endpoint to;
	uint64_t wait = UINT64_MAX;
	struct tunnel *t;
	uint32_t sa = 0;

	peers_lock();
	t = peer_tunnel(p);
	if (t != NULL) {
		sa = t->sa;
		action = path_next(&p->path, now, &wait);
	}
	to = p->path.to;
	if (t != NULL)
		note_path(p, t, action, now);
	peers_unlock();
	sooner(wait_ms, wait);
	if (action == PATH_ASK) {
		/* When both have moved, nobody else would begin. */
		plane_poke(p->ula, to.family != 0 ? &to : NULL);
		ask(sa);
	} else if (action == PATH_MOVE) {
		redirect(sa, &to);
		plane_poke(p->ula, NULL);
	}
	if (action != PATH_NOTHING)
		roam_mind(p, now, wait_ms);
}

/* ---- we have moved ---- */

/* The place we send to is not one that the peer has published: a NAT made it for where we were. */
static int
is_makeshift(const struct peer *p, const struct endpoint *remote)
{
	return !endpoint_among(remote, p->contact, p->contacts);
}

/* No way leads to where the peer is, since the last address of that family is gone, or it may be
 * closed to who comes from elsewhere: to its published places, the best one last, for it follows
 * the newest packet. */
static void
poke_elsewhere(struct peer *p)
{
	for (uint32_t i = p->contacts; i > 0; i--)
		if (net_has_way(&p->contact[i - 1]))
			plane_poke(p->ula, &p->contact[i - 1]);
}

/* Lock held.  A peer that should have been heard long ago has given us up, too: we have slept, or
 * were nowhere. */
static int
is_overdue(const struct peer *p, uint64_t now)
{
	uint64_t quiet = clock_since(p->active_ms, now);
	uint64_t most =
	    (uint64_t)alive_dpd_sec(settings_self()->dpd_sec, quiet) * 1000 + CHARON_GIVES_UP_MS;

	return clock_since(p->last_in_ms, now) >= most;
}

/* Lock held.  Where no way leads to its place, nothing will be heard from there, either. */
static void
shake(struct peer *p, int has_way, uint64_t now)
{
	int overdue = is_overdue(p, now);

	doubt(p);
	path_shaken(&p->path, has_way && !overdue ? PATH_ASK_MS : HASTY_MS, overdue, now);
}

/* Tell it where we are, if there is a tunnel. */
static void
greet(struct peer *p, uint64_t now)
{
	const struct tunnel *t;
	struct endpoint remote = {0};
	int has_way = 0;

	peers_lock();
	call_reset_pause(&p->call, now);
	t = peer_tunnel(p);
	if (t != NULL) {
		remote = t->remote;
		has_way = net_has_way(&remote);
		shake(p, has_way, now);
	}
	peers_unlock();
	if (remote.family == 0)
		return;
	if (has_way)
		plane_poke(p->ula, NULL);
	if (!has_way || is_makeshift(p, &remote))
		poke_elsewhere(p);
}

/* The data plane first: peers follow an authentic packet, and IKE's exchange comes to the same. */
void
roam_moved(void)
{
	uint64_t now = clock_boot_ms();

	for (uint32_t i = 0; i < MSG_PEERS_MAX; i++) {
		struct peer *p = peers_at(i);

		if (p != NULL)
			greet(p, now);
	}
	charon->kernel->roam(charon->kernel, TRUE);
}
