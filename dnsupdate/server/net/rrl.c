#include "dnsupdate/server/net/rrl.h"

#include "base/log.h"
#include "dnsupdate/server/net/crowd.h"

#include <stdlib.h>
#include <string.h>

#define PLACES 65536 /* a power of two; 1 MB */

struct place {
	uint64_t tag; /* whose clock it is; 0 = nobody's */
	uint64_t until_us : 63; /* all answers up to here are accounted for */
	uint64_t slip : 1; /* the next one beyond the limit is cut, not dropped */
};

struct rrl {
	struct siphash_key key;
	uint64_t each_us; /* what an answer costs */
	uint64_t burst_us; /* how far ahead of time the clock may run: a second's worth */
	struct place place[PLACES];
};

struct rrl *
rrl_new(unsigned per_sec)
{
	struct rrl *l = calloc(1, sizeof *l);

	if (l == NULL)
		fatalx("out of memory");
	siphash_key_random(&l->key);
	l->each_us = 1000000 / per_sec;
	l->burst_us = 1000000;
	return l;
}

void
rrl_free(struct rrl *l)
{
	free(l);
}

static uint64_t
hash(const struct rrl *l, const struct buf *b)
{
	uint64_t tag = siphash(&l->key, b->data, b->pos);

	return tag == 0 ? 1 : tag;
}

/* What makes answers equal: names that exist one by one, those that do not by zone, errors all. */
static uint64_t
tag_of_answer(const struct rrl *l, const struct request *r)
{
	uint8_t room[16 + NAME_WIRE_MAX];
	struct buf b = buf_writer(room, sizeof room);
	uint8_t network[8];

	buf_put(&b, network, crowd_network(&r->from.from, network));
	buf_put_u8(&b, (uint8_t)r->rcode);
	if (r->rcode == RCODE_NOERROR && r->m.has_question) {
		buf_put_u16(&b, r->m.question.type);
		name_put(&b, &r->m.question.name);
	} else if (r->rcode == RCODE_NXDOMAIN && r->zone != NULL) {
		name_put(&b, &r->zone->name);
	}
	return hash(l, &b);
}

static uint64_t
tag_of_network(const struct rrl *l, const struct request *r)
{
	uint8_t room[8];
	struct buf b = {.data = room, .size = sizeof room};

	b.pos = crowd_network(&r->from.from, room);
	return hash(l, &b);
}

/* The clock with this tag, not behind. */
static struct place *
find(struct rrl *l, uint64_t tag, uint64_t now_us)
{
	struct place *p = &l->place[tag & (PLACES - 1)];

	if (p->tag != tag || p->until_us < now_us)
		*p = (struct place) {.tag = tag, .until_us = now_us};
	return p;
}

static int
affords(const struct rrl *l, const struct place *p, uint64_t cost_us, uint64_t now_us)
{
	return p->until_us + cost_us <= now_us + l->burst_us;
}

static enum rrl_verdict
slip(struct place *beyond)
{
	beyond->slip = !beyond->slip;
	return beyond->slip ? RRL_TRUNCATE : RRL_DROP;
}

enum rrl_verdict
rrl_judge(struct rrl *l, const struct request *r)
{
	uint64_t now_us = r->now_ms * 1000, octets_us = 0;
	struct place *answer = find(l, tag_of_answer(l, r), now_us);
	struct place *network = find(l, tag_of_network(l, r), now_us);

	if (r->reply.pos > r->len)
		octets_us = r->reply.pos * l->each_us / RRL_NETWORK_OCTETS;
	if (!affords(l, answer, l->each_us, now_us))
		return slip(answer);
	if (!affords(l, network, octets_us, now_us))
		return slip(network);
	answer->until_us += l->each_us;
	network->until_us += octets_us;
	return RRL_SEND;
}
