/* push_session.c and topics.c against a server played by hand; virtual time, real messages. */
#include "wire_test.h"

#include "dnsupdate/client/push_session.h"

#include <stdio.h>

#define SECOND UINT64_C(1000)
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)
#define LIST "_autotunnel._udp.alice.example.com"
#define NAS "nas.alice.example.com"

static uint64_t now;
static struct push_session s;

/* What the machine last sent. */
static struct dso_message sent;
static uint8_t sent_room[PUSH_SESSION_ROOM];
static struct dso_tlv tlv;

static uint32_t
no_jitter(uint32_t range)
{
	return range - range;
}

static enum push_session_act
next(void)
{
	struct buf b = buf_writer(sent_room, sizeof sent_room);
	enum push_session_act act = push_session_next(&s, now, &b);
	size_t pos = 0;

	if (act != PUSH_SESSION_SEND)
		return act;
	assert_false(b.failed);
	assert_int_equal(dso_parse(&sent, sent_room, b.pos), 0);
	assert_int_equal(sent.kind == DSO_RESPONSE || dso_next(&sent, &pos, &tlv), 1);
	return act;
}

/* The machine must send a message of this type now; its ID. */
static uint16_t
sends(uint16_t type)
{
	assert_int_equal(next(), PUSH_SESSION_SEND);
	assert_int_equal(tlv.type, type);
	return sent.id;
}

static void
quiet(void)
{
	assert_int_equal(next(), PUSH_SESSION_NOTHING);
	assert_true(push_session_wake(&s) > now);
}

static void
take(const struct buf *b)
{
	assert_false(b->failed);
	push_session_take(&s, b->data, b->pos, now);
}

static void
answer(uint16_t id, unsigned rcode, uint32_t delay_ms)
{
	uint8_t room[64];
	struct buf b = buf_writer(room, sizeof room);

	dso_begin(&b, DSO_RESPONSE, id, rcode);
	if (delay_ms != 0)
		dso_put_retry_delay(&b, delay_ms);
	take(&b);
}

static void
keepalive(enum dso_kind kind, uint16_t id, uint32_t inactivity, uint32_t interval)
{
	uint8_t room[64];
	struct buf b = buf_writer(room, sizeof room);

	dso_begin(&b, kind, id, RCODE_NOERROR);
	dso_put_keepalive(&b, &(struct dso_timeouts) {inactivity, interval});
	take(&b);
}

static struct push_writer w;
static uint8_t w_room[PUSH_MESSAGE_MAX];

static void
push_address(const char *name, uint8_t last, uint32_t ttl)
{
	struct name owner = name_of(name);
	uint8_t addr[4] = {11, 22, 33, last};
	struct rdata rd;

	rdata_a(&rd, addr);
	assert_int_equal(push_add(&w, &owner, ttl, &rd), 0);
}

static void
push_now(void)
{
	assert_true(push_end(&w) > 0);
	take(&w.b);
}

static void
push_one(const char *name, uint8_t last, uint32_t ttl)
{
	push_begin(&w, w_room, sizeof w_room);
	push_address(name, last, ttl);
	push_now();
}

static void
want(uint16_t number, const char *name, uint16_t type)
{
	struct question q = {.name = name_of(name), .type = type, .class = CLASS_IN};

	topics_set(&s.topics, number, &q, 1);
}

static void
fresh(void)
{
	push_session_init(&s, no_jitter);
	now = HOUR;
	want(0, LIST, TYPE_PTR);
}

/* Up, with the list and as many machines subscribed. */
static void
up(unsigned machines)
{
	uint16_t id, list;
	char name[64];

	fresh();
	push_session_begin(&s, 1, now);
	id = sends(DSO_KEEPALIVE);
	list = sends(DSO_SUBSCRIBE);
	quiet();
	for (unsigned i = 1; i <= machines; i++) {
		snprintf(name, sizeof name, "h%u.alice.example.com", i);
		want((uint16_t)i, name, TYPE_ANY);
	}
	assert_false(push_session_live(&s));
	keepalive(DSO_RESPONSE, id, 15000, 300000);
	answer(list, RCODE_NOERROR, 0);
	for (unsigned i = 0; i < machines; i++)
		answer(sends(DSO_SUBSCRIBE), RCODE_NOERROR, 0);
	quiet();
	assert_true(push_session_live(&s));
}

static void
end(void)
{
	push_session_clear(&s);
	assert_int_equal(s.topics.count, 0);
	assert_true(s.topics.octets == 0);
}

/* How many records of q the topics answer with; -1 = ask the server. */
static int
answers(const char *name, uint16_t type)
{
	static uint8_t room[65535];
	static struct message m;
	struct question q = {.name = name_of(name), .type = type, .class = CLASS_IN};

	if (topics_answer(&s.topics, &q, room, sizeof room, &m) != 0)
		return -1;
	assert_int_equal(message_is_reply(&m, OPCODE_QUERY, 0, &q), 1);
	return m.count;
}

static unsigned
changes(void)
{
	unsigned n = 0;

	while (topics_changed(&s.topics) != NULL)
		n++;
	return n;
}

static void
test_setup(void **state)
{
	uint16_t keep, list;
	struct question q;
	struct name name = name_of(LIST);

	(void)state;
	fresh();
	quiet();
	push_session_begin(&s, 1, now);
	assert_true(push_session_wake(&s) <= now);
	keep = sends(DSO_KEEPALIVE);
	want(1, NAS, TYPE_ANY);
	list = sends(DSO_SUBSCRIBE);
	assert_int_equal(push_get_subscribe(&sent, &tlv, &q), 0);
	assert_true(name_equal(&q.name, &name));
	assert_int_equal(q.type, TYPE_PTR);
	/* only one before the session stands */
	quiet();
	keepalive(DSO_RESPONSE, keep, 20000, 60000);
	assert_int_equal(s.state, PUSH_SESSION_UP);
	assert_int_equal(s.timeouts.keepalive_ms, 60000);
	answer(sends(DSO_SUBSCRIBE), RCODE_NOERROR, 0);
	answer(list, RCODE_NOERROR, 0);
	quiet();
	end();
}

/* Also the answer to a SUBSCRIBE sets up the session; and answers may come in any order. */
static void
test_setup_other_order(void **state)
{
	uint16_t keep, list;

	(void)state;
	fresh();
	push_session_begin(&s, 1, now);
	keep = sends(DSO_KEEPALIVE);
	list = sends(DSO_SUBSCRIBE);
	answer(list, RCODE_NOERROR, 0);
	assert_true(push_session_live(&s));
	push_one(LIST, 1, 60); /* not asked for: an A record */
	assert_int_equal(changes(), 0);
	keepalive(DSO_RESPONSE, keep, 20000, 60000);
	quiet();
	end();
}

static void
test_no_dso(void **state)
{
	static const uint8_t garbage[] = {0, 1, 0xb0, 4, 0, 1, 0, 0, 0, 0, 0, 0, 0};
	uint8_t copy[sizeof garbage];
	struct buf b = {copy, sizeof copy, sizeof copy, 0};

	(void)state;
	for (int how = 0; how < 4; how++) {
		uint16_t keep;

		fresh();
		push_session_begin(&s, 1, now);
		keep = sends(DSO_KEEPALIVE);
		sends(DSO_SUBSCRIBE);
		memcpy(copy, garbage, sizeof copy);
		if (how == 0)
			answer(keep, RCODE_NOTIMP, 0);
		else if (how == 1)
			take(&b);
		else if (how == 2)
			now += 30 * SECOND;
		if (how == 2)
			assert_int_equal(next(), PUSH_SESSION_ABORT);
		if (how >= 2) { /* 3: it resets the connection */
			push_session_end(&s, now);
			push_session_begin(&s, 1, now);
		}
		assert_int_equal(s.state, PUSH_SESSION_REFUSED);
		quiet();
		answer(99, RCODE_NOERROR, 0);
		assert_int_equal(s.state, PUSH_SESSION_REFUSED);
		assert_true(s.not_before_ms >= now + HOUR);
		/* a new connection before that: plain DNS on it */
		push_session_end(&s, now);
		push_session_begin(&s, 1, now);
		quiet();
		/* after it the connection is left, and the next one tries */
		now = push_session_wake(&s);
		assert_int_equal(next(), PUSH_SESSION_CLOSE);
		push_session_end(&s, now);
		push_session_begin(&s, 1, now);
		sends(DSO_KEEPALIVE);
		/* another server: at once */
		s.not_before_ms = now + HOUR;
		push_session_end(&s, now);
		push_session_pardon(&s);
		push_session_begin(&s, 1, now);
		sends(DSO_KEEPALIVE);
		end();
	}
}

static void
test_records(void **state)
{
	struct name host = name_of("h1.alice.example.com");
	uint8_t ula[16] = {0xfd, 1};
	struct rdata rd;

	(void)state;
	up(2);
	assert_int_equal(answers("h1.alice.example.com", TYPE_A), -1);
	/* one PUSH, several records; of what was asked for only */
	push_begin(&w, w_room, sizeof w_room);
	push_address("h1.alice.example.com", 1, 60);
	push_address("h1.alice.example.com", 2, 0);
	push_address("stranger.alice.example.com", 2, 60);
	push_address("x.h1.alice.example.com", 2, 60);
	rdata_aaaa(&rd, ula);
	assert_int_equal(push_add(&w, &host, 300, &rd), 0);
	push_now();
	assert_int_equal(changes(), 1);
	assert_int_equal(answers("h1.alice.example.com", TYPE_A), 2);
	assert_int_equal(answers("h1.alice.example.com", TYPE_AAAA), 1);
	assert_int_equal(answers("h1.alice.example.com", TYPE_SRV), 0);
	assert_int_equal(answers("stranger.alice.example.com", TYPE_A), -1);
	assert_int_equal(answers("h2.alice.example.com", TYPE_A), -1);
	/* the same again, and another TTL: no change */
	push_one("h1.alice.example.com", 1, 60);
	push_one("h1.alice.example.com", 2, 61);
	assert_int_equal(changes(), 0);
	/* one goes; one that is not there goes */
	push_one("h1.alice.example.com", 1, PUSH_TTL_REMOVE);
	assert_int_equal(changes(), 1);
	push_one("h1.alice.example.com", 77, PUSH_TTL_REMOVE);
	assert_int_equal(changes(), 0);
	assert_int_equal(answers("h1.alice.example.com", TYPE_A), 1);
	/* a set, then all */
	push_begin(&w, w_room, sizeof w_room);
	assert_int_equal(push_remove_set(&w, &host, TYPE_A), 0);
	push_now();
	assert_int_equal(answers("h1.alice.example.com", TYPE_A), 0);
	assert_int_equal(answers("h1.alice.example.com", TYPE_AAAA), 1);
	push_begin(&w, w_room, sizeof w_room);
	assert_int_equal(push_remove_set(&w, &host, TYPE_ANY), 0);
	push_now();
	assert_int_equal(answers("h1.alice.example.com", TYPE_AAAA), 0);
	assert_int_equal(changes(), 1);
	assert_int_equal(s.state, PUSH_SESSION_UP);
	end();
}

/* One that is known to have it is tried again soon. */
static void
test_setup_fails(void **state)
{
	(void)state;
	up(1);
	push_session_end(&s, now);
	assert_true(s.not_before_ms <= now);
	push_session_begin(&s, 1, now);
	sends(DSO_KEEPALIVE);
	push_session_end(&s, now);
	assert_true(s.not_before_ms == now + 10 * SECOND);
	now = s.not_before_ms;
	push_session_begin(&s, 1, now);
	sends(DSO_KEEPALIVE);
	now += 30 * SECOND;
	assert_int_equal(next(), PUSH_SESSION_ABORT);
	push_session_end(&s, now);
	assert_true(s.not_before_ms == now + 10 * SECOND);
	end();
}

/* Nothing of the old session is left in the new one: no ghosts. */
static void
test_reconnect(void **state)
{
	uint16_t keep;

	(void)state;
	up(2);
	push_one("h1.alice.example.com", 1, 60);
	push_one("h2.alice.example.com", 2, 60);
	push_session_end(&s, now);
	assert_false(push_session_live(&s));
	assert_int_equal(changes(), 0);
	assert_int_equal(answers("h1.alice.example.com", TYPE_A), -1);
	push_session_begin(&s, 1, now);
	keep = sends(DSO_KEEPALIVE);
	answer(sends(DSO_SUBSCRIBE), RCODE_NOERROR, 0);
	keepalive(DSO_RESPONSE, keep, 15000, 300000);
	answer(sends(DSO_SUBSCRIBE), RCODE_NOERROR, 0);
	answer(sends(DSO_SUBSCRIBE), RCODE_NOERROR, 0);
	quiet();
	push_one("h2.alice.example.com", 3, 60);
	assert_int_equal(answers("h1.alice.example.com", TYPE_A), -1);
	assert_int_equal(answers("h2.alice.example.com", TYPE_A), 1);
	end();
}

static void
test_sets(void **state)
{
	struct question both[2] = {
	    {.name = name_of("h1.alice.example.com"), .type = TYPE_ANY, .class = CLASS_IN},
	    {.name = name_of("h2.alice.example.com"), .type = TYPE_ANY, .class = CLASS_IN}};
	uint16_t id, gone;

	(void)state;
	up(2);
	assert_int_equal(s.topics.count, 3);
	/* shared by two sets: neither subscribed twice nor given up by one of them */
	topics_set(&s.topics, 7, both, 2);
	quiet();
	topics_set(&s.topics, 1, NULL, 0);
	quiet();
	push_one("h1.alice.example.com", 1, 60);
	assert_int_equal(changes(), 1);
	topics_set(&s.topics, 7, &both[1], 1);
	gone = topics_find(&s.topics, &both[0].name, TYPE_ANY)->id;
	/* wanted again before the UNSUBSCRIBE went out: nothing to say */
	topics_set(&s.topics, 7, both, 2);
	quiet();
	topics_set(&s.topics, 7, &both[1], 1);
	sends(DSO_UNSUBSCRIBE);
	assert_int_equal(push_get_unsubscribe(&tlv, &id), 0);
	assert_int_equal(id, gone);
	assert_int_equal(s.topics.count, 2);
	quiet();
	/* what crosses with it is no violation */
	push_one("h1.alice.example.com", 2, 60);
	answer(gone, RCODE_SERVFAIL, 0);
	assert_int_equal(s.state, PUSH_SESSION_UP);
	/* given up before the answer: told when it is there */
	want(3, NAS, TYPE_ANY);
	id = sends(DSO_SUBSCRIBE);
	topics_set(&s.topics, 3, NULL, 0);
	quiet();
	answer(id, RCODE_NOERROR, 0);
	sends(DSO_UNSUBSCRIBE);
	want(3, NAS, TYPE_ANY);
	id = sends(DSO_SUBSCRIBE);
	topics_set(&s.topics, 3, NULL, 0);
	answer(id, RCODE_REFUSED, 0);
	assert_int_equal(s.topics.count, 2);
	quiet();
	end();
}

static void
test_refused_topics(void **state)
{
	static const struct {
		unsigned rcode;
		uint32_t delay_ms;
		uint64_t wait_ms;
	} cases[] = {
	    {RCODE_FORMERR, 0, 5 * MINUTE},
	    {RCODE_SERVFAIL, 0, MINUTE},
	    {RCODE_NOTIMP, 0, HOUR},
	    {RCODE_REFUSED, 0, 5 * MINUTE},
	    {RCODE_NOTAUTH, 0, 5 * MINUTE},
	    {RCODE_DSOTYPENI, 0, HOUR},
	    {RCODE_NXDOMAIN, 0, 5 * MINUTE},
	    {RCODE_REFUSED, 7000, 7 * SECOND},
	    {RCODE_REFUSED, 1, SECOND},
	    {RCODE_SERVFAIL, 0xffffffff, 0xffffffff},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		uint64_t began;
		uint16_t id;

		up(1);
		push_one("h1.alice.example.com", 1, 60);
		want(2, NAS, TYPE_ANY);
		answer(sends(DSO_SUBSCRIBE), cases[i].rcode, cases[i].delay_ms);
		began = now;
		assert_false(push_session_live(&s));
		/* the others stay */
		assert_int_equal(answers("h1.alice.example.com", TYPE_A), 1);
		while (next() != PUSH_SESSION_SEND || tlv.type != DSO_SUBSCRIBE) {
			if (tlv.type == DSO_KEEPALIVE && s.keepalive_id != 0)
				keepalive(DSO_RESPONSE, s.keepalive_id, 15000, DSO_NEVER);
			assert_true(push_session_wake(&s) > now);
			now = push_session_wake(&s);
		}
		assert_true(now - began == cases[i].wait_ms);
		id = sent.id;
		answer(id, RCODE_NOERROR, 0);
		assert_true(push_session_live(&s));
		/* cancelled while it runs (RFC 8490 section 5.6) */
		push_one(NAS, 1, 60);
		answer(id, cases[i].rcode, cases[i].delay_ms);
		assert_int_equal(s.state, PUSH_SESSION_UP);
		assert_int_equal(answers(NAS, TYPE_A), -1);
		assert_false(push_session_live(&s));
		end();
	}
}

static void
test_keepalive(void **state)
{
	uint64_t began;
	uint16_t id;

	(void)state;
	up(1);
	began = now;
	now = push_session_wake(&s);
	assert_true(now - began == 300 * SECOND);
	id = sends(DSO_KEEPALIVE);
	quiet();
	now += SECOND;
	keepalive(DSO_RESPONSE, id, 15000, 60000);
	quiet();
	assert_true(push_session_wake(&s) == now + MINUTE);
	/* a message of the server is as good */
	now += 50 * SECOND;
	push_one("h1.alice.example.com", 1, 60);
	assert_true(push_session_wake(&s) == now + MINUTE);
	/* the server says another interval by itself */
	keepalive(DSO_UNIDIRECTIONAL, 0, 15000, 30000);
	assert_true(push_session_wake(&s) == now + 30 * SECOND);
	now += 30 * SECOND;
	sends(DSO_KEEPALIVE);
	/* no answer: the connection is dead, and the next one may come at once */
	assert_true(push_session_wake(&s) == now + 30 * SECOND);
	now += 30 * SECOND;
	assert_int_equal(next(), PUSH_SESSION_ABORT);
	push_session_end(&s, now);
	assert_true(s.not_before_ms <= now);
	end();
}

/* Slept for eight hours: the server has given us up long ago, no use in asking. */
static void
test_slept(void **state)
{
	(void)state;
	up(1);
	now += 8 * HOUR;
	assert_int_equal(next(), PUSH_SESSION_ABORT);
	push_session_end(&s, now);
	push_session_begin(&s, 1, now);
	sends(DSO_KEEPALIVE);
	end();
}

static void
test_unanswered(void **state)
{
	(void)state;
	up(1);
	want(2, NAS, TYPE_ANY);
	sends(DSO_SUBSCRIBE);
	now += 30 * SECOND;
	assert_int_equal(next(), PUSH_SESSION_ABORT);
	push_session_end(&s, now);
	end();
}

/* With nothing subscribed the connection is closed after the time the server said. */
static void
test_inactive(void **state)
{
	uint16_t keep, list;
	uint64_t began;

	(void)state;
	fresh();
	push_session_begin(&s, 1, now);
	keep = sends(DSO_KEEPALIVE);
	list = sends(DSO_SUBSCRIBE);
	keepalive(DSO_RESPONSE, keep, 40000, 300000);
	answer(list, RCODE_REFUSED, 0);
	began = now;
	quiet();
	now = push_session_wake(&s);
	assert_true(now - began == 40 * SECOND);
	assert_int_equal(next(), PUSH_SESSION_CLOSE);
	push_session_end(&s, now);
	end();
}

static void
test_retry_delay(void **state)
{
	uint8_t room[64];
	struct buf b = buf_writer(room, sizeof room);

	(void)state;
	up(1);
	dso_begin(&b, DSO_UNIDIRECTIONAL, 0, RCODE_SERVFAIL);
	dso_put_retry_delay(&b, 90000);
	take(&b);
	assert_int_equal(next(), PUSH_SESSION_CLOSE);
	assert_true(s.not_before_ms == now + 90 * SECOND);
	/* ignored from now on */
	push_one("h1.alice.example.com", 1, 60);
	assert_int_equal(changes(), 0);
	push_session_end(&s, now);
	end();
}

static void
violate(unsigned how)
{
	static uint8_t room[PUSH_MESSAGE_MAX + 100];
	struct buf b = buf_writer(room, sizeof room);
	struct name host = name_of("h1.alice.example.com");
	size_t mark;

	switch (how) {
	case 0: /* an answer to nothing */
		answer(0x7777, RCODE_NOERROR, 0);
		return;
	case 1: /* an answer without a number */
		dso_begin(&b, DSO_RESPONSE, 0, RCODE_NOERROR);
		break;
	case 2: /* keepalives too often */
		keepalive(DSO_UNIDIRECTIONAL, 0, 15000, 9999);
		return;
	case 3: /* a keepalive request from the server */
		keepalive(DSO_REQUEST, 9, 15000, 15000);
		return;
	case 4: /* an empty PUSH */
		dso_begin(&b, DSO_UNIDIRECTIONAL, 0, 0);
		dso_tlv_end(&b, dso_tlv_begin(&b, DSO_PUSH));
		break;
	case 5: /* a PUSH that wants an answer */
		dso_begin(&b, DSO_REQUEST, 4, 0);
		dso_tlv_end(&b, dso_tlv_begin(&b, DSO_PUSH));
		break;
	case 6: /* unknown, unidirectional */
		dso_begin(&b, DSO_UNIDIRECTIONAL, 0, 0);
		dso_tlv_end(&b, dso_tlv_begin(&b, 0xf801));
		break;
	case 7: /* a client's message */
		dso_begin(&b, DSO_UNIDIRECTIONAL, 0, 0);
		mark = dso_tlv_begin(&b, DSO_UNSUBSCRIBE);
		buf_put_u16(&b, 1);
		dso_tlv_end(&b, mark);
		break;
	case 8: /* nothing in it */
		dso_begin(&b, DSO_UNIDIRECTIONAL, 0, 0);
		break;
	case 9: /* ... one octet too few */
		push_begin(&w, w_room, sizeof w_room);
		push_address("h1.alice.example.com", 1, 60);
		push_end(&w);
		push_session_take(&s, w.b.data, w.b.pos - 1, now);
		return;
	case 10: /* too long: filled up with padding */
		dso_begin(&b, DSO_UNIDIRECTIONAL, 0, 0);
		mark = dso_tlv_begin(&b, DSO_PUSH);
		name_put(&b, &host);
		buf_put_u16(&b, TYPE_A);
		buf_put_u16(&b, CLASS_IN);
		buf_put_u32(&b, 60);
		buf_put_u16(&b, 4);
		buf_put_u32(&b, 0x0b162101);
		dso_tlv_end(&b, mark);
		dso_put_padding(&b, PUSH_MESSAGE_MAX + 2);
		break;
	case 11: /* a SUBSCRIBE answered twice with success */
		answer(topics_find(&s.topics, &host, TYPE_ANY)->id, RCODE_NOERROR, 0);
		return;
	}
	take(&b);
}

static void
test_violations(void **state)
{
	(void)state;
	for (unsigned how = 0; how < 12; how++) {
		up(1);
		violate(how);
		if (s.state != PUSH_SESSION_OVER)
			print_error("violation %u is none\n", how);
		assert_int_equal(next(), PUSH_SESSION_ABORT);
		assert_int_equal(changes(), 0);
		assert_true(s.not_before_ms == now + MINUTE);
		push_session_end(&s, now);
		push_session_begin(&s, 1, now);
		quiet();
		end();
	}
}

/* Each further violation keeps us away longer, up to an hour. */
static void
test_violations_again(void **state)
{
	uint64_t waits[8];

	(void)state;
	fresh();
	for (unsigned i = 0; i < COUNT(waits); i++) {
		push_session_begin(&s, 1, now);
		keepalive(DSO_RESPONSE, sends(DSO_KEEPALIVE), 15000, 15000);
		violate(0);
		assert_int_equal(next(), PUSH_SESSION_ABORT);
		push_session_end(&s, now);
		waits[i] = s.not_before_ms - now;
		now = s.not_before_ms;
	}
	assert_true(waits[0] == MINUTE && waits[3] == 8 * MINUTE && waits[7] == HOUR);
	end();
}

static void
test_unknown_request(void **state)
{
	uint8_t room[64];
	struct buf b = buf_writer(room, sizeof room);

	(void)state;
	up(1);
	dso_begin(&b, DSO_REQUEST, 0x1234, 0);
	dso_tlv_end(&b, dso_tlv_begin(&b, 0xf801));
	take(&b);
	assert_int_equal(next(), PUSH_SESSION_SEND);
	assert_int_equal(sent.kind, DSO_RESPONSE);
	assert_int_equal(sent.id, 0x1234);
	assert_int_equal(sent.rcode, RCODE_DSOTYPENI);
	quiet();
	end();
}

/* A thousand machines, three questions each: some are out at a time, and all get there. */
static void
test_many(void **state)
{
	uint16_t ids[3 * MSG_PEERS_MAX];
	unsigned out = 0, done = 0;

	(void)state;
	up(0);
	for (uint16_t i = 1; i <= MSG_PEERS_MAX; i++) {
		struct question q[3];
		char name[64];

		for (unsigned k = 0; k < 3; k++) {
			snprintf(name, sizeof name, "x%u.h%u.alice.example.com", k, i);
			q[k] = (struct question) {name_of(name), TYPE_ANY, CLASS_IN};
		}
		topics_set(&s.topics, i, q, 3);
	}
	while (done < 3 * MSG_PEERS_MAX) {
		while (next() == PUSH_SESSION_SEND)
			ids[out++] = sent.id;
		assert_true(out > done && out - done <= 64);
		while (done < out)
			answer(ids[done++], RCODE_NOERROR, 0);
	}
	quiet();
	assert_true(push_session_live(&s));
	assert_int_equal(s.topics.count, 3 * MSG_PEERS_MAX + 1);
	end();
}

/* A flood of records is not kept: that topic is asked for from then on. */
static void
test_flood(void **state)
{
	struct name host = name_of("h1.alice.example.com");
	struct rdata rd = {.type = 99, .len = 1000};

	(void)state;
	up(2);
	for (unsigned i = 0; i < 100; i++) {
		memset(rd.data, (int)i, rd.len);
		push_begin(&w, w_room, sizeof w_room);
		assert_int_equal(push_add(&w, &host, 60, &rd), 0);
		push_now();
	}
	push_one("h1.alice.example.com", 1, 60);
	push_one("h2.alice.example.com", 1, 60);
	assert_true(s.topics.octets <= TOPICS_OCTETS + 4);
	assert_int_equal(answers("h1.alice.example.com", 99), -1);
	assert_int_equal(answers("h2.alice.example.com", TYPE_A), 1);
	assert_int_equal(changes(), 2);
	end();
}

/* The same record comes and goes, comes and goes: one change is told for all of it, and nothing is
 * left; and removals of what never was are nothing. */
static void
test_storm(void **state)
{
	struct name host = name_of("h1.alice.example.com");

	(void)state;
	up(2);
	for (unsigned i = 0; i < 20000; i++)
		push_one("h1.alice.example.com", (uint8_t)i, i & 1 ? PUSH_TTL_REMOVE : 60);
	assert_int_equal(changes(), 1);
	assert_true(s.topics.octets <= 256 * 4);
	push_begin(&w, w_room, sizeof w_room);
	assert_int_equal(push_remove_set(&w, &host, TYPE_ANY), 0);
	push_now();
	assert_true(s.topics.octets == 0);
	assert_int_equal(changes(), 1);
	for (unsigned i = 0; i < 20000; i++)
		push_one("h2.alice.example.com", (uint8_t)i, PUSH_TTL_REMOVE);
	assert_int_equal(changes(), 0);
	assert_int_equal(s.state, PUSH_SESSION_UP);
	end();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_setup),
	    cmocka_unit_test(test_setup_other_order),
	    cmocka_unit_test(test_no_dso),
	    cmocka_unit_test(test_setup_fails),
	    cmocka_unit_test(test_records),
	    cmocka_unit_test(test_reconnect),
	    cmocka_unit_test(test_sets),
	    cmocka_unit_test(test_refused_topics),
	    cmocka_unit_test(test_keepalive),
	    cmocka_unit_test(test_slept),
	    cmocka_unit_test(test_unanswered),
	    cmocka_unit_test(test_inactive),
	    cmocka_unit_test(test_retry_delay),
	    cmocka_unit_test(test_violations),
	    cmocka_unit_test(test_violations_again),
	    cmocka_unit_test(test_unknown_request),
	    cmocka_unit_test(test_many),
	    cmocka_unit_test(test_flood),
	    cmocka_unit_test(test_storm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
