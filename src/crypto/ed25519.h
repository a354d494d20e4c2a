/* Ed25519 keys (RFC 8032) and the one form in which they are kept: PKCS#8 DER (RFC 8410). */
#ifndef CRYPTO_ED25519_H
#define CRYPTO_ED25519_H

#include <stddef.h>
#include <stdint.h>

#define ED25519_SEED_LEN 32
#define ED25519_PUBLIC_LEN 32
#define ED25519_PKCS8_LEN 48
#define ED25519_SIGNATURE_LEN 64

/* The public key of a private one.  0, or -1 when the engine fails. */
int ed25519_public(const uint8_t seed[ED25519_SEED_LEN], uint8_t out[ED25519_PUBLIC_LEN]);

/* Sign (RFC 8032 section 5.1.6: the same octets give the same signature).  0, or -1 when the engine
 * fails. */
int ed25519_sign(const uint8_t seed[ED25519_SEED_LEN], const void *data, size_t len,
    uint8_t out[ED25519_SIGNATURE_LEN]);
/* 1 when it is this key's signature of these octets, else 0. */
int ed25519_verify(const uint8_t public_key[ED25519_PUBLIC_LEN], const void *data, size_t len,
    const uint8_t signature[ED25519_SIGNATURE_LEN]);

void ed25519_to_pkcs8(const uint8_t seed[ED25519_SEED_LEN], uint8_t out[ED25519_PKCS8_LEN]);
/* 0, or -1 when der is anything but the 48 octets that ed25519_to_pkcs8 writes. */
int ed25519_from_pkcs8(const void *der, size_t len, uint8_t seed[ED25519_SEED_LEN]);

#endif
