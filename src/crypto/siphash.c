#include "crypto/siphash.h"

#include "crypto/mac.h"

#include <endian.h>
#include <string.h>

static inline uint64_t
rotate(uint64_t x, unsigned by)
{
	return x << by | x >> (64 - by);
}

static inline void
rounds(uint64_t v[4], unsigned count)
{
	while (count-- > 0) {
		v[0] += v[1];
		v[2] += v[3];
		v[1] = rotate(v[1], 13) ^ v[0];
		v[3] = rotate(v[3], 16) ^ v[2];
		v[0] = rotate(v[0], 32) + v[3];
		v[2] += v[1];
		v[1] = rotate(v[1], 17) ^ v[2];
		v[3] = rotate(v[3], 21) ^ v[0];
		v[2] = rotate(v[2], 32);
	}
}

static inline uint64_t
load(const uint8_t *p)
{
	uint64_t word;

	memcpy(&word, p, sizeof word);
	return le64toh(word);
}

void
siphash_key_from(struct siphash_key *key, const uint8_t octets[16])
{
	key->k[0] = load(octets);
	key->k[1] = load(octets + 8);
}

void
siphash_key_random(struct siphash_key *key)
{
	crypto_random(key, sizeof *key);
}

static inline void
absorb(uint64_t v[4], uint64_t word)
{
	v[3] ^= word;
	rounds(v, 2);
	v[0] ^= word;
}

uint64_t
siphash(const struct siphash_key *key, const void *data, size_t len)
{
	uint64_t v[4] = {key->k[0] ^ 0x736f6d6570736575u, key->k[1] ^ 0x646f72616e646f6du,
	    key->k[0] ^ 0x6c7967656e657261u, key->k[1] ^ 0x7465646279746573u};
	const uint8_t *p = data, *end = p + (len & ~(size_t)7);
	uint8_t last[8] = {0};

	for (; p < end; p += 8)
		absorb(v, load(p));
	memcpy(last, p, len & 7);
	last[7] = (uint8_t)len;
	absorb(v, load(last));
	v[2] ^= 0xff;
	rounds(v, 4);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}
