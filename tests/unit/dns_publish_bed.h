/* What the tests of publish.c share: a small zone that keeps RFC 2136's promise about
 * prerequisites. */
#ifndef UNIT_DNS_PUBLISH_BED_H
#define UNIT_DNS_PUBLISH_BED_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "dnsupdate/client/publish.h"

#include <string.h>

#define WALL 1700000000u
#define LEASE 5400u
#define SECOND UINT64_C(1000)
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)

struct zone {
	struct publish_mark mark;
	struct msg_dns_publish records; /* wanted 0 = none */
	enum outcome says; /* OUTCOME_OK = does its work */
	int lose_answers; /* so many: does its work, but nobody hears of it */
	int64_t wall_step; /* of our clock, seconds */
	uint32_t grants; /* a lease of so long; 0 = knows no leases */
	int drops; /* it acknowledges updates and does nothing */
	uint8_t takes; /* 4 = FORMERR to the form of 8 octets, 1 = to both, 0 = to none */
	uint32_t asked; /* the last lease asked for */
	unsigned reads, writes, deletes, orders;
	uint64_t write_ms[2000];
	uint64_t now;
};

static inline uint32_t
no_jitter(uint32_t range)
{
	(void)range;
	return 0;
}

static inline uint32_t
most_jitter(uint32_t range)
{
	return range == 0 ? 0 : range - 1;
}

static inline uint64_t
wall(const struct zone *z)
{
	return (uint64_t)((int64_t)(WALL + z->now / 1000) + z->wall_step);
}

static inline int
same_mark(const struct publish_mark *a, const struct publish_mark *b)
{
	return a->count == b->count && (a->count == 0 || rdata_equal(&a->txt[0], &b->txt[0]));
}

static inline struct publish_mark
mark_of(uint64_t epoch, uint64_t expires)
{
	struct publish_mark m = {.epoch = epoch, .expires_sec = expires, .count = 1};
	struct host_status s = {.epoch = epoch, .expires_sec = expires, .os = "linux"};

	assert_int_equal(status_to_txt(&s, &m.txt[0]), 0);
	return m;
}

static inline struct publish_mark
withdrawal_mark(uint64_t epoch, uint64_t since)
{
	struct publish_mark m = {.epoch = epoch, .expires_sec = since, .count = 1};

	assert_int_equal(status_withdrawn_to_txt(epoch, since, &m.txt[0]), 0);
	return m;
}

/* Only the trace of a withdrawal stands in the zone. */
static inline int
is_withdrawn(const struct zone *z)
{
	struct publish_mark m = withdrawal_mark(z->mark.epoch, z->mark.expires_sec);

	return z->records.wanted == 0 && same_mark(&m, &z->mark);
}

static inline enum outcome
obey(struct zone *z, const struct publish_order *o, struct publish_mark *mark)
{
	*mark = o->act == PUBLISH_READ ? z->mark
	    : o->act == PUBLISH_WRITE  ? mark_of(o->epoch, o->expires_sec)
				       : withdrawal_mark(o->epoch, o->expires_sec);
	if (z->says != OUTCOME_OK)
		return z->says;
	if (o->act == PUBLISH_READ)
		return OUTCOME_OK;
	if (z->takes == 1 ? o->lease_sec != 0 : z->takes == 4 && o->key_lease)
		return OUTCOME_FAILED;
	if (z->drops)
		return OUTCOME_OK;
	z->asked = o->lease_sec;
	if (!same_mark(o->seen, &z->mark))
		return OUTCOME_CONFLICT;
	assert_true(o->epoch > z->mark.epoch);
	assert_int_equal(o->what->wanted, o->act == PUBLISH_WRITE);
	z->records = *o->what;
	z->mark = *mark;
	if (z->lose_answers > 0) {
		z->lose_answers--;
		return OUTCOME_TIMEOUT;
	}
	return OUTCOME_OK;
}

static inline void
count(struct zone *z, enum publish_act act)
{
	z->orders++;
	z->reads += act == PUBLISH_READ;
	z->deletes += act == PUBLISH_DELETE;
	if (act != PUBLISH_WRITE)
		return;
	assert_true(z->writes < 2000);
	z->write_ms[z->writes++] = z->now;
}

/* Let the time run until z->now is end; whatever is due is done, each order takes 10 ms. */
static inline void
run(struct publish *p, struct zone *z, uint64_t end)
{
	for (;;) {
		uint64_t at = publish_wake(p);
		struct publish_order o;
		struct publish_mark mark;
		enum outcome r;

		/* The worker wakes up at least once a minute. */
		if (at > z->now + MINUTE)
			at = z->now + MINUTE;
		if (at > end)
			break;
		z->now = at > z->now ? at : z->now;
		o = publish_next(p, z->now, wall(z));
		if (o.act == PUBLISH_NOTHING) {
			if (publish_wake(p) <= z->now)
				fail_msg("due at %u, but nothing to do", (unsigned)z->now);
			continue;
		}
		count(z, o.act);
		r = obey(z, &o, &mark);
		if (r == OUTCOME_OK && o.act == PUBLISH_WRITE)
			publish_granted(p, o.lease_sec != 0 ? z->grants : 0);
		z->now += 10;
		publish_result(p, r, r == OUTCOME_OK ? &mark : NULL, z->now);
	}
	z->now = end;
}

static inline struct msg_dns_publish
wanted(uint8_t contacts)
{
	struct msg_dns_publish w = {.hdr.type = MSG_DNS_PUBLISH,
	    .wanted = 1,
	    .nat = NAT_KIND_NATPMP,
	    .contacts = contacts,
	    .lease_sec = LEASE,
	    .ula = {0xfd, [15] = 1}};

	for (uint8_t i = 0; i < contacts; i++)
		w.contact[i] =
		    (struct endpoint) {.family = 4, .port = 4500, .addr = {11, 22, 33, i}};
	return w;
}

static inline void
start(struct publish *p, struct zone *z, uint64_t floor)
{
	struct msg_dns_publish w = wanted(1);

	memset(z, 0, sizeof *z);
	z->now = SECOND;
	publish_init(p, floor, no_jitter);
	assert_true(publish_wake(p) == PUBLISH_NEVER);
	publish_want(p, &w, z->now);
}

#endif
