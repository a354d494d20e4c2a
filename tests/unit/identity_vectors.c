/*
 * The test vectors of autotunnel-identity(7), taken from the page itself and computed anew: what is
 * printed there is what the programs do.  Lines "name = value" between the two markers of the page.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/file.h"
#include "identity/account.h"
#include "identity/admin_file.h"
#include "identity/invite.h"
#include "identity/roster.h"
#include "identity/ula.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAGE "man/autotunnel-identity.7.in"
#define BEGIN ".\\\" VECTORS BEGIN"
#define END ".\\\" VECTORS END"

static char page[65536];
static struct account account;

/* The value of this name in the page; ends the test when there is none. */
static const char *
value(const char *name, char out[512])
{
	char *at = strstr(page, BEGIN), *end = strstr(page, END);
	char want[64];
	int len = snprintf(want, sizeof want, "\n%s = ", name);

	assert_non_null(at);
	assert_non_null(end);
	at = strstr(at, want);
	if (at == NULL || at > end)
		fail_msg("the page has no vector \"%s\"", name);
	at += len;
	snprintf(out, 512, "%.*s", (int)strcspn(at, "\n"), at);
	return out;
}

static void
expect_hex(const char *name, const uint8_t *data, size_t len)
{
	char want[512], got[512] = "";

	for (size_t i = 0; i < len; i++)
		sprintf(got + 2 * i, "%02x", data[i]);
	assert_string_equal(got, value(name, want));
}

static int
setup(void **state)
{
	const char *top = getenv("top_srcdir");
	char path[512], phrase[512], domain[512], why[MSG_TEXT_MAX];
	uint8_t entropy[PHRASE_ENTROPY];
	ssize_t n;

	snprintf(path, sizeof path, "%s/" PAGE, top == NULL ? "." : top);
	n = file_read(path, page, sizeof page - 1);
	if (n <= 0)
		return -1;
	page[n] = '\0';
	return phrase_decode(value("phrase", phrase), entropy, why) == 0
	    ? account_derive(value("domain", domain), entropy, &account)
	    : -1;
}

static void
test_entropy(void **state)
{
	char phrase[512], why[MSG_TEXT_MAX];
	uint8_t entropy[PHRASE_ENTROPY];

	assert_int_equal(phrase_decode(value("phrase", phrase), entropy, why), 0);
	expect_hex("bits", entropy, sizeof entropy);
}

static void
test_account(void **state)
{
	uint8_t ca_key[ED25519_PUBLIC_LEN];

	expect_hex("master", account.master, sizeof account.master);
	expect_hex("ca", account.ca_seed, sizeof account.ca_seed);
	expect_hex("tsig-account", account.tsig.secret, account.tsig.secret_len);
	assert_int_equal(ed25519_public(account.ca_seed, ca_key), 0);
	expect_hex("ca public key", ca_key, sizeof ca_key);
}

static void
test_tsig(void **state)
{
	struct tsig_key key;

	assert_int_equal(account_device_tsig(&account, "nas.alice.example.com", 0, &key), 0);
	expect_hex("tsig-device:nas.alice.example.com", key.secret, key.secret_len);
	assert_int_equal(account_device_tsig(&account, "nas.alice.example.com", 1, &key), 0);
	expect_hex("tsig-device:nas.alice.example.com:1", key.secret, key.secret_len);
	assert_int_equal(account_invite_tsig(&account, 1, &key), 0);
	expect_hex("tsig-invite:invite1._join.alice.example.com", key.secret, key.secret_len);
}

static void
test_device(void **state)
{
	uint8_t seed[ED25519_SEED_LEN], public_key[ED25519_PUBLIC_LEN], key[ROSTER_KEY_LEN];
	struct identity id;
	char text[ADDR_TEXT_MAX], want[512];

	memset(seed, 7, sizeof seed);
	expect_hex("device key", seed, sizeof seed);
	assert_int_equal(ed25519_public(seed, public_key), 0);
	expect_hex("device public key", public_key, sizeof public_key);
	roster_key(public_key, key);
	expect_hex("roster key", key, sizeof key);
	assert_int_equal(account_issue(&account, "nas.alice.example.com", seed, &id), 0);
	assert_string_equal(ip6_text(id.ula, text), value("address", want));
}

static void
test_roster(void **state)
{
	uint8_t seed[ED25519_SEED_LEN], public_key[ED25519_PUBLIC_LEN], key[ROSTER_KEY_LEN];
	struct roster r = {0};

	memset(seed, 7, sizeof seed);
	assert_int_equal(ed25519_public(seed, public_key), 0);
	roster_key(public_key, key);
	assert_int_equal(roster_add(&r, "nas", key), 1);
	assert_int_equal(roster_sign(&r, account.domain, account.ca_seed, 1764108000), 0);
	expect_hex("roster signature", r.signature, sizeof r.signature);
	roster_free(&r);
}

/* The phrase that comes after, and how the roster says so. */
static void
test_next_phrase(void **state)
{
	char phrase[512], why[MSG_TEXT_MAX], line[LINEAGE_LINE_MAX], want[512];
	uint8_t entropy[PHRASE_ENTROPY];
	struct account next;

	assert_int_equal(phrase_decode(value("next phrase", phrase), entropy, why), 0);
	assert_int_equal(account_derive(account.domain, entropy, &next), 0);
	assert_int_equal(account_hand_over(&account, &next), 0);
	lineage_line(&next.cas, 0, line);
	assert_string_equal(line, value("first line", want));
	lineage_line(&next.cas, 1, line);
	assert_string_equal(line, value("second line", want));
	account_wipe(&next);
}

static void
test_admin_file(void **state)
{
	char line[512], passphrase[512], phrase[512], text[sizeof line + 1], why[MSG_TEXT_MAX];
	uint8_t entropy[PHRASE_ENTROPY], key[ADMIN_FILE_KEY];
	struct admin_file f;

	snprintf(text, sizeof text, "%s\n", value("admin.key", line));
	assert_int_equal(admin_file_parse(text, strlen(text), &f), 0);
	assert_int_equal(admin_file_key(&f, value("passphrase", passphrase), key), 0);
	expect_hex("admin key", key, sizeof key);
	memset(f.sealed, 0, sizeof f.sealed);
	assert_int_equal(phrase_decode(value("phrase", phrase), entropy, why), 0);
	assert_int_equal(admin_file_seal(&f, account.domain, passphrase, entropy), 0);
	admin_file_print(&f, text);
	text[strcspn(text, "\n")] = '\0';
	assert_string_equal(text, line);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_entropy),
	    cmocka_unit_test(test_account),
	    cmocka_unit_test(test_tsig),
	    cmocka_unit_test(test_device),
	    cmocka_unit_test(test_roster),
	    cmocka_unit_test(test_next_phrase),
	    cmocka_unit_test(test_admin_file),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
