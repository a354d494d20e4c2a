#include "natpmp/pcp.h"

#include "base/buf.h"

#include <string.h>

/*
 * The common header has 24 octets in both directions, MAP has 36 more, options follow (section 7).
 * We send no option: none is needed for a mapping of our own, and a server that does not know one
 * would refuse.
 */

#define PROTOCOL_VERSION 2
#define ANSWER 0x80 /* the R bit */
#define HEADER_LEN 24

/* IPv4 travels as ::ffff:a.b.c.d; "any" as ::ffff:0.0.0.0 or :: (section 5). */
static void
put_address(struct buf *b, const struct endpoint *ep, unsigned family)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	static const uint8_t any[16];
	const uint8_t *addr = ep->family == family ? ep->addr : any;

	if (family == 4)
		buf_put(b, mapped, sizeof mapped);
	buf_put(b, addr, family == 4 ? 4 : 16);
}

static void
get_address(struct buf *b, struct endpoint *out)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	uint8_t addr[16];

	buf_get(b, addr, sizeof addr);
	if (b->failed)
		return;
	out->family = memcmp(addr, mapped, sizeof mapped) == 0 ? 4 : 6;
	if (out->family == 4)
		memcpy(out->addr, addr + 12, 4);
	else
		memcpy(out->addr, addr, 16);
}

size_t
pcp_write(const struct pcp_request *req, uint8_t out[PCP_REQUEST_MAX])
{
	struct buf b = buf_writer(out, PCP_REQUEST_MAX);
	static const uint8_t reserved[3];

	buf_put_u8(&b, PROTOCOL_VERSION);
	buf_put_u8(&b, req->op);
	buf_put_u16(&b, 0);
	buf_put_u32(&b, req->op == PCP_MAP ? req->lifetime_sec : 0);
	put_address(&b, &req->client, req->client.family);
	if (req->op == PCP_MAP) {
		buf_put(&b, req->nonce, sizeof req->nonce);
		buf_put_u8(&b, req->proto);
		buf_put(&b, reserved, sizeof reserved);
		buf_put_u16(&b, req->client.port);
		buf_put_u16(&b, req->external.port);
		put_address(&b, &req->external, req->client.family);
	}
	return b.pos;
}

/* Each option is whole (section 7.3); what they say is not for us, since we asked with none. */
static int
options_are_whole(struct buf *b)
{
	size_t len;

	while (buf_left(b) > 0) {
		buf_get_u16(b); /* code, reserved */
		len = buf_get_u16(b);
		buf_take(b, (len + 3) & ~(size_t)3);
		if (b->failed)
			return 0;
	}
	return 1;
}

static int
is_not_understood(unsigned result)
{
	return result == PCP_UNSUPP_VERSION || result == PCP_MALFORMED_REQUEST ||
	    result == PCP_UNSUPP_OPCODE;
}

static int
read_map(struct buf *b, const struct pcp_request *req, struct pcp_answer *out)
{
	const uint8_t *nonce;
	uint8_t proto;
	uint16_t port;

	if (buf_left(b) == 0 && is_not_understood(out->result))
		return 1;
	nonce = buf_take(b, PCP_NONCE_LEN);
	proto = buf_get_u8(b);
	buf_take(b, 3);
	port = buf_get_u16(b);
	out->external.port = buf_get_u16(b);
	get_address(b, &out->external);
	if (b->failed || memcmp(nonce, req->nonce, PCP_NONCE_LEN) != 0 || proto != req->proto ||
	    port != req->client.port)
		return 0;
	if (out->result != PCP_SUCCESS)
		memset(&out->external, 0, sizeof out->external);
	return options_are_whole(b);
}

enum pcp_fit
pcp_read(const uint8_t *data, size_t len, const struct pcp_request *req, struct pcp_answer *out)
{
	struct buf b = buf_reader(data, len);
	uint8_t version = buf_get_u8(&b), op = buf_get_u8(&b);
	uint16_t result = buf_get_u16(&b);

	memset(out, 0, sizeof *out);
	if (version == 0)
		return len >= 8 && result == PCP_UNSUPP_VERSION ? PCP_OLDER : PCP_FOREIGN;
	out->op = op & (uint8_t)~ANSWER;
	out->result = (uint8_t)result; /* the upper octet is reserved */
	out->lifetime_sec = buf_get_u32(&b);
	out->epoch = buf_get_u32(&b);
	buf_take(&b, HEADER_LEN - b.pos);
	if (b.failed || (op & ANSWER) == 0 || len > PCP_PACKET_MAX || len % 4 != 0 ||
	    out->op != req->op)
		return PCP_FOREIGN;
	if (version != PROTOCOL_VERSION)
		return out->result == PCP_UNSUPP_VERSION ? PCP_ANSWER : PCP_FOREIGN;
	if (out->op == PCP_MAP && !read_map(&b, req, out))
		return PCP_FOREIGN;
	return out->op == PCP_MAP || options_are_whole(&b) ? PCP_ANSWER : PCP_FOREIGN;
}
