#include "ipsec/esp/drops.h"

#include "ipsec/esp/inner.h"

#include <string.h>

static struct drops_peer **
find(const struct drops *d, const uint8_t ula[16])
{
	struct drops_peer **at = (struct drops_peer **)&d->buckets[inner_hash(ula) % DROPS_BUCKETS];

	while (*at != NULL && memcmp((*at)->ula, ula, 16) != 0)
		at = &(*at)->next;
	return at;
}

void
drops_count(struct drops *d, enum esp_drop reason, const uint8_t *ula, uint64_t n)
{
	struct drops_peer *p = ula != NULL && n > 0 ? *find(d, ula) : NULL;

	d->all[reason] += n;
	if (p != NULL) {
		p->n[reason] += n;
		return;
	}
	d->nobodys[reason] += n;
	if (n > 0 && atomic_load(&d->news) == DROPS_NO_NEWS)
		atomic_store(&d->news, DROPS_NEWS);
}

int
drops_know(struct drops *d, const uint8_t ula[16])
{
	struct drops_peer **at = find(d, ula), *p = d->free;

	if (*at != NULL)
		return 0;
	if (p != NULL)
		d->free = p->next;
	else if (d->touched < ESP_PEERS_MAX)
		p = &d->peers[d->touched++];
	else
		return -1;
	memset(p, 0, sizeof(*p));
	memcpy(p->ula, ula, 16);
	*at = p;
	return 0;
}

void
drops_forget(struct drops *d, const uint8_t ula[16])
{
	struct drops_peer **at = find(d, ula), *p = *at;

	if (p == NULL)
		return;
	*at = p->next;
	p->next = d->free;
	d->free = p;
}

void
drops_read(const struct drops *d, const uint8_t ula[16], uint64_t out[ESP_DROP_MAX])
{
	const struct drops_peer *p = *find(d, ula);

	for (size_t i = 0; p != NULL && i < ESP_DROP_MAX; i++)
		out[i] += p->n[i];
}

void
drops_read_nobodys(struct drops *d, uint64_t out[ESP_DROP_MAX])
{
	atomic_store(&d->news, DROPS_NO_NEWS);
	for (size_t i = 0; i < ESP_DROP_MAX; i++)
		out[i] += d->nobodys[i];
}

int
drops_tell(struct drops *d)
{
	int news = DROPS_NEWS;

	return atomic_load(&d->news) == DROPS_NEWS &&
	    atomic_compare_exchange_strong(&d->news, &news, DROPS_TOLD);
}
