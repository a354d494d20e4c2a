#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/unit/esp_pair.h"

#include <string.h>

const uint8_t ula_a[16] = {0xfd, 1, 2, 3, 4, 5, 0, 0, 0xa, 0xa, 0xa, 0xa, 0xa, 0xa, 0xa, 0xa};
const uint8_t ula_b[16] = {0xfd, 1, 2, 3, 4, 5, 0, 0, 0xb, 0xb, 0xb, 0xb, 0xb, 0xb, 0xb, 0xb};
const uint8_t ula_c[16] = {0xfd, 1, 2, 3, 4, 5, 0, 0, 0xc, 0xc, 0xc, 0xc, 0xc, 0xc, 0xc, 0xc};
const struct endpoint at_a = {.family = 4, .port = 4500, .addr = {192, 0, 2, 1}};
const struct endpoint at_b = {.family = 4, .port = 50123, .addr = {198, 51, 100, 2}};
const struct endpoint at_new = {.family = 6, .port = 1024, .addr = {0x20, 1, 0xd, 0xb8, 9}};

struct side a, b;

static void
on_acquire(void *ctx, const uint8_t dst[16])
{
	struct side *s = ctx;

	s->seen.acquired++;
	memcpy(s->seen.dst, dst, 16);
}

static void
on_moved(void *ctx, uint32_t spi, const struct endpoint *from)
{
	struct side *s = ctx;

	s->seen.moved++;
	s->seen.spi = spi;
	s->seen.from = *from;
	/* A callback may use the data plane: this would hang if a lock were held. */
	esp_spi_in_use(s->esp, spi);
}

static void
on_ready(void *ctx, const uint8_t peer[16])
{
	struct side *s = ctx;

	s->seen.ready++;
	memcpy(s->seen.dst, peer, 16);
	esp_spi_in_use(s->esp, SPI_AB);
}

static void
on_narrow(void *ctx, const uint8_t peer[16], uint32_t size)
{
	struct side *s = ctx;

	s->seen.narrow_told++;
	s->seen.narrow = size;
	esp_spi_in_use(s->esp, SPI_AB);
}

static void
on_used(void *ctx, uint32_t id, int inbound)
{
	struct side *s = ctx;

	s->seen.used[inbound]++;
	esp_spi_in_use(s->esp, id);
}

static void
on_expired(void *ctx, uint32_t spi, int inbound, int hard)
{
	struct side *s = ctx;

	s->seen.spi = spi;
	s->seen.inbound = inbound;
	if (hard)
		s->seen.hard++;
	else
		s->seen.soft++;
	esp_spi_in_use(s->esp, spi);
}

static void
on_dropped(void *ctx)
{
	struct side *s = ctx;

	s->seen.dropped++;
	esp_spi_in_use(s->esp, SPI_AB);
}

static void
side_new(struct side *s)
{
	const struct esp_events events = {.acquire = on_acquire,
	    .moved = on_moved,
	    .ready = on_ready,
	    .narrow = on_narrow,
	    .used = on_used,
	    .expired = on_expired,
	    .dropped = on_dropped};

	memset(s, 0, sizeof(*s));
	s->esp = esp_new(&events, s);
	assert_non_null(s->esp);
}

void
pair_new(void)
{
	side_new(&a);
	side_new(&b);
}

void
pair_free(void)
{
	esp_free(a.esp);
	esp_free(b.esp);
}

void
pair_add(uint32_t spi, int swap, void (*change)(struct esp_sa *sa))
{
	struct side *from = swap ? &b : &a, *to = swap ? &a : &b;
	const uint8_t *src = swap ? ula_b : ula_a, *dst = swap ? ula_a : ula_b;
	struct esp_sa sa = {.spi = spi, .algorithm = AEAD_AES_128_GCM};

	memset(sa.key, (int)spi, sizeof(sa.key));
	memset(sa.salt, 0x5a, sizeof(sa.salt));
	if (change != NULL)
		change(&sa);
	sa.inbound = 1;
	sa.remote = swap ? at_b : at_a;
	assert_int_equal(esp_sa_add(to->esp, &sa, 0), 0);
	assert_int_equal(esp_policy_add(to->esp, spi, 1, dst, src), 0);
	sa.inbound = 0;
	sa.remote = swap ? at_a : at_b;
	assert_int_equal(esp_sa_add(from->esp, &sa, 0), 0);
	assert_int_equal(esp_policy_add(from->esp, spi, 0, src, dst), 0);
}

void
pair_connect(void (*change)(struct esp_sa *sa))
{
	pair_new();
	pair_add(SPI_AB, 0, change);
	pair_add(SPI_BA, 1, change);
}

void
packet_make(struct slot *s, const uint8_t src[16], const uint8_t dst[16], size_t len, int fill)
{
	uint8_t *d = s->room + 16;

	memset(s->room, 0xee, sizeof(s->room));
	memset(d, 0, 8);
	d[0] = 0x60;
	d[4] = (uint8_t)(len >> 8);
	d[5] = (uint8_t)len;
	d[6] = 17;
	d[7] = 64;
	memcpy(d + 8, src, 16);
	memcpy(d + 24, dst, 16);
	memset(d + 40, fill, len);
	s->p = (struct esp_packet) {.data = d, .len = 40 + len};
}

size_t
packet_out(struct side *from, struct slot *s, uint64_t now_ms)
{
	esp_outbound(from->esp, &s->p, 1, now_ms);
	return s->p.len;
}

size_t
packet_in(struct side *to, struct slot *s, const struct endpoint *where, uint64_t now_ms)
{
	s->p.remote = *where;
	esp_inbound(to->esp, &s->p, 1, now_ms);
	return s->p.len;
}

void
slot_copy(struct slot *to, const struct slot *from)
{
	*to = *from;
	to->p.data = to->room + (from->p.data - from->room);
}

uint64_t
drops(struct side *s, enum esp_drop reason)
{
	uint64_t all[ESP_DROP_MAX];

	esp_drops(s->esp, all);
	return all[reason];
}

uint64_t
drops_all(struct side *s)
{
	uint64_t all[ESP_DROP_MAX], sum = 0;

	esp_drops(s->esp, all);
	for (size_t i = 0; i < ESP_DROP_MAX; i++)
		sum += all[i];
	return sum;
}
