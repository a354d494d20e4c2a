#include "ipsec/esp/open.h"

#include "ipsec/esp/seal.h"

#include <arpa/inet.h>
#include <string.h>

#define TRAILER_MIN 4 /* two octets, aligned */

uint32_t
open_spi(const uint8_t *data, size_t len)
{
	uint32_t spi;

	if (len < ESP_FRONT + TRAILER_MIN + AEAD_TAG_LEN || len % 4 != 0)
		return 0;
	memcpy(&spi, data, sizeof(spi));
	return ntohl(spi);
}

enum esp_drop
open_packet(struct sa *sa, struct esp_packet *p, int *newest)
{
	uint8_t aad[ESP_AAD_MAX], nonce[AEAD_NONCE_LEN];
	size_t aad_len, len;
	uint32_t low;
	uint64_t seq;

	if (open_spi(p->data, p->len) != sa->spi)
		return ESP_DROP_SHORT;
	memcpy(&low, p->data + 4, sizeof(low));
	seq = replay_infer(&sa->replay, ntohl(low), sa->esn);
	if (!replay_fresh(&sa->replay, seq))
		return ESP_DROP_REPLAY;
	aad_len = seal_aad(sa->spi, seq, sa->esn, aad);
	seal_nonce(sa, p->data + ESP_HEADER_LEN, nonce);
	len = p->len - ESP_FRONT - AEAD_TAG_LEN;
	p->data += ESP_FRONT;
	p->len = len;
	if (aead_open(sa->aead, nonce, aad, aad_len, p->data, len, p->data + len) == -1)
		return ESP_DROP_AUTH;
	*newest = replay_mark(&sa->replay, seq);
	return OPEN_OK;
}

int
open_trailer(struct esp_packet *p, uint8_t *next_header)
{
	size_t len = p->len, pad;

	if (len < 2)
		return -1;
	pad = p->data[len - 2];
	if (pad + 2 > len)
		return -1;
	for (size_t i = 0; i < pad; i++)
		if (p->data[len - 2 - pad + i] != i + 1)
			return -1;
	*next_header = p->data[len - 1];
	p->len = len - 2 - pad;
	return 0;
}
