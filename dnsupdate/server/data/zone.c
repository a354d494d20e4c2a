#include "dnsupdate/server/data/zone.h"

#include "base/log.h"
#include "dnsupdate/server/data/lease.h"
#include "dnsupdate/server/limits.h"
#include "dnsupdate/server/data/rrset.h"
#include "dnsupdate/server/data/tree.h"

#include <stdlib.h>
#include <string.h>

#define BUCKETS_MIN 8

static void *
must(void *p)
{
	if (p == NULL)
		fatalx("out of memory");
	return p;
}

/* ---- walking ---- */

/* The labels of a name below the zone's, the last one first. */
struct labels {
	unsigned count;
	const uint8_t *label[NAME_WIRE_MAX / 2];
};

static void
labels_below(const struct zone *z, const struct name *name, struct labels *out)
{
	size_t end = (size_t)name->len - z->name.len;
	unsigned n = 0;

	for (size_t at = 0; at < end; at += 1 + (size_t)name->wire[at])
		out->label[n++] = name->wire + at;
	out->count = n;
}

struct node *
zone_node(const struct zone *z, const struct name *name)
{
	struct node *n = z->apex;
	struct labels l;

	if (!name_in(name, &z->name))
		return NULL;
	labels_below(z, name, &l);
	while (n != NULL && l.count > 0)
		n = tree_child(z, n, l.label[--l.count]);
	return n;
}

const struct rrset *
node_rrset(const struct node *n, uint16_t type)
{
	const struct rrset *set = n->sets;

	while (set != NULL && set->type != type)
		set = set->next;
	return set;
}

void
node_name(const struct zone *z, const struct node *n, struct name *out)
{
	out->len = 0;
	for (; n->parent != NULL; n = n->parent) {
		memcpy(out->wire + out->len, n->label, 1 + (size_t)n->label[0]);
		out->len = (uint8_t)(out->len + 1 + n->label[0]);
	}
	memcpy(out->wire + out->len, z->name.wire, z->name.len);
	out->len = (uint8_t)(out->len + z->name.len);
}

/* The next name of the walk that is below top; NULL at its end. */
static const struct node *
next_below(const struct node *n, const struct node *top)
{
	if (n->child != NULL)
		return n->child;
	while (n != top && n->next == NULL)
		n = n->parent;
	return n == top ? NULL : n->next;
}

size_t
node_records(const struct node *n, size_t enough)
{
	size_t records = 0;

	for (const struct node *at = n; at != NULL && records < enough; at = next_below(at, n))
		for (const struct rrset *set = at->sets; set != NULL; set = set->next)
			records += set->count;
	return records < enough ? records : enough;
}

struct node *
zone_next(const struct zone *z, const struct node *n)
{
	if (n == NULL)
		return z->apex;
	if (n->child != NULL)
		return n->child;
	while (n->next == NULL && n->parent != NULL)
		n = n->parent;
	return n->next;
}

void
zone_walk_begin(struct zone *z, struct zone_walk *w)
{
	*w = (struct zone_walk) {.at = z->apex, .next = z->walks};
	z->walks = w;
}

struct node *
zone_walk_next(struct zone *z, struct zone_walk *w)
{
	struct node *n = w->at;

	if (n != NULL)
		w->at = zone_next(z, n);
	return n;
}

void
zone_walk_end(struct zone *z, struct zone_walk *w)
{
	struct zone_walk **at = &z->walks;

	while (*at != w)
		at = &(*at)->next;
	*at = w->next;
}

void
zone_sweep_begin(const struct zone *z, struct zone_sweep *w)
{
	*w = (struct zone_sweep) {.buckets = z->buckets};
}

/* The names of a bucket, and of those that were split from it since there were `then`. */
static void
sweep_bucket(const struct zone *z, size_t then, size_t i,
    void (*visit)(void *ctx, const struct node *n), void *ctx)
{
	for (const struct node *n = z->bucket[i]; n != NULL; n = n->chain)
		visit(ctx, n);
	for (size_t bit = i == 0 ? 1 : 2 * tree_level(i); i + bit < z->buckets; bit *= 2)
		if (i + bit >= then)
			sweep_bucket(z, then, i + bit, visit, ctx);
}

int
zone_sweep_next(const struct zone *z, struct zone_sweep *w,
    void (*visit)(void *ctx, const struct node *n), void *ctx)
{
	if (!w->begun)
		visit(ctx, z->apex);
	else
		sweep_bucket(z, w->buckets, w->at++, visit, ctx);
	w->begun = 1;
	return w->at < w->buckets;
}

int
zone_sweep_passed(const struct zone *z, const struct zone_sweep *w, const struct name *name)
{
	uint32_t hash = z->apex->hash;
	struct labels l;

	labels_below(z, name, &l);
	if (l.count == 0)
		return w->begun;
	while (l.count > 0)
		hash = tree_hash(z, hash, l.label[--l.count]);
	return tree_bucket(w->buckets, hash) < w->at;
}

static const struct node *
wildcard_below(const struct zone *z, const struct node *encloser)
{
	static const uint8_t star[] = {1, '*'};

	return tree_child(z, encloser, star);
}

void
zone_find(const struct zone *z, const struct name *name, struct zone_place *out)
{
	const struct node *n = z->apex, *child;
	struct labels l;

	*out = (struct zone_place) {0};
	labels_below(z, name, &l);
	while (l.count > 0 && (child = tree_child(z, n, l.label[l.count - 1])) != NULL) {
		n = child;
		l.count--;
		if (node_rrset(n, TYPE_NS) != NULL) {
			out->cut = n;
			break;
		}
	}
	out->encloser = n;
	if (l.count == 0) {
		out->node = n;
	} else if (out->cut == NULL) {
		out->node = wildcard_below(z, n);
		out->is_wildcard = out->node != NULL;
	}
}

/* ---- changing ---- */

static struct node *
make_node(struct zone *z, const struct name *name)
{
	struct node *n = z->apex;
	struct labels l;

	labels_below(z, name, &l);
	while (l.count > 0) {
		const uint8_t *label = l.label[--l.count];
		struct node *child = tree_child(z, n, label);

		n = child != NULL ? child : tree_add(z, n, label);
	}
	return n;
}

/* The serial's place is known from the end of the data: four more numbers follow it. */
static void
note_serial(struct zone *z, const struct node *n, uint16_t type, const uint8_t *data, uint16_t len)
{
	struct buf b;

	if (n->parent != NULL || type != TYPE_SOA || len < 20)
		return;
	b = buf_reader(data + len - 20, 4);
	z->serial = buf_get_u32(&b);
}

/* Does anything at this name still live by this lease? */
static int
still_leased(const struct node *n, uint32_t lease)
{
	struct record r;

	for (const struct rrset *set = n->sets; set != NULL; set = set->next)
		for (size_t pos = 0; rrset_next(set, &pos, &r);)
			if (r.lease == lease)
				return 1;
	return 0;
}

static void
release(struct zone *z, struct node *n, uint32_t lease)
{
	if (lease != 0)
		lease_drop(z->leases, lease, n, still_leased(n, lease));
}

int
zone_put(struct zone *z, const struct name *owner, uint16_t type, uint32_t ttl, const void *rdata,
    uint16_t len, uint32_t lease)
{
	struct node *n = make_node(z, owner);
	struct rrset **at = rrset_find(&n->sets, type);
	uint32_t old = 0;
	long pos = *at == NULL ? -1 : rrset_position(*at, rdata, len, &old);

	if (pos == -1) {
		if (*at != NULL && !z->loading &&
		    ((*at)->count >= LIMIT_RRSET_RECORDS || (*at)->size + len > LIMIT_RRSET_OCTETS))
			return -1;
		rrset_append(at, type, lease, rdata, len);
		z->records++;
		z->octets += len;
	} else {
		rrset_set_lease(*at, (size_t)pos, lease);
	}
	(*at)->ttl = ttl;
	if (lease != 0)
		lease_hold(z->leases, lease, n, pos == -1 || old != lease);
	if (pos != -1 && old != lease)
		release(z, n, old);
	note_serial(z, n, type, rdata, len);
	return 0;
}

int
zone_take(struct zone *z, const struct name *owner, uint16_t type, const void *rdata, uint16_t len)
{
	struct node *n = zone_node(z, owner);
	struct rrset **at = n == NULL ? NULL : rrset_find(&n->sets, type);
	uint32_t lease = 0;
	long pos = at == NULL || *at == NULL ? -1 : rrset_position(*at, rdata, len, &lease);

	if (pos == -1)
		return -1;
	rrset_cut(at, (size_t)pos);
	z->records--;
	z->octets -= len;
	release(z, n, lease);
	tree_prune(z, n);
	return 0;
}

int
zone_soa(const struct zone *z, struct soa *out, uint32_t *ttl)
{
	const struct rrset *set = node_rrset(z->apex, TYPE_SOA);
	struct record r;
	struct buf b;
	size_t pos = 0;

	if (set == NULL || !rrset_next(set, &pos, &r))
		return -1;
	b = buf_reader(r.data, r.len);
	name_get(&b, &out->mname);
	name_get(&b, &out->rname);
	out->serial = buf_get_u32(&b);
	out->refresh = buf_get_u32(&b);
	out->retry = buf_get_u32(&b);
	out->expire = buf_get_u32(&b);
	out->minimum = buf_get_u32(&b);
	*ttl = set->ttl;
	return buf_done(&b);
}

void
zone_reserve(struct zone *z, size_t names)
{
	if (z->nodes > 0 || names <= z->room)
		return;
	z->room = z->buckets = names;
	free(z->bucket);
	z->bucket = must(calloc(z->room, sizeof *z->bucket));
}

static void
take_content(struct zone *to, const struct zone *from)
{
	to->serial = from->serial;
	to->apex = from->apex;
	to->leases = from->leases;
	to->names = from->names;
	to->records = from->records;
	to->octets = from->octets;
	to->bucket = from->bucket;
	to->buckets = from->buckets;
	to->room = from->room;
	to->nodes = from->nodes;
	to->key = from->key;
}

void
zone_swap(struct zone *a, struct zone *b)
{
	struct zone kept = *a;

	take_content(a, b);
	take_content(b, &kept);
}

int
serial_newer(uint32_t a, uint32_t b)
{
	uint32_t ahead = a - b;

	return ahead != 0 && ahead < 0x80000000u;
}

uint32_t
serial_next(uint32_t serial)
{
	return serial + 1 == 0 ? 1 : serial + 1;
}

/* ---- birth and death ---- */

struct zone *
zone_new(const struct name *name)
{
	struct zone *z = must(calloc(1, sizeof *z));

	z->name = *name;
	z->room = z->buckets = BUCKETS_MIN;
	z->bucket = must(calloc(z->room, sizeof *z->bucket));
	siphash_key_random(&z->key);
	z->apex = tree_node(name->wire, name->len);
	z->names = 1;
	z->leases = lease_book_new();
	return z;
}

void
zone_free(struct zone *z)
{
	struct node *n, *next;

	if (z == NULL)
		return;
	/* a node is freed when all below it are: go down to a leaf, then to its neighbour or up */
	for (n = z->apex; n != NULL; n = next) {
		if (n->child != NULL) {
			next = n->child;
			n->child = NULL;
			continue;
		}
		next = n->next != NULL ? n->next : n->parent;
		rrset_free_all(n->sets);
		free(n);
	}
	lease_book_free(z->leases);
	free(z->bucket);
	free(z);
}
