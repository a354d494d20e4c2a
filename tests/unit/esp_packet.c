/*
 * The packet format.  The expected packets were computed with another implementation of the
 * ciphers (Python's cryptography) from RFC 4303, 4106 and 7634, so they show that others
 * understand us.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "ipsec/esp/inner.h"
#include "ipsec/esp/open.h"
#include "ipsec/esp/seal.h"

#include <stdio.h>
#include <string.h>

static const uint8_t inner[45] = {0x60, 0, 0, 0, 0, 5, 17, 64, 0xfd, 1, 2, 3, 4, 5, 0, 0, 10, 10,
    10, 10, 10, 10, 10, 10, 0xfd, 1, 2, 3, 4, 5, 0, 0, 11, 11, 11, 11, 11, 11, 11, 11, 'h', 'e',
    'l', 'l', 'o'};

/* Key 00 01 02..., salt ca fe ba be; next header 59 has nothing inside. */
static const struct vector {
	enum aead_algorithm alg;
	uint32_t spi;
	uint64_t seq;
	uint8_t esn;
	uint8_t next_header;
	const char *packet;
} vectors[] = {
    {AEAD_AES_128_GCM, 0xc0000001, UINT64_C(0x1), 0, 41,
	"c0000001000000010000000000000001d20519994a7a40b4661ac31e427aa937d9628b4a"
	"b3fd428f03b41df773e8293b8f8cbcf744f1316c21ca0f7c11c998caffd46b2b1b3e48fe"
	"3ebe2360293efb5d"},
    {AEAD_AES_256_GCM, 0xcfffffff, UINT64_C(0x7fffffff), 0, 41,
	"cfffffff7fffffff000000007fffffff49e231c9c50afe5d2028ee4b33259b6500a07cfc"
	"6a0ba156c5f653fbe10c2573d0f4e4f21f9fdeb042f1bf1de15c525bc46662aed2b09400"
	"f35b4aabf6fe6af3"},
    {AEAD_CHACHA20_POLY1305, 0xc1234567, UINT64_C(0x9), 0, 41,
	"c1234567000000090000000000000009d972971e00a7aa1351cc6a0f52df59a595285cf5"
	"c48f4584774ade8e00e39c1f9f92bdde8804b8e645c3a0ad373121a3757a76e1e1480625"
	"eb445267b6eb7f90"},
    {AEAD_AES_128_GCM, 0xc0000001, UINT64_C(0x100000002), 1, 41,
	"c00000010000000200000001000000028a6460ff63031c97e7812ce664e319b242ea6bbf"
	"e0bd7364bb67f5da712052b61f304cc9f339491acd4258fbf3db38a5842129d7054c0b88"
	"0d143d17383f31e7"},
    {AEAD_CHACHA20_POLY1305, 0xc0000001, UINT64_C(0x500000000), 1, 41,
	"c000000100000000000000050000000094fbb95aeffe919a61f6f5f08824237e791e4e64"
	"38fdecc178d9322f42e6b8c57c20f42e62ed38a9e599341a113c64bc9fdcaa72c5bab229"
	"af7a7ab2b8248314"},
    {AEAD_AES_128_GCM, 0xc0000001, UINT64_C(0x7), 0, 59,
	"c000000100000007000000000000000729b0649f663a766ef5e292cda05015b59f8b7ad1"},
};
#define VECTORS (sizeof(vectors) / sizeof(vectors[0]))

static void
sa_make(struct sa *sa, const struct vector *v, int encrypt)
{
	static const uint8_t salt[4] = {0xca, 0xfe, 0xba, 0xbe};
	uint8_t key[AEAD_KEY_MAX];

	for (size_t i = 0; i < sizeof(key); i++)
		key[i] = (uint8_t)i;
	*sa = (struct sa) {.spi = v->spi, .esn = v->esn, .aead = aead_new(v->alg, key, encrypt)};
	memcpy(sa->salt, salt, sizeof(salt));
	assert_non_null(sa->aead);
}

static size_t
from_hex(const char *hex, uint8_t *out)
{
	size_t len = strlen(hex) / 2;

	for (size_t i = 0; i < len; i++) {
		unsigned int octet;

		assert_int_equal(sscanf(hex + 2 * i, "%2x", &octet), 1);
		out[i] = (uint8_t)octet;
	}
	return len;
}

static void
seals_as_others(void **state)
{
	for (size_t i = 0; i < VECTORS; i++) {
		const struct vector *v = &vectors[i];
		uint8_t room[16 + sizeof(inner) + 21], want[200];
		struct esp_packet p = {.data = room + 16};
		struct sa sa;

		sa_make(&sa, v, 1);
		sa.seq = v->seq - 1;
		if (v->next_header == ESP_NEXT_IPV6) {
			memcpy(p.data, inner, sizeof(inner));
			p.len = sizeof(inner);
		}
		assert_int_equal(seal_packet(&sa, &p, v->next_header), 0);
		assert_ptr_equal(p.data, room);
		assert_int_equal(p.len, from_hex(v->packet, want));
		assert_memory_equal(p.data, want, p.len);
		assert_true(sa.seq == v->seq);
		aead_free(sa.aead);
	}
}

static void
opens_from_others(void **state)
{
	for (size_t i = 0; i < VECTORS; i++) {
		const struct vector *v = &vectors[i];
		uint8_t room[200], next_header = 0;
		struct esp_packet p = {.data = room, .len = from_hex(v->packet, room)};
		struct sa sa;
		int newest = 0;

		sa_make(&sa, v, 0);
		sa.replay.highest = v->esn ? v->seq - 2 : 0;
		assert_int_equal(open_spi(p.data, p.len), v->spi);
		assert_int_equal(open_packet(&sa, &p, &newest), OPEN_OK);
		assert_int_equal(newest, 1);
		assert_int_equal(open_trailer(&p, &next_header), 0);
		assert_int_equal(next_header, v->next_header);
		assert_int_equal(p.len, next_header == ESP_NEXT_IPV6 ? sizeof(inner) : 0);
		assert_memory_equal(p.data, inner, p.len);
		assert_true(sa.replay.highest == v->seq);
		aead_free(sa.aead);
	}
}

/* A failed ICV must leave the window alone: else a forger could shut the true packet out. */
static void
forgery_marks_nothing(void **state)
{
	uint8_t room[200];
	struct sa sa;
	int newest = 0;

	sa_make(&sa, &vectors[0], 0);
	for (int forged = 1; forged >= 0; forged--) {
		struct esp_packet p = {.data = room, .len = from_hex(vectors[0].packet, room)};

		room[30] ^= (uint8_t)forged;
		assert_int_equal(open_packet(&sa, &p, &newest), forged ? ESP_DROP_AUTH : OPEN_OK);
		assert_int_equal(sa.replay.highest, forged ? 0 : 1);
	}
	aead_free(sa.aead);
}

static void
lengths(void **state)
{
	uint8_t d[64] = {0xc1, 2, 3, 4};

	assert_int_equal(open_spi(d, 36), 0xc1020304);
	assert_int_equal(open_spi(d, 40), 0xc1020304);
	for (size_t len = 0; len < 64; len++)
		if (len < 36 || len % 4 != 0)
			assert_int_equal(open_spi(d, len), 0);
}

static void
trailers(void **state)
{
	static const struct {
		const char *hex;
		int ok;
		size_t left;
	} rows[] = {
	    {"", 0, 0},
	    {"29", 0, 0},
	    {"0029", 1, 0},
	    {"0129", 0, 0},
	    {"010129", 1, 0},
	    {"020129", 0, 0},
	    {"0001020229", 1, 1},
	    {"0002010229", 0, 0},
	    {"0001010229", 0, 0},
	    {"0001020329", 0, 0},
	    {"6001020304050607070729", 0, 0},
	    {"60010203040506070729", 1, 1},
	    {"ff29", 0, 0},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t d[32], next_header = 0;
		struct esp_packet p = {.data = d, .len = from_hex(rows[i].hex, d)};

		assert_int_equal(open_trailer(&p, &next_header), rows[i].ok ? 0 : -1);
		if (rows[i].ok) {
			assert_int_equal(next_header, 0x29);
			assert_int_equal(p.len, rows[i].left);
		}
	}
}

/* The padding would begin before the packet, and what lies there even looks right. */
static void
trailer_past_start(void **state)
{
	uint8_t d[] = {1, 2, 3, 3, 41}, next_header;
	struct esp_packet p = {.data = d + 1, .len = 4};

	assert_int_equal(open_trailer(&p, &next_header), -1);
	p = (struct esp_packet) {.data = d, .len = 5};
	assert_int_equal(open_trailer(&p, &next_header), 0);
	assert_int_equal(p.len, 0);
}

/* The longest padding there can be. */
static void
trailer_255(void **state)
{
	uint8_t d[300], next_header;
	struct esp_packet p = {.data = d, .len = 300};

	for (size_t i = 0; i < 255; i++)
		d[43 + i] = (uint8_t)(i + 1);
	d[298] = 255;
	d[299] = 41;
	assert_int_equal(open_trailer(&p, &next_header), 0);
	assert_int_equal(p.len, 43);
	d[43] = 0;
	p.len = 300;
	assert_int_equal(open_trailer(&p, &next_header), -1);
}

static void
inner_header(void **state)
{
	uint8_t d[sizeof(inner)];

	memcpy(d, inner, sizeof(d));
	assert_true(inner_is_ipv6(d, sizeof(d)));
	assert_false(inner_is_ipv6(d, sizeof(d) - 1));
	assert_false(inner_is_ipv6(d, 40));
	assert_false(inner_is_ipv6(d, 39));
	assert_false(inner_is_ipv6(d, 0));
	d[5] = 6;
	assert_false(inner_is_ipv6(d, sizeof(d)));
	d[5] = 5;
	d[4] = 1;
	assert_false(inner_is_ipv6(d, sizeof(d)));
	d[4] = 0;
	d[0] = 0x45;
	assert_false(inner_is_ipv6(d, sizeof(d)));
	d[0] = 0x60;
	d[5] = 0;
	assert_true(inner_is_ipv6(d, 40));
	assert_memory_equal(inner_source(d), inner + 8, 16);
	assert_memory_equal(inner_destination(d), inner + 24, 16);
}

/* The last sequence number is used, the next one refused, and nothing is written for it. */
static void
sequence_ends(void **state)
{
	for (uint8_t esn = 0; esn < 2; esn++) {
		uint64_t last = esn ? UINT64_MAX : UINT32_MAX;
		struct vector v = {AEAD_AES_128_GCM, 0xc0000001, 1, esn, 41, NULL};
		uint8_t room[64] = {0};
		struct esp_packet p = {.data = room + 16, .len = 3};
		struct sa sa;

		sa_make(&sa, &v, 1);
		sa.seq = last - 1;
		assert_int_equal(seal_packet(&sa, &p, 41), 0);
		assert_true(sa.seq == last);
		memset(room, 0, sizeof(room));
		p = (struct esp_packet) {.data = room + 16, .len = 3};
		assert_int_equal(seal_packet(&sa, &p, 41), -1);
		assert_ptr_equal(p.data, room + 16);
		assert_int_equal(p.len, 3);
		for (size_t i = 0; i < sizeof(room); i++)
			assert_int_equal(room[i], 0);
		assert_true(sa.seq == last);
		aead_free(sa.aead);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(seals_as_others),
	    cmocka_unit_test(opens_from_others),
	    cmocka_unit_test(forgery_marks_nothing),
	    cmocka_unit_test(lengths),
	    cmocka_unit_test(trailers),
	    cmocka_unit_test(trailer_past_start),
	    cmocka_unit_test(trailer_255),
	    cmocka_unit_test(inner_header),
	    cmocka_unit_test(sequence_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
