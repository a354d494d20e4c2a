/*
 * What stands behind aead.h: engines, each with the same three functions.  For the files aead*.c
 * only.
 */
#ifndef CRYPTO_AEAD_ENGINE_H
#define CRYPTO_AEAD_ENGINE_H

#include "crypto/aead.h"

#define AEAD_ALGORITHMS (AEAD_CHACHA20_POLY1305 + 1) /* their numbers begin with 1 */

/* The beginning of an engine's keyed context. */
struct aead {
	const struct aead_engine *engine;
};

struct aead_engine {
	/* As aead_new, for a valid algorithm, but for the base; NULL where this engine or this
	 * processor has not got it. */
	struct aead *(*new)(enum aead_algorithm alg, const uint8_t *key, int encrypt);
	void (*free)(struct aead *a); /* wipes the key */
	int (*seal)(struct aead *a, const uint8_t nonce[AEAD_NONCE_LEN], const void *aad,
	    size_t aad_len, uint8_t *data, size_t len, uint8_t tag[AEAD_TAG_LEN]);
	int (*open)(struct aead *a, const uint8_t nonce[AEAD_NONCE_LEN], const void *aad,
	    size_t aad_len, uint8_t *data, size_t len, const uint8_t tag[AEAD_TAG_LEN]);
	const char *(*name)(void); /* with its version */
};

extern const struct aead_engine aead_openssl;
#ifdef HAVE_IPSEC_MB
extern const struct aead_engine aead_mb_gcm, aead_mb_chacha;
#endif

/* All that were configured in; the length of the list. */
size_t aead_engines(const struct aead_engine *const **list);
/* A context of this engine; NULL as above. */
struct aead *aead_new_in(
    const struct aead_engine *engine, enum aead_algorithm alg, const uint8_t *key, int encrypt);
/* Known answers of one algorithm in one engine; 0 when they are right. */
int aead_engine_test(const struct aead_engine *engine, enum aead_algorithm alg);

#endif
