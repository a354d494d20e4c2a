#include "crypto/ed25519.h"

#include <openssl/evp.h>
#include <string.h>

/* RFC 8410 section 7: SEQUENCE { version 0, algorithm 1.3.101.112, OCTET STRING { OCTET STRING } }
 * without attributes has only one DER encoding, and the key is its end. */
static const uint8_t pkcs8_head[ED25519_PKCS8_LEN - ED25519_SEED_LEN] = {
    0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20};

int
ed25519_public(const uint8_t seed[ED25519_SEED_LEN], uint8_t out[ED25519_PUBLIC_LEN])
{
	EVP_PKEY *key =
	    EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, ED25519_SEED_LEN);
	size_t len = ED25519_PUBLIC_LEN;
	int ok = key != NULL && EVP_PKEY_get_raw_public_key(key, out, &len) == 1;

	EVP_PKEY_free(key);
	return ok && len == ED25519_PUBLIC_LEN ? 0 : -1;
}

int
ed25519_sign(const uint8_t seed[ED25519_SEED_LEN], const void *data, size_t len,
    uint8_t out[ED25519_SIGNATURE_LEN])
{
	EVP_PKEY *key =
	    EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, ED25519_SEED_LEN);
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	size_t n = ED25519_SIGNATURE_LEN;
	int ok = key != NULL && md != NULL && EVP_DigestSignInit(md, NULL, NULL, NULL, key) == 1 &&
	    EVP_DigestSign(md, out, &n, data, len) == 1;

	EVP_MD_CTX_free(md);
	EVP_PKEY_free(key);
	return ok && n == ED25519_SIGNATURE_LEN ? 0 : -1;
}

int
ed25519_verify(const uint8_t public_key[ED25519_PUBLIC_LEN], const void *data, size_t len,
    const uint8_t signature[ED25519_SIGNATURE_LEN])
{
	EVP_PKEY *key =
	    EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, public_key, ED25519_PUBLIC_LEN);
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	int ok = key != NULL && md != NULL &&
	    EVP_DigestVerifyInit(md, NULL, NULL, NULL, key) == 1 &&
	    EVP_DigestVerify(md, signature, ED25519_SIGNATURE_LEN, data, len) == 1;

	EVP_MD_CTX_free(md);
	EVP_PKEY_free(key);
	return ok;
}

void
ed25519_to_pkcs8(const uint8_t seed[ED25519_SEED_LEN], uint8_t out[ED25519_PKCS8_LEN])
{
	memcpy(out, pkcs8_head, sizeof pkcs8_head);
	memcpy(out + sizeof pkcs8_head, seed, ED25519_SEED_LEN);
}

int
ed25519_from_pkcs8(const void *der, size_t len, uint8_t seed[ED25519_SEED_LEN])
{
	if (len != ED25519_PKCS8_LEN || memcmp(der, pkcs8_head, sizeof pkcs8_head) != 0)
		return -1;
	memcpy(seed, (const uint8_t *)der + sizeof pkcs8_head, ED25519_SEED_LEN);
	return 0;
}
