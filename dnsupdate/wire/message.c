/*
 * dnsupdate/wire: what DNS looks like on the wire, and nothing else.
 *
 * Everything here is a function of its arguments: no socket, no clock, no allocation but for the
 * digest in tsig.c and what ldns does behind text.h.  The DNS worker, `autotunnel init`/`join` and
 * the server share it, and the tests can drive all of it with bytes alone.
 *
 *	name     domain names; one canonical form, compression in and out
 *	rdata    record data of the types we write
 *	message  a received message as an index into its bytes; queries
 *	update   building RFC 2136 updates
 *	tsig     RFC 8945, the client's side; tsig_server.c: the server's
 *	tsig_rr  the TSIG record and its digest, for both
 *	lease    how long the records of an update live (RFC 9664)
 *	llq      long-lived queries over UDP (RFC 8764)
 *	dso      sessions on a stream (RFC 8490); push: subscriptions in them (RFC 8765)
 *	status   our TXT record
 *	records  our records, written
 *	peer     our records, read
 *	stream   framing over TCP and TLS
 *	text     presentation format, by ldns
 *
 * The order of trust: bytes from the network go to message_parse first.  It walks the whole message
 * once, checks every name and the data of every type we know, and fails on the first doubt; what
 * passes can be read with the rr_ functions without further checks, though they make them all the
 * same.  tsig_verify then says whether the message may be believed.  Nobody looks into an answer
 * before both have agreed.
 *
 * Ownership: a struct message and its struct rr point into the caller's bytes, by offset.  A struct
 * update and a struct buf write into the caller's room.  A tsig_context borrows its key.  Only
 * tsig_context holds anything to release (tsig_forget).
 *
 * Known types are few on purpose.  Others are carried as opaque octets (RFC 3597): that is enough
 * for prerequisites, deletions and a server's storage.
 */
#include "dnsupdate/wire/message.h"

#include <string.h>

#define EDNS_UDP_MIN 512
#define RR_FIXED 10 /* type, class, TTL, length */

/* Options must fill the data exactly (RFC 6891 section 6.1.2). */
static int
options_fit(const uint8_t *data, size_t len)
{
	struct buf b = buf_reader(data, len);

	while (!b.failed && buf_left(&b) > 0) {
		buf_get_u16(&b);
		buf_take(&b, buf_get_u16(&b));
	}
	return buf_done(&b) == 0;
}

static int
take_edns(struct message *m, const struct rr *rr)
{
	/* owner is the root, so its one octet stands right there */
	if (m->has_edns || rr->section != SECTION_ADDITIONAL || m->data[rr->owner_at] != 0 ||
	    !options_fit(m->data + rr->rdata_at, rr->rdata_len))
		return -1;
	m->has_edns = 1;
	m->edns_at = m->count;
	m->edns_udp_size = rr->class < EDNS_UDP_MIN ? EDNS_UDP_MIN : rr->class;
	m->edns_version = (uint8_t)(rr->ttl >> 16);
	m->rcode |= (uint16_t)((rr->ttl >> 24) << 4);
	return 0;
}

/* UPDATE uses empty data of any type, with class ANY or NONE, to speak of whole sets. */
static int
may_be_empty(const struct message *m, const struct rr *rr)
{
	return m->opcode == OPCODE_UPDATE && rr->rdata_len == 0 &&
	    (rr->class == CLASS_ANY || rr->class == CLASS_NONE);
}

static int
parse_rr(struct message *m, struct buf *b, enum dns_section section)
{
	struct rr *rr = &m->rr[m->count];
	struct name owner;

	rr->section = (uint8_t)section;
	rr->owner_at = (uint16_t)b->pos;
	name_get(b, &owner);
	rr->type = buf_get_u16(b);
	rr->class = buf_get_u16(b);
	rr->ttl = buf_get_u32(b);
	rr->rdata_len = buf_get_u16(b);
	rr->rdata_at = (uint16_t)b->pos;
	if (b->failed || buf_left(b) < rr->rdata_len)
		return -1;
	if (rr->type == TYPE_OPT && take_edns(m, rr) == -1)
		return -1;
	if (!may_be_empty(m, rr))
		rdata_get(b, rr->type, rr->rdata_len, NULL);
	m->count++;
	return b->failed ? -1 : 0;
}

static int
parse_question(struct message *m, struct buf *b, unsigned count)
{
	if (count > 1) /* RFC 9619 */
		return -1;
	if (count == 0)
		return 0;
	name_get(b, &m->question.name);
	m->question.type = buf_get_u16(b);
	m->question.class = buf_get_u16(b);
	m->has_question = 1;
	return b->failed ? -1 : 0;
}

/* Everything but the records, which are not worth 10 kB of zeros. */
static void
clear(struct message *m, const void *data, size_t len)
{
	memset(m, 0, offsetof(struct message, rr));
	m->data = data;
	m->len = len;
}

int
message_parse(struct message *m, const void *data, size_t len)
{
	struct buf b = buf_reader(data, len);
	unsigned questions, records = 0;
	unsigned count[SECTION_MAX];

	clear(m, data, len);
	if (len < MESSAGE_HEADER || len > MESSAGE_MAX)
		return -1;
	m->id = buf_get_u16(&b);
	m->flags = buf_get_u16(&b);
	m->opcode = m->flags >> 11 & 0xf;
	m->rcode = m->flags & 0xf;
	questions = buf_get_u16(&b);
	for (int s = 0; s < SECTION_MAX; s++) {
		count[s] = buf_get_u16(&b);
		records += count[s];
	}
	if (records > MESSAGE_RECORDS_MAX || parse_question(m, &b, questions) == -1)
		return -1;
	for (int s = 0; s < SECTION_MAX; s++)
		for (unsigned i = 0; i < count[s]; i++)
			if (parse_rr(m, &b, (enum dns_section)s) == -1)
				return -1;
	return buf_done(&b);
}

int
message_is_reply(
    const struct message *m, enum dns_opcode opcode, uint16_t id, const struct question *q)
{
	if (!(m->flags & FLAG_QR) || m->opcode != opcode || m->id != id)
		return 0;
	if (q == NULL)
		return 1;
	return m->has_question && m->question.type == q->type && m->question.class == q->class &&
	    name_equal(&m->question.name, &q->name);
}

const struct rr *
message_next(const struct message *m, size_t *pos, enum dns_section section,
    const struct name *owner, uint16_t type)
{
	struct name name;

	while (*pos < m->count) {
		const struct rr *rr = &m->rr[(*pos)++];

		if (rr->section != section || rr->class != CLASS_IN)
			continue;
		if (type != TYPE_ANY && rr->type != type)
			continue;
		if (owner == NULL)
			return rr;
		rr_owner(m, rr, &name);
		if (name_equal(&name, owner))
			return rr;
	}
	return NULL;
}

const uint8_t *
message_option_next(const struct message *m, size_t *pos, uint16_t code, size_t *len)
{
	const struct rr *rr = &m->rr[m->edns_at];
	struct buf b;

	if (!m->has_edns)
		return NULL;
	b = buf_reader(m->data + rr->rdata_at, rr->rdata_len);
	b.pos = *pos;
	while (!b.failed && buf_left(&b) > 0) {
		uint16_t this_code = buf_get_u16(&b);
		uint16_t this_len = buf_get_u16(&b);
		const uint8_t *data = b.data + b.pos;

		buf_take(&b, this_len);
		*pos = b.pos;
		if (!b.failed && this_code == code) {
			*len = this_len;
			return data;
		}
	}
	return NULL;
}

const uint8_t *
message_option(const struct message *m, uint16_t code, size_t *len)
{
	size_t pos = 0;

	return message_option_next(m, &pos, code, len);
}

int
message_zone(const struct message *m, const struct name *domain, struct name *zone, struct soa *soa)
{
	const struct rr *rr;
	size_t pos = 0;

	rr = message_next(m, &pos, SECTION_ANSWER, NULL, TYPE_SOA);
	pos = 0;
	if (rr == NULL)
		rr = message_next(m, &pos, SECTION_AUTHORITY, NULL, TYPE_SOA);
	if (rr == NULL || rr_soa(m, rr, soa) == -1)
		return -1;
	rr_owner(m, rr, zone);
	if (!name_in(domain, zone))
		return -1;
	return name_labels(zone) < 2 && !name_equal(zone, domain) ? -1 : 0;
}

/* A cursor at the record's data if it is of this type and has any; else a failed one. */
static struct buf
data_of(const struct message *m, const struct rr *rr, unsigned type)
{
	struct buf b = buf_reader(m->data, m->len);

	b.pos = rr->rdata_at;
	b.failed = rr->type != type || rr->rdata_len == 0;
	return b;
}

void
rr_owner(const struct message *m, const struct rr *rr, struct name *out)
{
	struct buf b = buf_reader(m->data, m->len);

	b.pos = rr->owner_at;
	name_get(&b, out);
}

int
rr_a(const struct message *m, const struct rr *rr, uint8_t out[4])
{
	struct buf b = data_of(m, rr, TYPE_A);

	buf_get(&b, out, 4);
	return b.failed ? -1 : 0;
}

int
rr_aaaa(const struct message *m, const struct rr *rr, uint8_t out[16])
{
	struct buf b = data_of(m, rr, TYPE_AAAA);

	buf_get(&b, out, 16);
	return b.failed ? -1 : 0;
}

int
rr_name(const struct message *m, const struct rr *rr, struct name *out)
{
	int is_name = rr->type == TYPE_PTR || rr->type == TYPE_NS || rr->type == TYPE_CNAME;
	struct buf b = data_of(m, rr, is_name ? rr->type : 0);

	name_get(&b, out);
	return b.failed ? -1 : 0;
}

int
rr_srv(const struct message *m, const struct rr *rr, struct srv *out)
{
	struct buf b = data_of(m, rr, TYPE_SRV);

	out->priority = buf_get_u16(&b);
	out->weight = buf_get_u16(&b);
	out->port = buf_get_u16(&b);
	name_get(&b, &out->target);
	return b.failed ? -1 : 0;
}

int
rr_soa(const struct message *m, const struct rr *rr, struct soa *out)
{
	struct buf b = data_of(m, rr, TYPE_SOA);

	name_get(&b, &out->mname);
	name_get(&b, &out->rname);
	out->serial = buf_get_u32(&b);
	out->refresh = buf_get_u32(&b);
	out->retry = buf_get_u32(&b);
	out->expire = buf_get_u32(&b);
	out->minimum = buf_get_u32(&b);
	return b.failed ? -1 : 0;
}

int
rr_rdata(const struct message *m, const struct rr *rr, struct rdata *out)
{
	struct buf b = data_of(m, rr, rr->type);

	return rdata_get(&b, rr->type, rr->rdata_len, out);
}

const char *
rcode_text(unsigned rcode)
{
	static const char *const text[] = {"NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP",
	    "REFUSED", "YXDOMAIN", "YXRRSET", "NXRRSET", "NOTAUTH", "NOTZONE", "DSOTYPENI"};

	if (rcode < sizeof(text) / sizeof(text[0]))
		return text[rcode];
	return rcode == RCODE_BADVERS ? "BADVERS" : "RCODE";
}

void
message_put_edns(struct buf *b, const void *options, size_t len)
{
	struct buf header = buf_reader(b->data, b->pos);

	if (len > UINT16_MAX || b->pos < MESSAGE_HEADER) {
		b->failed = 1;
		return;
	}
	header.pos = 10;
	buf_patch_u16(b, 10, (uint16_t)(buf_get_u16(&header) + 1));
	buf_put_u8(b, 0);
	buf_put_u16(b, TYPE_OPT);
	buf_put_u16(b, MESSAGE_UDP_MAX);
	buf_put_u32(b, 0);
	buf_put_u16(b, (uint16_t)len);
	if (len > 0)
		buf_put(b, options, len);
}

int
query_build(struct buf *b, uint16_t id, const struct question *q, int recursive)
{
	buf_put_u16(b, id);
	buf_put_u16(b, recursive ? FLAG_RD : 0);
	buf_put_u16(b, 1);
	for (int s = 0; s < SECTION_MAX; s++)
		buf_put_u16(b, 0);
	name_put(b, &q->name);
	buf_put_u16(b, q->type);
	buf_put_u16(b, q->class);
	message_put_edns(b, NULL, 0);
	return b->failed ? -1 : 0;
}
