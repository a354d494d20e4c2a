/* Long-lived queries: the vector to the octet, events, the room for the option. */
#include "wire_test.h"

#include "dnsupdate/wire/llq.h"

static struct message m;
static uint8_t data[4096];

static const struct question *
vector_question(void)
{
	static struct question q = {.type = TYPE_SRV, .class = CLASS_IN};

	q.name = name_of("_autotunnel._udp.h.z.example");
	return &q;
}

static void
same_option(const struct llq_option *a, const struct llq_option *b)
{
	assert_int_equal(a->version, b->version);
	assert_int_equal(a->opcode, b->opcode);
	assert_int_equal(a->error, b->error);
	assert_int_equal(a->id, b->id);
	assert_int_equal(a->lease, b->lease);
}

static void
reads_the_vector(void **state)
{
	struct llq_option o;

	assert_int_equal(message_parse(&m, data, from_hex(VECTOR_LLQ, data, sizeof(data))), 0);
	assert_int_equal(llq_get(&m, &o), 1);
	assert_int_equal(o.version, LLQ_VERSION);
	assert_int_equal(o.opcode, LLQ_SETUP);
	assert_int_equal(o.error, LLQ_NO_ERROR);
	assert_int_equal(o.id, 0);
	assert_int_equal(o.lease, 7200);
	assert_true(name_equal(&m.question.name, &vector_question()->name));
}

/* The same octets but for the payload size, where we speak EDNS and the vector does not. */
static void
writes_the_vector(void **state)
{
	static const struct llq_option o = {LLQ_VERSION, LLQ_SETUP, 0, 0, 7200};
	uint8_t vector[256] = {0}, room[256];
	size_t len = from_hex(VECTOR_LLQ, vector, sizeof(vector));
	struct llq_writer w;

	llq_begin(&w, room, sizeof(room), 0xbeef, 0, vector_question());
	assert_int_equal(llq_end(&w, &o), len);
	vector[len - 30] = MESSAGE_UDP_MAX >> 8;
	vector[len - 29] = MESSAGE_UDP_MAX & 0xff;
	assert_memory_equal(room, vector, len);
}

/* An event: what went, what came; the TTL of a removal is read whole. */
static void
events(void **state)
{
	static const struct llq_option o = {LLQ_VERSION, LLQ_EVENT, 0, 0x0123456789abcdef, 0};
	struct srv srv = {0, 1, 4500, name_of("at.h.z.example")}, got;
	struct llq_writer w;
	struct llq_option back;
	struct rdata rd;
	size_t pos = 0;
	const struct rr *rr;

	rdata_srv(&rd, &srv);
	llq_begin(&w, data, MESSAGE_UDP_MAX, 7, FLAG_QR | FLAG_AA, vector_question());
	assert_int_equal(llq_add(&w, &vector_question()->name, LLQ_TTL_REMOVE, &rd), 0);
	srv.port = 4501;
	rdata_srv(&rd, &srv);
	assert_int_equal(llq_add(&w, &vector_question()->name, 60, &rd), 0);
	assert_int_equal(message_parse(&m, data, llq_end(&w, &o)), 0);
	assert_int_equal(llq_get(&m, &back), 1);
	same_option(&back, &o);
	rr = message_next(&m, &pos, SECTION_ANSWER, &vector_question()->name, TYPE_SRV);
	assert_non_null(rr);
	assert_int_equal(rr->ttl, LLQ_TTL_REMOVE);
	rr = message_next(&m, &pos, SECTION_ANSWER, &vector_question()->name, TYPE_SRV);
	assert_non_null(rr);
	assert_int_equal(rr->ttl, 60);
	assert_int_equal(rr_srv(&m, rr, &got), 0);
	assert_int_equal(got.port, 4501);
	assert_true(name_equal(&got.target, &srv.target));
}

/* Whatever the room: what fits is a whole message, and the option is always there. */
static void
the_option_always_fits(void **state)
{
	static const struct llq_option o = {LLQ_VERSION, LLQ_SETUP, 0, 5, 900};
	static const char *const text[] = {"v=1", "e=7"};
	struct llq_option back;
	struct llq_writer w;
	struct rdata rd;
	unsigned largest = 0;

	rdata_txt(&rd, text, COUNT(text));
	for (size_t size = 0; size < 512; size++) {
		unsigned added = 0;
		size_t len;

		llq_begin(&w, data, size, 7, FLAG_QR, vector_question());
		while (llq_add(&w, &vector_question()->name, 60, &rd) == 0)
			added++;
		len = llq_end(&w, &o);
		assert_true(len <= size);
		assert_true(len > 0 || size < 12 + 30 + 4 + 33);
		if (len == 0)
			continue;
		assert_int_equal(message_parse(&m, data, len), 0);
		assert_int_equal(m.count, added + 1);
		assert_int_equal(llq_get(&m, &back), 1);
		same_option(&back, &o);
		assert_true(added >= largest);
		largest = added;
	}
	assert_true(largest > 15);
}

static void
malformed(void **state)
{
	uint8_t *at;
	struct llq_option o;
	size_t len = from_hex(VECTOR_LLQ, data, sizeof(data));

	/* 17 octets: shorten the option and the record */
	at = data + len - LLQ_OPTION_LEN - 1;
	*at = LLQ_OPTION_LEN - 1;
	data[len - LLQ_OPTION_LEN - 5]--;
	assert_int_equal(message_parse(&m, data, len - 1), 0);
	assert_int_equal(llq_get(&m, &o), -1);
	/* two of them */
	len = from_hex(VECTOR_LLQ, data, sizeof(data));
	memcpy(data + len, data + len - LLQ_OPTION_LEN - 4, LLQ_OPTION_LEN + 4);
	data[len - LLQ_OPTION_LEN - 5] += LLQ_OPTION_LEN + 4;
	assert_int_equal(message_parse(&m, data, len + LLQ_OPTION_LEN + 4), 0);
	assert_int_equal(llq_get(&m, &o), -1);
	/* none */
	assert_int_equal(message_parse(&m, data, from_hex(VECTOR_UPDATE, data, sizeof(data))), 0);
	assert_int_equal(llq_get(&m, &o), 0);
}

static void
errors_have_names(void **state)
{
	assert_string_equal(llq_error_text(LLQ_STATIC), "STATIC");
	assert_string_equal(llq_error_text(LLQ_UNKNOWN_ERR), "UNKNOWN-ERR");
	assert_string_equal(llq_error_text(7), "LLQ-ERROR");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(reads_the_vector),
	    cmocka_unit_test(writes_the_vector),
	    cmocka_unit_test(events),
	    cmocka_unit_test(the_option_always_fits),
	    cmocka_unit_test(malformed),
	    cmocka_unit_test(errors_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
