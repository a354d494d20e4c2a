/*
 * The phrase under a passphrase: sealed and opened, refused when anything is another, and the file
 * it stands in.  LINE was computed by an independent program from the description in admin_file.h.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/file.h"
#include "identity/admin_file.h"
#include "identity/store.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DOMAIN "alice.example.com"
#define PHRASE "scheme spot photo card baby mountain device kick cradle pact join borrow"
#define PASSPHRASE "orbit clinic velvet pigeon tundra"
#define SALT "oKGio6SlpqeoqaqrrK2urw=="
#define NONCE "sLGys7S1tre4ubq7"
#define SEALED "PSAcfJMAaXDnn3iZOPg4vGbtdv3WRKyFGO9hMK/QIFo="
#define LINE "v=1 salt=" SALT " nonce=" NONCE " sealed=" SEALED "\n"

static uint8_t entropy[PHRASE_ENTROPY];
static struct admin_file good;
static char dir[] = "/tmp/identity_admin_file.XXXXXX", path[64];

static int
setup(void **state)
{
	char why[MSG_TEXT_MAX];

	if (mkdtemp(dir) == NULL || phrase_decode(PHRASE, entropy, why) == -1)
		return -1;
	snprintf(path, sizeof path, "%s/%s", dir, STORE_ADMIN);
	return admin_file_parse(LINE, sizeof LINE - 1, &good);
}

static int
teardown(void **state)
{
	unlink(path);
	return rmdir(dir);
}

static void
assert_opens(const struct admin_file *f, const char *domain, const char *passphrase,
    enum admin_file_result want)
{
	static const uint8_t zero[PHRASE_ENTROPY];
	uint8_t got[PHRASE_ENTROPY];

	memset(got, 0xee, sizeof got);
	assert_int_equal(admin_file_open(f, domain, passphrase, got), want);
	assert_memory_equal(got, want == ADMIN_FILE_OK ? entropy : zero, sizeof got);
}

static void
test_seal(void **state)
{
	struct admin_file f = good;
	char text[ADMIN_FILE_SIZE];

	memset(f.sealed, 0, sizeof f.sealed);
	assert_int_equal(admin_file_seal(&f, DOMAIN, PASSPHRASE, entropy), 0);
	assert_int_equal(admin_file_print(&f, text), sizeof LINE - 1);
	assert_string_equal(text, LINE);
}

static void
test_open(void **state)
{
	assert_opens(&good, DOMAIN, PASSPHRASE, ADMIN_FILE_OK);
	assert_opens(&good, "ALICE.example.com", PASSPHRASE, ADMIN_FILE_OK);
	assert_opens(&good, DOMAIN, "orbit clinic velvet pigeon tundrb", ADMIN_FILE_WRONG);
	assert_opens(&good, DOMAIN, "", ADMIN_FILE_WRONG);
	assert_opens(&good, "bob.example.com", PASSPHRASE, ADMIN_FILE_WRONG);
}

/* A bit in each octet of nonce, sealed text and tag.  One derivation does for all of them. */
static void
test_flipped(void **state)
{
	static const uint8_t zero[PHRASE_ENTROPY];
	uint8_t key[ADMIN_FILE_KEY], got[PHRASE_ENTROPY];
	struct admin_file f = good;

	assert_int_equal(admin_file_key(&f, PASSPHRASE, key), 0);
	assert_int_equal(admin_file_open_key(&f, DOMAIN, key, got), ADMIN_FILE_OK);
	for (size_t i = 0; i < sizeof f.nonce + sizeof f.sealed; i++) {
		uint8_t *octet = i < sizeof f.nonce ? &f.nonce[i] : &f.sealed[i - sizeof f.nonce];

		*octet ^= (uint8_t)(1 << i % 8);
		memset(got, 0xee, sizeof got);
		assert_int_equal(admin_file_open_key(&f, DOMAIN, key, got), ADMIN_FILE_WRONG);
		assert_memory_equal(got, zero, sizeof got);
		*octet ^= (uint8_t)(1 << i % 8);
	}
	assert_memory_equal(&f, &good, sizeof f);
	f.salt[0] ^= 1;
	assert_opens(&f, DOMAIN, PASSPHRASE, ADMIN_FILE_WRONG);
}

static void
test_malformed(void **state)
{
	static const char *const lines[] = {
	    "",
	    "\n",
	    "v=1 salt=" SALT " nonce=" NONCE " sealed=" SEALED,
	    LINE "\n",
	    LINE LINE,
	    " " LINE,
	    "v=2 salt=" SALT " nonce=" NONCE " sealed=" SEALED "\n",
	    "v=1  salt=" SALT " nonce=" NONCE " sealed=" SEALED "\n",
	    "v=1\tsalt=" SALT " nonce=" NONCE " sealed=" SEALED "\n",
	    "v=1 salt=" SALT " nonce=" NONCE " sealed=" SEALED "\t",
	    "v=1 salt=" SALT " nonce=" NONCE " sealed=" SEALED " more=1\n",
	    "v=1 salt=" SALT " nonce=" NONCE "\n",
	    "v=1 nonce=" NONCE " salt=" SALT " sealed=" SEALED "\n",
	    "v=1 salt=" NONCE " nonce=" NONCE " sealed=" SEALED "\n",
	    "v=1 salt=" SALT " nonce=" SALT " sealed=" SEALED "\n",
	    "v=1 salt=" SALT " nonce=" NONCE " sealed=" SALT "\n",
	    "v=1 salt=" SALT " nonce=" NONCE " sealed=" SEALED "AAAA\n",
	    "v=1 salt=oKGio6SlpqeoqaqrrK2ur!== nonce=" NONCE " sealed=" SEALED "\n",
	    "v=1 salt=" SALT " nonce=" NONCE
	    " sealed=" SEALED SEALED SEALED SEALED SEALED SEALED SEALED "\n",
	};
	static const struct admin_file zero;
	struct admin_file f;

	for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
		memset(&f, 0xee, sizeof f);
		assert_int_equal(admin_file_parse(lines[i], strlen(lines[i]), &f), -1);
		assert_memory_equal(&f, &zero, sizeof f);
	}
	assert_int_equal(admin_file_parse("v=1\0" LINE, sizeof LINE + 3, &f), -1);
	assert_int_equal(admin_file_parse(LINE, sizeof LINE, &f), -1); /* a NUL behind it */
}

/* Cut anywhere, or with another octet anywhere, it is refused, or it is another file. */
static void
test_damaged_text(void **state)
{
	struct admin_file f;

	for (size_t i = 0; i < sizeof LINE - 1; i++) {
		char text[] = LINE;

		assert_int_equal(admin_file_parse(text, i, &f), -1);
		text[i] ^= 4;
		if (admin_file_parse(text, sizeof LINE - 1, &f) == 0)
			assert_memory_not_equal(&f, &good, sizeof f);
	}
}

static void
assert_loads(enum admin_file_result want, const char *sentence)
{
	static const struct admin_file zero;
	char why[MSG_TEXT_MAX];
	struct admin_file f;

	assert_int_equal(admin_file_load(dir, &f, why), want);
	assert_string_equal(why, sentence);
	assert_memory_equal(&f, want == ADMIN_FILE_OK ? &good : &zero, sizeof f);
}

static void
test_file(void **state)
{
	char why[MSG_TEXT_MAX];
	struct admin_file f;
	struct stat st;

	assert_loads(ADMIN_FILE_NONE, "");
	assert_int_equal(admin_file_load("/nonexistent/dir", &f, why), ADMIN_FILE_NONE);
	assert_int_equal(admin_file_save(dir, &good, why), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_loads(ADMIN_FILE_OK, "");
	assert_int_equal(admin_file_remove(dir, why), 1);
	assert_loads(ADMIN_FILE_NONE, "");
	assert_int_equal(admin_file_remove(dir, why), 0);
}

static void
test_file_refused(void **state)
{
	static const mode_t modes[] = {0640, 0604, 0620, 0601, 0666};
	char why[MSG_TEXT_MAX];

	assert_int_equal(admin_file_save(dir, &good, why), 0);
	for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
		assert_int_equal(chmod(path, modes[i]), 0);
		assert_loads(ADMIN_FILE_DAMAGED, "admin.key: others can read it; chmod 600");
	}
	for (size_t len = 0; len < 4096; len += len == 0 ? 100 : 3900) {
		char text[4096];

		memset(text, 'x', sizeof text);
		assert_int_equal(file_write_atomic(path, text, len, 0600), 0);
		assert_loads(ADMIN_FILE_DAMAGED, "admin.key: damaged");
	}
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_loads(ADMIN_FILE_DAMAGED, "admin.key: Is a directory");
	assert_int_equal(rmdir(path), 0);
}

/* Where it cannot be written or taken away, errno and a sentence say why. */
static void
test_file_fails(void **state)
{
	char why[MSG_TEXT_MAX], deep[5000];

	assert_int_equal(admin_file_save("/nonexistent", &good, why), -1);
	assert_int_equal(errno, ENOENT);
	assert_string_equal(why, "/nonexistent/admin.key: No such file or directory");
	assert_int_equal(admin_file_remove("/proc/version", why), -1);
	assert_int_equal(errno, ENOTDIR);
	memset(deep, 'd', sizeof deep);
	deep[sizeof deep - 1] = '\0';
	assert_int_equal(admin_file_save(deep, &good, why), -1);
	assert_int_equal(errno, ENAMETOOLONG);
}

/* Who leaves the account leaves nothing of it. */
static void
test_store_remove(void **state)
{
	char why[MSG_TEXT_MAX];

	assert_int_equal(admin_file_save(dir, &good, why), 0);
	store_remove(dir);
	assert_loads(ADMIN_FILE_NONE, "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_seal),
	    cmocka_unit_test(test_open),
	    cmocka_unit_test(test_flipped),
	    cmocka_unit_test(test_malformed),
	    cmocka_unit_test(test_damaged_text),
	    cmocka_unit_test(test_file),
	    cmocka_unit_test(test_file_refused),
	    cmocka_unit_test(test_file_fails),
	    cmocka_unit_test(test_store_remove),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
