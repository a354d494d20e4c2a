#include "ipsec/esp/train.h"

#define NONE UINT8_MAX

static int
fits(const struct train *t, const struct esp_packet *p)
{
	return !t->closed && t->tos == p->tos && t->way.link == p->way.link &&
	    p->len <= t->segment && t->packets < TRAIN_PACKETS &&
	    t->octets + p->len <= TRAIN_OCTETS;
}

/* The train for a packet: the newest to its place if there is room, else a new one. */
static uint8_t
choose(struct trains *t, const struct esp_packet *p)
{
	unsigned int last = t->n > TRAIN_LOOK ? t->n - TRAIN_LOOK : 0;

	for (unsigned int i = t->n; i > last; i--) {
		struct train *old = &t->train[i - 1];

		if (!endpoint_equal(&old->to, &p->remote))
			continue;
		if (fits(old, p))
			return (uint8_t)(i - 1);
		break;
	}
	t->train[t->n] = (struct train) {
	    .to = p->remote,
	    .way = p->way,
	    .tos = p->tos,
	    .segment = (uint16_t)p->len,
	};
	return (uint8_t)t->n++;
}

static void
add_piece(struct train *t, const struct esp_packet *p)
{
	struct iovec *last = &t->piece[t->pieces];

	if (t->pieces > 0 &&
	    (uint8_t *)last[-1].iov_base + last[-1].iov_len == (const uint8_t *)p->data) {
		last[-1].iov_len += p->len;
		return;
	}
	*last = (struct iovec) {p->data, p->len};
	t->pieces++;
}

void
trains_make(struct trains *t, const struct esp_packet *batch, size_t n)
{
	uint8_t of[TRAIN_BATCH];
	unsigned int at = 0;

	t->n = 0;
	for (size_t i = 0; i < n; i++) {
		struct train *train;

		of[i] = NONE;
		if (batch[i].len == 0 || batch[i].remote.family == 0)
			continue;
		of[i] = choose(t, &batch[i]);
		train = &t->train[of[i]];
		train->packets++;
		train->octets += batch[i].len;
		train->closed = batch[i].len < train->segment;
	}
	for (unsigned int i = 0; i < t->n; i++) {
		t->train[i].piece = &t->piece[at];
		at += t->train[i].packets;
	}
	for (size_t i = 0; i < n; i++)
		if (of[i] != NONE)
			add_piece(&t->train[of[i]], &batch[i]);
}
