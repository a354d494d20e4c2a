/* Several peers and paths: sizes, classes, equal SPIs, and whose packets were dropped. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/unit/esp_pair.h"

#include <errno.h>
#include <string.h>

static void
narrow(struct esp_sa *sa)
{
	sa->mtu = 1418;
}

/* What does not fit is answered, but not each time; what just fits goes. */
static void
too_big(void **state)
{
	struct slot s;

	pair_connect(narrow);
	packet_make(&s, ula_a, ula_b, 1418 - 40, 1);
	assert_int_equal(packet_out(&a, &s, 1), esp_sealed_len(1418));
	packet_make(&s, ula_a, ula_b, 1419 - 40, 1);
	assert_int_equal(packet_out(&a, &s, 100), 1280);
	assert_int_equal(s.p.remote.family, 0);
	assert_int_equal(s.p.data[6], 58);
	assert_int_equal(s.p.data[40], 2); /* Packet Too Big */
	assert_int_equal(s.p.data[46] << 8 | s.p.data[47], 1418);
	assert_memory_equal(s.p.data + 8, ula_b, 16);
	assert_memory_equal(s.p.data + 24, ula_a, 16);
	packet_make(&s, ula_a, ula_b, 1419 - 40, 1);
	assert_int_equal(packet_out(&a, &s, 100 + ESP_TOO_BIG_MS - 1), 0);
	packet_make(&s, ula_a, ula_b, 1419 - 40, 1);
	assert_int_equal(packet_out(&a, &s, 100 + ESP_TOO_BIG_MS), 1280);
	assert_int_equal(drops(&a, ESP_DROP_TOO_BIG), 3);
	assert_int_equal(esp_sa_mtu(a.esp, SPI_AB, 1197), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(esp_sa_mtu(a.esp, SPI_BA, 1400), -1); /* inbound */
	assert_int_equal(errno, ENOENT);
	assert_int_equal(esp_sa_mtu(a.esp, SPI_AB, 1438), 0);
	packet_make(&s, ula_a, ula_b, 1438 - 40, 1);
	assert_int_equal(packet_out(&a, &s, 200), esp_sealed_len(1438));
	pair_free();
}

/* Held before its path was known. */
static void
too_big_when_held(void **state)
{
	struct slot s;

	pair_new();
	packet_make(&s, ula_a, ula_b, 1500, 1);
	assert_int_equal(packet_out(&a, &s, 1), 0);
	packet_make(&s, ula_a, ula_b, ESP_PACKET_MAX - 39, 1); /* not even held */
	assert_int_equal(packet_out(&a, &s, 1), 0);
	assert_int_equal(drops(&a, ESP_DROP_TOO_BIG), 1);
	pair_add(SPI_AB, 0, narrow);
	s.p.data = s.room + 16;
	assert_int_equal(esp_outbound_held(a.esp, &s.p, 1, 2), 1);
	assert_int_equal(s.p.len, 1280);
	assert_int_equal(s.p.remote.family, 0);
	assert_int_equal(drops(&a, ESP_DROP_TOO_BIG), 2);
	pair_free();
}

static void
sealed_lengths(void **state)
{
	assert_int_equal(esp_inner_max(1500 - 20 - 8), 1438);
	assert_int_equal(esp_inner_max(1500 - 40 - 8), 1418);
	assert_int_equal(esp_inner_max(35), 0);
	for (size_t room = 36; room < 3000; room++) {
		size_t most = esp_inner_max(room);

		assert_true(esp_sealed_len(most) <= room);
		assert_true(esp_sealed_len(most + 1) > room);
	}
}

/* The class of the packet inside is the one outside; a mark from outside comes in. */
static void
traffic_class(void **state)
{
	struct slot s;

	pair_connect(NULL);
	packet_make(&s, ula_a, ula_b, 8, 1);
	s.p.data[0] = 0x6b; /* DSCP 46, ECT(0) */
	s.p.data[1] = 0xa5;
	s.p.data[2] = 0x43; /* flow label */
	packet_out(&a, &s, 1);
	assert_int_equal(s.p.tos, 46 << 2 | 2);
	s.p.tos = 3; /* CE; DSCP was wiped out */
	assert_int_equal(packet_in(&b, &s, &at_a, 1), 48);
	assert_memory_equal(s.p.data, "\x6b\xb5\x43", 3);
	packet_make(&s, ula_a, ula_b, 8, 1);
	packet_out(&a, &s, 1);
	assert_int_equal(s.p.tos, 0);
	s.p.tos = 3;
	assert_int_equal(packet_in(&b, &s, &at_a, 1), 0);
	assert_int_equal(drops(&b, ESP_DROP_CONGESTED), 1);
	assert_int_equal(drops_all(&b), 1);
	pair_free();
}

static void
second_name(struct esp_sa *sa)
{
	sa->id = 7;
	memset(sa->key, 0x77, sizeof(sa->key));
}

/* Two peers chose the same SPI for what we send them. */
static void
same_spi(void **state)
{
	struct esp_sa sa = {.spi = SPI_AB, .algorithm = AEAD_AES_128_GCM, .remote = at_new};
	struct esp_usage u;
	struct slot s;

	pair_connect(NULL);
	assert_int_equal(esp_sa_add(a.esp, &sa, 0), -1);
	assert_int_equal(errno, EEXIST);
	second_name(&sa);
	assert_int_equal(esp_sa_add(a.esp, &sa, 0), 0);
	assert_int_equal(esp_policy_add(a.esp, 7, 0, ula_a, ula_c), 0);
	packet_make(&s, ula_a, ula_c, 8, 1);
	packet_out(&a, &s, 1);
	assert_true(endpoint_equal(&s.p.remote, &at_new));
	assert_memory_equal(s.p.data, "\xc0\0\0\1\0\0\0\1", 8);
	packet_make(&s, ula_a, ula_b, 8, 1);
	packet_out(&a, &s, 1);
	assert_true(endpoint_equal(&s.p.remote, &at_b));
	assert_int_equal(packet_in(&b, &s, &at_a, 1), 48);
	assert_int_equal(esp_sa_delete(a.esp, 7, 0), 0);
	assert_int_equal(esp_sa_query(a.esp, SPI_AB, 0, &u), 0);
	assert_int_equal(u.packets, 1);
	sa.inbound = 1; /* inbound, the SPI is ours and the only name */
	sa.spi = 0xc0000077;
	assert_int_equal(esp_sa_add(a.esp, &sa, 0), -1);
	assert_int_equal(errno, EINVAL);
	pair_free();
}

static uint64_t
peer_drops(struct side *at, const uint8_t ula[16], enum esp_drop reason)
{
	uint64_t all[ESP_DROP_MAX];

	esp_peer_drops(at->esp, ula, all);
	return all[reason];
}

static void
drops_by_peer(void **state)
{
	struct slot s, t;

	pair_connect(narrow);
	for (int i = 0; i < 2; i++) { /* before it is known, and after */
		packet_make(&s, ula_a, ula_b, 8, 1);
		packet_out(&a, &s, 1);
		slot_copy(&t, &s);
		packet_in(&b, &s, &at_a, 1);
		packet_in(&b, &t, &at_a, 1);
		assert_int_equal(peer_drops(&b, ula_a, ESP_DROP_REPLAY), i);
		assert_int_equal(esp_peer_know(b.esp, ula_a), 0);
		assert_int_equal(esp_peer_know(b.esp, ula_a), 0);
	}
	assert_int_equal(drops(&b, ESP_DROP_REPLAY), 2);
	assert_int_equal(peer_drops(&b, ula_c, ESP_DROP_REPLAY), 0);
	esp_peer_know(a.esp, ula_c);
	esp_peer_know(a.esp, ula_b);
	for (int i = 0; i < ESP_HOLD_PER_PEER + 3; i++) {
		packet_make(&s, ula_a, ula_c, 8, 1);
		packet_out(&a, &s, 1);
	}
	packet_make(&s, ula_a, ula_b, 1400, 1);
	packet_out(&a, &s, 1);
	assert_int_equal(peer_drops(&a, ula_c, ESP_DROP_NO_POLICY), 3);
	assert_int_equal(peer_drops(&a, ula_b, ESP_DROP_NO_POLICY), 0);
	assert_int_equal(peer_drops(&a, ula_b, ESP_DROP_TOO_BIG), 1);
	esp_tick(a.esp, 1 + ESP_HOLD_MS);
	assert_int_equal(peer_drops(&a, ula_c, ESP_DROP_NO_POLICY), ESP_HOLD_PER_PEER + 3);
	esp_peer_forget(a.esp, ula_c);
	assert_int_equal(peer_drops(&a, ula_c, ESP_DROP_NO_POLICY), 0);
	assert_int_equal(drops(&a, ESP_DROP_NO_POLICY), ESP_HOLD_PER_PEER + 3);
	pair_free();
}

static uint64_t
nobodys_drops(struct side *at, enum esp_drop reason)
{
	uint64_t all[ESP_DROP_MAX];

	esp_nobodys_drops(at->esp, all);
	return all[reason];
}

/* Told of once until they are read; those of a known peer are not among them. */
static void
drops_of_nobody(void **state)
{
	struct slot s, t;

	pair_connect(NULL);
	esp_peer_know(b.esp, ula_a);
	packet_make(&s, ula_a, ula_b, 8, 1);
	packet_out(&a, &s, 1);
	slot_copy(&t, &s);
	packet_in(&b, &s, &at_a, 1);
	packet_in(&b, &t, &at_a, 1);
	assert_int_equal(b.seen.dropped, 0);
	for (int i = 1; i < 3; i++) {
		for (int k = 0; k < 2; k++) {
			packet_make(&s, ula_a, ula_b, 8, 1);
			packet_out(&a, &s, 1);
			s.p.data[3] ^= 0x55;
			packet_in(&b, &s, &at_a, 1);
		}
		packet_make(&s, ula_a, ula_b, 8, 1);
		packet_out(&a, &s, 1);
		s.p.len = 8;
		packet_in(&b, &s, &at_a, 1);
		assert_int_equal(b.seen.dropped, i);
		assert_int_equal(nobodys_drops(&b, ESP_DROP_NO_SA), 2 * i);
		assert_int_equal(nobodys_drops(&b, ESP_DROP_SHORT), i);
	}
	assert_int_equal(nobodys_drops(&b, ESP_DROP_REPLAY), 0);
	assert_int_equal(drops(&b, ESP_DROP_REPLAY), 1);
	esp_drop_note(a.esp, ESP_DROP_SEND, 0, 0);
	assert_int_equal(a.seen.dropped, 0);
	esp_drop_note(a.esp, ESP_DROP_SEND, 0, 7);
	assert_int_equal(a.seen.dropped, 1);
	assert_int_equal(nobodys_drops(&a, ESP_DROP_SEND), 7);
	pair_free();
}

static void
many_peers(void **state)
{
	uint8_t ula[16] = {0xfd};

	pair_new();
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < ESP_PEERS_MAX; i++) {
			ula[8] = (uint8_t)i;
			ula[15] = (uint8_t)(i >> 8);
			assert_int_equal(esp_peer_know(a.esp, ula), 0);
		}
		assert_int_equal(esp_peer_know(a.esp, ula_a), -1);
		for (int i = 0; i < ESP_PEERS_MAX; i++) {
			ula[8] = (uint8_t)i;
			ula[15] = (uint8_t)(i >> 8);
			esp_peer_forget(a.esp, ula);
		}
	}
	esp_peer_forget(a.esp, ula_a);
	pair_free();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(too_big),
	    cmocka_unit_test(too_big_when_held),
	    cmocka_unit_test(sealed_lengths),
	    cmocka_unit_test(traffic_class),
	    cmocka_unit_test(same_spi),
	    cmocka_unit_test(drops_by_peer),
	    cmocka_unit_test(drops_of_nobody),
	    cmocka_unit_test(many_peers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
