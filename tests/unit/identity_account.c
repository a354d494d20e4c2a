/*
 * What a phrase gives is fixed for ever.  The values below were computed by an independent
 * program from the description in account.h.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "crypto/cert.h"
#include "crypto/hash.h"
#include "identity/account.h"
#include "identity/account_file.h"
#include "identity/ula.h"

#include <stdio.h>
#include <string.h>

#define PHRASE "scheme spot photo card baby mountain device kick cradle pact join borrow"
#define DOMAIN "alice.example.com"
#define MASTER "486bc68a1c908b4fdd2851ddc62b73082b9acd14112cf24a25af70e26b114d0e"
#define ACCOUNT_SECRET "f9a9e917415bc9340bae87f9f100a302dccbaae71343cb6015465343b0942fc3"
#define CA_SEED "7f79662a26934e419cb5ed0aaafe3f9ba8cfa95c771327f935977b28bc98e36d"
#define DEVICE_SECRET "90f69bf8716ccdfb7d9fea3691c6ea34ea2f419bfcbc1a96f35c1995de987d49"
#define DEVICE_SECRET_1 "d6ab8d113ea0beba92842227a151166341ee523e8f08b4ba0a5e698f3297d1cc"
#define DEVICE_SEED 7 /* 32 times */
#define DEVICE_ULA "fd678cbbb0290000fe812c12f3ab4ce6"
#define CA_CERT_SHA256 "357ad4907c01b0c3db0a6d0a77dd60d1404f7b4a2fa60d0a2492865af008730b"
#define DEVICE_CERT_SHA256 "7ea7c6ff0cfbcf9d4b4e6415bb21c72df3585705f5031ba842ae17fdb3a499f5"

static struct account account; /* of PHRASE and DOMAIN */

static void
assert_hex(const uint8_t *got, size_t len, const char *want)
{
	char hex[129];

	assert_true(2 * len < sizeof hex);
	for (size_t i = 0; i < len; i++)
		sprintf(hex + 2 * i, "%02x", got[i]);
	assert_string_equal(hex, want);
}

static int
setup(void **state)
{
	uint8_t entropy[PHRASE_ENTROPY];
	char why[MSG_TEXT_MAX];

	return phrase_decode(PHRASE, entropy, why) == 0 &&
		account_derive(DOMAIN, entropy, &account) == 0
	    ? 0
	    : -1;
}

static void
test_keys(void **state)
{
	assert_hex(account.master, sizeof account.master, MASTER);
	assert_hex(account.ca_seed, sizeof account.ca_seed, CA_SEED);
	assert_string_equal(account.domain, DOMAIN);
	assert_string_equal(account.tsig.name, "autotunnel-account." DOMAIN);
	assert_int_equal(account.tsig.algorithm, TSIG_HMAC_SHA256);
	assert_int_equal(account.tsig.secret_len, 32);
	assert_hex(account.tsig.secret, 32, ACCOUNT_SECRET);
}

static void
test_device_key(void **state)
{
	static const char *const spellings[] = {"nas." DOMAIN, "NAS.Alice.example.COM"};
	struct tsig_key key;

	for (int i = 0; i < 2; i++) {
		assert_int_equal(account_device_tsig(&account, spellings[i], 0, &key), 0);
		assert_string_equal(key.name, "nas." DOMAIN);
		assert_int_equal(key.algorithm, TSIG_HMAC_SHA256);
		assert_hex(key.secret, key.secret_len, DEVICE_SECRET);
	}
}

/* A name that is given again, after its machine was revoked. */
static void
test_device_key_generation(void **state)
{
	struct tsig_key key;

	assert_int_equal(account_device_tsig(&account, "nas." DOMAIN, 1, &key), 0);
	assert_string_equal(key.name, "nas." DOMAIN);
	assert_hex(key.secret, key.secret_len, DEVICE_SECRET_1);
}

/* The same words in another domain are another account. */
static void
test_domain_is_salt(void **state)
{
	uint8_t entropy[PHRASE_ENTROPY];
	char why[MSG_TEXT_MAX];
	struct account other;

	assert_int_equal(phrase_decode(PHRASE, entropy, why), 0);
	assert_int_equal(account_derive("bob.example.com", entropy, &other), 0);
	assert_memory_not_equal(other.master, account.master, sizeof other.master);
	assert_int_equal(account_derive("ALICE.example.com", entropy, &other), 0);
	assert_memory_equal(&other, &account, sizeof other);
}

static void
test_certificates(void **state)
{
	uint8_t seed[ED25519_SEED_LEN], hash[SHA256_LEN], back[ED25519_SEED_LEN];
	struct cert_info info;
	struct identity id;

	memset(seed, DEVICE_SEED, sizeof seed);
	assert_int_equal(account_issue(&account, "nas." DOMAIN, seed, &id), 0);
	assert_string_equal(id.domain, DOMAIN);
	assert_string_equal(id.name, "nas." DOMAIN);
	assert_hex(id.ula, sizeof id.ula, DEVICE_ULA);
	assert_int_equal(id.servers, 0);
	assert_hex(id.tsig.secret, id.tsig.secret_len, DEVICE_SECRET);
	assert_int_equal(ed25519_from_pkcs8(id.key.data, id.key.len, back), 0);
	assert_memory_equal(back, seed, sizeof seed);
	assert_true(cert_issued_by(id.cert.data, id.cert.len, id.ca.data, id.ca.len));
	assert_int_equal(cert_read(id.cert.data, id.cert.len, &info), 0);
	assert_string_equal(info.dns_name, "nas." DOMAIN);
	assert_string_equal(info.common_name, "nas");
	assert_memory_equal(info.address, id.ula, sizeof id.ula);
	sha256(id.ca.data, id.ca.len, hash);
	assert_hex(hash, sizeof hash, CA_CERT_SHA256);
	sha256(id.cert.data, id.cert.len, hash);
	assert_hex(hash, sizeof hash, DEVICE_CERT_SHA256);
}

/* Two devices share 48 bits and differ behind them. */
static void
test_addresses(void **state)
{
	uint8_t ca[ED25519_PUBLIC_LEN] = {1}, other_ca[ED25519_PUBLIC_LEN] = {2};
	uint8_t key[ED25519_PUBLIC_LEN] = {3}, other_key[ED25519_PUBLIC_LEN] = {4};
	uint8_t a[16], b[16], c[16];

	ula_derive(ca, key, a);
	ula_derive(ca, other_key, b);
	ula_derive(other_ca, key, c);
	assert_int_equal(a[0], 0xfd);
	assert_memory_equal(a, b, ULA_PREFIX_LEN / 8 + 2);
	assert_memory_not_equal(a + 8, b + 8, 8);
	assert_memory_not_equal(a, c, ULA_PREFIX_LEN / 8);
	assert_memory_equal(a + 6, c + 6, 10);
}

static void
test_names(void **state)
{
	static const struct {
		const char *name;
		int valid;
	} names[] = {{"nas." DOMAIN, 1}, {"nas-2." DOMAIN, 1}, {DOMAIN, 0}, {"a.b." DOMAIN, 0},
	    {"nas.bob.example.com", 0}, {"Nas." DOMAIN, 0}, {"_nas." DOMAIN, 0}, {"." DOMAIN, 0},
	    {"nas" DOMAIN, 0}, {"autotunnel-account." DOMAIN, 0}, {"nas", 0}, {"", 0}};

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		assert_int_equal(account_name_valid(names[i].name, DOMAIN), names[i].valid);
	assert_true(account_domain_valid(DOMAIN));
	assert_true(account_domain_valid("internal"));
	assert_false(account_domain_valid(""));
	assert_false(account_domain_valid("Alice.example.com"));
	assert_false(account_domain_valid("alice.example.com."));
	assert_false(account_domain_valid("alice_.example.com"));
	assert_true(account_domain_valid(
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.bbbbbbbbbbbbbbbbbbbbbbb"));
	assert_false(account_domain_valid(
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.bbbbbbbbbbbbbbbbbbbbbbbb"));
}

/* What is left can sign the roster, but make no TSIG key. */
static void
test_seal(void **state)
{
	static const uint8_t zero[ED25519_SEED_LEN];
	struct account sealed = account;

	account_seal(&sealed);
	assert_memory_equal(sealed.master, zero, sizeof sealed.master);
	assert_memory_equal(sealed.ca_seed, account.ca_seed, sizeof account.ca_seed);
	assert_memory_equal(&sealed.tsig, &account.tsig, sizeof account.tsig);
	assert_memory_equal(&sealed.ca, &account.ca, sizeof account.ca);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_keys),
	    cmocka_unit_test(test_device_key),
	    cmocka_unit_test(test_device_key_generation),
	    cmocka_unit_test(test_domain_is_salt),
	    cmocka_unit_test(test_certificates),
	    cmocka_unit_test(test_addresses),
	    cmocka_unit_test(test_names),
	    cmocka_unit_test(test_seal),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
