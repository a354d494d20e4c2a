#include "dnsupdate/wire/rdata.h"

#include <string.h>

void
rdata_a(struct rdata *out, const uint8_t addr[4])
{
	out->type = TYPE_A;
	out->len = 4;
	memcpy(out->data, addr, 4);
}

void
rdata_aaaa(struct rdata *out, const uint8_t addr[16])
{
	out->type = TYPE_AAAA;
	out->len = 16;
	memcpy(out->data, addr, 16);
}

int
rdata_address(struct rdata *out, const struct endpoint *ep)
{
	switch (ep->family) {
	case 4:
		rdata_a(out, ep->addr);
		return 0;
	case 6:
		rdata_aaaa(out, ep->addr);
		return 0;
	}
	return -1;
}

void
rdata_srv(struct rdata *out, const struct srv *srv)
{
	struct buf b = buf_writer(out->data, sizeof(out->data));

	buf_put_u16(&b, srv->priority);
	buf_put_u16(&b, srv->weight);
	buf_put_u16(&b, srv->port);
	name_put(&b, &srv->target);
	out->type = TYPE_SRV;
	out->len = (uint16_t)b.pos;
}

void
rdata_ptr(struct rdata *out, const struct name *target)
{
	out->type = TYPE_PTR;
	out->len = target->len;
	memcpy(out->data, target->wire, target->len);
}

int
rdata_txt(struct rdata *out, const char *const *strings, size_t count)
{
	struct buf b = buf_writer(out->data, sizeof(out->data));

	for (size_t i = 0; i < count; i++) {
		size_t len = strlen(strings[i]);

		if (len > UINT8_MAX)
			return -1;
		buf_put_u8(&b, (uint8_t)len);
		buf_put(&b, strings[i], len);
	}
	if (count == 0)
		buf_put_u8(&b, 0);
	if (b.failed)
		return -1;
	out->type = TYPE_TXT;
	out->len = (uint16_t)b.pos;
	return 0;
}

const uint8_t *
rdata_txt_next(const struct rdata *r, size_t *pos, size_t *len)
{
	const uint8_t *string;

	if (*pos >= r->len || r->data[*pos] > r->len - *pos - 1)
		return NULL;
	*len = r->data[*pos];
	string = r->data + *pos + 1;
	*pos += 1 + *len;
	return string;
}

int
rdata_equal(const struct rdata *a, const struct rdata *b)
{
	return a->type == b->type && a->len == b->len && memcmp(a->data, b->data, a->len) == 0;
}

/* What stands behind the names. */
enum tail { FIXED, STRINGS /* to the end, at least one */, ANYTHING };

/* What the data of a type is made of, in this order. */
struct format {
	uint16_t type;
	uint8_t fixed; /* octets in front */
	uint8_t names; /* names then */
	uint8_t behind; /* octets at the end */
	uint8_t tail; /* enum tail */
	const char *text;
};

/* All types whose names may arrive compressed (RFC 3597 section 4, RFC 8765 section 6.3.1), and
 * ours. */
static const struct format formats[] = {
    {TYPE_A, 4, 0, 0, FIXED, "A"},
    {TYPE_NS, 0, 1, 0, FIXED, "NS"},
    {TYPE_CNAME, 0, 1, 0, FIXED, "CNAME"},
    {TYPE_SOA, 0, 2, 20, FIXED, "SOA"},
    {TYPE_PTR, 0, 1, 0, FIXED, "PTR"},
    {TYPE_MX, 2, 1, 0, FIXED, "MX"},
    {TYPE_TXT, 0, 0, 0, STRINGS, "TXT"},
    {TYPE_RP, 0, 2, 0, FIXED, "RP"},
    {TYPE_AFSDB, 2, 1, 0, FIXED, "AFSDB"},
    {TYPE_RT, 2, 1, 0, FIXED, "RT"},
    {TYPE_PX, 2, 2, 0, FIXED, "PX"},
    {TYPE_AAAA, 16, 0, 0, FIXED, "AAAA"},
    {TYPE_SRV, 6, 1, 0, FIXED, "SRV"},
    {TYPE_KX, 2, 1, 0, FIXED, "KX"},
    {TYPE_DNAME, 0, 1, 0, FIXED, "DNAME"},
    {TYPE_NSEC, 0, 1, 0, ANYTHING, "NSEC"},
};

static const struct format *
format_of(unsigned type)
{
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
		if (formats[i].type == type)
			return &formats[i];
	return NULL;
}

/* Move len octets from b to out. */
static void
copy(struct buf *b, size_t len, struct buf *out)
{
	const uint8_t *p = buf_take(b, len);

	if (p != NULL)
		buf_put(out, p, len);
}

static void
copy_strings(struct buf *b, size_t end, struct buf *out)
{
	if (b->pos >= end)
		b->failed = 1;
	while (!b->failed && b->pos < end) {
		size_t len = b->data[b->pos];

		copy(b, 1 + len, out);
	}
}

static void
copy_known(struct buf *b, const struct format *f, size_t end, struct buf *out)
{
	struct name name;

	copy(b, f->fixed, out);
	for (unsigned i = 0; i < f->names; i++) {
		name_get(b, &name);
		name_put(out, &name);
	}
	copy(b, f->behind, out);
	if (f->tail == STRINGS)
		copy_strings(b, end, out);
	if (f->tail == ANYTHING && !b->failed && b->pos < end)
		copy(b, end - b->pos, out);
	if (b->pos != end)
		b->failed = 1;
}

int
rdata_get(struct buf *b, uint16_t type, uint16_t len, struct rdata *out)
{
	const struct format *f = format_of(type);
	struct rdata unused;
	struct rdata *r = out != NULL ? out : &unused;
	struct buf to = buf_writer(r->data, sizeof(r->data));

	if (buf_left(b) < len)
		b->failed = 1;
	if (b->failed)
		return -1;
	if (f == NULL)
		copy(b, len, &to);
	else
		copy_known(b, f, b->pos + len, &to);
	r->type = type;
	r->len = (uint16_t)to.pos;
	return b->failed || to.failed ? -1 : 0;
}

void
rdata_put_compressed(struct buf *b, struct name_table *table, const struct rdata *r)
{
	const struct format *f = format_of(r->type);
	struct buf from = buf_reader(r->data, r->len);
	struct name name;

	if (f != NULL && f->names > 0 && r->len > 0) {
		copy(&from, f->fixed, b);
		for (unsigned i = 0; i < f->names; i++) {
			name_get(&from, &name);
			name_put_compressed(b, table, &name);
		}
	}
	copy(&from, buf_left(&from), b);
	if (from.failed)
		b->failed = 1;
}

const char *
type_text(unsigned type)
{
	const struct format *f = format_of(type);

	if (f != NULL)
		return f->text;
	switch (type) {
	case TYPE_OPT:
		return "OPT";
	case TYPE_TSIG:
		return "TSIG";
	case TYPE_ANY:
		return "ANY";
	}
	return "TYPE";
}
