/*
 * Datagrams against a data plane with one SA (SPI c0000001, AES-128-GCM, key 00 01 02..., salt ca
 * fe ba be).  Nobody knows the key, so whatever is delivered must be one of the corpus' genuine
 * packets; each input is given twice, and the second time is a replay.
 */
#include "ipsec/esp/esp.h"
#include "ipsec/esp/inner.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t ula_a[16] = {0xfd, 1, 2, 3, 4, 5, 0, 0, 10, 10, 10, 10, 10, 10, 10, 10};
static const uint8_t ula_b[16] = {0xfd, 1, 2, 3, 4, 5, 0, 0, 11, 11, 11, 11, 11, 11, 11, 11};

/* A plane whose SA has seen nothing yet.  The plane itself is kept: making one takes long. */
static struct esp *
plane_fresh(int esn)
{
	static const struct esp_events none;
	static struct esp *e;
	struct esp_sa sa = {.spi = 0xc0000001,
	    .inbound = 1,
	    .algorithm = AEAD_AES_128_GCM,
	    .esn = (uint8_t)esn,
	    .salt = {0xca, 0xfe, 0xba, 0xbe}};

	if (e == NULL)
		e = esp_new(&none, NULL);
	else
		esp_sa_delete(e, sa.spi, 1);
	for (size_t i = 0; i < sizeof(sa.key); i++)
		sa.key[i] = (uint8_t)i;
	if (e == NULL || esp_sa_add(e, &sa, 0) == -1 ||
	    esp_policy_add(e, sa.spi, 1, ula_b, ula_a) == -1)
		abort();
	return e;
}

static size_t
give(struct esp *e, const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size + (size == 0));
	struct esp_packet p = {.data = copy, .len = size};

	if (size > 0)
		memcpy(copy, data, size);
	esp_inbound(e, &p, 1, 1);
	if (p.len > 0 && (p.data < copy || p.data + p.len > copy + size))
		abort();
	if (p.len > 0 && (!inner_is_ipv6(p.data, p.len) || memcmp(p.data + 8, ula_a, 16) != 0))
		abort();
	free(copy);
	return p.len;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	for (int esn = 0; esn < 2; esn++) {
		struct esp *e = plane_fresh(esn);

		give(e, data, size);
		if (give(e, data, size) != 0)
			abort();
	}
	return 0;
}
