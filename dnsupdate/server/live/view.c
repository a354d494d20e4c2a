#include "dnsupdate/server/live/view.h"

#include "base/log.h"

#include <stdlib.h>
#include <string.h>

/* Records stand one behind the other: a head, then their octets, rounded up so that heads are
 * aligned. */
struct head {
	uint32_t ttl;
	uint16_t type;
	uint16_t len;
	uint8_t is_removed, is_gone;
};

struct records {
	size_t len, room;
	size_t count;
	uint8_t *data;
};

struct view {
	uint32_t refs;
	struct records r; /* sorted */
};

struct news {
	uint32_t refs;
	struct records r;
	struct news_text text[NEWS_MESSAGES];
};

static void *
must(void *p)
{
	if (p == NULL)
		fatalx("out of memory");
	return p;
}

static size_t
rounded(size_t len)
{
	return (len + 3) & ~(size_t)3;
}

static void
append(struct records *r, const struct seen *s)
{
	size_t size = rounded(sizeof(struct head) + s->len);
	struct head h = {s->ttl, s->type, s->len, s->is_removed, s->is_gone};

	if (r->len + size > r->room) {
		r->room = r->room == 0 ? size : 2 * (r->len + size);
		r->data = must(realloc(r->data, r->room));
	}
	memcpy(r->data + r->len, &h, sizeof(h));
	if (s->len > 0)
		memcpy(r->data + r->len + sizeof(h), s->data, s->len);
	r->len += size;
	r->count++;
}

static int
next(const struct records *r, size_t *pos, struct seen *out)
{
	struct head h;

	if (*pos >= r->len)
		return 0;
	memcpy(&h, r->data + *pos, sizeof(h));
	*out = (struct seen) {
	    h.ttl, h.type, h.len, r->data + *pos + sizeof(h), h.is_removed, h.is_gone};
	*pos += rounded(sizeof(h) + h.len);
	return 1;
}

/* Which record; its TTL does not count. */
static int
compare(const void *va, const void *vb)
{
	const struct seen *a = va, *b = vb;
	size_t len = a->len < b->len ? a->len : b->len;
	int c;

	if (a->type != b->type)
		return a->type < b->type ? -1 : 1;
	c = len > 0 ? memcmp(a->data, b->data, len) : 0;
	if (c != 0 || a->len == b->len)
		return c;
	return a->len < b->len ? -1 : 1;
}

int
view_shows(uint16_t want, uint16_t have)
{
	return want == have || want == TYPE_ANY || have == TYPE_CNAME;
}

/* ---- views ---- */

/* Records to be sorted; they point into others' octets. */
struct heap {
	struct seen *seen;
	size_t count, room;
};

static void
heap_add(struct heap *h, uint16_t type, uint32_t ttl, const uint8_t *data, uint16_t len)
{
	if (h->count == h->room) {
		h->room = h->room == 0 ? 8 : h->room * 2;
		h->seen = must(realloc(h->seen, h->room * sizeof *h->seen));
	}
	h->seen[h->count++] = (struct seen) {.ttl = ttl, .type = type, .len = len, .data = data};
}

/* Sort them into a view; frees the heap. */
static struct view *
view_from(struct heap *h)
{
	struct view *v = must(calloc(1, sizeof *v));

	v->refs = 1;
	if (h->count > 1)
		qsort(h->seen, h->count, sizeof *h->seen, compare);
	for (size_t i = 0; i < h->count; i++)
		append(&v->r, &h->seen[i]);
	free(h->seen);
	return v;
}

static void
heap_add_sets(struct heap *h, const struct zone *z, const struct name *owner, uint16_t type)
{
	const struct node *n = zone_node(z, owner);
	const struct rrset *set = n != NULL ? n->sets : NULL;

	for (; set != NULL; set = set->next) {
		struct record r;

		if (!view_shows(type, set->type))
			continue;
		for (size_t pos = 0; rrset_next(set, &pos, &r);)
			heap_add(h, set->type, set->ttl, r.data, r.len);
	}
}

struct view *
view_now(const struct zone *z, const struct name *owner, uint16_t type)
{
	struct heap h = {0};

	heap_add_sets(&h, z, owner, type);
	return view_from(&h);
}

struct view *
view_empty(void)
{
	struct heap h = {0};

	return view_from(&h);
}

/* Take out the record of a sorted heap that is this change's, if it is there. */
static void
heap_undo(struct heap *h, const struct change_list *l, const struct change *c)
{
	struct seen key = {.type = c->type, .len = c->rdata_len, .data = change_rdata(l, c)};
	struct seen *s;

	if (!c->after.present || h->count == 0)
		return;
	s = bsearch(&key, h->seen, h->count, sizeof *h->seen, compare);
	if (s != NULL)
		s->is_removed = 1;
}

static void
heap_drop_removed(struct heap *h)
{
	size_t kept = 0;

	for (size_t i = 0; i < h->count; i++)
		if (!h->seen[i].is_removed)
			h->seen[kept++] = h->seen[i];
	h->count = kept;
}

struct view *
view_before(const struct zone *z, const struct name *owner, uint16_t type,
    const struct change_list *l, const struct change *const *changes, size_t count)
{
	struct heap h = {0};

	heap_add_sets(&h, z, owner, type);
	if (h.count > 1)
		qsort(h.seen, h.count, sizeof *h.seen, compare);
	for (size_t i = 0; i < count; i++)
		heap_undo(&h, l, changes[i]);
	heap_drop_removed(&h);
	for (size_t i = 0; i < count; i++)
		if (changes[i]->before.present && view_shows(type, changes[i]->type))
			heap_add(&h, changes[i]->type, changes[i]->before.ttl,
			    change_rdata(l, changes[i]), changes[i]->rdata_len);
	return view_from(&h);
}

struct view *
view_told(const struct view *from, const struct news *news, size_t count)
{
	struct heap h = {0};
	struct seen s, *old;
	size_t pos = 0;

	while (view_next(from, &pos, &s))
		heap_add(&h, s.type, s.ttl, s.data, s.len);
	pos = 0;
	for (size_t known = h.count, i = 0; i < count && news_next(news, &pos, &s); i++) {
		old = known > 0 ? bsearch(&s, h.seen, known, sizeof *h.seen, compare) : NULL;
		if (old != NULL)
			old->is_removed = 1;
		if (!s.is_removed)
			heap_add(&h, s.type, s.ttl, s.data, s.len);
	}
	heap_drop_removed(&h);
	return view_from(&h);
}

struct view *
view_ref(struct view *v)
{
	v->refs++;
	return v;
}

void
view_unref(struct view *v)
{
	if (v == NULL || --v->refs > 0)
		return;
	free(v->r.data);
	free(v);
}

size_t
view_count(const struct view *v)
{
	return v->r.count;
}

int
view_next(const struct view *v, size_t *pos, struct seen *out)
{
	return next(&v->r, pos, out);
}

/* ---- news ---- */

static struct news *
news_new(void)
{
	struct news *n = must(calloc(1, sizeof *n));

	n->refs = 1;
	return n;
}

/* Nothing is told by an empty one. */
static struct news *
news_or_none(struct news *n)
{
	if (n->r.count > 0)
		return n;
	news_unref(n);
	return NULL;
}

static int
view_has_type(const struct view *v, uint16_t type)
{
	struct seen s;

	for (size_t pos = 0; view_next(v, &pos, &s);)
		if (s.type == type)
			return 1;
	return 0;
}

static void
tell_removed(struct news *n, const struct view *from, const struct view *to)
{
	size_t at_from = 0, at_to = 0;
	struct seen a, b, last = {0};
	int more = view_next(to, &at_to, &b);

	while (view_next(from, &at_from, &a)) {
		while (more && compare(&b, &a) < 0)
			more = view_next(to, &at_to, &b);
		if (more && compare(&b, &a) == 0)
			continue;
		a.is_removed = 1;
		/* those of one type come together, so the first one of it looks */
		a.is_gone = last.is_removed && last.type == a.type ? last.is_gone
								   : !view_has_type(to, a.type);
		append(&n->r, &a);
		last = a;
	}
}

static void
tell_added(struct news *n, const struct view *from, const struct view *to)
{
	size_t at_from = 0, at_to = 0;
	struct seen a, b;
	int more = view_next(from, &at_from, &a);

	while (view_next(to, &at_to, &b)) {
		while (more && compare(&a, &b) < 0)
			more = view_next(from, &at_from, &a);
		if (!more || compare(&a, &b) != 0 || a.ttl != b.ttl)
			append(&n->r, &b);
	}
}

struct news *
news_between(const struct view *from, const struct view *to)
{
	struct news *n = news_new();

	tell_removed(n, from, to);
	tell_added(n, from, to);
	return news_or_none(n);
}

struct news *
news_ref(struct news *n)
{
	n->refs++;
	return n;
}

void
news_unref(struct news *n)
{
	if (n == NULL || --n->refs > 0)
		return;
	for (int i = 0; i < NEWS_MESSAGES; i++)
		free(n->text[i].data);
	free(n->r.data);
	free(n);
}

size_t
news_count(const struct news *n)
{
	return n->r.count;
}

size_t
news_octets(const struct news *n)
{
	return n->r.len + 12 * n->r.count;
}

int
news_next(const struct news *n, size_t *pos, struct seen *out)
{
	return next(&n->r, pos, out);
}

const struct news_text *
news_text(const struct news *n, enum news_message kind)
{
	return n->text[kind].data != NULL ? &n->text[kind] : NULL;
}

const struct news_text *
news_set_text(struct news *n, enum news_message kind, const void *data, size_t len, size_t told)
{
	struct news_text *t = &n->text[kind];

	free(t->data);
	t->data = must(malloc(len));
	memcpy(t->data, data, len);
	t->len = len;
	t->told = told;
	return t;
}
