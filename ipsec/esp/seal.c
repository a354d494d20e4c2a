#include "ipsec/esp/seal.h"

#include "base/buf.h"
#include "ipsec/esp/lifetime.h"

#include <string.h>

size_t
seal_aad(uint32_t spi, uint64_t seq, int esn, uint8_t aad[ESP_AAD_MAX])
{
	struct buf b = buf_writer(aad, ESP_AAD_MAX);

	buf_put_u32(&b, spi);
	if (esn)
		buf_put_u64(&b, seq);
	else
		buf_put_u32(&b, (uint32_t)seq);
	return b.pos;
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
	struct buf b = buf_writer(at, ESP_HEADER_LEN + ESP_IV_LEN);

	buf_put_u32(&b, spi);
	buf_put_u32(&b, (uint32_t)seq);
	buf_put_u64(&b, seq);
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
	uint8_t *start = p->data - ESP_HEADER_LEN - ESP_IV_LEN;
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
	p->len = ESP_HEADER_LEN + ESP_IV_LEN + len + AEAD_TAG_LEN;
	return 0;
}
