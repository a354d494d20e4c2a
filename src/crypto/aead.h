/*
 * Authenticated encryption with a 12-octet nonce and a 16-octet tag, in place, for ESP.
 * OpenSSL and ipsec-mb stand behind these functions (aead.c chooses), in src/crypto only.
 */
#ifndef CRYPTO_AEAD_H
#define CRYPTO_AEAD_H

#include <stddef.h>
#include <stdint.h>

enum aead_algorithm { AEAD_AES_128_GCM = 1, AEAD_AES_256_GCM, AEAD_CHACHA20_POLY1305 };

#define AEAD_NONCE_LEN 12
#define AEAD_TAG_LEN 16
#define AEAD_KEY_MAX 32

struct aead;

/* Key length in octets; 0 for an unknown algorithm. */
size_t aead_key_len(enum aead_algorithm alg);

/* A keyed context for one direction.  Not for two threads at once.  NULL when the algorithm or
 * the engine fails.  The key is copied. */
struct aead *aead_new(enum aead_algorithm alg, const uint8_t *key, int encrypt);
/* Wipes the key; NULL is fine. */
void aead_free(struct aead *a);

/* Encrypt len octets at data in place and write the tag.  0 or -1. */
int aead_seal(struct aead *a, const uint8_t nonce[AEAD_NONCE_LEN], const void *aad, size_t aad_len,
    uint8_t *data, size_t len, uint8_t tag[AEAD_TAG_LEN]);
/* Decrypt in place; -1 when the tag does not fit (data is then garbage). */
int aead_open(struct aead *a, const uint8_t nonce[AEAD_NONCE_LEN], const void *aad, size_t aad_len,
    uint8_t *data, size_t len, const uint8_t tag[AEAD_TAG_LEN]);

/* Test every engine by known answers and choose the fastest for each algorithm: a few milliseconds,
 * once for the process (aead_new does it otherwise).  0, or -1 when an algorithm has none. */
int aead_choose(void);
/* "ENGINE VERSION, AES-128-GCM N GB/s": what was chosen, and measured. */
void aead_describe(char *out, size_t size);

#endif
