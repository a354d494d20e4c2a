/* What "autotunnel status" and its like are shown: the rows of a snapshot. */
#include "manager/control_inner.h"

#include "base/clock.h"
#include "base/str.h"
#include "manager/reconcile.h"
#include "manager/roster.h"
#include "manager/worker.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static void
row_self(struct manager *m, union msg *msg)
{
	struct msg_ctl_self *s = &msg->ctl_self;

	msg_begin(msg, MSG_CTL_SELF, 0);
	s->now_ms = clock_boot_ms();
	s->now_sec = clock_wall_sec();
	s->dataplane = (uint8_t)m->ready.dataplane;
	s->port = (uint16_t)m->config.listen_port;
	s->manager_pid = (uint32_t)getpid();
	worker_info(m->natpmp, &s->worker[0]);
	worker_info(m->dnsupdate, &s->worker[1]);
	worker_info(m->ipsec, &s->worker[2]);
	str_copy(s->version, sizeof s->version, PACKAGE_VERSION);
	memcpy(s->strongswan, m->ready.version, sizeof s->strongswan);
	memcpy(s->crypto, m->ready.crypto, sizeof s->crypto);
	s->offload = m->ready.offload;
	memcpy(s->drop, m->drops.drop, sizeof s->drop);
	memcpy(s->interface, m->link.name, sizeof s->interface);
	snprintf(s->allow, sizeof s->allow, "%.80s%s%.70s", m->config.allow_everyone.text,
	    m->config.allow_machines.count > 0 ? "; " : "",
	    m->config.allow_machines.count > 0 ? m->config.allow_machines.text : "");
	memcpy(s->unfiltered, m->filter_text, sizeof s->unfiltered);
	if (m->identity == NULL)
		return;
	s->enrolled = 1;
	memcpy(s->ula, m->identity->ula, sizeof s->ula);
	memcpy(s->domain, m->identity->domain, sizeof s->domain);
	memcpy(s->name, m->identity->name, sizeof s->name);
}

static void
row_dns(struct manager *m, union msg *msg)
{
	msg_begin(msg, MSG_CTL_DNS, 0);
	msg->ctl_dns.state = m->dns;
	if (m->dns.status == 0)
		msg->ctl_dns.state.status = DNS_STARTING;
}

static void
row_roster(struct manager *m, union msg *msg)
{
	msg_begin(msg, MSG_CTL_ROSTER, 0);
	roster_row(m, &msg->ctl_roster);
}

static void
row_peer(const struct peer *p, union msg *msg)
{
	msg_begin(msg, MSG_CTL_PEER, p->id);
	msg->ctl_peer.stale = (uint8_t)reconcile_is_stale(&p->records, clock_wall_sec());
	msg->ctl_peer.dns = p->records;
	msg->ctl_peer.tunnel = p->tunnel;
}

/* Which mappings there are, and what was said to routers. */
static int
send_maps(struct client *cl)
{
	struct manager *m = cl->control->manager;
	unsigned cursor = 0;
	union msg msg;

	while (maps_next_row(m, &cursor, &msg))
		if (loop_channel_send(cl->channel, &msg, -1) == -1)
			return -1;
	for (cursor = 0; cl->exchanges && maps_next_exchange(m, &cursor, &msg);)
		if (loop_channel_send(cl->channel, &msg, -1) == -1)
			return -1;
	return 0;
}

/* How one machine was called. */
static int
send_steps(struct client *cl)
{
	const struct peer *p = peer_find_id(cl->control->manager, cl->steps);
	const struct msg_ipsec_step *step;
	union msg msg;

	for (unsigned i = 0; p != NULL && (step = ladder_at(p->ladder, i)) != NULL; i++) {
		msg_begin(&msg, MSG_CTL_STEP, p->id);
		msg.ctl_step.step = *step;
		if (loop_channel_send(cl->channel, &msg, -1) == -1)
			return -1;
	}
	return 0;
}

/* The machines not sent yet, as far as there is room, and the end: 0 or -1.  Their numbers rise
 * along the list. */
static int
send_peers(struct client *cl)
{
	struct peer *p;
	union msg msg;

	TAILQ_FOREACH (p, &cl->control->manager->peers, entry) {
		if (p->forget || p->id <= cl->last_id)
			continue;
		row_peer(p, &msg);
		if (loop_channel_send(cl->channel, &msg, -1) == -1)
			return -1;
		cl->last_id = p->id;
		cl->peers++;
	}
	msg_begin(&msg, MSG_CTL_END, 0);
	msg.ctl_end.peers = cl->peers;
	if (loop_channel_send(cl->channel, &msg, -1) == -1)
		return -1;
	cl->sending = 0;
	return 0;
}

int
control_show_rest(struct client *cl)
{
	if (send_peers(cl) == 0)
		return 0;
	if (errno != EAGAIN)
		return -1;
	loop_channel_want_write(cl->channel);
	return 0;
}

int
control_show(struct client *cl)
{
	void (*const rows[])(struct manager *, union msg *) = {row_dns, row_roster};
	struct manager *m = cl->control->manager;
	union msg msg;

	if (cl->sending) {
		cl->again = 1;
		return 0;
	}
	row_self(m, &msg);
	if (loop_channel_send(cl->channel, &msg, -1) == -1 || send_maps(cl) == -1)
		return -1;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		rows[i](m, &msg);
		if (loop_channel_send(cl->channel, &msg, -1) == -1)
			return -1;
	}
	if (send_steps(cl) == -1)
		return -1;
	cl->sending = 1;
	cl->again = 0;
	cl->last_id = cl->peers = 0;
	return control_show_rest(cl);
}
