/* push_session.c and topics.c against a server played by hand; virtual time, real messages. */
#include "dns_push_bed.h"

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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
