#include "ipsec/esp/hold.h"

#include "base/clock.h"
#include <stdlib.h>
#include <string.h>

int
hold_init(struct hold *h)
{
	memset(h, 0, sizeof(*h));
	h->last = &h->first;
	h->slots = calloc(ESP_HOLD_MAX, sizeof(*h->slots));
	return h->slots != NULL ? 0 : -1;
}

void
hold_free(struct hold *h)
{
	free(h->slots);
	h->slots = NULL;
}

static struct hold_peer *
find_peer(struct hold *h, const uint8_t ula[16])
{
	for (size_t i = 0; i < HOLD_PEERS_MAX; i++)
		if (h->peers[i].used && memcmp(h->peers[i].ula, ula, 16) == 0)
			return &h->peers[i];
	return NULL;
}

/* An entry may go when nothing waits in it and its last acquire is long enough ago. */
static struct hold_peer *
add_peer(struct hold *h, const uint8_t ula[16], uint64_t now_ms)
{
	for (size_t i = 0; i < HOLD_PEERS_MAX; i++) {
		struct hold_peer *p = &h->peers[i];

		if (p->used &&
		    (p->packets > 0 || clock_since(p->acquired_ms, now_ms) < HOLD_ACQUIRE_MS))
			continue;
		memset(p, 0, sizeof(*p));
		memcpy(p->ula, ula, 16);
		return p;
	}
	return NULL;
}

static struct hold_packet *
take_slot(struct hold *h)
{
	struct hold_packet *k = h->free;

	if (k != NULL)
		h->free = k->next;
	else if (h->touched < ESP_HOLD_MAX)
		k = &h->slots[h->touched++];
	return k;
}

void
hold_drop(struct hold *h, struct hold_packet **at)
{
	struct hold_packet *k = *at;

	*at = k->next;
	if (h->last == &k->next)
		h->last = at;
	k->peer->packets--;
	k->next = h->free;
	h->free = k;
}

static unsigned int
lose(struct hold *h, const uint8_t ula[16])
{
	if (h->drops != NULL)
		drops_count(h->drops, ESP_DROP_NO_POLICY, ula, 1);
	return 1;
}

static unsigned int
lose_first(struct hold *h)
{
	unsigned int lost = lose(h, h->first->peer->ula);

	hold_drop(h, &h->first);
	return lost;
}

void
hold_release(struct hold *h, struct hold_packet **at)
{
	struct hold_peer *peer = (*at)->peer;

	hold_drop(h, at);
	if (peer->packets == 0)
		peer->used = 0;
}

static void
append(struct hold *h, struct hold_peer *peer, const uint8_t *data, size_t len, uint64_t now_ms)
{
	struct hold_packet *k = take_slot(h);

	k->next = NULL;
	k->peer = peer;
	k->since_ms = now_ms;
	k->len = len;
	memcpy(k->data, data, len);
	peer->packets++;
	*h->last = k;
	h->last = &k->next;
}

unsigned int
hold_put(struct hold *h, const uint8_t dst[16], const uint8_t *data, size_t len, uint64_t now_ms,
    int *acquire)
{
	struct hold_peer *peer = find_peer(h, dst);
	unsigned int lost = 0;

	*acquire = 0;
	if (peer == NULL && (peer = add_peer(h, dst, now_ms)) == NULL)
		return lose(h, dst);
	if (!peer->used || clock_since(peer->acquired_ms, now_ms) >= HOLD_ACQUIRE_MS) {
		peer->used = 1;
		peer->acquired_ms = now_ms;
		*acquire = 1;
	}
	if (peer->packets == ESP_HOLD_PER_PEER)
		return lose(h, dst);
	if (h->free == NULL && h->touched == ESP_HOLD_MAX)
		lost = lose_first(h);
	append(h, peer, data, len, now_ms);
	return lost;
}

unsigned int
hold_expire(struct hold *h, uint64_t now_ms)
{
	unsigned int lost = 0;

	while (h->first != NULL && clock_since(h->first->since_ms, now_ms) >= ESP_HOLD_MS)
		lost += lose_first(h);
	return lost;
}

uint64_t
hold_due_ms(const struct hold *h)
{
	return h->first != NULL ? h->first->since_ms + ESP_HOLD_MS : UINT64_MAX;
}
