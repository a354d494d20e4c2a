/*
 * What is inside an authentic packet: the input is a plaintext with trailer, sealed with the
 * right key, so that the parser behind the cipher is reached; a peer may be hostile.  Then the
 * input is an inner packet on its way out, whole and in pieces.
 */
#include "ipsec/esp/inner.h"
#include "ipsec/esp/seal.h"
#include "ipsec/esp/split.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define SPI UINT32_C(0xc0000001)

static const uint8_t ula_a[16] = {0xfd, 1, 2, 3, 4, 5, 0, 0, 10, 10, 10, 10, 10, 10, 10, 10};
static const uint8_t ula_b[16] = {0xfd, 1, 2, 3, 4, 5, 0, 0, 11, 11, 11, 11, 11, 11, 11, 11};
static const uint8_t key[AEAD_KEY_MAX] = {1, 2, 3};

/* A plane that both sends to itself and receives, from A to B, with SAs that have seen nothing.
 * The plane itself is kept: making one takes long. */
static struct esp *
plane_fresh(void)
{
	static const struct esp_events none;
	static struct esp *e;
	struct esp_sa sa = {.spi = SPI,
	    .algorithm = AEAD_CHACHA20_POLY1305,
	    .remote = {.family = 4, .port = 4500, .addr = {192, 0, 2, 1}}};

	if (e == NULL && (e = esp_new(&none, NULL)) == NULL)
		abort();
	memcpy(sa.key, key, sizeof(key));
	for (sa.inbound = 0; sa.inbound < 2; sa.inbound++) {
		const uint8_t *local = sa.inbound ? ula_b : ula_a;

		esp_sa_delete(e, SPI, sa.inbound);
		if (esp_sa_add(e, &sa, 0) == -1 ||
		    esp_policy_add(e, SPI, sa.inbound, local, sa.inbound ? ula_a : ula_b) == -1)
			abort();
	}
	return e;
}

/* Seal the input as it is, trailer and all. */
static size_t
seal_raw(uint8_t *room, const uint8_t *data, size_t size)
{
	struct aead *a = aead_new(AEAD_CHACHA20_POLY1305, key, 1);
	uint8_t nonce[AEAD_NONCE_LEN] = {0};
	static const uint8_t front[16] = {0xc0, 0, 0, 1, 0, 0, 0, 1};

	memcpy(room, front, sizeof(front));
	memcpy(room + 16, data, size);
	if (aead_seal(a, nonce, room, 8, room + 16, size, room + 16 + size) == -1)
		abort();
	aead_free(a);
	return 16 + size + AEAD_TAG_LEN;
}

static void
check_delivered(const struct esp_packet *p)
{
	if (p->len == 0)
		return;
	if (!inner_is_ipv6(p->data, p->len) || memcmp(inner_source(p->data), ula_a, 16) != 0 ||
	    memcmp(inner_destination(p->data), ula_b, 16) != 0)
		abort();
}

static void
inward(struct esp *e, const uint8_t *data, size_t size)
{
	uint8_t *room = malloc(size + 32);
	struct esp_packet p = {.data = room};

	p.len = seal_raw(room, data, size);
	esp_inbound(e, &p, 1, 1);
	check_delivered(&p);
	free(room);
}

/* What leaves must come back as it was. */
static void
outward(struct esp *e, const uint8_t *data, size_t size)
{
	uint8_t *room = malloc(size + 16 + 21);
	struct esp_packet p = {.data = room + 16, .len = size};

	memcpy(room + 16, data, size);
	esp_outbound(e, &p, 1, 1);
	if (p.len > 0) {
		esp_inbound(e, &p, 1, 1);
		if (p.len != size || memcmp(p.data, data, size) != 0)
			abort();
	}
	free(room);
}

/* Pieces that fit, and hold each octet once. */
static void
in_pieces(const uint8_t *data, size_t size, size_t fit)
{
	struct split s;
	size_t n, body = 0;

	if (size <= fit || split_begin(&s, data, size, fit, 1) == -1)
		return;
	while ((n = split_len(&s)) > 0) {
		uint8_t *piece = malloc(n);
		size_t at = s.body + body, part = n - s.front - SPLIT_HEADER;

		split_next(&s, piece);
		if (n > fit || !inner_is_ipv6(piece, n) || at + part > size ||
		    memcmp(piece + s.front + SPLIT_HEADER, data + at, part) != 0)
			abort();
		body += part;
		free(piece);
	}
	if (s.body + body != size)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size > 0) {
		outward(plane_fresh(), data, size);
		inward(plane_fresh(), data, size);
		in_pieces(data, size, 1198);
		in_pieces(data, size, data[0]);
	}
	return 0;
}
