/* The hold queue: order, limits, age, and how often a tunnel is asked for. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "ipsec/esp/hold.h"

#include <string.h>

static struct hold h;
static int acquire;

/* A packet to peer number n whose content is `id`. */
static unsigned int
put(unsigned int n, unsigned int id, uint64_t now_ms)
{
	uint8_t dst[16] = {0xfd}, data[100] = {0};

	memcpy(dst + 8, &n, sizeof(n));
	memcpy(data, &id, sizeof(id));
	return hold_put(&h, dst, data, sizeof(data), now_ms, &acquire);
}

static unsigned int
id_of(const struct hold_packet *k)
{
	unsigned int id;

	memcpy(&id, k->data, sizeof(id));
	return id;
}

static unsigned int
length(void)
{
	unsigned int n = 0;

	for (struct hold_packet *k = h.first; k != NULL; k = k->next)
		n++;
	return n;
}

static int
setup(void **state)
{
	return hold_init(&h);
}

static int
teardown(void **state)
{
	hold_free(&h);
	return 0;
}

static void
keeps_order(void **state)
{
	struct hold_packet **at = &h.first;

	for (unsigned int i = 0; i < 10; i++)
		assert_int_equal(put(i % 2, i, 5), 0);
	while (*at != NULL) /* take out what is for peer 1 */
		if (id_of(*at) % 2 == 1)
			hold_drop(&h, at);
		else
			at = &(*at)->next;
	assert_int_equal(put(1, 100, 6), 0);
	at = &h.first;
	for (unsigned int i = 0; i < 10; i += 2) {
		assert_int_equal(id_of(*at), i);
		assert_int_equal((*at)->len, 100);
		hold_drop(&h, at);
	}
	assert_int_equal(id_of(*at), 100);
	hold_drop(&h, at);
	assert_null(h.first);
	assert_int_equal(put(1, 7, 6), 0);
	assert_int_equal(length(), 1);
}

static void
peer_has_its_share(void **state)
{
	for (unsigned int i = 0; i < ESP_HOLD_PER_PEER; i++)
		assert_int_equal(put(1, i, 0), 0);
	assert_int_equal(put(1, 999, 0), 1);
	assert_int_equal(length(), ESP_HOLD_PER_PEER);
	assert_int_equal(id_of(h.first), 0); /* the first ones stay */
	assert_int_equal(put(2, 5, 0), 0); /* another has its own */
	hold_drop(&h, &h.first);
	assert_int_equal(put(1, 1000, 0), 0); /* room again */
}

static void
oldest_yields(void **state)
{
	for (unsigned int i = 0; i < ESP_HOLD_MAX; i++)
		assert_int_equal(put(i / 2, i, 0), 0);
	assert_int_equal(put(200, 5000, 0), 1);
	assert_int_equal(length(), ESP_HOLD_MAX);
	assert_int_equal(id_of(h.first), 1);
}

/* More addresses in two seconds than can be asked for: the rest is dropped, nothing grows. */
static void
scan_is_bounded(void **state)
{
	unsigned int asked = 0;

	for (unsigned int i = 0; i < 10 * HOLD_PEERS_MAX; i++) {
		put(i, i, 100);
		asked += (unsigned int)acquire;
	}
	assert_int_equal(asked, HOLD_PEERS_MAX);
	assert_true(length() <= ESP_HOLD_MAX);
	hold_expire(&h, 100 + ESP_HOLD_MS);
	assert_int_equal(length(), 0);
	assert_int_equal(put(999999, 1, 100 + ESP_HOLD_MS), 0);
	assert_int_equal(acquire, 1);
}

static void
asks_every_two_seconds(void **state)
{
	static const struct {
		uint64_t now_ms;
		int acquire;
	} rows[] = {{1000, 1}, {1001, 0}, {2999, 0}, {3000, 1}, {3001, 0}, {4999, 0}, {9000, 1},
	    {8000, 0} /* a thread whose clock was read earlier */};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		put(1, 0, rows[i].now_ms);
		assert_int_equal(acquire, rows[i].acquire);
	}
	put(2, 0, 9001);
	assert_int_equal(acquire, 1);
}

/* Its limit reached, a peer is still asked for. */
static void
asks_when_full(void **state)
{
	for (unsigned int i = 0; i < ESP_HOLD_PER_PEER; i++)
		put(1, i, 0);
	assert_int_equal(put(1, 0, 2500), 1);
	assert_int_equal(acquire, 1);
}

/* A tunnel that goes away soon after it came is asked for again, at once. */
static void
asks_after_release(void **state)
{
	put(1, 0, 1000);
	put(1, 1, 1001);
	hold_release(&h, &h.first);
	assert_int_equal(put(1, 2, 1002), 0);
	assert_int_equal(acquire, 0); /* not all have gone */
	hold_release(&h, &h.first);
	hold_release(&h, &h.first);
	assert_null(h.first);
	assert_int_equal(put(1, 3, 1003), 0);
	assert_int_equal(acquire, 1);
}

static void
age(void **state)
{
	assert_true(hold_due_ms(&h) == UINT64_MAX);
	put(1, 0, 1000);
	put(1, 1, 2000);
	assert_int_equal(hold_due_ms(&h), 1000 + ESP_HOLD_MS);
	assert_int_equal(hold_expire(&h, 999 + ESP_HOLD_MS), 0);
	assert_int_equal(hold_expire(&h, 1000 + ESP_HOLD_MS), 1);
	assert_int_equal(id_of(h.first), 1);
	assert_int_equal(hold_due_ms(&h), 2000 + ESP_HOLD_MS);
	assert_int_equal(hold_expire(&h, 60000 + ESP_HOLD_MS), 1);
	assert_int_equal(hold_expire(&h, 60000 + ESP_HOLD_MS), 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(keeps_order),
	    TEST(peer_has_its_share),
	    TEST(oldest_yields),
	    TEST(scan_is_bounded),
	    TEST(asks_every_two_seconds),
	    TEST(asks_when_full),
	    TEST(asks_after_release),
	    TEST(age),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
