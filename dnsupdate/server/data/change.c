#include "dnsupdate/server/data/change.h"

#include "base/log.h"
#include "crypto/siphash.h"
#include "dnsupdate/server/data/zone.h"

#include <stdlib.h>
#include <string.h>

#define BUCKETS_MIN 64
#define NOBODY UINT32_MAX

static void *
grown(void *p, size_t size)
{
	p = realloc(p, size);
	if (p == NULL)
		fatalx("out of memory");
	return p;
}

/* Keyed, so that nobody can choose records that all fall on one place. */
static uint32_t
hash_of(const struct name *owner, uint16_t type, const void *rdata, uint16_t len)
{
	static struct siphash_key process;
	static int has_key;
	struct siphash_key key;

	if (!has_key)
		siphash_key_random(&process);
	has_key = 1;
	key = process;
	key.k[0] ^= type;
	key.k[0] ^= siphash(&process, owner->wire, owner->len);
	return (uint32_t)siphash(&key, rdata, len);
}

static void
index_add(struct change_list *l, uint32_t i)
{
	uint32_t *head = &l->bucket[l->change[i].hash & (l->buckets - 1)];

	l->change[i].chain = *head;
	*head = i;
}

static void
index_grow(struct change_list *l)
{
	l->buckets = l->buckets == 0 ? BUCKETS_MIN : l->buckets * 4;
	l->bucket = grown(l->bucket, l->buckets * sizeof *l->bucket);
	memset(l->bucket, 0xff, l->buckets * sizeof *l->bucket);
	for (size_t i = 0; i < l->count; i++)
		index_add(l, (uint32_t)i);
}

static struct change *
find(const struct change_list *l, uint32_t hash, const struct name *owner, uint16_t type,
    const void *rdata, uint16_t len)
{
	uint32_t i = l->buckets == 0 ? NOBODY : l->bucket[hash & (l->buckets - 1)];

	for (; i != NOBODY; i = l->change[i].chain) {
		struct change *c = &l->change[i];

		if (c->hash == hash && c->type == type && c->owner_len == owner->len &&
		    c->rdata_len == len &&
		    memcmp(l->octets + c->owner_at, owner->wire, owner->len) == 0 &&
		    memcmp(l->octets + c->rdata_at, rdata, len) == 0)
			return c;
	}
	return NULL;
}

static uint32_t
keep_octets(struct change_list *l, const void *p, size_t len)
{
	size_t at = l->used;

	if (at + len > l->octets_room) {
		l->octets_room = 2 * (at + len) + 1024;
		l->octets = grown(l->octets, l->octets_room);
	}
	if (len > 0)
		memcpy(l->octets + at, p, len);
	l->used += len;
	return (uint32_t)at;
}

void
change_note(struct change_list *l, const struct name *owner, uint16_t type, const void *rdata,
    uint16_t len, struct change_state before, struct change_state after)
{
	uint32_t hash = hash_of(owner, type, rdata, len);
	struct change *c = find(l, hash, owner, type, rdata, len);

	if (c != NULL) {
		c->after = after;
		return;
	}
	if (l->count == l->room) {
		l->room = l->room == 0 ? 16 : l->room * 2;
		l->change = grown(l->change, l->room * sizeof *l->change);
	}
	c = &l->change[l->count];
	*c = (struct change) {.before = before,
	    .after = after,
	    .owner_at = keep_octets(l, owner->wire, owner->len),
	    .rdata_at = keep_octets(l, rdata, len),
	    .type = type,
	    .rdata_len = len,
	    .owner_len = owner->len,
	    .hash = hash};
	l->count++;
	if (l->count > l->buckets)
		index_grow(l);
	else
		index_add(l, (uint32_t)(l->count - 1));
}

void
change_merge(struct change_list *into, const struct change_list *from)
{
	const struct change *c;
	struct name owner;

	for (size_t pos = 0; (c = change_next(from, &pos)) != NULL;) {
		change_owner(from, c, &owner);
		change_note(into, &owner, c->type, change_rdata(from, c), c->rdata_len, c->before,
		    c->after);
	}
}

/* Does the world see it differently? */
static int
visible(const struct change *c)
{
	return c->before.present != c->after.present ||
	    (c->before.present && c->before.ttl != c->after.ttl);
}

static int
leased_otherwise(const struct change *c)
{
	return c->before.present && c->after.present && c->before.lease != c->after.lease;
}

const struct change *
change_find(const struct change_list *l, const struct name *owner, uint16_t type, const void *rdata,
    uint16_t len)
{
	const struct change *c = l->count == 0
	    ? NULL
	    : find(l, hash_of(owner, type, rdata, len), owner, type, rdata, len);

	return c != NULL && (visible(c) || leased_otherwise(c)) ? c : NULL;
}

const struct change *
change_next(const struct change_list *l, size_t *pos)
{
	while (*pos < l->count) {
		const struct change *c = &l->change[(*pos)++];

		if (visible(c) || leased_otherwise(c))
			return c;
	}
	return NULL;
}

int
change_removed(const struct change *c)
{
	return c->before.present && visible(c);
}

int
change_added(const struct change *c)
{
	return c->after.present && visible(c);
}

void
change_owner(const struct change_list *l, const struct change *c, struct name *out)
{
	out->len = c->owner_len;
	memcpy(out->wire, l->octets + c->owner_at, c->owner_len);
}

const uint8_t *
change_rdata(const struct change_list *l, const struct change *c)
{
	return l->octets + c->rdata_at;
}

size_t
change_visible(const struct change_list *l)
{
	size_t n = 0;

	for (size_t i = 0; i < l->count; i++)
		n += visible(&l->change[i]) != 0;
	return n;
}

size_t
change_leases(const struct change_list *l)
{
	size_t n = 0;

	for (size_t i = 0; i < l->count; i++)
		n += !visible(&l->change[i]) && leased_otherwise(&l->change[i]);
	return n;
}

/* Absent ones first: a set at its limit must not refuse what was in it. */
static void
make_so(const struct change_list *l, struct zone *z, int after)
{
	const struct change *c;
	struct name owner;

	for (int present = 0; present <= 1; present++) {
		for (size_t pos = 0; (c = change_next(l, &pos)) != NULL;) {
			const struct change_state *s = after ? &c->after : &c->before;

			if (s->present != present)
				continue;
			change_owner(l, c, &owner);
			if (present)
				zone_put(z, &owner, c->type, s->ttl, change_rdata(l, c),
				    c->rdata_len, s->lease);
			else
				zone_take(z, &owner, c->type, change_rdata(l, c), c->rdata_len);
		}
	}
}

void
change_undo(const struct change_list *l, struct zone *z)
{
	make_so(l, z, 0);
}

void
change_redo(const struct change_list *l, struct zone *z)
{
	make_so(l, z, 1);
}

void
change_clear(struct change_list *l)
{
	l->count = 0;
	l->used = 0;
	if (l->buckets > 0)
		memset(l->bucket, 0xff, l->buckets * sizeof *l->bucket);
}

void
change_list_free(struct change_list *l)
{
	free(l->change);
	free(l->octets);
	free(l->bucket);
	*l = (struct change_list) {0};
}
