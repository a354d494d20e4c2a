/* Inner packets to sealed datagrams, with the hold queue in between when there is no tunnel. */
#include "ipsec/esp/ecn.h"
#include "ipsec/esp/inner.h"
#include "ipsec/esp/lifetime.h"
#include "ipsec/esp/paths.h"
#include "ipsec/esp/seal.h"
#include "ipsec/esp/state.h"
#include "ipsec/esp/too_big.h"

#include "base/clock.h"
#include <string.h>

/* sa: whose peer it was for; NULL where that is not known. */
static void
drop(struct esp *e, const struct sa *sa, struct esp_packet *p, enum esp_drop reason)
{
	drops_count(&e->out.drops, reason, sa != NULL ? sa->remote_ula : NULL, 1);
	p->len = 0;
}

/* Tell the sender, but not for each packet: one is enough for a whole window. */
static void
too_big(struct esp *e, struct sa *sa, struct esp_packet *p, uint32_t mtu, uint64_t now_ms)
{
	size_t len = p->len;

	drop(e, sa, p, ESP_DROP_TOO_BIG);
	if (sa->too_big_ms != 0 && clock_since(sa->too_big_ms, now_ms) < ESP_TOO_BIG_MS)
		return;
	sa->too_big_ms = now_ms;
	p->len = too_big_make(p->data, len, mtu);
	p->remote = (struct endpoint) {0};
}

/* Seal through this SA, if it may still be used. */
static void
send_through(struct esp *e, struct sa *sa, struct esp_packet *p, uint8_t next_header,
    uint64_t now_ms, struct event_list *events)
{
	size_t len = p->len;

	if (!sa_check_life(sa, now_ms, events)) {
		drop(e, sa, p,
		    lifetime_sequence(sa->seq, sa->esn) == LIFETIME_HARD ? ESP_DROP_SEQUENCE
									 : ESP_DROP_EXPIRED);
		return;
	}
	if (seal_packet(sa, p, next_header) == -1) {
		drop(e, sa, p, ESP_DROP_SEQUENCE);
		return;
	}
	p->remote = sa->remote;
	p->way = sa->way;
	sa_count(sa, len, now_ms, events);
	sa_check_life(sa, now_ms, events);
}

/* No tunnel: keep a copy, and ask for one unless there is one that only waits for the peer. */
static void
hold(struct esp *e, struct esp_packet *p, int waiting, uint64_t now_ms, struct event_list *events)
{
	const uint8_t *dst = inner_destination(p->data);
	struct event *event;
	int acquire;

	hold_put(&e->hold, dst, p->data, p->len, now_ms, &acquire);
	if (hold_due_ms(&e->hold) < e->out.due_ms)
		e->out.due_ms = hold_due_ms(&e->hold);
	if (acquire && !waiting && (event = esp_event_add(events)) != NULL) {
		event->kind = EVENT_ACQUIRE;
		memcpy(event->peer, dst, sizeof(event->peer));
	}
	p->len = 0;
}

/* The SA of a packet before, in the same batch: most of a batch goes one way. */
struct memo {
	struct sa *sa; /* NULL = none */
	uint8_t addresses[32]; /* source and destination */
};

static struct sa *
recall(const struct memo *m, const uint8_t *packet)
{
	if (m->sa == NULL || m->sa->dead ||
	    memcmp(m->addresses, inner_source(packet), sizeof(m->addresses)) != 0)
		return NULL;
	return m->sa;
}

static void
send_one(
    struct esp *e, struct sa *sa, struct esp_packet *p, uint64_t now_ms, struct event_list *events)
{
	if (sa->asks && probe_wanted(&sa->probe, p->len, now_ms))
		path_ask(e, sa, now_ms);
	if (p->len > sa->most) {
		too_big(e, sa, p, sa->most, now_ms);
		return;
	}
	p->tos = ecn_class(p->data);
	send_through(e, sa, p, ESP_NEXT_IPV6, now_ms, events);
}

static void
outbound_one(struct esp *e, struct memo *memo, struct esp_packet *p, uint64_t now_ms,
    struct event_list *events)
{
	struct sa *sa;
	int waiting;

	if (inner_is_ipv6(p->data, p->len) && (sa = recall(memo, p->data)) != NULL) {
		send_one(e, sa, p, now_ms, events);
		return;
	}
	/* Both ends are ULAs: multicast and link-local chatter of the device is not for a peer. */
	if (!inner_is_ipv6(p->data, p->len) || !ip6_is_ula(inner_destination(p->data)) ||
	    !ip6_is_ula(inner_source(p->data))) {
		drop(e, NULL, p, ESP_DROP_NOT_IPV6);
		return;
	}
	sa = policy_find(&e->policies, inner_destination(p->data), now_ms, &waiting);
	if (sa == NULL && p->len > ESP_PACKET_MAX) {
		drop(e, NULL, p, ESP_DROP_TOO_BIG);
	} else if (sa == NULL) {
		hold(e, p, waiting, now_ms, events);
	} else if (!policy_is(sa, inner_source(p->data), inner_destination(p->data))) {
		drop(e, sa, p, ESP_DROP_NOT_IPV6);
	} else {
		memo->sa = sa;
		memcpy(memo->addresses, inner_source(p->data), sizeof(memo->addresses));
		send_one(e, sa, p, now_ms, events);
	}
}

void
esp_outbound(struct esp *e, struct esp_packet *batch, size_t n, uint64_t now_ms)
{
	struct event_list events;

	events.n = 0;
	while (n > 0) {
		size_t chunk = n < ESP_CHUNK ? n : ESP_CHUNK;
		struct memo memo = {.sa = NULL};

		pthread_mutex_lock(&e->out.lock);
		for (size_t i = 0; i < chunk; i++)
			outbound_one(e, &memo, &batch[i], now_ms, &events);
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
		send_one(e, sa, p, now_ms, events);
	else
		drop(e, sa, p, ESP_DROP_NOT_IPV6);
}

size_t
esp_outbound_held(struct esp *e, struct esp_packet *batch, size_t max, uint64_t now_ms)
{
	struct event_list events;
	struct hold_packet **at = &e->hold.first;
	size_t n = 0;
	int waiting;

	events.n = 0;
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
	struct event_list events;
	struct sa *sa;
	int waiting;

	events.n = 0;
	out->len = 0;
	out->tos = 0;
	pthread_mutex_lock(&e->out.lock);
	if ((sa = policy_find(&e->policies, remote, now_ms, &waiting)) != NULL)
		send_through(e, sa, out, ESP_NEXT_NONE, now_ms, &events);
	pthread_mutex_unlock(&e->out.lock);
	esp_fire(e, &events);
	return out->len > 0 ? 0 : -1;
}
