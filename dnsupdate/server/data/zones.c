#include "dnsupdate/server/data/zones.h"

#include "base/log.h"

#include <stdlib.h>
#include <string.h>

#define BUCKETS_MIN 16

/*
 * A zone's place in the table: open addressing.  Zones are few and come and go seldom, so the table
 * is simply made anew when one goes.
 */
static void
index_add(struct zones *zs, struct zone *z)
{
	size_t i = siphash(&zs->key, z->name.wire, z->name.len);

	while (zs->bucket[i & (zs->buckets - 1)] != NULL)
		i++;
	zs->bucket[i & (zs->buckets - 1)] = z;
}

static void
index_anew(struct zones *zs)
{
	while (zs->buckets < 2 * zs->count)
		zs->buckets *= 2;
	free(zs->bucket);
	zs->bucket = calloc(zs->buckets, sizeof *zs->bucket);
	if (zs->bucket == NULL)
		fatalx("out of memory");
	for (struct zone *z = zs->first; z != NULL; z = z->next)
		index_add(zs, z);
}

void
zones_init(struct zones *zs)
{
	*zs = (struct zones) {.buckets = BUCKETS_MIN};
	siphash_key_random(&zs->key);
	index_anew(zs);
}

void
zones_free(struct zones *zs)
{
	while (zs->first != NULL) {
		struct zone *next = zs->first->next;

		zone_free(zs->first);
		zs->first = next;
	}
	free(zs->bucket);
}

void
zones_add(struct zones *zs, struct zone *z)
{
	struct zone **last = &zs->first;

	while (*last != NULL)
		last = &(*last)->next;
	z->next = NULL;
	*last = z;
	zs->count++;
	index_anew(zs);
}

void
zones_remove(struct zones *zs, struct zone *z)
{
	struct zone **at = &zs->first;

	while (*at != z)
		at = &(*at)->next;
	*at = z->next;
	z->next = NULL;
	zs->count--;
	index_anew(zs);
}

static struct zone *
get(const struct zones *zs, const uint8_t *name, size_t len)
{
	size_t i = siphash(&zs->key, name, len);
	struct zone *z;

	for (; (z = zs->bucket[i & (zs->buckets - 1)]) != NULL; i++)
		if (z->name.len == len && memcmp(z->name.wire, name, len) == 0)
			return z;
	return NULL;
}

struct zone *
zones_get(const struct zones *zs, const struct name *name)
{
	return get(zs, name->wire, name->len);
}

struct zone *
zones_above(const struct zones *zs, const struct name *name)
{
	struct zone *z = NULL;

	for (size_t at = 0; z == NULL && at < name->len; at += 1 + (size_t)name->wire[at])
		z = get(zs, name->wire + at, name->len - at);
	return z;
}
