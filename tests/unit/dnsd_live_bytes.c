/* Subscriptions to the octet: the vectors of long-lived queries and push, made by another
 * implementation, go to the server, and what it says is written here by hand (RFC 8764, 8765). */
#include "dnsd_bed.h"
#include "dnsd_told.h"

#include "dnsupdate/server/server.h"
#include "dnsupdate/wire/llq.h"

#define HOST "0168017a076578616d706c6500" /* h.z.example */
#define SRV_NAME "0b5f6175746f74756e6e656c045f756470" HOST
/* our size; an option of 18 octets */
#define OPT_LLQ                                                                                    \
	"00002904d000000000"                                                                       \
	"0016"                                                                                     \
	"00010012"

static struct server server;
static struct bed bed;
static struct session session;

static int
begin(void **state)
{
	static const struct llqs_config llqs_config = {.lease_min_sec = 900,
	    .lease_max_sec = 7200,
	    .max = 10,
	    .max_from = 10,
	    .send = on_event};
	static const struct push_config push_config = {.max = 10,
	    .max_of_one = 10,
	    .send = on_push,
	    .queued = nothing_queued,
	    .abort = no_abort};

	bed_init(&bed);
	server_init(&server);
	zones_add(&server.zones, bed.zone);
	llqs = llqs_new(bed.follow, &llqs_config);
	push = push_new(bed.follow, &push_config);
	server.hooks.llq = on_llq;
	events = messages = 0;
	bed_change(&bed, "+z.example. 60 IN SOA ns.z.example. h.z.example. 1 600 120 604800 30");
	bed_change(&bed, "+_autotunnel._udp.h.z.example. 60 IN SRV 0 1 4500 at.h.z.example.");
	bed_change(&bed, "+h.z.example. 120 IN AAAA fd00:0:1::2");
	bed_commit(&bed, 1000);
	return 0;
}

static int
end(void **state)
{
	llqs_free(llqs);
	push_free(push);
	follow_free(bed.follow);
	change_list_free(&bed.changes);
	server_free(&server); /* the zone too */
	return 0;
}

/* ---- long-lived queries ---- */

static uint8_t reply[1232];
static size_t reply_len;

/* Whether there is a reply. */
static int
hand_over(const uint8_t *data, size_t len)
{
	static struct request r;

	r.from = (struct requester) {.transport = TRANSPORT_UDP};
	r.from.from.in.sin_family = AF_INET;
	r.from.from.in.sin_addr.s_addr = htonl(0xc0000207);
	r.from.from.in.sin_port = htons(5000);
	r.data = data;
	r.len = len;
	r.now_sec = VECTOR_TIME;
	r.now_ms = 1000000;
	r.reply = buf_writer(reply, sizeof reply);
	if (request_handle(&server, &r) != REQUEST_REPLY)
		return 0;
	reply_len = r.reply.pos;
	return 1;
}

/* got is this, but for `skip` octets from `at` on. */
static void
same_but(const uint8_t *got, size_t len, const char *hex, size_t at, size_t skip)
{
	uint8_t want[1232];
	size_t want_len = from_hex(hex, want, sizeof want);

	assert_int_equal(len, want_len);
	memcpy(want + at, got + at, skip);
	for (size_t i = 0; i < len; i++)
		if (got[i] != want[i])
			fail_msg("octet %zu is %02x, not %02x", i, got[i], want[i]);
}

/* The four messages of the handshake, and an event (RFC 8764 sections 5.2 and 6). */
static void
handshake_and_event(void **state)
{
	static const char challenge[] =
	    "beef84000001000000000001" SRV_NAME "00210001" OPT_LLQ "000100010000"
	    "0000000000000000"
	    "00001c20";
	static const char answers[] = "beef84000001000100000001" SRV_NAME "00210001"
				      "c00c002100010000003c0016"
				      "000000011194"
				      "026174" HOST OPT_LLQ "000100010000"
				      "0000000000000000"
				      "00001c20";
	static const char gone[] = "000084000001000100000001" SRV_NAME "00210001"
				   "c00c00210001ffffffff0016"
				   "000000011194"
				   "026174" HOST OPT_LLQ "000100030000"
				   "0000000000000000"
				   "00000000";
	uint8_t request[256], id[8];
	size_t len = from_hex(VECTOR_LLQ, request, sizeof request);

	assert_true(hand_over(request, len));
	same_but(reply, reply_len, challenge, reply_len - 12, 8);
	assert_int_equal(llqs_count(llqs), 0);
	memcpy(id, reply + reply_len - 12, 8);
	assert_memory_not_equal(id, "\0\0\0\0\0\0\0\0", 8);
	memcpy(request + len - 12, id, 8);
	assert_true(hand_over(request, len));
	same_but(reply, reply_len, answers, reply_len - 12, 8);
	assert_memory_equal(reply + reply_len - 12, id, 8);
	assert_int_equal(llqs_count(llqs), 1);
	/* the first message again, late: a challenge as before, and nothing else happens */
	len = from_hex(VECTOR_LLQ, request, sizeof request);
	assert_true(hand_over(request, len));
	same_but(reply, reply_len, challenge, reply_len - 12, 8);
	assert_int_equal(llqs_count(llqs), 1);
	bed_change(&bed, "-_autotunnel._udp.h.z.example. 60 IN SRV 0 1 4500 at.h.z.example.");
	bed_commit(&bed, 1000000);
	assert_int_equal(events, 1);
	same_but(event + 2, event_len - 2, gone + 4, event_len - 14, 8);
	assert_memory_equal(event + event_len - 12, id, 8);
}

/* What cannot be an LLQ in a message that is one says so in the option, and the rcode is 0: any
 * other would mean that there are none here (RFC 8764 section 5.2.2). */
static void
errors(void **state)
{
	static const struct {
		uint8_t version, opcode;
		const char *error; /* version, opcode, error, id, lease */
	} rows[] = {
	    {2, 1,
		"0001000100050000000000000000"
		"00000000"},
	    {0, 1,
		"0001000100050000000000000000"
		"00000000"},
	    {1, 3,
		"0001000300030000000000000000"
		"00000000"},
	    {1, 2,
		"0001000200040000000000000000"
		"00000000"},
	};
	uint8_t request[256], want[32];
	size_t len = from_hex(VECTOR_LLQ, request, sizeof request);

	for (size_t i = 0; i < COUNT(rows); i++) {
		request[len - 17] = rows[i].version;
		request[len - 15] = rows[i].opcode;
		assert_true(hand_over(request, len));
		assert_int_equal(reply[3] & 0xf, RCODE_NOERROR);
		assert_int_equal(from_hex(rows[i].error, want, sizeof want), LLQ_OPTION_LEN);
		assert_memory_equal(reply + reply_len - LLQ_OPTION_LEN, want, LLQ_OPTION_LEN);
	}
	assert_int_equal(llqs_count(llqs), 0);
}

/* Two questions and one option: no message at all (RFC 9619), and nothing is kept. */
static void
two_questions(void **state)
{
	static const char hex[] = "beef00000002000000000001" SRV_NAME "00210001" SRV_NAME "00100001"
				  "0000290000000000000016"
				  "00010012"
				  "000100010000"
				  "0000000000000000"
				  "00001c20";
	uint8_t request[256];
	size_t len = from_hex(hex, request, sizeof request);

	assert_true(hand_over(request, len));
	same_but(reply, reply_len,
	    "beef8001"
	    "0000000000000000",
	    0, 0);
	assert_int_equal(llqs_count(llqs), 0);
	assert_int_equal(follow_topics(bed.follow), 0);
}

/* ---- push ---- */

/* What SUBSCRIBE brings, and the change of the vector: fd00:0:1::1 for fd00:0:1::2, the same
 * records as there, but what goes before what comes (RFC 8765 section 6.3.1 leaves the order to
 * us). */
static void
subscribe_and_push(void **state)
{
	static const char there[] = "000030000000000000000000"
				    "00410027" HOST "001c0001000000780010"
				    "fd000000000100000000000000000002";
	static const char changed[] = "000030000000000000000000"
				      "00410043" HOST "001c0001ffffffff0010"
				      "fd000000000100000000000000000002"
				      "c010001c0001000000780010"
				      "fd000000000100000000000000000001";
	static const char gone[] = "000030000000000000000000"
				   "00410017" HOST "001c0001fffffffe0000";
	uint8_t data[64], room[SESSION_REPLY_MAX];
	struct buf b = buf_writer(room, sizeof room);
	struct session_event e;
	struct push_peer *peer;

	session_init(&session, 1000);
	peer = push_peer_new(push, NULL, &session);
	assert_int_equal(session_message(&session, data,
			     from_hex(VECTOR_SUBSCRIBE, data, sizeof data), 1, 1000, &b, &e),
	    SESSION_SUBSCRIBE);
	assert_int_equal(push_subscribe(peer, bed.zone, &e.question, e.id), RCODE_NOERROR);
	session_answer(&session, &e, RCODE_NOERROR, &b);
	push_welcome(peer, 1000);
	assert_int_equal(messages, 1);
	same_but(pushed, pushed_len, there, 0, 0);
	bed_change(&bed, "+h.z.example. 120 IN AAAA fd00:0:1::1");
	bed_change(&bed, "-h.z.example. 120 IN AAAA fd00:0:1::2");
	bed_commit(&bed, 2000);
	assert_int_equal(messages, 2);
	same_but(pushed, pushed_len, changed, 0, 0);
	bed_change(&bed, "-h.z.example. 120 IN AAAA fd00:0:1::1");
	bed_commit(&bed, 3000);
	assert_int_equal(messages, 3);
	same_but(pushed, pushed_len, gone, 0, 0);
	/* and after the vector's UNSUBSCRIBE nothing */
	b = buf_writer(room, sizeof room);
	assert_int_equal(session_message(&session, data,
			     from_hex(VECTOR_UNSUBSCRIBE, data, sizeof data), 1, 4000, &b, &e),
	    SESSION_UNSUBSCRIBE);
	push_unsubscribe(peer, e.id);
	bed_change(&bed, "+h.z.example. 120 IN AAAA fd00:0:1::1");
	bed_commit(&bed, 5000);
	assert_int_equal(messages, 3);
	push_peer_free(peer);
}

/* SRV targets are compressed in a PUSH, though in no ordinary answer (RFC 8765 section 6.3.1). */
static void
compressed_target(void **state)
{
	static const char there[] = "000030000000000000000000"
				    "00410033" SRV_NAME "002100010000003c000b"
				    "000000011194"
				    "026174c021";
	struct question q = question_of("_autotunnel._udp.h.z.example", TYPE_SRV);
	struct push_peer *peer;

	session_init(&session, 1000);
	peer = push_peer_new(push, NULL, &session);
	assert_int_equal(push_subscribe(peer, bed.zone, &q, 1), RCODE_NOERROR);
	push_welcome(peer, 1000);
	same_but(pushed, pushed_len, there, 0, 0);
	push_peer_free(peer);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(handshake_and_event, begin, end),
	    cmocka_unit_test_setup_teardown(errors, begin, end),
	    cmocka_unit_test_setup_teardown(two_questions, begin, end),
	    cmocka_unit_test_setup_teardown(subscribe_and_push, begin, end),
	    cmocka_unit_test_setup_teardown(compressed_target, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
