/* Sealed packets to sends; ECN; Packet Too Big. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "ipsec/esp/ecn.h"
#include "ipsec/esp/links.h"
#include "ipsec/esp/too_big.h"
#include "ipsec/esp/train.h"
#include "tests/unit/esp_large.h"

#include <string.h>

static struct trains trains;
static struct esp_packet batch[TRAIN_BATCH];
static uint8_t room[TRAIN_BATCH * 2000];
static size_t n;

static struct endpoint
place(int i)
{
	return (struct endpoint) {.family = 4, .port = 4500, .addr = {192, 0, 2, (uint8_t)i}};
}

static void
add(int to, size_t len)
{
	uint8_t *at = n == 0 ? room : batch[n - 1].data + batch[n - 1].len;

	memset(at, (int)n, len);
	batch[n] = (struct esp_packet) {.data = at, .len = len, .remote = place(to)};
	n++;
}

/* Every packet is in a train to its place, whole; those to one place in their order. */
static void
check(void)
{
	size_t total = 0;

	trains_make(&trains, batch, n);
	for (int to = 0; to < 256; to++) {
		struct endpoint p = place(to);
		size_t k = 0;

		for (unsigned int i = 0; i < trains.n; i++) {
			const struct train *t = &trains.train[i];
			size_t octets = 0;

			if (!endpoint_equal(&t->to, &p))
				continue;
			assert_true(t->packets <= TRAIN_PACKETS && t->octets <= TRAIN_OCTETS);
			for (unsigned int piece = 0; piece < t->pieces; piece++) {
				const uint8_t *at = t->piece[piece].iov_base;
				size_t left = t->piece[piece].iov_len;

				while (left > 0) {
					while (k < n &&
					    (batch[k].len == 0 ||
						!endpoint_equal(&batch[k].remote, &p)))
						k++;
					assert_true(k < n && at == batch[k].data);
					assert_int_equal(batch[k].tos, t->tos);
					if (octets + batch[k].len < t->octets)
						assert_int_equal(batch[k].len, t->segment);
					assert_in_range(batch[k].len, 1, t->segment);
					octets += batch[k].len;
					at += batch[k].len;
					left -= batch[k].len;
					k++;
					total++;
				}
			}
			assert_int_equal(octets, t->octets);
		}
	}
	for (size_t i = 0; i < n; i++)
		total += batch[i].len == 0 || batch[i].remote.family == 0;
	assert_int_equal(total, n);
}

static void
start(void)
{
	n = 0;
	memset(batch, 0, sizeof(batch));
}

static void
one_train(void **state)
{
	start();
	for (int i = 0; i < 43; i++)
		add(1, 1472);
	add(1, 100); /* shorter: the last */
	check();
	assert_int_equal(trains.n, 1);
	assert_int_equal(trains.train[0].pieces, 1);
	add(1, 100);
	add(1, 1472); /* longer: another */
	check();
	assert_int_equal(trains.n, 3);
}

static void
limits(void **state)
{
	start();
	for (int i = 0; i < 46; i++)
		add(1, 1472);
	check();
	assert_int_equal(trains.n, 2);
	assert_int_equal(trains.train[0].packets, 44);
	start();
	for (int i = 0; i < TRAIN_BATCH; i++)
		add(1, 100);
	check();
	assert_int_equal(trains.n, TRAIN_BATCH / TRAIN_PACKETS);
}

static void
places(void **state)
{
	for (int places = 1; places <= 40; places++) {
		start();
		for (int i = 0; i < TRAIN_BATCH; i++)
			add(i % places, 300);
		check();
		if (places <= TRAIN_LOOK)
			assert_int_equal(trains.n, places < 2 ? 2 : places);
	}
}

/* Lengths and places at random: none lost, none out of order. */
static void
mixture(void **state)
{
	uint32_t x = 1;

	for (int round = 0; round < 500; round++) {
		start();
		for (int i = 0; i < TRAIN_BATCH; i++) {
			x = x * 1664525 + 1013904223;
			add((int)(x >> 28), 36 + (x >> 20 & 3) * 4);
			batch[n - 1].tos = (uint8_t)(x >> 18 & 1);
		}
		check();
	}
}

/* What leaves by another way leaves by itself, with its own source. */
static void
ways(void **state)
{
	struct endpoint here = place(200);

	start();
	for (int i = 0; i < 12; i++) {
		add(1, 200);
		if (i >= 4 && i < 8)
			batch[n - 1].way = (struct esp_way) {.link = 7, .from = here};
	}
	check();
	assert_int_equal(trains.n, 3);
	for (unsigned int i = 0; i < 3; i++) {
		assert_int_equal(trains.train[i].packets, 4);
		assert_int_equal(trains.train[i].way.link, i == 1 ? 7 : 0);
	}
	assert_true(endpoint_equal(&trains.train[1].way.from, &here));
}

/* The newest datagram tells; the oldest address makes place. */
static void
links(void **state)
{
	static struct links l;
	struct endpoint none = {0}, ep;

	links_init(&l);
	ep = place(1);
	assert_int_equal(links_find(&l, &ep), 0);
	assert_int_equal(links_find(&l, &none), 0);
	links_note(&l, &ep, 3);
	links_note(&l, &none, 9);
	ep.port = 1; /* of no account */
	assert_int_equal(links_find(&l, &ep), 3);
	links_note(&l, &ep, 4);
	links_note(&l, &ep, 0);
	assert_int_equal(links_find(&l, &ep), 4);
	for (int i = 2; i < 2 + LINKS_MAX; i++) {
		ep = place(i);
		links_note(&l, &ep, (uint32_t)i);
	}
	for (int i = 1; i < 2 + LINKS_MAX; i++) {
		ep = place(i);
		assert_int_equal(links_find(&l, &ep), i == 1 ? 0 : i);
	}
}

static void
gaps(void **state)
{
	start();
	for (int i = 0; i < 10; i++)
		add(1, 200);
	batch[3].len = 0; /* held: its octets are not to be sent */
	batch[7].remote.family = 0; /* for the device */
	check();
	assert_int_equal(trains.n, 1);
	assert_int_equal(trains.train[0].pieces, 3);
	assert_int_equal(trains.train[0].packets, 8);
	start();
	check();
	assert_int_equal(trains.n, 0);
}

/* RFC 6040, figure 4: by row the inner, by column the outer codepoint, -1 = drop. */
static void
ecn(void **state)
{
	static const int table[4][4] = {
	    /* outer: Not-ECT, ECT(1), ECT(0), CE */
	    {0, 0, 0, -1},
	    {1, 1, 1, 3},
	    {2, 1, 2, 3},
	    {3, 3, 3, 3},
	};

	for (int inner = 0; inner < 4; inner++) {
		for (int outer = 0; outer < 4; outer++) {
			uint8_t p[40] = {0x6a, (uint8_t)(0x4f | inner << 4), 0xff};
			int rc = ecn_open(p, (uint8_t)(0xb8 | outer));

			assert_int_equal(rc, table[inner][outer] == -1 ? -1 : 0);
			if (rc == 0)
				assert_int_equal(ecn_class(p), 0xa4 | table[inner][outer]);
			assert_int_equal(p[1] & 0xf, 0xf);
		}
	}
}

static void
too_big(void **state)
{
	struct tcp t = {.flags = 0x10, .payload = 1241, .sequence = 99, .port = 4};
	uint8_t p[1500], original[1500];
	size_t len = large_tcp(p, &t);

	memcpy(original, p, len);
	assert_int_equal(len, 1301);
	assert_int_equal(too_big_make(p, len, 1300), 1280);
	assert_true(large_is_right(p, 1280));
	assert_memory_equal(p + 40, "\2\0", 2);
	assert_memory_equal(p + 44, "\0\0\5\x14", 4);
	assert_memory_equal(p + 8, original + 24, 16);
	assert_memory_equal(p + 24, original + 8, 16);
	assert_memory_equal(p + 48, original, 1280 - 48);
	assert_int_equal(too_big_make(p, 1280, 1300), 0); /* the least everybody takes */
	memcpy(p, original, len);
	p[6] = 58;
	p[40] = 1; /* an error itself */
	assert_int_equal(too_big_make(p, len, 1300), 0);
	p[40] = 128; /* echo request */
	assert_int_equal(too_big_make(p, len, 1300), 1280);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(one_train),
	    cmocka_unit_test(limits),
	    cmocka_unit_test(places),
	    cmocka_unit_test(mixture),
	    cmocka_unit_test(ways),
	    cmocka_unit_test(links),
	    cmocka_unit_test(gaps),
	    cmocka_unit_test(ecn),
	    cmocka_unit_test(too_big),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
