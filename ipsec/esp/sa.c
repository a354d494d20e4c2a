#include "ipsec/esp/sa.h"

#include "base/clock.h"
#include "crypto/mac.h"
#include "ipsec/esp/lifetime.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int
sa_table_init(struct sa_table *t, size_t max)
{
	memset(t, 0, sizeof(*t));
	t->max = max;
	t->slots = calloc(max, sizeof(*t->slots));
	return t->slots != NULL ? 0 : -1;
}

void
sa_table_free(struct sa_table *t)
{
	size_t at = 0;
	struct sa *sa;

	if (t->slots == NULL)
		return;
	while ((sa = sa_next(t, &at)) != NULL)
		aead_free(sa_remove(t, sa));
	free(t->slots);
	t->slots = NULL;
}

static size_t
hash(uint32_t id)
{
	return (id * UINT32_C(2654435761) >> 16) % SA_BUCKETS;
}

struct sa *
sa_find(const struct sa_table *t, uint32_t id)
{
	struct sa *sa = t->buckets[hash(id)];

	while (sa != NULL && sa->id != id)
		sa = sa->next;
	return sa;
}

static struct sa *
take_slot(struct sa_table *t)
{
	struct sa *sa = t->free;

	if (sa != NULL)
		t->free = sa->next;
	else if (t->touched < t->max)
		sa = &t->slots[t->touched++];
	return sa;
}

struct sa *
sa_insert(struct sa_table *t, const struct esp_sa *spec, struct aead *aead, uint64_t now_ms)
{
	uint32_t id = spec->id != 0 ? spec->id : spec->spi;
	struct sa *sa, **head = &t->buckets[hash(id)];

	if (sa_find(t, id) != NULL) {
		errno = EEXIST;
		return NULL;
	}
	if ((sa = take_slot(t)) == NULL) {
		errno = ENOSPC;
		return NULL;
	}
	*sa = (struct sa) {
	    .next = *head,
	    .id = id,
	    .spi = spec->spi,
	    .inbound = spec->inbound,
	    .esn = spec->esn,
	    .aead = aead,
	    .remote = spec->remote,
	    .local = spec->local,
	    .life = spec->life,
	    .created_ms = now_ms,
	    .partner = spec->partner,
	    .mtu = spec->mtu,
	    .tfc = spec->tfc,
	};
	memcpy(sa->salt, spec->salt, sizeof(sa->salt));
	*head = sa;
	sa_new_path(sa);
	return sa;
}

void
sa_settle_fit(struct sa *sa)
{
	uint32_t mtu = sa->mtu != 0 ? sa->mtu : ESP_PACKET_MAX, fit = sa->probe.fit;

	if (fit == 0 || fit > mtu)
		fit = mtu;
	sa->whole = fit;
	/* While it is not known yet what fits, and where nobody can be told: split. */
	if (fit < ESP_MTU_MIN || sa->probe.state != PROBE_KNOWN)
		sa->most = mtu >= ESP_MTU_MIN ? mtu : ESP_PACKET_MAX;
	else
		sa->most = fit;
}

void
sa_new_path(struct sa *sa)
{
	sa->asks = !sa->inbound && sa->tfc && sa->remote.family == 6;
	probe_new(&sa->probe, sa->asks);
	sa->said_fit = 0;
	sa_settle_fit(sa);
}

void
sa_point(struct sa *sa, const struct endpoint *remote)
{
	if (!endpoint_equal(&sa->remote, remote)) {
		sa->remote = *remote;
		sa_new_path(sa);
	}
}

struct aead *
sa_remove(struct sa_table *t, struct sa *sa)
{
	struct sa **p = &t->buckets[hash(sa->id)];
	struct aead *aead = sa->aead;

	while (*p != sa)
		p = &(*p)->next;
	*p = sa->next;
	crypto_wipe(sa, sizeof(*sa));
	sa->next = t->free;
	t->free = sa;
	return aead;
}

struct sa *
sa_next(const struct sa_table *t, size_t *at)
{
	while (*at < t->touched) {
		struct sa *sa = &t->slots[(*at)++];

		if (sa->aead != NULL)
			return sa;
	}
	return NULL;
}

void
sa_count(struct sa *sa, size_t len, uint64_t now_ms, struct event_list *events)
{
	struct event *e;

	sa->bytes += len;
	sa->packets++;
	sa->last_ms = now_ms;
	if (len == 0)
		return;
	if ((sa->used_ms == 0 || clock_since(sa->used_ms, now_ms) >= ESP_QUIET_MS) &&
	    (e = esp_event_add(events)) != NULL) {
		e->kind = EVENT_USED;
		e->id = sa->id;
		e->inbound = sa->inbound;
	}
	sa->used_ms = now_ms;
}

/* 0 when the list was full: then it is said another time. */
static int
say_expired(const struct sa *sa, int hard, struct event_list *events)
{
	struct event *e = esp_event_add(events);

	if (e == NULL)
		return 0;
	e->kind = EVENT_EXPIRED;
	e->id = sa->id;
	e->inbound = sa->inbound;
	e->remote = sa->remote;
	e->hard = (uint8_t)hard;
	return 1;
}

static enum lifetime
state_of(const struct sa *sa, uint64_t now_ms)
{
	uint64_t age = clock_since(sa->created_ms, now_ms);
	enum lifetime life = lifetime_state(&sa->life, age, sa->bytes, sa->packets);
	enum lifetime seq = sa->inbound ? LIFETIME_OK : lifetime_sequence(sa->seq, sa->esn);

	return seq > life ? seq : life;
}

int
sa_check_life(struct sa *sa, uint64_t now_ms, struct event_list *events)
{
	enum lifetime state = sa->dead ? LIFETIME_HARD : state_of(sa, now_ms);

	if (state == LIFETIME_HARD && !sa->dead)
		sa->dead = (uint8_t)say_expired(sa, 1, events);
	else if (state == LIFETIME_SOFT && !sa->soft_said)
		sa->soft_said = (uint8_t)say_expired(sa, 0, events);
	return state != LIFETIME_HARD;
}

uint64_t
sa_due_ms(const struct sa *sa)
{
	uint64_t age = sa->dead ? LIFETIME_NEVER : lifetime_next_age(&sa->life, sa->soft_said);

	uint64_t due = age > UINT64_MAX - sa->created_ms ? UINT64_MAX : sa->created_ms + age;

	if (sa->probe.due_ms < due)
		due = sa->probe.due_ms;
	return sa->ready_ms != 0 && sa->ready_ms < due ? sa->ready_ms : due;
}
