/* A new recovery phrase: who vouches for its key, who believes it, and what stays as it was. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "crypto/cert.h"
#include "identity/account.h"
#include "identity/invite.h"
#include "identity/roster.h"
#include "identity/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DOMAIN "alice.example.com"
#define NAME "nas." DOMAIN
#define NOW 1764108000

static struct account first, second, third, thief;
static char text[ROSTER_TEXT_MAX], why[MSG_TEXT_MAX];

static int
make(struct account *a, uint8_t octet)
{
	uint8_t entropy[PHRASE_ENTROPY];

	memset(entropy, octet, sizeof entropy);
	return account_derive(DOMAIN, entropy, a);
}

static int
setup(void **state)
{
	return make(&first, 1) == 0 && make(&second, 2) == 0 && make(&third, 3) == 0 &&
		make(&thief, 4) == 0 && account_hand_over(&first, &second) == 0 &&
		account_hand_over(&second, &third) == 0
	    ? 0
	    : -1;
}

static void
test_one_after_the_other(void **state)
{
	struct account again;

	assert_int_equal(first.cas.count, 1);
	assert_int_equal(third.cas.count, 3);
	assert_true(lineage_valid(&third.cas, DOMAIN));
	assert_false(lineage_valid(&third.cas, "bob.example.com"));
	assert_true(lineage_extends(&third.cas, &second.cas));
	assert_true(lineage_extends(&second.cas, &second.cas));
	assert_false(lineage_extends(&second.cas, &third.cas));
	assert_false(lineage_extends(&third.cas, &thief.cas));
	assert_int_equal(lineage_find(&third.cas, lineage_present(&second.cas)), 1);
	assert_int_equal(lineage_find(&third.cas, lineage_present(&thief.cas)), -1);
	/* who has the phrase only takes its place; others do not */
	assert_int_equal(make(&again, 3), 0);
	assert_int_equal(account_adopt(&again, &second.cas), -1);
	assert_int_equal(account_adopt(&again, &third.cas), 0);
	assert_memory_equal(&again.ca, &first.ca, sizeof first.ca);
	assert_int_equal(account_adopt(&thief, &third.cas), -1);
	account_wipe(&again);
}

static void
test_end(void **state)
{
	struct account a[LINEAGE_MAX + 1];

	for (unsigned i = 0; i <= LINEAGE_MAX; i++) {
		assert_int_equal(make(&a[i], (uint8_t)(10 + i)), 0);
		if (i > 0)
			assert_int_equal(
			    account_hand_over(&a[i - 1], &a[i]), i < LINEAGE_MAX ? 0 : -1);
	}
	assert_true(lineage_valid(&a[LINEAGE_MAX - 1].cas, DOMAIN));
}

/* Every bit of every key and signature counts. */
static void
test_forged(void **state)
{
	struct lineage l = third.cas;
	uint8_t *octets = (uint8_t *)l.ca;

	for (size_t i = 0; i < 3 * sizeof l.ca[0]; i++) {
		octets[i] ^= 4;
		assert_false(lineage_valid(&l, DOMAIN));
		octets[i] ^= 4;
	}
	assert_true(lineage_valid(&l, DOMAIN));
	l.ca[1] = l.ca[0];
	assert_false(lineage_valid(&l, DOMAIN));
	/* a key that nobody handed over to */
	l = second.cas;
	assert_int_equal(
	    lineage_hand_over(&l, DOMAIN, thief.ca_seed, lineage_present(&thief.cas)), 0);
	assert_false(lineage_valid(&l, DOMAIN));
}

static void
test_lines(void **state)
{
	static const char *const wrong[] = {"@", "@0 a b", "@9 a b", "@1", "@1 a b", "nas ok 0 00"};
	char line[3][LINEAGE_LINE_MAX], bad[LINEAGE_LINE_MAX + 2];
	struct lineage l = {0};

	for (unsigned i = 0; i < 3; i++)
		lineage_line(&third.cas, i, line[i]);
	assert_int_equal(lineage_read_line(&l, line[2]), 0);
	assert_false(lineage_whole(&l));
	assert_int_equal(lineage_read_line(&l, line[0]), 0);
	assert_int_equal(lineage_read_line(&l, line[0]), -1);
	assert_int_equal(lineage_read_line(&l, line[1]), 0);
	assert_true(lineage_whole(&l));
	assert_memory_equal(&l, &third.cas, sizeof l);
	memset(&l, 0, sizeof l);
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
		assert_int_equal(lineage_read_line(&l, wrong[i]), -1);
	snprintf(bad, sizeof bad, "%s ", line[0]);
	assert_int_equal(lineage_read_line(&l, bad), -1);
	snprintf(bad, sizeof bad, "%sx", line[0]);
	assert_int_equal(lineage_read_line(&l, bad), -1);
}

/* ---- the roster ---- */

static struct roster
roster_of(const struct account *signer, uint32_t serial)
{
	uint8_t key[ROSTER_KEY_LEN] = {1};
	struct roster r = {.serial = serial}, out;
	size_t len;

	assert_int_equal(roster_add(&r, "nas", key), 1);
	if (signer->cas.count > 1)
		r.cas = signer->cas;
	assert_int_equal(roster_sign(&r, DOMAIN, signer->ca_seed, NOW), 0);
	len = roster_print(&r, text, sizeof text);
	assert_true(len > 0);
	assert_int_equal(roster_parse(&out, text, len, why), 0);
	assert_int_equal(roster_judge(&r, &out), ROSTER_SAME);
	roster_free(&r);
	return out;
}

static void
assert_trust(const struct roster *r, int by_first, int by_second, int by_third)
{
	assert_int_equal(roster_trusted(r, DOMAIN, &first.cas), by_first);
	assert_int_equal(roster_trusted(r, DOMAIN, &second.cas), by_second);
	assert_int_equal(roster_trusted(r, DOMAIN, &third.cas), by_third);
	assert_false(roster_trusted(r, DOMAIN, &thief.cas));
	assert_false(roster_trusted(r, "bob.example.com", &first.cas));
	assert_false(roster_trusted(r, DOMAIN, &(struct lineage) {0}));
}

/* A machine follows the keys forward, never back. */
static void
test_never_back(void **state)
{
	struct roster by_first = roster_of(&first, 1), by_second = roster_of(&second, 2),
		      by_third = roster_of(&third, 3);

	assert_trust(&by_first, 1, 0, 0);
	assert_trust(&by_second, 1, 1, 0);
	assert_trust(&by_third, 1, 1, 1);
	assert_true(roster_verify(&by_second, DOMAIN, lineage_present(&second.cas)));
	assert_false(roster_verify(&by_second, DOMAIN, lineage_present(&first.cas)));
	roster_free(&by_first);
	roster_free(&by_second);
	roster_free(&by_third);
}

/* Who has an old phrase hands over to a key of his own: who knows of the right one is not misled.
 */
static void
test_old_phrase(void **state)
{
	struct account branch = thief;
	struct roster r;

	assert_int_equal(account_hand_over(&first, &branch), 0);
	r = roster_of(&branch, 9);
	assert_trust(&r, 1, 0, 0);
	roster_free(&r);
	/* nor by putting the true list over a signature of his */
	r = roster_of(&first, 9);
	r.cas = second.cas;
	assert_trust(&r, 0, 0, 0);
	roster_free(&r);
}

static void
test_damaged_roster(void **state)
{
	struct roster r = roster_of(&second, 1), again;
	size_t len = roster_print(&r, text, sizeof text);
	char *line2 = memchr(text, '\n', len), *line3;

	for (size_t i = 0; i + 1 < len; i++) {
		char c = text[i];

		text[i] = c == '1' ? '2' : '1';
		if (roster_parse(&again, text, len, why) == 0) {
			assert_trust(&again, 0, 0, 0);
			roster_free(&again);
		}
		text[i] = c;
	}
	/* a line of the list lost */
	line3 = strchr(++line2, '\n') + 1;
	memmove(line2, line3, len - (size_t)(line3 - text));
	len -= (size_t)(line3 - line2);
	assert_int_equal(roster_parse(&again, text, len, why), -1);
	assert_string_equal(why, "its list of certification keys is not whole");
	roster_free(&r);
}

/* What an old name server shows is put right with what the machine has seen. */
static void
test_merge(void **state)
{
	struct roster shown = roster_of(&first, 1), held = roster_of(&second, 2);

	roster_merge(&shown, &held);
	assert_memory_equal(&shown.cas, &second.cas, sizeof shown.cas);
	roster_merge(&held, &shown);
	assert_memory_equal(&held.cas, &second.cas, sizeof held.cas);
	roster_free(&shown);
	roster_free(&held);
}

/* ---- machines ---- */

/* The address stays whoever signs; the certificate and the TSIG key are the new phrase's. */
static void
test_machines(void **state)
{
	uint8_t seed[ED25519_SEED_LEN] = {7};
	struct identity before, after;

	assert_int_equal(account_issue(&first, NAME, seed, &before), 0);
	assert_int_equal(account_issue(&third, NAME, seed, &after), 0);
	assert_memory_equal(before.ula, after.ula, sizeof before.ula);
	assert_memory_equal(&before.ca, &after.ca, sizeof before.ca);
	assert_memory_not_equal(before.tsig.secret, after.tsig.secret, 32);
	assert_true(lineage_issued(&third.cas, DOMAIN, before.cert.data, before.cert.len));
	assert_true(lineage_issued(&third.cas, DOMAIN, after.cert.data, after.cert.len));
	assert_false(lineage_issued(&second.cas, DOMAIN, after.cert.data, after.cert.len));
}

static void
test_state_directory(void **state)
{
	char dir[] = "/tmp/identity_lineage.XXXXXX";
	uint8_t seed[ED25519_SEED_LEN] = {7};
	struct identity id, again;

	assert_non_null(mkdtemp(dir));
	assert_int_equal(account_issue(&third, NAME, seed, &id), 0);
	assert_int_equal(store_save(dir, &id, why), 0);
	assert_int_equal(identity_load(dir, &again, why), IDENTITY_OK);
	assert_memory_equal(&again.cas, &third.cas, sizeof again.cas);
	assert_memory_equal(&again.ca, &first.ca, sizeof again.ca);
	/* a certificate of a thief's after the account's own */
	id.cas = second.cas;
	assert_int_equal(
	    lineage_hand_over(&id.cas, DOMAIN, thief.ca_seed, lineage_present(&thief.cas)), 0);
	assert_int_equal(store_save(dir, &id, why), 0);
	assert_int_equal(identity_load(dir, &again, why), IDENTITY_BROKEN);
	assert_string_equal(why, "ca.crt: its signature is wrong");
	store_remove(dir);
	assert_int_equal(rmdir(dir), 0);
}

static void
test_invitation(void **state)
{
	struct invite i = {.domain = DOMAIN, .slot = 1};
	struct invite_request request = {.label = "nas"};
	uint8_t seed[ED25519_SEED_LEN] = {7}, sealed[INVITE_REPLY_MAX];
	struct identity id, got;
	size_t len;

	assert_int_equal(invite_make(&i, &third), 0);
	assert_int_equal(ed25519_public(seed, request.public_key), 0);
	assert_int_equal(account_issue_key(&third, NAME, 0, request.public_key, &id), 0);
	len = invite_seal(&i, &request, &id, sealed);
	assert_true(len > 0);
	assert_int_equal(invite_open(&i, &request, sealed, len, &got), 0);
	assert_memory_equal(&got.cas, &third.cas, sizeof got.cas);
	assert_memory_equal(got.ula, id.ula, sizeof got.ula);
	/* with a key that nobody handed over to */
	id.cas.ca[2] = thief.cas.ca[0];
	len = invite_seal(&i, &request, &id, sealed);
	assert_int_equal(invite_open(&i, &request, sealed, len, &got), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_one_after_the_other),
	    cmocka_unit_test(test_end),
	    cmocka_unit_test(test_forged),
	    cmocka_unit_test(test_lines),
	    cmocka_unit_test(test_never_back),
	    cmocka_unit_test(test_old_phrase),
	    cmocka_unit_test(test_damaged_roster),
	    cmocka_unit_test(test_merge),
	    cmocka_unit_test(test_machines),
	    cmocka_unit_test(test_state_directory),
	    cmocka_unit_test(test_invitation),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
