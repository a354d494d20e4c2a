/*
 * The engine on OpenSSL's EVP.  The ciphers are fetched once for the process; a context is one
 * keyed EVP context of which only the IV changes from packet to packet, because looking up the
 * algorithm and expanding the key cost more than sealing a packet does.
 */
#include "crypto/aead_engine.h"

#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

struct keyed {
	struct aead base;
	EVP_CIPHER_CTX *ctx;
};

static const char *const names[AEAD_ALGORITHMS] = {
    [AEAD_AES_128_GCM] = "AES-128-GCM",
    [AEAD_AES_256_GCM] = "AES-256-GCM",
    [AEAD_CHACHA20_POLY1305] = "ChaCha20-Poly1305",
};

static EVP_CIPHER *ciphers[AEAD_ALGORITHMS];
static pthread_once_t ciphers_once = PTHREAD_ONCE_INIT;

/* Kept until the process ends: any thread may hold a context of them. */
static void
fetch_ciphers(void)
{
	for (size_t i = 1; i < AEAD_ALGORITHMS; i++)
		ciphers[i] = EVP_CIPHER_fetch(NULL, names[i], NULL);
}

static void
free_keyed(struct aead *a)
{
	struct keyed *k = (struct keyed *)a;

	EVP_CIPHER_CTX_free(k->ctx); /* wipes the key schedule */
	free(k);
}

static struct aead *
new_keyed(enum aead_algorithm alg, const uint8_t *key, int encrypt)
{
	struct keyed *k;

	pthread_once(&ciphers_once, fetch_ciphers);
	if (ciphers[alg] == NULL || (k = calloc(1, sizeof(*k))) == NULL)
		return NULL;
	/* The nonce length is 12 by default in all three. */
	if ((k->ctx = EVP_CIPHER_CTX_new()) == NULL ||
	    EVP_CipherInit_ex2(k->ctx, ciphers[alg], key, NULL, encrypt != 0, NULL) != 1) {
		free_keyed(&k->base);
		return NULL;
	}
	return &k->base;
}

/* Set the nonce, feed the associated data, run the cipher over data.  0 or -1. */
static int
crypt(EVP_CIPHER_CTX *ctx, const uint8_t *nonce, const void *aad, size_t aad_len, uint8_t *data,
    size_t len)
{
	int n;

	if (aad_len > INT_MAX || len > INT_MAX ||
	    EVP_CipherInit_ex2(ctx, NULL, NULL, nonce, -1, NULL) != 1)
		return -1;
	if (aad_len > 0 && EVP_CipherUpdate(ctx, NULL, &n, aad, (int)aad_len) != 1)
		return -1;
	if (len > 0 && (EVP_CipherUpdate(ctx, data, &n, data, (int)len) != 1 || (size_t)n != len))
		return -1;
	return 0;
}

static int
seal(struct aead *a, const uint8_t nonce[AEAD_NONCE_LEN], const void *aad, size_t aad_len,
    uint8_t *data, size_t len, uint8_t tag[AEAD_TAG_LEN])
{
	EVP_CIPHER_CTX *ctx = ((struct keyed *)a)->ctx;
	uint8_t none[1];
	int n;

	if (crypt(ctx, nonce, aad, aad_len, data, len) == -1 ||
	    EVP_CipherFinal_ex(ctx, none, &n) != 1)
		return -1;
	return EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, AEAD_TAG_LEN, tag) == 1 ? 0 : -1;
}

static int
open_sealed(struct aead *a, const uint8_t nonce[AEAD_NONCE_LEN], const void *aad, size_t aad_len,
    uint8_t *data, size_t len, const uint8_t tag[AEAD_TAG_LEN])
{
	EVP_CIPHER_CTX *ctx = ((struct keyed *)a)->ctx;
	uint8_t none[1];
	int n;

	if (crypt(ctx, nonce, aad, aad_len, data, len) == -1)
		return -1;
	if (EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, AEAD_TAG_LEN, (void *)(uintptr_t)tag) !=
	    1)
		return -1;
	return EVP_CipherFinal_ex(ctx, none, &n) == 1 ? 0 : -1;
}

static const char *
name(void)
{
	static char text[32];

	if (text[0] == '\0')
		snprintf(text, sizeof(text), "OpenSSL %s", OpenSSL_version(OPENSSL_VERSION_STRING));
	return text;
}

const struct aead_engine aead_openssl = {
    .new = new_keyed,
    .free = free_keyed,
    .seal = seal,
    .open = open_sealed,
    .name = name,
};
