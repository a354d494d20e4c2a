#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "crypto/siphash.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <string.h>

static const uint8_t octets[16] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};

/* Appendix A of the paper. */
static void
the_papers_example(void **state)
{
	struct siphash_key key;
	uint8_t input[15];

	for (unsigned i = 0; i < sizeof input; i++)
		input[i] = (uint8_t)i;
	siphash_key_from(&key, octets);
	assert_true(siphash(&key, input, sizeof input) == 0xa129ca6149be45e5u);
}

static uint64_t
openssl(const uint8_t *data, size_t len)
{
	EVP_MAC *mac = EVP_MAC_fetch(NULL, "SIPHASH", NULL);
	EVP_MAC_CTX *ctx = EVP_MAC_CTX_new(mac);
	size_t size = 8, got = 0;
	const OSSL_PARAM params[] = {
	    OSSL_PARAM_construct_size_t(OSSL_MAC_PARAM_SIZE, &size), OSSL_PARAM_construct_end()};
	uint8_t out[8];
	uint64_t value = 0;

	assert_int_equal(EVP_MAC_init(ctx, octets, sizeof octets, params), 1);
	assert_int_equal(EVP_MAC_update(ctx, data, len), 1);
	assert_int_equal(EVP_MAC_final(ctx, out, &got, sizeof out), 1);
	assert_int_equal(got, 8);
	EVP_MAC_CTX_free(ctx);
	EVP_MAC_free(mac);
	for (int i = 7; i >= 0; i--)
		value = value << 8 | out[i];
	return value;
}

static void
openssl_says_the_same(void **state)
{
	struct siphash_key key;
	uint8_t input[100];

	siphash_key_from(&key, octets);
	for (size_t len = 0; len <= sizeof input; len++) {
		memset(input, (int)(len * 37), sizeof input);
		assert_true(siphash(&key, input, len) == openssl(input, len));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_papers_example),
	    cmocka_unit_test(openssl_says_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
