/* Which roster is held, and what it says. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/pieces.h"
#include "crypto/cert.h"
#include "ipsec/held.h"

#include <string.h>

#define DOMAIN "alice.example.com"

static uint8_t seed[ED25519_SEED_LEN] = "the account's certification key";
static uint8_t ca[ED25519_PUBLIC_LEN], own[ED25519_PUBLIC_LEN] = {1}, nas[ROSTER_KEY_LEN] = {2};
static uint8_t own_ula[16] = {0xfd, 7};
static char text[ROSTER_TEXT_MAX], why[MSG_TEXT_MAX];
static struct roster r;
static union msg m;

/* One test after the other: what is held stays so. */
static int
setup(void **state)
{
	struct lineage known = {.count = 1};
	uint8_t self[ROSTER_KEY_LEN];

	roster_key(own, self);
	memcpy(known.ca[0].key, ca, sizeof ca);
	held_init(DOMAIN, &known, own);
	return roster_add(&r, "laptop", self) == 1 && roster_add(&r, "nas", nas) == 1 ? 0 : -1;
}

static int
offer(const struct roster *offered)
{
	size_t len = roster_print(offered, text, sizeof text);
	int taken = 0;

	for (size_t at = 0; at < len; at += MSG_ROSTER_PIECE) {
		pieces_make(&m, MSG_IPSEC_ROSTER, text, (uint32_t)len, (uint32_t)at);
		taken = held_take(&m.roster);
	}
	assert_int_equal(held_describe(&m), 1);
	held_said();
	return taken;
}

static void
test_none(void **state)
{
	uint8_t ula[16];

	assert_int_equal(held_describe(&m), 0);
	assert_int_equal(held_admits("tv." DOMAIN, nas, why), 0);
	assert_int_equal(held_address("tv." DOMAIN, own_ula, ula), 1);
	assert_false(ip6_is_ula(ula));
}

static void
test_foreign(void **state)
{
	uint8_t other[ED25519_SEED_LEN] = {5};

	assert_int_equal(roster_sign(&r, DOMAIN, other, 1), 0);
	assert_int_equal(offer(&r), 0);
	assert_int_equal(m.ipsec_roster_state.verdict, ROSTER_FOREIGN);
	assert_int_equal(m.ipsec_roster_state.serial, 0);
	assert_non_null(strstr(m.ipsec_roster_state.reason, "not signed by the account's key"));
	r.serial = 0;
	assert_int_equal(roster_sign(&r, "bob.example.com", seed, 1), 0);
	assert_int_equal(offer(&r), 0);
	assert_int_equal(m.ipsec_roster_state.verdict, ROSTER_FOREIGN);
}

static void
test_first(void **state)
{
	uint8_t ula[16], want[16] = {0xfd, 7, [8] = 2};

	r.serial = 0;
	assert_int_equal(roster_sign(&r, DOMAIN, seed, 99), 0);
	assert_int_equal(offer(&r), 1);
	assert_int_equal(m.ipsec_roster_state.verdict, ROSTER_NEWER);
	assert_int_equal(m.ipsec_roster_state.serial, 1);
	assert_int_equal(m.ipsec_roster_state.machines, 2);
	assert_int_equal(m.ipsec_roster_state.signed_sec, 99);
	assert_int_equal(m.ipsec_roster_state.self, ROSTER_SELF_LISTED);
	assert_string_equal(m.ipsec_roster_state.reason, "");
	assert_int_equal(offer(&r), 0);
	assert_int_equal(m.ipsec_roster_state.verdict, ROSTER_SAME);
	assert_int_equal(held_admits("nas." DOMAIN, nas, why), 0);
	assert_int_equal(held_admits("tv." DOMAIN, nas, why), -1);
	assert_int_equal(held_address("nas." DOMAIN, own_ula, ula), 1);
	assert_memory_equal(ula, want, 16);
	assert_int_equal(held_address("tv." DOMAIN, own_ula, ula), 0);
}

static void
test_newer_and_older(void **state)
{
	struct roster old;
	size_t len = roster_print(&r, text, sizeof text);

	assert_int_equal(roster_parse(&old, text, len, why), 0);
	assert_int_equal(roster_revoke(&r, nas), 1);
	assert_int_equal(roster_sign(&r, DOMAIN, seed, 100), 0);
	assert_int_equal(offer(&r), 1);
	assert_int_equal(m.ipsec_roster_state.revoked, 1);
	assert_int_equal(held_admits("nas." DOMAIN, nas, why), -1);
	assert_int_equal(offer(&old), 0);
	assert_int_equal(m.ipsec_roster_state.verdict, ROSTER_OLDER);
	assert_int_equal(m.ipsec_roster_state.offered, 1);
	assert_int_equal(m.ipsec_roster_state.serial, 2);
	assert_non_null(strstr(m.ipsec_roster_state.reason, "serial 1, but 2 has been seen"));
	/* Signed on from the old one. */
	old.serial = 7;
	assert_int_equal(roster_sign(&old, DOMAIN, seed, 101), 0);
	assert_int_equal(offer(&old), 0);
	assert_int_equal(m.ipsec_roster_state.verdict, ROSTER_FORGETS);
	assert_int_equal(held_admits("nas." DOMAIN, nas, why), -1);
	roster_free(&old);
}

/* The account gets another certification key; from then on the old one signs in vain. */
static void
test_handed_over(void **state)
{
	uint8_t next_seed[ED25519_SEED_LEN] = {6}, next[ED25519_PUBLIC_LEN];
	uint8_t der[MSG_DER_MAX];
	ssize_t len = cert_make_ca(DOMAIN, seed, der, sizeof der);

	assert_int_equal(held_cas()->count, 1);
	assert_int_equal(lineage_add_cert(&r.cas, der, (size_t)len), 0);
	assert_int_equal(ed25519_public(next_seed, next), 0);
	assert_int_equal(lineage_hand_over(&r.cas, DOMAIN, seed, next), 0);
	assert_int_equal(roster_sign(&r, DOMAIN, next_seed, 102), 0);
	assert_int_equal(offer(&r), 1);
	assert_memory_equal(lineage_present(held_cas()), next, sizeof next);
	r.cas.count = 0;
	assert_int_equal(roster_sign(&r, DOMAIN, seed, 103), 0);
	assert_int_equal(offer(&r), 0);
	assert_int_equal(m.ipsec_roster_state.verdict, ROSTER_FOREIGN);
	assert_non_null(strstr(m.ipsec_roster_state.reason, "old recovery phrase"));
	/* back to what counts */
	r.cas = *held_cas();
	assert_int_equal(roster_sign(&r, DOMAIN, next_seed, 104), 0);
	assert_int_equal(offer(&r), 1);
	memcpy(seed, next_seed, sizeof seed);
}

static void
test_self_revoked(void **state)
{
	uint8_t self[ROSTER_KEY_LEN];

	roster_key(own, self);
	assert_int_equal(roster_revoke(&r, self), 1);
	assert_int_equal(roster_sign(&r, DOMAIN, seed, 102), 0);
	assert_int_equal(offer(&r), 1);
	assert_int_equal(m.ipsec_roster_state.self, ROSTER_SELF_REVOKED);
	roster_free(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_none),
	    cmocka_unit_test(test_foreign),
	    cmocka_unit_test(test_first),
	    cmocka_unit_test(test_newer_and_older),
	    cmocka_unit_test(test_handed_over),
	    cmocka_unit_test(test_self_revoked),
	};

	if (ed25519_public(seed, ca) == -1)
		return 1;
	return cmocka_run_group_tests(tests, setup, NULL);
}
