#include "tests/unit/dnsd_test.h"

#include "dnsupdate/server/limits.h"

static struct key *
add(struct keyring *k, const char *name)
{
	struct name n = name_of(name);

	return keyring_add(k, &n, KEY_DEVICE, TSIG_HMAC_SHA384, (const uint8_t *)name, 16, NULL);
}

static void
many_keys(void **state)
{
	struct keyring *k = keyring_new();
	struct tsig_signer signer;
	struct key *key = NULL;
	char name[64];
	unsigned n = 0;

	for (int i = 0; i < 1000; i++) {
		snprintf(name, sizeof name, "host-number-%d.z.example", i);
		add(k, name);
	}
	assert_int_equal(keyring_count(k), 1000);
	while ((key = keyring_next(k, key)) != NULL)
		n++;
	assert_int_equal(n, 1000);
	for (int i = 0; i < 1000; i++) {
		struct name want;

		snprintf(name, sizeof name, "host-number-%d.z.example", i);
		want = name_of(name);
		key = keyring_find(k, &want);
		assert_non_null(key);
		key_signer(key, &signer);
		assert_true(name_equal(&signer.name, &want));
		assert_int_equal(signer.algorithm, TSIG_HMAC_SHA384);
		assert_int_equal(signer.secret_len, 16);
		assert_memory_equal(signer.secret, name, 16);
		if (i % 2 == 0)
			assert_int_equal(keyring_remove(k, &want), 0);
	}
	assert_int_equal(keyring_count(k), 500);
	keyring_free(k);
}

static void
a_key_in_use_stays_until_it_is_put_back(void **state)
{
	struct keyring *k = keyring_new();
	struct name n = name_of("a-long-enough-name.z.example");
	struct key *key = key_ref(add(k, "a-long-enough-name.z.example"));
	struct tsig_signer signer;

	assert_int_equal(keyring_remove(k, &n), 0);
	assert_null(keyring_find(k, &n));
	assert_int_equal(keyring_remove(k, &n), -1);
	key_signer(key, &signer);
	assert_int_equal(signer.secret_len, 16);
	key_unref(key);
	keyring_free(k);
}

static void
a_new_key_takes_the_olds_place(void **state)
{
	struct keyring *k = keyring_new();
	struct name n = name_of("a-long-enough-name.z.example");
	struct key *key;

	add(k, "a-long-enough-name.z.example");
	key = keyring_add(
	    k, &n, KEY_ACCOUNT, TSIG_HMAC_SHA256, (const uint8_t *)"another secret..", 16, NULL);
	assert_int_equal(keyring_count(k), 1);
	assert_ptr_equal(keyring_find(k, &n), key);
	assert_int_equal(key->kind, KEY_ACCOUNT);
	keyring_free(k);
}

/* ---- replays ---- */

static uint8_t *
mac(uint64_t n)
{
	static uint8_t octets[KEY_MARK_LEN];

	n = n * 0x9e3779b97f4a7c15u; /* spread, as MACs are */
	memcpy(octets, &n, sizeof octets);
	return octets;
}

static void
marks_of_the_newest_seconds(void **state)
{
	struct keyring *k = keyring_new();
	struct key *key = add(k, "a-long-enough-name.z.example");
	uint8_t rcode = 99;

	assert_int_equal(key_replay(key, 1000, mac(1), &rcode), REPLAY_NEW);
	key_mark(key, 1000, mac(1), 8);
	assert_int_equal(key_replay(key, 1000, mac(1), &rcode), REPLAY_KNOWN);
	assert_int_equal(rcode, 8);
	assert_int_equal(key_replay(key, 1000, mac(2), &rcode), REPLAY_NEW);
	assert_int_equal(key_replay(key, 999, mac(3), &rcode), REPLAY_NEW);
	assert_int_equal(key_replay(key, 998, mac(3), &rcode), REPLAY_OLD);
	assert_int_equal(key_replay(key, 1001, mac(3), &rcode), REPLAY_NEW);
	key_mark(key, 1005, mac(5), 0);
	assert_int_equal(key_replay(key, 1000, mac(2), &rcode), REPLAY_OLD);
	key_unmark(key, 1005, mac(5));
	assert_int_equal(key_replay(key, 1005, mac(5), &rcode), REPLAY_NEW);
	assert_int_equal(key_replay(key, 1003, mac(6), &rcode), REPLAY_OLD); /* the time stays */
	keyring_free(k);
}

static void
thousands_in_a_second(void **state)
{
	struct keyring *k = keyring_new();
	struct key *key = add(k, "a-long-enough-name.z.example");
	uint8_t rcode, got[KEY_MARK_LEN];
	uint64_t at;
	size_t pos = 0, n = 0;

	for (uint64_t i = 0; i < 30000; i++) {
		assert_int_equal(key_replay(key, 1000 + i / 15000, mac(i), &rcode), REPLAY_NEW);
		key_mark(key, 1000 + i / 15000, mac(i), 0);
	}
	for (uint64_t i = 0; i < 30000; i++)
		assert_int_equal(key_replay(key, 1000 + i / 15000, mac(i), &rcode), REPLAY_KNOWN);
	while (key_mark_next(key, &pos, &at, got))
		n++;
	assert_int_equal(n, 30000);
	/* seconds later they are forgotten, and still refused */
	for (uint64_t i = 0; i < 30; i++)
		key_mark(key, 2000 + i, mac(i), 0);
	assert_int_equal(key_replay(key, 1000, mac(7), &rcode) == REPLAY_NEW, 0);
	keyring_free(k);
}

/* More than can be remembered: no new ones in this second, rather than one of them twice. */
static void
too_many_in_a_second(void **state)
{
	struct keyring *k = keyring_new();
	struct key *key = add(k, "a-long-enough-name.z.example");
	uint8_t rcode;
	uint64_t i = 0;

	while (i < 4 * LIMIT_REPLAY_MACS && key_replay(key, 1000, mac(i), &rcode) == REPLAY_NEW)
		key_mark(key, 1000, mac(i++), 0);
	assert_true(i >= LIMIT_REPLAY_MACS && i < 4 * LIMIT_REPLAY_MACS);
	for (uint64_t j = 0; j < i; j += 1000)
		assert_int_not_equal(key_replay(key, 1000, mac(j), &rcode), REPLAY_NEW);
	assert_int_equal(key_replay(key, 1001, mac(i + 1), &rcode), REPLAY_NEW);
	keyring_free(k);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(many_keys),
	    cmocka_unit_test(a_key_in_use_stays_until_it_is_put_back),
	    cmocka_unit_test(a_new_key_takes_the_olds_place),
	    cmocka_unit_test(marks_of_the_newest_seconds),
	    cmocka_unit_test(thousands_in_a_second),
	    cmocka_unit_test(too_many_in_a_second),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
