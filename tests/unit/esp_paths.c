/*
 * Probes between two data planes, in virtual time, over a path that swallows what is too large for
 * it: what B opens is answered as its system would, and A must never give such an answer to its
 * own.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "ipsec/esp/probe_echo.h"
#include "ipsec/esp/seal.h"
#include "ipsec/esp/state.h"
#include "ipsec/esp/sum.h"
#include "tests/unit/esp_pair.h"

#include <errno.h>
#include <string.h>

#define FULL 1418 /* inner packet of 1500 octets outside, over IPv6 */
#define AROUND 48 /* IPv6, UDP */
#define RTT_MS 20

static const struct endpoint at_b6 = {.family = 6, .port = 4500, .addr = {0x20, 1, 0xd, 0xb8, 2}};
static uint64_t now;
static size_t carries; /* octets of the path, outside */
static int deaf; /* B's system answers no echo */
static unsigned sent, large; /* probes; those above the floor */

static void
over_ip6(struct esp_sa *sa)
{
	sa->tfc = 1;
	sa->mtu = FULL;
}

/* What the next A's SAs to B are pointed at. */
static void
path_new(size_t octets)
{
	pair_connect(over_ip6);
	assert_int_equal(esp_sa_move(a.esp, SPI_AB, 0, &at_b6), 0);
	carries = octets;
	now = 1000;
	deaf = 0;
	sent = large = 0;
}

static struct sa *
sa_ab(void)
{
	return sa_find(&a.esp->out.sas, SPI_AB);
}

/* As the system of the machine at this end does it. */
static void
turn_around(struct slot *s)
{
	uint8_t *d = s->p.data, ula[16];

	assert_int_equal(s->p.len, PROBE_ECHO_LEN);
	assert_int_equal(sum_fold(sum_pseudo(d, IPPROTO_ICMPV6, 24) + sum_of(d + 40, 24)), 0xffff);
	assert_int_equal(d[40], 128);
	memcpy(ula, d + 8, 16);
	memcpy(d + 8, d + 24, 16);
	memcpy(d + 24, ula, 16);
	d[40] = 129;
	memset(d + 42, 0, 2);
	sum_store(d + 42, sum_pseudo(d, IPPROTO_ICMPV6, 24) + sum_of(d + 40, 24));
}

/* B has got a probe, and its answer comes home. */
static void
answer(struct slot *s)
{
	struct slot back;

	assert_true(packet_in(&b, s, &at_a, now) > 0);
	turn_around(s);
	memset(&back, 0, sizeof(back));
	back.p.data = back.room + 16;
	back.p.len = s->p.len;
	memcpy(back.p.data, s->p.data, s->p.len);
	assert_true(packet_out(&b, &back, now) > 0);
	assert_int_equal(packet_in(&a, &back, &at_b6, now + RTT_MS), 0);
}

/* Let A's time go on by ms, and the path carry its probes. */
static void
pass(uint64_t ms)
{
	static struct slot s[ESP_CHUNK];
	struct esp_packet batch[ESP_CHUNK];
	uint64_t end = now + ms;

	for (; now < end; now += RTT_MS) {
		size_t n;

		esp_tick(a.esp, now);
		for (size_t i = 0; i < ESP_CHUNK; i++)
			batch[i].data = s[i].room + 16;
		n = esp_outbound_probes(a.esp, batch, ESP_CHUNK, now);
		for (size_t i = 0; i < n; i++) {
			s[i].p = batch[i];
			sent++;
			large += batch[i].len > esp_sealed_len(PROBE_FLOOR);
			if (!deaf && batch[i].len + AROUND <= carries)
				answer(&s[i]);
		}
	}
}

/* A packet of len octets leaves A; what it was answered with, or its length sealed. */
static size_t
send_packet(size_t len)
{
	static struct slot s;

	packet_make(&s, ula_a, ula_b, len - 40, 1);
	return packet_out(&a, &s, now);
}

static struct esp_fit
fit(void)
{
	struct slot s;

	packet_make(&s, ula_a, ula_b, 8, 1);
	return esp_fit(a.esp, s.p.data, s.p.len, now);
}

static void
check_fit(size_t whole, size_t most)
{
	assert_int_equal(sa_ab()->whole, whole);
	assert_int_equal(sa_ab()->most, most);
}

static void
floor_is_1280(void **state)
{
	assert_int_equal(esp_sealed_len(PROBE_FLOOR) + AROUND, 1280);
	assert_int_equal(esp_inner_max(1280 - AROUND), PROBE_FLOOR);
}

/* One round, and nothing more, however long it goes on without a large packet. */
static void
wide(void **state)
{
	struct esp_usage u;

	path_new(1500);
	send_packet(100);
	pass(5000);
	assert_int_equal(sent, 2);
	check_fit(FULL, FULL);
	assert_false(esp_narrow(a.esp));
	assert_int_equal(a.seen.narrow_told, 0);
	now += 3600000;
	send_packet(PROBE_FLOOR);
	pass(5000);
	assert_int_equal(sent, 2);
	send_packet(FULL);
	pass(5000);
	assert_int_equal(sent, 4);
	esp_sa_query(a.esp, SPI_AB, 0, &u); /* probes are nobody's traffic */
	assert_int_equal(u.packets, 3);
	assert_int_equal(a.seen.used[1], 0);
	assert_int_equal(drops_all(&a) + drops_all(&b), 0);
	pair_free();
}

static void
nothing_without_traffic(void **state)
{
	path_new(1280);
	pass(10000);
	assert_int_equal(sent, 0);
	assert_true(esp_tick(a.esp, now) == UINT64_MAX);
	pair_free();
}

static void
plain(struct esp_sa *sa)
{
	sa->mtu = FULL;
}

/* Not over IPv4, nor to a peer that takes no padding. */
static void
not_asked(void **state)
{
	pair_connect(over_ip6);
	now = 1000;
	sent = 0;
	send_packet(FULL);
	pass(5000);
	pair_free();
	pair_connect(plain);
	esp_sa_move(a.esp, SPI_AB, 0, &at_b6);
	send_packet(FULL);
	pass(5000);
	assert_int_equal(sent, 0);
	pair_free();
}

/* The underlay has 1280: packets of all sizes are split, and nobody is told of less. */
static void
narrow_1280(void **state)
{
	path_new(1280);
	assert_true(send_packet(FULL) > FULL);
	pass(2000);
	check_fit(PROBE_FLOOR, FULL);
	assert_true(esp_narrow(a.esp));
	assert_int_equal(fit().whole, PROBE_FLOOR);
	assert_int_equal(fit().most, FULL);
	pass(3000);
	check_fit(PROBE_FLOOR, FULL);
	assert_int_equal(large, 2 * PROBE_LOST); /* FULL, 1282 */
	assert_int_equal(a.seen.narrow_told, 1);
	assert_int_equal(a.seen.narrow, PROBE_FLOOR);
	assert_true(send_packet(FULL) > FULL); /* not split before: it leaves as it is */
	pair_free();
}

/* The exact size of any underlay between is found, and then senders are told. */
static void
narrow_between(void **state)
{
	for (size_t outer = 1364; outer < 1500; outer += 4) {
		size_t want = esp_inner_max(outer - AROUND);

		path_new(outer);
		send_packet(FULL);
		pass(20000);
		check_fit(want, want);
		assert_int_equal(a.seen.narrow_told, 1);
		assert_int_equal(a.seen.narrow, want);
		assert_int_equal(send_packet(want), esp_sealed_len(want));
		assert_int_equal(send_packet(want + 1), 1280); /* "too big" */
		pair_free();
	}
}

static void
wider_again(void **state)
{
	path_new(1280);
	send_packet(FULL);
	pass(10000);
	carries = 1500;
	send_packet(FULL);
	pass(10000);
	check_fit(PROBE_FLOOR, FULL);
	now += PROBE_WIDER_MS;
	send_packet(FULL);
	pass(1000);
	check_fit(FULL, FULL);
	assert_int_equal(a.seen.narrow_told, 2);
	assert_int_equal(a.seen.narrow, 0);
	pair_free();
}

/* It becomes narrow under way: found a minute later, or at once when the peer seems gone. */
static void
becomes_narrow(void **state)
{
	for (int doubt = 0; doubt < 2; doubt++) {
		path_new(1500);
		send_packet(FULL);
		pass(PROBE_DOUBT_MS);
		check_fit(FULL, FULL);
		carries = 1280;
		if (doubt)
			esp_peer_doubt(a.esp, ula_b, now);
		else
			now += PROBE_AGAIN_MS;
		send_packet(FULL);
		pass(2000);
		check_fit(PROBE_FLOOR, FULL);
		pair_free();
	}
}

/* Another place, another path; the old one's size is forgotten, and the new one asked. */
static void
moves(void **state)
{
	struct endpoint other = at_b6;

	path_new(1280);
	send_packet(FULL);
	pass(10000);
	check_fit(PROBE_FLOOR, FULL);
	carries = 1500;
	other.port++;
	esp_sa_move(a.esp, SPI_AB, 0, &other);
	check_fit(FULL, FULL);
	sent = 0;
	send_packet(100);
	pass(5000);
	assert_int_equal(sent, 2);
	check_fit(FULL, FULL);
	pair_free();
}

/* A rekeying changes nothing of the path. */
static void
rekeyed(void **state)
{
	const uint32_t spi = UINT32_C(0xc0000077);
	struct esp_sa sa = {.spi = spi, .algorithm = AEAD_AES_128_GCM, .remote = at_b6};

	path_new(1280);
	send_packet(FULL);
	pass(10000);
	over_ip6(&sa);
	assert_int_equal(esp_sa_add(a.esp, &sa, now), 0);
	assert_int_equal(esp_policy_add(a.esp, spi, 0, ula_a, ula_b), 0);
	assert_int_equal(fit().whole, PROBE_FLOOR);
	assert_int_equal(fit().most, FULL);
	sent = 0;
	send_packet(FULL);
	pass(5000);
	assert_int_equal(sent, 0);
	assert_int_equal(a.seen.narrow_told, 1);
	pair_free();
}

/* Nothing leaves by an SA without policy, no probe either; and time does not stand still. */
static void
policy_goes(void **state)
{
	path_new(1280);
	send_packet(FULL);
	pass(100);
	esp_policy_delete(a.esp, SPI_AB, 0, ula_a, ula_b);
	sent = 0;
	pass(3000);
	assert_int_equal(sent, 0);
	assert_true(esp_tick(a.esp, now) == UINT64_MAX);
	pair_free();
}

/* Who answers no echo gets full packets, as before, and is asked a few times only. */
static void
deaf_peer(void **state)
{
	path_new(1500);
	deaf = 1;
	send_packet(FULL);
	pass(30000);
	check_fit(FULL, FULL);
	assert_int_equal(sent, 2 * PROBE_SILENT);
	pair_free();
}

/* The user's own pings, and answers that somebody else has made up, go where they belong. */
static void
others_echoes(void **state)
{
	struct siphash_key key = {{1, 2}};
	struct slot s, back;

	path_new(1280);
	send_packet(FULL);
	pass(100); /* a round is under way, its floor answered */
	for (uint32_t number = 0; number < 50; number++) {
		packet_make(&s, ula_a, ula_b, 24, 0);
		probe_echo_make(s.p.data, ula_a, ula_b, number, 1, &key);
		turn_around(&s);
		slot_copy(&back, &s);
		assert_true(packet_out(&b, &s, now) > 0);
		assert_int_equal(packet_in(&a, &s, &at_b6, now), PROBE_ECHO_LEN);
		assert_memory_equal(s.p.data, back.p.data, PROBE_ECHO_LEN);
	}
	pass(2000);
	check_fit(PROBE_FLOOR, FULL);
	pair_free();
}

/* A cookie is good for the peer that was asked, for this probe, and as an answer. */
static void
cookies(void **state)
{
	struct siphash_key key;
	struct slot s;
	uint32_t number = 0;
	int which = 0;

	siphash_key_random(&key);
	for (int l = 0; l < 2; l++) {
		packet_make(&s, ula_a, ula_b, 24, 0);
		probe_echo_make(s.p.data, ula_a, ula_b, 7, l, &key);
		assert_false(probe_echo_answers(s.p.data, s.p.len, &key, &number, &which));
		turn_around(&s);
		assert_true(probe_echo_answers(s.p.data, s.p.len, &key, &number, &which));
		assert_int_equal(number, 7);
		assert_int_equal(which, l);
		assert_false(probe_echo_answers(s.p.data, s.p.len - 1, &key, &number, &which));
		for (size_t at = 48; at < PROBE_ECHO_LEN; at++) {
			s.p.data[at] ^= 1;
			assert_false(probe_echo_answers(s.p.data, s.p.len, &key, &number, &which));
			s.p.data[at] ^= 1;
		}
		memcpy(s.p.data + 8, ula_c, 16); /* another peer's SA */
		assert_false(probe_echo_answers(s.p.data, s.p.len, &key, &number, &which));
	}
}

/* Routing knows of a path narrower than IPv6 packets: they are split, nobody is told of less. */
static void
known_to_routing(void **state)
{
	path_new(1280);
	assert_int_equal(esp_sa_mtu(a.esp, SPI_AB, PROBE_FLOOR - 1), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(esp_sa_mtu(a.esp, SPI_AB, PROBE_FLOOR), 0);
	check_fit(PROBE_FLOOR, ESP_PACKET_MAX);
	assert_int_equal(fit().whole, PROBE_FLOOR);
	send_packet(FULL);
	pass(5000);
	assert_int_equal(sent, 0);
	assert_int_equal(esp_sa_mtu(a.esp, SPI_AB, FULL), 0); /* it has forgotten */
	send_packet(FULL);
	pass(2000);
	check_fit(PROBE_FLOOR, FULL);
	pair_free();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(floor_is_1280),
	    cmocka_unit_test(wide),
	    cmocka_unit_test(nothing_without_traffic),
	    cmocka_unit_test(not_asked),
	    cmocka_unit_test(narrow_1280),
	    cmocka_unit_test(narrow_between),
	    cmocka_unit_test(wider_again),
	    cmocka_unit_test(becomes_narrow),
	    cmocka_unit_test(moves),
	    cmocka_unit_test(rekeyed),
	    cmocka_unit_test(policy_goes),
	    cmocka_unit_test(deaf_peer),
	    cmocka_unit_test(others_echoes),
	    cmocka_unit_test(cookies),
	    cmocka_unit_test(known_to_routing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
