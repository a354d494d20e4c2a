#include "dnsupdate/wire/key_seal.h"

#include "crypto/aead.h"
#include "crypto/kdf.h"
#include "crypto/mac.h"

#include <string.h>

#define SEAL_VERSION 1
#define NONCE_AT 2
#define SEALED_AT (NONCE_AT + AEAD_NONCE_LEN)
#define SECRET_MIN 16

int
key_seal_owner(struct name *out, const struct name *host)
{
	return name_prepend(out, KEY_SEAL_LABEL, host);
}

int
key_seal_host(struct name *out, const struct name *owner)
{
	static const uint8_t label[] = {5, '_', 't', 's', 'i', 'g'};

	if (owner->len <= sizeof label || memcmp(owner->wire, label, sizeof label) != 0)
		return -1;
	return name_strip(out, owner, 1);
}

static struct aead *
engine(const void *account_secret, size_t account_len, int encrypt)
{
	static const char info[] = "autotunnel-tsig-seal";
	struct aead *a = NULL;
	uint8_t key[32];

	if (hkdf_sha256(
		account_secret, account_len, NULL, 0, info, sizeof info - 1, key, sizeof key) == 0)
		a = aead_new(AEAD_AES_256_GCM, key, encrypt);
	crypto_wipe(key, sizeof key);
	return a;
}

/* What the seal also covers: for whom, and for which algorithm. */
static size_t
cover(uint8_t out[NAME_WIRE_MAX + 1], const struct name *host, uint8_t algorithm)
{
	memcpy(out, host->wire, host->len);
	out[host->len] = algorithm;
	return host->len + 1u;
}

int
key_seal(struct rdata *out, const struct tsig_signer *key, const void *account_secret,
    size_t account_len)
{
	uint8_t aad[NAME_WIRE_MAX + 1], *sealed = out->data + SEALED_AT;
	size_t aad_len = cover(aad, &key->name, (uint8_t)key->algorithm);
	struct aead *a = engine(account_secret, account_len, 1);
	int rc = -1;

	if (a != NULL && key->secret_len <= MSG_SECRET_MAX) {
		out->type = TYPE_SEALED_KEY;
		out->len = (uint16_t)(SEALED_AT + key->secret_len + AEAD_TAG_LEN);
		out->data[0] = SEAL_VERSION;
		out->data[1] = (uint8_t)key->algorithm;
		crypto_random(out->data + NONCE_AT, AEAD_NONCE_LEN);
		memcpy(sealed, key->secret, key->secret_len);
		rc = aead_seal(a, out->data + NONCE_AT, aad, aad_len, sealed, key->secret_len,
		    sealed + key->secret_len);
	}
	aead_free(a);
	return rc;
}

int
key_open(struct tsig_signer *out, uint8_t secret[MSG_SECRET_MAX], const struct rdata *rd,
    const struct name *host, const void *account_secret, size_t account_len)
{
	uint8_t aad[NAME_WIRE_MAX + 1];
	size_t len = rd->len - (size_t)SEALED_AT - AEAD_TAG_LEN;
	struct aead *a;
	int rc = -1;

	if (rd->type != TYPE_SEALED_KEY || rd->len < SEALED_AT + AEAD_TAG_LEN + SECRET_MIN ||
	    len > MSG_SECRET_MAX || rd->data[0] != SEAL_VERSION || rd->data[1] < TSIG_HMAC_SHA256 ||
	    rd->data[1] > TSIG_HMAC_SHA512)
		return -1;
	a = engine(account_secret, account_len, 0);
	memcpy(secret, rd->data + SEALED_AT, len);
	if (a != NULL)
		rc = aead_open(a, rd->data + NONCE_AT, aad, cover(aad, host, rd->data[1]), secret,
		    len, rd->data + SEALED_AT + len);
	aead_free(a);
	*out = (struct tsig_signer) {.name = *host,
	    .algorithm = (enum tsig_algorithm)rd->data[1],
	    .secret = secret,
	    .secret_len = len};
	return rc;
}
