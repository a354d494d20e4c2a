/* Lifetimes in virtual time: by age, octets, packets and sequence numbers; each told once. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "ipsec/esp/lifetime.h"
#include "ipsec/esp/state.h"
#include "tests/unit/esp_pair.h"

static struct slot s;

static void
states(void **state)
{
	static const struct {
		struct esp_lifetime l;
		uint64_t age, bytes, packets;
		enum lifetime want;
	} rows[] = {
	    {{0}, UINT64_MAX, UINT64_MAX, UINT64_MAX, LIFETIME_OK},
	    {{.soft_ms = 10, .hard_ms = 20}, 9, 0, 0, LIFETIME_OK},
	    {{.soft_ms = 10, .hard_ms = 20}, 10, 0, 0, LIFETIME_SOFT},
	    {{.soft_ms = 10, .hard_ms = 20}, 20, 0, 0, LIFETIME_HARD},
	    {{.hard_ms = 20}, 19, 0, 0, LIFETIME_OK},
	    {{.soft_bytes = 5}, 0, 4, 0, LIFETIME_OK},
	    {{.soft_bytes = 5}, 0, 5, 0, LIFETIME_SOFT},
	    {{.hard_bytes = 5}, 0, 5, 0, LIFETIME_HARD},
	    {{.soft_packets = 5}, 0, 0, 5, LIFETIME_SOFT},
	    {{.hard_packets = 5}, 0, 0, 6, LIFETIME_HARD},
	    {{.soft_ms = 1, .hard_packets = 5}, 2, 0, 6, LIFETIME_HARD},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(
		    lifetime_state(&rows[i].l, rows[i].age, rows[i].bytes, rows[i].packets),
		    rows[i].want);
	assert_int_equal(lifetime_sequence(0, 0), LIFETIME_OK);
	assert_int_equal(lifetime_sequence(0xf0000000, 0), LIFETIME_SOFT);
	assert_int_equal(lifetime_sequence(0xefffffff, 0), LIFETIME_OK);
	assert_int_equal(lifetime_sequence(0xfffffffe, 0), LIFETIME_SOFT);
	assert_int_equal(lifetime_sequence(0xffffffff, 0), LIFETIME_HARD);
	assert_int_equal(lifetime_sequence(UINT64_C(0xffffffff), 1), LIFETIME_OK);
	assert_int_equal(lifetime_sequence(UINT64_MAX - 1, 1), LIFETIME_SOFT);
	assert_int_equal(lifetime_sequence(UINT64_MAX, 1), LIFETIME_HARD);
}

static void
due(void **state)
{
	struct esp_lifetime l = {.soft_ms = 10, .hard_ms = 20};

	assert_int_equal(lifetime_next_age(&l, 0), 10);
	assert_int_equal(lifetime_next_age(&l, 1), 20);
	l.soft_ms = 30; /* never comes */
	assert_int_equal(lifetime_next_age(&l, 0), 20);
	l.hard_ms = 0;
	assert_int_equal(lifetime_next_age(&l, 0), 30);
	assert_true(lifetime_next_age(&l, 1) == LIFETIME_NEVER);
}

static size_t
a_sends(uint64_t now_ms)
{
	packet_make(&s, ula_a, ula_b, 60, 1);
	return packet_out(&a, &s, now_ms);
}

static void
by_time(struct esp_sa *sa)
{
	sa->life = (struct esp_lifetime) {.soft_ms = 1000, .hard_ms = 1500};
}

static void
time_passes(void **state)
{
	pair_connect(by_time);
	assert_int_equal(esp_tick(a.esp, 0), 1000);
	assert_int_equal(esp_tick(a.esp, 999), 1);
	assert_int_equal(a.seen.soft, 0);
	assert_int_equal(esp_tick(a.esp, 1000), 500);
	assert_int_equal(a.seen.soft, 2); /* both directions */
	assert_int_equal(esp_tick(a.esp, 1499), 1);
	assert_true(a_sends(1499) > 0);
	assert_int_equal(a.seen.soft, 2);
	assert_int_equal(a.seen.hard, 0);
	assert_true(esp_tick(a.esp, 1600) == UINT64_MAX);
	assert_int_equal(a.seen.hard, 2);
	assert_int_equal(a_sends(1601), 0);
	assert_int_equal(drops(&a, ESP_DROP_EXPIRED), 1);
	assert_true(esp_tick(a.esp, 9999) == UINT64_MAX);
	assert_int_equal(a.seen.hard + a.seen.soft, 4);
	pair_free();
}

/* A packet notices by itself when nobody called esp_tick. */
static void
packet_notices(void **state)
{
	struct slot kept;

	pair_connect(by_time);
	assert_true(a_sends(1200) > 0);
	assert_int_equal(a.seen.soft, 1);
	assert_int_equal(a.seen.spi, SPI_AB);
	assert_int_equal(a.seen.inbound, 0);
	slot_copy(&kept, &s);
	assert_int_equal(packet_in(&b, &kept, &at_a, 1600), 0);
	assert_int_equal(b.seen.hard, 1);
	assert_int_equal(b.seen.inbound, 1);
	assert_int_equal(drops(&b, ESP_DROP_EXPIRED), 1);
	assert_int_equal(a_sends(1600), 0);
	assert_int_equal(a.seen.hard, 1);
	pair_free();
}

static void
by_packets(struct esp_sa *sa)
{
	sa->life = (struct esp_lifetime) {.soft_packets = 3, .hard_packets = 5};
}

static void
by_bytes(struct esp_sa *sa)
{
	sa->life = (struct esp_lifetime) {.soft_bytes = 300, .hard_bytes = 500};
}

/* Packets of 100 octets: both limits are reached by the third and the fifth. */
static void
traffic_counts(void **state)
{
	for (int bytes = 0; bytes < 2; bytes++) {
		pair_connect(bytes ? by_bytes : by_packets);
		for (unsigned int i = 1; i <= 7; i++) {
			assert_int_equal(a_sends(1) > 0, i <= 5);
			packet_in(&b, &s, &at_a, 1);
			assert_int_equal(a.seen.soft, i >= 3);
			assert_int_equal(a.seen.hard, i >= 5);
			assert_int_equal(b.seen.soft, i >= 3);
			assert_int_equal(b.seen.hard, i >= 5);
		}
		pair_free();
	}
}

/* A dead SA does not stand before a living one. */
static void
dead_yields(void **state)
{
	pair_connect(NULL);
	pair_add(0xc0000088, 0, by_time);
	a_sends(1);
	assert_int_equal(s.p.data[3], 0x88);
	assert_true(a_sends(2000) == 0); /* notices */
	assert_true(a_sends(2000) > 0);
	assert_int_equal(s.p.data[3], SPI_AB & 0xff);
	assert_int_equal(a.seen.acquired, 0);
	pair_free();
}

/* Sequence numbers run out: a word before, the last one is used, then silence. */
static void
sequence_runs_out(void **state)
{
	pair_connect(NULL);
	sa_find(&a.esp->out.sas, SPI_AB)->seq = UINT64_C(0xefffffff);
	sa_find(&b.esp->in.sas, SPI_AB)->replay.highest = UINT64_C(0xefffffff);
	assert_true(a_sends(1) > 0);
	assert_int_equal(a.seen.soft, 1);
	sa_find(&a.esp->out.sas, SPI_AB)->seq = UINT32_MAX - 1;
	assert_true(a_sends(1) > 0);
	assert_int_equal(packet_in(&b, &s, &at_a, 1), 100);
	assert_int_equal(a.seen.hard, 1);
	for (int i = 0; i < 3; i++)
		assert_int_equal(a_sends(1), 0);
	assert_int_equal(drops(&a, ESP_DROP_SEQUENCE), 3);
	assert_int_equal(a.seen.hard, 1);
	pair_free();
}

static void
with_esn(struct esp_sa *sa)
{
	sa->esn = 1;
}

/* With ESN the border of 32 bits is one number like others. */
static void
esn_goes_on(void **state)
{
	pair_connect(with_esn);
	sa_find(&a.esp->out.sas, SPI_AB)->seq = UINT32_MAX - 100;
	sa_find(&b.esp->in.sas, SPI_AB)->replay.highest = UINT32_MAX - 100;
	for (int i = 0; i < 200; i++) {
		assert_true(a_sends(1) > 0);
		assert_int_equal(packet_in(&b, &s, &at_a, 1), 100);
	}
	assert_true(sa_find(&b.esp->in.sas, SPI_AB)->replay.highest == UINT64_C(0xffffffff) + 100);
	assert_int_equal(a.seen.soft + a.seen.hard, 0);
	pair_free();
}

/* More SAs end at once than fit in one list of events: all are told, by calling again. */
static void
many_at_once(void **state)
{
	unsigned int n = 3 * EVENTS_MAX;
	int rounds = 0;

	pair_new();
	for (unsigned int i = 0; i < n; i++)
		pair_add(0xc0001000 + i, 0, by_time);
	while (esp_tick(a.esp, 5000) == 0)
		rounds++;
	assert_int_equal(a.seen.hard, n);
	assert_in_range(rounds, 2, 3);
	pair_free();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(states),
	    cmocka_unit_test(due),
	    cmocka_unit_test(time_passes),
	    cmocka_unit_test(packet_notices),
	    cmocka_unit_test(traffic_counts),
	    cmocka_unit_test(dead_yields),
	    cmocka_unit_test(sequence_runs_out),
	    cmocka_unit_test(esn_goes_on),
	    cmocka_unit_test(many_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
