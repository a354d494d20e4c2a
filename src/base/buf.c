#include "base/buf.h"

#include <string.h>

struct buf
buf_reader(const void *data, size_t len)
{
	return (struct buf) {.data = (uint8_t *)(uintptr_t)data, .size = len};
}

struct buf
buf_writer(void *data, size_t size)
{
	return (struct buf) {.data = data, .size = size};
}

size_t
buf_left(const struct buf *b)
{
	return b->failed ? 0 : b->size - b->pos;
}

/* The next len bytes, or NULL once anything has gone wrong. */
static uint8_t *
advance(struct buf *b, size_t len)
{
	uint8_t *p;

	if (b->failed || b->size - b->pos < len) {
		b->failed = 1;
		return NULL;
	}
	p = b->data + b->pos;
	b->pos += len;
	return p;
}

static uint64_t
get_be(struct buf *b, size_t len)
{
	const uint8_t *p = advance(b, len);
	uint64_t v = 0;

	for (size_t i = 0; p != NULL && i < len; i++)
		v = v << 8 | p[i];
	return v;
}

static void
put_be(struct buf *b, size_t len, uint64_t v)
{
	uint8_t *p = advance(b, len);

	for (size_t i = 0; p != NULL && i < len; i++)
		p[i] = (uint8_t)(v >> (8 * (len - 1 - i)));
}

uint8_t
buf_get_u8(struct buf *b)
{
	return (uint8_t)get_be(b, 1);
}

uint16_t
buf_get_u16(struct buf *b)
{
	return (uint16_t)get_be(b, 2);
}

uint32_t
buf_get_u32(struct buf *b)
{
	return (uint32_t)get_be(b, 4);
}

uint64_t
buf_get_u48(struct buf *b)
{
	return get_be(b, 6);
}

uint64_t
buf_get_u64(struct buf *b)
{
	return get_be(b, 8);
}

void
buf_get(struct buf *b, void *out, size_t len)
{
	const uint8_t *p = advance(b, len);

	if (p != NULL)
		memcpy(out, p, len);
	else
		memset(out, 0, len);
}

const uint8_t *
buf_take(struct buf *b, size_t len)
{
	return advance(b, len);
}

void
buf_put_u8(struct buf *b, uint8_t v)
{
	put_be(b, 1, v);
}

void
buf_put_u16(struct buf *b, uint16_t v)
{
	put_be(b, 2, v);
}

void
buf_put_u32(struct buf *b, uint32_t v)
{
	put_be(b, 4, v);
}

void
buf_put_u48(struct buf *b, uint64_t v)
{
	put_be(b, 6, v);
}

void
buf_put_u64(struct buf *b, uint64_t v)
{
	put_be(b, 8, v);
}

void
buf_put(struct buf *b, const void *data, size_t len)
{
	uint8_t *p = advance(b, len);

	if (p != NULL && len > 0)
		memcpy(p, data, len);
}

void
buf_patch_u16(struct buf *b, size_t at, uint16_t v)
{
	if (b->failed || at + 2 > b->pos) {
		b->failed = 1;
		return;
	}
	b->data[at] = (uint8_t)(v >> 8);
	b->data[at + 1] = (uint8_t)v;
}

int
buf_done(const struct buf *b)
{
	return b->failed || b->pos != b->size ? -1 : 0;
}
