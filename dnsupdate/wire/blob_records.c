#include "dnsupdate/wire/blob_records.h"

#include <string.h>
#include <sys/types.h>

#define STRING_MAX 255
#define PART_MAX (3 * STRING_MAX) /* octets of the note in one record */
#define PARTS_MAX 10 /* a digit counts them */

int
blob_put(struct update *u, const struct name *owner, char letter, const uint8_t *data, size_t len)
{
	if (len > BLOB_MAX || len > (size_t)PARTS_MAX * PART_MAX)
		return -1;
	for (unsigned part = 0; len > 0; part++) {
		struct rdata rd = {.type = TYPE_TXT};
		struct buf b = buf_writer(rd.data, sizeof rd.data);

		buf_put_u8(&b, 2);
		buf_put_u8(&b, (uint8_t)letter);
		buf_put_u8(&b, (uint8_t)('0' + part));
		for (int i = 0; i < PART_MAX / STRING_MAX && len > 0; i++) {
			size_t n = len < STRING_MAX ? len : STRING_MAX;

			buf_put_u8(&b, (uint8_t)n);
			buf_put(&b, data, n);
			data += n;
			len -= n;
		}
		rd.len = (uint16_t)b.pos;
		update_add(u, owner, BLOB_RECORDS_TTL, &rd);
	}
	return 0;
}

/* Append the strings of this part; the new length, or -1. */
static ssize_t
append(const struct rdata *rd, size_t pos, uint8_t *out, size_t size, size_t len)
{
	const uint8_t *string;
	size_t n;

	while ((string = rdata_txt_next(rd, &pos, &n)) != NULL) {
		if (n > size - len)
			return -1;
		memcpy(out + len, string, n);
		len += n;
	}
	return (ssize_t)len;
}

/* Part number `part` of the note: the new length, the old one when there is no such part, or -1. */
static ssize_t
get_part(const struct message *m, const struct name *owner, const char head[2], uint8_t *out,
    size_t size, size_t len)
{
	const struct rr *rr;
	size_t at = 0;

	while ((rr = message_next(m, &at, SECTION_ANSWER, owner, TYPE_TXT)) != NULL) {
		const uint8_t *string;
		struct rdata rd;
		size_t pos = 0, n;

		if (rr_rdata(m, rr, &rd) == -1)
			return -1;
		string = rdata_txt_next(&rd, &pos, &n);
		if (string != NULL && n == 2 && memcmp(string, head, 2) == 0)
			return append(&rd, pos, out, size, len);
	}
	return (ssize_t)len;
}

ssize_t
blob_get(const struct message *m, const struct name *owner, char letter, uint8_t *out, size_t size)
{
	size_t len = 0;

	for (int part = 0; part < PARTS_MAX; part++) {
		const char head[2] = {letter, (char)('0' + part)};
		ssize_t n = get_part(m, owner, head, out, size, len);

		if (n == -1)
			return -1;
		if ((size_t)n == len)
			break;
		len = (size_t)n;
	}
	return (ssize_t)len;
}
