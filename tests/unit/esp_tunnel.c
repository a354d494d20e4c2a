/* A to B and back: round trips, and everything that must not get through. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "ipsec/esp/seal.h"
#include "tests/unit/esp_pair.h"

#include <errno.h>
#include <string.h>

static const size_t lengths[] = {0, 1, 2, 3, 4, 5, 63, 1240, ESP_PACKET_MAX - 40};
#define LENGTHS (sizeof(lengths) / sizeof(lengths[0]))

static int esn;
static int algorithm;

static void
variant(struct esp_sa *sa)
{
	sa->esn = (uint8_t)esn;
	sa->algorithm = (uint8_t)algorithm;
}

/* Both ways, all lengths, all algorithms, with and without ESN, three times each. */
static void
round_trip(void **state)
{
	struct slot s, copy;

	for (int v = 0; v < 6; v++) {
		esn = v % 2;
		algorithm = AEAD_AES_128_GCM + v / 2;
		pair_connect(variant);
		for (size_t i = 0; i < 3 * LENGTHS; i++) {
			size_t len = lengths[i % LENGTHS];
			int back = i % 2 == 1;

			packet_make(&s, back ? ula_b : ula_a, back ? ula_a : ula_b, len, (int)i);
			slot_copy(&copy, &s);
			assert_in_range(packet_out(back ? &b : &a, &s, 1), len + 40 + 16 + 18,
			    len + 40 + 16 + 21);
			assert_true(endpoint_equal(&s.p.remote, back ? &at_a : &at_b));
			packet_in(back ? &a : &b, &s, back ? &at_b : &at_a, 1);
			assert_int_equal(s.p.len, len + 40);
			assert_memory_equal(s.p.data, copy.p.data, len + 40);
		}
		assert_int_equal(drops_all(&a) + drops_all(&b), 0);
		pair_free();
	}
}

/* Each way tells of its first packet and of the first one after quiet, not of those between. */
static void
told_when_used(void **state)
{
	static const struct {
		uint64_t at_ms;
		unsigned told;
	} packets[] = {{1000, 1}, {1500, 1}, {1500 + ESP_QUIET_MS - 1, 1},
	    {1500 + 2 * ESP_QUIET_MS - 2, 1}, {1500 + 3 * ESP_QUIET_MS, 2}};
	struct slot s;

	(void)state;
	pair_connect(NULL);
	for (size_t i = 0; i < sizeof(packets) / sizeof(packets[0]); i++) {
		packet_make(&s, ula_a, ula_b, 10, 0);
		packet_out(&a, &s, packets[i].at_ms);
		packet_in(&b, &s, &at_a, packets[i].at_ms);
		assert_int_equal(a.seen.used[0], packets[i].told);
		assert_int_equal(b.seen.used[1], packets[i].told);
	}
	assert_int_equal(a.seen.used[1] + b.seen.used[0], 0);
	pair_free();
}

/* More packets than a lock is held for, in one call: all come through, in order. */
static void
big_batch(void **state)
{
	enum { N = 150 };
	static struct slot s[N];
	struct esp_packet batch[N];

	pair_connect(NULL);
	for (size_t i = 0; i < N; i++) {
		packet_make(&s[i], ula_a, ula_b, 10, (int)i);
		batch[i] = s[i].p;
	}
	esp_outbound(a.esp, batch, N, 1);
	for (size_t i = 0; i < N; i++) {
		assert_int_equal(batch[i].data[7], i + 1); /* sequence numbers */
		batch[i].remote = at_a;
	}
	esp_inbound(b.esp, batch, N, 1);
	for (size_t i = 0; i < N; i++) {
		assert_int_equal(batch[i].len, 50);
		assert_int_equal(batch[i].data[45], i);
	}
	pair_free();
}

static void
tampering(void **state)
{
	struct slot s, t;

	for (esn = 0; esn < 2; esn++) {
		algorithm = AEAD_AES_128_GCM;
		pair_connect(variant);
		packet_make(&s, ula_a, ula_b, 20, 7);
		packet_out(&a, &s, 1);
		for (size_t bit = 0; bit < 8 * s.p.len; bit++) {
			slot_copy(&t, &s);
			t.p.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
			assert_int_equal(packet_in(&b, &t, &at_a, 1), 0);
		}
		for (size_t len = 0; len < s.p.len; len++) { /* cut, at the end and in front */
			slot_copy(&t, &s);
			t.p.len = len;
			assert_int_equal(packet_in(&b, &t, &at_a, 1), 0);
			slot_copy(&t, &s);
			t.p.data += s.p.len - len;
			t.p.len = len;
			assert_int_equal(packet_in(&b, &t, &at_a, 1), 0);
		}
		slot_copy(&t, &s);
		t.p.len += 4;
		assert_int_equal(packet_in(&b, &t, &at_a, 1), 0);
		assert_int_equal(b.seen.moved, 0);
		assert_true(packet_in(&b, &s, &at_a, 1) > 0);
		pair_free();
	}
}

static void
replays(void **state)
{
	struct slot old[3], t;

	pair_connect(NULL);
	for (int i = 0; i < 3; i++) {
		packet_make(&old[i], ula_a, ula_b, 20, i);
		packet_out(&a, &old[i], 1);
	}
	for (int round = 0; round < 2; round++)
		for (int i = 2; i >= 0; i--) { /* late is fine, twice is not */
			slot_copy(&t, &old[i]);
			assert_int_equal(packet_in(&b, &t, &at_a, 1) > 0, round == 0);
		}
	assert_int_equal(drops(&b, ESP_DROP_REPLAY), 3);
	for (int i = 0; i < ESP_REPLAY_WINDOW + 1; i++) { /* out of the window, unseen */
		packet_make(&t, ula_a, ula_b, 0, 0);
		packet_out(&a, &t, 1);
		if (i == 0)
			slot_copy(&old[0], &t);
	}
	packet_in(&b, &t, &at_a, 1);
	assert_int_equal(packet_in(&b, &old[0], &at_a, 1), 0);
	assert_int_equal(drops(&b, ESP_DROP_REPLAY), 4);
	pair_free();
}

/* What A seals with its key is authentic; whether it makes sense is for B to see. */
static size_t
forge(struct slot *s, uint8_t next_header)
{
	static uint64_t seq;
	struct sa sa = {.spi = SPI_AB, .salt = {0x5a, 0x5a, 0x5a, 0x5a}, .seq = seq++};
	uint8_t key[AEAD_KEY_MAX];

	memset(key, (int)SPI_AB, sizeof(key));
	sa.aead = aead_new(AEAD_AES_128_GCM, key, 1);
	assert_int_equal(seal_packet(&sa, &s->p, next_header), 0);
	aead_free(sa.aead);
	return packet_in(&b, s, &at_a, 1);
}

static void
wrong_inside(void **state)
{
	struct slot s;

	pair_connect(NULL);
	packet_make(&s, ula_a, ula_b, 8, 1);
	assert_int_equal(forge(&s, 41), 48);
	packet_make(&s, ula_c, ula_b, 8, 1); /* a source that is not A's */
	assert_int_equal(forge(&s, 41), 0);
	packet_make(&s, ula_a, ula_c, 8, 1); /* not for us */
	assert_int_equal(forge(&s, 41), 0);
	packet_make(&s, ula_b, ula_a, 8, 1); /* ourselves */
	assert_int_equal(forge(&s, 41), 0);
	assert_int_equal(drops(&b, ESP_DROP_SELECTOR), 3);
	packet_make(&s, ula_a, ula_b, 8, 1);
	assert_int_equal(forge(&s, 4), 0); /* said to be IPv4 */
	packet_make(&s, ula_a, ula_b, 8, 1);
	s.p.data[0] = 0x45;
	assert_int_equal(forge(&s, 41), 0);
	packet_make(&s, ula_a, ula_b, 8, 1);
	s.p.len--; /* shorter than its header says */
	assert_int_equal(forge(&s, 41), 0);
	packet_make(&s, ula_a, ula_b, 8, 1);
	s.p.len = 0;
	assert_int_equal(forge(&s, 41), 0);
	assert_int_equal(drops(&b, ESP_DROP_INNER), 4);
	packet_make(&s, ula_a, ula_b, 8, 1); /* a dummy packet may hold anything, RFC 4303 2.6 */
	assert_int_equal(forge(&s, 59), 0);
	assert_int_equal(drops_all(&b), 7);
	pair_free();
}

/* What is longer than its header says was padded (RFC 4303 2.7), with anything. */
static void
padded(void **state)
{
	struct slot s, want;

	pair_connect(NULL);
	for (size_t pad = 0; pad < 1300; pad += pad < 10 ? 1 : 97) {
		packet_make(&s, ula_a, ula_b, 8, 1);
		slot_copy(&want, &s);
		memset(s.p.data + s.p.len, (int)pad, pad);
		s.p.len += pad;
		assert_int_equal(forge(&s, 41), 48);
		assert_memory_equal(s.p.data, want.p.data, 48);
	}
	packet_make(&s, ula_c, ula_b, 8, 1); /* padding makes nothing right that is wrong */
	s.p.len += 100;
	assert_int_equal(forge(&s, 41), 0);
	assert_int_equal(drops(&b, ESP_DROP_SELECTOR), 1);
	packet_make(&s, ula_a, ula_b, 8, 1);
	s.p.len = 39;
	assert_int_equal(forge(&s, 41), 0);
	assert_int_equal(drops(&b, ESP_DROP_INNER), 1);
	pair_free();
}

static void
not_ours(void **state)
{
	static const uint8_t group[16] = {0xff, 2, [15] = 1}, global[16] = {0x20, 1, 0xd, 0xb8},
			     link[16] = {0xfe, 0x80, [15] = 1};
	struct slot s;

	pair_connect(NULL);
	packet_make(&s, ula_a, group, 8, 1);
	assert_int_equal(packet_out(&a, &s, 1), 0);
	packet_make(&s, link, ula_b, 8, 1);
	assert_int_equal(packet_out(&a, &s, 1), 0);
	packet_make(&s, ula_a, global, 8, 1);
	assert_int_equal(packet_out(&a, &s, 1), 0);
	packet_make(&s, ula_c, ula_b, 8, 1); /* not our own source */
	assert_int_equal(packet_out(&a, &s, 1), 0);
	packet_make(&s, ula_a, ula_b, 8, 1);
	s.p.data[0] = 0x45;
	assert_int_equal(packet_out(&a, &s, 1), 0);
	packet_make(&s, ula_a, ula_b, 8, 1);
	s.p.len = 39;
	assert_int_equal(packet_out(&a, &s, 1), 0);
	packet_make(&s, ula_a, ula_b, 8, 1);
	s.p.len = 1;
	assert_int_equal(packet_out(&a, &s, 1), 0);
	assert_int_equal(drops(&a, ESP_DROP_NOT_IPV6), 7);
	assert_int_equal(drops(&a, ESP_DROP_TOO_BIG), 0);
	assert_int_equal(a.seen.acquired, 0);
	pair_free();
}

static void
unknown_spi(void **state)
{
	struct slot s;

	pair_connect(NULL);
	packet_make(&s, ula_a, ula_b, 8, 1);
	packet_out(&a, &s, 1);
	esp_sa_delete(b.esp, SPI_AB, 1);
	assert_int_equal(packet_in(&b, &s, &at_a, 1), 0);
	assert_int_equal(drops(&b, ESP_DROP_NO_SA), 1);
	packet_make(&s, ula_a, ula_b, 8, 1);
	s.p.len = 3;
	assert_int_equal(packet_in(&b, &s, &at_a, 1), 0);
	assert_int_equal(drops(&b, ESP_DROP_SHORT), 1);
	pair_free();
}

static void
usage(void **state)
{
	struct esp_usage u;
	struct slot s;

	pair_connect(NULL);
	assert_int_equal(esp_sa_query(a.esp, SPI_AB, 0, &u), 0);
	assert_true(u.bytes == 0 && u.packets == 0 && u.last_ms == 0);
	packet_make(&s, ula_a, ula_b, 60, 1);
	packet_out(&a, &s, 1234);
	packet_in(&b, &s, &at_a, 1235);
	esp_sa_query(a.esp, SPI_AB, 0, &u);
	assert_true(u.bytes == 100 && u.packets == 1 && u.last_ms == 1234);
	assert_true(endpoint_equal(&u.remote, &at_b));
	esp_sa_query(b.esp, SPI_AB, 1, &u);
	assert_true(u.bytes == 100 && u.packets == 1 && u.last_ms == 1235);
	assert_true(endpoint_equal(&u.remote, &at_a));
	/* An empty packet is traffic too. */
	assert_int_equal(esp_poke(a.esp, ula_b, &s.p, 2000), 0);
	packet_in(&b, &s, &at_a, 2001);
	assert_int_equal(s.p.len, 0);
	esp_sa_query(b.esp, SPI_AB, 1, &u);
	assert_true(u.bytes == 100 && u.packets == 2 && u.last_ms == 2001);
	assert_int_equal(drops_all(&b), 0);
	assert_int_equal(esp_sa_query(a.esp, SPI_AB, 1, &u), -1);
	assert_int_equal(errno, ENOENT);
	pair_free();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(round_trip),
	    cmocka_unit_test(told_when_used),
	    cmocka_unit_test(big_batch),
	    cmocka_unit_test(tampering),
	    cmocka_unit_test(replays),
	    cmocka_unit_test(wrong_inside),
	    cmocka_unit_test(padded),
	    cmocka_unit_test(not_ours),
	    cmocka_unit_test(unknown_spi),
	    cmocka_unit_test(usage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
