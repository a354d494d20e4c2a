/* AEAD: the known answers, the packet of RFC 7634 appendix A, and that every bit counts. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "crypto/aead_engine.h"

#include <string.h>

static const enum aead_algorithm all[] = {
    AEAD_AES_128_GCM, AEAD_AES_256_GCM, AEAD_CHACHA20_POLY1305};

static void
known_answers(void **state)
{
	char text[64];

	assert_int_equal(aead_choose(), 0);
	aead_describe(text, sizeof(text));
	print_message("chosen: %s\n", text);
	assert_non_null(strstr(text, " GB/s"));
}

static void
key_lengths(void **state)
{
	assert_int_equal(aead_key_len(AEAD_AES_128_GCM), 16);
	assert_int_equal(aead_key_len(AEAD_AES_256_GCM), 32);
	assert_int_equal(aead_key_len(AEAD_CHACHA20_POLY1305), 32);
	assert_int_equal(aead_key_len((enum aead_algorithm)0), 0);
	assert_int_equal(aead_key_len((enum aead_algorithm)4), 0);
	assert_null(aead_new((enum aead_algorithm)0, (const uint8_t *)"", 1));
	assert_null(aead_new((enum aead_algorithm)77, (const uint8_t *)"", 1));
	aead_free(NULL);
}

/* RFC 7634 appendix A: an ESP packet; SPI and sequence number are the associated data. */
static void
rfc7634_packet(void **state)
{
	static const uint8_t aad[] = {1, 2, 3, 4, 0, 0, 0, 5};
	static const uint8_t nonce[] = {
	    0xa0, 0xa1, 0xa2, 0xa3, 0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17};
	static const uint8_t head[] = {0x45, 0, 0, 0x54, 0xa6, 0xf2, 0, 0, 0x40, 0x01, 0xe7, 0x78,
	    0xc6, 0x33, 0x64, 0x05, 0xc0, 0, 2, 5, 8, 0, 0x5b, 0x7a, 0x3a, 8, 0, 0, 0x55, 0x3b,
	    0xec, 0x10, 0, 7, 0x36, 0x27};
	static const uint8_t sealed[] = {0x24, 0x03, 0x94, 0x28, 0xb9, 0x7f, 0x41, 0x7e, 0x3c, 0x13,
	    0x75, 0x3a, 0x4f, 0x05, 0x08, 0x7b, 0x67, 0xc3, 0x52, 0xe6, 0xa7, 0xfa, 0xb1, 0xb9,
	    0x82, 0xd4, 0x66, 0xef, 0x40, 0x7a, 0xe5, 0xc6, 0x14, 0xee, 0x80, 0x99, 0xd5, 0x28,
	    0x44, 0xeb, 0x61, 0xaa, 0x95, 0xdf, 0xab, 0x4c, 0x02, 0xf7, 0x2a, 0xa7, 0x1e, 0x7c,
	    0x4c, 0x4f, 0x64, 0xc9, 0xbe, 0xfe, 0x2f, 0xac, 0xc6, 0x38, 0xe8, 0xf3, 0xcb, 0xec,
	    0x16, 0x3f, 0xac, 0x46, 0x9b, 0x50, 0x27, 0x73, 0xf6, 0xfb, 0x94, 0xe6, 0x64, 0xda,
	    0x91, 0x65, 0xb8, 0x28, 0x29, 0xf6, 0x41, 0xe0};
	static const uint8_t want_tag[] = {0x76, 0xaa, 0xa8, 0x26, 0x6b, 0x7f, 0xb0, 0xf7, 0xb1,
	    0x1b, 0x36, 0x99, 0x07, 0xe1, 0xad, 0x43};
	uint8_t key[32], data[sizeof(sealed)], tag[AEAD_TAG_LEN];
	struct aead *a;

	for (size_t i = 0; i < sizeof(key); i++)
		key[i] = (uint8_t)(0x80 + i);
	memcpy(data, head, sizeof(head));
	for (size_t i = sizeof(head); i < 84; i++)
		data[i] = (uint8_t)(i - sizeof(head) + 8);
	memcpy(data + 84, "\x01\x02\x02\x04", 4); /* padding, its length, next header */
	a = aead_new(AEAD_CHACHA20_POLY1305, key, 1);
	assert_non_null(a);
	assert_int_equal(aead_seal(a, nonce, aad, sizeof(aad), data, sizeof(data), tag), 0);
	assert_memory_equal(data, sealed, sizeof(sealed));
	assert_memory_equal(tag, want_tag, sizeof(tag));
	aead_free(a);
}

/* Contexts are used again and again: nothing of one packet may stay for the next. */
static void
contexts_are_reused(void **state)
{
	uint8_t key[32] = {1}, nonce[12] = {2}, aad[12] = {3}, data[100], tag[16];

	for (size_t k = 0; k < 3; k++) {
		struct aead *s = aead_new(all[k], key, 1), *o = aead_new(all[k], key, 0);

		for (size_t len = 0; len <= sizeof(data); len++) {
			memset(data, (int)len, sizeof(data));
			nonce[11] = (uint8_t)len;
			assert_int_equal(aead_seal(s, nonce, aad, len % 13, data, len, tag), 0);
			tag[len % 16] ^= 0x80; /* a failure in between must not matter */
			assert_int_equal(aead_open(o, nonce, aad, len % 13, data, len, tag), -1);
			memset(data, (int)len, sizeof(data));
			assert_int_equal(aead_seal(s, nonce, aad, len % 13, data, len, tag), 0);
			assert_int_equal(aead_open(o, nonce, aad, len % 13, data, len, tag), 0);
			for (size_t i = 0; i < len; i++)
				assert_int_equal(data[i], len);
		}
		aead_free(s);
		aead_free(o);
	}
}

/* Flip bit n of the concatenation nonce | aad | data | tag; the packet must be refused. */
static void
every_bit_counts(void **state)
{
	for (size_t k = 0; k < 3; k++) {
		uint8_t key[32] = {9}, good[12 + 8 + 21 + 16] = {0}, p[sizeof(good)];
		struct aead *s = aead_new(all[k], key, 1), *o = aead_new(all[k], key, 0);

		aead_seal(s, good, good + 12, 8, good + 20, 21, good + 41);
		for (size_t bit = 0; bit < 8 * sizeof(good); bit++) {
			memcpy(p, good, sizeof(p));
			p[bit / 8] ^= (uint8_t)(1 << bit % 8);
			assert_int_equal(aead_open(o, p, p + 12, 8, p + 20, 21, p + 41), -1);
		}
		memcpy(p, good, sizeof(p));
		assert_int_equal(aead_open(o, p, p + 12, 8, p + 20, 21, p + 41), 0);
		aead_free(s);
		aead_free(o);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(known_answers),
	    cmocka_unit_test(key_lengths),
	    cmocka_unit_test(rfc7634_packet),
	    cmocka_unit_test(contexts_are_reused),
	    cmocka_unit_test(every_bit_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
