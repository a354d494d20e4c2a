#include "identity/base64.h"

#include <string.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void
base64_encode(const uint8_t *data, size_t len, char *out)
{
	for (size_t i = 0; i < len; i += 3) {
		uint32_t v = (uint32_t)data[i] << 16;

		if (i + 1 < len)
			v |= (uint32_t)data[i + 1] << 8;
		if (i + 2 < len)
			v |= data[i + 2];
		*out++ = alphabet[v >> 18];
		*out++ = alphabet[v >> 12 & 63];
		*out++ = i + 1 < len ? alphabet[v >> 6 & 63] : '=';
		*out++ = i + 2 < len ? alphabet[v & 63] : '=';
	}
	*out = '\0';
}

/* Four characters as up to three octets: their number, -1 for anything else. */
static int
decode_group(const char *text, uint8_t out[3])
{
	uint32_t v = 0;
	int pad = text[3] != '=' ? 0 : text[2] != '=' ? 1 : 2;

	for (int i = 0; i < 4 - pad; i++) {
		const char *at = memchr(alphabet, text[i], sizeof alphabet - 1);

		if (at == NULL)
			return -1;
		v |= (uint32_t)(at - alphabet) << (18 - 6 * i);
	}
	out[0] = (uint8_t)(v >> 16);
	out[1] = (uint8_t)(v >> 8);
	out[2] = (uint8_t)v;
	if ((pad > 0 && out[2] != 0) || (pad > 1 && out[1] != 0))
		return -1;
	return 3 - pad;
}

int
base64_decode(const char *text, uint8_t *out, size_t size)
{
	size_t len = strlen(text), used = 0;

	if (len % 4 != 0)
		return -1;
	for (; *text != '\0'; text += 4) {
		uint8_t group[3];
		int n = decode_group(text, group);

		/* padding ends the text */
		if (n == -1 || (n < 3 && text[4] != '\0') || used + (size_t)n > size)
			return -1;
		memcpy(out + used, group, (size_t)n);
		used += (size_t)n;
	}
	return (int)used;
}
