/* The state directory: written, read back, and every way in which it can be wrong. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/file.h"
#include "crypto/cert.h"
#include "identity/account.h"
#include "identity/account_file.h"
#include "identity/store.h"
#include "identity/tsig_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DOMAIN "alice.example.com"
#define NAME "nas." DOMAIN

static struct account alice, bob;
static struct identity nas;
static char dir[] = "/tmp/identity_load.XXXXXX";

static int
make_account(struct account *a, const char *domain, uint8_t octet)
{
	uint8_t entropy[PHRASE_ENTROPY];

	memset(entropy, octet, sizeof entropy);
	return account_derive(domain, entropy, a);
}

static int
setup(void **state)
{
	uint8_t seed[ED25519_SEED_LEN] = {7};

	if (mkdtemp(dir) == NULL || make_account(&alice, DOMAIN, 1) == -1 ||
	    make_account(&bob, DOMAIN, 2) == -1 || account_issue(&alice, NAME, seed, &nas) == -1)
		return -1;
	nas.servers = 2;
	endpoint_parse("192.0.2.53", 53, &nas.server[0]);
	endpoint_parse("[2001:db8::53]:5353", 53, &nas.server[1]);
	return 0;
}

static int
teardown(void **state)
{
	char path[64];

	store_remove(dir);
	snprintf(path, sizeof path, "%s/epoch", dir);
	unlink(path);
	return rmdir(dir);
}

static void
put(const char *file, const void *data, size_t len)
{
	char path[64];

	snprintf(path, sizeof path, "%s/%s", dir, file);
	assert_int_equal(file_write_atomic(path, data, len, 0600), 0);
}

static void
save(void)
{
	char why[MSG_TEXT_MAX];

	assert_int_equal(store_save(dir, &nas, why), 0);
}

static void
assert_loads(enum identity_result want, const char *sentence)
{
	struct identity id;
	char why[MSG_TEXT_MAX];

	assert_int_equal(identity_load(dir, &id, why), want);
	assert_string_equal(why, sentence);
	if (want != IDENTITY_OK) {
		static const struct identity zero;

		if (want == IDENTITY_BROKEN)
			assert_memory_equal(&id, &zero, sizeof id);
		return;
	}
	assert_memory_equal(&id, &nas, sizeof id);
}

static void
test_none(void **state)
{
	struct identity id;
	char why[MSG_TEXT_MAX];

	assert_loads(IDENTITY_NONE, "no account yet");
	assert_int_equal(identity_load("/nonexistent/dir", &id, why), IDENTITY_NONE);
}

static void
test_round_trip(void **state)
{
	static const char *const files[] = {
	    STORE_ACCOUNT, STORE_KEY, STORE_CERT, STORE_CA, STORE_TSIG};
	struct stat st;
	char path[64];

	save();
	assert_loads(IDENTITY_OK, "");
	for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
		snprintf(path, sizeof path, "%s/%s", dir, files[i]);
		assert_int_equal(stat(path, &st), 0);
		assert_int_equal(st.st_mode & 07777, 0600);
	}
	store_remove(dir);
	assert_loads(IDENTITY_NONE, "no account yet");
}

static void
test_makes_directory(void **state)
{
	char sub[64], deep[64], why[MSG_TEXT_MAX];
	struct stat st;

	snprintf(sub, sizeof sub, "%s/sub", dir);
	snprintf(deep, sizeof deep, "%s/sub/state", dir);
	assert_int_equal(store_save(deep, &nas, why), 0);
	assert_int_equal(stat(deep, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	store_remove(deep);
	assert_int_equal(rmdir(deep), 0);
	assert_int_equal(rmdir(sub), 0);
	assert_int_equal(store_save("/proc/nowhere", &nas, why), -1);
	assert_string_equal(why, "/proc/nowhere: No such file or directory");
}

/* One file at a time is replaced by one that is whole, but not ours. */

static void
other_ca(void)
{
	put(STORE_CA, bob.ca.data, bob.ca.len);
}

static void
device_as_ca(void)
{
	put(STORE_CA, nas.cert.data, nas.cert.len);
}

static void
ca_as_device(void)
{
	put(STORE_CERT, nas.ca.data, nas.ca.len);
}

static void
bit_in_signature(void)
{
	struct blob cert = nas.cert;

	cert.data[cert.len - 1] ^= 1;
	put(STORE_CERT, cert.data, cert.len);
}

static void
bit_in_ca_signature(void)
{
	struct blob ca = nas.ca;

	ca.data[ca.len - 1] ^= 1;
	put(STORE_CA, ca.data, ca.len);
}

static void
cut_cert(void)
{
	put(STORE_CERT, nas.cert.data, nas.cert.len - 1u);
}

static struct identity
sibling(const char *name, uint8_t octet)
{
	uint8_t seed[ED25519_SEED_LEN] = {octet};
	struct identity id;

	assert_int_equal(account_issue(&alice, name, seed, &id), 0);
	return id;
}

static void
sibling_cert(void)
{
	struct identity id = sibling("laptop." DOMAIN, 8);

	put(STORE_CERT, id.cert.data, id.cert.len);
}

static void
sibling_key(void)
{
	struct identity id = sibling("laptop." DOMAIN, 8);

	put(STORE_KEY, id.key.data, id.key.len);
}

static void
broken_key(void)
{
	put(STORE_KEY, nas.key.data, nas.key.len - 1u);
}

static void
no_key(void)
{
	char path[64];

	snprintf(path, sizeof path, "%s/%s", dir, STORE_KEY);
	unlink(path);
}

static void
readable_key(void)
{
	char path[64];

	snprintf(path, sizeof path, "%s/%s", dir, STORE_KEY);
	chmod(path, 0640);
}

static void
readable_tsig(void)
{
	char path[64];

	snprintf(path, sizeof path, "%s/%s", dir, STORE_TSIG);
	chmod(path, 0604);
}

static void
sibling_tsig(void)
{
	struct identity id = sibling("laptop." DOMAIN, 8);
	char text[TSIG_TEXT_MAX];

	put(STORE_TSIG, text, tsig_key_print(&id.tsig, text));
}

static void
no_tsig(void)
{
	put(STORE_TSIG, "# nothing\n", 10);
}

static void
bad_tsig(void)
{
	put(STORE_TSIG, "key x {\n}\n;", 11);
}

static void
renamed(void)
{
	static const char text[] = "domain = " DOMAIN "\nname = laptop." DOMAIN "\n";

	put(STORE_ACCOUNT, text, sizeof text - 1);
}

static void
moved(void)
{
	static const char text[] = "domain = bob.example.com\nname = nas.bob.example.com\n";

	put(STORE_ACCOUNT, text, sizeof text - 1);
}

static void
bad_account(void)
{
	put(STORE_ACCOUNT, "domain = " DOMAIN "\nnmae = nas\n", 38);
}

static const struct {
	void (*damage)(void);
	const char *why;
} damages[] = {
    {other_ca, "device.crt: not signed by the account's CA (ca.crt)"},
    {device_as_ca, "ca.crt: not an account's certificate"},
    {bit_in_ca_signature, "ca.crt: its signature is wrong"},
    {ca_as_device, "device.crt: not a device's certificate"},
    {bit_in_signature, "device.crt: not signed by the account's CA (ca.crt)"},
    {cut_cert, "device.crt: not a device's certificate"},
    {sibling_cert, "device.crt: it has another name than the account file says"},
    {sibling_key, "device.key: it does not belong to the certificate (device.crt)"},
    {broken_key, "device.key: not an Ed25519 key in PKCS#8 form"},
    {no_key, "device.key: No such file or directory"},
    {readable_key, "device.key: others can read it; chmod 600"},
    {readable_tsig, "tsig.key: others can read it; chmod 600"},
    {sibling_tsig, "tsig.key: its key is not named like this device"},
    {no_tsig, "tsig.key: it must hold one key"},
    {bad_tsig, "tsig.key: line 3: a key has an algorithm and a secret"},
    {renamed, "device.crt: it has another name than the account file says"},
    {moved, "ca.crt: it belongs to another domain than the account file says"},
    {bad_account, "account: line 2 is wrong"},
};

static void
test_damaged(void **state)
{
	for (size_t i = 0; i < sizeof damages / sizeof damages[0]; i++) {
		save();
		assert_loads(IDENTITY_OK, "");
		damages[i].damage();
		assert_loads(IDENTITY_BROKEN, damages[i].why);
	}
	store_remove(dir);
}

/* A certificate that the CA did sign, but for an address that is not its key's. */
static void
test_wrong_address(void **state)
{
	struct identity id = nas;
	struct cert_info info;
	ssize_t len;

	save();
	assert_int_equal(cert_read(nas.cert.data, nas.cert.len, &info), 0);
	info.address[15] ^= 1;
	len = cert_make_device(&info, alice.ca_seed, id.cert.data, sizeof id.cert.data);
	assert_true(len > 0);
	put(STORE_CERT, id.cert.data, (size_t)len);
	assert_loads(IDENTITY_BROKEN, "device.crt: its address is not the one of its key");
	store_remove(dir);
}

static void
test_account_file(void **state)
{
	static const struct {
		const char *text, *why;
	} cases[] = {
	    {"# comment\n\n  domain=" DOMAIN "\n\tname = " NAME "  \nserver = 192.0.2.1\n", NULL},
	    {"domain = " DOMAIN "\nname = " NAME, NULL},
	    {"", "account: no valid domain"},
	    {"domain = " DOMAIN "\n", "account: the name is not one label under the domain"},
	    {"domain = x\ndomain = x\n", "account: line 2 is wrong"},
	    {"domain x\n", "account: line 1 is wrong"},
	    {"domain = a b\n", "account: line 1 is wrong"},
	    {"domain = " DOMAIN "\nname = " NAME "\nserver = ns.example.com\n",
		"account: line 3 is wrong"},
	    {"server = 1.1.1.1\nserver = 1.1.1.1\nserver = 1.1.1.1\nserver = ::1\nserver = ::1\n",
		"account: line 5 is wrong"},
	    {"domain = _x.example\n", "account: no valid domain"},
	};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct identity id;
		char why[MSG_TEXT_MAX] = "";
		int rc = account_file_parse(cases[i].text, strlen(cases[i].text), &id, why);

		assert_string_equal(why, cases[i].why == NULL ? "" : cases[i].why);
		assert_int_equal(rc, cases[i].why == NULL ? 0 : -1);
		if (rc == 0)
			assert_string_equal(id.name, NAME);
	}
}

static void
test_epoch(void **state)
{
	static const char *const bad[] = {"", "x\n", "-1\n", "12", "12x\n",
	    "99999999999999999999\n", "1234567890123456789012345\n"};

	assert_int_equal(identity_epoch_load(dir), 0);
	assert_int_equal(identity_epoch_save(dir, 41), 0);
	assert_int_equal(identity_epoch_load(dir), 41);
	assert_int_equal(identity_epoch_save(dir, MSG_EPOCH_MAX - 1), 0);
	assert_true(identity_epoch_load(dir) == MSG_EPOCH_MAX - 1);
	/* there would be no next one */
	assert_int_equal(identity_epoch_save(dir, UINT64_MAX), 0);
	assert_int_equal(identity_epoch_load(dir), 0);
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		put("epoch", bad[i], strlen(bad[i]));
		assert_int_equal(identity_epoch_load(dir), 0);
	}
	assert_int_equal(identity_epoch_save("/nonexistent", 1), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_none),
	    cmocka_unit_test(test_round_trip),
	    cmocka_unit_test(test_makes_directory),
	    cmocka_unit_test(test_damaged),
	    cmocka_unit_test(test_wrong_address),
	    cmocka_unit_test(test_account_file),
	    cmocka_unit_test(test_epoch),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
