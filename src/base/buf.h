/*
 * A bounds-checked cursor over bytes, for reading and for writing.  The first overrun sets
 * `failed`; from then on every call does nothing (reads give 0), so a parser checks once, at
 * its end.  All integers are big-endian.  The cursor never owns its bytes.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stddef.h>
#include <stdint.h>

struct buf {
	uint8_t *data;
	size_t size; /* capacity when writing, length when reading */
	size_t pos;
	int failed;
};

/* Read len bytes at data, or write up to len bytes there.  Borrows data. */
struct buf buf_reader(const void *data, size_t len);
struct buf buf_writer(void *data, size_t size);

size_t buf_left(const struct buf *b);

uint8_t buf_get_u8(struct buf *b);
uint16_t buf_get_u16(struct buf *b);
uint32_t buf_get_u32(struct buf *b);
uint64_t buf_get_u48(struct buf *b);
uint64_t buf_get_u64(struct buf *b);
/* Copy len bytes out. */
void buf_get(struct buf *b, void *out, size_t len);
/* A view of the next len bytes, or NULL (and failed) when there are fewer. */
const uint8_t *buf_take(struct buf *b, size_t len);

void buf_put_u8(struct buf *b, uint8_t v);
void buf_put_u16(struct buf *b, uint16_t v);
void buf_put_u32(struct buf *b, uint32_t v);
void buf_put_u48(struct buf *b, uint64_t v);
void buf_put_u64(struct buf *b, uint64_t v);
void buf_put(struct buf *b, const void *data, size_t len);
/* Overwrite two bytes already written at offset at. */
void buf_patch_u16(struct buf *b, size_t at, uint16_t v);

/* A reader's last question: 0 when nothing failed and nothing remains, else -1. */
int buf_done(const struct buf *b);

#endif
