#include "dnsupdate/server/disk/frame.h"

#include "dnsupdate/server/disk/crc32c.h"

#include <string.h>

static const char magic[8] = "ATdnsd1\n";
#define FRAME_MAGIC 0x41546672u /* "ATfr" */
#define CRC_AT 40 /* in both heads: what is before and behind is covered */
#define CRC_LEN 4

static uint32_t
covered(uint32_t salt, const uint8_t *head, size_t head_len, const uint8_t *payload, size_t len)
{
	uint32_t crc = crc32c(salt, head, CRC_AT);

	crc = crc32c(crc, head + CRC_AT + CRC_LEN, head_len - CRC_AT - CRC_LEN);
	return crc32c(crc, payload, len);
}

static void
put_crc(uint8_t *head, uint32_t crc)
{
	struct buf b = buf_writer(head + CRC_AT, CRC_LEN);

	buf_put_u32(&b, crc);
}

static uint32_t
get_crc(const uint8_t *head)
{
	struct buf b = buf_reader(head + CRC_AT, CRC_LEN);

	return buf_get_u32(&b);
}

void
file_head_put(uint8_t out[FILE_HEAD], const struct file_head *h)
{
	struct buf b = buf_writer(out, FILE_HEAD);

	memset(out, 0, FILE_HEAD);
	buf_put(&b, magic, sizeof(magic));
	buf_put_u32(&b, (uint32_t)h->kind);
	buf_put_u32(&b, h->serial);
	buf_put_u64(&b, h->number);
	buf_put_u64(&b, h->sequence);
	buf_put_u64(&b, h->time_ms);
	buf_put_u32(&b, 0); /* the checksum's place */
	buf_put_u32(&b, h->salt);
	buf_put(&b, h->zone.wire, h->zone.len);
	put_crc(out, covered(0, out, FILE_HEAD, NULL, 0));
}

int
file_head_get(const uint8_t in[FILE_HEAD], struct file_head *h)
{
	struct buf b = buf_reader(in, FILE_HEAD);
	const uint8_t *found = buf_take(&b, sizeof(magic));

	if (memcmp(found, magic, sizeof(magic)) != 0 ||
	    get_crc(in) != covered(0, in, FILE_HEAD, NULL, 0))
		return -1;
	memset(h, 0, sizeof(*h));
	h->kind = (enum file_kind)buf_get_u32(&b);
	h->serial = buf_get_u32(&b);
	h->number = buf_get_u64(&b);
	h->sequence = buf_get_u64(&b);
	h->time_ms = buf_get_u64(&b);
	buf_get_u32(&b);
	h->salt = buf_get_u32(&b);
	name_get(&b, &h->zone);
	return b.failed ? -1 : 0;
}

size_t
frame_size(uint32_t len)
{
	return ((size_t)FRAME_HEAD + len + FRAME_ALIGN - 1) / FRAME_ALIGN * FRAME_ALIGN;
}

void
frame_put(uint8_t *out, const struct frame *f, uint32_t salt)
{
	struct buf b = buf_writer(out, FRAME_HEAD);

	buf_put_u32(&b, FRAME_MAGIC);
	buf_put_u32(&b, f->len);
	buf_put_u64(&b, f->sequence);
	buf_put_u64(&b, f->time_ms);
	buf_put_u32(&b, f->serial_old);
	buf_put_u32(&b, f->serial_new);
	memset(out + b.pos, 0, FRAME_HEAD - b.pos);
	memmove(out + FRAME_HEAD, f->payload, f->len);
	memset(out + FRAME_HEAD + f->len, 0, frame_size(f->len) - FRAME_HEAD - f->len);
	put_crc(out, covered(salt, out, FRAME_HEAD, f->payload, f->len));
}

enum frame_state
frame_head_get(const uint8_t in[FRAME_HEAD], struct frame *f)
{
	struct buf b = buf_reader(in, FRAME_HEAD);
	uint32_t found = buf_get_u32(&b);
	struct frame new = {.len = buf_get_u32(&b)};

	if (found == 0)
		return FRAME_NONE;
	new.sequence = buf_get_u64(&b);
	new.time_ms = buf_get_u64(&b);
	new.serial_old = buf_get_u32(&b);
	new.serial_new = buf_get_u32(&b);
	if (found != FRAME_MAGIC || new.len > FRAME_PAYLOAD_MAX)
		return FRAME_BAD;
	*f = new;
	return FRAME_GOOD;
}

enum frame_state
frame_check(const uint8_t in[FRAME_HEAD], const struct frame *f, uint32_t salt)
{
	return get_crc(in) == covered(salt, in, FRAME_HEAD, f->payload, f->len) ? FRAME_GOOD
										: FRAME_BAD;
}

int
frame_follows(const uint8_t *data, size_t len, uint64_t sequence, uint32_t salt)
{
	static const uint8_t first[] = {FRAME_MAGIC >> 24, FRAME_MAGIC >> 16 & 0xff,
	    FRAME_MAGIC >> 8 & 0xff, FRAME_MAGIC & 0xff};
	struct frame f;

	for (size_t at = 0; at + FRAME_HEAD <= len; at += FRAME_ALIGN) {
		if (memcmp(data + at, first, sizeof(first)) != 0 || /* most are zeros */
		    frame_head_get(data + at, &f) != FRAME_GOOD || f.sequence <= sequence ||
		    f.len > len - at - FRAME_HEAD)
			continue;
		f.payload = data + at + FRAME_HEAD;
		if (frame_check(data + at, &f, salt) == FRAME_GOOD)
			return 1;
	}
	return 0;
}
