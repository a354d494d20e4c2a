/*
 * Long-lived queries at the server, in virtual time and through the whole of request.c, signatures
 * included: the handshake, what is refused, events and their repetition, leases, floods; and a
 * subscriber who loses packets at random still learns what the zone has.
 */
#include "dnsd_bed.h"

#include "dnsupdate/server/live/llqs.h"
#include "dnsupdate/server/server.h"
#include "dnsupdate/wire/llq.h"

#define SENT_MAX 512

static struct server server;
static struct bed bed; /* the follow of the machine; the zone is the server's */
static struct llqs *llqs;
static uint64_t now_ms;
static int is_static;

/* Events sent. */
static struct sent {
	struct requester to;
	uint8_t data[1232];
	size_t len;
} sent[SENT_MAX];
static size_t sent_count;

static void
on_send(void *ctx, const struct requester *to, const void *data, size_t len)
{
	struct sent *s = &sent[sent_count++ % SENT_MAX];

	assert_true(len <= sizeof s->data);
	s->to = *to;
	s->len = len;
	memcpy(s->data, data, len);
}

static enum request_result
on_llq(void *ctx, struct request *r)
{
	return llqs_request(llqs, r, is_static);
}

static void
on_response(void *ctx, struct request *r)
{
	llqs_response(llqs, r);
}

static int
begin(void **state)
{
	static const struct llqs_config config = {.lease_min_sec = 900,
	    .lease_max_sec = 7200,
	    .max = 300,
	    .max_from = 200,
	    .send = on_send};
	struct name key = name_of(VECTOR_KEY);

	bed_init(&bed);
	server_init(&server);
	zones_add(&server.zones, bed.zone);
	keyring_add(
	    server.keys, &key, KEY_ACCOUNT, TSIG_HMAC_SHA256, vector_secret(), 32, bed.zone);
	llqs = llqs_new(bed.follow, &config);
	server.hooks.llq = on_llq;
	server.hooks.response = on_response;
	now_ms = 1000000;
	sent_count = 0;
	bed_change(&bed, "+z.example. 60 IN SOA ns.z.example. h.z.example. 1 600 120 604800 30");
	bed_change(&bed, "+h.z.example. 60 IN AAAA fd00::1");
	bed_commit(&bed, now_ms);
	return 0;
}

static int
end(void **state)
{
	llqs_free(llqs);
	assert_int_equal(follow_topics(bed.follow), 0);
	follow_free(bed.follow);
	change_list_free(&bed.changes);
	server_free(&server); /* the zone too */
	return 0;
}

/* ---- a subscriber ---- */

static struct message reply;
static struct llq_option answer;

static struct requester
from_port(uint16_t port)
{
	struct requester from = {.transport = TRANSPORT_UDP};

	from.from.in.sin_family = AF_INET;
	from.from.in.sin_addr.s_addr = htonl(0xc0000207);
	from.from.in.sin_port = htons(port);
	return from;
}

/* Hand a message to the server; its reply is in reply.  Returns whether there is one. */
static int
hand_over(const struct requester *from, const uint8_t *data, size_t len)
{
	static struct request r;
	static uint8_t room[1232];

	r.from = *from;
	r.data = data;
	r.len = len;
	r.now_sec = VECTOR_TIME;
	r.now_ms = now_ms;
	r.reply = buf_writer(room, sizeof room);
	if (request_handle(&server, &r) != REQUEST_REPLY)
		return 0;
	assert_int_equal(message_parse(&reply, room, r.reply.pos), 0);
	assert_true(reply.flags & FLAG_QR);
	assert_true(r.reply.pos <= len + 1232); /* a test below is stricter */
	return 1;
}

static const struct question *
host_aaaa(void)
{
	static struct question q;

	q = question_of("h.z.example", TYPE_AAAA);
	return &q;
}

static size_t
build(uint8_t *room, size_t size, uint16_t id, uint16_t flags, const struct question *q,
    const struct llq_option *o)
{
	struct llq_writer w;

	llq_begin(&w, room, size, id, flags, q);
	return llq_end(&w, o);
}

/* Ask, and have an LLQ answer in answer. */
static void
ask(uint16_t port, const struct question *q, uint16_t opcode, uint64_t id, uint32_t lease)
{
	struct llq_option o = {.version = LLQ_VERSION, .opcode = opcode, .id = id, .lease = lease};
	struct requester from = from_port(port);
	uint8_t data[600];

	assert_true(hand_over(&from, data, build(data, sizeof data, 77, 0, q, &o)));
	assert_int_equal(reply.rcode, RCODE_NOERROR);
	assert_int_equal(reply.id, 77);
	assert_int_equal(llq_get(&reply, &answer), 1);
	assert_int_equal(answer.opcode, opcode);
}

/* The whole handshake; returns the id. */
static uint64_t
set_up(uint16_t port, const struct question *q, uint32_t lease)
{
	ask(port, q, LLQ_SETUP, 0, lease);
	assert_int_equal(answer.error, LLQ_NO_ERROR);
	assert_int_not_equal(answer.id, 0);
	assert_int_equal(reply.count, 1); /* no answers in a challenge */
	ask(port, q, LLQ_SETUP, answer.id, answer.lease);
	assert_int_equal(answer.error, LLQ_NO_ERROR);
	return answer.id;
}

static void
acknowledge_from(const struct sent *s, uint16_t port, int with_question)
{
	struct requester from = from_port(port);
	static struct message event;
	struct llq_option o;
	uint8_t data[600];
	size_t len;

	assert_int_equal(message_parse(&event, s->data, s->len), 0);
	assert_int_equal(llq_get(&event, &o), 1);
	len = build(data, sizeof data, event.id, FLAG_QR, &event.question, &o);
	if (!with_question) { /* as some do */
		size_t question = event.question.name.len + 4u;

		memmove(data + 12, data + 12 + question, len - 12 - question);
		len -= question;
		data[5] = 0;
	}
	assert_false(hand_over(&from, data, len));
}

static void
acknowledge(const struct sent *s)
{
	acknowledge_from(s, ntohs(s->to.from.in.sin_port), 1);
}

/* What an event says: "+AAAA -AAAA ". */
static const char *
says(const struct sent *s)
{
	static char text[4096];
	static struct message event;
	struct llq_option o;
	size_t pos = 0, at = 0;
	const struct rr *rr;

	assert_int_equal(message_parse(&event, s->data, s->len), 0);
	assert_true(event.flags & FLAG_QR);
	assert_int_equal(llq_get(&event, &o), 1);
	assert_int_equal(o.opcode, LLQ_EVENT);
	assert_int_equal(o.lease, 0);
	text[0] = '\0';
	while ((rr = message_next(&event, &pos, SECTION_ANSWER, &event.question.name, TYPE_ANY)) !=
	    NULL)
		at += (size_t)snprintf(text + at, sizeof text - at, "%c%s ",
		    rr->ttl == LLQ_TTL_REMOVE ? '-' : '+', type_text(rr->type));
	return text;
}

static void
pass(uint64_t ms)
{
	now_ms += ms;
	llqs_tick(llqs, now_ms);
}

static void
change(const char *line)
{
	bed_change(&bed, line);
	bed_commit(&bed, now_ms);
}

/* ---- set-up ---- */

static void
handshake(void **state)
{
	uint64_t id;

	ask(5000, host_aaaa(), LLQ_SETUP, 0, 7200);
	assert_int_equal(answer.lease, 7200);
	assert_int_equal(reply.count, 1);
	id = answer.id;
	assert_int_equal(llqs_count(llqs), 0); /* nothing is kept yet */
	now_ms += 2000;
	ask(5000, host_aaaa(), LLQ_SETUP, id, 7200);
	assert_int_equal(answer.error, LLQ_NO_ERROR);
	assert_true(answer.id == id);
	assert_int_equal(answer.lease, 7200);
	assert_int_equal(reply.count, 2); /* the AAAA, OPT */
	assert_int_equal(llqs_count(llqs), 1);
	/* the same again, the answer was lost: the same answer, the lease goes on */
	now_ms += 3000;
	ask(5000, host_aaaa(), LLQ_SETUP, id, 7200);
	assert_int_equal(answer.lease, 7197);
	assert_int_equal(reply.count, 2);
	assert_int_equal(llqs_count(llqs), 1);
}

static void
challenges_are_for_one(void **state)
{
	struct question other = question_of("h.z.example", TYPE_TXT);
	struct question elsewhere = question_of("x.z.example", TYPE_AAAA);
	uint64_t id;

	ask(5000, host_aaaa(), LLQ_SETUP, 0, 7200);
	id = answer.id;
	ask(5000, &elsewhere, LLQ_SETUP, id, 7200);
	assert_int_equal(answer.error, LLQ_NO_SUCH_LLQ);
	ask(5001, host_aaaa(), LLQ_SETUP, id, 7200); /* another port */
	assert_int_equal(answer.error, LLQ_NO_SUCH_LLQ);
	ask(5000, &other, LLQ_SETUP, id, 7200);
	assert_int_equal(answer.error, LLQ_NO_SUCH_LLQ);
	ask(5000, host_aaaa(), LLQ_SETUP, id, 7199);
	assert_int_equal(answer.error, LLQ_NO_SUCH_LLQ);
	ask(5000, host_aaaa(), LLQ_SETUP, id + (1ull << 40), 7200);
	assert_int_equal(answer.error, LLQ_NO_SUCH_LLQ);
	now_ms += 130000; /* too old */
	ask(5000, host_aaaa(), LLQ_SETUP, id, 7200);
	assert_int_equal(answer.error, LLQ_NO_SUCH_LLQ);
	assert_int_equal(llqs_count(llqs), 0);
}

static void
half_open_ones_cost_nothing(void **state)
{
	for (unsigned i = 0; i < 20000; i++)
		ask((uint16_t)(1024 + i), host_aaaa(), LLQ_SETUP, 0, 7200);
	assert_int_equal(llqs_count(llqs), 0);
	assert_int_equal(follow_topics(bed.follow), 0);
	assert_true(llqs_due(llqs) == LLQS_IDLE);
}

/* No answer before the address is proven is larger than the question. */
static void
nobody_is_flooded(void **state)
{
	struct llq_option o = {.version = LLQ_VERSION, .opcode = LLQ_SETUP, .lease = 7200};
	struct requester from = from_port(5000);
	uint8_t data[600];
	size_t len = build(data, sizeof data, 1, 0, host_aaaa(), &o);

	assert_true(hand_over(&from, data, len));
	assert_true(reply.len <= len);
}

static void
leases_are_granted_within_limits(void **state)
{
	ask(5000, host_aaaa(), LLQ_SETUP, 0, 1);
	assert_int_equal(answer.lease, 900);
	ask(5000, host_aaaa(), LLQ_SETUP, 0, 0xffffffff);
	assert_int_equal(answer.lease, 7200);
	ask(5000, host_aaaa(), LLQ_SETUP, 0, 0);
	assert_int_equal(answer.lease, 900);
}

static void
set_up_again_replaces(void **state)
{
	uint64_t first = set_up(5000, host_aaaa(), 7200), second;

	now_ms += 200000; /* so that the challenge is another one */
	second = set_up(5000, host_aaaa(), 3600);
	assert_true(first != second);
	assert_int_equal(llqs_count(llqs), 1);
	ask(5000, host_aaaa(), LLQ_REFRESH, first, 7200);
	assert_int_equal(answer.error, LLQ_NO_SUCH_LLQ);
	ask(5000, host_aaaa(), LLQ_REFRESH, second, 7200);
	assert_int_equal(answer.error, LLQ_NO_ERROR);
}

/* ---- what is refused ---- */

static void
malformed(void **state)
{
	static const struct {
		struct llq_option o;
		uint16_t type;
		int error;
	} cases[] = {
	    {{.version = 2, .opcode = LLQ_SETUP}, TYPE_AAAA, LLQ_BAD_VERS},
	    {{.version = 0, .opcode = LLQ_SETUP}, TYPE_AAAA, LLQ_BAD_VERS},
	    {{.version = 1, .opcode = 0}, TYPE_AAAA, LLQ_FORMAT_ERR},
	    {{.version = 1, .opcode = LLQ_EVENT}, TYPE_AAAA, LLQ_FORMAT_ERR},
	    {{.version = 1, .opcode = 4}, TYPE_AAAA, LLQ_FORMAT_ERR},
	    {{.version = 1, .opcode = LLQ_SETUP}, TYPE_ANY, LLQ_FORMAT_ERR},
	    {{.version = 1, .opcode = LLQ_SETUP}, TYPE_TSIG, LLQ_FORMAT_ERR},
	    {{.version = 1, .opcode = LLQ_REFRESH, .id = 5, .lease = 7200}, TYPE_AAAA,
		LLQ_NO_SUCH_LLQ},
	    {{.version = 1, .opcode = LLQ_REFRESH, .id = 0, .lease = 0}, TYPE_AAAA,
		LLQ_NO_SUCH_LLQ},
	};
	struct requester from = from_port(5000);
	uint8_t data[600];

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct question q = question_of("h.z.example", cases[i].type);
		size_t len = build(data, sizeof data, 9, 0, &q, &cases[i].o);

		assert_true(hand_over(&from, data, len));
		assert_int_equal(reply.rcode, RCODE_NOERROR);
		assert_int_equal(llq_get(&reply, &answer), 1);
		assert_int_equal(answer.version, LLQ_VERSION);
		assert_int_equal(answer.opcode, cases[i].o.opcode);
		assert_int_equal(answer.error, cases[i].error);
	}
	assert_int_equal(llqs_count(llqs), 0);
}

/* 17 octets, in an otherwise good message: FORMAT-ERR, not FORMERR. */
static void
a_short_option(void **state)
{
	struct requester from = from_port(5000);
	uint8_t data[256];
	size_t len = from_hex(VECTOR_LLQ, data, sizeof data);

	data[len - 19]--;
	data[len - 23]--;
	assert_true(hand_over(&from, data, len - 1));
	assert_int_equal(reply.rcode, RCODE_NOERROR);
	assert_int_equal(llq_get(&reply, &answer), 1);
	assert_int_equal(answer.error, LLQ_FORMAT_ERR);
}

static void
over_tcp_it_is_a_query(void **state)
{
	struct llq_option o = {.version = LLQ_VERSION, .opcode = LLQ_SETUP, .lease = 7200};
	struct requester from = from_port(5000);
	uint8_t data[600];
	size_t len = build(data, sizeof data, 1, 0, host_aaaa(), &o);

	from.transport = TRANSPORT_TCP;
	assert_true(hand_over(&from, data, len));
	assert_int_equal(llq_get(&reply, &answer), 0);
	assert_int_equal(reply.count, 2);
}

/* 200 from one address, 300 in all. */
static void
full(void **state)
{
	struct llq_option o = {.version = LLQ_VERSION, .opcode = LLQ_SETUP, .lease = 7200};
	struct requester from;
	uint8_t data[600];

	for (unsigned i = 0; i < 200; i++)
		set_up((uint16_t)(2000 + i), host_aaaa(), 7200);
	ask(3000, host_aaaa(), LLQ_SETUP, 0, 7200);
	assert_int_equal(answer.error, LLQ_SERV_FULL);
	assert_int_equal(answer.id, 0);
	assert_true(answer.lease > 0); /* when to try again */
	for (unsigned i = 0; i < 102; i++) {
		from = from_port(2000);
		from.from.in.sin_addr.s_addr = htonl(0xc6336400 + i);
		hand_over(&from, data, build(data, sizeof data, 1, 0, host_aaaa(), &o));
		assert_int_equal(llq_get(&reply, &answer), 1);
		assert_int_equal(answer.error, i < 100 ? LLQ_NO_ERROR : LLQ_SERV_FULL);
		if (i >= 100)
			continue;
		o.id = answer.id;
		hand_over(&from, data, build(data, sizeof data, 1, 0, host_aaaa(), &o));
		o.id = 0;
	}
	assert_int_equal(llqs_count(llqs), 300);
	ask(2000, host_aaaa(), LLQ_SETUP, 0, 7200);
	assert_int_equal(answer.error, LLQ_SERV_FULL);
}

static void
what_never_changes(void **state)
{
	is_static = 1;
	ask(5000, host_aaaa(), LLQ_SETUP, 0, 7200);
	is_static = 0;
	assert_int_equal(answer.error, LLQ_STATIC);
	assert_int_equal(answer.id, 0);
	assert_int_equal(answer.lease, 0);
	assert_int_equal(reply.rr[0].type, TYPE_AAAA); /* the answer, for its TTL */
}

static void
private_zones_want_a_signature(void **state)
{
	struct llq_option o = {.version = LLQ_VERSION, .opcode = LLQ_SETUP, .lease = 7200};
	struct requester from = from_port(5000);
	struct tsig_context ctx = {0};
	struct tsig_signer key;
	uint8_t data[600];
	struct buf b;

	bed.zone->is_private = 1;
	assert_true(hand_over(&from, data, build(data, sizeof data, 1, 0, host_aaaa(), &o)));
	assert_int_equal(reply.rcode, RCODE_REFUSED);
	assert_int_equal(llq_get(&reply, &answer), 0);
	assert_int_equal(
	    tsig_signer_init(&key, VECTOR_KEY, TSIG_HMAC_SHA256, vector_secret(), 32), 0);
	for (int step = 0; step < 2; step++) {
		b = buf_writer(data, sizeof data);
		b.pos = build(data, sizeof data, 1, 0, host_aaaa(), &o);
		assert_int_equal(tsig_sign(&ctx, &key, &b, VECTOR_TIME), 0);
		assert_true(hand_over(&from, data, b.pos));
		assert_int_equal(tsig_verify(&ctx, &reply, VECTOR_TIME, NULL), TSIG_OK);
		tsig_forget(&ctx);
		assert_int_equal(llq_get(&reply, &answer), 1);
		assert_int_equal(answer.error, LLQ_NO_ERROR);
		o.id = answer.id;
	}
	assert_int_equal(llqs_count(llqs), 1);
	/* who is not ours cannot even end it */
	o = (struct llq_option) {.version = 1, .opcode = LLQ_REFRESH, .id = o.id, .lease = 0};
	assert_true(hand_over(&from, data, build(data, sizeof data, 1, 0, host_aaaa(), &o)));
	assert_int_equal(reply.rcode, RCODE_REFUSED);
	assert_int_equal(llqs_count(llqs), 1);
}

/* ---- events ---- */

static void
changes_are_told(void **state)
{
	uint64_t id = set_up(5000, host_aaaa(), 7200);

	change("+other.z.example. 60 IN AAAA fd00::9");
	change("+h.z.example. 60 IN TXT \"not asked for\"");
	assert_int_equal(sent_count, 0);
	bed_change(&bed, "+h.z.example. 60 IN AAAA fd00::2");
	bed_change(&bed, "-h.z.example. 60 IN AAAA fd00::1");
	bed_commit(&bed, now_ms);
	assert_int_equal(sent_count, 1);
	assert_string_equal(says(&sent[0]), "-AAAA +AAAA ");
	assert_int_equal(ntohs(sent[0].to.from.in.sin_port), 5000);
	acknowledge(&sent[0]);
	pass(20000);
	assert_int_equal(sent_count, 1);
	change("-h.z.example. 60 IN AAAA fd00::2");
	assert_int_equal(sent_count, 2);
	assert_string_equal(says(&sent[1]), "-AAAA ");
	acknowledge_from(&sent[1], 5000, 0);
	assert_int_equal(llqs_stats(llqs)->acknowledged, 2);
	ask(5000, host_aaaa(), LLQ_REFRESH, id, 0);
	assert_int_equal(answer.lease, 0);
	assert_int_equal(llqs_count(llqs), 0);
	change("+h.z.example. 60 IN AAAA fd00::3");
	assert_int_equal(sent_count, 2);
}

static void
repeated_then_given_up(void **state)
{
	set_up(5000, host_aaaa(), 7200);
	pass(0);
	change("+h.z.example. 60 IN AAAA fd00::2");
	assert_int_equal(sent_count, 1);
	assert_true(llqs_due(llqs) == now_ms + 2000);
	pass(1999);
	assert_int_equal(sent_count, 1);
	pass(1);
	assert_int_equal(sent_count, 2);
	pass(3999);
	assert_int_equal(sent_count, 2);
	pass(1);
	assert_int_equal(sent_count, 3);
	assert_memory_equal(sent[0].data, sent[2].data, sent[0].len);
	pass(7999);
	assert_int_equal(llqs_count(llqs), 1);
	pass(1);
	assert_int_equal(llqs_count(llqs), 0);
	assert_int_equal(sent_count, 3);
	assert_int_equal(llqs_stats(llqs)->lost, 1);
	acknowledge(&sent[2]); /* too late, and no harm */
}

static void
acknowledgements_must_fit(void **state)
{
	struct sent wrong;

	set_up(5000, host_aaaa(), 7200);
	change("+h.z.example. 60 IN AAAA fd00::2");
	acknowledge_from(&sent[0], 5001, 1); /* from elsewhere */
	wrong = sent[0];
	wrong.data[0] ^= 1; /* another message */
	acknowledge(&wrong);
	wrong = sent[0];
	wrong.data[wrong.len - 12] ^= 1; /* another LLQ */
	acknowledge(&wrong);
	assert_int_equal(llqs_stats(llqs)->acknowledged, 0);
	pass(2000);
	assert_int_equal(sent_count, 2);
	acknowledge(&sent[1]);
	acknowledge(&sent[0]); /* twice */
	assert_int_equal(llqs_stats(llqs)->acknowledged, 1);
	pass(20000);
	assert_int_equal(sent_count, 2);
}

/* While one event is under way others are merged into the next. */
static void
one_at_a_time(void **state)
{
	set_up(5000, host_aaaa(), 7200);
	change("+h.z.example. 60 IN AAAA fd00::2");
	change("+h.z.example. 60 IN AAAA fd00::3");
	change("-h.z.example. 60 IN AAAA fd00::1");
	change("+h.z.example. 60 IN AAAA fd00::4");
	change("-h.z.example. 60 IN AAAA fd00::4");
	assert_int_equal(sent_count, 1);
	acknowledge(&sent[0]);
	assert_true(llqs_due(llqs) <= now_ms);
	pass(0);
	assert_int_equal(sent_count, 2);
	assert_string_equal(says(&sent[1]), "-AAAA +AAAA ");
	acknowledge(&sent[1]);
	pass(0);
	assert_int_equal(sent_count, 2);
}

/* Two who fell behind at the same moment and catch up at different ones. */
static void
each_catches_up_to_now(void **state)
{
	set_up(5000, host_aaaa(), 7200);
	set_up(5001, host_aaaa(), 7200);
	change("+h.z.example. 60 IN AAAA fd00::2");
	change("+h.z.example. 60 IN AAAA fd00::3");
	acknowledge(&sent[0]);
	pass(0);
	assert_int_equal(sent_count, 3);
	assert_string_equal(says(&sent[2]), "+AAAA ");
	change("-h.z.example. 60 IN AAAA fd00::1");
	acknowledge(&sent[1]);
	pass(0);
	assert_int_equal(sent_count, 4);
	assert_string_equal(says(&sent[3]), "-AAAA +AAAA ");
	acknowledge(&sent[2]);
	pass(0);
	assert_int_equal(sent_count, 5);
	assert_string_equal(says(&sent[4]), "-AAAA ");
}

static void
what_cancels_out_is_not_told(void **state)
{
	set_up(5000, host_aaaa(), 7200);
	change("+h.z.example. 60 IN AAAA fd00::2");
	change("-h.z.example. 60 IN AAAA fd00::1");
	change("+h.z.example. 60 IN AAAA fd00::1");
	acknowledge(&sent[0]);
	pass(0);
	assert_int_equal(sent_count, 1);
}

/* More than a packet: as many as fit, the rest one packet after the other. */
static void
large_sets(void **state)
{
	struct question q = question_of("h.z.example", TYPE_TXT);
	char line[200], fill[101];
	unsigned told = 0;

	memset(fill, 'x', 100);
	fill[100] = '\0';
	for (int i = 0; i < 40; i++) {
		snprintf(line, sizeof line, "+h.z.example. 60 IN TXT \"%d\" \"%s\"", i, fill);
		bed_change(&bed, line);
	}
	bed_commit(&bed, now_ms);
	set_up(5000, &q, 7200);
	told = reply.count - 1u;
	assert_true(told > 5 && told < 40);
	assert_int_equal(sent_count, 0); /* not before the reply */
	for (size_t i = 0; i < 10; i++) {
		pass(0);
		if (sent_count == i)
			break;
		for (const char *at = says(&sent[i]); (at = strstr(at, "+TXT")) != NULL; at++)
			told++;
		acknowledge(&sent[i]);
	}
	assert_int_equal(told, 40);
	/* and all of them away */
	sent_count = 0;
	for (int i = 0; i < 40; i++) {
		snprintf(line, sizeof line, "-h.z.example. 60 IN TXT \"%d\" \"%s\"", i, fill);
		bed_change(&bed, line);
	}
	bed_commit(&bed, now_ms);
	for (size_t i = 0; i < 10 && sent_count > i; i++) {
		for (const char *at = says(&sent[i]); (at = strstr(at, "-TXT")) != NULL; at++)
			told--;
		acknowledge(&sent[i]);
		pass(0);
	}
	assert_int_equal(told, 0);
}

/* ---- leases ---- */

static void
leases_end(void **state)
{
	uint64_t id = set_up(5000, host_aaaa(), 900), other;

	pass(899000);
	ask(5000, host_aaaa(), LLQ_REFRESH, id, 900);
	assert_int_equal(answer.lease, 900);
	assert_int_equal(reply.count, 1); /* no answers */
	pass(899000);
	change("+h.z.example. 60 IN AAAA fd00::2");
	assert_int_equal(sent_count, 1);
	acknowledge(&sent[0]);
	pass(1000);
	change("+h.z.example. 60 IN AAAA fd00::3"); /* nothing after the end */
	assert_int_equal(sent_count, 1);
	assert_int_equal(llqs_count(llqs), 0);
	ask(5000, host_aaaa(), LLQ_REFRESH, id, 900);
	assert_int_equal(answer.error, LLQ_NO_SUCH_LLQ);
	/* and without any change they are swept away soon */
	other = set_up(5000, host_aaaa(), 900);
	assert_true(other != 0);
	now_ms += 901000;
	for (int i = 0; i < 13; i++)
		pass(5000);
	assert_int_equal(llqs_count(llqs), 0);
	assert_int_equal(llqs_stats(llqs)->expired, 2);
}

static void
refresh_only_by_whom_it_belongs_to(void **state)
{
	struct question other = question_of("h.z.example", TYPE_TXT);
	uint64_t id = set_up(5000, host_aaaa(), 7200);

	ask(5001, host_aaaa(), LLQ_REFRESH, id, 0);
	assert_int_equal(answer.error, LLQ_NO_SUCH_LLQ);
	assert_true(answer.id == id);
	ask(5000, &other, LLQ_REFRESH, id, 0);
	assert_int_equal(answer.error, LLQ_NO_SUCH_LLQ);
	assert_int_equal(llqs_count(llqs), 1);
}

static void
a_zone_that_goes(void **state)
{
	struct question other = question_of("x.z.example", TYPE_TXT);

	set_up(5000, host_aaaa(), 7200);
	set_up(5000, &other, 7200);
	change("+h.z.example. 60 IN AAAA fd00::2"); /* with an event under way */
	follow_zone_gone(bed.follow, bed.zone);
	assert_int_equal(llqs_count(llqs), 0);
	pass(20000);
	assert_int_equal(sent_count, 1);
}

/* ---- who loses packets ---- */

static uint8_t known[16];

static void
learn(const struct message *m)
{
	size_t pos = 0;
	const struct rr *rr;
	uint8_t addr[16];

	while ((rr = message_next(m, &pos, SECTION_ANSWER, NULL, TYPE_AAAA)) != NULL) {
		assert_int_equal(rr_aaaa(m, rr, addr), 0);
		known[addr[15]] = rr->ttl != LLQ_TTL_REMOVE;
	}
}

static void
lost_packets_lose_nothing(void **state)
{
	static struct message event;
	uint32_t seed = 3;
	size_t seen = 0;
	char line[80];
	uint8_t stands[16] = {0, 1};

	set_up(5000, host_aaaa(), 7200);
	learn(&reply);
	for (int i = 0; i < 4000; i++) {
		unsigned which;

		seed = seed * 1664525u + 1013904223u;
		which = 1 + (seed >> 8) % 15;
		snprintf(line, sizeof line, "%ch.z.example. 60 IN AAAA fd00::%x",
		    stands[which] ? '-' : '+', which);
		stands[which] ^= 1;
		change(line);
		pass(300);
		for (; seen < sent_count; seen++) {
			const struct sent *s = &sent[seen % SENT_MAX];

			seed = seed * 1664525u + 1013904223u;
			if (seed >> 30 == 0) /* the event is lost */
				continue;
			assert_int_equal(message_parse(&event, s->data, s->len), 0);
			learn(&event);
			if (seed >> 28 != 15) /* or else its acknowledgement */
				acknowledge(s);
		}
		if (llqs_count(llqs) == 0 ||
		    i % 1000 == 999) { /* anew, and what is under way no longer counts */
			set_up(5000, host_aaaa(), 7200);
			memset(known, 0, sizeof known);
			learn(&reply);
			seen = sent_count;
		}
	}
	for (int i = 0; i < 20; i++) {
		pass(2000);
		for (; seen < sent_count; seen++) {
			assert_int_equal(message_parse(&event, sent[seen % SENT_MAX].data,
					     sent[seen % SENT_MAX].len),
			    0);
			learn(&event);
			acknowledge(&sent[seen % SENT_MAX]);
		}
	}
	assert_int_equal(llqs_count(llqs), 1);
	assert_memory_equal(known, stands, sizeof known);
	assert_true(llqs_stats(llqs)->repeated > 100);
	assert_true(llqs_stats(llqs)->events < 4000); /* some were merged */
}

/* Ten thousand of one name: each is told once. */
static void
many_of_one_name(void **state)
{
	static const struct llqs_config config = {.lease_min_sec = 900,
	    .lease_max_sec = 7200,
	    .max = 20000,
	    .max_from = 20000,
	    .send = on_send};

	llqs_free(llqs);
	follow_free(bed.follow);
	bed.follow = follow_new();
	llqs = llqs_new(bed.follow, &config);
	for (unsigned i = 0; i < 10000; i++)
		set_up((uint16_t)(2000 + i), host_aaaa(), 7200);
	assert_int_equal(follow_topics(bed.follow), 1);
	change("+h.z.example. 60 IN AAAA fd00::2");
	/* not all at once: queries and updates get their turns between */
	assert_true(sent_count > 0 && sent_count < 5000);
	for (int turns = 0; llqs_due(llqs) <= now_ms && turns < 30; turns++)
		pass(0);
	assert_int_equal(sent_count, 10000);
	for (int i = 0; i < 16; i++) {
		pass(1000);
		for (int turns = 0; llqs_due(llqs) <= now_ms && turns < 30; turns++)
			pass(0);
	}
	assert_int_equal(sent_count, 30000);
	assert_int_equal(llqs_count(llqs), 0);
	assert_int_equal(follow_topics(bed.follow), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(handshake, begin, end),
	    cmocka_unit_test_setup_teardown(challenges_are_for_one, begin, end),
	    cmocka_unit_test_setup_teardown(half_open_ones_cost_nothing, begin, end),
	    cmocka_unit_test_setup_teardown(nobody_is_flooded, begin, end),
	    cmocka_unit_test_setup_teardown(leases_are_granted_within_limits, begin, end),
	    cmocka_unit_test_setup_teardown(set_up_again_replaces, begin, end),
	    cmocka_unit_test_setup_teardown(malformed, begin, end),
	    cmocka_unit_test_setup_teardown(a_short_option, begin, end),
	    cmocka_unit_test_setup_teardown(over_tcp_it_is_a_query, begin, end),
	    cmocka_unit_test_setup_teardown(full, begin, end),
	    cmocka_unit_test_setup_teardown(what_never_changes, begin, end),
	    cmocka_unit_test_setup_teardown(private_zones_want_a_signature, begin, end),
	    cmocka_unit_test_setup_teardown(changes_are_told, begin, end),
	    cmocka_unit_test_setup_teardown(repeated_then_given_up, begin, end),
	    cmocka_unit_test_setup_teardown(acknowledgements_must_fit, begin, end),
	    cmocka_unit_test_setup_teardown(one_at_a_time, begin, end),
	    cmocka_unit_test_setup_teardown(each_catches_up_to_now, begin, end),
	    cmocka_unit_test_setup_teardown(what_cancels_out_is_not_told, begin, end),
	    cmocka_unit_test_setup_teardown(large_sets, begin, end),
	    cmocka_unit_test_setup_teardown(leases_end, begin, end),
	    cmocka_unit_test_setup_teardown(refresh_only_by_whom_it_belongs_to, begin, end),
	    cmocka_unit_test_setup_teardown(a_zone_that_goes, begin, end),
	    cmocka_unit_test_setup_teardown(lost_packets_lose_nothing, begin, end),
	    cmocka_unit_test_setup_teardown(many_of_one_name, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
