/* Packets in pieces: put together again they must be what they were. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "ipsec/esp/inner.h"
#include "ipsec/esp/split.h"

#include <netinet/in.h>
#include <string.h>

#define ROOM 4096
#define FIT 1198

static uint8_t packet[ROOM];

/* An IPv6 packet of len octets whose body can be told apart from itself elsewhere. */
static void
make(size_t len, uint8_t next_header)
{
	for (size_t i = 0; i < sizeof(packet); i++)
		packet[i] = (uint8_t)(i * 7 ^ i >> 8);
	memset(packet, 0, 8);
	packet[0] = 0x60;
	packet[4] = (uint8_t)((len - 40) >> 8);
	packet[5] = (uint8_t)(len - 40);
	packet[6] = next_header;
	packet[7] = 64;
}

/* What a receiver makes of the pieces of a packet with `front` octets of headers in each. */
struct whole {
	uint8_t data[ROOM];
	size_t front, body, pieces;
	uint32_t id;
	uint8_t protocol;
	int ended; /* one without "more" has come */
};

static void
take(struct whole *w, const uint8_t *piece, size_t len)
{
	const uint8_t *header = piece + w->front;
	size_t at = (size_t)(header[2] << 8 | header[3]) & ~(size_t)7;
	size_t body = len - w->front - SPLIT_HEADER;
	int more = header[3] & 1;

	assert_true(inner_is_ipv6(piece, len));
	if (w->pieces++ == 0)
		w->body = at;
	assert_int_equal(at, w->body);
	assert_true(!more || body % 8 == 0);
	memcpy(&w->id, header + 4, 4);
	w->protocol = header[0];
	memcpy(w->data + at, header + SPLIT_HEADER, body);
	w->body = at + body;
	w->ended |= !more;
}

static void
split(struct whole *w, size_t len, size_t front, size_t fit)
{
	struct split s;
	size_t n, least = SIZE_MAX, most = 0;

	memset(w, 0, sizeof(*w));
	w->front = front;
	assert_int_equal(split_begin(&s, packet, len, fit, 0x01020304), 0);
	while ((n = split_len(&s)) > 0) {
		uint8_t piece[ROOM];

		memset(piece, 0xee, sizeof(piece));
		split_next(&s, piece);
		assert_in_range(n, 1, fit);
		assert_int_equal(piece[n], 0xee);
		least = n < least ? n : least;
		most = n > most ? n : most;
		take(w, piece, n);
	}
	assert_true(most - least < 8 * w->pieces); /* even */
}

static void
all_lengths(void **state)
{
	struct whole w;

	for (size_t len = FIT + 1; len < ROOM; len++) {
		make(len, IPPROTO_TCP);
		split(&w, len, 40, FIT);
		assert_int_equal(w.pieces, (len - 40 + 1143) / 1144);
		assert_int_equal(w.ended, 1);
		assert_int_equal(w.protocol, IPPROTO_TCP);
		assert_int_equal(w.id, htonl(0x01020304));
		assert_int_equal(w.body, len - 40);
		assert_memory_equal(w.data, packet + 40, w.body);
	}
}

/* A fragment of the sender's is split further: place, number and "more" are of the whole. */
static void
fragments(void **state)
{
	struct whole w;

	for (int more = 0; more < 2; more++) {
		make(1280, IPPROTO_FRAGMENT);
		memcpy(packet + 40, "\x11\x00\x00\x00\xaa\xbb\xcc\xdd", 8);
		packet[42] = 1232 >> 8;
		packet[43] = (uint8_t)((1232 & 0xff) | more);
		split(&w, 1280, 40, FIT);
		assert_int_equal(w.pieces, 2);
		assert_int_equal(w.ended, !more);
		assert_int_equal(w.protocol, IPPROTO_UDP);
		assert_int_equal(w.id, htonl(0xaabbccdd));
		assert_int_equal(w.body, 2 * 1232);
		assert_memory_equal(w.data + 1232, packet + 48, 1232);
	}
}

/* What routers look at is in each piece; what only the destination does is not. */
static void
extension_headers(void **state)
{
	static const struct {
		uint8_t chain[4]; /* ends with 0xff */
		size_t front;
		uint8_t protocol;
	} rows[] = {
	    {{IPPROTO_DSTOPTS, IPPROTO_UDP, 0xff}, 40, IPPROTO_DSTOPTS},
	    {{IPPROTO_HOPOPTS, IPPROTO_UDP, 0xff}, 56, IPPROTO_UDP},
	    {{IPPROTO_HOPOPTS, IPPROTO_DSTOPTS, IPPROTO_UDP, 0xff}, 56, IPPROTO_DSTOPTS},
	    {{IPPROTO_DSTOPTS, IPPROTO_ROUTING, IPPROTO_UDP, 0xff}, 72, IPPROTO_UDP},
	};
	struct whole w;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		make(1400, rows[i].chain[0]);
		for (size_t k = 1; rows[i].chain[k] != 0xff; k++) {
			packet[40 + (k - 1) * 16] = rows[i].chain[k];
			packet[41 + (k - 1) * 16] = 1; /* 16 octets */
		}
		split(&w, 1400, rows[i].front, FIT);
		assert_int_equal(w.protocol, rows[i].protocol);
		assert_int_equal(w.body, 1400 - rows[i].front);
		assert_memory_equal(w.data, packet + rows[i].front, w.body);
	}
}

static void
nonsense(void **state)
{
	struct split s;

	make(1400, IPPROTO_UDP);
	assert_int_equal(split_begin(&s, packet, 1399, FIT, 1), -1);
	assert_int_equal(split_begin(&s, packet, 1400, 48, 1), -1); /* no room */
	assert_int_equal(split_begin(&s, packet, 1400, 55, 1), -1);
	assert_int_equal(split_begin(&s, packet, 1400, 56, 1), 0);
	make(1400, IPPROTO_HOPOPTS); /* headers without an end */
	packet[40] = IPPROTO_HOPOPTS;
	packet[41] = 255;
	assert_int_equal(split_begin(&s, packet, 1400, FIT, 1), -1);
	make(44, IPPROTO_FRAGMENT);
	assert_int_equal(split_begin(&s, packet, 44, FIT, 1), -1);
	make(47, IPPROTO_ROUTING);
	assert_int_equal(split_begin(&s, packet, 47, FIT, 1), -1);
	make(40, IPPROTO_NONE);
	assert_int_equal(split_begin(&s, packet, 40, FIT, 1), -1);
	make(1400, IPPROTO_FRAGMENT); /* beyond what a packet can have */
	memset(packet + 42, 0xff, 2);
	assert_int_equal(split_begin(&s, packet, 1400, FIT, 1), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(all_lengths),
	    cmocka_unit_test(fragments),
	    cmocka_unit_test(extension_headers),
	    cmocka_unit_test(nonsense),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
