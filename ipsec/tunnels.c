/*
 * For each peer, in this order: tell libcharon what the data plane noticed, judge crossing tunnels,
 * mind the path, call, count.  The lock is held to look and to decide, never while libcharon acts:
 * its threads take the lock in events.c.
 */
#include "ipsec/swan.h"

#include "ipsec/tunnels.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "ipsec/dedupe.h"
#include "ipsec/peers.h"
#include "ipsec/plane.h"
#include "ipsec/settings.h"

#include <limits.h>
#include <string.h>

#define COUNT_BUSY_MS 2000
#define COUNT_IDLE_MS 10000

static ike_sa_t *
check_out(uint32_t sa)
{
	return charon->ike_sa_manager->checkout_by_id(charon->ike_sa_manager, sa);
}

static void
check_in(ike_sa_t *sa, status_t status)
{
	if (status == DESTROY_ME)
		charon->ike_sa_manager->checkin_and_destroy(charon->ike_sa_manager, sa);
	else
		charon->ike_sa_manager->checkin(charon->ike_sa_manager, sa);
}

/* Delete an IKE SA.  at_once: tell the peer, but do not wait for its answer. */
static void
end_sa(uint32_t sa, int at_once)
{
	charon->controller->terminate_ike(charon->controller, sa, at_once, NULL, NULL, 0);
}

/* The longest an int of milliseconds can say. */
static void
sooner(uint64_t *wait_ms, uint64_t other)
{
	if (other < *wait_ms)
		*wait_ms = other;
}

/* ---- what the data plane noticed ---- */

/* libcharon sends where the peer's packets come from; the data plane does so already. */
static void
follow(uint32_t sa_id, const struct endpoint *from)
{
	ike_sa_t *sa = check_out(sa_id);
	host_t *host;

	if (sa == NULL)
		return;
	host = host_of(from);
	if (!host->equals(host, sa->get_other_host(sa)))
		sa->update_hosts(sa, NULL, host, UPDATE_HOSTS_FORCE_REMOTE);
	host->destroy(host);
	check_in(sa, SUCCESS);
}

static void
renew(uint32_t sa_id, uint32_t spi_in, int hard)
{
	ike_sa_t *sa = check_out(sa_id);
	status_t status;

	if (sa == NULL)
		return;
	status = hard ? sa->delete_child_sa(sa, PROTO_ESP, htonl(spi_in), TRUE)
		      : sa->rekey_child_sa(sa, PROTO_ESP, htonl(spi_in));
	check_in(sa, status);
}

static void
pass_on(struct peer *p)
{
	struct tunnel copy[TUNNELS_MAX];
	uint32_t n;

	peers_lock();
	n = p->tunnels;
	memcpy(copy, p->tunnel, sizeof copy);
	for (uint32_t i = 0; i < n; i++)
		p->tunnel[i].moved = p->tunnel[i].soft = p->tunnel[i].hard = 0;
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
	uint32_t id[TUNNELS_MAX];
	size_t n = 0;

	peers_lock();
	if (p->dedupe_ms > now)
		sooner(wait_ms, p->dedupe_ms - now);
	for (uint32_t i = 0; p->dedupe_ms != 0 && p->dedupe_ms <= now && i < p->tunnels; i++) {
		if (p->tunnel[i].dropped)
			continue;
		sa[n] = (struct dedupe_sa){.up_ms = p->tunnel[i].up_ms, .spi = p->tunnel[i].spi,
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
		end_sa(id[i], 0);
	}
}

/* ---- calling ---- */

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
	host_t *other = host_of(to), *me;
	ike_sa_t *sa = NULL;

	me = charon->kernel->get_source_addr(charon->kernel, other, NULL);
	if (me != NULL)
		sa = charon->ike_sa_manager->create_new(charon->ike_sa_manager, IKEV2, TRUE);
	if (sa == NULL) {
		DESTROY_IF(me);
		other->destroy(other);
		return NULL;
	}
	me->set_port(me, plane_port());
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
	if (sa == NULL)
		peer_reason(p, "no route to any of its addresses");
	peer_settle(p, clock_boot_ms());
	peers_unlock();
	if (sa != NULL)
		check_in(sa, sa->initiate(sa, first_child(cfg), NULL) == SUCCESS ? SUCCESS : DESTROY_ME);
}

/* Connected: attempts that have sent no more than IKE_SA_INIT can go without a word.  Others may
 * stand at the peer already; they come up here too, and are judged. */
static void
drop_early_calls(const struct call *c)
{
	for (uint32_t i = 0; i < c->n; i++) {
		ike_sa_t *sa = c->tries[i].sa != 0 ? check_out(c->tries[i].sa) : NULL;

		if (sa != NULL)
			check_in(sa, sa->get_state(sa) == IKE_CONNECTING && sa->get_message_id(sa, TRUE) == 0
				? DESTROY_ME
				: SUCCESS);
	}
}

static void
say_gave_up(struct peer *p)
{
	if (p->reason[0] == '\0')
		peer_reason(p, "no answer");
	log_info("peer %s: cannot connect: %s", p->name, p->reason);
}

/* Lock held. */
static enum call_action
next_call(struct peer *p, uint64_t now, struct endpoint *to, uint64_t *wait_ms)
{
	enum call_action action;
	uint64_t wait;

	do {
		action = call_next(&p->call, p->contact, p->contacts, p->always, clock_jitter(1000),
		    now, to, &wait);
		if (action == CALL_GAVE_UP)
			say_gave_up(p);
	} while (action == CALL_GAVE_UP);
	sooner(wait_ms, wait);
	return action;
}

static void
call_peer(struct peer *p, uint64_t now, uint64_t *wait_ms)
{
	enum call_action action = CALL_NOTHING;
	struct endpoint to;
	struct call over = {0};

	do {
		peers_lock();
		if (peer_tunnel(p) != NULL && p->call.n > 0) {
			over = p->call;
			call_succeeded(&p->call);
		}
		action = p->tunnels == 0 ? next_call(p, now, &to, wait_ms) : CALL_NOTHING;
		peers_unlock();
		if (action == CALL_TRY)
			start_call(p, &to);
	} while (action == CALL_TRY);
	drop_early_calls(&over);
}

/* ---- the path of a tunnel ---- */

static void
ask(uint32_t sa_id)
{
	ike_sa_t *sa = check_out(sa_id);

	if (sa == NULL)
		return;
	/* send_dpd() would not, so soon after the last packet. */
	sa->queue_task(sa, (task_t *)ike_dpd_create(TRUE));
	check_in(sa, sa->initiate(sa, NULL, NULL));
}

/* Let the SAs as they are lead to another place.  A pending exchange goes there at once; without
 * a new list of the peer's addresses MOBIKE would go on probing the old ones. */
static void
redirect(uint32_t sa_id, const struct endpoint *to)
{
	ike_sa_t *sa = check_out(sa_id);
	host_t *other, *me;
	status_t status;

	if (sa == NULL)
		return;
	other = host_of(to);
	me = charon->kernel->get_source_addr(charon->kernel, other, NULL);
	if (me != NULL)
		me->set_port(me, plane_port());
	sa->clear_peer_addresses(sa);
	sa->add_peer_address(sa, other->clone(other));
	sa->update_hosts(sa, me, other, UPDATE_HOSTS_FORCE_ALL);
	status = sa->retransmit(sa, sa->get_message_id(sa, TRUE));
	DESTROY_IF(me);
	other->destroy(other);
	check_in(sa, status);
}

static void
give_up(uint32_t sa_id)
{
	ike_sa_t *sa = check_out(sa_id);

	if (sa != NULL)
		check_in(sa, DESTROY_ME);
}

static void
mind_path(struct peer *p, uint64_t now, uint64_t *wait_ms)
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
	if (action == PATH_GIVE_UP) {
		peer_reason(p, "no answer at its new address");
		call_want(&p->call, now);
	}
	peers_unlock();
	sooner(wait_ms, wait);
	if (action == PATH_ASK) {
		ask(sa);
	} else if (action == PATH_MOVE) {
		redirect(sa, &to);
		plane_poke(p->ula);
	} else if (action == PATH_GIVE_UP) {
		give_up(sa);
	}
	if (action != PATH_NOTHING)
		mind_path(p, now, wait_ms);
}

/* ---- counting, and the end of idle tunnels ---- */

/* Add what the CHILD SAs of an IKE SA have carried; *idle_sec is since the last packet came in. */
static void
count_sa(uint32_t sa_id, struct counters *c, uint64_t *idle_sec)
{
	ike_sa_t *sa = check_out(sa_id);
	enumerator_t *children;
	child_sa_t *child;

	if (sa == NULL)
		return;
	children = sa->create_child_sa_enumerator(sa);
	while (children->enumerate(children, &child)) {
		uint64_t bytes, packets;
		time_t when = 0;

		if (child->get_state(child) != CHILD_INSTALLED)
			continue;
		child->get_usestats(child, TRUE, &when, &bytes, &packets);
		c->in_bytes += bytes;
		c->in_packets += packets;
		if (when != 0)
			sooner(idle_sec, (uint64_t)(time_monotonic(NULL) - when));
		child->get_usestats(child, FALSE, &when, &bytes, &packets);
		c->out_bytes += bytes;
		c->out_packets += packets;
	}
	children->destroy(children);
	check_in(sa, SUCCESS);
}

/* Lock held. */
static void
take_counters(struct peer *p, const struct counters *c, uint64_t idle_sec, uint64_t now)
{
	p->counted_ms = now;
	if (idle_sec != UINT64_MAX && now - idle_sec * 1000 > p->last_in_ms)
		p->last_in_ms = now - idle_sec * 1000;
	if (c->in_bytes <= p->now.in_bytes && c->out_bytes <= p->now.out_bytes)
		return;
	p->now = *c;
	p->active_ms = now;
	p->dirty = 1;
}

static int
idle_too_long(const struct peer *p, uint64_t now)
{
	uint64_t limit = (uint64_t)settings_self()->idle_sec * 1000;

	return limit != 0 && !p->always && now - p->active_ms > limit;
}

/* Every two seconds while packets flow, seldom while none do. */
static uint64_t
count_again(const struct peer *p, uint64_t now)
{
	uint64_t pause = now - p->active_ms > COUNT_IDLE_MS ? COUNT_IDLE_MS : COUNT_BUSY_MS;

	return p->counted_ms + pause > now ? p->counted_ms + pause - now : 0;
}

/* Lock held.  The IKE SAs to count now; none when it is too early. */
static uint32_t
due_for_count(struct peer *p, uint64_t now, uint32_t sa[TUNNELS_MAX], uint64_t *wait_ms)
{
	uint64_t wait = count_again(p, now);
	uint32_t n = 0;

	if (peer_tunnel(p) == NULL)
		return 0;
	for (uint32_t i = 0; wait == 0 && i < p->tunnels; i++)
		sa[n++] = p->tunnel[i].sa;
	sooner(wait_ms, wait == 0 ? COUNT_BUSY_MS : wait);
	return n;
}

/* Lock held.  The IKE SA to end because nothing has used it for too long, or 0. */
static uint32_t
idle_sa(struct peer *p, uint64_t now)
{
	struct tunnel *t = peer_tunnel(p);

	if (t == NULL || !idle_too_long(p, now))
		return 0;
	t->dropped = 1;
	peer_settle(p, now);
	return t->sa;
}

static void
count(struct peer *p, uint64_t now, uint64_t *wait_ms)
{
	struct counters c = {0};
	uint64_t idle_sec = UINT64_MAX;
	uint32_t sa[TUNNELS_MAX], n, idle;

	peers_lock();
	n = due_for_count(p, now, sa, wait_ms);
	peers_unlock();
	if (n == 0)
		return;
	for (uint32_t i = 0; i < n; i++)
		count_sa(sa[i], &c, &idle_sec);
	peers_lock();
	take_counters(p, &c, idle_sec, now);
	idle = idle_sa(p, now);
	peers_unlock();
	if (idle != 0)
		end_sa(idle, 0);
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
		judge(p, now, &wait_ms);
		mind_path(p, now, &wait_ms);
		call_peer(p, now, &wait_ms);
		count(p, now, &wait_ms);
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
		end_sa(sa[i], 1);
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

/* Lock held. */
static void
take_wishes(struct peer *p, const struct msg_ipsec_peer *m, uint64_t now)
{
	struct tunnel *t = peer_tunnel(p);
	int same = m->contacts == p->contacts
	    && memcmp(m->contact, p->contact, sizeof p->contact) == 0;

	if (!same && t != NULL)
		path_news(&p->path, m->contact, m->contacts, &t->remote, now);
	if (!same)
		call_reset_pause(&p->call, now);
	p->always = m->always;
	p->contacts = m->contacts;
	memcpy(p->contact, m->contact, sizeof p->contact);
}

void
tunnels_peer(const struct msg_ipsec_peer *m)
{
	char name[MSG_NAME_MAX];
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
	memcpy(p->ula, m->ula, 16);
	str_copy(p->name, sizeof p->name, name);
	if (cfg != NULL)
		p->config = cfg;
	take_wishes(p, m, clock_boot_ms());
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
	peers_remove(p);
	peers_unlock();
}

void
tunnels_moved(void)
{
	uint64_t now = clock_boot_ms();

	charon->kernel->roam(charon->kernel, TRUE);
	for (uint32_t i = 0; i < MSG_PEERS_MAX; i++) {
		struct peer *p = peers_at(i);

		if (p == NULL)
			continue;
		peers_lock();
		call_reset_pause(&p->call, now);
		peers_unlock();
		plane_poke(p->ula);
	}
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
