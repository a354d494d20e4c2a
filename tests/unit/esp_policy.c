/* SAs and policies as IKE sets them; packets that wait for them; make before break. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/unit/esp_pair.h"

#include <errno.h>
#include <string.h>

static struct slot s;

/* The SPI a packet from A to B leaves with; 0 = it does not leave. */
static uint32_t
leaves_with(uint64_t now_ms)
{
	packet_make(&s, ula_a, ula_b, 8, 1);
	if (packet_out(&a, &s, now_ms) == 0)
		return 0;
	return (uint32_t)s.p.data[0] << 24 | (uint32_t)s.p.data[1] << 16 |
	    (uint32_t)s.p.data[2] << 8 | s.p.data[3];
}

static void
refuses_nonsense(void **state)
{
	struct esp_sa sa = {.spi = SPI_AB, .inbound = 1, .algorithm = 1, .remote = at_a}, bad;

	pair_new();
	assert_int_equal(esp_sa_add(a.esp, &sa, 0), 0);
	assert_int_equal(esp_sa_add(a.esp, &sa, 0), -1);
	assert_int_equal(errno, EEXIST);
	sa.inbound = 0; /* the other direction is another space */
	assert_int_equal(esp_sa_add(a.esp, &sa, 0), 0);
	bad = sa;
	bad.spi = 255;
	assert_int_equal(esp_sa_add(a.esp, &bad, 0), -1);
	assert_int_equal(errno, EINVAL);
	bad.spi = 0x12345678; /* another implementation's choice, outbound */
	assert_int_equal(esp_sa_add(a.esp, &bad, 0), 0);
	bad.inbound = 1;
	assert_int_equal(esp_sa_add(a.esp, &bad, 0), -1);
	bad = sa;
	bad.spi++;
	bad.algorithm = 9;
	assert_int_equal(esp_sa_add(a.esp, &bad, 0), -1);
	bad = sa;
	bad.spi++;
	bad.remote = (struct endpoint) {0};
	assert_int_equal(esp_sa_add(a.esp, &bad, 0), -1);
	assert_int_equal(errno, EINVAL);
	assert_true(esp_spi_in_use(a.esp, SPI_AB));
	assert_false(esp_spi_in_use(a.esp, 0x12345678));
	pair_free();
}

static void
policies_need_sas(void **state)
{
	struct esp_sa sa = {.spi = SPI_AB, .algorithm = 1, .remote = at_b};

	pair_new();
	assert_int_equal(esp_policy_add(a.esp, SPI_AB, 0, ula_a, ula_b), -1);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(esp_sa_add(a.esp, &sa, 0), 0);
	assert_int_equal(esp_policy_delete(a.esp, SPI_AB, 0, ula_a, ula_b), -1);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(esp_policy_add(a.esp, SPI_AB, 0, ula_a, ula_b), 0);
	assert_int_equal(esp_policy_add(a.esp, SPI_AB, 0, ula_a, ula_b), 0);
	assert_int_equal(esp_policy_add(a.esp, SPI_AB, 0, ula_a, ula_c), -1);
	assert_int_equal(errno, EEXIST);
	assert_int_equal(esp_policy_delete(a.esp, SPI_AB, 0, ula_a, ula_c), -1);
	assert_int_equal(leaves_with(1), SPI_AB);
	assert_int_equal(esp_policy_delete(a.esp, SPI_AB, 0, ula_a, ula_b), 0);
	assert_int_equal(leaves_with(1), 0);
	assert_int_equal(esp_policy_add(a.esp, SPI_AB, 0, ula_a, ula_b), 0);
	assert_int_equal(leaves_with(1), SPI_AB);
	assert_int_equal(esp_sa_delete(a.esp, SPI_AB, 0), 0); /* takes the policy with it */
	assert_int_equal(leaves_with(1), 0);
	assert_int_equal(esp_sa_delete(a.esp, SPI_AB, 0), -1);
	assert_int_equal(errno, ENOENT);
	pair_free();
}

static void
inbound_needs_policy(void **state)
{
	pair_connect(NULL);
	esp_policy_delete(b.esp, SPI_AB, 1, ula_b, ula_a);
	leaves_with(1);
	assert_int_equal(packet_in(&b, &s, &at_new, 1), 0);
	assert_int_equal(drops(&b, ESP_DROP_SELECTOR), 1);
	assert_int_equal(b.seen.moved, 0);
	esp_policy_add(b.esp, SPI_AB, 1, ula_b, ula_a);
	leaves_with(1);
	assert_int_equal(packet_in(&b, &s, &at_a, 1), 48);
	pair_free();
}

/* A rekey: the new pair works at once, the old one still takes what was on its way. */
static void
make_before_break(void **state)
{
	struct slot late;

	pair_connect(NULL);
	assert_int_equal(leaves_with(1), SPI_AB);
	slot_copy(&late, &s);
	pair_add(0xc0000077, 0, NULL);
	assert_int_equal(leaves_with(2), 0xc0000077);
	assert_int_equal(packet_in(&b, &s, &at_a, 2), 48);
	assert_int_equal(packet_in(&b, &late, &at_a, 2), 48);
	assert_int_equal(esp_sa_delete(a.esp, 0xc0000077, 0), 0); /* without a word of its policy */
	assert_int_equal(leaves_with(2), SPI_AB);
	esp_sa_delete(b.esp, 0xc0000077, 1);
	pair_add(0xc0000077, 0, NULL);
	esp_policy_add(a.esp, SPI_AB, 0, ula_a, ula_b); /* said again: now the newest */
	assert_int_equal(leaves_with(2), SPI_AB);
	esp_policy_add(a.esp, 0xc0000077, 0, ula_a, ula_b);
	esp_policy_delete(a.esp, SPI_AB, 0, ula_a, ula_b);
	esp_sa_delete(a.esp, SPI_AB, 0);
	assert_int_equal(leaves_with(3), 0xc0000077);
	assert_int_equal(drops_all(&a) + drops_all(&b), 0);
	pair_free();
}

static void
table_is_full(void **state)
{
	struct esp_sa sa = {.spi = 0xc0000000, .inbound = 1, .algorithm = 1};
	unsigned int n = 0;

	pair_new();
	while (esp_sa_add(a.esp, &sa, 0) == 0) {
		n++;
		sa.spi += 7;
	}
	assert_int_equal(errno, ENOSPC);
	assert_int_equal(n, ESP_SA_MAX / 2);
	for (unsigned int i = 0; i < n; i++) {
		assert_true(esp_spi_in_use(a.esp, 0xc0000000 + 7 * i));
		if (i % 3 == 0)
			assert_int_equal(esp_sa_delete(a.esp, 0xc0000000 + 7 * i, 1), 0);
	}
	for (unsigned int i = 0; i < n; i++)
		assert_int_equal(esp_spi_in_use(a.esp, 0xc0000000 + 7 * i), i % 3 != 0);
	assert_int_equal(esp_sa_add(a.esp, &sa, 0), 0);
	for (unsigned int i = 0; i <= n; i++) /* every place comes back */
		esp_sa_delete(a.esp, 0xc0000000 + 7 * i, 1);
	for (unsigned int i = 0; i < n; i++) {
		sa.spi = 0xd0000000 + i;
		assert_int_equal(esp_sa_add(a.esp, &sa, 0), 0);
	}
	pair_free();
}

/* Nothing that cannot have a tunnel asks for one. */
static void
only_ulas_wait(void **state)
{
	static const uint8_t link[16] = {0xfe, 0x80, [15] = 1}, group[16] = {0xff, 2, [15] = 2};

	pair_new();
	packet_make(&s, link, ula_b, 8, 1);
	assert_int_equal(packet_out(&a, &s, 1), 0);
	packet_make(&s, ula_a, group, 8, 1);
	assert_int_equal(packet_out(&a, &s, 1), 0);
	assert_int_equal(a.seen.acquired, 0);
	assert_true(esp_tick(a.esp, 1) == UINT64_MAX);
	pair_free();
}

/* Many packets wait; they leave in their order when the tunnel is up, and only once. */
static void
held_packets(void **state)
{
	static struct slot out[8];
	struct esp_packet batch[8];
	size_t n;

	pair_new();
	for (int i = 0; i < 5; i++) {
		packet_make(&s, ula_a, ula_b, 8, 'a' + i);
		assert_int_equal(packet_out(&a, &s, 1000), 0);
		packet_make(&s, ula_a, ula_c, 8, 'x');
		assert_int_equal(packet_out(&a, &s, 1000), 0);
	}
	assert_int_equal(a.seen.acquired, 2);
	assert_memory_equal(a.seen.dst, ula_c, 16);
	assert_int_equal(esp_outbound_held(a.esp, batch, 8, 1001), 0);
	pair_add(SPI_AB, 0, NULL);
	for (int round = 0; round < 3; round++) { /* in pieces of two */
		for (int i = 0; i < 8; i++)
			batch[i].data = out[i].room + 16;
		n = esp_outbound_held(a.esp, batch, 2, 1010);
		assert_int_equal(n, round < 2 ? 2 : 1);
		for (size_t i = 0; i < n; i++) {
			assert_true(endpoint_equal(&batch[i].remote, &at_b));
			esp_inbound(b.esp, &batch[i], 1, 1010);
			assert_int_equal(batch[i].len, 48);
			assert_int_equal(batch[i].data[40], 'a' + 2 * round + (int)i);
		}
	}
	assert_int_equal(esp_outbound_held(a.esp, batch, 8, 1011), 0);
	assert_int_equal(drops_all(&a), 0);
	/* The other peer's grow old. */
	assert_int_equal(esp_tick(a.esp, 1500), 1000 + ESP_HOLD_MS - 1500);
	assert_true(esp_tick(a.esp, 1000 + ESP_HOLD_MS) == UINT64_MAX);
	assert_int_equal(drops(&a, ESP_DROP_NO_POLICY), 5);
	pair_free();
}

static void
make_wait(struct esp_sa *sa)
{
	if (!sa->inbound)
		sa->partner = SPI_BA;
}

static size_t
send_held(struct side *side, struct slot *out, uint64_t now_ms)
{
	out->p.data = out->room + 16;
	return esp_outbound_held(side->esp, &out->p, 1, now_ms);
}

/* The peer that was called answers only when it has heard the caller, who is still setting up. */
static void
waits_for_the_caller(void **state)
{
	static struct slot poke, out;

	pair_new();
	pair_add(SPI_BA, 1, NULL);
	pair_add(SPI_AB, 0, make_wait); /* A was called */
	packet_make(&s, ula_a, ula_b, 8, 'x');
	assert_int_equal(packet_out(&a, &s, 10), 0);
	assert_int_equal(a.seen.acquired, 0); /* there is a tunnel: nobody need call */
	assert_int_equal(send_held(&a, &out, 11), 0);
	poke.p.data = poke.room + 16;
	assert_int_equal(esp_poke(a.esp, ula_b, &poke.p, 11), -1);
	assert_int_equal(esp_poke(b.esp, ula_a, &poke.p, 12), 0);
	packet_in(&a, &poke, &at_b, 12);
	assert_int_equal(a.seen.ready, 1);
	assert_memory_equal(a.seen.dst, ula_b, 16);
	assert_int_equal(send_held(&a, &out, 13), 1);
	assert_int_equal(packet_in(&b, &out, &at_a, 13), 48);
	packet_make(&s, ula_a, ula_b, 8, 'y');
	assert_true(packet_out(&a, &s, 14) > 0);
	assert_int_equal(drops_all(&a), 0);
	pair_free();
}

/* Another tunnel of the same peer says nothing about this one; one that has spoken already does. */
static void
waits_for_its_own_partner(void **state)
{
	static struct slot poke;

	pair_new();
	pair_add(SPI_BA, 1, NULL);
	pair_add(SPI_AB, 0, make_wait);
	pair_add(SPI_BA + 16, 1, NULL); /* B's newest: it will poke there */
	poke.p.data = poke.room + 16;
	assert_int_equal(esp_poke(b.esp, ula_a, &poke.p, 1), 0);
	packet_in(&a, &poke, &at_b, 1);
	assert_int_equal(a.seen.ready, 0);
	packet_make(&s, ula_a, ula_b, 8, 'x');
	assert_int_equal(packet_out(&a, &s, 2), 0);
	pair_free();

	pair_new();
	pair_add(SPI_BA, 1, NULL);
	assert_int_equal(esp_poke(b.esp, ula_a, &poke.p, 1), 0);
	packet_in(&a, &poke, &at_b, 1);
	pair_add(SPI_AB, 0, make_wait);
	packet_make(&s, ula_a, ula_b, 8, 'x');
	assert_true(packet_out(&a, &s, 2) > 0);
	pair_free();
}

/* But not for ever: the caller's poke may be lost. */
static void
waits_not_for_ever(void **state)
{
	static struct slot out;

	pair_new();
	pair_add(SPI_BA, 1, NULL);
	pair_add(SPI_AB, 0, make_wait); /* at time 0 */
	packet_make(&s, ula_a, ula_b, 8, 'x');
	assert_int_equal(packet_out(&a, &s, 1), 0);
	assert_int_equal(esp_tick(a.esp, 2), ESP_WAIT_MS - 2);
	assert_int_equal(send_held(&a, &out, ESP_WAIT_MS - 1), 0);
	esp_tick(a.esp, ESP_WAIT_MS);
	assert_int_equal(send_held(&a, &out, ESP_WAIT_MS), 1);
	pair_free();
}

/* At a rekey the older SA goes on while the new one waits. */
static void
old_serves_while_new_waits(void **state)
{
	pair_connect(NULL);
	pair_add(SPI_AB + 16, 0, make_wait);
	packet_make(&s, ula_a, ula_b, 8, 'x');
	assert_true(packet_out(&a, &s, 1) > 0);
	assert_int_equal(s.p.data[3], (uint8_t)SPI_AB);
	packet_make(&s, ula_a, ula_b, 8, 'x');
	assert_true(packet_out(&a, &s, ESP_WAIT_MS) > 0);
	assert_int_equal(s.p.data[3], (uint8_t)(SPI_AB + 16));
	pair_free();
}

static void
held_is_bounded(void **state)
{
	static struct slot out[ESP_HOLD_PER_PEER + 1];
	struct esp_packet batch[ESP_HOLD_PER_PEER + 1];

	pair_new();
	for (int i = 0; i < 10000; i++) {
		packet_make(&s, ula_a, ula_b, 1200, i);
		packet_out(&a, &s, 5);
	}
	assert_int_equal(a.seen.acquired, 1);
	assert_int_equal(drops(&a, ESP_DROP_NO_POLICY), 10000 - ESP_HOLD_PER_PEER);
	pair_add(SPI_AB, 0, NULL);
	for (int i = 0; i <= ESP_HOLD_PER_PEER; i++)
		batch[i].data = out[i].room + 16;
	assert_int_equal(
	    esp_outbound_held(a.esp, batch, ESP_HOLD_PER_PEER + 1, 6), ESP_HOLD_PER_PEER);
	pair_free();
}

static void
pokes(void **state)
{
	pair_new();
	packet_make(&s, ula_a, ula_b, 0, 0);
	assert_int_equal(esp_poke(a.esp, ula_b, &s.p, 1), -1);
	pair_add(SPI_AB, 0, NULL);
	packet_make(&s, ula_a, ula_b, 0, 0);
	assert_int_equal(esp_poke(a.esp, ula_b, &s.p, 1), 0);
	assert_int_equal(s.p.len, 36);
	assert_true(endpoint_equal(&s.p.remote, &at_b));
	packet_make(&s, ula_a, ula_b, 0, 0);
	assert_int_equal(esp_poke(a.esp, ula_c, &s.p, 1), -1);
	pair_free();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(refuses_nonsense),
	    cmocka_unit_test(policies_need_sas),
	    cmocka_unit_test(inbound_needs_policy),
	    cmocka_unit_test(make_before_break),
	    cmocka_unit_test(table_is_full),
	    cmocka_unit_test(only_ulas_wait),
	    cmocka_unit_test(held_packets),
	    cmocka_unit_test(waits_for_the_caller),
	    cmocka_unit_test(waits_for_its_own_partner),
	    cmocka_unit_test(waits_not_for_ever),
	    cmocka_unit_test(old_serves_while_new_waits),
	    cmocka_unit_test(held_is_bounded),
	    cmocka_unit_test(pokes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
