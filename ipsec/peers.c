#include "ipsec/peers.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "ipsec/plane.h"
#include "ipsec/steps.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/eventfd.h>
#include <unistd.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static struct peer *table[MSG_PEERS_MAX];
static int wake_fd = -1;

void
peers_init(void)
{
	wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (wake_fd == -1)
		fatal("eventfd");
}

int
peers_wake_fd(void)
{
	return wake_fd;
}

void
peers_wake(void)
{
	uint64_t one = 1;

	/* A full counter has woken it already. */
	if (write(wake_fd, &one, sizeof one) == -1)
		return;
}

void
peers_lock(void)
{
	pthread_mutex_lock(&mutex);
}

void
peers_unlock(void)
{
	pthread_mutex_unlock(&mutex);
}

struct peer *
peers_at(uint32_t index)
{
	return index < MSG_PEERS_MAX ? table[index] : NULL;
}

struct peer *
peers_by_id(uint32_t id)
{
	for (uint32_t i = 0; i < MSG_PEERS_MAX; i++)
		if (table[i] != NULL && table[i]->id == id)
			return table[i];
	return NULL;
}

struct peer *
peers_by_name(const char *name)
{
	for (uint32_t i = 0; i < MSG_PEERS_MAX; i++)
		if (table[i] != NULL && strcasecmp(table[i]->name, name) == 0)
			return table[i];
	return NULL;
}

struct tunnel *
peer_tunnel_by_sa(struct peer *p, uint32_t sa)
{
	for (uint32_t i = 0; i < p->tunnels; i++)
		if (p->tunnel[i].sa == sa)
			return &p->tunnel[i];
	return NULL;
}

static int
calls_with(const struct peer *p, uint32_t sa)
{
	for (uint32_t i = 0; i < p->call.n; i++)
		if (p->call.tries[i].sa == sa)
			return 1;
	return 0;
}

struct peer *
peers_by_sa(uint32_t sa, struct tunnel **t)
{
	*t = NULL;
	for (uint32_t i = 0; sa != 0 && i < MSG_PEERS_MAX; i++) {
		if (table[i] == NULL)
			continue;
		*t = peer_tunnel_by_sa(table[i], sa);
		if (*t != NULL || calls_with(table[i], sa))
			return table[i];
	}
	return NULL;
}

struct peer *
peers_by_spi(uint32_t spi, int inbound, struct tunnel **t)
{
	for (uint32_t i = 0; i < MSG_PEERS_MAX; i++) {
		struct peer *p = table[i];

		for (uint32_t j = 0; p != NULL && j < p->tunnels; j++) {
			*t = &p->tunnel[j];
			if ((*t)->child && (inbound ? (*t)->spi_in : (*t)->spi_out) == spi)
				return p;
		}
	}
	*t = NULL;
	return NULL;
}

struct peer *
peers_add(uint32_t id)
{
	struct peer *p = peers_by_id(id);

	for (uint32_t i = 0; p == NULL && i < MSG_PEERS_MAX; i++) {
		if (table[i] != NULL)
			continue;
		p = calloc(1, sizeof *p);
		if (p == NULL)
			fatal("peer");
		p->id = id;
		p->state = TUNNEL_IDLE;
		p->since_ms = clock_boot_ms();
		p->dirty = 1;
		table[i] = p;
	}
	return p;
}

void
peers_remove(struct peer *p)
{
	for (uint32_t i = 0; i < MSG_PEERS_MAX; i++)
		if (table[i] == p)
			table[i] = NULL;
	free(p);
}

struct tunnel *
peer_tunnel(struct peer *p)
{
	for (uint32_t i = p->tunnels; i > 0; i--)
		if (p->tunnel[i - 1].child && !p->tunnel[i - 1].dropped)
			return &p->tunnel[i - 1];
	return NULL;
}

/* When there is no room, the oldest entry gives way: libcharon keeps that SA until it times out. */
struct tunnel *
peer_add_tunnel(struct peer *p, uint32_t sa)
{
	if (p->tunnels == TUNNELS_MAX)
		peer_remove_tunnel(p, p->tunnel[0].sa);
	p->tunnel[p->tunnels] = (struct tunnel) {.sa = sa};
	return &p->tunnel[p->tunnels++];
}

void
peer_remove_tunnel(struct peer *p, uint32_t sa)
{
	struct tunnel *t = peer_tunnel_by_sa(p, sa);

	if (t == NULL)
		return;
	p->tunnels--;
	memmove(t, t + 1, (size_t)(p->tunnel + p->tunnels - t) * sizeof *t);
	p->dirty = 1;
}

/* That a call failed is said when the round is over (dial.c). */
static void
log_state(const struct peer *p, enum tunnel_state before, const struct tunnel *t)
{
	char where[ENDPOINT_TEXT_MAX];

	if (p->state == TUNNEL_UP)
		log_info("peer %s: connected, at %s (%s called)", p->name,
		    endpoint_text(&t->remote, where), t->mine ? "we" : "it");
	else if (before == TUNNEL_UP)
		log_info("peer %s: disconnected%s%s", p->name, p->reason[0] != '\0' ? ": " : "",
		    p->reason);
}

void
peer_settle(struct peer *p, uint64_t now_ms)
{
	const struct tunnel *t = peer_tunnel(p);
	enum tunnel_state state = TUNNEL_IDLE, before = p->state;

	if (t != NULL)
		state = TUNNEL_UP;
	else if (call_active(&p->call))
		state = TUNNEL_CONNECTING;
	if (state == before)
		return;
	p->dirty = 1;
	if (state == TUNNEL_UP) {
		p->reason[0] = '\0';
		p->active_ms = now_ms;
	} else {
		p->path = (struct path) {0};
	}
	p->state = state;
	p->since_ms = now_ms;
	log_state(p, before, t);
}

void
peer_heard(struct peer *p, uint64_t now_ms)
{
	p->last_in_ms = now_ms;
	if (p->path.state == PATH_LOST) {
		p->reason[0] = '\0';
		p->dirty = 1;
	}
	path_heard(&p->path);
	alive_heard(&p->alive);
}

void
peer_reason(struct peer *p, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(p->reason, sizeof p->reason, fmt, ap);
	va_end(ap);
	p->dirty = 1;
}

static uint64_t
read_drops(const struct peer *p, uint64_t drop[IPSEC_DROP_MAX])
{
	uint64_t sum = 0;

	plane_drops(p->ula, drop);
	for (size_t i = 0; i < IPSEC_DROP_MAX; i++)
		sum += drop[i];
	return sum;
}

void
peer_count_drops(struct peer *p)
{
	uint64_t drop[IPSEC_DROP_MAX], sum = read_drops(p, drop);

	p->dirty |= sum != p->dropped;
	p->dropped = sum;
}

void
peer_describe(struct peer *p, union msg *m)
{
	struct msg_ipsec_state *s = &m->ipsec_state;
	const struct tunnel *t = peer_tunnel(p);

	msg_begin(m, MSG_IPSEC_STATE, p->id);
	s->state = (uint8_t)p->state;
	s->known = (uint8_t)(p->known != 0);
	memcpy(s->ula, p->true_ula, sizeof s->ula);
	s->since_ms = p->since_ms;
	s->last_in_ms = p->last_in_ms;
	s->in_bytes = p->old.in_bytes + p->now.in_bytes;
	s->out_bytes = p->old.out_bytes + p->now.out_bytes;
	s->in_packets = p->old.in_packets + p->now.in_packets;
	s->out_packets = p->old.out_packets + p->now.out_packets;
	s->drops = read_drops(p, s->drop);
	str_copy(s->reason, sizeof s->reason, p->reason);
	if (t == NULL)
		return;
	s->initiator = t->mine;
	s->remote = t->remote;
	str_copy(s->proposal, sizeof s->proposal, t->proposal);
}

void
peer_step(const struct peer *p, uint32_t sa, enum ipsec_step kind, const struct endpoint *place,
    const char *text)
{
	const struct steps_of of = {.peer = p->id, .sa = sa, .mine = 1};

	steps_note(&of, kind, place, text);
}
