#include "crypto/hash.h"

#include "base/log.h"

#include <openssl/evp.h>

void
sha256(const void *data, size_t len, uint8_t out[SHA256_LEN])
{
	if (EVP_Digest(data, len, out, NULL, EVP_sha256(), NULL) != 1)
		fatalx("SHA-256 failed");
}
