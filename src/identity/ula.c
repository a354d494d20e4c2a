#include "identity/ula.h"

#include "crypto/hash.h"

#include <string.h>

void
ula_derive(const uint8_t ca_key[ED25519_PUBLIC_LEN], const uint8_t device_key[ED25519_PUBLIC_LEN],
    uint8_t out[16])
{
	uint8_t hash[SHA256_LEN];

	out[0] = 0xfd;
	sha256(ca_key, ED25519_PUBLIC_LEN, hash);
	memcpy(out + 1, hash, 5);
	out[6] = out[7] = 0;
	sha256(device_key, ED25519_PUBLIC_LEN, hash);
	memcpy(out + 8, hash, 8);
}
