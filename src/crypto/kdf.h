/* Keys made from secrets: Argon2id from what a person keeps, HKDF from a key to further keys. */
#ifndef CRYPTO_KDF_H
#define CRYPTO_KDF_H

#include <stddef.h>
#include <stdint.h>

/* HKDF-SHA256 (RFC 5869), extract and expand.  salt_len 0 means "no salt" as in section 2.2.
 * 0, or -1 when the engine fails or out_len is above 255 * 32. */
int hkdf_sha256(const void *key, size_t key_len, const void *salt, size_t salt_len,
    const void *info, size_t info_len, uint8_t *out, size_t out_len);

/* Argon2id version 1.3 (RFC 9106). */
struct argon2_cost {
	uint32_t passes;
	uint32_t memory_kib;
	uint32_t lanes;
};

/* salt_len at least 8.  0, or -1 when the memory cannot be had or a parameter is out of range. */
int argon2id(const struct argon2_cost *cost, const void *password, size_t password_len,
    const void *salt, size_t salt_len, uint8_t *out, size_t out_len);

#endif
