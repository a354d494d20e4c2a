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

/* What makes answers equal: names that exist one by one, those that do not by zone, errors all. */
static uint64_t
tag_of(const struct rrl *l, const struct request *r)
{
	uint8_t room[16 + NAME_WIRE_MAX];
	struct buf b = buf_writer(room, sizeof room);
	uint8_t network[8];
	uint64_t tag;

	buf_put(&b, network, crowd_network(&r->from.from, network));
	buf_put_u8(&b, (uint8_t)r->rcode);
	if (r->rcode == RCODE_NOERROR && r->m.has_question) {
		buf_put_u16(&b, r->m.question.type);
		name_put(&b, &r->m.question.name);
	} else if (r->rcode == RCODE_NXDOMAIN && r->zone != NULL) {
		name_put(&b, &r->zone->name);
	}
	tag = siphash(&l->key, room, b.pos);
	return tag == 0 ? 1 : tag;
}

enum rrl_verdict
rrl_judge(struct rrl *l, const struct request *r)
{
	uint64_t tag = tag_of(l, r), now_us = r->now_ms * 1000;
	struct place *p = &l->place[tag & (PLACES - 1)];

	if (p->tag != tag || p->until_us < now_us)
		*p = (struct place) {.tag = tag, .until_us = now_us};
	if (p->until_us + l->each_us <= now_us + l->burst_us) {
		p->until_us += l->each_us;
		return RRL_SEND;
	}
	p->slip = !p->slip;
	return p->slip ? RRL_TRUNCATE : RRL_DROP;
}
