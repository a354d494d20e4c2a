/* llq_client.c against a server played by hand; virtual time, real messages. */
#include "wire_test.h"

#include "dnsupdate/client/llq_client.h"

#include <stdio.h>

#define SECOND UINT64_C(1000)
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)
#define LIST "_autotunnel._udp.alice.example.com"
#define NAS "_autotunnel._udp.nas.alice.example.com"

static uint64_t now;
static struct llq_client c;

/* What the machine last sent, and what it made of what it was sent. */
static uint8_t room[512], ack_room[512];
static struct message sent, ack;
static struct llq_option sent_option, ack_option;
static struct question heard_of;
static int acked;

static uint32_t
no_jitter(uint32_t range)
{
	return range - range;
}

static uint16_t
count_up(void)
{
	static uint16_t id = 100;

	return ++id;
}

static int
next(void)
{
	struct buf b = buf_writer(room, sizeof room);

	if (!llq_client_next(&c, now, &b))
		return 0;
	assert_int_equal(message_parse(&sent, room, b.pos), 0);
	assert_int_equal(sent.flags & FLAG_QR, 0);
	assert_int_equal(llq_get(&sent, &sent_option), 1);
	assert_int_equal(sent_option.version, LLQ_VERSION);
	return 1;
}

static void
sends(uint16_t opcode, uint64_t id)
{
	assert_true(llq_client_wake(&c) <= now);
	assert_int_equal(next(), 1);
	assert_int_equal(sent_option.opcode, opcode);
	assert_true(sent_option.id == id);
	assert_int_equal(sent_option.error, 0);
}

static void
quiet(void)
{
	assert_int_equal(next(), 0);
	assert_true(llq_client_wake(&c) > now);
}

static struct question
question(const char *name, uint16_t type)
{
	return (struct question) {name_of(name), type, CLASS_IN};
}

static enum llq_heard
deliver(
    uint16_t id, unsigned rcode, const struct question *q, const struct llq_option *o, int proven)
{
	static uint8_t in[1232];
	static struct message m;
	struct buf a = buf_writer(ack_room, sizeof ack_room);
	struct llq_writer w;
	struct buf plain = buf_writer(in, sizeof in);
	enum llq_heard heard;

	if (o != NULL) {
		llq_begin(&w, in, sizeof in, id, (uint16_t)(FLAG_QR | FLAG_AA | rcode), q);
		assert_true(llq_end(&w, o) > 0);
		plain = w.b;
	} else {
		assert_int_equal(query_build(&plain, id, q, 0), 0);
		buf_patch_u16(&plain, 2, (uint16_t)(FLAG_QR | rcode));
	}
	assert_int_equal(message_parse(&m, in, plain.pos), 0);
	heard = llq_client_take(&c, &m, proven, now, &heard_of, &a);
	acked = a.pos > 0;
	if (acked) {
		assert_int_equal(message_parse(&ack, ack_room, a.pos), 0);
		assert_int_equal(llq_get(&ack, &ack_option), 1);
	}
	return heard;
}

/* The answer to what was last sent. */
static enum llq_heard
reply(uint16_t error, uint64_t id, uint32_t lease)
{
	struct llq_option o = {LLQ_VERSION, sent_option.opcode, error, id, lease};

	return deliver(sent.id, RCODE_NOERROR, &sent.question, &o, 1);
}

static enum llq_heard
event(uint16_t msg_id, const struct question *q, uint64_t id)
{
	struct llq_option o = {LLQ_VERSION, LLQ_EVENT, 0, id, 0};

	return deliver(msg_id, RCODE_NOERROR, q, &o, 0);
}

static void
fresh(void)
{
	struct question q = question(LIST, TYPE_PTR);

	llq_client_init(&c, no_jitter, count_up);
	now = HOUR;
	llq_client_set(&c, 0, &q);
}

static void
set_up(uint64_t id, uint32_t lease)
{
	uint16_t first;

	sends(LLQ_SETUP, 0);
	first = sent.id;
	assert_int_equal(reply(0, id, lease), LLQ_HEARD_NOTHING);
	sends(LLQ_SETUP, id);
	assert_int_equal(sent_option.lease, lease);
	assert_int_not_equal(sent.id, first);
	assert_int_equal(reply(0, id, lease), LLQ_HEARD_ANSWERS);
	assert_true(name_equal(&heard_of.name, &sent.question.name));
}

static void
up(void)
{
	struct question q = question(NAS, TYPE_TXT);

	fresh();
	set_up(1000, 1800);
	llq_client_set(&c, 1, &q);
	set_up(1001, 1800);
	assert_true(llq_client_live(&c));
	quiet();
}

static void
test_setup(void **state)
{
	struct question q = question(NAS, TYPE_TXT);
	struct llq_option o = {LLQ_VERSION, LLQ_SETUP, 0, 7, 1800};
	uint16_t first;

	(void)state;
	fresh();
	llq_client_set(&c, 1, &q);
	sends(LLQ_SETUP, 0);
	assert_int_equal(sent.question.type, TYPE_PTR);
	assert_int_equal(sent_option.lease, 1800);
	first = sent.id;
	/* the others wait until it is known that there is LLQ at all */
	quiet();
	/* not proven: not heard */
	assert_int_equal(deliver(first, 0, &sent.question, &o, 0), LLQ_HEARD_NOTHING);
	quiet();
	assert_int_equal(reply(0, 7, 1800), LLQ_HEARD_NOTHING);
	assert_false(llq_client_live(&c));
	sends(LLQ_SETUP, 7);
	/* the challenge again, late: is no answer without records */
	assert_int_equal(deliver(first, 0, &sent.question, &o, 1), LLQ_HEARD_NOTHING);
	assert_false(llq_client_live(&c));
	/* another id */
	assert_int_equal(reply(0, 8, 1800), LLQ_HEARD_NOTHING);
	assert_int_equal(reply(0, 7, 1799), LLQ_HEARD_ANSWERS);
	assert_true(llq_client_live(&c));
	/* a duplicate of it, and of the challenge, which is even later now */
	assert_int_equal(reply(0, 7, 1799), LLQ_HEARD_NOTHING);
	assert_int_equal(deliver(first, 0, &sent.question, &o, 1), LLQ_HEARD_NOTHING);
	o.id = 9;
	assert_int_equal(deliver(first, 0, &sent.question, &o, 1), LLQ_HEARD_NOTHING);
	assert_true(llq_client_live(&c));
	assert_int_equal(event(3, &sent.question, 7), LLQ_HEARD_CHANGE);
	sends(LLQ_SETUP, 0);
	assert_int_equal(sent.question.type, TYPE_TXT);
	llq_client_clear(&c);
}

/* 2 s, 4 s, 8 s; then an hour, unless the server is known to be back. */
static void
test_silence(void **state)
{
	uint64_t began = HOUR;
	uint16_t id;

	(void)state;
	for (int responding = 0; responding < 2; responding++) {
		fresh();
		sends(LLQ_SETUP, 0);
		if (responding) {
			reply(0, 7, 1800);
			sends(LLQ_SETUP, 7);
		}
		id = sent.id;
		quiet();
		assert_true(llq_client_wake(&c) == began + 2 * SECOND);
		now = began + 2 * SECOND;
		sends(LLQ_SETUP, responding ? 7 : 0);
		assert_int_equal(sent.id, id);
		now = began + 6 * SECOND;
		sends(LLQ_SETUP, responding ? 7 : 0);
		now = began + 14 * SECOND;
		quiet();
		assert_true(llq_client_wake(&c) == now + HOUR);
		assert_false(llq_client_live(&c));
		llq_client_pardon(&c);
		sends(LLQ_SETUP, 0);
		llq_client_clear(&c);
	}
}

/* Whatever says that there is no LLQ, there is none for an hour. */
static void
test_none(void **state)
{
	static const unsigned rcodes[] = {
	    RCODE_FORMERR, RCODE_NOTIMP, RCODE_REFUSED, RCODE_SERVFAIL, RCODE_NOERROR};
	static const uint16_t errors[] = {
	    LLQ_FORMAT_ERR, LLQ_BAD_VERS, LLQ_UNKNOWN_ERR, LLQ_NO_SUCH_LLQ, 99};

	(void)state;
	for (size_t i = 0; i < COUNT(rcodes) + COUNT(errors); i++) {
		fresh();
		sends(LLQ_SETUP, 0);
		if (i < COUNT(rcodes))
			deliver(sent.id, rcodes[i], &sent.question, NULL, 1);
		else
			reply(errors[i - COUNT(rcodes)], 0, 0);
		quiet();
		assert_true(llq_client_wake(&c) == now + HOUR);
		now += HOUR;
		set_up(5, 900);
		llq_client_clear(&c);
	}
	/* nothing there yet is no such thing */
	fresh();
	sends(LLQ_SETUP, 0);
	deliver(sent.id, RCODE_NXDOMAIN, &sent.question,
	    &(struct llq_option) {LLQ_VERSION, LLQ_SETUP, 0, 9, 1800}, 1);
	sends(LLQ_SETUP, 9);
	llq_client_clear(&c);
}

static void
test_full_and_static(void **state)
{
	struct question q = question(NAS, TYPE_TXT);

	(void)state;
	fresh();
	sends(LLQ_SETUP, 0);
	reply(LLQ_SERV_FULL, 0, 90);
	quiet();
	assert_true(llq_client_wake(&c) == now + 90 * SECOND);
	now += 90 * SECOND;
	sends(LLQ_SETUP, 0);
	/* without a time (RFC 8764 wants one): not at once again all the same */
	reply(LLQ_SERV_FULL, 0, 0);
	quiet();
	assert_true(llq_client_wake(&c) == now + MINUTE);
	now += MINUTE;
	set_up(5, 900);
	llq_client_set(&c, 1, &q);
	sends(LLQ_SETUP, 0);
	/* no room for this one: the account must be looked at */
	reply(LLQ_SERV_FULL, 0, 100);
	assert_false(llq_client_live(&c));
	now += 100 * SECOND;
	sends(LLQ_SETUP, 0);
	reply(LLQ_STATIC, 0, 0);
	assert_true(llq_client_live(&c));
	now += 300 * HOUR;
	sends(LLQ_REFRESH, 5);
	reply(0, 5, 900);
	quiet();
	llq_client_clear(&c);
}

static void
test_refresh(void **state)
{
	uint64_t began;

	(void)state;
	up();
	began = now;
	assert_true(llq_client_wake(&c) == began + 1440 * SECOND);
	now = began + 1440 * SECOND;
	sends(LLQ_REFRESH, 1000);
	assert_int_equal(sent_option.lease, 1800);
	assert_int_equal(reply(0, 1000, 900), LLQ_HEARD_NOTHING);
	sends(LLQ_REFRESH, 1001);
	quiet();
	/* at 90 and 95 % */
	now = began + 1620 * SECOND;
	sends(LLQ_REFRESH, 1001);
	now = began + 1710 * SECOND;
	sends(LLQ_REFRESH, 1001);
	assert_true(llq_client_live(&c));
	/* over: set up anew */
	now = began + 1800 * SECOND;
	set_up(2000, 1800);
	/* the other one by what was granted, not what was asked */
	assert_true(llq_client_wake(&c) == began + 1440 * SECOND + 720 * SECOND);
	llq_client_clear(&c);
}

static void
test_forgotten(void **state)
{
	(void)state;
	up();
	now += 1440 * SECOND;
	sends(LLQ_REFRESH, 1000);
	reply(0, 1000, 1800);
	sends(LLQ_REFRESH, 1001);
	/* one of them: that one is set up anew at once */
	assert_int_equal(reply(LLQ_NO_SUCH_LLQ, 1001, 0), LLQ_HEARD_LOST);
	assert_int_equal(heard_of.type, TYPE_TXT);
	set_up(1002, 1800);
	quiet();
	/* doubt: ask about the list; it is gone, so all are */
	llq_client_doubt(&c, now);
	sends(LLQ_REFRESH, 1000);
	quiet();
	assert_true(llq_client_live(&c));
	assert_int_equal(reply(LLQ_NO_SUCH_LLQ, 1000, 0), LLQ_HEARD_LOST);
	assert_false(llq_client_live(&c));
	set_up(3000, 1800);
	set_up(3001, 1800);
	assert_true(llq_client_live(&c));
	/* a doubt that is unfounded */
	llq_client_doubt(&c, now);
	sends(LLQ_REFRESH, 3000);
	reply(0, 3000, 1800);
	quiet();
	/* and one that finds nobody */
	llq_client_doubt(&c, now);
	sends(LLQ_REFRESH, 3000);
	for (int i = 0; i < 2; i++) {
		now = llq_client_wake(&c);
		sends(LLQ_REFRESH, 3000);
	}
	now = llq_client_wake(&c);
	sends(LLQ_SETUP, 0);
	llq_client_clear(&c);
}

static void
test_events(void **state)
{
	struct question nas = question(NAS, TYPE_TXT), other = question(NAS, TYPE_SRV);
	struct llq_option error = {LLQ_VERSION, LLQ_EVENT, LLQ_NO_SUCH_LLQ, 1001, 0};
	struct llq_option version = {2, LLQ_EVENT, 0, 1001, 0};

	(void)state;
	up();
	/* the same one twice, and out of order: acknowledged each time, a hint each time */
	for (int i = 0; i < 2; i++) {
		assert_int_equal(event(0x55aa, &nas, 1001), LLQ_HEARD_CHANGE);
		assert_true(name_equal(&heard_of.name, &nas.name));
		assert_true(acked);
		assert_int_equal(ack.id, 0x55aa);
		assert_int_equal(ack.flags & FLAG_QR, FLAG_QR);
		assert_int_equal(ack_option.opcode, LLQ_EVENT);
		assert_true(ack_option.id == 1001);
		assert_true(ack.has_question);
	}
	/* wrong id, another's id, wrong question, zero, an error, another version: not ours */
	assert_int_equal(event(1, &nas, 1002), LLQ_HEARD_NOTHING);
	assert_false(acked);
	assert_int_equal(event(1, &nas, 1000), LLQ_HEARD_NOTHING);
	assert_int_equal(event(1, &other, 1001), LLQ_HEARD_NOTHING);
	assert_int_equal(event(1, &nas, 0), LLQ_HEARD_NOTHING);
	assert_int_equal(deliver(1, 0, &nas, &error, 0), LLQ_HEARD_NOTHING);
	assert_int_equal(deliver(1, 0, &nas, &version, 0), LLQ_HEARD_NOTHING);
	assert_int_equal(deliver(1, 0, &nas, NULL, 0), LLQ_HEARD_NOTHING);
	assert_false(acked);
	assert_true(llq_client_live(&c));
	/* no longer wanted: not ours any more, and the server is told */
	llq_client_set(&c, 1, NULL);
	sends(LLQ_REFRESH, 1001);
	assert_int_equal(sent_option.lease, 0);
	assert_int_equal(event(1, &nas, 1001), LLQ_HEARD_NOTHING);
	assert_int_equal(reply(LLQ_NO_SUCH_LLQ, 1001, 0), LLQ_HEARD_NOTHING);
	quiet();
	llq_client_stop(&c);
	sends(LLQ_REFRESH, 1000);
	assert_int_equal(sent_option.lease, 0);
	assert_int_equal(next(), 0);
	assert_int_equal(c.count, 0);
}

/* Another server or socket: nothing that stood counts. */
static void
test_forget(void **state)
{
	struct question nas = question(NAS, TYPE_TXT);

	(void)state;
	up();
	llq_client_forget(&c);
	assert_false(llq_client_live(&c));
	assert_int_equal(event(1, &nas, 1001), LLQ_HEARD_NOTHING);
	set_up(1, 1800);
	set_up(2, 1800);
	assert_true(llq_client_live(&c));
	llq_client_clear(&c);
}

/* Asleep for eight hours: all leases are over. */
static void
test_slept(void **state)
{
	(void)state;
	up();
	now += 8 * HOUR;
	sends(LLQ_REFRESH, 1000);
	assert_int_equal(reply(LLQ_NO_SUCH_LLQ, 1000, 0), LLQ_HEARD_LOST);
	set_up(1, 1800);
	set_up(2, 1800);
	assert_true(llq_client_live(&c));
	llq_client_clear(&c);
}

static void
test_keep_open(void **state)
{
	unsigned refreshes = 0;
	uint64_t began;

	(void)state;
	fresh();
	c.keep_ms = 25000;
	set_up(1000, 1800);
	began = now;
	while (llq_client_wake(&c) < began + HOUR) {
		now = llq_client_wake(&c);
		sends(LLQ_REFRESH, 1000);
		reply(0, 1000, 1800);
		refreshes++;
	}
	assert_in_range(refreshes, 143, 144);
	llq_client_clear(&c);
}

/* All of a large account, some at a time, with long leases. */
static void
test_many(void **state)
{
	unsigned turns = 0;

	(void)state;
	fresh();
	set_up(1000000, 1800);
	for (uint16_t i = 1; i <= MSG_PEERS_MAX; i++) {
		char name[64];
		struct question q;

		snprintf(name, sizeof name, "_autotunnel._udp.h%u.alice.example.com", i);
		q = question(name, TYPE_TXT);
		llq_client_set(&c, i, &q);
	}
	while (c.live < c.count) {
		assert_true(c.out <= LLQ_CLIENT_OUT_MAX);
		assert_int_equal(next(), 1);
		assert_int_equal(sent_option.lease, LLQ_LEASE_MAX);
		reply(0, sent_option.id == 0 ? 7 + turns : sent_option.id, 7200);
		turns++;
	}
	assert_int_equal(turns, 2 * MSG_PEERS_MAX);
	quiet();
	llq_client_clear(&c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_setup),
	    cmocka_unit_test(test_silence),
	    cmocka_unit_test(test_none),
	    cmocka_unit_test(test_full_and_static),
	    cmocka_unit_test(test_refresh),
	    cmocka_unit_test(test_forgotten),
	    cmocka_unit_test(test_events),
	    cmocka_unit_test(test_forget),
	    cmocka_unit_test(test_slept),
	    cmocka_unit_test(test_keep_open),
	    cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
