#include "dnsupdate/server/disk/entry.h"

#include "base/log.h"

#include <stdlib.h>
#include <string.h>

/* The first octet of an entry: its kind and, of a record, what follows. */
#define KIND_MASK 0x0fu
#define SAME_OWNER 0x10u
#define HAS_BEFORE 0x20u
#define HAS_AFTER 0x40u

#define ENTRY_FIXED 64 /* more than all but owner and data */

/* ---- writing ---- */

static struct buf
room_for(struct entry_list *l, size_t len)
{
	if (l->len + len > l->room) {
		l->room = 2 * l->room + len;
		l->data = realloc(l->data, l->room);
		if (l->data == NULL)
			fatalx("out of memory");
	}
	return buf_writer(l->data + l->len, l->room - l->len);
}

static void
put_state(struct buf *b, const struct change_state *s)
{
	if (!s->present)
		return;
	buf_put_u32(b, s->ttl);
	buf_put_u32(b, s->lease);
}

static void
put_record(struct entry_list *l, struct buf *b, const struct entry *e)
{
	int same = name_equal(&l->owner, &e->owner);

	buf_put_u8(b,
	    (uint8_t)(ENTRY_RECORD | (same ? SAME_OWNER : 0) |
		(e->before.present ? HAS_BEFORE : 0) | (e->after.present ? HAS_AFTER : 0)));
	if (!same)
		name_put(b, &e->owner);
	buf_put_u16(b, e->type);
	put_state(b, &e->before);
	put_state(b, &e->after);
	buf_put_u16(b, e->rdata_len);
	buf_put(b, e->rdata, e->rdata_len);
	l->owner = e->owner;
}

void
entry_put(struct entry_list *l, const struct entry *e)
{
	struct buf b = room_for(l, ENTRY_FIXED + NAME_WIRE_MAX + (size_t)e->rdata_len);

	if (e->kind == ENTRY_RECORD)
		put_record(l, &b, e);
	else
		buf_put_u8(&b, (uint8_t)e->kind);
	if (e->kind == ENTRY_LEASE) {
		buf_put_u32(&b, e->lease);
		buf_put_u32(&b, e->granted_sec);
		buf_put_u64(&b, e->expires_sec);
	} else if (e->kind == ENTRY_MARK) {
		name_put(&b, &e->owner);
		buf_put_u64(&b, e->time_sec);
		buf_put(&b, e->mac, sizeof(e->mac));
	} else if (e->kind == ENTRY_END) {
		buf_put_u64(&b, e->sequence);
		buf_put_u64(&b, e->count);
	}
	l->len += b.pos;
}

void
entry_put_changes(struct entry_list *l, const struct change_list *c)
{
	const struct change *change;
	size_t pos = 0;

	while ((change = change_next(c, &pos)) != NULL) {
		struct entry e = {.kind = ENTRY_RECORD,
		    .type = change->type,
		    .rdata_len = change->rdata_len,
		    .rdata = change_rdata(c, change),
		    .before = change->before,
		    .after = change->after};

		change_owner(c, change, &e.owner);
		entry_put(l, &e);
	}
}

void
entry_cut(struct entry_list *l, size_t len)
{
	l->len = len;
	l->owner.len = 0;
}

void
entry_clear(struct entry_list *l)
{
	entry_cut(l, 0);
}

void
entry_free(struct entry_list *l)
{
	free(l->data);
	memset(l, 0, sizeof(*l));
}

/* ---- reading ---- */

void
entry_read(struct entry_reader *r, const void *payload, size_t len)
{
	r->b = buf_reader(payload, len);
	r->owner.len = 0;
}

/* A name as we write it: whole, so that it cannot point elsewhere in the payload. */
static void
get_whole_name(struct buf *b, struct name *out)
{
	struct buf rest = buf_reader(b->data + b->pos, buf_left(b));

	name_get(&rest, out);
	if (rest.failed || rest.pos != out->len)
		b->failed = 1;
	else
		b->pos += rest.pos;
}

static void
get_state(struct buf *b, struct change_state *s)
{
	s->ttl = buf_get_u32(b);
	s->lease = buf_get_u32(b);
	s->present = 1;
}

static int
get_record(struct entry_reader *r, uint8_t flags, struct entry *e)
{
	struct buf data;

	if ((flags & SAME_OWNER) == 0)
		get_whole_name(&r->b, &r->owner);
	e->owner = r->owner;
	e->type = buf_get_u16(&r->b);
	if ((flags & HAS_BEFORE) != 0)
		get_state(&r->b, &e->before);
	if ((flags & HAS_AFTER) != 0)
		get_state(&r->b, &e->after);
	e->rdata_len = buf_get_u16(&r->b);
	e->rdata = buf_take(&r->b, e->rdata_len);
	if (e->rdata == NULL || e->owner.len == 0)
		return -1;
	data = buf_reader(e->rdata, e->rdata_len);
	rdata_get(&data, e->type, e->rdata_len, NULL);
	return data.failed ? -1 : 0;
}

int
entry_next(struct entry_reader *r, struct entry *e)
{
	uint8_t first;

	if (!r->b.failed && buf_left(&r->b) == 0)
		return 0;
	memset(e, 0, sizeof(*e));
	first = buf_get_u8(&r->b);
	e->kind = (enum entry_kind)(first & KIND_MASK);
	if (e->kind == ENTRY_RECORD)
		return get_record(r, first, e) == -1 || r->b.failed ? -1 : 1;
	if (e->kind == ENTRY_LEASE) {
		e->lease = buf_get_u32(&r->b);
		e->granted_sec = buf_get_u32(&r->b);
		e->expires_sec = buf_get_u64(&r->b);
	} else if (e->kind == ENTRY_MARK) {
		get_whole_name(&r->b, &e->owner);
		e->time_sec = buf_get_u64(&r->b);
		buf_get(&r->b, e->mac, sizeof(e->mac));
	} else if (e->kind == ENTRY_END) {
		e->sequence = buf_get_u64(&r->b);
		e->count = buf_get_u64(&r->b);
	} else {
		return -1;
	}
	return r->b.failed || first != e->kind ? -1 : 1;
}
