#include "dnsupdate/server/live/llqs.h"

#include "base/log.h"
#include "dnsupdate/server/query/answer.h"
#include "dnsupdate/server/live/llqs_inside.h"
#include "dnsupdate/wire/llq.h"

#include <stdlib.h>

#define CHALLENGE_MS 60000 /* a challenge is good for one to two of these */
#define FULL_RETRY_SEC 300
#define AT_ANSWERS 6 /* in the header */

/* The ID of the challenge to this question. */
static uint64_t
challenge_id(const struct llqs *s, const struct request *r, uint32_t lease_sec, uint64_t now_ms)
{
	uint8_t room[18 + NAME_WIRE_MAX + 16];
	struct buf b = buf_writer(room, sizeof room);
	uint64_t who, when;

	if (r->from.from.sa.sa_family == AF_INET6) {
		buf_put_u16(&b, r->from.from.in6.sin6_port);
		buf_put(&b, &r->from.from.in6.sin6_addr, 16);
	} else {
		buf_put_u16(&b, r->from.from.in.sin_port);
		buf_put(&b, &r->from.from.in.sin_addr, 4);
	}
	buf_put_u16(&b, r->m.question.type);
	name_put(&b, &r->m.question.name);
	who = siphash(&s->who_key, room, b.pos);
	buf_put_u32(&b, lease_sec);
	buf_put_u64(&b, now_ms / CHALLENGE_MS);
	when = siphash(&s->when_key, room, b.pos);
	return when << 32 | (uint32_t)who;
}

static uint32_t
granted(const struct llqs *s, uint32_t wanted)
{
	if (wanted < s->config.lease_min_sec)
		return s->config.lease_min_sec;
	return wanted < s->config.lease_max_sec ? wanted : s->config.lease_max_sec;
}

static void
put_option(struct request *r, const struct llq_option *o)
{
	buf_put_u16(&r->options, OPTION_LLQ);
	buf_put_u16(&r->options, LLQ_OPTION_LEN);
	buf_put_u16(&r->options, LLQ_VERSION);
	buf_put_u16(&r->options, o->opcode);
	buf_put_u16(&r->options, o->error);
	buf_put_u64(&r->options, o->id);
	buf_put_u32(&r->options, o->lease);
}

/* Answer with the option; records are written already, after reply_begin. */
static enum request_result
answer(struct request *r, const struct llq_option *o)
{
	put_option(r, o);
	return reply_end(r);
}

static enum request_result
answer_error(struct llqs *s, struct request *r, const struct llq_option *o, enum llq_error error)
{
	struct llq_option reply = {.opcode = o->opcode, .error = (uint16_t)error};

	if (error == LLQ_SERV_FULL) {
		reply.lease = FULL_RETRY_SEC;
		s->stats.refused++;
	}
	if (error == LLQ_NO_SUCH_LLQ)
		reply.id = o->id;
	reply_begin(r, RCODE_NOERROR, FLAG_AA);
	return answer(r, &reply);
}

static int
is_full(const struct llqs *s, const struct request *r)
{
	return llq_count(s->table) >= s->config.max ||
	    llq_count_from(s->table, &r->from) >= s->config.max_from;
}

static enum request_result
challenge(struct llqs *s, struct request *r, const struct llq_option *o)
{
	struct llq_option reply = {.opcode = LLQ_SETUP, .lease = granted(s, o->lease)};

	reply.id = challenge_id(s, r, reply.lease, r->now_ms);
	reply_begin(r, RCODE_NOERROR, FLAG_AA);
	return answer(r, &reply);
}

/* Has he this ID and lease from us, and not long ago? */
static int
has_challenge(const struct llqs *s, const struct request *r, const struct llq_option *o)
{
	for (uint64_t ago = 0; ago <= CHALLENGE_MS && ago <= r->now_ms; ago += CHALLENGE_MS)
		if (o->id == challenge_id(s, r, o->lease, r->now_ms - ago))
			return o->lease == granted(s, o->lease);
	return 0;
}

/* Write the records of a view, as many as fit; how many that were. */
static size_t
put_answers(struct request *r, const struct view *v)
{
	size_t limit = r->reply.size - reply_reserve(r) - 4 - LLQ_OPTION_LEN;
	struct name_table names = {.count = 1, .at = {MESSAGE_HEADER}};
	struct buf *b = &r->reply;
	struct seen record;
	size_t put = 0, pos = 0, before;

	while (view_next(v, &pos, &record)) {
		before = b->pos;
		record_put(b, &names, &r->m.question.name, record.type, record.ttl, record.data,
		    record.len);
		if (b->failed || b->pos > limit) {
			b->failed = 0;
			b->pos = before;
			break;
		}
		put++;
	}
	buf_patch_u16(b, AT_ANSWERS, (uint16_t)put);
	return put;
}

/* The first n records of a view. */
static struct view *
first_of(const struct view *v, size_t n)
{
	struct view *nothing = view_empty();
	struct news *all = news_between(nothing, v);
	struct view *first = all != NULL ? view_told(nothing, all, n) : view_ref(nothing);

	news_unref(all);
	view_unref(nothing);
	return first;
}

/* ACK and answers; the rest follows as an event. */
static enum request_result
welcome(struct llqs *s, struct request *r, uint32_t number)
{
	struct llq *q = llq_at(s->table, number);
	struct llq_option reply = {.opcode = LLQ_SETUP, .id = q->id};
	struct view *v, *told;
	enum request_result result;
	size_t count;

	reply.lease = q->expires_sec - (uint32_t)(r->now_ms / 1000);
	/* an event may be under way that he does not have yet: nothing newer before it */
	v = q->flight != NULL && q->flight->known != NULL
	    ? view_ref(q->flight->known)
	    : view_now(q->topic->zone, &r->m.question.name, q->type);
	reply_begin(r, RCODE_NOERROR, FLAG_AA);
	count = put_answers(r, v);
	result = answer(r, &reply);
	if (count < view_count(v) && q->flight == NULL) {
		told = first_of(v, count);
		llq_catch_up(s, number, told, r->now_ms);
		view_unref(told);
	}
	view_unref(v);
	return result;
}

/* The LLQ of a challenge response: the one there is, or a new one; NOBODY when there is no room. */
static uint32_t
establish(struct llqs *s, const struct request *r, const struct llq_option *o)
{
	const struct question *ask = &r->m.question;
	const struct topic *t = topic_find(s->follow, r->zone, &ask->name);
	uint32_t number = llq_by_id(s->table, o->id);

	if (number != NOBODY && llq_at(s->table, number)->topic == t &&
	    !llq_is_expired(llq_at(s->table, number), r->now_ms))
		return number; /* the same again */
	number = t == NULL ? NOBODY : llq_like(s->table, o->id, &r->from, t, ask->type);
	if (number != NOBODY) {
		llq_forget_flight(s, llq_at(s->table, number));
		llq_rename(s->table, number, o->id);
	} else {
		if (is_full(s, r))
			return NOBODY;
		number = llq_insert(s->table, o->id, &r->from, r->zone, &ask->name, ask->type);
		if (number == NOBODY)
			return NOBODY;
	}
	llq_at(s->table, number)->expires_sec = (uint32_t)(r->now_ms / 1000) + o->lease;
	s->stats.set_up++;
	return number;
}

/* Types that are no data, and "all of them" (section 5.2.1). */
static int
may_be_followed(const struct question *q)
{
	return q->class == CLASS_IN && q->type != TYPE_OPT && q->type != 0 &&
	    (q->type < 128 || q->type > TYPE_ANY);
}

static enum request_result
set_up(struct llqs *s, struct request *r, const struct llq_option *o)
{
	uint32_t number;

	if (!may_be_followed(&r->m.question))
		return answer_error(s, r, o, LLQ_FORMAT_ERR);
	if (o->id == 0)
		return is_full(s, r) ? answer_error(s, r, o, LLQ_SERV_FULL) : challenge(s, r, o);
	if (!has_challenge(s, r, o))
		return answer_error(s, r, o, LLQ_NO_SUCH_LLQ);
	number = establish(s, r, o);
	return number == NOBODY ? answer_error(s, r, o, LLQ_SERV_FULL) : welcome(s, r, number);
}

static enum request_result
refresh(struct llqs *s, struct request *r, const struct llq_option *o)
{
	struct llq_option reply = {.opcode = LLQ_REFRESH, .id = o->id};
	uint32_t number = llq_by_id(s->table, o->id);
	struct llq *q = number == NOBODY ? NULL : llq_at(s->table, number);

	if (q == NULL || !llq_is_from(q, &r->from) || llq_is_expired(q, r->now_ms) ||
	    q->type != r->m.question.type ||
	    q->topic != topic_find(s->follow, r->zone, &r->m.question.name))
		return answer_error(s, r, o, LLQ_NO_SUCH_LLQ);
	if (o->lease == 0) {
		s->stats.ended++;
		llq_drop(s, number);
	} else {
		s->stats.refreshed++;
		reply.lease = granted(s, o->lease);
		q->expires_sec = (uint32_t)(r->now_ms / 1000) + reply.lease;
	}
	reply_begin(r, RCODE_NOERROR, FLAG_AA);
	return answer(r, &reply);
}

/* It never changes: the answer once, and no more (section 5.2.3). */
static enum request_result
answer_static(struct request *r)
{
	static const struct llq_option o = {.opcode = LLQ_SETUP, .error = LLQ_STATIC};

	put_option(r, &o);
	answer_from_zone(r);
	return reply_end(r);
}

enum request_result
llqs_request(struct llqs *s, struct request *r, int is_static)
{
	struct llq_option o = {0};

	if (llq_get(&r->m, &o) != 1)
		return answer_error(s, r, &o, LLQ_FORMAT_ERR);
	if (o.version != LLQ_VERSION)
		return answer_error(s, r, &o, LLQ_BAD_VERS);
	switch (o.opcode) {
	case LLQ_SETUP:
		return is_static ? answer_static(r) : set_up(s, r, &o);
	case LLQ_REFRESH:
		return refresh(s, r, &o);
	}
	return answer_error(s, r, &o, LLQ_FORMAT_ERR);
}

/* ---- the whole ---- */

struct llqs *
llqs_new(struct follow *f, const struct llqs_config *config)
{
	struct llqs *s = calloc(1, sizeof *s);

	if (s == NULL)
		fatalx("out of memory");
	s->config = *config;
	s->follow = f;
	s->table = llq_table_new(f);
	s->teller = (struct follow_teller) {llqs_happened, llqs_over, llqs_zone_gone, s};
	siphash_key_random(&s->who_key);
	siphash_key_random(&s->when_key);
	siphash_key_random(&s->message_key);
	follow_add_teller(f, &s->teller);
	return s;
}

void
llqs_free(struct llqs *s)
{
	if (s == NULL)
		return;
	for (uint32_t n = 0; n < llq_places(s->table); n++)
		if (llq_at(s->table, n)->topic != NULL)
			llq_drop(s, n);
	llq_table_free(s->table);
	free(s);
}

size_t
llqs_count(const struct llqs *s)
{
	return llq_count(s->table);
}

const struct llqs_stats *
llqs_stats(const struct llqs *s)
{
	return &s->stats;
}
