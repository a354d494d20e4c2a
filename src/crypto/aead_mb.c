/*
 * The engines on Intel's ipsec-mb.  The library finds out itself which of its implementations suits
 * the processor.  Its manager is a table of functions here and is shared by all threads; what
 * belongs to a packet is in the keyed context.
 */
#include "crypto/aead_engine.h"

#ifdef HAVE_IPSEC_MB

#include "crypto/mac.h"

#include <intel-ipsec-mb.h>
#include <openssl/crypto.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ALIGNMENT 64

struct gcm {
	struct aead base;
	aes_gcm_enc_dec_t run;
	struct gcm_key_data key __attribute__((aligned(ALIGNMENT)));
	struct gcm_context_data packet __attribute__((aligned(ALIGNMENT)));
};

struct chacha {
	struct aead base;
	uint8_t key[AEAD_KEY_MAX] __attribute__((aligned(ALIGNMENT)));
	struct chacha20_poly1305_context_data packet __attribute__((aligned(ALIGNMENT)));
};

static IMB_MGR *manager; /* NULL when this processor is not one for it */
static pthread_once_t manager_once = PTHREAD_ONCE_INIT;

static void
make_manager(void)
{
	IMB_ARCH arch = IMB_ARCH_NONE;
	IMB_MGR *m = alloc_mb_mgr(0);

	if (m == NULL)
		return;
	init_mb_mgr_auto(m, &arch);
	/* Without AES instructions it would emulate them. */
	if (imb_get_errno(m) != 0 || arch == IMB_ARCH_NONE || arch == IMB_ARCH_NOAESNI)
		free_mb_mgr(m);
	else
		manager = m;
}

/* Zeroed and aligned; NULL also when there is no manager. */
static void *
make_keyed(size_t size)
{
	void *room;

	pthread_once(&manager_once, make_manager);
	if (manager == NULL || (room = aligned_alloc(ALIGNMENT, size)) == NULL)
		return NULL;
	return memset(room, 0, size);
}

static const char *
name(void)
{
	static char text[32];

	if (text[0] == '\0')
		snprintf(text, sizeof(text), "ipsec-mb %s", imb_get_version_str());
	return text;
}

/* ---- AES-GCM ---- */

static struct aead *
gcm_new(enum aead_algorithm alg, const uint8_t *key, int encrypt)
{
	struct gcm *g;

	if ((alg != AEAD_AES_128_GCM && alg != AEAD_AES_256_GCM) ||
	    (g = make_keyed(sizeof(*g))) == NULL)
		return NULL;
	if (alg == AEAD_AES_128_GCM) {
		IMB_AES128_GCM_PRE(manager, key, &g->key);
		g->run = encrypt ? manager->gcm128_enc : manager->gcm128_dec;
	} else {
		IMB_AES256_GCM_PRE(manager, key, &g->key);
		g->run = encrypt ? manager->gcm256_enc : manager->gcm256_dec;
	}
	return &g->base;
}

static void
gcm_free(struct aead *a)
{
	crypto_wipe(a, sizeof(struct gcm));
	free(a);
}

static int
gcm_seal(struct aead *a, const uint8_t nonce[AEAD_NONCE_LEN], const void *aad, size_t aad_len,
    uint8_t *data, size_t len, uint8_t tag[AEAD_TAG_LEN])
{
	struct gcm *g = (struct gcm *)a;

	g->run(&g->key, &g->packet, data, data, len, nonce, aad, aad_len, tag, AEAD_TAG_LEN);
	return 0;
}

static int
gcm_open(struct aead *a, const uint8_t nonce[AEAD_NONCE_LEN], const void *aad, size_t aad_len,
    uint8_t *data, size_t len, const uint8_t tag[AEAD_TAG_LEN])
{
	uint8_t real[AEAD_TAG_LEN];

	gcm_seal(a, nonce, aad, aad_len, data, len, real);
	return CRYPTO_memcmp(real, tag, sizeof(real)) == 0 ? 0 : -1;
}

const struct aead_engine aead_mb_gcm = {
    .new = gcm_new,
    .free = gcm_free,
    .seal = gcm_seal,
    .open = gcm_open,
    .name = name,
};

/* ---- ChaCha20-Poly1305 ---- */

static struct aead *
chacha_new(enum aead_algorithm alg, const uint8_t *key, int encrypt)
{
	struct chacha *c;

	(void)encrypt; /* the key serves both */
	if (alg != AEAD_CHACHA20_POLY1305 || (c = make_keyed(sizeof(*c))) == NULL)
		return NULL;
	memcpy(c->key, key, sizeof(c->key));
	return &c->base;
}

static void
chacha_free(struct aead *a)
{
	crypto_wipe(a, sizeof(struct chacha));
	free(a);
}

static int
chacha_seal(struct aead *a, const uint8_t nonce[AEAD_NONCE_LEN], const void *aad, size_t aad_len,
    uint8_t *data, size_t len, uint8_t tag[AEAD_TAG_LEN])
{
	struct chacha *c = (struct chacha *)a;

	IMB_CHACHA20_POLY1305_INIT(manager, c->key, &c->packet, nonce, aad, aad_len);
	IMB_CHACHA20_POLY1305_ENC_UPDATE(manager, c->key, &c->packet, data, data, len);
	IMB_CHACHA20_POLY1305_ENC_FINALIZE(manager, &c->packet, tag, AEAD_TAG_LEN);
	return 0;
}

static int
chacha_open(struct aead *a, const uint8_t nonce[AEAD_NONCE_LEN], const void *aad, size_t aad_len,
    uint8_t *data, size_t len, const uint8_t tag[AEAD_TAG_LEN])
{
	struct chacha *c = (struct chacha *)a;
	uint8_t real[AEAD_TAG_LEN];

	IMB_CHACHA20_POLY1305_INIT(manager, c->key, &c->packet, nonce, aad, aad_len);
	IMB_CHACHA20_POLY1305_DEC_UPDATE(manager, c->key, &c->packet, data, data, len);
	IMB_CHACHA20_POLY1305_DEC_FINALIZE(manager, &c->packet, real, AEAD_TAG_LEN);
	return CRYPTO_memcmp(real, tag, sizeof(real)) == 0 ? 0 : -1;
}

const struct aead_engine aead_mb_chacha = {
    .new = chacha_new,
    .free = chacha_free,
    .seal = chacha_seal,
    .open = chacha_open,
    .name = name,
};

#endif
