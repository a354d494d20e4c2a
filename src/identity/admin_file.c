#include "identity/admin_file.h"

#include "base/file.h"
#include "base/str.h"
#include "crypto/kdf.h"
#include "crypto/mac.h"
#include "identity/base64.h"
#include "identity/store.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define AAD_HEAD "autotunnel-admin-v1"

/* As in account.c.  The phrase's 128 bits need no such help; here it is what each guess costs. */
static const struct argon2_cost cost = {.passes = 3, .memory_kib = 64 * 1024, .lanes = 4};

/* ---- the seal ---- */

int
admin_file_key(const struct admin_file *f, const char *passphrase, uint8_t key[ADMIN_FILE_KEY])
{
	return argon2id(
	    &cost, passphrase, strlen(passphrase), f->salt, sizeof f->salt, key, ADMIN_FILE_KEY);
}

/* A file that was copied from another account's machine must not open with its passphrase. */
static size_t
additional_data(const char *domain, char out[sizeof AAD_HEAD + MSG_NAME_MAX])
{
	int n = snprintf(
	    out, sizeof AAD_HEAD + MSG_NAME_MAX, AAD_HEAD "%.*s", MSG_NAME_MAX - 1, domain);

	str_lower(out);
	return (size_t)n;
}

static int
seal(struct admin_file *f, const char *domain, const uint8_t key[ADMIN_FILE_KEY])
{
	struct aead *a = aead_new(AEAD_AES_256_GCM, key, 1);
	char aad[sizeof AAD_HEAD + MSG_NAME_MAX];
	size_t len = additional_data(domain, aad);
	int rc = -1;

	if (a != NULL)
		rc = aead_seal(
		    a, f->nonce, aad, len, f->sealed, PHRASE_ENTROPY, f->sealed + PHRASE_ENTROPY);
	aead_free(a);
	return rc;
}

int
admin_file_seal(struct admin_file *f, const char *domain, const char *passphrase,
    const uint8_t entropy[PHRASE_ENTROPY])
{
	uint8_t key[ADMIN_FILE_KEY];
	int rc = admin_file_key(f, passphrase, key);

	memcpy(f->sealed, entropy, PHRASE_ENTROPY);
	if (rc == 0)
		rc = seal(f, domain, key);
	if (rc == -1)
		crypto_wipe(f->sealed, sizeof f->sealed);
	crypto_wipe(key, sizeof key);
	return rc;
}

enum admin_file_result
admin_file_open_key(const struct admin_file *f, const char *domain,
    const uint8_t key[ADMIN_FILE_KEY], uint8_t entropy[PHRASE_ENTROPY])
{
	struct aead *a = aead_new(AEAD_AES_256_GCM, key, 0);
	enum admin_file_result result = a == NULL ? ADMIN_FILE_FAILED : ADMIN_FILE_OK;
	char aad[sizeof AAD_HEAD + MSG_NAME_MAX];
	size_t len = additional_data(domain, aad);

	memcpy(entropy, f->sealed, PHRASE_ENTROPY);
	if (a != NULL &&
	    aead_open(a, f->nonce, aad, len, entropy, PHRASE_ENTROPY, f->sealed + PHRASE_ENTROPY) ==
		-1)
		result = ADMIN_FILE_WRONG;
	if (result != ADMIN_FILE_OK)
		crypto_wipe(entropy, PHRASE_ENTROPY);
	aead_free(a);
	return result;
}

enum admin_file_result
admin_file_open(const struct admin_file *f, const char *domain, const char *passphrase,
    uint8_t entropy[PHRASE_ENTROPY])
{
	enum admin_file_result result = ADMIN_FILE_FAILED;
	uint8_t key[ADMIN_FILE_KEY];

	memset(entropy, 0, PHRASE_ENTROPY);
	if (admin_file_key(f, passphrase, key) == 0)
		result = admin_file_open_key(f, domain, key, entropy);
	crypto_wipe(key, sizeof key);
	return result;
}

/* ---- the text ---- */

size_t
admin_file_print(const struct admin_file *f, char out[ADMIN_FILE_SIZE])
{
	char salt[BASE64_SIZE(sizeof f->salt)], nonce[BASE64_SIZE(sizeof f->nonce)],
	    sealed[BASE64_SIZE(sizeof f->sealed)];

	base64_encode(f->salt, sizeof f->salt, salt);
	base64_encode(f->nonce, sizeof f->nonce, nonce);
	base64_encode(f->sealed, sizeof f->sealed, sealed);
	return (size_t)snprintf(
	    out, ADMIN_FILE_SIZE, "v=1 salt=%s nonce=%s sealed=%s\n", salt, nonce, sealed);
}

/* What was read counts when it is what we would have written: no other spelling, nothing more. */
int
admin_file_parse(const char *text, size_t len, struct admin_file *f)
{
	char line[ADMIN_FILE_SIZE], again[ADMIN_FILE_SIZE], salt[64], nonce[64], sealed[64];

	memset(f, 0, sizeof *f);
	if (len >= sizeof line)
		return -1;
	memcpy(line, text, len);
	line[len] = '\0';
	if (sscanf(line, "v=1 salt=%63s nonce=%63s sealed=%63s", salt, nonce, sealed) == 3 &&
	    base64_decode(salt, f->salt, sizeof f->salt) == sizeof f->salt &&
	    base64_decode(nonce, f->nonce, sizeof f->nonce) == sizeof f->nonce &&
	    base64_decode(sealed, f->sealed, sizeof f->sealed) == sizeof f->sealed &&
	    admin_file_print(f, again) == len && memcmp(text, again, len) == 0)
		return 0;
	memset(f, 0, sizeof *f);
	return -1;
}

/* ---- the file ---- */

static int
path_of(const char *statedir, char out[PATH_MAX])
{
	if (snprintf(out, PATH_MAX, "%s/%s", statedir, STORE_ADMIN) < PATH_MAX)
		return 0;
	errno = ENAMETOOLONG;
	return -1;
}

static int
failed(const char *statedir, char why[MSG_TEXT_MAX])
{
	int saved = errno;

	snprintf(why, MSG_TEXT_MAX, "%.90s/%s: %s", statedir, STORE_ADMIN, strerror(saved));
	errno = saved;
	return -1;
}

enum admin_file_result
admin_file_load(const char *statedir, struct admin_file *f, char why[MSG_TEXT_MAX])
{
	char path[PATH_MAX], text[ADMIN_FILE_SIZE];
	const char *problem = NULL;
	struct stat st;
	ssize_t n = -1;

	memset(f, 0, sizeof *f);
	why[0] = '\0';
	if (path_of(statedir, path) == -1 || stat(path, &st) == -1) {
		if (errno == ENOENT || errno == ENOTDIR)
			return ADMIN_FILE_NONE;
		problem = strerror(errno);
	} else if ((st.st_mode & 077) != 0) {
		problem = "others can read it; chmod 600";
	} else if ((n = file_read(path, text, sizeof text)) == -1 && errno != EFBIG) {
		problem = strerror(errno);
	} else if (n == -1 || admin_file_parse(text, (size_t)n, f) == -1) {
		problem = "damaged";
	}
	if (problem == NULL)
		return ADMIN_FILE_OK;
	snprintf(why, MSG_TEXT_MAX, "%s: %s", STORE_ADMIN, problem);
	return ADMIN_FILE_DAMAGED;
}

int
admin_file_save(const char *statedir, const struct admin_file *f, char why[MSG_TEXT_MAX])
{
	char path[PATH_MAX], text[ADMIN_FILE_SIZE];
	size_t len = admin_file_print(f, text);

	if (path_of(statedir, path) == 0 && file_write_atomic(path, text, len, 0600) == 0)
		return 0;
	return failed(statedir, why);
}

int
admin_file_remove(const char *statedir, char why[MSG_TEXT_MAX])
{
	char path[PATH_MAX];

	if (path_of(statedir, path) == 0 && unlink(path) == 0)
		return 1;
	return errno == ENOENT ? 0 : failed(statedir, why);
}
