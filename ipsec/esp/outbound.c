/* Inner packets to sealed datagrams, with the hold queue in between when there is no tunnel. */
#include "ipsec/esp/inner.h"
#include "ipsec/esp/lifetime.h"
#include "ipsec/esp/seal.h"
#include "ipsec/esp/state.h"

#include <string.h>

static void
drop(struct esp *e, struct esp_packet *p, enum esp_drop reason)
{
	e->out.drops[reason]++;
	p->len = 0;
}

/* Seal through this SA, if it may still be used. */
static void
send_through(struct esp *e, struct sa *sa, struct esp_packet *p, uint8_t next_header,
    uint64_t now_ms, struct event_list *events)
{
	size_t len = p->len;

	if (!sa_check_life(sa, now_ms, events)) {
		drop(e, p,
		    lifetime_sequence(sa->seq, sa->esn) == LIFETIME_HARD ? ESP_DROP_SEQUENCE
									 : ESP_DROP_EXPIRED);
		return;
	}
	if (seal_packet(sa, p, next_header) == -1) {
		drop(e, p, ESP_DROP_SEQUENCE);
		return;
	}
	p->remote = sa->remote;
	sa_count(sa, len, now_ms);
	sa_check_life(sa, now_ms, events);
}

/* No tunnel: keep a copy, and ask for one unless there is one that only waits for the peer. */
static void
hold(struct esp *e, struct esp_packet *p, int waiting, uint64_t now_ms, struct event_list *events)
{
	const uint8_t *dst = inner_destination(p->data);
	struct event *event;
	int acquire;

	e->out.drops[ESP_DROP_NO_POLICY] +=
	    hold_put(&e->hold, dst, p->data, p->len, now_ms, &acquire);
	if (hold_due_ms(&e->hold) < e->out.due_ms)
		e->out.due_ms = hold_due_ms(&e->hold);
	if (acquire && !waiting && (event = esp_event_add(events)) != NULL) {
		event->kind = EVENT_ACQUIRE;
		memcpy(event->peer, dst, sizeof(event->peer));
	}
	p->len = 0;
}

static void
outbound_one(struct esp *e, struct esp_packet *p, uint64_t now_ms, struct event_list *events)
{
	struct sa *sa;
	int waiting;

	if (p->len > ESP_PACKET_MAX) {
		drop(e, p, ESP_DROP_TOO_BIG);
		return;
	}
	/* Both ends are ULAs: multicast and link-local chatter of the device is not for a peer. */
	if (!inner_is_ipv6(p->data, p->len) || !ip6_is_ula(inner_destination(p->data)) ||
	    !ip6_is_ula(inner_source(p->data))) {
		drop(e, p, ESP_DROP_NOT_IPV6);
		return;
	}
	sa = policy_find(&e->policies, inner_destination(p->data), now_ms, &waiting);
	if (sa == NULL)
		hold(e, p, waiting, now_ms, events);
	else if (!policy_is(sa, inner_source(p->data), inner_destination(p->data)))
		drop(e, p, ESP_DROP_NOT_IPV6);
	else
		send_through(e, sa, p, ESP_NEXT_IPV6, now_ms, events);
}

void
esp_outbound(struct esp *e, struct esp_packet *batch, size_t n, uint64_t now_ms)
{
	struct event_list events = {.n = 0};

	while (n > 0) {
		size_t chunk = n < ESP_CHUNK ? n : ESP_CHUNK;

		pthread_mutex_lock(&e->out.lock);
		for (size_t i = 0; i < chunk; i++)
			outbound_one(e, &batch[i], now_ms, &events);
		pthread_mutex_unlock(&e->out.lock);
		esp_fire(e, &events);
		batch += chunk;
		n -= chunk;
	}
}

/* Move one held packet into p and seal it. */
static void
release(struct esp *e, const struct hold_packet *k, struct sa *sa, struct esp_packet *p,
    uint64_t now_ms, struct event_list *events)
{
	memcpy(p->data, k->data, k->len);
	p->len = k->len;
	if (policy_is(sa, inner_source(p->data), inner_destination(p->data)))
		send_through(e, sa, p, ESP_NEXT_IPV6, now_ms, events);
	else
		drop(e, p, ESP_DROP_NOT_IPV6);
}

size_t
esp_outbound_held(struct esp *e, struct esp_packet *batch, size_t max, uint64_t now_ms)
{
	struct event_list events = {.n = 0};
	struct hold_packet **at = &e->hold.first;
	size_t n = 0;
	int waiting;

	if (max > ESP_CHUNK)
		max = ESP_CHUNK;
	pthread_mutex_lock(&e->out.lock);
	while (e->held_ready && *at != NULL && n < max) {
		struct sa *sa = policy_find(&e->policies, (*at)->peer->ula, now_ms, &waiting);

		if (sa == NULL) {
			at = &(*at)->next;
			continue;
		}
		release(e, *at, sa, &batch[n], now_ms, &events);
		hold_release(&e->hold, at);
		if (batch[n].len > 0)
			n++;
	}
	if (*at == NULL)
		e->held_ready = 0;
	pthread_mutex_unlock(&e->out.lock);
	esp_fire(e, &events);
	return n;
}

int
esp_poke(struct esp *e, const uint8_t remote[16], struct esp_packet *out, uint64_t now_ms)
{
	struct event_list events = {.n = 0};
	struct sa *sa;
	int waiting;

	out->len = 0;
	pthread_mutex_lock(&e->out.lock);
	if ((sa = policy_find(&e->policies, remote, now_ms, &waiting)) != NULL)
		send_through(e, sa, out, ESP_NEXT_NONE, now_ms, &events);
	pthread_mutex_unlock(&e->out.lock);
	esp_fire(e, &events);
	return out->len > 0 ? 0 : -1;
}
