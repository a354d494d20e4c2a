/*
 * Pins: the SHA-256 of a key's SubjectPublicKeyInfo (RFC 7858 section 4.2), written in base64 as
 * kdig and others take them.  Who knows a server's pin needs no authority to know the server.
 */
#ifndef CRYPTO_PIN_H
#define CRYPTO_PIN_H

#include "crypto/ed25519.h"
#include "crypto/hash.h"

#define PIN_TEXT_MAX 45 /* 44 characters and NUL */

struct pin {
	uint8_t sha256[SHA256_LEN];
};

/* The pin of a certificate's key, DER or PEM (the first one).  0, or -1 when it is none. */
int pin_of_cert(const void *cert, size_t len, struct pin *out);
/* The pin of an Ed25519 key.  0, or -1 when the engine fails. */
int pin_of_seed(const uint8_t seed[ED25519_SEED_LEN], struct pin *out);

/* Returns out. */
const char *pin_text(const struct pin *p, char out[PIN_TEXT_MAX]);
/* Takes exactly what pin_text writes.  0, or -1. */
int pin_parse(const char *text, struct pin *out);

#endif
