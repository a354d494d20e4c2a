#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "crypto/hash.h"
#include "crypto/kdf.h"

#include <stdio.h>
#include <string.h>

static size_t
from_hex(const char *hex, uint8_t *out)
{
	size_t n = 0;
	unsigned v;

	for (; sscanf(hex, "%2x", &v) == 1; hex += 2)
		out[n++] = (uint8_t)v;
	return n;
}

static void
assert_hex(const uint8_t *got, const char *hex)
{
	uint8_t want[128];
	size_t n = from_hex(hex, want);

	assert_memory_equal(got, want, n);
}

/* FIPS 180-4 examples. */
static void
test_sha256(void **state)
{
	uint8_t out[SHA256_LEN];

	sha256("abc", 3, out);
	assert_hex(out, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	sha256("", 0, out);
	assert_hex(out, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

/* RFC 5869, appendix A. */
static const struct {
	const char *key, *salt, *info, *out;
} hkdf_cases[] = {
    {"0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "000102030405060708090a0b0c",
	"f0f1f2f3f4f5f6f7f8f9",
	"3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"},
    {"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
     "202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f"
     "404142434445464748494a4b4c4d4e4f",
	"606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f"
	"808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f"
	"a0a1a2a3a4a5a6a7a8a9aaabacadaeaf",
	"b0b1b2b3b4b5b6b7b8b9babbbcbdbebfc0c1c2c3c4c5c6c7c8c9cacbcccdcecf"
	"d0d1d2d3d4d5d6d7d8d9dadbdcdddedfe0e1e2e3e4e5e6e7e8e9eaebecedeeef"
	"f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff",
	"b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c"
	"59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71"
	"cc30c58179ec3e87c14c01d5c1f3434f1d87"},
    {"0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "", "",
	"8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"},
};

static void
test_hkdf(void **state)
{
	for (size_t i = 0; i < sizeof hkdf_cases / sizeof hkdf_cases[0]; i++) {
		uint8_t key[128], salt[128], info[128], want[128], out[128];
		size_t key_len = from_hex(hkdf_cases[i].key, key);
		size_t salt_len = from_hex(hkdf_cases[i].salt, salt);
		size_t info_len = from_hex(hkdf_cases[i].info, info);
		size_t len = from_hex(hkdf_cases[i].out, want);

		assert_int_equal(
		    hkdf_sha256(key, key_len, salt, salt_len, info, info_len, out, len), 0);
		assert_memory_equal(out, want, len);
	}
}

static void
test_hkdf_too_long(void **state)
{
	static uint8_t out[255 * 32 + 1];

	assert_int_equal(hkdf_sha256("key", 3, NULL, 0, "x", 1, out, sizeof out), -1);
	assert_int_equal(hkdf_sha256("key", 3, NULL, 0, "x", 1, out, sizeof out - 1), 0);
}

/* Known answers of the reference implementation (its test.c), version 0x13. */
static const struct {
	struct argon2_cost cost;
	const char *password, *salt, *out;
} argon2_cases[] = {
    {{2, 256, 1}, "password", "somesalt",
	"9dfeb910e80bad0311fee20f9c0e2b12c17987b4cac90c2ef54d5b3021c68bfe"},
    {{2, 256, 2}, "password", "somesalt",
	"6d093c501fd5999645e0ea3bf620d7b8be7fd2db59c20d9fff9539da2bf57037"},
    {{2, 65536, 1}, "password", "somesalt",
	"09316115d5cf24ed5a15a31a3ba326e5cf32edc24702987c02b6566f61913cf7"},
    {{2, 65536, 1}, "differentpassword", "somesalt",
	"0b84d652cf6b0c4beaef0dfe278ba6a80df6696281d7e0d2891b817d8c458fde"},
    {{2, 65536, 1}, "password", "diffsalt",
	"bdf32b05ccc42eb15d58fd19b1f856b113da1e9a5874fdcc544308565aa8141c"},
};

static void
test_argon2id(void **state)
{
	for (size_t i = 0; i < sizeof argon2_cases / sizeof argon2_cases[0]; i++) {
		uint8_t out[32];

		assert_int_equal(argon2id(&argon2_cases[i].cost, argon2_cases[i].password,
				     strlen(argon2_cases[i].password), argon2_cases[i].salt,
				     strlen(argon2_cases[i].salt), out, sizeof out),
		    0);
		assert_hex(out, argon2_cases[i].out);
	}
}

static void
test_argon2id_refuses(void **state)
{
	struct argon2_cost cost = {1, 64, 1};
	uint8_t out[32];

	assert_int_equal(argon2id(&cost, "password", 8, "short", 5, out, sizeof out), -1);
	cost.passes = 0;
	assert_int_equal(argon2id(&cost, "password", 8, "somesalt", 8, out, sizeof out), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_sha256),
	    cmocka_unit_test(test_hkdf),
	    cmocka_unit_test(test_hkdf_too_long),
	    cmocka_unit_test(test_argon2id),
	    cmocka_unit_test(test_argon2id_refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
