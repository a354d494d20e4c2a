#include "dnsupdate/server/live/follow.h"

#include "base/log.h"
#include "crypto/siphash.h"

#include <stdlib.h>
#include <string.h>

#define BUCKETS_MIN 1024
#define BUCKET_LOAD 2 /* names a bucket, at the most on average */
#define TELLERS 2

/* What a type's followers hear of a happening, found out when the first one asks. */
struct happening_type {
	uint16_t type;
	struct view *before;
	struct news *news;
};

struct follow {
	struct topic **bucket;
	size_t buckets; /* a power of two */
	size_t topics;
	struct siphash_key key; /* strangers choose names */
	const struct follow_teller *teller[TELLERS];
	size_t tellers;
	/* the batch at hand, kept for the next one: changes of followed names */
	struct hit {
		struct topic *topic;
		const struct change *change;
		size_t order;
		size_t group; /* order of the first change of this name */
	} * hit;
	size_t hits, hit_room;
	const struct change **change;
	size_t change_room;
	/* the last difference that was told outside of a batch, for the next one who needs the
	 * same; dropped with the next change */
	const struct topic *last_topic;
	struct view *last_from;
	struct news *last_news;
	uint16_t last_type;
};

static void *
must(void *p)
{
	if (p == NULL)
		fatalx("out of memory");
	return p;
}

struct follow *
follow_new(void)
{
	struct follow *f = must(calloc(1, sizeof *f));

	f->buckets = BUCKETS_MIN;
	f->bucket = must(calloc(f->buckets, sizeof(struct topic *)));
	siphash_key_random(&f->key);
	return f;
}

static void
forget_last(struct follow *f)
{
	view_unref(f->last_from);
	news_unref(f->last_news);
	f->last_topic = NULL;
	f->last_from = NULL;
	f->last_news = NULL;
}

void
follow_free(struct follow *f)
{
	if (f == NULL)
		return;
	for (size_t i = 0; i < f->buckets; i++) {
		for (struct topic *t = f->bucket[i], *chain; t != NULL; t = chain) {
			chain = t->chain;
			free(t);
		}
	}
	forget_last(f);
	free(f->bucket);
	free(f->hit);
	free(f->change);
	free(f);
}

void
follow_add_teller(struct follow *f, const struct follow_teller *t)
{
	if (f->tellers == TELLERS)
		fatalx("follow: a teller too many");
	f->teller[f->tellers++] = t;
}

/* ---- topics ---- */

/* Octets of a name of z without the zone's. */
static size_t
labels_len(const struct zone *z, size_t len)
{
	return len - z->name.len;
}

static uint32_t
hash_of(const struct follow *f, const struct zone *z, const uint8_t *labels, size_t len)
{
	struct siphash_key key = f->key;

	key.k[0] ^= (uintptr_t)z;
	return (uint32_t)siphash(&key, labels, len);
}

/* wire: a whole name that lies in z. */
static struct topic *
find(
    const struct follow *f, const struct zone *z, const uint8_t *wire, size_t whole, uint32_t *hash)
{
	size_t len = labels_len(z, whole);
	struct topic *t;

	*hash = hash_of(f, z, wire, len);
	t = f->bucket[*hash & (f->buckets - 1)];
	while (t != NULL &&
	    (t->hash != *hash || t->zone != z || t->len != len ||
		memcmp(t->labels, wire, len) != 0))
		t = t->chain;
	return t;
}

static void
grow(struct follow *f)
{
	size_t buckets = 2 * f->buckets;
	struct topic **bucket = must(calloc(buckets, sizeof(struct topic *)));

	for (size_t i = 0; i < f->buckets; i++) {
		for (struct topic *t = f->bucket[i], *chain; t != NULL; t = chain) {
			chain = t->chain;
			t->chain = bucket[t->hash & (buckets - 1)];
			bucket[t->hash & (buckets - 1)] = t;
		}
	}
	free(f->bucket);
	f->bucket = bucket;
	f->buckets = buckets;
}

static struct topic *
topic_new(struct follow *f, uint32_t hash, struct zone *z, const struct name *owner)
{
	size_t len = labels_len(z, owner->len);
	struct topic *t = must(malloc(offsetof(struct topic, labels) + len));

	memset(t, 0, offsetof(struct topic, labels));
	t->zone = z;
	t->llqs = NOBODY;
	t->hash = hash;
	t->len = (uint8_t)len;
	memcpy(t->labels, owner->wire, len);
	if (++f->topics > BUCKET_LOAD * f->buckets)
		grow(f);
	t->chain = f->bucket[hash & (f->buckets - 1)];
	f->bucket[hash & (f->buckets - 1)] = t;
	return t;
}

struct topic *
topic_find(const struct follow *f, const struct zone *z, const struct name *owner)
{
	uint32_t hash;

	return find(f, z, owner->wire, owner->len, &hash);
}

struct topic *
topic_get(struct follow *f, struct zone *z, const struct name *owner)
{
	uint32_t hash;
	struct topic *t = find(f, z, owner->wire, owner->len, &hash);

	if (t == NULL)
		t = topic_new(f, hash, z, owner);
	t->followers++;
	return t;
}

void
topic_put(struct follow *f, struct topic *t)
{
	struct topic **at = &f->bucket[t->hash & (f->buckets - 1)];

	if (--t->followers > 0)
		return;
	while (*at != t)
		at = &(*at)->chain;
	*at = t->chain;
	f->topics--;
	if (f->last_topic == t)
		forget_last(f);
	free(t);
}

void
topic_name(const struct topic *t, struct name *out)
{
	memcpy(out->wire, t->labels, t->len);
	memcpy(out->wire + t->len, t->zone->name.wire, t->zone->name.len);
	out->len = (uint8_t)(t->len + t->zone->name.len);
}

size_t
follow_topics(const struct follow *f)
{
	return f->topics;
}

struct news *
topic_news(struct follow *f, const struct topic *t, uint16_t type, struct view *from)
{
	struct name owner;
	struct view *now;

	if (f->last_topic != t || f->last_from != from || f->last_type != type) {
		forget_last(f);
		topic_name(t, &owner);
		now = view_now(t->zone, &owner, type);
		f->last_news = news_between(from, now);
		view_unref(now);
		f->last_topic = t;
		f->last_from = view_ref(from);
		f->last_type = type;
	}
	return f->last_news != NULL ? news_ref(f->last_news) : NULL;
}

/* ---- a batch ---- */

static void
add_hit(struct follow *f, struct topic *t, const struct change *c)
{
	if (f->hits == f->hit_room) {
		f->hit_room = f->hit_room == 0 ? 64 : 2 * f->hit_room;
		f->hit = must(realloc(f->hit, f->hit_room * sizeof *f->hit));
		f->change = must(realloc(f->change, f->hit_room * sizeof *f->change));
	}
	f->hit[f->hits] = (struct hit) {t, c, f->hits, 0};
	f->hits++;
}

static void
collect_hits(struct follow *f, const struct zone *z, const struct change_list *l)
{
	const struct change *c;
	struct topic *t;
	uint32_t hash;

	f->hits = 0;
	for (size_t pos = 0; (c = change_next(l, &pos)) != NULL;) {
		if (!change_removed(c) && !change_added(c))
			continue;
		t = find(f, z, l->octets + c->owner_at, c->owner_len, &hash);
		if (t != NULL)
			add_hit(f, t, c);
	}
}

static int
by_topic(const void *va, const void *vb)
{
	const struct hit *a = va, *b = vb;

	if (a->topic != b->topic)
		return (uintptr_t)a->topic < (uintptr_t)b->topic ? -1 : 1;
	return a->order < b->order ? -1 : 1;
}

static int
by_group(const void *va, const void *vb)
{
	const struct hit *a = va, *b = vb;

	if (a->group != b->group)
		return a->group < b->group ? -1 : 1;
	return a->order < b->order ? -1 : 1;
}

/* Changes of one name together; names, and changes of one, in the order in which they came. */
static void
sort_hits(struct follow *f)
{
	if (f->hits < 2)
		return;
	qsort(f->hit, f->hits, sizeof *f->hit, by_topic);
	for (size_t i = 0; i < f->hits; i++)
		f->hit[i].group = i > 0 && f->hit[i].topic == f->hit[i - 1].topic
		    ? f->hit[i - 1].group
		    : f->hit[i].order;
	qsort(f->hit, f->hits, sizeof *f->hit, by_group);
}

static void
tell(struct follow *f, struct happening *h)
{
	topic_name(h->topic, &h->owner);
	for (size_t i = 0; i < f->tellers; i++)
		f->teller[i]->happened(f->teller[i]->ctx, h);
	for (size_t i = 0; i < h->type_count; i++) {
		view_unref(h->types[i].before);
		news_unref(h->types[i].news);
	}
	free(h->types);
}

void
follow_changed(struct follow *f, struct zone *z, const struct change_list *l, uint64_t now_ms)
{
	size_t from, to;

	if (f->topics == 0)
		return;
	forget_last(f);
	collect_hits(f, z, l);
	sort_hits(f);
	for (size_t i = 0; i < f->hits; i++)
		f->hit[i].topic->followers++; /* none goes while it is in the list */
	for (from = 0; from < f->hits; from = to) {
		struct happening h = {
		    .topic = f->hit[from].topic, .now_ms = now_ms, .list = l, .change = f->change};

		for (to = from; to < f->hits && f->hit[to].topic == h.topic; to++)
			f->change[to - from] = f->hit[to].change;
		h.count = to - from;
		tell(f, &h);
	}
	for (size_t i = 0; f->hits > 0 && i < f->tellers; i++)
		f->teller[i]->over(f->teller[i]->ctx);
	for (size_t i = 0; i < f->hits; i++)
		topic_put(f, f->hit[i].topic);
}

static struct happening_type *
type_of(struct happening *h, uint16_t type)
{
	struct happening_type *t;
	struct view *now;

	for (size_t i = 0; i < h->type_count; i++)
		if (h->types[i].type == type)
			return &h->types[i];
	h->types = must(realloc(h->types, (h->type_count + 1) * sizeof *h->types));
	t = &h->types[h->type_count++];
	t->type = type;
	t->before = view_before(h->topic->zone, &h->owner, type, h->list, h->change, h->count);
	now = view_now(h->topic->zone, &h->owner, type);
	t->news = news_between(t->before, now);
	view_unref(now);
	return t;
}

struct news *
happening_news(struct happening *h, uint16_t type)
{
	return type_of(h, type)->news;
}

struct view *
happening_before(struct happening *h, uint16_t type)
{
	return type_of(h, type)->before;
}

/* ---- a zone that goes ---- */

void
follow_zone_gone(struct follow *f, struct zone *z)
{
	for (size_t i = 0; i < f->buckets; i++) {
		struct topic *t = f->bucket[i];

		while (t != NULL) {
			struct topic *chain = t->chain;

			/* each teller may drop his followers, the last one takes the topic along */
			if (t->zone == z) {
				t->followers++;
				for (size_t n = 0; n < f->tellers; n++)
					f->teller[n]->zone_gone(f->teller[n]->ctx, t);
				topic_put(f, t);
			}
			t = chain;
		}
	}
}
