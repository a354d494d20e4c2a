/* Packets out of the tunnel to large ones: what merges, what does not, and in which order. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "ipsec/esp/cut.h"
#include "ipsec/esp/merge.h"
#include "tests/unit/esp_large.h"

#include <stdlib.h>
#include <string.h>

#define MANY 200

static struct merge merge;
static uint8_t room[MANY][2000]; /* packets given to merge */
static size_t used;
static struct {
	unsigned int writes, packets;
	unsigned int in[MANY]; /* packets of the i-th write */
	uint16_t port[MANY]; /* source port of the i-th packet */
} seen;
static uint8_t copies[MANY][2000]; /* what was given, */
static size_t lengths[MANY];
static uint8_t back[MANY][2000]; /* and what came back, cut again */
static size_t back_lengths[MANY];

static void
on_write(void *ctx, const struct iovec *piece, int pieces)
{
	static uint8_t whole[LARGE_ROOM];
	size_t len = 0, n;
	struct cut cut;

	assert_int_equal(piece[0].iov_len, VNET_LEN);
	for (int i = 1; i < pieces; i++) {
		memcpy(whole + len, piece[i].iov_base, piece[i].iov_len);
		len += piece[i].iov_len;
	}
	assert_int_equal(cut_begin(&cut, piece[0].iov_base, whole, len), 0);
	while ((n = cut_len(&cut)) > 0) {
		unsigned int i = seen.packets++;

		assert_true(i < MANY && n <= sizeof(back[0]));
		cut_next(&cut, back[i]);
		back_lengths[i] = n;
		seen.port[i] = (uint16_t)(back[i][40] << 8 | back[i][41]);
		seen.in[seen.writes]++;
	}
	seen.writes++;
}

static void
start(int tcp, int udp)
{
	memset(&seen, 0, sizeof(seen));
	used = 0;
	merge_init(&merge, tcp, udp, on_write, NULL);
}

static void
give(size_t len)
{
	memcpy(copies[used], room[used], len);
	lengths[used] = len;
	merge_add(&merge, room[used], len);
	used++;
}

static void
give_tcp(const struct tcp *t)
{
	give(large_tcp(room[used], t));
}

/* After the flush everything has come, the same in each flow's order. */
static void
finish(void)
{
	merge_flush(&merge);
	assert_int_equal(seen.packets, used);
	for (size_t i = 0; i < used; i++) {
		uint16_t port = (uint16_t)(copies[i][40] << 8 | copies[i][41]);
		size_t k = 0;

		while (k < used && (seen.port[k] != port || back_lengths[k] == 0))
			k++;
		assert_true(k < used);
		assert_int_equal(back_lengths[k], lengths[i]);
		assert_memory_equal(back[k], copies[i], lengths[i]);
		back_lengths[k] = 0;
	}
}

static struct tcp
flow(uint16_t port)
{
	return (struct tcp) {.sequence = 0xfffffff0,
	    .ack = 5,
	    .flags = TCP_ACK,
	    .window = 900,
	    .options = 12,
	    .payload = 1300,
	    .port = port};
}

static void
one_flow(void **state)
{
	struct tcp t = flow(1);

	start(1, 1);
	for (int i = 0; i < 45; i++) {
		give_tcp(&t);
		t.sequence += 1300;
	}
	t.payload = 7;
	t.flags |= TCP_PSH;
	give_tcp(&t);
	assert_int_equal(seen.writes, 0);
	finish();
	assert_int_equal(seen.writes, 1);
	start(1, 1);
	t.flags = TCP_ACK;
	t.payload = 10; /* the number of packets is the limit */
	for (int i = 0; i < MERGE_PACKETS + 1; i++) {
		give_tcp(&t);
		t.sequence += 10;
	}
	finish();
	assert_int_equal(seen.writes, 2);
	assert_int_equal(seen.in[0], MERGE_PACKETS);
	start(1, 1);
	t.payload = 1900; /* the size is */
	for (int i = 0; i < 35; i++) {
		give_tcp(&t);
		t.sequence += 1900;
	}
	finish();
	assert_int_equal(seen.in[0], (65535 - 32) / 1900);
}

/* Change one thing: the second packet must not join the first, nor be lost or overtake it. */
static void
apart(void (*change)(struct tcp *t))
{
	struct tcp t = flow(1);

	start(1, 1);
	give_tcp(&t);
	t.sequence += 1300;
	change(&t);
	give_tcp(&t);
	finish();
	assert_int_equal(seen.writes, 2);
	assert_int_equal(seen.in[0], 1);
}

static void
gap(struct tcp *t)
{
	t->sequence++;
}

static void
old(struct tcp *t)
{
	t->sequence -= 1300;
}

static void
larger(struct tcp *t)
{
	t->payload++;
}

static void
other_ack(struct tcp *t)
{
	t->ack++;
}

static void
other_window(struct tcp *t)
{
	t->window++;
}

static void
other_options(struct tcp *t)
{
	t->options = 16;
}

static void
pure_ack(struct tcp *t)
{
	t->payload = 0;
}

static void
urgent(struct tcp *t)
{
	t->flags |= 0x20;
}

static void
reset(struct tcp *t)
{
	t->flags |= 4;
}

static void
syn(struct tcp *t)
{
	t->flags = 2;
}

static void
cwr(struct tcp *t)
{
	t->flags |= TCP_CWR;
}

static void
ece(struct tcp *t)
{
	t->flags |= TCP_ECE;
}

static void
what_parts(void **state)
{
	void (*const changes[])(struct tcp *) = {gap, old, larger, other_ack, other_window,
	    other_options, pure_ack, urgent, reset, syn, cwr, ece};

	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++)
		apart(changes[i]);
}

/* Fields of the IPv6 header: traffic class, flow label, hop limit. */
static void
header_parts(void **state)
{
	static const size_t at[] = {0, 1, 1, 3, 7};
	static const uint8_t bits[] = {1, 0x10, 1, 1, 1};

	for (size_t i = 0; i < 5; i++) {
		struct tcp t = flow(1);
		size_t len;

		start(1, 1);
		give_tcp(&t);
		t.sequence += 1300;
		len = large_tcp(room[used], &t);
		room[used][at[i]] ^= bits[i];
		give(len);
		finish();
		assert_int_equal(seen.writes, 2);
	}
}

/* Different option octets of the same length: another time stamp. */
static void
option_parts(void **state)
{
	struct tcp t = flow(1);
	size_t len;

	start(1, 1);
	give_tcp(&t);
	t.sequence += 1300;
	len = large_tcp(room[used], &t);
	room[used][63] ^= 0x3; /* keeps the sum: two octets of one parity */
	room[used][65] ^= 0x3;
	room[used][63] = 0;
	room[used][65] = 2;
	assert_true(large_is_right(room[used], len));
	give(len);
	finish();
	assert_int_equal(seen.writes, 2);
}

/* The end of a burst is kept where it was: nothing joins behind PSH, FIN, or a short one. */
static void
ends(void **state)
{
	static const uint8_t flags[] = {TCP_PSH, TCP_FIN, 0};

	for (size_t i = 0; i < 3; i++) {
		struct tcp t = flow(1);

		start(1, 1);
		give_tcp(&t);
		t.sequence += 1300;
		t.flags |= flags[i];
		if (flags[i] == 0)
			t.payload = 1299;
		give_tcp(&t);
		t.sequence += (uint32_t)t.payload;
		t.flags = TCP_ACK;
		t.payload = 1299;
		give_tcp(&t);
		finish();
		assert_int_equal(seen.writes, 2);
		assert_int_equal(seen.in[0], 2);
	}
}

/* More flows than places, packets of all in turn. */
static void
many_flows(void **state)
{
	struct tcp t[MERGE_FLOWS + 1];

	for (unsigned int flows = 1; flows <= MERGE_FLOWS + 1; flows++) {
		start(1, 1);
		for (unsigned int i = 0; i < flows; i++)
			t[i] = flow((uint16_t)(100 + i));
		for (unsigned int i = 0; i < 6 * flows; i++) {
			give_tcp(&t[i % flows]);
			t[i % flows].sequence += 1300;
		}
		finish();
		if (flows <= MERGE_FLOWS)
			assert_int_equal(seen.writes, flows);
	}
}

static void
udp_merges(void **state)
{
	start(1, 1);
	for (uint32_t i = 0; i < MERGE_PACKETS; i++)
		give(large_udp(room[used], 7, 64, i * 64));
	give(large_udp(room[used], 7, 64, 1));
	give(large_udp(room[used], 7, 63, 2)); /* shorter: the last */
	give(large_udp(room[used], 7, 63, 3));
	give(large_udp(room[used], 7, 64, 4)); /* longer: another */
	give(large_udp(room[used], 7, 0, 5)); /* empty: alone */
	finish();
	assert_int_equal(seen.writes, 5);
	assert_int_equal(seen.in[0], MERGE_PACKETS);
	assert_int_equal(seen.in[1], 2);
}

static void
switched_off(void **state)
{
	struct tcp t = flow(3);

	for (int tcp = 0; tcp < 2; tcp++) {
		start(tcp, !tcp);
		t.sequence = 1;
		for (int i = 0; i < 3; i++) {
			give_tcp(&t);
			t.sequence += 1300;
			give(large_udp(room[used], 7, 10, 0));
		}
		finish();
		assert_int_equal(seen.writes, 4);
	}
}

/* Others than TCP and UDP, and wrong ones, pass as they are. */
static void
others_pass(void **state)
{
	struct tcp t = flow(1);
	size_t len;

	start(1, 1);
	for (size_t n = 40; n < 60; n++) { /* cut off in the middle of a header */
		large_tcp(room[used], &t);
		give(n);
	}
	len = large_tcp(room[used], &t);
	room[used][52] = 0xf0; /* longer than the packet */
	give(len < 80 ? len : 80);
	large_tcp(room[used], &t);
	room[used][52] = 0x10;
	give(len);
	len = large_udp(room[used], 7, 20, 0);
	room[used][46] = room[used][47] = 0; /* no checksum */
	give(len);
	len = large_udp(room[used], 7, 20, 0);
	room[used][45]++; /* length */
	give(len);
	len = large_udp(room[used], 7, 20, 0);
	room[used][6] = 58;
	give(len);
	assert_int_equal(seen.writes, used);
	merge_flush(&merge);
	assert_int_equal(seen.writes, used);
	for (size_t i = 0; i < used; i++)
		assert_memory_equal(back[i], copies[i], lengths[i]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(one_flow),
	    cmocka_unit_test(what_parts),
	    cmocka_unit_test(header_parts),
	    cmocka_unit_test(option_parts),
	    cmocka_unit_test(ends),
	    cmocka_unit_test(many_flows),
	    cmocka_unit_test(udp_merges),
	    cmocka_unit_test(switched_off),
	    cmocka_unit_test(others_pass),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
