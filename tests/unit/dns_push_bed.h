/* What the tests of push_session.c share: a server played by hand. */
#ifndef UNIT_DNS_PUSH_BED_H
#define UNIT_DNS_PUSH_BED_H

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

static inline uint32_t
no_jitter(uint32_t range)
{
	return range - range;
}

static inline enum push_session_act
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
static inline uint16_t
sends(uint16_t type)
{
	assert_int_equal(next(), PUSH_SESSION_SEND);
	assert_int_equal(tlv.type, type);
	return sent.id;
}

static inline void
quiet(void)
{
	assert_int_equal(next(), PUSH_SESSION_NOTHING);
	assert_true(push_session_wake(&s) > now);
}

static inline void
take(const struct buf *b)
{
	assert_false(b->failed);
	push_session_take(&s, b->data, b->pos, now);
}

static inline void
answer(uint16_t id, unsigned rcode, uint32_t delay_ms)
{
	uint8_t room[64];
	struct buf b = buf_writer(room, sizeof room);

	dso_begin(&b, DSO_RESPONSE, id, rcode);
	if (delay_ms != 0)
		dso_put_retry_delay(&b, delay_ms);
	take(&b);
}

static inline void
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

static inline void
push_address(const char *name, uint8_t last, uint32_t ttl)
{
	struct name owner = name_of(name);
	uint8_t addr[4] = {11, 22, 33, last};
	struct rdata rd;

	rdata_a(&rd, addr);
	assert_int_equal(push_add(&w, &owner, ttl, &rd), 0);
}

static inline void
push_now(void)
{
	assert_true(push_end(&w) > 0);
	take(&w.b);
}

static inline void
push_one(const char *name, uint8_t last, uint32_t ttl)
{
	push_begin(&w, w_room, sizeof w_room);
	push_address(name, last, ttl);
	push_now();
}

static inline void
want(uint16_t number, const char *name, uint16_t type)
{
	struct question q = {.name = name_of(name), .type = type, .class = CLASS_IN};

	topics_set(&s.topics, number, &q, 1);
}

static inline void
fresh(void)
{
	push_session_init(&s, no_jitter);
	now = HOUR;
	want(0, LIST, TYPE_PTR);
}

/* Up, with the list and as many machines subscribed. */
static inline void
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

static inline void
end(void)
{
	push_session_clear(&s);
	assert_int_equal(s.topics.count, 0);
	assert_true(s.topics.octets == 0);
}

/* How many records of q the topics answer with; -1 = ask the server. */
static inline int
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

static inline unsigned
changes(void)
{
	unsigned n = 0;

	while (topics_changed(&s.topics) != NULL)
		n++;
	return n;
}

#endif
