/* The rules of DSO sessions, one by one, and their clocks. */
#include "wire_test.h"

#include "dnsupdate/server/limits.h"
#include "dnsupdate/server/live/session.h"

#define ID "0001"
#define REQUEST                                                                                    \
	"3000"                                                                                     \
	"0000000000000000"
#define RESPONSE                                                                                   \
	"b000"                                                                                     \
	"0000000000000000"
#define KEEPALIVE                                                                                  \
	"0001"                                                                                     \
	"0008"                                                                                     \
	"00003a98"                                                                                 \
	"000493e0" /* 15 s, 300 s */
#define SUBSCRIBE                                                                                  \
	"0040"                                                                                     \
	"0011"                                                                                     \
	"0168017a076578616d706c6500"                                                               \
	"001c"                                                                                     \
	"0001"
#define UNSUBSCRIBE                                                                                \
	"0042"                                                                                     \
	"0002"                                                                                     \
	"0002"
#define PADDING                                                                                    \
	"0003"                                                                                     \
	"0004"                                                                                     \
	"00000000"

static struct session s;
static struct session_event event;
static uint8_t reply[SESSION_REPLY_MAX];
static struct buf b;

static enum session_what
hear_at(const char *hex, uint64_t now)
{
	uint8_t data[512];
	size_t len = from_hex(hex, data, sizeof(data));

	b = buf_writer(reply, sizeof(reply));
	return session_message(&s, data, len, 1, now, &b, &event);
}

static enum session_what
hear(const char *hex)
{
	return hear_at(hex, 1000);
}

static void
begin_session(void)
{
	session_init(&s, 1000);
	assert_int_equal(hear(ID REQUEST KEEPALIVE), SESSION_REPLY);
	assert_true(s.established);
}

/* The rcode of the reply, which is to this id. */
static unsigned
replied(uint16_t id)
{
	struct dso_message m;

	assert_int_equal(dso_parse(&m, reply, b.pos), 0);
	assert_int_equal(m.kind, DSO_RESPONSE);
	assert_int_equal(m.id, id);
	return m.rcode;
}

static const struct {
	const char *what;
	const char *hex;
	enum session_what before; /* the session is established, and then */
	enum session_what after;
	int rcode;
} rules[] = {
    {"keepalive", ID REQUEST KEEPALIVE, SESSION_REPLY, SESSION_REPLY, 0},
    {"keepalive, padded", ID REQUEST KEEPALIVE PADDING, SESSION_REPLY, SESSION_REPLY, 0},
    {"keepalive of 4",
	ID REQUEST "0001"
		   "0004"
		   "00003a98",
	SESSION_REPLY, SESSION_REPLY, 1},
    {"keepalive without id", "0000" REQUEST KEEPALIVE, SESSION_ABORT, SESSION_ABORT, 0},
    {"keepalive response", ID RESPONSE KEEPALIVE, SESSION_ABORT, SESSION_ABORT, 0},
    {"response without id", "0000" RESPONSE KEEPALIVE, SESSION_ABORT, SESSION_ABORT, 0},
    {"retry delay",
	"0000" REQUEST "0002"
	"0004"
	"0000ea60",
	SESSION_ABORT, SESSION_ABORT, 0},
    {"retry delay as request",
	ID REQUEST "0002"
		   "0004"
		   "0000ea60",
	SESSION_ABORT, SESSION_ABORT, 0},
    {"nothing in a request", ID REQUEST, SESSION_REPLY, SESSION_REPLY, 1},
    {"nothing in a message", "0000" REQUEST, SESSION_ABORT, SESSION_ABORT, 0},
    {"a count",
	ID "3000"
	   "0001000000000000" KEEPALIVE,
	SESSION_REPLY, SESSION_REPLY, 1},
    {"a count, no request",
	"0000"
	"3000"
	"0001000000000000" UNSUBSCRIBE,
	SESSION_ABORT, SESSION_ABORT, 0},
    {"TLV cut",
	ID REQUEST "0001"
		   "0008"
		   "00003a98",
	SESSION_REPLY, SESSION_REPLY, 1},
    {"TLV cut, no request",
	"0000" REQUEST "0042"
	"0002"
	"00",
	SESSION_ABORT, SESSION_ABORT, 0},
    {"unknown request",
	ID REQUEST "f800"
		   "0000",
	SESSION_REPLY, SESSION_REPLY, 11},
    {"unknown message",
	"0000" REQUEST "f800"
	"0000",
	SESSION_ABORT, SESSION_ABORT, 0},
    {"padding as request", ID REQUEST PADDING, SESSION_REPLY, SESSION_REPLY, 11},
    {"unknown behind keepalive",
	ID REQUEST KEEPALIVE "f800"
			     "0000",
	SESSION_REPLY, SESSION_REPLY, 0},
    {"subscribe", ID REQUEST SUBSCRIBE, SESSION_SUBSCRIBE, SESSION_SUBSCRIBE, 0},
    {"subscribe without id", "0000" REQUEST SUBSCRIBE, SESSION_ABORT, SESSION_ABORT, 0},
    {"subscribe cut",
	ID REQUEST "0040"
		   "0003"
		   "016800",
	SESSION_REPLY, SESSION_REPLY, 1},
    {"subscribe with more",
	ID REQUEST "0040"
		   "0006"
		   "00"
		   "001c"
		   "0001"
		   "00",
	SESSION_REPLY, SESSION_REPLY, 1},
    {"unsubscribe", "0000" REQUEST UNSUBSCRIBE, SESSION_ABORT, SESSION_UNSUBSCRIBE, 0},
    {"unsubscribe of 3",
	"0000" REQUEST "0042"
	"0003"
	"000200",
	SESSION_ABORT, SESSION_ABORT, 0},
    {"unsubscribe with id", ID REQUEST UNSUBSCRIBE, SESSION_ABORT, SESSION_ABORT, 0},
    {"push",
	"0000" REQUEST "0041"
	"0000",
	SESSION_ABORT, SESSION_ABORT, 0},
    {"push as request",
	ID REQUEST "0041"
		   "0000",
	SESSION_ABORT, SESSION_ABORT, 0},
    {"reconfirm",
	"0000" REQUEST "0043"
	"0009"
	"00"
	"0001"
	"0001"
	"c0000201",
	SESSION_ABORT, SESSION_RECONFIRM, 0},
    {"reconfirm of 3",
	"0000" REQUEST "0043"
	"0008"
	"00"
	"0001"
	"0001"
	"c00002",
	SESSION_ABORT, SESSION_ABORT, 0},
    {"reconfirm with id",
	ID REQUEST "0043"
		   "0009"
		   "00"
		   "0001"
		   "0001"
		   "c0000201",
	SESSION_ABORT, SESSION_ABORT, 0},
};

static void
keeps_the_rules(void **state)
{
	for (size_t i = 0; i < COUNT(rules); i++) {
		session_init(&s, 1000);
		if (hear(rules[i].hex) != rules[i].before)
			fail_msg("%s, before", rules[i].what);
		begin_session();
		if (hear(rules[i].hex) != rules[i].after)
			fail_msg("%s", rules[i].what);
		if (rules[i].after == SESSION_REPLY && replied(1) != (unsigned)rules[i].rcode)
			fail_msg("%s: rcode", rules[i].what);
	}
}

/* What fails begins no session: unidirectional messages are still fatal after it. */
static void
errors_begin_nothing(void **state)
{
	session_init(&s, 1000);
	assert_int_equal(hear(ID REQUEST "f800"
					 "0000"),
	    SESSION_REPLY);
	assert_false(s.established);
	assert_int_equal(hear(ID REQUEST SUBSCRIBE), SESSION_SUBSCRIBE);
	b = buf_writer(reply, sizeof(reply));
	assert_int_equal(session_answer(&s, &event, RCODE_REFUSED, &b), 0);
	assert_false(s.established);
	assert_int_equal(hear("0000" REQUEST UNSUBSCRIBE), SESSION_ABORT);
}

static void
subscribing_begins_it(void **state)
{
	struct dso_timeouts t;
	struct dso_message m;
	struct dso_tlv tlv;

	session_init(&s, 1000);
	assert_int_equal(hear("0005" REQUEST SUBSCRIBE PADDING), SESSION_SUBSCRIBE);
	assert_int_equal(event.id, 5);
	assert_int_equal(event.question.type, TYPE_AAAA);
	b = buf_writer(reply, sizeof(reply));
	assert_int_equal(session_answer(&s, &event, RCODE_NOERROR, &b), 1);
	assert_int_equal(replied(5), RCODE_NOERROR);
	assert_int_equal(b.pos, 468); /* padded, since the question was */
	assert_true(s.established);
	/* he has asked for no timeouts, so he is told them */
	b = buf_writer(reply, sizeof(reply));
	session_timeouts(&s, &b);
	assert_int_equal(dso_parse(&m, reply, b.pos), 0);
	assert_int_equal(m.kind, DSO_UNIDIRECTIONAL);
	assert_int_equal(dso_find(&m, 0, DSO_KEEPALIVE, &tlv), 1);
	assert_int_equal(dso_get_keepalive(&tlv, &t), 0);
	assert_int_equal(t.keepalive_ms, LIMIT_DSO_KEEPALIVE_MS);
	b = buf_writer(reply, sizeof(reply));
	assert_int_equal(session_answer(&s, &event, RCODE_NOERROR, &b), 0); /* only once */
}

static void
not_without_tls(void **state)
{
	uint8_t data[128];
	size_t len = from_hex(ID REQUEST SUBSCRIBE, data, sizeof(data));

	session_init(&s, 1000);
	b = buf_writer(reply, sizeof(reply));
	assert_int_equal(session_message(&s, data, len, 0, 1000, &b, &event), SESSION_REPLY);
	assert_int_equal(replied(1), RCODE_DSOTYPENI);
}

static void
errors_say_when_to_come_back(void **state)
{
	static const struct {
		unsigned rcode;
		uint32_t sec;
	} cases[] = {{RCODE_FORMERR, 300}, {RCODE_SERVFAIL, 60}, {RCODE_NOTIMP, 3600},
	    {RCODE_REFUSED, 300}, {RCODE_NOTAUTH, 300}, {RCODE_DSOTYPENI, 3600}};
	struct dso_message m;
	struct dso_tlv tlv;
	uint32_t ms;

	for (size_t i = 0; i < COUNT(cases); i++) {
		begin_session();
		hear(ID REQUEST SUBSCRIBE);
		b = buf_writer(reply, sizeof(reply));
		session_answer(&s, &event, cases[i].rcode, &b);
		assert_int_equal(replied(1), cases[i].rcode);
		assert_int_equal(dso_parse(&m, reply, b.pos), 0);
		assert_int_equal(dso_find(&m, 0, DSO_RETRY_DELAY, &tlv), 1);
		assert_int_equal(dso_get_retry_delay(&tlv, &ms), 0);
		assert_int_equal(ms, cases[i].sec * 1000);
	}
	b = buf_writer(reply, sizeof(reply));
	session_cancel(7, RCODE_NOTAUTH, &b);
	assert_int_equal(replied(7), RCODE_NOTAUTH);
}

static void
timeouts_are_granted_within_limits(void **state)
{
	static const struct {
		const char *asked;
		struct dso_timeouts granted;
	} cases[] = {
	    {ID REQUEST "0001"
			"0008"
			"00003a98"
			"000493e0",
		{15000, 300000}},
	    {ID REQUEST "0001"
			"0008"
			"ffffffff"
			"ffffffff",
		{LIMIT_DSO_INACTIVITY_MS, LIMIT_DSO_KEEPALIVE_MS}},
	    {ID REQUEST "0001"
			"0008"
			"00000000"
			"00000000",
		{0, LIMIT_DSO_KEEPALIVE_MIN_MS}},
	    {ID REQUEST "0001"
			"0008"
			"00000000"
			"0000270f",
		{0, LIMIT_DSO_KEEPALIVE_MIN_MS}},
	};
	struct dso_timeouts t;
	struct dso_message m;
	struct dso_tlv tlv;

	for (size_t i = 0; i < COUNT(cases); i++) {
		session_init(&s, 1000);
		assert_int_equal(hear(cases[i].asked), SESSION_REPLY);
		assert_int_equal(dso_parse(&m, reply, b.pos), 0);
		assert_int_equal(dso_find(&m, 0, DSO_KEEPALIVE, &tlv), 1);
		assert_int_equal(dso_get_keepalive(&tlv, &t), 0);
		assert_int_equal(t.inactivity_ms, cases[i].granted.inactivity_ms);
		assert_int_equal(t.keepalive_ms, cases[i].granted.keepalive_ms);
		assert_true(t.keepalive_ms >= DSO_KEEPALIVE_MIN_MS);
	}
}

static void
silence_ends_it(void **state)
{
	begin_session(); /* 15 s, 300 s, at 1000 */
	assert_int_equal(session_deadline(&s, 0), 1000 + 2 * 15000);
	assert_int_equal(session_deadline(&s, 1), 1000 + 2 * 300000);
	/* a keepalive lets it live, and does not count as activity */
	hear_at("0002" REQUEST KEEPALIVE, 20000);
	assert_int_equal(session_deadline(&s, 0), 1000 + 2 * 15000);
	assert_int_equal(session_deadline(&s, 1), 20000 + 2 * 300000);
	/* anything else is activity, whichever way it goes */
	session_touch(&s, 25000);
	assert_int_equal(session_deadline(&s, 0), 25000 + 2 * 15000);
	session_touch(&s, 24000); /* never backwards */
	assert_int_equal(session_deadline(&s, 0), 25000 + 2 * 15000);
	hear_at("0000" REQUEST UNSUBSCRIBE, 26000);
	assert_int_equal(session_deadline(&s, 0), 26000 + 2 * 15000);
}

static void
at_least_five_seconds(void **state)
{
	session_init(&s, 1000);
	hear(ID REQUEST "0001"
			"0008"
			"000003e8"
			"000493e0"); /* 1 s */
	assert_int_equal(session_deadline(&s, 0), 6000);
	/* lowered when it has passed already: as long again */
	session_init(&s, 1000);
	hear_at(ID REQUEST "0001"
			   "0008"
			   "0000ea60"
			   "000493e0",
	    1000); /* 60 s */
	hear_at("0002" REQUEST "0001"
		"0008"
		"000003e8"
		"000493e0",
	    50000);
	assert_int_equal(session_deadline(&s, 0), 55000);
}

static void
after_retry_delay_nothing_counts(void **state)
{
	struct dso_message m;
	struct dso_tlv tlv;
	uint32_t ms;

	begin_session();
	b = buf_writer(reply, sizeof(reply));
	session_retry(&s, RCODE_NOERROR, 700, 9000, &b);
	assert_int_equal(dso_parse(&m, reply, b.pos), 0);
	assert_int_equal(m.kind, DSO_UNIDIRECTIONAL);
	assert_int_equal(dso_find(&m, 0, DSO_RETRY_DELAY, &tlv), 1);
	assert_int_equal(dso_get_retry_delay(&tlv, &ms), 0);
	assert_int_equal(ms, 700);
	assert_int_equal(hear_at(ID REQUEST SUBSCRIBE, 10000), SESSION_NOTHING);
	assert_int_equal(hear_at(ID REQUEST KEEPALIVE, 11000), SESSION_NOTHING);
	assert_int_equal(session_deadline(&s, 1), 14000);
}

/* The messages of another implementation, and ours to the octet. */
static void
the_vectors(void **state)
{
	static const char granted[] = "0001b000000000000000000000010008"
				      "00003a98"
				      "0036ee80"; /* as asked */
	static const char subscribed[] = "0002b0000000000000000000";
	uint8_t want[64];
	size_t len = from_hex(granted, want, sizeof(want));

	session_init(&s, 1000);
	assert_int_equal(hear(VECTOR_KEEPALIVE), SESSION_REPLY);
	assert_int_equal(b.pos, len);
	assert_memory_equal(reply, want, len);
	assert_int_equal(hear(VECTOR_SUBSCRIBE), SESSION_SUBSCRIBE);
	assert_int_equal(event.id, 2);
	b = buf_writer(reply, sizeof(reply));
	assert_int_equal(session_answer(&s, &event, RCODE_NOERROR, &b), 0);
	len = from_hex(subscribed, want, sizeof(want));
	assert_int_equal(b.pos, len);
	assert_memory_equal(reply, want, len);
	assert_int_equal(hear(VECTOR_UNSUBSCRIBE), SESSION_UNSUBSCRIBE);
	assert_int_equal(event.id, 2);
	b = buf_writer(reply, sizeof(reply));
	session_retry(&s, RCODE_NOERROR, 60000, 9000, &b);
	len = from_hex(VECTOR_RETRY_DELAY, want, sizeof(want));
	assert_int_equal(b.pos, len);
	assert_memory_equal(reply, want, len);
	/* what the server says is nothing for a client to say */
	session_init(&s, 1000);
	assert_int_equal(hear(VECTOR_RETRY_DELAY), SESSION_ABORT);
	begin_session();
	assert_int_equal(hear(VECTOR_PUSH), SESSION_ABORT);
}

static void
no_session_no_deadline(void **state)
{
	session_init(&s, 1000);
	assert_true(session_deadline(&s, 0) == UINT64_MAX);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(keeps_the_rules),
	    cmocka_unit_test(errors_begin_nothing),
	    cmocka_unit_test(subscribing_begins_it),
	    cmocka_unit_test(not_without_tls),
	    cmocka_unit_test(errors_say_when_to_come_back),
	    cmocka_unit_test(timeouts_are_granted_within_limits),
	    cmocka_unit_test(silence_ends_it),
	    cmocka_unit_test(at_least_five_seconds),
	    cmocka_unit_test(after_retry_delay_nothing_counts),
	    cmocka_unit_test(the_vectors),
	    cmocka_unit_test(no_session_no_deadline),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
