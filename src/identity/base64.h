/* Base64 (RFC 4648 section 4), strict: no white space, padding exact, unused bits zero. */
#ifndef IDENTITY_BASE64_H
#define IDENTITY_BASE64_H

#include <stddef.h>
#include <stdint.h>

/* Characters of len octets, with NUL. */
#define BASE64_SIZE(len) (((len) + 2) / 3 * 4 + 1)

/* out has BASE64_SIZE(len) characters. */
void base64_encode(const uint8_t *data, size_t len, char *out);

/* Returns the number of octets; -1 when text is not base64 or gives more than size octets. */
int base64_decode(const char *text, uint8_t *out, size_t size);

#endif
