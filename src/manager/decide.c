/* A fact changed: what follows from it, for whom. */
#include "manager/manager.h"

#include "base/clock.h"
#include "base/log.h"
#include "manager/control.h"
#include "manager/filter.h"
#include "manager/reconcile.h"
#include "manager/roster.h"
#include "manager/worker.h"

#include <inttypes.h>
#include <string.h>

static void
put_seen(struct reconcile_seen *out, const struct reach *r)
{
	out->address = r->seen;
	out->answer = r->answer;
}

/* The IPv4 mappings of the tunnel's port, in the order of their paths, and what is seen of them. */
static void
collect_nat(struct manager *m, struct reconcile_nat *nat)
{
	const struct map *map = maps_primary(m);

	memset(nat, 0, sizeof *nat);
	nat->inbound = outside_inbound(m);
	nat->since_ms = m->outside.reach[OUTSIDE_IP4].since_ms;
	if (map != NULL && map->since_ms > nat->since_ms)
		nat->since_ms = map->since_ms;
	put_seen(&nat->seen[0], outside_path(m, 0));
	for (int rank = 0; rank < NETWORK_PATHS_MAX; rank++) {
		const struct reach *r = outside_path(m, rank);

		if ((map = maps_of_path(m, rank)) == NULL)
			continue;
		if (r != NULL)
			put_seen(&nat->seen[nat->maps], r);
		nat->map[nat->maps++] = &map->state;
	}
}

static void
decide_publish(struct manager *m)
{
	struct msg_dns_publish publish;
	struct reconcile_nat nat;
	uint64_t wait;

	collect_nat(m, &nat);
	wait = reconcile_publish(
	    &m->config, &m->network, &nat, m->identity->ula, clock_boot_ms(), &publish);
	if (wait > 0) {
		loop_timer_set(m->timer, wait);
		return;
	}
	publish.wanted = !m->asleep && !roster_revoked_us(m);
	if (m->publish_known && memcmp(&publish, &m->publish, sizeof publish) == 0)
		return;
	m->publish = publish;
	m->publish_known = m->publish_dirty = 1;
}

static void
decide_maps(struct manager *m)
{
	uint64_t now = clock_boot_ms(), wait;

	maps_decide(m, now);
	outside_decide(m, now);
	wait = maps_wait(m, now);
	if (outside_wait(m, now) < wait)
		wait = outside_wait(m, now);
	if (wait != UINT64_MAX)
		loop_timer_set(m->maps_timer, wait);
}

void
manager_changed(struct manager *m)
{
	if (m->stopping)
		return;
	if (m->identity != NULL && m->natpmp != NULL) {
		decide_maps(m);
		decide_publish(m);
		peers_reconcile(m);
		peers_write_hosts(m);
		peers_remember_soon(m);
		filter_update(m);
		worker_flush(m->natpmp);
		worker_flush(m->dnsupdate);
		worker_flush(m->ipsec);
	}
	control_changed(m->control);
}

void
manager_timer(void *ctx)
{
	manager_changed(ctx);
}

/* Peers are told of another address of ours at once, though more may come: each message is small
 * and none waits for the router or the name server. */
static void
tell_moved(struct manager *m, const struct network *now)
{
	if (network_equal(now, &m->moved_to))
		return;
	m->moved_to = *now;
	m->moved_dirty = 1;
}

/* In the middle of a change: without any address there is nothing to tell, yet. */
void
manager_network_moving(void *ctx)
{
	struct manager *m = ctx;
	struct network now;

	if (m->ipsec == NULL || m->stopping || network_read(&m->config.gateway, &now) == -1 ||
	    now.paths == 0)
		return;
	tell_moved(m, &now);
	worker_flush(m->ipsec);
}

/* Whatever flushes a machine's addresses, links or routes takes ours along. */
static void
keep_link(struct manager *m)
{
	if (m->identity != NULL && m->link.fd >= 0 && link_assert(&m->link, m->identity->ula) == 1)
		log_notice(
		    "interface %s: somebody had taken its address or route away", m->link.name);
}

void
manager_network_changed(void *ctx)
{
	struct manager *m = ctx;
	struct network now;

	keep_link(m);
	if (network_read(&m->config.gateway, &now) == -1) {
		log_warn("reading addresses and routes");
		return;
	}
	if (network_equal(&now, &m->network))
		return;
	m->network = now;
	tell_moved(m, &now);
	m->hurry_dirty = 1; /* who moves together is found together */
	outside_again(m);
	maps_say_again(m); /* the same wishes again: look now */
	log_info("addresses or routes changed");
	manager_changed(m);
}

/* What was true before a sleep may be true no longer, and nothing has told us: the same wishes
 * again, to router, peers and name server. */
void
manager_slept(void *ctx, uint64_t ms)
{
	struct manager *m = ctx;

	log_notice("the machine has slept for %" PRIu64 " s", ms / 1000);
	keep_link(m);
	m->moved_dirty = m->hurry_dirty = 1;
	outside_verify(m);
	maps_say_again(m);
	manager_changed(m);
}
