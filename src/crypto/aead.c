/*
 * AEAD: OpenSSL's EVP, which every processor has, and, where it was configured in, Intel's
 * ipsec-mb, which seals a packet in a quarter of the time on processors with VAES.
 *
 * Which of them serves an algorithm is chosen once for the process, by measuring: the processor's
 * name or its flags tell less than a millisecond of work does.  An engine whose known answers are
 * wrong here is not taken.
 */
#include "crypto/aead.h"

#include "crypto/aead_engine.h"

#include <pthread.h>
#include <stdio.h>
#include <time.h>

#define TRY_LEN 1400 /* octets of a packet */
#define TRY_PACKETS 300 /* a round */
#define TRY_ROUNDS 4 /* the first warms up; the best counts */

static const struct aead_engine *const engines[] = {
    &aead_openssl,
#ifdef HAVE_IPSEC_MB
    &aead_mb_gcm,
    &aead_mb_chacha,
#endif
};
#define ENGINES (sizeof(engines) / sizeof(engines[0]))

static const size_t key_lengths[AEAD_ALGORITHMS] = {
    [AEAD_AES_128_GCM] = 16,
    [AEAD_AES_256_GCM] = 32,
    [AEAD_CHACHA20_POLY1305] = 32,
};

/* By algorithm: the engine that serves it, NULL when none can; and what it seals in a second. */
static const struct aead_engine *chosen[AEAD_ALGORITHMS];
static double rates[AEAD_ALGORITHMS];
static pthread_once_t once = PTHREAD_ONCE_INIT;

size_t
aead_key_len(enum aead_algorithm alg)
{
	return (size_t)alg < AEAD_ALGORITHMS ? key_lengths[alg] : 0;
}

size_t
aead_engines(const struct aead_engine *const **list)
{
	*list = engines;
	return ENGINES;
}

struct aead *
aead_new_in(
    const struct aead_engine *engine, enum aead_algorithm alg, const uint8_t *key, int encrypt)
{
	struct aead *a = aead_key_len(alg) > 0 ? engine->new (alg, key, encrypt) : NULL;

	if (a != NULL)
		a->engine = engine;
	return a;
}

static double
seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Octets a second. */
static double
measure(const struct aead_engine *engine, enum aead_algorithm alg)
{
	static const uint8_t key[AEAD_KEY_MAX] = {1}, nonce[AEAD_NONCE_LEN] = {2}, aad[8] = {3};
	uint8_t packet[TRY_LEN] = {0}, tag[AEAD_TAG_LEN];
	struct aead *a = aead_new_in(engine, alg, key, 1);
	double best = 1e9;

	if (a == NULL)
		return 0;
	for (int round = 0; round < TRY_ROUNDS; round++) {
		double start = seconds(), took;

		for (int i = 0; i < TRY_PACKETS; i++)
			aead_seal(a, nonce, aad, sizeof(aad), packet, sizeof(packet), tag);
		took = seconds() - start;
		if (round > 0 && took < best)
			best = took;
	}
	aead_free(a);
	return best > 0 ? (double)TRY_LEN * TRY_PACKETS / best : 0;
}

static void
choose(void)
{
	for (int alg = 1; alg < AEAD_ALGORITHMS; alg++) {
		for (size_t i = 0; i < ENGINES; i++) {
			double rate;

			if (aead_engine_test(engines[i], (enum aead_algorithm)alg) == -1)
				continue;
			rate = measure(engines[i], (enum aead_algorithm)alg);
			if (chosen[alg] != NULL && rate <= rates[alg])
				continue;
			chosen[alg] = engines[i];
			rates[alg] = rate;
		}
	}
}

int
aead_choose(void)
{
	pthread_once(&once, choose);
	for (size_t alg = 1; alg < AEAD_ALGORITHMS; alg++)
		if (chosen[alg] == NULL)
			return -1;
	return 0;
}

void
aead_describe(char *out, size_t size)
{
	pthread_once(&once, choose);
	if (chosen[AEAD_AES_128_GCM] == NULL)
		snprintf(out, size, "none");
	else
		snprintf(out, size, "%s, AES-128-GCM %.1f GB/s", chosen[AEAD_AES_128_GCM]->name(),
		    rates[AEAD_AES_128_GCM] / 1e9);
}

struct aead *
aead_new(enum aead_algorithm alg, const uint8_t *key, int encrypt)
{
	pthread_once(&once, choose);
	if (aead_key_len(alg) == 0 || chosen[alg] == NULL)
		return NULL;
	return aead_new_in(chosen[alg], alg, key, encrypt);
}

void
aead_free(struct aead *a)
{
	if (a != NULL)
		a->engine->free(a);
}

int
aead_seal(struct aead *a, const uint8_t nonce[AEAD_NONCE_LEN], const void *aad, size_t aad_len,
    uint8_t *data, size_t len, uint8_t tag[AEAD_TAG_LEN])
{
	return a->engine->seal(a, nonce, aad, aad_len, data, len, tag);
}

int
aead_open(struct aead *a, const uint8_t nonce[AEAD_NONCE_LEN], const void *aad, size_t aad_len,
    uint8_t *data, size_t len, const uint8_t tag[AEAD_TAG_LEN])
{
	return a->engine->open(a, nonce, aad, aad_len, data, len, tag);
}
