#include "dnsupdate/server/data/tree.h"

#include "base/log.h"

#include <stdlib.h>
#include <string.h>

static void *
must(void *p)
{
	if (p == NULL)
		fatalx("out of memory");
	return p;
}

/* ---- the table: linear hashing ---- */

size_t
tree_level(size_t n)
{
	return (size_t)1 << (63 - __builtin_clzl(n));
}

size_t
tree_bucket(size_t buckets, uint32_t hash)
{
	size_t full = tree_level(buckets);
	size_t i = hash & (2 * full - 1);

	return i < buckets ? i : i & (full - 1);
}

static size_t
bucket_of(const struct zone *z, uint32_t hash)
{
	return tree_bucket(z->buckets, hash);
}

uint32_t
tree_hash(const struct zone *z, uint32_t parent, const uint8_t *label)
{
	struct siphash_key key = z->key;

	key.k[0] ^= parent;
	return (uint32_t)siphash(&key, label + 1, label[0]);
}

static uint32_t
hash_of(const struct zone *z, const struct node *parent, const uint8_t *label)
{
	return tree_hash(z, parent->hash, label);
}

/* One bucket more; the names of the one it splits are told apart by the next bit of their hash. */
static void
grow(struct zone *z)
{
	size_t added = z->buckets, half = tree_level(z->buckets);
	struct node **from, *n;

	if (added == z->room) {
		z->room *= 2;
		z->bucket = must(realloc(z->bucket, z->room * sizeof *z->bucket));
	}
	z->buckets++;
	z->bucket[added] = NULL;
	from = &z->bucket[added & (half - 1)];
	while ((n = *from) != NULL) {
		if (bucket_of(z, n->hash) != added) {
			from = &n->chain;
			continue;
		}
		*from = n->chain;
		n->chain = z->bucket[added];
		z->bucket[added] = n;
	}
}

static void
table_add(struct zone *z, struct node *n)
{
	struct node **head;

	if (++z->nodes > z->buckets)
		grow(z);
	head = &z->bucket[bucket_of(z, n->hash)];
	n->chain = *head;
	*head = n;
}

static void
table_remove(struct zone *z, struct node *n)
{
	struct node **at = &z->bucket[bucket_of(z, n->hash)];

	while (*at != n)
		at = &(*at)->chain;
	*at = n->chain;
	z->nodes--;
}

struct node *
tree_child(const struct zone *z, const struct node *parent, const uint8_t *label)
{
	uint32_t hash = hash_of(z, parent, label);
	struct node *n = z->bucket[bucket_of(z, hash)];

	for (; n != NULL; n = n->chain)
		if (n->hash == hash && n->parent == parent && n->label[0] == label[0] &&
		    memcmp(n->label + 1, label + 1, label[0]) == 0)
			return n;
	return NULL;
}

/* ---- nodes ---- */

struct node *
tree_node(const uint8_t *label, size_t len)
{
	struct node *n = must(malloc(offsetof(struct node, label) + len));

	memset(n, 0, offsetof(struct node, label));
	memcpy(n->label, label, len);
	return n;
}

struct node *
tree_add(struct zone *z, struct node *parent, const uint8_t *label)
{
	struct node *n = tree_node(label, 1 + (size_t)label[0]);

	n->parent = parent;
	n->hash = hash_of(z, parent, label);
	n->next = parent->child;
	if (n->next != NULL)
		n->next->previous = n;
	parent->child = n;
	table_add(z, n);
	z->names++;
	return n;
}

static void
tree_remove(struct zone *z, struct node *n)
{
	for (struct zone_walk *w = z->walks; w != NULL; w = w->next)
		if (w->at == n)
			w->at = zone_next(z, n);
	if (n->previous != NULL)
		n->previous->next = n->next;
	else
		n->parent->child = n->next;
	if (n->next != NULL)
		n->next->previous = n->previous;
	table_remove(z, n);
	z->names--;
	free(n);
}

void
tree_prune(struct zone *z, struct node *n)
{
	while (n->parent != NULL && n->sets == NULL && n->child == NULL) {
		struct node *parent = n->parent;

		tree_remove(z, n);
		n = parent;
	}
}
