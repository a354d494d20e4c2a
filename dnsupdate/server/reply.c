#include "dnsupdate/server/request.h"

#include <string.h>

#define OPT_FIXED 11
#define TSIG_FIXED 26 /* of a TSIG record without names and MAC */

void
reply_begin(struct request *r, unsigned rcode, unsigned flags)
{
	struct buf *b = &r->reply;

	b->pos = 0;
	b->failed = 0;
	buf_put_u16(b, r->m.id);
	buf_put_u16(b,
	    (uint16_t)(FLAG_QR | (unsigned)r->m.opcode << 11 | flags |
		(r->m.opcode == OPCODE_QUERY ? r->m.flags & FLAG_RD : 0) | (rcode & 0xf)));
	buf_put_u16(b, r->question_len > 0);
	buf_put_u16(b, 0);
	buf_put_u16(b, 0);
	buf_put_u16(b, 0);
	buf_put(b, r->data + MESSAGE_HEADER, r->question_len);
	r->rcode = (uint16_t)rcode;
}

/* An unsigned TSIG record repeats the request's names. */
static size_t
tsig_octets(const struct request *r)
{
	if (!r->is_signed)
		return 0;
	if (r->tsig_error == TSIG_BADKEY || r->tsig_error == TSIG_BADSIG)
		return TSIG_FIXED + 2 * NAME_WIRE_MAX;
	return tsig_room(&r->signer);
}

size_t
reply_reserve(const struct request *r)
{
	return (r->m.has_edns ? OPT_FIXED + r->options.pos : 0) + tsig_octets(r);
}

static void
put_opt(struct request *r)
{
	struct buf *b = &r->reply;
	size_t at = b->pos;

	message_put_edns(b, r->options_room, r->options.pos);
	if (!b->failed)
		b->data[at + 5] = (uint8_t)(r->rcode >> 4);
}

static int
finish(struct request *r)
{
	if (r->m.has_edns)
		put_opt(r);
	if (r->is_signed &&
	    tsig_sign_reply(&r->tsig, &r->m, &r->reply, r->tsig_error, r->now_sec) == -1)
		return -1;
	return r->reply.failed ? -1 : 0;
}

enum request_result
reply_end(struct request *r)
{
	if (!r->reply.failed && finish(r) == 0)
		return REQUEST_REPLY;
	r->options.pos = 0;
	reply_begin(r, RCODE_NOERROR, FLAG_TC);
	return finish(r) == 0 ? REQUEST_REPLY : REQUEST_DROP;
}

enum request_result
reply_error(struct request *r, unsigned rcode)
{
	reply_begin(r, rcode, 0);
	return reply_end(r);
}
