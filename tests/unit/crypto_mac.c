/* HMAC against RFC 4231; comparison, random bytes and wiping. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "crypto/mac.h"

#include <stdio.h>
#include <string.h>

struct vector {
	int key_byte; /* repeated key_len times; 0 = key_text */
	size_t key_len;
	const char *key_text;
	int data_byte;
	size_t data_len;
	const char *data_text;
	const char *mac[3]; /* SHA-256, 384, 512 */
};

static const struct vector vectors[] = {
    {0x0b, 20, NULL, 0, 0, "Hi There",
	{"b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
	    "afd03944d84895626b0825f4ab46907f15f9dadbe4101ec682aa034c7cebc59c"
	    "faea9ea9076ede7f4af152e8b2fa9cb6",
	    "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cde"
	    "daa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854"}},
    {0, 4, "Jefe", 0, 0, "what do ya want for nothing?",
	{"5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
	    "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e"
	    "8e2240ca5e69e2c78b3239ecfab21649",
	    "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554"
	    "9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737"}},
    {0xaa, 20, NULL, 0xdd, 50, NULL,
	{"773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe",
	    "88062608d3e6ad8a0aa2ace014c8a86f0aa635d947ac9febe83ef4e55966144b"
	    "2a5ab39dc13814b94e3ab6e101a34f27",
	    "fa73b0089d56a284efb0f0756c890be9b1b5dbdd8ee81a3655f83e33b2279d39"
	    "bf3e848279a722c806b485a47e67c807b946a337bee8942674278859e13292fb"}},
    {0xaa, 131, NULL, 0, 0, "Test Using Larger Than Block-Size Key - Hash Key First",
	{"60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
	    "4ece084485813e9088d2c63a041bc5b44f9ef1012a2b588f3cd11f05033ac4c6"
	    "0c2ef6ab4030fe8296248df163f44952",
	    "80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f352"
	    "6b56d037e05f2598bd0fd2215d6a1e5295e64f73f63f0aec8b915a985d786598"}},
};

static void
to_hex(const uint8_t *data, size_t len, char *out)
{
	for (size_t i = 0; i < len; i++)
		sprintf(out + 2 * i, "%02x", data[i]);
}

static void
rfc4231(void **state)
{
	for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
		const struct vector *v = &vectors[i];
		uint8_t key[131], data[64], out[MAC_LEN_MAX];
		char hex[2 * MAC_LEN_MAX + 1];
		size_t len = v->data_text != NULL ? strlen(v->data_text) : v->data_len;

		memset(key, v->key_byte, sizeof(key));
		if (v->key_text != NULL)
			memcpy(key, v->key_text, v->key_len);
		memset(data, v->data_byte, sizeof(data));
		if (v->data_text != NULL)
			memcpy(data, v->data_text, len);
		for (int alg = MAC_HMAC_SHA256; alg <= MAC_HMAC_SHA512; alg++) {
			struct mac *m = mac_new(alg, key, v->key_len);

			assert_non_null(m);
			mac_update(m, data, 3); /* in pieces, one of them empty */
			mac_update(m, data, 0);
			mac_update(m, data + 3, len - 3);
			assert_int_equal(mac_final(m, out), 0);
			to_hex(out, mac_len(alg), hex);
			assert_string_equal(hex, v->mac[alg - 1]);
		}
	}
}

/* HMAC-SHA256 of nothing under an empty key is defined; algorithms we do not have are refused. */
/* The key is as long as the digest in some of its vectors. */
static void
rfc2202(void **state)
{
	static const struct {
		int alg, key_byte;
		size_t key_len;
		const char *key_text, *data, *mac;
	} cases[] = {
	    {MAC_HMAC_SHA1, 0x0b, 20, NULL, "Hi There", "b617318655057264e28bc0b6fb378c8ef146be00"},
	    {MAC_HMAC_SHA1, 0, 4, "Jefe", "what do ya want for nothing?",
		"effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"},
	    {MAC_HMAC_MD5, 0x0b, 16, NULL, "Hi There", "9294727a3638bb1c13f48ef8158bfc9d"},
	    {MAC_HMAC_MD5, 0, 4, "Jefe", "what do ya want for nothing?",
		"750c783e6ab0b503eaa86e310a5db738"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint8_t key[20], out[MAC_LEN_MAX];
		char hex[2 * MAC_LEN_MAX + 1];
		struct mac *m;

		memset(key, cases[i].key_byte, sizeof(key));
		if (cases[i].key_text != NULL)
			memcpy(key, cases[i].key_text, cases[i].key_len);
		m = mac_new(cases[i].alg, key, cases[i].key_len);
		assert_non_null(m);
		mac_update(m, cases[i].data, strlen(cases[i].data));
		assert_int_equal(mac_final(m, out), 0);
		to_hex(out, mac_len(cases[i].alg), hex);
		assert_string_equal(hex, cases[i].mac);
	}
}

static void
edges(void **state)
{
	uint8_t out[MAC_LEN_MAX];
	char hex[2 * MAC_LEN_MAX + 1];
	struct mac *m = mac_new(MAC_HMAC_SHA256, "", 0);

	assert_non_null(m);
	assert_int_equal(mac_final(m, out), 0);
	to_hex(out, 32, hex);
	assert_string_equal(
	    hex, "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
	assert_int_equal(mac_len((enum mac_algorithm)0), 0);
	assert_int_equal(mac_len((enum mac_algorithm)(MAC_HMAC_MD5 + 1)), 0);
	assert_null(mac_new((enum mac_algorithm)0, "k", 1));
	assert_null(mac_new((enum mac_algorithm)9, "k", 1));
}

static void
helpers(void **state)
{
	uint8_t a[64] = {0}, b[64] = {0};

	assert_true(crypto_equal(a, b, sizeof(a)));
	b[63] = 1;
	assert_false(crypto_equal(a, b, sizeof(a)));
	assert_true(crypto_equal(a, b, 63));
	crypto_random(a, sizeof(a));
	crypto_random(b, sizeof(b));
	assert_memory_not_equal(a, b, sizeof(a));
	crypto_wipe(a, sizeof(a));
	memset(b, 0, sizeof(b));
	assert_memory_equal(a, b, sizeof(a));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(rfc4231),
	    cmocka_unit_test(rfc2202),
	    cmocka_unit_test(edges),
	    cmocka_unit_test(helpers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
