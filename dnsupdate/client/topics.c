#include "dnsupdate/client/topics.h"

#include "base/log.h"

#include <stdlib.h>
#include <string.h>

void
topics_init(struct topics *t)
{
	memset(t, 0, sizeof *t);
	for (unsigned i = 0; i < TOPICS_STATES; i++)
		TAILQ_INIT(&t->state[i]);
	TAILQ_INIT(&t->changed);
}

static struct topic_bucket *
bucket_of(struct topics *t, const uint8_t *wire, size_t len)
{
	uint32_t hash = 2166136261u; /* FNV-1a */

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ wire[i]) * 16777619u;
	return &t->bucket[hash % TOPICS_BUCKETS];
}

static int
has_name(const struct topic *topic, const struct name *name)
{
	return topic->name_len == name->len && memcmp(topic->wire, name->wire, name->len) == 0;
}

struct topic *
topics_find(struct topics *t, const struct name *name, uint16_t type)
{
	struct topic *topic;

	LIST_FOREACH (topic, bucket_of(t, name->wire, name->len), bucket)
		if (topic->type == type && has_name(topic, name))
			return topic;
	return NULL;
}

void
topic_name(const struct topic *topic, struct name *out)
{
	memset(out, 0, sizeof *out);
	out->len = topic->name_len;
	memcpy(out->wire, topic->wire, topic->name_len);
}

static struct topic *
make(struct topics *t, const struct question *q)
{
	struct topic *topic = calloc(1, sizeof *topic + q->name.len);

	if (topic == NULL)
		fatal("topic");
	topic->type = q->type;
	topic->name_len = q->name.len;
	memcpy(topic->wire, q->name.wire, q->name.len);
	LIST_INSERT_HEAD(bucket_of(t, topic->wire, topic->name_len), topic, bucket);
	TAILQ_INSERT_TAIL(&t->state[TOPIC_DUE], topic, entry);
	t->count++;
	return topic;
}

void
topics_move(struct topics *t, struct topic *topic, enum topic_state state)
{
	TAILQ_REMOVE(&t->state[topic->state], topic, entry);
	topic->state = (uint8_t)state;
	TAILQ_INSERT_TAIL(&t->state[state], topic, entry);
}

struct topic *
topics_find_id(struct topics *t, uint16_t id)
{
	struct topic *topic;

	LIST_FOREACH (topic, &t->id_bucket[id % TOPICS_BUCKETS], id_bucket)
		if (topic->id == id)
			return topic;
	return NULL;
}

static void
take_id(struct topic *topic)
{
	if (topic->id != 0)
		LIST_REMOVE(topic, id_bucket);
	topic->id = 0;
}

void
topics_sent(struct topics *t, struct topic *topic, uint16_t id, uint64_t now)
{
	take_id(topic);
	topic->id = id;
	topic->at_ms = now;
	LIST_INSERT_HEAD(&t->id_bucket[id % TOPICS_BUCKETS], topic, id_bucket);
	topics_move(t, topic, TOPIC_SENT);
}

/* ---- records ---- */

static void
remove_rr(struct topics *t, struct topic *topic, struct topic_rr *rr)
{
	SLIST_REMOVE(&topic->rrs, rr, topic_rr, entry);
	topic->octets -= rr->len;
	t->octets -= rr->len;
	free(rr);
}

static void
forget_records(struct topics *t, struct topic *topic)
{
	while (!SLIST_EMPTY(&topic->rrs))
		remove_rr(t, topic, SLIST_FIRST(&topic->rrs));
	topic->known = topic->full = 0;
	if (topic->changed)
		TAILQ_REMOVE(&t->changed, topic, changed_entry);
	topic->changed = 0;
}

void
topics_drop(struct topics *t, struct topic *topic)
{
	forget_records(t, topic);
	take_id(topic);
	TAILQ_REMOVE(&t->state[topic->state], topic, entry);
	LIST_REMOVE(topic, bucket);
	t->count--;
	free(topic);
}

void
topics_refused(struct topics *t, struct topic *topic, uint64_t until)
{
	forget_records(t, topic);
	take_id(topic);
	topic->at_ms = until;
	topics_move(t, topic, TOPIC_HELD);
}

void
topics_forget(struct topics *t)
{
	static const enum topic_state again[] = {TOPIC_SENT, TOPIC_LIVE};
	struct topic *topic;

	while ((topic = TAILQ_FIRST(&t->state[TOPIC_DROP])) != NULL)
		topics_drop(t, topic);
	for (size_t i = 0; i < sizeof again / sizeof again[0]; i++) {
		while ((topic = TAILQ_FIRST(&t->state[again[i]])) != NULL) {
			forget_records(t, topic);
			take_id(topic);
			topics_move(t, topic, TOPIC_DUE);
			if (topic->users == 0)
				topics_drop(t, topic);
		}
	}
}

static size_t
room(const struct topic *topic)
{
	return topic->type == TYPE_PTR ? TOPICS_LIST_OCTETS : TOPICS_OCTETS;
}

static struct topic_rr *
find_rr(struct topic *topic, const struct rdata *rd)
{
	struct topic_rr *rr;

	SLIST_FOREACH (rr, &topic->rrs, entry)
		if (rr->type == rd->type && rr->len == rd->len &&
		    memcmp(rr->data, rd->data, rd->len) == 0)
			return rr;
	return NULL;
}

/* Returns whether anything changed. */
static int
add_rr(struct topics *t, struct topic *topic, uint32_t ttl, const struct rdata *rd)
{
	struct topic_rr *rr = find_rr(topic, rd);

	if (rr != NULL) {
		rr->ttl = ttl;
		return 0;
	}
	if (topic->octets + rd->len > room(topic) || t->octets + rd->len > TOPICS_ALL_OCTETS) {
		topic->full = 1;
		return 1;
	}
	if ((rr = malloc(sizeof *rr + rd->len)) == NULL)
		fatal("topic");
	rr->ttl = ttl;
	rr->type = rd->type;
	rr->len = rd->len;
	memcpy(rr->data, rd->data, rd->len);
	SLIST_INSERT_HEAD(&topic->rrs, rr, entry);
	topic->octets += rd->len;
	t->octets += rd->len;
	return 1;
}

/* type TYPE_ANY: of all types. */
static int
remove_set(struct topics *t, struct topic *topic, uint16_t type)
{
	struct topic_rr *rr, *next;
	int removed = 0;

	for (rr = SLIST_FIRST(&topic->rrs); rr != NULL; rr = next) {
		next = SLIST_NEXT(rr, entry);
		if (type != TYPE_ANY && rr->type != type)
			continue;
		remove_rr(t, topic, rr);
		removed = 1;
	}
	return removed;
}

static int
change_topic(struct topics *t, struct topic *topic, const struct push_change *c)
{
	struct topic_rr *rr;

	switch (c->what) {
	case PUSH_ADD:
		return add_rr(t, topic, c->ttl, &c->rdata);
	case PUSH_REMOVE:
		if ((rr = find_rr(topic, &c->rdata)) == NULL)
			return topic->full;
		remove_rr(t, topic, rr);
		return 1;
	case PUSH_REMOVE_SET:
		return remove_set(t, topic, c->type) || topic->full;
	case PUSH_REMOVE_CLASS:
	case PUSH_REMOVE_NAME:
		remove_set(t, topic, TYPE_ANY);
		topic->full = 0;
		return 1;
	case PUSH_IGNORE:
		break;
	}
	return 0;
}

static int
is_about(const struct topic *topic, const struct push_change *c)
{
	int one = c->what == PUSH_ADD || c->what == PUSH_REMOVE || c->what == PUSH_REMOVE_SET;

	if (c->what != PUSH_REMOVE_NAME && c->class != CLASS_IN)
		return 0;
	return !one || topic->type == TYPE_ANY || topic->type == c->type;
}

void
topics_apply(struct topics *t, const struct push_change *c)
{
	struct topic *topic;

	LIST_FOREACH (topic, bucket_of(t, c->name.wire, c->name.len), bucket) {
		/* SENT: the server may send what there is before its answer. */
		if (!has_name(topic, &c->name) || !is_about(topic, c) ||
		    (topic->state != TOPIC_LIVE && topic->state != TOPIC_SENT))
			continue;
		if (!change_topic(t, topic, c))
			continue;
		topic->known = 1;
		if (!topic->changed)
			TAILQ_INSERT_TAIL(&t->changed, topic, changed_entry);
		topic->changed = 1;
	}
}

const struct topic *
topics_changed(struct topics *t)
{
	struct topic *topic = TAILQ_FIRST(&t->changed);

	if (topic == NULL)
		return NULL;
	TAILQ_REMOVE(&t->changed, topic, changed_entry);
	topic->changed = 0;
	return topic;
}

/* ---- sets ---- */

static void
unuse(struct topics *t, struct topic *topic)
{
	if (--topic->users > 0)
		return;
	if (topic->state == TOPIC_LIVE)
		topics_move(t, topic, TOPIC_DROP);
	else if (topic->state != TOPIC_SENT)
		topics_drop(t, topic);
}

static struct topic *
use(struct topics *t, const struct question *q)
{
	struct topic *topic = topics_find(t, &q->name, q->type);

	if (topic == NULL)
		topic = make(t, q);
	if (topic->state == TOPIC_DROP)
		topics_move(t, topic, TOPIC_LIVE);
	topic->users++;
	return topic;
}

void
topics_set(struct topics *t, uint16_t number, const struct question *q, unsigned count)
{
	struct topic_set before = {0}, *set = t->set[number];

	if (set != NULL)
		before = *set;
	else if ((set = t->set[number] = calloc(1, sizeof *set)) == NULL)
		fatal("topics");
	set->count = count < TOPICS_SET_MAX ? count : TOPICS_SET_MAX;
	for (unsigned i = 0; i < set->count; i++)
		set->topic[i] = use(t, &q[i]);
	for (unsigned i = 0; i < before.count; i++)
		unuse(t, before.topic[i]);
	if (set->count > 0)
		return;
	free(set);
	t->set[number] = NULL;
}

void
topics_clear(struct topics *t)
{
	for (unsigned i = 0; i <= MSG_PEERS_MAX; i++)
		if (t->set[i] != NULL)
			topics_set(t, (uint16_t)i, NULL, 0);
	topics_forget(t);
}

/* ---- answers ---- */

static void
put_rr(struct buf *b, const struct topic_rr *rr)
{
	buf_put_u16(b, 0xc000 | MESSAGE_HEADER); /* the question's name */
	buf_put_u16(b, rr->type);
	buf_put_u16(b, CLASS_IN);
	buf_put_u32(b, rr->ttl & 0x7fffffff);
	buf_put_u16(b, rr->len);
	buf_put(b, rr->data, rr->len);
}

static const struct topic *
source(struct topics *t, const struct question *q)
{
	const struct topic *topic = topics_find(t, &q->name, q->type);

	if (topic == NULL)
		topic = topics_find(t, &q->name, TYPE_ANY);
	if (topic == NULL || topic->state != TOPIC_LIVE || !topic->known || topic->full)
		return NULL;
	return topic;
}

int
topics_answer(
    struct topics *t, const struct question *q, void *data, size_t size, struct message *m)
{
	const struct topic *topic = source(t, q);
	struct buf b = buf_writer(data, size);
	const struct topic_rr *rr;
	uint16_t answers = 0;

	if (topic == NULL || q->class != CLASS_IN)
		return -1;
	buf_put_u16(&b, 0);
	buf_put_u16(&b, FLAG_QR | FLAG_AA);
	buf_put_u16(&b, 1);
	for (int s = 0; s < SECTION_MAX; s++)
		buf_put_u16(&b, 0);
	name_put(&b, &q->name);
	buf_put_u16(&b, q->type);
	buf_put_u16(&b, q->class);
	SLIST_FOREACH (rr, &topic->rrs, entry) {
		if (rr->type != q->type)
			continue;
		put_rr(&b, rr);
		answers++;
	}
	buf_patch_u16(&b, 6, answers);
	return b.failed ? -1 : message_parse(m, b.data, b.pos);
}
