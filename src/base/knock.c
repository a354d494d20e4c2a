#include "base/knock.h"

#include <stdio.h>
#include <string.h>

/* marker; binding indication, no attributes, magic cookie */
static const uint8_t head[] = {0, 0, 0, 0, 0x00, 0x11, 0, 0, 0x21, 0x12, 0xa4, 0x42};

_Static_assert(sizeof head + KNOCK_NONCE_LEN == KNOCK_LEN, "the number is the end");

const char *
knock_text(const uint8_t nonce[KNOCK_NONCE_LEN], uint16_t port, char out[KNOCK_TEXT_MAX])
{
	for (size_t i = 0; i < KNOCK_NONCE_LEN; i++)
		snprintf(out + 2 * i, 3, "%02x", nonce[i]);
	snprintf(out + 2 * KNOCK_NONCE_LEN, sizeof ".65535", ".%u", port);
	return out;
}

int
knock_nonce(const char *hex, size_t len, uint8_t out[KNOCK_NONCE_LEN])
{
	static const char digits[] = "0123456789abcdef";

	if (len != (size_t)2 * KNOCK_NONCE_LEN)
		return -1;
	for (size_t i = 0; i < len; i++) {
		const char *d = hex[i] == '\0' ? NULL : strchr(digits, hex[i]);

		if (d == NULL)
			return -1;
		out[i / 2] = (uint8_t)(i % 2 == 0 ? (d - digits) << 4 : out[i / 2] | (d - digits));
	}
	return 0;
}

void
knock_write(uint8_t out[KNOCK_LEN], const uint8_t nonce[KNOCK_NONCE_LEN])
{
	memcpy(out, head, sizeof head);
	memcpy(out + sizeof head, nonce, KNOCK_NONCE_LEN);
}

const uint8_t *
knock_read(const void *data, size_t len)
{
	if (len != KNOCK_LEN || memcmp(data, head, sizeof head) != 0)
		return NULL;
	return (const uint8_t *)data + sizeof head;
}
