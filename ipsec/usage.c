#include "ipsec/handle.h"

#include "ipsec/usage.h"

#include "base/clock.h"
#include "ipsec/plane.h"
#include "ipsec/settings.h"

/* Often while packets flow, to notice a silence (alive.h); hardly ever while none do, for our own
 * data plane tells when they flow again.  The kernel does not. */
#define COUNT_BUSY_MS 500
#define COUNT_DOUBT_MS 100 /* while a way is in doubt: well within path.h's patience */
#define COUNT_CALM_MS 10000 /* of no packets, until it is seldom */
#define COUNT_IDLE_MS 600000
#define COUNT_IDLE_KERNEL_MS 10000

#define NO_PACKET UINT64_MAX
#define OLD_SEC 5 /* of a packet, longer than between two looks while any come */

/* What the CHILD SAs of an IKE SA have carried; *ago_sec is since the last packet came in. */
static void
count_sa(uint32_t sa_id, struct counters *c, uint64_t *ago_sec)
{
	ike_sa_t *sa = sa_check_out(sa_id);
	enumerator_t *children;
	child_sa_t *child;

	*ago_sec = NO_PACKET;
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
			sooner(ago_sec, (uint64_t)(time_monotonic(NULL) - when));
		child->get_usestats(child, FALSE, &when, &bytes, &packets);
		c->out_bytes += bytes;
		c->out_packets += packets;
	}
	children->destroy(children);
	sa_check_in(sa, SUCCESS);
}

/* Lock held.  libcharon's time of the last packet is right only when one has come since it was
 * asked: it is by a clock that stands still while the machine sleeps, and would tell after an
 * hour's sleep of a packet just now.  1 = one has come, but before a sleep. */
static int
take_last_in(struct peer *p, uint32_t sa, uint64_t in_packets, uint64_t ago_sec, uint64_t now)
{
	struct tunnel *t = peer_tunnel_by_sa(p, sa);

	if (t == NULL || t->counted_in == in_packets)
		return 0;
	t->counted_in = in_packets;
	if (ago_sec == NO_PACKET)
		return 0;
	if (now - ago_sec * 1000 > p->last_in_ms)
		p->last_in_ms = now - ago_sec * 1000;
	return ago_sec > OLD_SEC;
}

/* Lock held. */
static void
take_counters(struct peer *p, const struct counters *c, uint64_t now)
{
	p->counted_ms = now;
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

	return limit != 0 && !p->always && clock_since(p->active_ms, now) > limit;
}

static uint64_t
count_again(const struct peer *p, uint64_t now)
{
	uint64_t pause = plane_is_kernel() ? COUNT_IDLE_KERNEL_MS : COUNT_IDLE_MS;
	uint64_t limit = (uint64_t)settings_self()->idle_sec * 1000;

	if (p->path.state == PATH_ASKED || p->path.state == PATH_MOVED)
		pause = COUNT_DOUBT_MS;
	else if (clock_since(p->active_ms, now) <= COUNT_CALM_MS)
		pause = COUNT_BUSY_MS;
	else if (limit != 0 && !p->always && p->counted_ms + pause > p->active_ms + limit &&
	    p->counted_ms <= p->active_ms + limit)
		pause = p->active_ms + limit + 1 - p->counted_ms; /* the end, if nothing comes */
	return p->counted_ms + pause > now ? p->counted_ms + pause - now : 0;
}

/* Lock held.  Is what we send answered?  A lost peer is called for as long as somebody sends. */
static void
mind_silence(struct peer *p, const struct counters *c, int old, uint64_t now)
{
	int went = c->out_packets != p->alive.out;
	enum alive_sign sign = alive_count(&p->alive, c->in_packets, c->out_packets, now);

	if (sign == ALIVE_HEARD && !old) {
		peer_heard(p, now);
	} else if (sign == ALIVE_DOUBT) {
		path_doubt(&p->path, now);
		plane_doubt(p->ula);
	}
	if (went && p->path.state == PATH_LOST)
		call_want(&p->call, now);
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
	if (wait != 0)
		sooner(wait_ms, wait);
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

void
usage_count(struct peer *p, uint64_t now, uint64_t *wait_ms)
{
	struct counters c = {0};
	uint64_t ago_sec[TUNNELS_MAX], in[TUNNELS_MAX];
	uint32_t sa[TUNNELS_MAX], n, idle;
	int old = 0;

	peers_lock();
	peer_count_drops(p);
	n = due_for_count(p, now, sa, wait_ms);
	peers_unlock();
	if (n == 0)
		return;
	for (uint32_t i = 0; i < n; i++) {
		in[i] = c.in_packets;
		count_sa(sa[i], &c, &ago_sec[i]);
		in[i] = c.in_packets - in[i];
	}
	peers_lock();
	for (uint32_t i = 0; i < n; i++)
		old |= take_last_in(p, sa[i], in[i], ago_sec[i], now);
	take_counters(p, &c, now);
	mind_silence(p, &c, old, now);
	idle = idle_sa(p, now);
	sooner(wait_ms, count_again(p, now));
	peers_unlock();
	/* At once: until the peer had answered, packets would still go where perhaps nobody is any
	 * more. */
	if (idle != 0)
		sa_end(idle, 1);
}
