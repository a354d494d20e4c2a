/* How a DNS Push session is kept, and how it ends: silence, idleness, rules that are broken. */
#include "dns_push_bed.h"

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

/* A PUSH of one address, filled up with padding to so many octets. */
static void
push_of_length(struct buf *b, size_t len)
{
	struct name host = name_of("h1.alice.example.com");
	size_t mark;

	dso_begin(b, DSO_UNIDIRECTIONAL, 0, 0);
	mark = dso_tlv_begin(b, DSO_PUSH);
	name_put(b, &host);
	buf_put_u16(b, TYPE_A);
	buf_put_u16(b, CLASS_IN);
	buf_put_u32(b, 60);
	buf_put_u16(b, 4);
	buf_put_u32(b, 0x0b162101);
	dso_tlv_end(b, mark);
	mark = dso_tlv_begin(b, DSO_PADDING);
	while (b->pos < len)
		buf_put_u8(b, 0);
	dso_tlv_end(b, mark);
	assert_int_equal(b->pos, len);
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
	case 10: /* too long by an octet (RFC 8765 section 6.3.1) */
		push_of_length(&b, 16383);
		break;
	case 11: /* a SUBSCRIBE answered twice with success */
		answer(topics_find(&s.topics, &host, TYPE_ANY)->id, RCODE_NOERROR, 0);
		return;
	case 12: /* all of a set is to go, and one octet of data */
	case 13: /* a record of type ANY comes */
		dso_begin(&b, DSO_UNIDIRECTIONAL, 0, 0);
		mark = dso_tlv_begin(&b, DSO_PUSH);
		name_put(&b, &host);
		buf_put_u16(&b, how == 12 ? TYPE_A : TYPE_ANY);
		buf_put_u16(&b, CLASS_IN);
		buf_put_u32(&b, how == 12 ? 0xfffffffe : 60);
		buf_put_u16(&b, 1);
		buf_put_u8(&b, 0);
		dso_tlv_end(&b, mark);
		break;
	}
	take(&b);
}

static void
test_violations(void **state)
{
	(void)state;
	for (unsigned how = 0; how < 14; how++) {
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

/* The longest PUSH there may be, and a change whose TTL means nothing: that one is passed over, the
 * one behind it counts (RFC 8765 section 6.3.1). */
static void
test_no_violations(void **state)
{
	static uint8_t room[PUSH_MESSAGE_MAX];
	struct buf b = buf_writer(room, sizeof room);

	(void)state;
	up(1);
	push_of_length(&b, 16382);
	take(&b);
	quiet();
	assert_int_equal(changes(), 1);
	assert_int_equal(answers("h1.alice.example.com", TYPE_A), 1);
	push_begin(&w, w_room, sizeof w_room);
	push_address("h1.alice.example.com", 2, 0x80000000);
	push_address("h1.alice.example.com", 3, 60);
	push_now();
	quiet();
	assert_int_equal(answers("h1.alice.example.com", TYPE_A), 2);
	end();
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
	    cmocka_unit_test(test_keepalive),
	    cmocka_unit_test(test_slept),
	    cmocka_unit_test(test_unanswered),
	    cmocka_unit_test(test_inactive),
	    cmocka_unit_test(test_retry_delay),
	    cmocka_unit_test(test_violations),
	    cmocka_unit_test(test_no_violations),
	    cmocka_unit_test(test_violations_again),
	    cmocka_unit_test(test_unknown_request),
	    cmocka_unit_test(test_many),
	    cmocka_unit_test(test_flood),
	    cmocka_unit_test(test_storm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
