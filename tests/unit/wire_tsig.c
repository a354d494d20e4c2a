/* TSIG: the vectors, every rule of the client with a server of our own on the other side, streams,
 * and the server's errors. */
#include "wire_test.h"

#include "crypto/mac.h"
#include "dnsupdate/wire/tsig_rr.h"
#include "dnsupdate/wire/update.h"

#include <stdlib.h>

#define NOW VECTOR_TIME

static struct tsig_signer key;
static struct tsig_context client, server;
static uint8_t request_room[1024], reply_room[1024];
static struct buf request, reply;
static struct message request_m, reply_m;

static int
setup(void **state)
{
	assert_int_equal(
	    tsig_signer_init(&key, VECTOR_KEY, TSIG_HMAC_SHA256, vector_secret(), 32), 0);
	return 0;
}

static int
teardown(void **state)
{
	tsig_forget(&client);
	tsig_forget(&server);
	return 0;
}

static void
makes_the_vector(void **state)
{
	uint8_t want[256];
	size_t len = from_hex(VECTOR_UPDATE_SIGNED, want, sizeof(want));
	size_t plain = from_hex(VECTOR_UPDATE, request_room, sizeof(request_room));

	request = buf_writer(request_room, sizeof(request_room));
	request.pos = plain;
	assert_int_equal(tsig_sign(&client, &key, &request, NOW), 0);
	assert_int_equal(request.pos, len);
	assert_int_equal(tsig_room(&key), len - plain);
	assert_memory_equal(request_room, want, len);
	assert_int_equal(client.id, 0x1234);
}

static void
verifies_the_vector(void **state)
{
	struct tsig_report report;
	size_t len;

	makes_the_vector(state);
	len = from_hex(VECTOR_REPLY_SIGNED, reply_room, sizeof(reply_room));
	assert_int_equal(message_parse(&reply_m, reply_room, len), 0);
	assert_int_equal(tsig_verify(&client, &reply_m, NOW, &report), TSIG_OK);
	assert_int_equal(report.error, TSIG_NOERROR);
	assert_true(tsig_stream_complete(&client));
}

static void
verifies_the_badtime_vector(void **state)
{
	struct tsig_report report;
	size_t len;

	makes_the_vector(state);
	len = from_hex(VECTOR_REPLY_BADTIME, reply_room, sizeof(reply_room));
	assert_int_equal(message_parse(&reply_m, reply_room, len), 0);
	assert_int_equal(tsig_verify(&client, &reply_m, NOW, &report), TSIG_CLOCK);
	assert_int_equal(report.server_sec, 1700001000);
	assert_int_equal(report.skew_sec, -1000);
	reply_room[len - 1] ^= 1; /* the time in it is signed too */
	assert_int_equal(tsig_verify(&client, &reply_m, NOW, &report), TSIG_HINT);
}

/* Each octet of the answer counts, but for the case of letters in names and the header's ID, which
 * the original ID replaces. */
static void
notices_each_octet(void **state)
{
	uint8_t good[256];
	size_t len = from_hex(VECTOR_REPLY_SIGNED, good, sizeof(good));

	for (size_t i = 2; i < len; i++)
		for (unsigned bit = 0; bit < 8; bit++) {
			memcpy(reply_room, good, len);
			reply_room[i] ^= (uint8_t)(1u << bit);
			if (bit == 5 && good[i] >= 'A' && good[i] <= 'z')
				continue;
			makes_the_vector(state);
			if (message_parse(&reply_m, reply_room, len) == -1)
				continue;
			if (tsig_verify(&client, &reply_m, NOW, NULL) == TSIG_OK)
				fail_msg("octet %zu bit %u", i, bit);
		}
}

static void
begin_query(const char *name)
{
	struct question q = {.name = name_of(name), .type = TYPE_SOA, .class = CLASS_IN};

	request = buf_writer(request_room, sizeof(request_room));
	assert_int_equal(query_build(&request, 77, &q, 0), 0);
}

/* A signed query of ours, parsed as a server does. */
static void
ask_at(uint64_t now)
{
	begin_query("z.example");
	assert_int_equal(tsig_sign(&client, &key, &request, now), 0);
	assert_int_equal(message_parse(&request_m, request_room, request.pos), 0);
}

static void
begin_reply(uint16_t rcode)
{
	static const uint8_t rest[8];

	reply = buf_writer(reply_room, sizeof(reply_room));
	buf_put_u16(&reply, 77);
	buf_put_u16(&reply, (uint16_t)(FLAG_QR | rcode));
	buf_put(&reply, rest, sizeof(rest));
}

static enum tsig_verdict
judge_at(uint64_t now, struct tsig_report *report)
{
	assert_int_equal(message_parse(&reply_m, reply_room, reply.pos), 0);
	return tsig_verify(&client, &reply_m, now, report);
}

/* One exchange with a server that answers by the book. */
static enum tsig_verdict
exchange(const struct tsig_signer *server_key, uint64_t server_now, struct tsig_report *report)
{
	uint16_t error;

	ask_at(NOW);
	error = tsig_check_request(&server, server_key, &request_m, server_now, 0);
	begin_reply(error == TSIG_NOERROR ? RCODE_NOERROR : RCODE_NOTAUTH);
	assert_int_equal(tsig_sign_reply(&server, &request_m, &reply, error, server_now), 0);
	return judge_at(NOW, report);
}

static const struct {
	enum tsig_algorithm alg;
	const char *text;
} algorithms[] = {
    {TSIG_HMAC_SHA256, "hmac-sha256"},
    {TSIG_HMAC_SHA384, "hmac-sha384"},
    {TSIG_HMAC_SHA512, "HMAC-sha512"},
    {TSIG_HMAC_SHA1, "hmac-sha1"},
    {TSIG_HMAC_MD5, "hmac-md5"},
};

static void
speaks_every_algorithm(void **state)
{
	for (size_t i = 0; i < COUNT(algorithms); i++) {
		key.algorithm = tsig_algorithm_parse(algorithms[i].text);
		assert_int_equal(key.algorithm, algorithms[i].alg);
		assert_int_equal(exchange(&key, NOW, NULL), TSIG_OK);
	}
	assert_int_equal(tsig_algorithm_parse("hmac-sha224"), 0);
	assert_null(tsig_algorithm_text(0));
	assert_null(tsig_algorithm_text(TSIG_HMAC_MD5 + 1));
}

static void
takes_no_bad_signer(void **state)
{
	struct tsig_signer s;

	assert_int_equal(tsig_signer_init(&s, "", TSIG_HMAC_SHA256, vector_secret(), 32), -1);
	assert_int_equal(tsig_signer_init(&s, "a..b", TSIG_HMAC_SHA256, vector_secret(), 32), -1);
	assert_int_equal(tsig_signer_init(&s, "k", 0, vector_secret(), 32), -1);
	assert_int_equal(tsig_signer_init(&s, "k", TSIG_HMAC_MD5 + 1, vector_secret(), 32), -1);
	assert_int_equal(tsig_signer_init(&s, "k", TSIG_HMAC_SHA1, vector_secret(), 32), -1);
	assert_int_equal(tsig_signer_init(&s, "k", TSIG_HMAC_MD5, vector_secret(), 32), -1);
	assert_int_equal(tsig_signer_init(&s, "k", TSIG_HMAC_SHA256, vector_secret(), 0), -1);
	assert_int_equal(tsig_signer_init(&s, "K.", TSIG_HMAC_SHA256, vector_secret(), 1), 0);
}

static const struct {
	int64_t off; /* of the server's clock */
	enum tsig_verdict verdict;
} clocks[] = {
    {0, TSIG_OK},
    {TSIG_FUDGE, TSIG_OK},
    {-TSIG_FUDGE, TSIG_OK},
    {TSIG_FUDGE + 1, TSIG_CLOCK},
    {-TSIG_FUDGE - 1, TSIG_CLOCK},
    {-(int64_t)NOW, TSIG_CLOCK},
};

static void
reports_the_servers_clock(void **state)
{
	for (size_t i = 0; i < COUNT(clocks); i++) {
		uint64_t theirs = (uint64_t)((int64_t)NOW + clocks[i].off);
		struct tsig_report report;

		assert_int_equal(exchange(&key, theirs, &report), clocks[i].verdict);
		if (clocks[i].verdict != TSIG_CLOCK)
			continue;
		assert_int_equal(report.error, TSIG_BADTIME);
		assert_int_equal(report.server_sec, theirs);
		assert_int_equal(report.skew_sec, -clocks[i].off);
	}
}

/* The server is content, but its answer comes at a time that is not ours. */
static void
ignores_stale_answers(void **state)
{
	struct tsig_report report;

	ask_at(NOW);
	assert_int_equal(tsig_check_request(&server, &key, &request_m, NOW, 0), TSIG_NOERROR);
	begin_reply(RCODE_NOERROR);
	assert_int_equal(tsig_sign_reply(&server, &request_m, &reply, TSIG_NOERROR, NOW), 0);
	assert_int_equal(judge_at(NOW + TSIG_FUDGE + 1, &report), TSIG_STALE);
	assert_int_equal(report.skew_sec, TSIG_FUDGE + 1);
	assert_int_equal(judge_at(NOW - TSIG_FUDGE - 1, &report), TSIG_STALE);
	assert_int_equal(judge_at(NOW - TSIG_FUDGE, NULL), TSIG_OK);
}

/* What a server without our key says is a hint, and the true answer still counts afterwards. */
static void
takes_hints_as_hints(void **state)
{
	struct tsig_signer wrong = key;
	struct tsig_report report;
	uint8_t secret[32] = {1};

	assert_int_equal(exchange(NULL, NOW, &report), TSIG_HINT);
	assert_int_equal(report.error, TSIG_BADKEY);
	wrong.secret = secret;
	assert_int_equal(exchange(&wrong, NOW, &report), TSIG_HINT);
	assert_int_equal(report.error, TSIG_BADSIG);
	begin_reply(RCODE_NOTAUTH);
	assert_int_equal(judge_at(NOW, &report), TSIG_HINT);
	assert_int_equal(report.error, RCODE_NOTAUTH);
	assert_int_equal(tsig_check_request(&server, &key, &request_m, NOW, 0), TSIG_NOERROR);
	begin_reply(RCODE_NOERROR);
	assert_int_equal(tsig_sign_reply(&server, &request_m, &reply, TSIG_NOERROR, NOW), 0);
	assert_int_equal(judge_at(NOW, &report), TSIG_OK);
}

static void
ignores_unsigned_answers(void **state)
{
	ask_at(NOW);
	for (uint16_t rcode = 0; rcode < 16; rcode++) {
		begin_reply(rcode);
		assert_int_equal(
		    judge_at(NOW, NULL), rcode == RCODE_NOTAUTH ? TSIG_HINT : TSIG_MISSING);
	}
}

/* Signed by another key, by our key under another algorithm, or for another request. */
static void
ignores_other_signatures(void **state)
{
	struct tsig_signer other = key, stronger = key;

	other.name = name_of("l.z.example");
	stronger.algorithm = TSIG_HMAC_SHA512;
	ask_at(NOW);
	assert_int_equal(tsig_check_request(&server, &key, &request_m, NOW, 0), TSIG_NOERROR);
	server.key = &other;
	begin_reply(RCODE_NOERROR);
	assert_int_equal(tsig_sign_reply(&server, &request_m, &reply, TSIG_NOERROR, NOW), 0);
	assert_int_equal(judge_at(NOW, NULL), TSIG_FORGED);
	assert_int_equal(tsig_check_request(&server, &key, &request_m, NOW, 0), TSIG_NOERROR);
	server.key = &stronger;
	begin_reply(RCODE_NOERROR);
	assert_int_equal(tsig_sign_reply(&server, &request_m, &reply, TSIG_NOERROR, NOW), 0);
	assert_int_equal(judge_at(NOW, NULL), TSIG_FORGED);
	assert_int_equal(tsig_check_request(&server, &key, &request_m, NOW, 0), TSIG_NOERROR);
	server.mac[0] ^= 1;
	begin_reply(RCODE_NOERROR);
	assert_int_equal(tsig_sign_reply(&server, &request_m, &reply, TSIG_NOERROR, NOW), 0);
	assert_int_equal(judge_at(NOW, NULL), TSIG_FORGED);
}

/* Offsets inside the TSIG of a message that ends with it and has no other data. */
static uint8_t *
mac_size_at(struct buf *b)
{
	return b->data + b->pos - 6 - tsig_digest_len(key.algorithm) - 2;
}

/* Keep only len octets of the MAC (or lengthen it). */
static void
cut_mac(struct buf *b, uint16_t len)
{
	uint8_t tail[6], *size = mac_size_at(b);
	size_t digest = tsig_digest_len(key.algorithm);
	struct name algorithm;
	uint16_t rdlen;
	uint8_t *rdlen_at;

	tsig_algorithm_name(key.algorithm, &algorithm);
	rdlen_at = size - 8 - algorithm.len - 2; /* times, algorithm */
	memcpy(tail, b->data + b->pos - 6, 6);
	rdlen = (uint16_t)((rdlen_at[0] << 8 | rdlen_at[1]) - digest + len);
	rdlen_at[0] = (uint8_t)(rdlen >> 8);
	rdlen_at[1] = (uint8_t)rdlen;
	size[0] = (uint8_t)(len >> 8);
	size[1] = (uint8_t)len;
	if (len > digest)
		memset(size + 2 + digest, 0, len - digest);
	memcpy(size + 2 + len, tail, 6);
	b->pos = (size_t)(size + 2 + len + 6 - b->data);
}

static const struct {
	uint16_t len;
	uint16_t server; /* what our server says to a request with it */
} mac_lengths[] = {
    {0, RCODE_FORMERR},
    {9, RCODE_FORMERR},
    {10, RCODE_FORMERR},
    {15, RCODE_FORMERR},
    {16, TSIG_BADTRUNC},
    {31, TSIG_BADTRUNC},
    {32, TSIG_NOERROR},
    {33, RCODE_FORMERR},
    {64, RCODE_FORMERR},
};

static void
wants_the_whole_mac(void **state)
{
	for (size_t i = 0; i < COUNT(mac_lengths); i++) {
		uint16_t len = mac_lengths[i].len;

		assert_int_equal(exchange(&key, NOW, NULL), TSIG_OK);
		ask_at(NOW);
		assert_int_equal(tsig_check_request(&server, &key, &request_m, NOW, 0), 0);
		begin_reply(RCODE_NOERROR);
		assert_int_equal(tsig_sign_reply(&server, &request_m, &reply, 0, NOW), 0);
		cut_mac(&reply, len);
		assert_int_equal(judge_at(NOW, NULL), len == 32 ? TSIG_OK : TSIG_FORGED);
		ask_at(NOW);
		cut_mac(&request, len);
		assert_int_equal(message_parse(&request_m, request_room, request.pos), 0);
		assert_int_equal(
		    tsig_check_request(&server, &key, &request_m, NOW, 0), mac_lengths[i].server);
	}
}

/* Half of a short digest is not enough: ten octets are (section 5.2.2.1). */
static void
wants_ten_octets_of_a_short_mac(void **state)
{
	static const struct {
		enum tsig_algorithm alg;
		uint16_t len, says;
	} cases[] = {
	    {TSIG_HMAC_MD5, 8, RCODE_FORMERR},
	    {TSIG_HMAC_MD5, 9, RCODE_FORMERR},
	    {TSIG_HMAC_MD5, 10, TSIG_BADTRUNC},
	    {TSIG_HMAC_MD5, 16, TSIG_NOERROR},
	    {TSIG_HMAC_MD5, 17, RCODE_FORMERR},
	    {TSIG_HMAC_SHA1, 9, RCODE_FORMERR},
	    {TSIG_HMAC_SHA1, 10, TSIG_BADTRUNC},
	    {TSIG_HMAC_SHA1, 20, TSIG_NOERROR},
	    {TSIG_HMAC_SHA1, 21, RCODE_FORMERR},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		key.algorithm = cases[i].alg;
		ask_at(NOW);
		cut_mac(&request, cases[i].len);
		assert_int_equal(message_parse(&request_m, request_room, request.pos), 0);
		assert_int_equal(
		    tsig_check_request(&server, &key, &request_m, NOW, 0), cases[i].says);
	}
}

/* A request whose MAC was cut on the way gets a signed BADTRUNC over the MAC as received. */
static void
reports_truncation(void **state)
{
	ask_at(NOW);
	cut_mac(&request, 20);
	assert_int_equal(message_parse(&request_m, request_room, request.pos), 0);
	assert_int_equal(tsig_check_request(&server, &key, &request_m, NOW, 0), TSIG_BADTRUNC);
	begin_reply(RCODE_NOTAUTH);
	assert_int_equal(tsig_sign_reply(&server, &request_m, &reply, TSIG_BADTRUNC, NOW), 0);
	assert_int_equal(judge_at(NOW, NULL), TSIG_HINT); /* not what we sent */
	client.mac_len = 20;
	assert_int_equal(judge_at(NOW, NULL), TSIG_TRUNCATED);
}

/* A relay on the way may number messages anew. */
static void
original_id_counts(void **state)
{
	ask_at(NOW);
	request_room[0] ^= 0x55;
	assert_int_equal(message_parse(&request_m, request_room, request.pos), 0);
	assert_int_equal(tsig_check_request(&server, &key, &request_m, NOW, 0), TSIG_NOERROR);
	begin_reply(RCODE_NOERROR);
	assert_int_equal(tsig_sign_reply(&server, &request_m, &reply, TSIG_NOERROR, NOW), 0);
	reply_room[1] ^= 0x55;
	assert_int_equal(judge_at(NOW, NULL), TSIG_OK);
}

/* The key's name in capitals and compressed: hashed as if it were neither. */
static void
owner_is_canonical(void **state)
{
	size_t at = 12 + 15, owner = 13; /* behind the question; k.z.example */

	ask_at(NOW);
	at += 11; /* OPT */
	assert_memory_equal(request_room + at, "\001k\001z\007example", owner);
	request_room[at + 1] = 'K';
	assert_int_equal(message_parse(&request_m, request_room, request.pos), 0);
	assert_int_equal(tsig_check_request(&server, &key, &request_m, NOW, 0), TSIG_NOERROR);
	request_room[at + 2] = 0xc0; /* K, then z.example of the question */
	request_room[at + 3] = 12;
	for (size_t i = at + owner; i < request.pos; i++)
		request_room[i - owner + 4] = request_room[i];
	assert_int_equal(message_parse(&request_m, request_room, request.pos - owner + 4), 0);
	assert_int_equal(tsig_check_request(&server, &key, &request_m, NOW, 0), TSIG_NOERROR);
}

/* A record behind the TSIG, or the TSIG twice. */
static void
wants_one_and_last(void **state)
{
	struct name name, algorithm;
	size_t tsig;

	assert_int_equal(exchange(&key, NOW, NULL), TSIG_OK);
	assert_int_equal(tsig_claim(&request_m, &name, &algorithm), 1);
	assert_true(name_equal(&name, &key.name));
	ask_at(NOW);
	message_put_edns(&request, NULL, 0); /* a second OPT is no message at all */
	assert_int_equal(message_parse(&request_m, request_room, request.pos), -1);

	begin_reply(RCODE_NOERROR);
	assert_int_equal(tsig_sign_reply(&server, &request_m, &reply, TSIG_NOERROR, NOW), 0);
	message_put_edns(&reply, NULL, 0);
	assert_int_equal(judge_at(NOW, NULL), TSIG_FORGED);
	assert_int_equal(tsig_claim(&reply_m, &name, &algorithm), -1);

	begin_reply(RCODE_NOERROR);
	assert_int_equal(tsig_sign_reply(&server, &request_m, &reply, TSIG_NOERROR, NOW), 0);
	tsig = reply.pos - MESSAGE_HEADER;
	buf_put(&reply, reply_room + MESSAGE_HEADER, tsig);
	buf_patch_u16(&reply, 10, 2);
	assert_int_equal(judge_at(NOW, NULL), TSIG_FORGED);
	assert_int_equal(tsig_claim(&reply_m, &name, &algorithm), -1);

	begin_reply(RCODE_NOERROR); /* in the answer section */
	assert_int_equal(tsig_sign_reply(&server, &request_m, &reply, TSIG_NOERROR, NOW), 0);
	buf_patch_u16(&reply, 10, 0);
	buf_patch_u16(&reply, 6, 1);
	assert_int_equal(judge_at(NOW, NULL), TSIG_FORGED);
	assert_int_equal(tsig_claim(&reply_m, &name, &algorithm), -1);
}

static void
server_remembers_the_newest(void **state)
{
	ask_at(NOW);
	assert_int_equal(tsig_check_request(&server, &key, &request_m, NOW, NOW), TSIG_NOERROR);
	assert_int_equal(tsig_check_request(&server, &key, &request_m, NOW, NOW + 1), TSIG_BADTIME);
}

/* A great fudge, signed as it should be, buys an old request no entry; a small one counts. */
static void
fudge_is_bounded(void **state)
{
	static const struct {
		uint16_t fudge;
		uint64_t late;
		uint16_t error;
	} rows[] = {
	    {7200, 300, TSIG_NOERROR},
	    {7200, 301, TSIG_BADTIME},
	    {10, 10, TSIG_NOERROR},
	    {10, 11, TSIG_BADTIME},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct tsig_scope scope = {.key = &key};
		struct tsig_rr t = {.time_sec = NOW, .fudge = rows[i].fudge};

		begin_query("z.example");
		assert_int_equal(tsig_rr_sign(&client, &scope, &request, &t), 0);
		assert_int_equal(message_parse(&request_m, request_room, request.pos), 0);
		assert_int_equal(
		    tsig_check_request(&server, &key, &request_m, NOW + rows[i].late, 0),
		    rows[i].error);
	}
}

/* The algorithm's name must stand there whole, though a pointer would hash the same. */
static void
algorithm_is_not_compressed(void **state)
{
	struct name name, algorithm;
	uint8_t *at;

	begin_query("hmac-sha256");
	assert_int_equal(tsig_sign(&client, &key, &request, NOW), 0);
	at = mac_size_at(&request) - 8 - 13;
	assert_memory_equal(at, "\013hmac-sha256", 13);
	at[-1] = (uint8_t)(at[-1] - 13 + 2);
	at[0] = 0xc0;
	at[1] = MESSAGE_HEADER;
	for (at += 2; at + 11 < request_room + request.pos; at++)
		at[0] = at[11];
	assert_int_equal(message_parse(&request_m, request_room, request.pos - 11), 0);
	assert_int_equal(tsig_claim(&request_m, &name, &algorithm), -1);
}

/* ---- streams ---- */

static void
begin_stream(void)
{
	assert_int_equal(exchange(&key, NOW, NULL), TSIG_OK);
}

static enum tsig_verdict
next_message(int sign)
{
	begin_reply(RCODE_NOERROR);
	if (sign)
		assert_int_equal(tsig_sign_next(&server, &reply, NOW), 0);
	assert_int_equal(message_parse(&reply_m, reply_room, reply.pos), 0);
	return tsig_verify_next(&client, &reply_m, NOW, NULL);
}

static void
follows_streams(void **state)
{
	begin_stream();
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(next_message(1), TSIG_OK);
	assert_true(tsig_stream_complete(&client));
	reply_room[3] ^= 1;
	assert_int_equal(message_parse(&reply_m, reply_room, reply.pos), 0);
	assert_int_equal(tsig_verify_next(&client, &reply_m, NOW, NULL), TSIG_FORGED);
}

static void
stream_needs_a_signed_start(void **state)
{
	ask_at(NOW);
	begin_reply(RCODE_NOERROR);
	assert_int_equal(message_parse(&reply_m, reply_room, reply.pos), 0);
	assert_int_equal(tsig_verify_next(&client, &reply_m, NOW, NULL), TSIG_FORGED);
	assert_false(tsig_stream_complete(&client));
}

/* A MAC over prior MAC, unsigned messages, this one and the timers, computed here by hand. */
static void
unsigned_messages_are_covered(void **state)
{
	struct mac *mac;
	uint8_t digest[MAC_LEN_MAX], size[2] = {0, 32};
	size_t plain;

	begin_stream();
	begin_reply(RCODE_NOERROR);
	plain = reply.pos;
	mac = mac_new(MAC_HMAC_SHA256, key.secret, key.secret_len);
	mac_update(mac, size, 2);
	mac_update(mac, server.mac, 32);
	for (unsigned i = 0; i < TSIG_UNSIGNED_MAX; i++) {
		mac_update(mac, reply_room, plain);
		assert_int_equal(next_message(0), TSIG_OK);
		assert_false(tsig_stream_complete(&client));
	}
	begin_reply(RCODE_NOERROR);
	mac_update(mac, reply_room, plain);
	assert_int_equal(tsig_sign_next(&server, &reply, NOW), 0);
	mac_update(mac, mac_size_at(&reply) - 8, 8);
	assert_int_equal(mac_final(mac, digest), 0);
	memcpy(mac_size_at(&reply) + 2, digest, 32);
	assert_int_equal(message_parse(&reply_m, reply_room, reply.pos), 0);
	assert_int_equal(tsig_verify_next(&client, &reply_m, NOW, NULL), TSIG_OK);
	assert_true(tsig_stream_complete(&client));
}

/* Refused for its length before anything is computed: what was computed before must not leak. */
static void
stream_refuses_short_macs(void **state)
{
	begin_stream();
	assert_int_equal(next_message(0), TSIG_OK);
	begin_reply(RCODE_NOERROR);
	assert_int_equal(tsig_sign_next(&server, &reply, NOW), 0);
	cut_mac(&reply, 31);
	assert_int_equal(message_parse(&reply_m, reply_room, reply.pos), 0);
	assert_int_equal(tsig_verify_next(&client, &reply_m, NOW, NULL), TSIG_FORGED);
	assert_false(tsig_stream_complete(&client));
}

static void
a_hundred_unsigned_are_too_many(void **state)
{
	begin_stream();
	for (unsigned i = 0; i < TSIG_UNSIGNED_MAX; i++)
		assert_int_equal(next_message(0), TSIG_OK);
	assert_int_equal(next_message(0), TSIG_MISSING);
	assert_false(tsig_stream_complete(&client));
}

static void
says_when_there_is_no_room(void **state)
{
	struct question q = {.name = name_of("z.example"), .type = TYPE_SOA, .class = CLASS_IN};
	size_t whole;

	ask_at(NOW);
	whole = request.pos;
	for (size_t size = whole - tsig_room(&key); size < whole; size++) {
		request = buf_writer(request_room, size);
		assert_int_equal(query_build(&request, 77, &q, 0), 0);
		assert_int_equal(tsig_sign(&client, &key, &request, NOW), -1);
	}
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
	    TEST(makes_the_vector),
	    TEST(verifies_the_vector),
	    TEST(verifies_the_badtime_vector),
	    TEST(notices_each_octet),
	    TEST(speaks_every_algorithm),
	    TEST(takes_no_bad_signer),
	    TEST(reports_the_servers_clock),
	    TEST(ignores_stale_answers),
	    TEST(takes_hints_as_hints),
	    TEST(ignores_unsigned_answers),
	    TEST(ignores_other_signatures),
	    TEST(wants_the_whole_mac),
	    TEST(wants_ten_octets_of_a_short_mac),
	    TEST(reports_truncation),
	    TEST(original_id_counts),
	    TEST(owner_is_canonical),
	    TEST(wants_one_and_last),
	    TEST(server_remembers_the_newest),
	    TEST(fudge_is_bounded),
	    TEST(algorithm_is_not_compressed),
	    TEST(follows_streams),
	    TEST(stream_needs_a_signed_start),
	    TEST(unsigned_messages_are_covered),
	    TEST(stream_refuses_short_macs),
	    TEST(a_hundred_unsigned_are_too_many),
	    TEST(says_when_there_is_no_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
