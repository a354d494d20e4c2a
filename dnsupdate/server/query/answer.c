#include "dnsupdate/server/query/answer.h"

#include "dnsupdate/server/limits.h"
#include "dnsupdate/server/update/policy.h"
#include "dnsupdate/server/server.h"
#include "dnsupdate/server/query/whoami.h"
#include "dnsupdate/wire/llq.h"

#include <string.h>

enum { TYPE_DS = 43 };

#define SOA_NUMBERS 20

/* An answer being written. */
struct answer {
	struct request *r;
	const struct zone *zone;
	struct buf *b;
	struct name_table names;
	size_t end; /* records must not pass it */
	uint16_t count[SECTION_MAX];
	unsigned rcode;
	unsigned flags;
};

/* ---- records ---- */

static void
put_names(struct buf *b, struct name_table *names, const uint8_t *data, size_t len, unsigned count)
{
	struct buf in = buf_reader(data, len);
	struct name name;

	while (count-- > 0) {
		name_get(&in, &name);
		name_put_compressed(b, names, &name);
	}
	buf_put(b, data + in.pos, len - in.pos);
}

static void
put_rdata(struct buf *b, struct name_table *names, uint16_t type, const uint8_t *data, size_t len)
{
	switch (type) {
	case TYPE_NS:
	case TYPE_CNAME:
	case TYPE_PTR:
		put_names(b, names, data, len, 1);
		return;
	case TYPE_SOA:
		put_names(b, names, data, len, 2);
		return;
	case TYPE_MX:
		if (len < 2)
			break;
		buf_put(b, data, 2);
		put_names(b, names, data + 2, len - 2, 1);
		return;
	}
	buf_put(b, data, len);
}

void
record_put(struct buf *b, struct name_table *names, const struct name *owner, uint16_t type,
    uint32_t ttl, const uint8_t *rdata, uint16_t len)
{
	size_t at;

	name_put_compressed(b, names, owner);
	buf_put_u16(b, type);
	buf_put_u16(b, CLASS_IN);
	buf_put_u32(b, ttl);
	at = b->pos;
	buf_put_u16(b, 0);
	put_rdata(b, names, type, rdata, len);
	buf_patch_u16(b, at, (uint16_t)(b->pos - at - 2));
}

/* A whole set or nothing of it: -1. */
static int
put_set(struct answer *a, enum dns_section section, const struct name *owner,
    const struct rrset *set, uint32_t ttl)
{
	size_t before = a->b->pos;
	uint16_t names = a->names.count;
	struct record rec;

	for (size_t pos = 0; rrset_next(set, &pos, &rec);) {
		record_put(a->b, &a->names, owner, set->type, ttl, rec.data, rec.len);
		if (a->b->failed || a->b->pos > a->end) {
			a->b->failed = 0;
			a->b->pos = before;
			a->names.count = names;
			return -1;
		}
	}
	a->count[section] = (uint16_t)(a->count[section] + set->count);
	return 0;
}

static void
put_or_truncate(struct answer *a, enum dns_section section, const struct name *owner,
    const struct rrset *set, uint32_t ttl)
{
	if (put_set(a, section, owner, set, ttl) == -1)
		a->flags |= FLAG_TC;
}

/* ---- what stands beside an answer ---- */

/* Negative answers live as long as the SOA record says (RFC 2308 section 3). */
static void
put_soa(struct answer *a)
{
	const struct rrset *set = node_rrset(a->zone->apex, TYPE_SOA);
	struct record rec;
	size_t pos = 0;
	struct buf b;
	uint32_t minimum;

	if (set == NULL || !rrset_next(set, &pos, &rec) || rec.len < SOA_NUMBERS)
		return;
	b = buf_reader(rec.data + rec.len - 4, 4);
	minimum = buf_get_u32(&b);
	put_or_truncate(
	    a, SECTION_AUTHORITY, &a->zone->name, set, set->ttl < minimum ? set->ttl : minimum);
}

/* The addresses of a name in the zone, as far as there is room. */
static void
put_addresses(struct answer *a, const struct name *name)
{
	static const uint16_t types[] = {TYPE_A, TYPE_AAAA};
	const struct node *n = zone_node(a->zone, name);

	for (size_t i = 0; n != NULL && i < sizeof types / sizeof types[0]; i++) {
		const struct rrset *set = node_rrset(n, types[i]);

		if (set != NULL)
			put_set(a, SECTION_ADDITIONAL, name, set, set->ttl);
	}
}

/* Where the target stands in the data of a type that has one, -1 for others. */
static int
target_at(uint16_t type)
{
	switch (type) {
	case TYPE_NS:
		return 0;
	case TYPE_MX:
		return 2;
	case TYPE_SRV:
		return 6;
	}
	return -1;
}

static void
put_targets(struct answer *a, const struct rrset *set)
{
	int at = target_at(set->type);
	struct record rec;
	struct name target;

	if (at == -1 || (a->flags & FLAG_TC) != 0)
		return;
	for (size_t pos = 0; rrset_next(set, &pos, &rec);) {
		struct buf b = buf_reader(rec.data, rec.len);

		b.pos = (size_t)at;
		name_get(&b, &target);
		if (!b.failed)
			put_addresses(a, &target);
	}
}

static void
put_referral(struct answer *a, const struct node *cut)
{
	const struct rrset *set = node_rrset(cut, TYPE_NS);
	struct name name;

	node_name(a->zone, cut, &name);
	put_or_truncate(a, SECTION_AUTHORITY, &name, set, set->ttl);
	put_targets(a, set);
	if (a->count[SECTION_ANSWER] == 0)
		a->flags &= ~FLAG_AA;
}

/* ---- the answer ---- */

/* One set stands for all of them (RFC 8482 section 4.1). */
static const struct rrset *
set_for(const struct node *n, uint16_t type)
{
	return type == TYPE_ANY ? n->sets : node_rrset(n, type);
}

static void
put_negative(struct answer *a, unsigned rcode)
{
	a->rcode = rcode;
	put_soa(a);
}

/* Answer for one name.  1 when *name became the target of an alias that is to be followed. */
static int
step(struct answer *a, struct name *name, uint16_t type)
{
	const struct rrset *set;
	struct zone_place at;
	struct record rec;
	struct buf b;
	size_t pos = 0;

	zone_find(a->zone, name, &at);
	if (at.cut != NULL && !(at.node == at.cut && type == TYPE_DS)) {
		put_referral(a, at.cut);
		return 0;
	}
	if (at.node == NULL) {
		put_negative(a, RCODE_NXDOMAIN);
		return 0;
	}
	set = set_for(at.node, type);
	if (set != NULL) {
		put_or_truncate(a, SECTION_ANSWER, name, set, set->ttl);
		put_targets(a, set);
		return 0;
	}
	set = node_rrset(at.node, TYPE_CNAME);
	if (set == NULL) {
		put_negative(a, RCODE_NOERROR);
		return 0;
	}
	put_or_truncate(a, SECTION_ANSWER, name, set, set->ttl);
	rrset_next(set, &pos, &rec);
	b = buf_reader(rec.data, rec.len);
	name_get(&b, name);
	return !b.failed && name_in(name, &a->zone->name);
}

/* The question's labels stand behind the header: later names may point there. */
static void
note_question(struct answer *a)
{
	for (size_t at = MESSAGE_HEADER; a->b->data[at] != 0 && a->names.count < NAME_TABLE_MAX;
	     at += 1 + (size_t)a->b->data[at])
		a->names.at[a->names.count++] = (uint16_t)at;
}

static void
patch_header(const struct answer *a)
{
	unsigned flags = (unsigned)a->b->data[2] << 8 | a->b->data[3];

	buf_patch_u16(a->b, 2, (uint16_t)((flags & ~0xfu) | a->flags | a->rcode));
	for (int i = 0; i < SECTION_MAX; i++)
		buf_patch_u16(a->b, 6 + 2 * (size_t)i, a->count[i]);
	a->r->rcode = (uint16_t)a->rcode;
}

static void
put_whoami(struct answer *a)
{
	uint16_t type = a->r->m.question.type;
	struct rdata rd;

	if (type != TYPE_TXT && type != TYPE_ANY) {
		put_negative(a, RCODE_NOERROR);
		return;
	}
	whoami_rdata(a->r, &rd);
	record_put(a->b, &a->names, &a->r->m.question.name, TYPE_TXT, 0, rd.data, rd.len);
	a->count[SECTION_ANSWER]++;
}

void
answer_from_zone(struct request *r)
{
	struct answer a = {
	    .r = r, .zone = r->zone, .b = &r->reply, .flags = FLAG_AA, .end = r->reply.size};
	struct name name = r->m.question.name;
	size_t reserve = reply_reserve(r);
	unsigned left = LIMIT_CNAME_CHAIN;

	reply_begin(r, RCODE_NOERROR, 0);
	if (r->reply.failed || r->reply.pos + reserve > a.end) {
		r->reply.failed = 1;
		return;
	}
	a.end -= reserve;
	note_question(&a);
	if (whoami_asked(r))
		put_whoami(&a);
	else
		while (step(&a, &name, r->m.question.type) && --left > 0)
			;
	patch_header(&a);
}

static int
is_meta(uint16_t type)
{
	return type == TYPE_OPT ||
	    (type >= 128 && type < TYPE_ANY && type != TYPE_AXFR && type != TYPE_IXFR);
}

static enum request_result
transfer(struct server *s, struct request *r)
{
	if (!name_equal(&r->zone->name, &r->m.question.name))
		return reply_error(r, RCODE_NOTAUTH);
	if (!policy_may_transfer(r->key, r->zone) || s->hooks.transfer == NULL)
		return reply_error(r, RCODE_REFUSED);
	return s->hooks.transfer(s->hooks.transfer_ctx, r);
}

/* Over a stream there are better ways, and no such queries (RFC 8764 knows UDP only). */
static int
is_long_lived(const struct server *s, const struct request *r)
{
	size_t len;

	return s->hooks.llq != NULL && r->from.transport == TRANSPORT_UDP &&
	    message_option(&r->m, OPTION_LLQ, &len) != NULL;
}

/* In no more octets than the question had, lest it be used to drown somebody. */
static enum request_result
refuse(struct request *r)
{
	if (!r->has_cookie)
		r->options.pos = 0;
	return reply_error(r, RCODE_REFUSED);
}

enum request_result
answer_query(struct server *s, struct request *r)
{
	const struct question *q = &r->m.question;

	if (!r->m.has_question) /* nothing but a cookie: RFC 7873 section 5.4 */
		return reply_error(r, r->options.pos > 0 ? RCODE_NOERROR : RCODE_FORMERR);
	if (r->zone == NULL || (q->class != CLASS_IN && q->class != CLASS_ANY) ||
	    !policy_may_read(r->key, r->zone))
		return refuse(r);
	if (q->type == TYPE_AXFR || q->type == TYPE_IXFR)
		return transfer(s, r);
	if (is_long_lived(s, r))
		return s->hooks.llq(s->hooks.llq_ctx, r);
	if (is_meta(q->type))
		return reply_error(r, RCODE_NOTIMP);
	whoami_knock(s, r);
	answer_from_zone(r);
	return reply_end(r);
}
