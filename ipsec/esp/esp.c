/*
 * The data plane: ESP tunnel mode between our ULA and those of our peers.
 *
 *	        control.c (any thread): SAs and policies
 *	            |                           |
 *	+-----------v-----------+   +-----------v-----------+
 *	| out half, lock        |   | in half, lock         |
 *	|  SAs by id    sa.c    |   |  SAs by SPI   sa.c    |
 *	|  SAs by peer  policy.c|   |  replay windows       |
 *	|  hold queue   hold.c  |   |               replay.c|
 *	|  what paths           |   |                       |
 *	|    carry     paths.c  |   |                       |
 *	+-----------^-----------+   +-----------^-----------+
 *	            |  a peer moved, or <-------+
 *	            |  answered a probe         |
 *	 outbound.c, seal.c             inbound.c, open.c
 *	        TUN -> UDP                 UDP -> TUN
 *
 * The two directions share nothing but struct esp itself, so each has one lock and each of the
 * two data threads takes only its own: once for a batch of up to ESP_CHUNK packets, about 0.1 ms.
 * Whatever is inside a half, its SAs first of all, is read and written under its lock only; so
 * an SA is deleted between two batches and never under a packet.  Both locks are held at once
 * nowhere.  What crosses is a peer's new address and the number of a probe it has answered
 * (probe.h): inbound.c notes it, lets its lock go, and tells the outbound half.
 *
 * Things noticed under a lock (acquire, moved, expired) are put into an event_list on the stack
 * and called back after it is released: a callback may call any function of esp.h.
 *
 * Memory: two tables of SAs, the hold queue and the indexes are taken in esp_new; a slot that was
 * never used is never touched, so that it costs address space only.  An SA adds its cipher
 * context, at most ESP_SA_MAX of them.  Nothing grows with traffic.
 *
 * Time: `now_ms` is an argument.  Lifetimes are looked at with each packet and by esp_tick; each
 * half remembers when its next one is due, so that a tick before that looks at nothing.
 *
 * RFC 4303 (ESP), 4106 (AES-GCM), 7634 (ChaCha20-Poly1305), 4304 (ESN), 3948 (in UDP).
 */
#include "ipsec/esp/esp.h"

#include "ipsec/esp/lifetime.h"
#include "ipsec/esp/state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int
half_init(struct half *half)
{
	half->due_ms = UINT64_MAX;
	if (sa_table_init(&half->sas, ESP_SA_MAX / 2) == -1)
		return -1;
	pthread_mutex_init(&half->lock, NULL);
	return 0;
}

static void
half_free(struct half *half)
{
	if (half->sas.slots == NULL)
		return;
	sa_table_free(&half->sas);
	pthread_mutex_destroy(&half->lock);
}

struct esp *
esp_new(const struct esp_events *events, void *ctx)
{
	struct esp *e;

	if (aead_choose() == -1 || (e = calloc(1, sizeof(*e))) == NULL)
		return NULL;
	e->events = *events;
	e->ctx = ctx;
	if (half_init(&e->in) == -1 || half_init(&e->out) == -1 || hold_init(&e->hold) == -1) {
		esp_free(e);
		return NULL;
	}
	e->hold.drops = &e->out.drops;
	siphash_key_random(&e->cookie);
	return e;
}

void
esp_free(struct esp *e)
{
	if (e == NULL)
		return;
	half_free(&e->in);
	half_free(&e->out);
	hold_free(&e->hold);
	free(e);
}

void
esp_crypto_text(char *out, size_t size)
{
	aead_describe(out, size);
}

struct half *
esp_half(struct esp *e, int inbound)
{
	return inbound ? &e->in : &e->out;
}

void
esp_fire(struct esp *e, struct event_list *events)
{
	esp_event_fire(events, &e->events, e->ctx);
	if ((drops_tell(&e->in.drops) | drops_tell(&e->out.drops)) != 0 &&
	    e->events.dropped != NULL)
		e->events.dropped(e->ctx);
}

void
esp_drops(struct esp *e, uint64_t out[ESP_DROP_MAX])
{
	memset(out, 0, ESP_DROP_MAX * sizeof(out[0]));
	for (int inbound = 0; inbound < 2; inbound++) {
		struct half *half = esp_half(e, inbound);

		pthread_mutex_lock(&half->lock);
		for (size_t i = 0; i < ESP_DROP_MAX; i++)
			out[i] += half->drops.all[i];
		pthread_mutex_unlock(&half->lock);
	}
}

void
esp_nobodys_drops(struct esp *e, uint64_t out[ESP_DROP_MAX])
{
	memset(out, 0, ESP_DROP_MAX * sizeof(out[0]));
	for (int inbound = 0; inbound < 2; inbound++) {
		struct half *half = esp_half(e, inbound);

		pthread_mutex_lock(&half->lock);
		drops_read_nobodys(&half->drops, out);
		pthread_mutex_unlock(&half->lock);
	}
}

void
esp_drop_note(struct esp *e, enum esp_drop reason, int inbound, size_t n)
{
	struct half *half = esp_half(e, inbound);
	struct event_list none = {.n = 0};

	pthread_mutex_lock(&half->lock);
	drops_count(&half->drops, reason, NULL, n);
	pthread_mutex_unlock(&half->lock);
	esp_fire(e, &none);
}

/* Look at every SA.  One whose event found no place keeps the half due.  *ready is set when one
 * need not wait for its peer any longer, *probing when one has to probe. */
static void
check_lives(struct half *half, uint64_t now_ms, struct event_list *events, int *ready, int *probing)
{
	struct sa *sa;
	size_t at = 0;

	half->due_ms = UINT64_MAX;
	while ((sa = sa_next(&half->sas, &at)) != NULL) {
		sa_check_life(sa, now_ms, events);
		if (sa->ready_ms != 0 && sa->ready_ms <= now_ms) {
			sa->ready_ms = 0;
			*ready = 1;
		}
		if (sa->probe.due_ms <= now_ms)
			*probing = 1;
		if (sa_due_ms(sa) < half->due_ms)
			half->due_ms = sa_due_ms(sa);
	}
}

static uint64_t
tick(struct esp *e, struct half *half, uint64_t now_ms)
{
	struct event_list events;
	uint64_t due_ms;
	int ready = 0, probing = 0;

	events.n = 0;
	pthread_mutex_lock(&half->lock);
	if (half->due_ms <= now_ms) {
		check_lives(half, now_ms, &events, &ready, &probing);
		if (half == &e->out) { /* only there an SA waits, or probes */
			e->held_ready |= ready;
			e->probing |= probing;
			hold_expire(&e->hold, now_ms);
			if (hold_due_ms(&e->hold) < half->due_ms)
				half->due_ms = hold_due_ms(&e->hold);
		}
	}
	due_ms = half->due_ms;
	pthread_mutex_unlock(&half->lock);
	esp_fire(e, &events);
	return due_ms;
}

uint64_t
esp_tick(struct esp *e, uint64_t now_ms)
{
	uint64_t in = tick(e, &e->in, now_ms), out = tick(e, &e->out, now_ms);
	uint64_t due_ms = in < out ? in : out;

	if (due_ms == UINT64_MAX)
		return UINT64_MAX;
	return due_ms > now_ms ? due_ms - now_ms : 0;
}
