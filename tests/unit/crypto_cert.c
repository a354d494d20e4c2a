#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "crypto/cert.h"

#include <stdio.h>
#include <string.h>

#define DER_MAX 2048

static void
from_hex(const char *hex, uint8_t *out)
{
	unsigned v;

	for (; sscanf(hex, "%2x", &v) == 1; hex += 2)
		*out++ = (uint8_t)v;
}

/* RFC 8032 section 7.1. */
static void
test_public(void **state)
{
	static const char *const cases[][2] = {
	    {"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
		"d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"},
	    {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
		"3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"},
	};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		uint8_t seed[ED25519_SEED_LEN], want[ED25519_PUBLIC_LEN], got[ED25519_PUBLIC_LEN];

		from_hex(cases[i][0], seed);
		from_hex(cases[i][1], want);
		assert_int_equal(ed25519_public(seed, got), 0);
		assert_memory_equal(got, want, sizeof got);
	}
}

/* The key of RFC 8410 section 10.3, and what is not exactly such a one. */
static void
test_pkcs8(void **state)
{
	uint8_t der[ED25519_PKCS8_LEN + 1], again[ED25519_PKCS8_LEN], seed[ED25519_SEED_LEN];

	from_hex("302e020100300506032b657004220420"
		 "d4ee72dbf913584ad5b6d8f1f769f8ad3afe7c28cbf1d4fbe097a88f44755842",
	    der);
	assert_int_equal(ed25519_from_pkcs8(der, ED25519_PKCS8_LEN, seed), 0);
	ed25519_to_pkcs8(seed, again);
	assert_memory_equal(again, der, sizeof again);
	assert_int_equal(ed25519_from_pkcs8(der, ED25519_PKCS8_LEN + 1, seed), -1);
	assert_int_equal(ed25519_from_pkcs8(der, ED25519_PKCS8_LEN - 1, seed), -1);
	assert_int_equal(ed25519_from_pkcs8(der, 0, seed), -1);
	for (size_t i = 0; i < ED25519_PKCS8_LEN - ED25519_SEED_LEN; i++) {
		der[i] ^= 1;
		assert_int_equal(ed25519_from_pkcs8(der, ED25519_PKCS8_LEN, seed), -1);
		der[i] ^= 1;
	}
}

struct fixture {
	uint8_t ca_seed[ED25519_SEED_LEN];
	struct cert_info info;
	uint8_t ca[DER_MAX], cert[DER_MAX];
	size_t ca_len, cert_len;
};

static void
make(struct fixture *f)
{
	uint8_t seed[ED25519_SEED_LEN];
	ssize_t len;

	memset(f, 0, sizeof *f);
	memset(f->ca_seed, 1, sizeof f->ca_seed);
	memset(seed, 2, sizeof seed);
	len = cert_make_ca("alice.example.com", f->ca_seed, f->ca, sizeof f->ca);
	assert_true(len > 0);
	f->ca_len = (size_t)len;
	assert_int_equal(ed25519_public(seed, f->info.public_key), 0);
	strcpy(f->info.common_name, "nas");
	strcpy(f->info.issuer, "alice.example.com");
	strcpy(f->info.dns_name, "nas.alice.example.com");
	memset(f->info.address, 0xfd, sizeof f->info.address);
	len = cert_make_device(&f->info, f->ca_seed, f->cert, sizeof f->cert);
	assert_true(len > 0);
	f->cert_len = (size_t)len;
}

static void
test_read_back(void **state)
{
	uint8_t ca_key[ED25519_PUBLIC_LEN];
	struct cert_info got;
	struct fixture f;

	make(&f);
	assert_int_equal(cert_read(f.cert, f.cert_len, &got), 0);
	assert_memory_equal(&got, &f.info, sizeof got);
	assert_int_equal(cert_read(f.ca, f.ca_len, &got), 0);
	assert_int_equal(ed25519_public(f.ca_seed, ca_key), 0);
	assert_memory_equal(got.public_key, ca_key, sizeof ca_key);
	assert_true(got.is_ca);
	assert_string_equal(got.common_name, "alice.example.com");
	assert_string_equal(got.dns_name, "");
}

static void
test_same_again(void **state)
{
	struct fixture f, g;

	make(&f);
	make(&g);
	assert_memory_equal(&f, &g, sizeof f);
}

static void
test_issued_by(void **state)
{
	uint8_t other_seed[ED25519_SEED_LEN] = {9}, other[DER_MAX];
	struct fixture f;
	ssize_t len;

	make(&f);
	assert_true(cert_issued_by(f.cert, f.cert_len, f.ca, f.ca_len));
	assert_true(cert_issued_by(f.ca, f.ca_len, f.ca, f.ca_len));
	assert_false(cert_issued_by(f.cert, f.cert_len, f.cert, f.cert_len));
	assert_false(cert_issued_by(f.ca, f.ca_len, f.cert, f.cert_len));
	/* the same name, another key */
	len = cert_make_ca("alice.example.com", other_seed, other, sizeof other);
	assert_false(cert_issued_by(f.cert, f.cert_len, other, (size_t)len));
	/* the same key, another name */
	len = cert_make_ca("bob.example.com", f.ca_seed, other, sizeof other);
	assert_false(cert_issued_by(f.cert, f.cert_len, other, (size_t)len));
}

/* No octet of a certificate can be changed unseen. */
static void
test_tampered(void **state)
{
	struct fixture f;

	make(&f);
	for (size_t i = 0; i < f.cert_len; i++) {
		f.cert[i] ^= 1;
		assert_false(cert_issued_by(f.cert, f.cert_len, f.ca, f.ca_len));
		f.cert[i] ^= 1;
	}
	assert_true(cert_issued_by(f.cert, f.cert_len, f.ca, f.ca_len));
}

static void
test_read_refuses(void **state)
{
	struct cert_info got;
	struct fixture f;

	make(&f);
	assert_int_equal(cert_read(f.cert, f.cert_len - 1, &got), -1);
	assert_int_equal(cert_read(f.cert, f.cert_len + 1, &got), -1);
	assert_int_equal(cert_read(f.cert, 0, &got), -1);
	assert_int_equal(cert_read("-----BEGIN CERTIFICATE-----", 27, &got), -1);
}

/* A server's certificate is not a device's. */
static void
test_server(void **state)
{
	uint8_t seed[ED25519_SEED_LEN] = {3}, out[DER_MAX], again[DER_MAX];
	char name[CERT_DNS_MAX + 1];
	struct cert_info got;
	ssize_t len = cert_make_server("ns.example.com", seed, out, sizeof out);

	assert_true(len > 0);
	assert_int_equal(cert_make_server("ns.example.com", seed, again, sizeof again), len);
	assert_memory_equal(out, again, (size_t)len);
	assert_int_equal(cert_read(out, (size_t)len, &got), -1);
	assert_int_equal(cert_make_server("", seed, out, sizeof out), -1);
	assert_int_equal(cert_make_server("ns.example.com", seed, out, 100), -1);
	memset(name, 'a', sizeof name);
	name[CERT_DNS_MAX] = '\0';
	assert_int_equal(cert_make_server(name, seed, out, sizeof out), -1);
}

static void
test_limits(void **state)
{
	char name[CERT_NAME_MAX + 1];
	uint8_t out[DER_MAX];
	struct fixture f;
	ssize_t len;

	make(&f);
	memset(name, 'a', sizeof name);
	name[CERT_NAME_MAX] = '\0';
	assert_int_equal(cert_make_ca(name, f.ca_seed, out, sizeof out), -1);
	assert_int_equal(cert_make_ca("", f.ca_seed, out, sizeof out), -1);
	name[CERT_NAME_MAX - 1] = '\0';
	assert_true(cert_make_ca(name, f.ca_seed, out, sizeof out) > 0);
	assert_int_equal(cert_make_ca("a", f.ca_seed, out, 100), -1);
	/* the longest names there are fit a message */
	memset(f.info.dns_name, 'a', 253);
	memset(f.info.issuer, 'a', CERT_NAME_MAX - 1);
	memset(f.info.common_name, 'a', 63);
	len = cert_make_device(&f.info, f.ca_seed, out, sizeof out);
	assert_in_range(len, 1, 1024);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_public),
	    cmocka_unit_test(test_pkcs8),
	    cmocka_unit_test(test_read_back),
	    cmocka_unit_test(test_same_again),
	    cmocka_unit_test(test_issued_by),
	    cmocka_unit_test(test_tampered),
	    cmocka_unit_test(test_read_refuses),
	    cmocka_unit_test(test_server),
	    cmocka_unit_test(test_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
