/* SHA-256 (FIPS 180-4) of bytes at hand. */
#ifndef CRYPTO_HASH_H
#define CRYPTO_HASH_H

#include <stddef.h>
#include <stdint.h>

#define SHA256_LEN 32

/* Ends the process when the engine fails (out of memory). */
void sha256(const void *data, size_t len, uint8_t out[SHA256_LEN]);

#endif
