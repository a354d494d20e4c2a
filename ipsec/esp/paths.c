#include "ipsec/esp/paths.h"

#include "ipsec/esp/inner.h"
#include "ipsec/esp/probe_echo.h"
#include "ipsec/esp/seal.h"

#include <string.h>

void
path_settle(struct esp *e, struct sa *sa)
{
	sa_settle_fit(sa);
	if (sa->whole < sa->most)
		atomic_store_explicit(&e->narrow, 1, memory_order_relaxed);
}

/* Tell of what is known now, if it is news. */
static void
say(struct sa *sa, struct event_list *events)
{
	struct event *event;

	if (sa->probe.state != PROBE_KNOWN || sa->probe.fit == sa->said_fit ||
	    (event = esp_event_add(events)) == NULL)
		return;
	sa->said_fit = sa->probe.fit;
	event->kind = EVENT_NARROW;
	event->number = sa->probe.fit;
	memcpy(event->peer, sa->remote_ula, sizeof(event->peer));
}

static void
due(struct esp *e, const struct sa *sa)
{
	if (sa->probe.due_ms < e->out.due_ms)
		e->out.due_ms = sa->probe.due_ms;
}

void
path_ask(struct esp *e, struct sa *sa, uint64_t now_ms)
{
	probe_start(&sa->probe, sa->mtu != 0 ? sa->mtu : ESP_PACKET_MAX, now_ms);
	path_settle(e, sa);
	due(e, sa);
}

void
path_answered(struct esp *e, const struct event *event, uint64_t now_ms, struct event_list *events)
{
	struct sa *sa = policy_first(&e->policies, event->peer);

	for (; sa != NULL; sa = policy_next(sa)) {
		int sooner = probe_heard(&sa->probe, event->number, event->large, now_ms);

		path_settle(e, sa);
		say(sa, events);
		due(e, sa);
		if (sooner)
			atomic_store_explicit(&e->sooner, 1, memory_order_release);
	}
}

void
path_inherit(struct esp *e, struct sa *sa)
{
	struct sa *old = policy_first(&e->policies, sa->remote_ula);

	for (; old != NULL; old = policy_next(old)) {
		if (old == sa || !endpoint_equal(&old->remote, &sa->remote) ||
		    old->way.link != sa->way.link)
			continue;
		probe_inherit(&sa->probe, &old->probe);
		sa->said_fit = old->said_fit;
		path_settle(e, sa);
		return;
	}
}

/* A probe in p's room, of this size; not counted, for nobody sent it.  p->len is 0 if it cannot be.
 */
static void
make(struct esp *e, struct sa *sa, struct esp_packet *p, uint32_t size, int large)
{
	probe_echo_make(p->data, sa->local_ula, sa->remote_ula, e->probes, large, &e->cookie);
	memset(p->data + PROBE_ECHO_LEN, 0, size - PROBE_ECHO_LEN);
	p->len = size;
	p->tos = 0;
	p->remote = sa->remote;
	p->way = sa->way;
	if (seal_packet(sa, p, ESP_NEXT_IPV6) == -1)
		p->len = 0;
}

/* The floor's is behind: where packets keep their order, its answer means that the other one's
 * would have come. */
static size_t
pair(struct esp *e, struct sa *sa, struct esp_packet out[2], uint64_t now_ms,
    struct event_list *events)
{
	uint32_t size = probe_next(&sa->probe, ++e->probes, now_ms);

	path_settle(e, sa);
	say(sa, events);
	if (size == 0 || !sa_check_life(sa, now_ms, events))
		return 0;
	make(e, sa, &out[0], size, 1);
	make(e, sa, &out[1], PROBE_FLOOR, 0);
	return 2;
}

size_t
esp_outbound_probes(struct esp *e, struct esp_packet *batch, size_t max, uint64_t now_ms)
{
	struct event_list events;
	struct sa *sa = NULL;
	size_t at = 0, n = 0;

	events.n = 0;
	if (max > ESP_CHUNK)
		max = ESP_CHUNK;
	pthread_mutex_lock(&e->out.lock);
	while (e->probing && n + 2 <= max && (sa = sa_next(&e->out.sas, &at)) != NULL)
		if (sa->probe.due_ms <= now_ms && sa->has_policy)
			n += pair(e, sa, batch + n, now_ms, &events);
		else if (sa->probe.due_ms <= now_ms)
			sa_new_path(sa); /* nothing leaves by it any more */
	if (sa == NULL)
		e->probing = 0;
	pthread_mutex_unlock(&e->out.lock);
	esp_fire(e, &events);
	return n;
}

int
esp_narrow(struct esp *e)
{
	return atomic_load_explicit(&e->narrow, memory_order_relaxed);
}

struct esp_fit
esp_fit(struct esp *e, const uint8_t *packet, size_t len, uint64_t now_ms)
{
	struct esp_fit fit = {SIZE_MAX, SIZE_MAX};
	struct sa *sa;
	int waiting;

	if (inner_len(packet, len) == 0)
		return fit;
	pthread_mutex_lock(&e->out.lock);
	sa = policy_find(&e->policies, inner_destination(packet), now_ms, &waiting);
	if (sa != NULL)
		fit = (struct esp_fit) {sa->whole, sa->most};
	pthread_mutex_unlock(&e->out.lock);
	return fit;
}

void
esp_peer_doubt(struct esp *e, const uint8_t ula[16], uint64_t now_ms)
{
	pthread_mutex_lock(&e->out.lock);
	for (struct sa *sa = policy_first(&e->policies, ula); sa != NULL; sa = policy_next(sa))
		probe_doubt(&sa->probe, now_ms);
	pthread_mutex_unlock(&e->out.lock);
}

int
esp_sooner(struct esp *e)
{
	return atomic_load_explicit(&e->sooner, memory_order_relaxed) &&
	    atomic_exchange_explicit(&e->sooner, 0, memory_order_acq_rel);
}
