#include "dnsupdate/server/live/llqs_inside.h"

#include "base/log.h"
#include "dnsupdate/server/limits.h"
#include "dnsupdate/wire/llq.h"

#include <stdlib.h>
#include <string.h>

#define TURN 1024 /* events sent in one go, before queries and updates get their turn */
#define SWEEP_MS 5000 /* how often a part is looked at for expired ones */
#define SWEEP_ALL_MS 60000 /* in which time all of them are */
#define ID_FROM_END 12 /* of an event: LLQ-ID, lease */

/* How long a flight stays in each stage: to be sent when the machine ticks, then sent once, twice,
 * three times (RFC 8764 section 6). */
static const uint64_t patience_ms[LLQ_STAGES] = {0, 2000, 4000, 8000};

/* ---- flights ---- */

static void
flight_enqueue(struct llqs *s, struct llq_flight *f, uint64_t now_ms)
{
	struct llq_flights *q = &s->flights[f->stage];

	f->due_ms = now_ms + patience_ms[f->stage];
	f->next = NULL;
	f->previous = q->last;
	if (q->last != NULL)
		q->last->next = f;
	else
		q->first = f;
	q->last = f;
}

static void
flight_dequeue(struct llqs *s, struct llq_flight *f)
{
	struct llq_flights *q = &s->flights[f->stage];

	if (f->previous != NULL)
		f->previous->next = f->next;
	else
		q->first = f->next;
	if (f->next != NULL)
		f->next->previous = f->previous;
	else
		q->last = f->previous;
}

void
llq_forget_flight(struct llqs *s, struct llq *q)
{
	struct llq_flight *f = q->flight;

	if (f == NULL)
		return;
	q->flight = NULL;
	flight_dequeue(s, f);
	news_unref(f->news);
	view_unref(f->known);
	free(f);
}

void
llq_drop(struct llqs *s, uint32_t number)
{
	llq_forget_flight(s, llq_at(s->table, number));
	llq_remove(s->table, number);
}

/* ---- events ---- */

static int
fits_rdata(const struct seen *record, struct rdata *rd)
{
	if (record->len > sizeof rd->data)
		return 0;
	rd->type = record->type;
	rd->len = record->len;
	memcpy(rd->data, record->data, record->len);
	return 1;
}

/* Encode what news says to followers of the question, as much as one packet takes.  IDs are filled
 * in for each of them. */
static const struct news_text *
encode(struct news *news, const struct question *q)
{
	static const struct llq_option option = {.version = LLQ_VERSION, .opcode = LLQ_EVENT};
	uint8_t room[LIMIT_UDP_REPLY];
	struct llq_writer w;
	struct seen record;
	struct rdata rd;
	size_t told = 0;

	llq_begin(&w, room, sizeof room, 0, FLAG_QR | FLAG_AA, q);
	for (size_t pos = 0; news_next(news, &pos, &record); told++) {
		if (fits_rdata(&record, &rd) &&
		    llq_add(&w, &q->name, record.is_removed ? LLQ_TTL_REMOVE : record.ttl, &rd) ==
			-1 &&
		    w.answers > 0)
			break;
		/* one that no packet holds is passed over */
	}
	return news_set_text(news, NEWS_LLQ, room, llq_end(&w, &option), told);
}

static const struct news_text *
text_of(const struct llq *q, struct news *news)
{
	const struct news_text *text = news_text(news, NEWS_LLQ);
	struct question question = {.type = q->type, .class = CLASS_IN};

	if (text != NULL)
		return text;
	topic_name(q->topic, &question.name);
	return encode(news, &question);
}

static void
send_flight(struct llqs *s, const struct llq *q, const struct llq_flight *f)
{
	const struct news_text *text = text_of(q, f->news);
	uint8_t packet[LIMIT_UDP_REPLY];
	struct requester to;
	struct buf b = buf_writer(packet, sizeof packet);

	memcpy(packet, text->data, text->len);
	buf_put_u16(&b, f->message_id);
	b.pos = text->len - ID_FROM_END;
	buf_put_u64(&b, q->id);
	llq_requester(s->table, q, &to);
	s->config.send(s->config.send_ctx, &to, packet, text->len);
}

/* A flight with this news to q, who knew from before it.  The reference to news passes. */
static struct llq_flight *
flight_new(struct llqs *s, uint32_t number, struct news *news, const struct view *from)
{
	struct llq *q = llq_at(s->table, number);
	const struct news_text *text = text_of(q, news);
	struct llq_flight *f = calloc(1, sizeof *f);

	if (f == NULL)
		fatalx("out of memory");
	f->number = number;
	f->news = news;
	f->message_id = (uint16_t)siphash(&s->message_key, &s->messages, sizeof s->messages);
	s->messages++;
	if (text->told < news_count(news))
		f->known = view_told(from, news, text->told);
	q->flight = f;
	s->stats.events++;
	return f;
}

/* Told in the next tick: a reply may be under construction, which the event has to follow. */
void
llq_catch_up(struct llqs *s, uint32_t number, struct view *known, uint64_t now_ms)
{
	struct llq *q = llq_at(s->table, number);
	struct news *news = topic_news(s->follow, q->topic, q->type, known);

	if (news != NULL)
		flight_enqueue(s, flight_new(s, number, news, known), now_ms);
}

/* Told now, or when the machine ticks if there are very many. */
static void
start_flight(struct llqs *s, uint32_t number, struct happening *h, struct news *news)
{
	const struct view *before = happening_before(h, llq_at(s->table, number)->type);
	struct llq_flight *f = flight_new(s, number, news_ref(news), before);

	if (s->turn == TURN) {
		flight_enqueue(s, f, h->now_ms);
		return;
	}
	s->turn++;
	f->stage = 1;
	flight_enqueue(s, f, h->now_ms);
	send_flight(s, llq_at(s->table, number), f);
}

void
llqs_over(void *ctx)
{
	((struct llqs *)ctx)->turn = 0;
}

int
llq_is_expired(const struct llq *q, uint64_t now_ms)
{
	return q->expires_sec <= now_ms / 1000;
}

void
llqs_happened(void *ctx, struct happening *h)
{
	struct llqs *s = ctx;
	uint32_t next;

	for (uint32_t n = h->topic->llqs; n != NOBODY; n = next) {
		struct llq *q = llq_at(s->table, n);
		struct news *news;

		next = q->next;
		if (llq_is_expired(q, h->now_ms)) {
			s->stats.expired++;
			llq_drop(s, n);
			continue;
		}
		news = happening_news(h, q->type);
		if (news == NULL)
			continue;
		if (q->flight == NULL)
			start_flight(s, n, h, news);
		else if (q->flight->known == NULL)
			q->flight->known = view_ref(happening_before(h, q->type));
	}
}

void
llqs_zone_gone(void *ctx, struct topic *t)
{
	struct llqs *s = ctx;

	while (t->llqs != NOBODY)
		llq_drop(s, t->llqs);
}

void
llqs_response(struct llqs *s, const struct request *r)
{
	struct llq_option o;
	struct view *known;
	struct llq *q;
	uint32_t number;

	if (llq_get(&r->m, &o) != 1 || o.opcode != LLQ_EVENT)
		return;
	number = llq_by_id(s->table, o.id);
	if (number == NOBODY)
		return;
	q = llq_at(s->table, number);
	if (q->flight == NULL || q->flight->message_id != r->m.id || !llq_is_from(q, &r->from))
		return;
	s->stats.acknowledged++;
	known = q->flight->known;
	q->flight->known = NULL;
	llq_forget_flight(s, q);
	if (known != NULL)
		llq_catch_up(s, number, known, r->now_ms);
	view_unref(known);
}

/* ---- time ---- */

static void
repeat(struct llqs *s, struct llq_flight *f, uint64_t now_ms)
{
	struct llq *q = llq_at(s->table, f->number);

	if (llq_is_expired(q, now_ms)) {
		s->stats.expired++;
		llq_drop(s, f->number);
		return;
	}
	if (f->stage == LLQ_STAGES - 1) {
		s->stats.lost++;
		llq_drop(s, f->number);
		return;
	}
	flight_dequeue(s, f);
	f->stage++;
	flight_enqueue(s, f, now_ms);
	s->stats.repeated += f->stage > 1;
	send_flight(s, q, f);
}

static void
sweep(struct llqs *s, uint64_t now_ms)
{
	uint32_t places = llq_places(s->table);
	uint64_t part = (uint64_t)places * SWEEP_MS / SWEEP_ALL_MS + 1;

	s->swept_ms = now_ms;
	for (uint64_t i = 0; i < part && places > 0; i++) {
		uint32_t n = s->sweep_at++ % places;
		const struct llq *q = llq_at(s->table, n);

		if (q->topic != NULL && llq_is_expired(q, now_ms)) {
			s->stats.expired++;
			llq_drop(s, n);
		}
	}
}

void
llqs_tick(struct llqs *s, uint64_t now_ms)
{
	int turn = 0;

	/* the oldest first, and those told for the first time last */
	for (int stage = LLQ_STAGES - 1; stage >= 0; stage--) {
		struct llq_flights *q = &s->flights[stage];

		for (; turn < TURN && q->first != NULL && q->first->due_ms <= now_ms; turn++)
			repeat(s, q->first, now_ms);
	}
	if (now_ms - s->swept_ms >= SWEEP_MS)
		sweep(s, now_ms);
}

uint64_t
llqs_due(const struct llqs *s)
{
	uint64_t due = llq_count(s->table) > 0 ? s->swept_ms + SWEEP_MS : LLQS_IDLE;

	for (int stage = 0; stage < LLQ_STAGES; stage++)
		if (s->flights[stage].first != NULL && s->flights[stage].first->due_ms < due)
			due = s->flights[stage].first->due_ms;
	return due;
}
