/* Following a peer: only its newest authentic packet moves us. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/unit/esp_pair.h"

#include <string.h>

static const struct endpoint other = {.family = 4, .port = 7, .addr = {203, 0, 113, 9}};

/* A's next packet. */
static void
from_a(struct slot *s)
{
	packet_make(s, ula_a, ula_b, 8, 1);
	assert_true(packet_out(&a, s, 1) > 0);
}

/* Where B sends to. */
static const struct endpoint *
b_sends_to(void)
{
	static struct slot s;

	packet_make(&s, ula_b, ula_a, 8, 1);
	assert_true(packet_out(&b, &s, 1) > 0);
	return &s.p.remote;
}

static void
follows(void **state)
{
	struct esp_usage u;
	struct slot s;

	pair_connect(NULL);
	pair_add(0xc0000099, 1, NULL); /* a second outbound SA of B, the newest */
	from_a(&s);
	packet_in(&b, &s, &at_a, 1);
	assert_int_equal(b.seen.moved, 0);
	from_a(&s);
	assert_int_equal(packet_in(&b, &s, &at_new, 1), 48);
	assert_int_equal(b.seen.moved, 1);
	assert_int_equal(b.seen.spi, SPI_AB);
	assert_true(endpoint_equal(&b.seen.from, &at_new));
	assert_true(endpoint_equal(b_sends_to(), &at_new));
	esp_sa_query(b.esp, SPI_BA, 0, &u); /* all SAs to that peer move */
	assert_true(endpoint_equal(&u.remote, &at_new));
	esp_sa_query(b.esp, SPI_AB, 1, &u);
	assert_true(endpoint_equal(&u.remote, &at_new));
	from_a(&s); /* once told */
	packet_in(&b, &s, &at_new, 1);
	assert_int_equal(b.seen.moved, 1);
	from_a(&s); /* another port is another place: a NAT's new mapping */
	s.p.remote = at_new;
	s.p.remote.port++;
	esp_inbound(b.esp, &s.p, 1, 1);
	assert_int_equal(b.seen.moved, 2);
	assert_int_equal(b_sends_to()->port, at_new.port + 1);
	pair_free();
}

static void
old_packets_move_nothing(void **state)
{
	struct slot late, s, copy;

	pair_connect(NULL);
	from_a(&late);
	from_a(&s);
	slot_copy(&copy, &s);
	packet_in(&b, &s, &at_new, 1);
	assert_int_equal(b.seen.moved, 1);
	assert_int_equal(packet_in(&b, &late, &at_a, 1), 48); /* late, delivered, not followed */
	assert_int_equal(packet_in(&b, &copy, &other, 1), 0); /* a replay from a stranger */
	assert_int_equal(b.seen.moved, 1);
	assert_true(endpoint_equal(b_sends_to(), &at_new));
	from_a(&s);
	s.p.data[20] ^= 1; /* a forgery */
	assert_int_equal(packet_in(&b, &s, &other, 1), 0);
	assert_int_equal(b.seen.moved, 1);
	assert_true(endpoint_equal(b_sends_to(), &at_new));
	pair_free();
}

static void
poke_is_followed(void **state)
{
	struct slot s;

	pair_connect(NULL);
	packet_make(&s, ula_a, ula_b, 0, 0);
	esp_poke(a.esp, ula_b, &s.p, 1);
	assert_int_equal(packet_in(&b, &s, &at_new, 1), 0);
	assert_int_equal(b.seen.moved, 1);
	assert_true(endpoint_equal(b_sends_to(), &at_new));
	assert_int_equal(drops_all(&b), 0);
	pair_free();
}

/* An address of the account's own network would run the tunnel through itself. */
static void
never_into_the_tunnel(void **state)
{
	struct endpoint inside = {.family = 6, .port = 4500};
	struct slot s;

	pair_connect(NULL);
	memcpy(inside.addr, ula_a, 16);
	from_a(&s);
	assert_int_equal(packet_in(&b, &s, &inside, 1), 48);
	assert_int_equal(b.seen.moved, 0);
	assert_true(endpoint_equal(b_sends_to(), &at_a));
	pair_free();
}

static void
flapping_is_limited(void **state)
{
	struct slot s;

	pair_connect(NULL);
	for (int i = 0; i < 200; i++) {
		from_a(&s);
		packet_in(&b, &s, i % 2 ? &at_a : &at_new, 10000);
	}
	assert_int_equal(b.seen.moved, 5);
	assert_true(endpoint_equal(b_sends_to(), &at_new)); /* event and deed are one */
	from_a(&s);
	packet_in(&b, &s, &at_a, 11000);
	assert_int_equal(b.seen.moved, 6);
	assert_true(endpoint_equal(b_sends_to(), &at_a));
	pair_free();
}

static void
moved_by_ike(void **state)
{
	struct slot s;

	pair_connect(NULL);
	assert_int_equal(esp_sa_move(b.esp, SPI_BA, 0, &other), 0);
	assert_int_equal(esp_sa_move(b.esp, SPI_AB, 1, &other), 0);
	assert_true(endpoint_equal(b_sends_to(), &other));
	from_a(&s);
	packet_in(&b, &s, &other, 1);
	assert_int_equal(b.seen.moved, 0);
	assert_int_equal(esp_sa_move(b.esp, 0xc0000055, 0, &other), -1);
	assert_int_equal(esp_sa_move(b.esp, SPI_BA, 0, &(struct endpoint) {0}), -1);
	pair_free();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(follows),
	    cmocka_unit_test(old_packets_move_nothing),
	    cmocka_unit_test(poke_is_followed),
	    cmocka_unit_test(never_into_the_tunnel),
	    cmocka_unit_test(flapping_is_limited),
	    cmocka_unit_test(moved_by_ike),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
