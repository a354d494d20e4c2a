/*
 * publish.c against somebody on the way who keeps every update: some he delays, and all he sends
 * again, at any time.  Many random histories in virtual time, the same ones in each run.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "dnsupdate/client/publish.h"

#include <string.h>

#define HISTORIES 400
#define STEPS 120
#define WALL 1700000000u

struct sent_update {
	struct publish_mark seen, mark;
	int applied;
};

struct zone {
	struct publish_mark mark;
	int records; /* whether there are any */
	struct sent_update sent[2 * STEPS];
	unsigned count;
	uint64_t now;
};

static uint64_t seed;

static uint32_t
random_below(uint32_t range)
{
	seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return range == 0 ? 0 : (uint32_t)(seed >> 33) % range;
}

static int
same_mark(const struct publish_mark *a, const struct publish_mark *b)
{
	return a->count == b->count && (a->count == 0 || rdata_equal(&a->txt[0], &b->txt[0]));
}

static struct publish_mark
mark_of(const struct publish_order *o)
{
	struct publish_mark m = {.epoch = o->epoch, .expires_sec = o->expires_sec, .count = 1};
	struct host_status s = {.epoch = o->epoch, .expires_sec = o->expires_sec, .os = "linux"};

	if (o->act == PUBLISH_WRITE)
		assert_int_equal(status_to_txt(&s, &m.txt[0]), 0);
	else
		assert_int_equal(status_withdrawn_to_txt(o->epoch, o->expires_sec, &m.txt[0]), 0);
	return m;
}

/* The zone takes an update or not, as RFC 2136 has it. */
static enum outcome
take(struct zone *z, struct sent_update *u, int records)
{
	if (!same_mark(&u->seen, &z->mark))
		return OUTCOME_CONFLICT;
	assert_false(u->applied); /* a second time */
	u->applied = 1;
	z->mark = u->mark;
	z->records = records;
	return OUTCOME_OK;
}

static int
is_write(const struct sent_update *u)
{
	struct rdata rd;

	status_withdrawn_to_txt(u->mark.epoch, u->mark.expires_sec, &rd);
	return !rdata_equal(&rd, &u->mark.txt[0]);
}

/* Send again one that was sent before, or deliver one that was held. */
static void
replay(struct zone *z, unsigned i)
{
	take(z, &z->sent[i], is_write(&z->sent[i]));
}

/* What comes of an order: done, done but unheard of, or held. */
static enum outcome
obey(struct zone *z, const struct publish_order *o, int honest, struct publish_mark *mark)
{
	struct sent_update *u = &z->sent[z->count];
	uint32_t fate = honest ? 0 : random_below(4);
	enum outcome result;

	if (o->act == PUBLISH_READ) {
		*mark = z->mark;
		return fate < 3 ? OUTCOME_OK : OUTCOME_TIMEOUT;
	}
	assert_true(z->count < sizeof z->sent / sizeof z->sent[0]);
	*u = (struct sent_update) {.seen = *o->seen, .mark = mark_of(o)};
	z->count++;
	*mark = u->mark;
	if (fate == 3)
		return OUTCOME_TIMEOUT;
	result = take(z, u, o->act == PUBLISH_WRITE);
	return fate == 2 ? OUTCOME_TIMEOUT : result;
}

static void
do_next(struct publish *p, struct zone *z, int honest)
{
	struct publish_order o = publish_next(p, z->now, WALL + z->now / 1000);
	struct publish_mark mark;
	enum outcome r;

	if (o.act == PUBLISH_NOTHING)
		return;
	r = obey(z, &o, honest, &mark);
	publish_result(p, r, r == OUTCOME_OK ? &mark : NULL, z->now);
}

/* Changes of mind, doubts, restarts with the floor that the manager kept, and time. */
static void
disturb(struct publish *p, struct zone *z, struct msg_dns_publish *want)
{
	struct publish_mark unchanged = z->mark;

	switch (random_below(8)) {
	case 0:
		want->wanted ^= 1;
		publish_want(p, want, z->now);
		break;
	case 1:
		want->contact[0].port++;
		publish_want(p, want, z->now);
		break;
	case 2:
		publish_doubt(p);
		break;
	case 3:
		publish_init(p, p->epoch, random_below);
		publish_want(p, want, z->now);
		break;
	case 4:
		if (z->count > 0)
			replay(z, random_below(z->count));
		/* While we run, one that was held may still arrive, if it is the next one. */
		assert_true(same_mark(&unchanged, &z->mark) || z->mark.epoch > unchanged.epoch);
		break;
	default:
		z->now += random_below(20000);
	}
}

static void
settle(struct publish *p, struct zone *z)
{
	for (int i = 0; i < 40; i++) {
		z->now += 5000;
		do_next(p, z, 1);
	}
}

static void
test_histories(void **state)
{
	static struct zone z;

	(void)state;
	for (unsigned h = 0; h < HISTORIES; h++) {
		struct msg_dns_publish want = {.hdr.type = MSG_DNS_PUBLISH,
		    .wanted = 1,
		    .lease_sec = 5400,
		    .contacts = 1,
		    .contact[0] = {.family = 4, .port = 4500, .addr = {11, 22, 33, 5}}};
		struct publish p;

		seed = h;
		memset(&z, 0, sizeof z);
		publish_init(&p, 0, random_below);
		publish_want(&p, &want, z.now);
		for (int i = 0; i < STEPS; i++) {
			do_next(&p, &z, 0);
			disturb(&p, &z, &want);
		}
		/* left alone, the zone is as it is wanted */
		publish_doubt(&p);
		settle(&p, &z);
		assert_int_equal(z.records, want.wanted);
		/* and after we have left, nothing that was ever sent brings anything back */
		publish_quit(&p, z.now);
		settle(&p, &z);
		assert_true(publish_may_leave(&p));
		assert_false(z.records);
		for (unsigned i = 0; i < z.count; i++)
			replay(&z, i);
		assert_false(z.records);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_histories)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
