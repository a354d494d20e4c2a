#include "dnsupdate/wire/dso.h"

#include <string.h>

#define FLAG_BYTE 2 /* of the header: QR and opcode */
#define OPCODE_SHIFT 11
#define COUNTS_AT 4

const char *
dso_type_text(unsigned type)
{
	switch (type) {
	case DSO_KEEPALIVE:
		return "KEEPALIVE";
	case DSO_RETRY_DELAY:
		return "RETRY-DELAY";
	case DSO_PADDING:
		return "PADDING";
	case DSO_SUBSCRIBE:
		return "SUBSCRIBE";
	case DSO_PUSH:
		return "PUSH";
	case DSO_UNSUBSCRIBE:
		return "UNSUBSCRIBE";
	case DSO_RECONFIRM:
		return "RECONFIRM";
	}
	return "TLV";
}

int
dso_is(const void *data, size_t len)
{
	const uint8_t *p = data;

	return len >= MESSAGE_HEADER && (p[FLAG_BYTE] >> 3 & 0xf) == OPCODE_DSO;
}

static enum dso_kind
kind_of(uint16_t flags, uint16_t id)
{
	if (flags & FLAG_QR)
		return id == 0 ? DSO_IMPOSSIBLE : DSO_RESPONSE;
	return id == 0 ? DSO_UNIDIRECTIONAL : DSO_REQUEST;
}

int
dso_parse(struct dso_message *m, const void *data, size_t len)
{
	struct buf b = buf_reader(data, len);
	uint16_t flags;

	*m = (struct dso_message) {.data = data, .kind = DSO_IMPOSSIBLE};
	if (len < MESSAGE_HEADER || len > MESSAGE_MAX)
		return -1;
	m->len = len;
	m->id = buf_get_u16(&b);
	flags = buf_get_u16(&b);
	m->kind = (uint8_t)kind_of(flags, m->id);
	m->rcode = flags & 0xf;
	if (!dso_is(data, len) || buf_get_u64(&b) != 0)
		return -1;
	while (!b.failed && buf_left(&b) > 0) {
		buf_get_u16(&b);
		buf_take(&b, buf_get_u16(&b));
	}
	return buf_done(&b);
}

int
dso_next(const struct dso_message *m, size_t *pos, struct dso_tlv *out)
{
	struct buf b = buf_reader(m->data, m->len);

	b.pos = *pos == 0 ? MESSAGE_HEADER : *pos;
	if (b.pos >= m->len)
		return 0;
	out->type = buf_get_u16(&b);
	out->len = buf_get_u16(&b);
	out->at = b.pos;
	out->data = buf_take(&b, out->len);
	*pos = b.pos;
	return !b.failed;
}

int
dso_find(const struct dso_message *m, unsigned skip, uint16_t type, struct dso_tlv *out)
{
	size_t pos = 0;

	for (unsigned i = 0; dso_next(m, &pos, out); i++)
		if (i >= skip && out->type == type)
			return 1;
	return 0;
}

int
dso_get_keepalive(const struct dso_tlv *tlv, struct dso_timeouts *out)
{
	struct buf b = buf_reader(tlv->data, tlv->len);
	struct dso_timeouts t;

	t.inactivity_ms = buf_get_u32(&b);
	t.keepalive_ms = buf_get_u32(&b);
	if (tlv->type != DSO_KEEPALIVE || buf_done(&b) == -1)
		return -1;
	*out = t;
	return 0;
}

int
dso_get_retry_delay(const struct dso_tlv *tlv, uint32_t *delay_ms)
{
	struct buf b = buf_reader(tlv->data, tlv->len);
	uint32_t delay = buf_get_u32(&b);

	if (tlv->type != DSO_RETRY_DELAY || buf_done(&b) == -1)
		return -1;
	*delay_ms = delay;
	return 0;
}

void
dso_begin(struct buf *b, enum dso_kind kind, uint16_t id, unsigned rcode)
{
	buf_put_u16(b, id);
	buf_put_u16(b,
	    (uint16_t)((kind == DSO_RESPONSE ? FLAG_QR : 0) | OPCODE_DSO << OPCODE_SHIFT |
		(rcode & 0xf)));
	buf_put_u64(b, 0);
}

size_t
dso_tlv_begin(struct buf *b, uint16_t type)
{
	buf_put_u16(b, type);
	buf_put_u16(b, 0);
	return b->pos;
}

void
dso_tlv_end(struct buf *b, size_t mark)
{
	if (b->failed)
		return;
	if (b->pos - mark > UINT16_MAX)
		b->failed = 1;
	else
		buf_patch_u16(b, mark - 2, (uint16_t)(b->pos - mark));
}

void
dso_put_keepalive(struct buf *b, const struct dso_timeouts *t)
{
	size_t mark = dso_tlv_begin(b, DSO_KEEPALIVE);

	buf_put_u32(b, t->inactivity_ms);
	buf_put_u32(b, t->keepalive_ms);
	dso_tlv_end(b, mark);
}

void
dso_put_retry_delay(struct buf *b, uint32_t delay_ms)
{
	size_t mark = dso_tlv_begin(b, DSO_RETRY_DELAY);

	buf_put_u32(b, delay_ms);
	dso_tlv_end(b, mark);
}

void
dso_put_padding(struct buf *b, size_t block)
{
	static const uint8_t zeros[64];
	size_t mark, missing;

	if (b->pos % block == 0)
		return;
	mark = dso_tlv_begin(b, DSO_PADDING);
	missing = (block - b->pos % block) % block;
	while (missing > 0 && !b->failed) {
		size_t n = missing < sizeof(zeros) ? missing : sizeof(zeros);

		buf_put(b, zeros, n);
		missing -= n;
	}
	dso_tlv_end(b, mark);
}
