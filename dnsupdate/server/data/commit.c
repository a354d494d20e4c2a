#include "dnsupdate/server/data/commit.h"

#include "base/log.h"
#include "dnsupdate/server/data/lease.h"
#include "dnsupdate/server/data/zone.h"

#include <stdlib.h>
#include <string.h>

/* A zone's part of the batch. */
struct part {
	struct zone *zone;
	struct change_list changes;
	struct commit_mark *marks;
	size_t mark_count, mark_room;
	uint32_t old_serial;
};

struct commit {
	const struct commit_journal *journal;
	struct commit_hook *first, **last;
	struct part *parts; /* those beyond count keep their memory */
	size_t count, room;
};

static void *
grown(void *p, size_t size)
{
	p = realloc(p, size);
	if (p == NULL)
		fatalx("out of memory");
	return p;
}

struct commit *
commit_new(void)
{
	struct commit *c = grown(NULL, sizeof *c);

	memset(c, 0, sizeof *c);
	c->last = &c->first;
	return c;
}

void
commit_free(struct commit *c)
{
	if (c == NULL)
		return;
	for (size_t i = 0; i < c->room; i++) {
		change_list_free(&c->parts[i].changes);
		free(c->parts[i].marks);
	}
	free(c->parts);
	free(c);
}

void
commit_set_journal(struct commit *c, const struct commit_journal *journal)
{
	c->journal = journal;
}

void
commit_add_hook(struct commit *c, struct commit_hook *hook)
{
	hook->next = NULL;
	*c->last = hook;
	c->last = &hook->next;
}

/* ---- single records ---- */

int
commit_put(struct zone *z, struct change_list *changes, const struct name *owner, uint16_t type,
    uint32_t ttl, const void *rdata, uint16_t len, uint32_t lease)
{
	const struct node *n = zone_node(z, owner);
	const struct rrset *set = n == NULL ? NULL : node_rrset(n, type);
	struct change_state before = {0}, after = {ttl, lease, 1};
	uint32_t old_ttl = set == NULL ? ttl : set->ttl;
	struct record r;

	if (set != NULL && rrset_has(set, rdata, len, &r))
		before = (struct change_state) {set->ttl, r.lease, 1};
	if (zone_put(z, owner, type, ttl, rdata, len, lease) == -1)
		return -1;
	if (old_ttl != ttl) {
		/* found anew: the set may have moved */
		set = node_rrset(zone_node(z, owner), type);
		for (size_t pos = 0; rrset_next(set, &pos, &r);)
			if (r.len != len || memcmp(r.data, rdata, len) != 0)
				change_note(changes, owner, type, r.data, r.len,
				    (struct change_state) {old_ttl, r.lease, 1},
				    (struct change_state) {ttl, r.lease, 1});
	}
	change_note(changes, owner, type, rdata, len, before, after);
	return 0;
}

int
commit_take(struct zone *z, struct change_list *changes, const struct name *owner, uint16_t type,
    const void *rdata, uint16_t len)
{
	const struct node *n = zone_node(z, owner);
	const struct rrset *set = n == NULL ? NULL : node_rrset(n, type);
	struct record r;

	if (set == NULL || !rrset_has(set, rdata, len, &r))
		return -1;
	change_note(changes, owner, type, rdata, len, (struct change_state) {set->ttl, r.lease, 1},
	    (struct change_state) {0});
	return zone_take(z, owner, type, rdata, len);
}

size_t
commit_take_rrset(
    struct zone *z, struct change_list *changes, const struct name *owner, uint16_t type)
{
	const struct node *n = zone_node(z, owner);
	const struct rrset *set = n == NULL ? NULL : node_rrset(n, type);
	size_t count = set == NULL ? 0 : set->count;
	uint8_t copy[UINT16_MAX];
	struct record r;
	size_t pos = 0;

	for (size_t left = count; left > 0; left--) {
		set = node_rrset(zone_node(z, owner), type);
		pos = 0;
		rrset_next(set, &pos, &r);
		memcpy(copy, r.data, r.len);
		commit_take(z, changes, owner, type, copy, r.len);
	}
	return count;
}

/* ---- the batch ---- */

static struct part *
part_of(struct commit *c, struct zone *z, uint32_t old_serial)
{
	struct part *p;

	for (size_t i = 0; i < c->count; i++)
		if (c->parts[i].zone == z)
			return &c->parts[i];
	if (c->count == c->room) {
		c->room += 4;
		c->parts = grown(c->parts, c->room * sizeof *c->parts);
		memset(c->parts + c->count, 0, 4 * sizeof *c->parts);
	}
	p = &c->parts[c->count++];
	p->zone = z;
	p->old_serial = old_serial;
	return p;
}

static void
keep_mark(struct part *p, const struct commit_mark *mark)
{
	if (p->mark_count == p->mark_room) {
		p->mark_room = p->mark_room == 0 ? 16 : p->mark_room * 2;
		p->marks = grown(p->marks, p->mark_room * sizeof *p->marks);
	}
	p->marks[p->mark_count] = *mark;
	key_ref(mark->key);
	p->mark_count++;
}

void
commit_change(struct commit *c, struct zone *z, uint32_t old_serial,
    const struct change_list *changes, const struct commit_mark *mark)
{
	struct part *p = part_of(c, z, old_serial);

	change_merge(&p->changes, changes);
	if (mark != NULL)
		keep_mark(p, mark);
}

int
commit_pending(const struct commit *c)
{
	return c->count > 0;
}

/* The SOA record with the next serial, unless an update brought a newer one itself. */
static void
next_serial(struct part *p)
{
	const struct rrset *set = node_rrset(p->zone->apex, TYPE_SOA);
	uint8_t data[2 * NAME_WIRE_MAX + 20];
	uint32_t ttl, lease;
	struct record r;
	size_t pos = 0;
	struct buf b;

	if (set == NULL || p->zone->serial != p->old_serial || !rrset_next(set, &pos, &r) ||
	    r.len < 20 || r.len > sizeof data)
		return;
	ttl = set->ttl;
	lease = r.lease;
	memcpy(data, r.data, r.len);
	commit_take(p->zone, &p->changes, &p->zone->name, TYPE_SOA, data, r.len);
	b = buf_writer(data + r.len - 20, 4);
	buf_put_u32(&b, serial_next(p->old_serial));
	commit_put(p->zone, &p->changes, &p->zone->name, TYPE_SOA, ttl, data, r.len, lease);
}

static int
append(struct commit *c, struct part *p, uint64_t now_sec)
{
	struct commit_record record = {.zone = p->zone,
	    .old_serial = p->old_serial,
	    .new_serial = p->zone->serial,
	    .time_sec = now_sec,
	    .changes = &p->changes,
	    .marks = p->marks,
	    .mark_count = p->mark_count};

	return c->journal == NULL ? 0 : c->journal->append(c->journal->ctx, &record);
}

static int
finish(struct commit *c, int must_sync)
{
	return c->journal == NULL ? 0 : c->journal->finish(c->journal->ctx, must_sync);
}

static int
make_durable(struct commit *c, uint64_t now_sec)
{
	int must_sync = 0;

	for (size_t i = 0; i < c->count; i++) {
		struct part *p = &c->parts[i];

		if (change_visible(&p->changes) > 0) {
			next_serial(p);
			must_sync = 1;
		}
		if (append(c, p, now_sec) == -1) {
			finish(c, -1);
			return -1;
		}
	}
	return finish(c, must_sync);
}

static void
call_hooks(struct commit *c, const struct part *p)
{
	for (struct commit_hook *h = c->first; h != NULL; h = h->next)
		h->changed(h->ctx, p->zone, p->old_serial, p->zone->serial, &p->changes);
}

/* Leases that lost their last record in this batch. */
static void
collect(struct part *p)
{
	for (size_t i = 0; i < p->changes.count; i++) {
		const struct change *c = &p->changes.change[i];

		lease_collect(p->zone->leases, c->before.lease);
		lease_collect(p->zone->leases, c->after.lease);
	}
}

static void
undo(struct part *p)
{
	change_undo(&p->changes, p->zone);
	for (size_t i = 0; i < p->mark_count; i++)
		key_unmark(p->marks[i].key, p->marks[i].time_sec, p->marks[i].mac);
}

static void
empty(struct part *p)
{
	collect(p);
	change_clear(&p->changes);
	for (size_t i = 0; i < p->mark_count; i++)
		key_unref(p->marks[i].key);
	p->mark_count = 0;
}

int
commit_run(struct commit *c, uint64_t now_sec)
{
	int rc = make_durable(c, now_sec);

	for (size_t i = 0; i < c->count; i++) {
		if (rc == -1)
			undo(&c->parts[i]);
		else if (change_visible(&c->parts[i].changes) > 0)
			call_hooks(c, &c->parts[i]);
		empty(&c->parts[i]);
	}
	c->count = 0;
	return rc;
}
