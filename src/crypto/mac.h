/* HMAC for TSIG (RFC 8945), on OpenSSL, fed piece by piece. */
#ifndef CRYPTO_MAC_H
#define CRYPTO_MAC_H

#include <stddef.h>
#include <stdint.h>

enum mac_algorithm {
	MAC_HMAC_SHA256 = 1,
	MAC_HMAC_SHA384,
	MAC_HMAC_SHA512,
	MAC_HMAC_SHA1,
	MAC_HMAC_MD5,
};

#define MAC_LEN_MAX 64

struct mac;

size_t mac_len(enum mac_algorithm alg);
/* NULL when the engine fails.  The key is copied. */
struct mac *mac_new(enum mac_algorithm alg, const void *key, size_t key_len);
void mac_update(struct mac *m, const void *data, size_t len);
/* Writes mac_len octets and frees m.  0, or -1 when any step failed. */
int mac_final(struct mac *m, uint8_t out[MAC_LEN_MAX]);

/* Constant-time comparison: 1 when equal. */
int crypto_equal(const void *a, const void *b, size_t len);
/* Unpredictable bytes; ends the process when the system has none. */
void crypto_random(void *out, size_t len);
/* Overwrite a secret for good. */
void crypto_wipe(void *p, size_t len);

#endif
