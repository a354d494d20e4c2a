#include "ipsec/esp/seal.h"

#include "ipsec/esp/lifetime.h"

#include <arpa/inet.h>
#include <endian.h>

#include <string.h>

size_t
seal_aad(uint32_t spi, uint64_t seq, int esn, uint8_t aad[ESP_AAD_MAX])
{
	uint32_t low = htonl((uint32_t)seq), high = htonl((uint32_t)(seq >> 32));

	spi = htonl(spi);
	memcpy(aad, &spi, 4);
	if (esn)
		memcpy(aad + 4, &high, 4);
	memcpy(aad + (esn ? 8 : 4), &low, 4);
	return esn ? 12 : 8;
}

void
seal_nonce(const struct sa *sa, const uint8_t iv[ESP_IV_LEN], uint8_t nonce[AEAD_NONCE_LEN])
{
	memcpy(nonce, sa->salt, sizeof(sa->salt));
	memcpy(nonce + sizeof(sa->salt), iv, ESP_IV_LEN);
}

/* The IV is the whole sequence number: it never repeats under one key, and tells nothing new. */
static void
write_header(uint8_t *at, uint32_t spi, uint64_t seq)
{
	uint32_t low = htonl((uint32_t)seq);

	spi = htonl(spi);
	seq = htobe64(seq);
	memcpy(at, &spi, 4);
	memcpy(at + 4, &low, 4);
	memcpy(at + ESP_HEADER_LEN, &seq, 8);
}

size_t
esp_sealed_len(size_t len)
{
	return ESP_FRONT + (len + ESP_TRAILER_LEN + 3) / 4 * 4 + AEAD_TAG_LEN;
}

size_t
esp_inner_max(size_t room)
{
	const size_t around = ESP_FRONT + AEAD_TAG_LEN;

	return room >= around + 4 ? (room - around) / 4 * 4 - ESP_TRAILER_LEN : 0;
}

/* Padding 1, 2, 3 up to a multiple of four, its length, next header (RFC 4303 2.4 to 2.6).
 * Returns the length of it all. */
static size_t
write_trailer(uint8_t *at, size_t len, uint8_t next_header)
{
	uint8_t pad = (uint8_t)((0 - len - 2) % 4);

	for (uint8_t i = 0; i < pad; i++)
		at[i] = i + 1;
	at[pad] = pad;
	at[pad + 1] = next_header;
	return (size_t)pad + 2;
}

int
seal_packet(struct sa *sa, struct esp_packet *p, uint8_t next_header)
{
	uint8_t *start = p->data - ESP_FRONT;
	uint8_t aad[ESP_AAD_MAX], nonce[AEAD_NONCE_LEN];
	size_t aad_len, len;

	if (lifetime_sequence(sa->seq, sa->esn) == LIFETIME_HARD)
		return -1;
	sa->seq++;
	write_header(start, sa->spi, sa->seq);
	len = p->len + write_trailer(p->data + p->len, p->len, next_header);
	aad_len = seal_aad(sa->spi, sa->seq, sa->esn, aad);
	seal_nonce(sa, start + ESP_HEADER_LEN, nonce);
	if (aead_seal(sa->aead, nonce, aad, aad_len, p->data, len, p->data + len) == -1)
		return -1;
	p->data = start;
	p->len = ESP_FRONT + len + AEAD_TAG_LEN;
	return 0;
}
