/*
 * AEAD on OpenSSL's EVP.  The ciphers are fetched once for the process; a struct aead is one
 * keyed EVP context of which only the IV changes from packet to packet, because looking up the
 * algorithm and expanding the key cost more than sealing a packet does.
 */
#include "crypto/aead.h"

#include <limits.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdlib.h>

struct aead {
	EVP_CIPHER_CTX *ctx;
};

static const struct {
	const char *name;
	size_t key_len;
} algorithms[] = {
    [AEAD_AES_128_GCM] = {"AES-128-GCM", 16},
    [AEAD_AES_256_GCM] = {"AES-256-GCM", 32},
    [AEAD_CHACHA20_POLY1305] = {"ChaCha20-Poly1305", 32},
};
#define ALGORITHMS (sizeof(algorithms) / sizeof(algorithms[0]))

static EVP_CIPHER *ciphers[ALGORITHMS];
static pthread_once_t ciphers_once = PTHREAD_ONCE_INIT;

/* Kept until the process ends: any thread may hold a context of them. */
static void
fetch_ciphers(void)
{
	for (size_t i = 1; i < ALGORITHMS; i++)
		ciphers[i] = EVP_CIPHER_fetch(NULL, algorithms[i].name, NULL);
}

size_t
aead_key_len(enum aead_algorithm alg)
{
	return (size_t)alg < ALGORITHMS ? algorithms[alg].key_len : 0;
}

struct aead *
aead_new(enum aead_algorithm alg, const uint8_t *key, int encrypt)
{
	struct aead *a;

	if (aead_key_len(alg) == 0)
		return NULL;
	pthread_once(&ciphers_once, fetch_ciphers);
	if (ciphers[alg] == NULL || (a = calloc(1, sizeof(*a))) == NULL)
		return NULL;
	/* The nonce length is 12 by default in all three. */
	if ((a->ctx = EVP_CIPHER_CTX_new()) == NULL ||
	    EVP_CipherInit_ex2(a->ctx, ciphers[alg], key, NULL, encrypt != 0, NULL) != 1) {
		aead_free(a);
		return NULL;
	}
	return a;
}

void
aead_free(struct aead *a)
{
	if (a == NULL)
		return;
	EVP_CIPHER_CTX_free(a->ctx); /* wipes the key schedule */
	free(a);
}

/* Set the nonce, feed the associated data, run the cipher over data.  0 or -1. */
static int
crypt(struct aead *a, const uint8_t *nonce, const void *aad, size_t aad_len, uint8_t *data,
    size_t len)
{
	int n;

	if (aad_len > INT_MAX || len > INT_MAX ||
	    EVP_CipherInit_ex2(a->ctx, NULL, NULL, nonce, -1, NULL) != 1)
		return -1;
	if (aad_len > 0 && EVP_CipherUpdate(a->ctx, NULL, &n, aad, (int)aad_len) != 1)
		return -1;
	if (len > 0 &&
	    (EVP_CipherUpdate(a->ctx, data, &n, data, (int)len) != 1 || (size_t)n != len))
		return -1;
	return 0;
}

int
aead_seal(struct aead *a, const uint8_t nonce[AEAD_NONCE_LEN], const void *aad, size_t aad_len,
    uint8_t *data, size_t len, uint8_t tag[AEAD_TAG_LEN])
{
	uint8_t none[1];
	int n;

	if (crypt(a, nonce, aad, aad_len, data, len) == -1 ||
	    EVP_CipherFinal_ex(a->ctx, none, &n) != 1)
		return -1;
	return EVP_CIPHER_CTX_ctrl(a->ctx, EVP_CTRL_AEAD_GET_TAG, AEAD_TAG_LEN, tag) == 1 ? 0 : -1;
}

int
aead_open(struct aead *a, const uint8_t nonce[AEAD_NONCE_LEN], const void *aad, size_t aad_len,
    uint8_t *data, size_t len, const uint8_t tag[AEAD_TAG_LEN])
{
	uint8_t none[1];
	int n;

	if (crypt(a, nonce, aad, aad_len, data, len) == -1)
		return -1;
	if (EVP_CIPHER_CTX_ctrl(
		a->ctx, EVP_CTRL_AEAD_SET_TAG, AEAD_TAG_LEN, (void *)(uintptr_t)tag) != 1)
		return -1;
	return EVP_CipherFinal_ex(a->ctx, none, &n) == 1 ? 0 : -1;
}
