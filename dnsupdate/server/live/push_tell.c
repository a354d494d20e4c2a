/* The PUSH messages themselves: what a subscriber is told (RFC 8765 section 6.3). */
#include "dnsupdate/server/live/push_inside.h"

#include <string.h>

/* A PUSH under way to one client; what does not fit goes into the next. */
struct telling {
	struct push_peer *peer;
	int once; /* all his news are of one moment: no record need be told twice */
	struct push_writer w;
	uint8_t room[PUSH_MESSAGE_MAX];
};

void
push_send(struct push_peer *peer, const void *message, size_t len, uint64_t records)
{
	struct push *p = peer->all;

	if (p->config.send(peer->conn, message, len) == -1) {
		p->config.abort(peer->conn);
		return;
	}
	session_touch(peer->session, p->now_ms);
	p->stats.messages++;
	p->stats.records += records;
}

static void
telling_begin(struct telling *t, struct push_peer *peer, int once)
{
	t->peer = peer;
	t->once = once;
	push_begin(&t->w, t->room, sizeof t->room);
}

static void
telling_end(struct telling *t)
{
	size_t len = push_end(&t->w);

	if (len > 0)
		push_send(t->peer, t->room, len, t->w.changes);
}

/* One record of news. */
static int
put_record(struct push_writer *w, const struct name *owner, const struct seen *s)
{
	struct rdata rd = {.type = s->type, .len = s->len};

	if (s->is_removed && s->is_gone)
		return push_remove_set(w, owner, s->type);
	if (s->len > sizeof rd.data)
		return 0; /* nothing of this size gets into a zone */
	memcpy(rd.data, s->data, s->len);
	return push_add(w, owner, s->is_removed ? PUSH_TTL_REMOVE : s->ttl, &rd);
}

/* Was this record told a moment ago because of another subscription to the same name? */
static int
is_repeated(const struct push_sub *sub, const struct seen *s)
{
	for (const struct push_sub *other = sub->peer->news_first; other != sub;
	     other = other->news_next)
		if (other->topic == sub->topic && view_shows(other->type, s->type))
			return 1;
	return 0;
}

static void
tell_news(struct telling *t, const struct push_sub *sub, const struct news *news)
{
	struct name owner;
	struct seen s;
	int gone = -1; /* the type of which one removal told all */

	topic_name(sub->topic, &owner);
	for (size_t pos = 0; news_next(news, &pos, &s);) {
		if ((s.is_removed && s.type == gone) || (t->once && is_repeated(sub, &s)))
			continue;
		gone = s.is_removed && s.is_gone ? s.type : -1;
		if (put_record(&t->w, &owner, &s) == 0)
			continue;
		telling_end(t);
		push_begin(&t->w, t->room, sizeof t->room);
		put_record(&t->w, &owner, &s);
	}
}

/* Does it surely fit into one message? */
static int
fits(const struct news *news)
{
	return news_octets(news) < PUSH_MESSAGE_MAX - 2 * NAME_WIRE_MAX;
}

void
push_tell_one(struct push_sub *sub, struct news *news)
{
	const struct news_text *text = news_text(news, NEWS_PUSH);
	struct telling t;

	if (text == NULL) {
		telling_begin(&t, sub->peer, 0);
		tell_news(&t, sub, news);
		if (!fits(news)) {
			telling_end(&t);
			return;
		}
		text = news_set_text(news, NEWS_PUSH, t.room, push_end(&t.w), t.w.changes);
	}
	push_send(sub->peer, text->data, text->len, text->told);
}

void
push_tell(struct push_peer *peer)
{
	struct telling t;

	if (peer->news_first->news_next == NULL) {
		push_tell_one(peer->news_first, peer->news_first->news);
		return;
	}
	telling_begin(&t, peer, 1);
	for (struct push_sub *sub = peer->news_first; sub != NULL; sub = sub->news_next)
		tell_news(&t, sub, sub->news);
	telling_end(&t);
}
