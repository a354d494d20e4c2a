/* Datagrams to inner packets, and following peers that move. */
#include "ipsec/esp/ecn.h"
#include "ipsec/esp/inner.h"
#include "ipsec/esp/open.h"
#include "ipsec/esp/paths.h"
#include "ipsec/esp/probe_echo.h"
#include "ipsec/esp/seal.h"
#include "ipsec/esp/state.h"

#include "base/clock.h"
#include <string.h>

#define MOVES_PER_SEC 5

static int
may_move(struct sa *sa, uint64_t now_ms)
{
	if (clock_since(sa->moves_since_ms, now_ms) >= 1000) {
		sa->moves_since_ms = now_ms;
		sa->moves = 0;
	}
	if (sa->moves == MOVES_PER_SEC)
		return 0;
	sa->moves++;
	return 1;
}

/*
 * The peer's newest packet came from `from`.  If that is news, remember it and say so; an answer
 * goes there as soon as the outbound half has been told (tell_outbound).  An address of the
 * peer's account network would send the tunnel through itself.
 */
static void
follow(struct sa *sa, const struct endpoint *from, uint64_t now_ms, struct event_list *events)
{
	struct event *event;

	if (from->family == 0 || endpoint_equal(from, &sa->remote) ||
	    (from->family == 6 && memcmp(from->addr, sa->remote_ula, 6) == 0) ||
	    !may_move(sa, now_ms) || (event = esp_event_add(events)) == NULL)
		return;
	sa->remote = *from;
	event->kind = EVENT_MOVED;
	event->id = sa->id;
	event->remote = *from;
	memcpy(event->peer, sa->remote_ula, sizeof(event->peer));
}

/* The first packet of an SA: the peer has it, so ours towards the peer need not wait. */
static void
heard(const struct sa *sa, struct event_list *events)
{
	struct event *event = esp_event_add(events);

	if (event == NULL)
		return;
	event->kind = EVENT_HEARD;
	event->id = sa->id;
	memcpy(event->peer, sa->remote_ula, sizeof(event->peer));
}

/* What an opened packet of this SA holds: OPEN_OK with p the inner packet, or empty (p->len 0).
 * What is behind the inner packet is padding (RFC 4303 2.7). */
static enum esp_drop
check_inside(const struct sa *sa, struct esp_packet *p)
{
	uint8_t next_header = 0;

	if (p->data[p->len - 1] == ESP_NEXT_NONE) { /* the rest may be anything */
		p->len = 0;
		return OPEN_OK;
	}
	if (open_trailer(p, &next_header) == -1 || next_header != ESP_NEXT_IPV6 ||
	    (p->len = inner_len(p->data, p->len)) == 0)
		return ESP_DROP_INNER;
	if (!policy_is(sa, inner_destination(p->data), inner_source(p->data)))
		return ESP_DROP_SELECTOR;
	return ecn_open(p->data, p->tos) == 0 ? OPEN_OK : ESP_DROP_CONGESTED;
}

/* The answer to a probe is for us: nobody inside has asked. */
static void
take_answer(
    const struct esp *e, const struct sa *sa, struct esp_packet *p, struct event_list *events)
{
	struct event *event;
	uint32_t number;
	int large;

	if (!probe_echo_answers(p->data, p->len, &e->cookie, &number, &large))
		return;
	p->len = 0;
	if ((event = esp_event_add(events)) == NULL)
		return;
	event->kind = EVENT_PROBED;
	event->number = number;
	event->large = (uint8_t)large;
	memcpy(event->peer, sa->remote_ula, sizeof(event->peer));
}

static enum esp_drop
through(
    struct esp *e, struct sa *sa, struct esp_packet *p, uint64_t now_ms, struct event_list *events)
{
	enum esp_drop reason;
	int newest = 0;

	if (!sa_check_life(sa, now_ms, events))
		return ESP_DROP_EXPIRED;
	if ((reason = open_packet(sa, p, &newest)) != OPEN_OK)
		return reason;
	if (newest && sa->has_policy)
		follow(sa, &p->remote, now_ms, events);
	if (sa->packets == 0 && sa->has_policy)
		heard(sa, events);
	reason = check_inside(sa, p);
	if (reason == OPEN_OK && p->len == PROBE_ECHO_LEN)
		take_answer(e, sa, p, events);
	sa_count(sa, reason == OPEN_OK ? p->len : 0, now_ms, events);
	sa_check_life(sa, now_ms, events);
	return reason;
}

static void
inbound_one(struct esp *e, struct esp_packet *p, uint64_t now_ms, struct event_list *events)
{
	uint32_t spi = open_spi(p->data, p->len);
	struct sa *sa = spi != 0 ? sa_find(&e->in.sas, spi) : NULL;
	enum esp_drop reason;

	if (sa != NULL)
		reason = through(e, sa, p, now_ms, events);
	else
		reason = spi == 0 ? ESP_DROP_SHORT : ESP_DROP_NO_SA;
	if (reason == OPEN_OK)
		return;
	drops_count(&e->in.drops, reason, sa != NULL ? sa->remote_ula : NULL, 1);
	p->len = 0;
}

/* What the outbound half should know: where peers are now, which need not be waited for, and what
 * paths carry.  An event about a peer that was not waited for is taken back. */
static void
tell_outbound(struct esp *e, struct event_list *events, uint64_t now_ms)
{
	size_t kept = 0;

	pthread_mutex_lock(&e->out.lock);
	for (size_t i = 0; i < events->n; i++) {
		struct event *event = &events->e[i];

		if (event->kind == EVENT_MOVED)
			policy_move(&e->policies, event->peer, &event->remote);
		if (event->kind == EVENT_PROBED) {
			path_answered(e, event, now_ms, events);
			continue;
		}
		if (event->kind == EVENT_HEARD &&
		    !policy_heard(&e->policies, event->peer, event->id))
			continue;
		e->held_ready |= event->kind == EVENT_HEARD;
		events->e[kept++] = *event;
	}
	events->n = kept;
	pthread_mutex_unlock(&e->out.lock);
}

static void
inbound_chunk(struct esp *e, struct esp_packet *batch, size_t n, uint64_t now_ms)
{
	struct event_list events;

	events.n = 0;
	pthread_mutex_lock(&e->in.lock);
	for (size_t i = 0; i < n; i++)
		inbound_one(e, &batch[i], now_ms, &events);
	pthread_mutex_unlock(&e->in.lock);
	if (events.n > 0)
		tell_outbound(e, &events, now_ms);
	esp_fire(e, &events);
}

void
esp_inbound(struct esp *e, struct esp_packet *batch, size_t n, uint64_t now_ms)
{
	for (size_t i = 0; i < n; i += ESP_CHUNK)
		inbound_chunk(e, batch + i, n - i < ESP_CHUNK ? n - i : ESP_CHUNK, now_ms);
}
