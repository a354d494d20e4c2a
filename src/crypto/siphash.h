/*
 * SipHash-2-4 (Aumasson, Bernstein): a short keyed hash, for tables that strangers fill and for DNS
 * cookies (RFC 9018).  OpenSSL has it too, at the price of two allocations a call.
 */
#ifndef CRYPTO_SIPHASH_H
#define CRYPTO_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

struct siphash_key {
	uint64_t k[2]; /* the 16 octets of a key on paper, each half little-endian */
};

void siphash_key_from(struct siphash_key *key, const uint8_t octets[16]);
void siphash_key_random(struct siphash_key *key);

uint64_t siphash(const struct siphash_key *key, const void *data, size_t len);

#endif
