#include "dnsupdate/server/live/push_inside.h"

#include "base/log.h"

#include <stdlib.h>

/* Note what he must be told; the reference to news passes. */
static void
add_news(struct push_sub *sub, struct news *news)
{
	struct push_peer *peer = sub->peer;

	sub->news = news;
	sub->news_next = NULL;
	if (peer->news_first == NULL) {
		peer->news_first = sub;
		peer->news_next = peer->all->news_first;
		peer->all->news_first = peer;
	} else {
		peer->news_last->news_next = sub;
	}
	peer->news_last = sub;
}

static void
drop_news(struct push_peer *peer)
{
	for (struct push_sub *sub = peer->news_first; sub != NULL; sub = sub->news_next) {
		news_unref(sub->news);
		sub->news = NULL;
	}
	peer->news_first = NULL;
}

/* Must he wait until his connection has drained? */
static int
is_slow(const struct push_peer *peer)
{
	return peer->behind > 0 || peer->all->config.queued(peer->conn) > PUSH_QUEUE_HIGH;
}

/* He knows just this, for now. */
static void
fall_behind(struct push_sub *sub, struct view *known)
{
	if (sub->known != NULL)
		return;
	sub->known = view_ref(known);
	sub->peer->behind++;
	sub->peer->all->stats.behind++;
}

/* There are so many that others wait: he is told when his turn comes. */
static void
come_later(struct push_peer *peer)
{
	struct push *p = peer->all;

	if (peer->is_late)
		return;
	peer->is_late = 1;
	peer->late_next = NULL;
	if (p->late_last != NULL)
		p->late_last->late_next = peer;
	else
		p->late_first = peer;
	p->late_last = peer;
}

static void
forget_late(struct push_peer *peer)
{
	struct push *p = peer->all;
	struct push_peer **at = &p->late_first, *before = NULL;

	if (!peer->is_late)
		return;
	for (; *at != peer; at = &(*at)->late_next)
		before = *at;
	*at = peer->late_next;
	if (p->late_last == peer)
		p->late_last = before;
	peer->is_late = 0;
}

/* Is this turn over for one who is not among those told in it already? */
static int
is_turn_over(struct push_peer *peer)
{
	if (peer->news_first != NULL)
		return 0;
	if (peer->all->turn == PUSH_TURN)
		return 1;
	peer->all->turn++;
	return 0;
}

static void
happened(void *ctx, struct happening *h)
{
	struct push *p = ctx;

	p->now_ms = h->now_ms;
	for (struct push_sub *sub = h->topic->pushes; sub != NULL; sub = sub->next) {
		struct news *news = happening_news(h, sub->type);

		if (news == NULL)
			continue;
		if (is_slow(sub->peer)) {
			fall_behind(sub, happening_before(h, sub->type));
		} else if (is_turn_over(sub->peer)) {
			fall_behind(sub, happening_before(h, sub->type));
			come_later(sub->peer);
		} else {
			add_news(sub, news_ref(news));
		}
	}
}

static void
over(void *ctx)
{
	struct push *p = ctx;
	struct push_peer *next;

	for (struct push_peer *peer = p->news_first; peer != NULL; peer = next) {
		next = peer->news_next;
		push_tell(peer);
		drop_news(peer);
	}
	p->news_first = NULL;
	p->turn = 0;
}

void
push_work(struct push *p, uint64_t now_ms)
{
	for (int i = 0; i < PUSH_TURN && p->late_first != NULL; i++) {
		struct push_peer *peer = p->late_first;

		p->late_first = peer->late_next;
		if (p->late_first == NULL)
			p->late_last = NULL;
		peer->is_late = 0;
		push_drained(peer, now_ms);
	}
}

int
push_waits(const struct push *p)
{
	return p->late_first != NULL;
}

void
push_drained(struct push_peer *peer, uint64_t now_ms)
{
	struct push *p = peer->all;

	p->now_ms = now_ms;
	for (struct push_sub *sub = peer->first; sub != NULL && peer->behind > 0;
	     sub = sub->peer_next) {
		struct news *news;

		if (sub->known == NULL)
			continue;
		if (p->config.queued(peer->conn) > PUSH_QUEUE_HIGH)
			return;
		news = topic_news(p->follow, sub->topic, sub->type, sub->known);
		view_unref(sub->known);
		sub->known = NULL;
		peer->behind--;
		if (news != NULL)
			push_tell_one(sub, news);
		news_unref(news);
	}
}

/* ---- subscriptions ---- */

struct push_peer *
push_peer_new(struct push *p, void *conn, struct session *s)
{
	struct push_peer *peer = calloc(1, sizeof *peer);

	if (peer == NULL)
		fatalx("out of memory");
	peer->all = p;
	peer->conn = conn;
	peer->session = s;
	return peer;
}

/* Take it out of the list at *at. */
static void
end(struct push_sub **at)
{
	struct push_sub *sub = *at;
	struct push_peer *peer = sub->peer;

	*at = sub->peer_next;
	if (sub->previous != NULL)
		sub->previous->next = sub->next;
	else
		sub->topic->pushes = sub->next;
	if (sub->next != NULL)
		sub->next->previous = sub->previous;
	if (sub->known != NULL)
		peer->behind--;
	view_unref(sub->known);
	peer->count--;
	peer->all->count--;
	topic_put(peer->all->follow, sub->topic);
	free(sub);
}

void
push_peer_free(struct push_peer *peer)
{
	forget_late(peer);
	while (peer->first != NULL)
		end(&peer->first);
	free(peer);
}

size_t
push_peer_subscriptions(const struct push_peer *peer)
{
	return peer->count;
}

static int
has_already(
    const struct push_peer *peer, const struct zone *z, const struct question *q, uint16_t id)
{
	const struct topic *t = topic_find(peer->all->follow, z, &q->name);

	for (const struct push_sub *sub = peer->first; sub != NULL; sub = sub->peer_next)
		if (sub->id == id ||
		    (sub->topic == t && sub->type == q->type && sub->class == q->class))
			return 1;
	return 0;
}

/* Types that are no data; "all of them" is fine. */
static int
may_be_followed(uint16_t type)
{
	return type != 0 && type != TYPE_OPT && (type < 128 || type >= TYPE_ANY);
}

int
push_subscribe(struct push_peer *peer, struct zone *z, const struct question *q, uint16_t id)
{
	struct push *p = peer->all;
	struct push_sub *sub;

	if (has_already(peer, z, q, id))
		return -1;
	if (!may_be_followed(q->type))
		return RCODE_FORMERR;
	if (p->count >= p->config.max || peer->count >= p->config.max_of_one) {
		p->stats.refused++;
		return RCODE_SERVFAIL;
	}
	sub = calloc(1, sizeof *sub);
	if (sub == NULL)
		fatalx("out of memory");
	*sub = (struct push_sub) {.peer = peer,
	    .topic = topic_get(p->follow, z, &q->name),
	    .peer_next = peer->first,
	    .type = q->type,
	    .class = q->class,
	    .id = id};
	peer->first = sub;
	sub->next = sub->topic->pushes;
	if (sub->next != NULL)
		sub->next->previous = sub;
	sub->topic->pushes = sub;
	peer->count++;
	p->count++;
	p->stats.subscribed++;
	return RCODE_NOERROR;
}

void
push_welcome(struct push_peer *peer, uint64_t now_ms)
{
	struct push *p = peer->all;
	struct push_sub *sub = peer->first;
	struct news *news;

	p->now_ms = now_ms;
	if (is_slow(peer)) {
		fall_behind(sub, p->nothing);
		return;
	}
	news = topic_news(p->follow, sub->topic, sub->type, p->nothing);
	if (news != NULL)
		push_tell_one(sub, news);
	news_unref(news);
}

void
push_unsubscribe(struct push_peer *peer, uint16_t id)
{
	for (struct push_sub **at = &peer->first; *at != NULL; at = &(*at)->peer_next) {
		if ((*at)->id != id)
			continue;
		end(at);
		peer->all->stats.unsubscribed++;
		return;
	}
}

static void
zone_gone(void *ctx, struct topic *t)
{
	struct push_sub *next;

	(void)ctx;
	for (struct push_sub *sub = t->pushes; sub != NULL; sub = next) {
		struct push_peer *peer = sub->peer;
		struct push_sub **at = &peer->first;
		uint8_t room[SESSION_REPLY_MAX];
		struct buf b = buf_writer(room, sizeof room);

		next = sub->next;
		session_cancel(sub->id, RCODE_NOTAUTH, &b);
		push_send(peer, room, b.pos, 0);
		while (*at != sub)
			at = &(*at)->peer_next;
		end(at);
	}
}

/* ---- the whole ---- */

struct push *
push_new(struct follow *f, const struct push_config *config)
{
	struct push *p = calloc(1, sizeof *p);

	if (p == NULL)
		fatalx("out of memory");
	p->config = *config;
	p->follow = f;
	p->nothing = view_empty();
	p->teller = (struct follow_teller) {happened, over, zone_gone, p};
	follow_add_teller(f, &p->teller);
	return p;
}

void
push_free(struct push *p)
{
	if (p == NULL)
		return;
	view_unref(p->nothing);
	free(p);
}

size_t
push_count(const struct push *p)
{
	return p->count;
}

const struct push_stats *
push_stats(const struct push *p)
{
	return &p->stats;
}
