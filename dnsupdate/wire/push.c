#include "dnsupdate/wire/push.h"

#define TTL_MAX 0x7fffffffu

/* A cursor over the TLV's data that can still follow pointers to in front of it. */
static struct buf
data_of(const struct dso_message *m, const struct dso_tlv *tlv, unsigned type)
{
	struct buf b = buf_reader(m->data, tlv->at + tlv->len);

	b.pos = tlv->at;
	b.failed = tlv->type != type;
	return b;
}

static void
get_question(struct buf *b, struct question *out)
{
	name_get(b, &out->name);
	out->type = buf_get_u16(b);
	out->class = buf_get_u16(b);
}

int
push_get_subscribe(const struct dso_message *m, const struct dso_tlv *tlv, struct question *out)
{
	struct buf b = data_of(m, tlv, DSO_SUBSCRIBE);

	get_question(&b, out);
	return buf_done(&b);
}

int
push_get_unsubscribe(const struct dso_tlv *tlv, uint16_t *id)
{
	struct buf b = buf_reader(tlv->data, tlv->len);

	*id = buf_get_u16(&b);
	return tlv->type == DSO_UNSUBSCRIBE ? buf_done(&b) : -1;
}

int
push_get_reconfirm(
    const struct dso_message *m, const struct dso_tlv *tlv, struct question *q, struct rdata *rd)
{
	struct buf b = data_of(m, tlv, DSO_RECONFIRM);

	get_question(&b, q);
	if (b.failed || rdata_get(&b, q->type, (uint16_t)buf_left(&b), rd) == -1)
		return -1;
	return buf_done(&b);
}

static int
is_any(const struct push_change *c)
{
	return c->type == TYPE_ANY || c->class == CLASS_ANY;
}

/* A single record, added or removed; to remove one of a type that may have no data, none is given.
 */
static int
get_record(struct buf *b, struct push_change *c, size_t len)
{
	if (is_any(c))
		return -1;
	c->rdata.type = c->type;
	c->rdata.len = 0;
	if (c->what == PUSH_REMOVE && len == 0)
		return 0;
	if (rdata_get(b, c->type, (uint16_t)len, &c->rdata) == -1 && !b->failed)
		c->what = PUSH_IGNORE;
	return b->failed ? -1 : 0;
}

static int
get_collective(struct push_change *c, size_t len)
{
	if (len != 0)
		return -1;
	if (c->class == CLASS_ANY)
		c->what = PUSH_REMOVE_NAME;
	else
		c->what = c->type == TYPE_ANY ? PUSH_REMOVE_CLASS : PUSH_REMOVE_SET;
	return 0;
}

/* What the TTL makes of it, and its data. */
static int
get_change(struct buf *b, struct push_change *c, size_t len)
{
	switch (c->ttl) {
	case PUSH_TTL_REMOVE:
		c->what = PUSH_REMOVE;
		return get_record(b, c, len);
	case PUSH_TTL_REMOVE_ALL:
		return get_collective(c, len);
	}
	if (c->ttl <= TTL_MAX) {
		c->what = PUSH_ADD;
		return get_record(b, c, len);
	}
	c->what = PUSH_IGNORE;
	buf_take(b, len);
	return 0;
}

int
push_next(
    const struct dso_message *m, const struct dso_tlv *tlv, size_t *pos, struct push_change *out)
{
	struct buf b = data_of(m, tlv, DSO_PUSH);
	size_t len, end;

	if (*pos > 0 && *pos == b.size)
		return 0;
	if (*pos > 0)
		b.pos = *pos;
	name_get(&b, &out->name);
	out->type = buf_get_u16(&b);
	out->class = buf_get_u16(&b);
	out->ttl = buf_get_u32(&b);
	len = buf_get_u16(&b);
	if (b.failed || buf_left(&b) < len)
		return -1;
	end = b.pos + len;
	if (get_change(&b, out, len) == -1 || b.failed || b.pos != end)
		return -1;
	*pos = b.pos;
	return 1;
}

static void
pad(struct buf *b, size_t padding)
{
	if (padding > 0)
		dso_put_padding(b, padding);
}

void
push_subscribe_build(struct buf *b, uint16_t id, const struct question *q, size_t padding)
{
	size_t mark;

	dso_begin(b, DSO_REQUEST, id, RCODE_NOERROR);
	mark = dso_tlv_begin(b, DSO_SUBSCRIBE);
	name_put(b, &q->name);
	buf_put_u16(b, q->type);
	buf_put_u16(b, q->class);
	dso_tlv_end(b, mark);
	pad(b, padding);
}

void
push_unsubscribe_build(struct buf *b, uint16_t subscribe_id, size_t padding)
{
	size_t mark;

	dso_begin(b, DSO_UNIDIRECTIONAL, 0, RCODE_NOERROR);
	mark = dso_tlv_begin(b, DSO_UNSUBSCRIBE);
	buf_put_u16(b, subscribe_id);
	dso_tlv_end(b, mark);
	pad(b, padding);
}

void
push_reconfirm_build(
    struct buf *b, const struct name *owner, const struct rdata *rd, size_t padding)
{
	size_t mark;

	dso_begin(b, DSO_UNIDIRECTIONAL, 0, RCODE_NOERROR);
	mark = dso_tlv_begin(b, DSO_RECONFIRM);
	name_put(b, owner);
	buf_put_u16(b, rd->type);
	buf_put_u16(b, CLASS_IN);
	buf_put(b, rd->data, rd->len);
	dso_tlv_end(b, mark);
	pad(b, padding);
}

void
push_begin(struct push_writer *w, void *room, size_t size)
{
	w->b = buf_writer(room, size < PUSH_MESSAGE_MAX ? size : PUSH_MESSAGE_MAX);
	w->names = (struct name_table) {0};
	w->changes = 0;
	dso_begin(&w->b, DSO_UNIDIRECTIONAL, 0, RCODE_NOERROR);
	w->mark = dso_tlv_begin(&w->b, DSO_PUSH);
}

/* Write one change; rd NULL: no data. */
static int
put_change(struct push_writer *w, const struct name *owner, uint16_t type, uint32_t ttl,
    const struct rdata *rd)
{
	size_t before = w->b.pos, mark;
	uint16_t names = w->names.count;

	if (w->b.failed)
		return -1;
	name_put_compressed(&w->b, &w->names, owner);
	buf_put_u16(&w->b, type);
	buf_put_u16(&w->b, CLASS_IN);
	buf_put_u32(&w->b, ttl);
	buf_put_u16(&w->b, 0);
	mark = w->b.pos;
	if (rd != NULL)
		rdata_put_compressed(&w->b, &w->names, rd);
	dso_tlv_end(&w->b, mark);
	if (w->b.failed) {
		w->b.failed = 0;
		w->b.pos = before;
		w->names.count = names;
		return -1;
	}
	w->changes++;
	return 0;
}

int
push_add(struct push_writer *w, const struct name *owner, uint32_t ttl, const struct rdata *rd)
{
	return put_change(w, owner, rd->type, ttl, rd);
}

int
push_remove_set(struct push_writer *w, const struct name *owner, uint16_t type)
{
	return put_change(w, owner, type, PUSH_TTL_REMOVE_ALL, NULL);
}

size_t
push_end(struct push_writer *w)
{
	dso_tlv_end(&w->b, w->mark);
	return w->b.failed || w->changes == 0 ? 0 : w->b.pos;
}
