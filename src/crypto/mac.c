/*
 * HMAC on OpenSSL's EVP_MAC, and the few things about secrets that every user of a MAC needs.
 * The MAC is fetched once for the process, so that the sandboxed workers need no file later.
 */
#include "crypto/mac.h"

#include "base/log.h"

#include <errno.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/random.h>

struct mac {
	EVP_MAC_CTX *ctx;
	size_t len;
	int failed;
};

static const struct {
	const char *digest;
	size_t len;
} algorithms[] = {
    [MAC_HMAC_SHA256] = {"SHA256", 32},
    [MAC_HMAC_SHA384] = {"SHA384", 48},
    [MAC_HMAC_SHA512] = {"SHA512", 64},
    [MAC_HMAC_SHA1] = {"SHA1", 20},
    [MAC_HMAC_MD5] = {"MD5", 16},
};
#define ALGORITHMS (sizeof(algorithms) / sizeof(algorithms[0]))

static EVP_MAC *hmac;
static pthread_once_t hmac_once = PTHREAD_ONCE_INIT;

static void
fetch_hmac(void)
{
	hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
}

size_t
mac_len(enum mac_algorithm alg)
{
	return (size_t)alg < ALGORITHMS ? algorithms[alg].len : 0;
}

static void
mac_free(struct mac *m)
{
	EVP_MAC_CTX_free(m->ctx); /* wipes the key */
	free(m);
}

struct mac *
mac_new(enum mac_algorithm alg, const void *key, size_t key_len)
{
	OSSL_PARAM params[2];
	struct mac *m;

	if (mac_len(alg) == 0)
		return NULL;
	pthread_once(&hmac_once, fetch_hmac);
	if (hmac == NULL || (m = calloc(1, sizeof(*m))) == NULL)
		return NULL;
	m->len = mac_len(alg);
	params[0] = OSSL_PARAM_construct_utf8_string(
	    OSSL_MAC_PARAM_DIGEST, (char *)(uintptr_t)algorithms[alg].digest, 0);
	params[1] = OSSL_PARAM_construct_end();
	/* A NULL key would mean "keep the old one", so an empty key points somewhere too. */
	if ((m->ctx = EVP_MAC_CTX_new(hmac)) == NULL ||
	    EVP_MAC_init(m->ctx, key_len > 0 ? key : (const void *)"", key_len, params) != 1) {
		mac_free(m);
		return NULL;
	}
	return m;
}

void
mac_update(struct mac *m, const void *data, size_t len)
{
	if (len > 0 && EVP_MAC_update(m->ctx, data, len) != 1)
		m->failed = 1;
}

int
mac_final(struct mac *m, uint8_t out[MAC_LEN_MAX])
{
	size_t n = 0;
	int ok = !m->failed && EVP_MAC_final(m->ctx, out, &n, MAC_LEN_MAX) == 1 && n == m->len;

	mac_free(m);
	return ok ? 0 : -1;
}

int
crypto_equal(const void *a, const void *b, size_t len)
{
	return CRYPTO_memcmp(a, b, len) == 0;
}

void
crypto_random(void *out, size_t len)
{
	uint8_t *p = out;

	while (len > 0) {
		ssize_t n = getrandom(p, len, 0);

		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			fatal("getrandom");
		p += n;
		len -= (size_t)n;
	}
}

void
crypto_wipe(void *p, size_t len)
{
	OPENSSL_cleanse(p, len);
}
