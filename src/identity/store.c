#include "identity/store.h"

#include "base/file.h"
#include "crypto/mac.h"
#include "identity/account_file.h"
#include "identity/tsig_file.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int
save(const char *dir, const char *file, const void *data, size_t len, char why[MSG_TEXT_MAX])
{
	char path[PATH_MAX];
	int saved;

	errno = ENAMETOOLONG;
	if (snprintf(path, sizeof path, "%s/%s", dir, file) < (int)sizeof path &&
	    file_write_atomic(path, data, len, 0600) == 0)
		return 0;
	saved = errno;
	snprintf(why, MSG_TEXT_MAX, "%.90s/%s: %s", dir, file, strerror(saved));
	errno = saved;
	return -1;
}

static int
save_tsig(const char *dir, const struct tsig_key *key, char why[MSG_TEXT_MAX])
{
	char text[TSIG_TEXT_MAX];
	int rc = save(dir, STORE_TSIG, text, tsig_key_print(key, text), why);

	crypto_wipe(text, sizeof text);
	return rc;
}

/* ca.crt: each certificate of the lineage. */
static int
save_cas(const char *dir, const struct identity *id, char why[MSG_TEXT_MAX])
{
	uint8_t der[LINEAGE_MAX * MSG_DER_MAX];
	size_t used = 0;

	for (unsigned i = 0; i < id->cas.count; i++) {
		ssize_t n = lineage_cert(&id->cas, i, id->domain, der + used, MSG_DER_MAX);

		if (n == -1) {
			snprintf(why, MSG_TEXT_MAX, STORE_CA ": cannot make a certificate");
			errno = ENOMEM;
			return -1;
		}
		used += (size_t)n;
	}
	return save(dir, STORE_CA, der, used, why);
}

int
store_save(const char *dir, const struct identity *id, char why[MSG_TEXT_MAX])
{
	char text[ACCOUNT_FILE_SIZE];

	if (dir_make(dir, 0700) == -1) {
		snprintf(why, MSG_TEXT_MAX, "%.90s: %s", dir, strerror(errno));
		return -1;
	}
	if (save(dir, STORE_KEY, id->key.data, id->key.len, why) == -1 ||
	    save(dir, STORE_CERT, id->cert.data, id->cert.len, why) == -1 ||
	    save_cas(dir, id, why) == -1 || save_tsig(dir, &id->tsig, why) == -1)
		return -1;
	return save(dir, STORE_ACCOUNT, text, account_file_print(id, text), why);
}

void
store_remove(const char *dir)
{
	static const char *const files[] = {
	    STORE_ACCOUNT, STORE_KEY, STORE_CERT, STORE_CA, STORE_TSIG, STORE_ROSTER, STORE_ADMIN};
	char path[PATH_MAX];

	for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
		if (snprintf(path, sizeof path, "%s/%s", dir, files[i]) < (int)sizeof path)
			unlink(path);
}
