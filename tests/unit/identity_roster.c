/* The roster: what is signed, what is refused, what is never forgotten. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "identity/roster.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DOMAIN "alice.example.com"
#define NOW 1764108000

static uint8_t seed[ED25519_SEED_LEN] = "the account's certification key";
static uint8_t ca[ED25519_PUBLIC_LEN];
static char text[ROSTER_TEXT_MAX];
static char why[MSG_TEXT_MAX];

static int
setup(void **state)
{
	return ed25519_public(seed, ca);
}

/* The key hash of the n-th machine. */
static const uint8_t *
key(unsigned n)
{
	static uint8_t out[8][ROSTER_KEY_LEN];
	static unsigned turn;
	uint8_t *k = out[turn++ % 8];
	uint8_t pub[ED25519_PUBLIC_LEN] = {0};

	pub[0] = (uint8_t)n;
	pub[1] = (uint8_t)(n >> 8);
	roster_key(pub, k);
	return k;
}

static struct roster
two_machines(void)
{
	struct roster r = {0};

	assert_int_equal(roster_add(&r, "nas", key(2)), 1);
	assert_int_equal(roster_add(&r, "laptop", key(1)), 1);
	assert_int_equal(roster_sign(&r, DOMAIN, seed, NOW), 0);
	return r;
}

static struct roster
copy(const struct roster *r)
{
	struct roster out;
	size_t len = roster_print(r, text, sizeof text);

	assert_true(len > 0);
	assert_int_equal(roster_parse(&out, text, len, why), 0);
	return out;
}

static void
test_text(void **state)
{
	struct roster r = two_machines(), again;
	size_t len = roster_print(&r, text, sizeof text);
	char *line2;

	text[len] = '\0';
	assert_true(strncmp(text, "v=1 s=1 t=1764108000 n=2 open=0 sig=", 36) == 0);
	line2 = strchr(text, '\n') + 1;
	assert_true(strncmp(line2, "laptop ok 0 ", 12) == 0);
	assert_true(strncmp(strchr(line2, '\n') + 1, "nas ok 0 ", 9) == 0);
	assert_int_equal(roster_parse(&again, text, len, why), 0);
	assert_int_equal(roster_judge(&r, &again), ROSTER_SAME);
	assert_true(roster_verify(&again, DOMAIN, ca));
	roster_free(&again);
	roster_free(&r);
}

/* DNS has no order. */
static void
test_any_order(void **state)
{
	struct roster r = two_machines(), again;
	size_t len = roster_print(&r, text, sizeof text);
	char mixed[1024], *line2, *line3;

	text[len] = '\0';
	line2 = strchr(text, '\n') + 1;
	line3 = strchr(line2, '\n') + 1;
	snprintf(mixed, sizeof mixed, "%.*s%s%.*s", (int)(line2 - text), text, line3,
	    (int)(line3 - line2), line2);
	assert_int_equal(roster_parse(&again, mixed, strlen(mixed), why), 0);
	assert_true(roster_verify(&again, DOMAIN, ca));
	roster_free(&again);
	roster_free(&r);
}

/* Each octet of the text but for the case of letters in labels counts. */
static void
test_every_change_shows(void **state)
{
	struct roster r = two_machines(), again;
	size_t len = roster_print(&r, text, sizeof text);

	for (size_t i = 0; i + 1 < len; i++) {
		char c = text[i];

		text[i] = c == '1' ? '2' : '1';
		if (roster_parse(&again, text, len, why) == 0) {
			assert_false(roster_verify(&again, DOMAIN, ca));
			roster_free(&again);
		}
		text[i] = c;
	}
	roster_free(&r);
}

static void
test_other_signers(void **state)
{
	uint8_t other[ED25519_SEED_LEN] = {9};
	struct roster r = two_machines();

	assert_true(roster_verify(&r, DOMAIN, ca));
	assert_false(roster_verify(&r, "bob.example.com", ca));
	assert_int_equal(roster_sign(&r, DOMAIN, other, NOW), 0);
	assert_false(roster_verify(&r, DOMAIN, ca));
	roster_free(&r);
}

#define SIG                                                                                        \
	"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=="
#define HEAD(n) "v=1 s=7 t=5 n=" n " open=0 sig=" SIG "\n"
#define KEY "00112233445566778899aabbccddeeff"
#define KEY2 "10112233445566778899aabbccddeeff"

static void
test_refused(void **state)
{
	static const char *const bad[] = {
	    "",
	    "v=2 s=7 t=5 n=0 open=0 sig=" SIG "\n",
	    "v=1 s=0 t=5 n=0 open=0 sig=" SIG "\n",
	    "v=1 s=-1 t=5 n=0 open=0 sig=" SIG "\n",
	    "v=1 s=7 t=5 n=0 open=2 sig=" SIG "\n",
	    "v=1 s=7 t=5 n=9999 open=0 sig=" SIG "\n",
	    "v=1 s=7 t=5 n=0 open=0 sig=AAAA\n",
	    "v=1 s=7 t=5 n=0 open=0\n",
	    HEAD("1"),
	    HEAD("0") "nas ok 0 " KEY "\n",
	    HEAD("1") "\n",
	    HEAD("1") "nas gone 0 " KEY "\n",
	    HEAD("1") "nas ok -1 " KEY "\n",
	    HEAD("1") "nas ok 0 " KEY "0\n",
	    HEAD("1") "nas ok 0 0011\n",
	    HEAD("1") "nas ok 0 " KEY " more\n",
	    HEAD("1") "nas.x ok 0 " KEY "\n",
	    HEAD("1") "na_s ok 0 " KEY "\n",
	    HEAD("1") "nas ok 0\t" KEY "\n",
	    HEAD("2") "nas ok 0 " KEY "\nnas ok 0 " KEY2 "\n",
	    HEAD("2") "nas ok 0 " KEY "\npc ok 0 " KEY "\n",
	};
	struct roster r;

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		why[0] = '\0';
		assert_int_equal(roster_parse(&r, bad[i], strlen(bad[i]), why), -1);
		assert_string_not_equal(why, "");
	}
	assert_int_equal(roster_parse(&r, HEAD("2") "nas ok 1 " KEY "\nnas revoked 0 " KEY2 "\n",
			     strlen(HEAD("2") "nas ok 1 " KEY "\nnas revoked 0 " KEY2 "\n"), why),
	    0);
	roster_free(&r);
	memset(text, 'a', sizeof text);
	assert_int_equal(roster_parse(&r, text, ROSTER_TEXT_MAX, why), -1);
	assert_int_equal(roster_parse(&r, text, ROSTER_TEXT_MAX + 1, why), -1);
}

static void
test_admits(void **state)
{
	struct roster r = two_machines(), none = {0};

	assert_int_equal(roster_admits(&r, "nas", key(2), why), 0);
	assert_int_equal(roster_admits(&r, "laptop", key(2), why), -1);
	assert_non_null(strstr(why, "knows its key as nas"));
	assert_int_equal(roster_admits(&r, "tv", key(3), why), -1);
	assert_non_null(strstr(why, "not on the account's roster"));
	assert_int_equal(roster_revoke(&r, key(2)), 1);
	assert_int_equal(roster_revoke(&r, key(2)), 0);
	assert_int_equal(roster_revoke(&r, key(3)), 0);
	assert_int_equal(roster_admits(&r, "nas", key(2), why), -1);
	assert_non_null(strstr(why, "revoked"));
	r.open = 1;
	assert_int_equal(roster_admits(&r, "tv", key(3), why), 0);
	assert_int_equal(roster_admits(&r, "nas", key(2), why), -1);
	assert_int_equal(roster_admits(&none, "tv", key(3), why), 0);
	roster_free(&r);
}

/* A name that is given again gets a new key; after a revocation a new generation, too; the old key
 * never comes back. */
static void
test_generations(void **state)
{
	struct roster r = two_machines();

	assert_int_equal(roster_generation(&r, "nas", key(2)), 0);
	assert_int_equal(roster_generation(&r, "tv", key(3)), 0);
	assert_int_equal(roster_add(&r, "nas", key(2)), 0);
	/* Installed anew: its place is taken, its TSIG key stays. */
	assert_int_equal(roster_generation(&r, "nas", key(4)), 0);
	assert_int_equal(roster_add(&r, "nas", key(4)), 1);
	assert_int_equal(roster_find_key(&r, key(2))->state, ROSTER_REVOKED);
	assert_int_equal(roster_find_label(&r, "nas")->generation, 0);
	assert_int_equal(roster_add(&r, "nas", key(2)), -1);
	/* Stolen. */
	assert_int_equal(roster_revoke(&r, key(4)), 1);
	assert_null(roster_find_label(&r, "nas"));
	assert_int_equal(roster_generation(&r, "nas", key(4)), 0);
	assert_int_equal(roster_generation(&r, "nas", key(5)), 1);
	assert_int_equal(roster_add(&r, "nas", key(5)), 1);
	assert_int_equal(roster_find_label(&r, "nas")->generation, 1);
	/* The same key under another name: renamed. */
	assert_int_equal(roster_add(&r, "notebook", key(1)), 1);
	assert_null(roster_find_label(&r, "laptop"));
	assert_int_equal(roster_find_key(&r, key(1))->state, ROSTER_OK);
	roster_free(&r);
}

static void
test_judge(void **state)
{
	struct roster none = {0}, old = two_machines(), new = copy(&old), bad;

	assert_int_equal(roster_judge(&none, &old), ROSTER_NEWER);
	assert_int_equal(roster_judge(&old, &new), ROSTER_SAME);
	roster_revoke(&new, key(2));
	assert_int_equal(roster_judge(&old, &new), ROSTER_DIVERGES);
	assert_int_equal(roster_sign(&new, DOMAIN, seed, NOW + 1), 0);
	assert_int_equal(roster_judge(&old, &new), ROSTER_NEWER);
	assert_int_equal(roster_judge(&new, &old), ROSTER_OLDER);
	/* Somebody was shown the old list, and signed on from it. */
	bad = copy(&old);
	for (int i = 0; i < 5; i++)
		assert_int_equal(roster_sign(&bad, DOMAIN, seed, NOW + 2), 0);
	assert_true(bad.serial > new.serial);
	assert_int_equal(roster_judge(&new, &bad), ROSTER_FORGETS);
	roster_merge(&bad, &new);
	assert_int_equal(roster_sign(&bad, DOMAIN, seed, NOW + 3), 0);
	assert_int_equal(roster_judge(&new, &bad), ROSTER_NEWER);
	roster_free(&bad);
	roster_free(&new);
	roster_free(&old);
}

static void
test_merge(void **state)
{
	struct roster shown = two_machines(), held = copy(&shown);

	roster_add(&held, "tv", key(3));
	roster_add(&held, "nas", key(4));
	assert_int_equal(roster_sign(&held, DOMAIN, seed, NOW), 0);
	roster_merge(&shown, &held);
	assert_int_equal(shown.serial, held.serial);
	assert_int_equal(shown.count, 4);
	assert_int_equal(roster_find_key(&shown, key(2))->state, ROSTER_REVOKED);
	assert_memory_equal(roster_find_label(&shown, "nas")->key, key(4), ROSTER_KEY_LEN);
	assert_non_null(roster_find_label(&shown, "tv"));
	roster_free(&held);
	roster_free(&shown);
}

/* As many as fit; one more is an error, not a crash. */
static void
test_many(void **state)
{
	struct roster r = {0}, again;
	char label[ROSTER_LABEL_MAX];
	size_t len;

	for (unsigned i = 0; i < 1000; i++) {
		snprintf(label, sizeof label, "host-%u", i);
		assert_int_equal(roster_add(&r, label, key(i)), 1);
	}
	assert_int_equal(roster_sign(&r, DOMAIN, seed, NOW), 0);
	len = roster_print(&r, text, sizeof text);
	assert_in_range(len, 40000, 60000);
	assert_int_equal(roster_parse(&again, text, len, why), 0);
	assert_true(roster_verify(&again, DOMAIN, ca));
	roster_free(&again);
	for (unsigned i = 1000; i < ROSTER_DEVICES_MAX; i++) {
		snprintf(
		    label, sizeof label, "a-name-as-long-as-labels-may-be-in-this-account-%u", i);
		assert_int_equal(roster_add(&r, label, key(i)), 1);
	}
	assert_int_equal(roster_add(&r, "one-more", key(5000)), -1);
	roster_free(&r);
}

static void
test_too_long(void **state)
{
	struct roster r = {0};
	char label[ROSTER_LABEL_MAX];

	for (unsigned i = 0; i < 700; i++) {
		snprintf(
		    label, sizeof label, "a-name-as-long-as-labels-may-be-in-this-account-%08u", i);
		assert_int_equal(roster_add(&r, label, key(i)), 1);
	}
	assert_int_equal(roster_sign(&r, DOMAIN, seed, NOW), -1);
	roster_free(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_text),
	    cmocka_unit_test(test_any_order),
	    cmocka_unit_test(test_every_change_shows),
	    cmocka_unit_test(test_other_signers),
	    cmocka_unit_test(test_refused),
	    cmocka_unit_test(test_admits),
	    cmocka_unit_test(test_generations),
	    cmocka_unit_test(test_judge),
	    cmocka_unit_test(test_merge),
	    cmocka_unit_test(test_many),
	    cmocka_unit_test(test_too_long),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
