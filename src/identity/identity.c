/*
 * Who this device is, as it stands on disk.
 *
 * The state directory (0700) holds six small files, each 0600 and each replaced whole, so that no
 * crash leaves half of one:
 *
 *	ca.crt      the account's CA certificate: the only trust anchor there is; after it those
 *	            of later recovery phrases, each signed by the one before (lineage.h)
 *	device.crt  this device's certificate, signed by one of them
 *	device.key  its private key, made here and never sent anywhere
 *	tsig.key    the secret that lets this device write its own records, and no others
 *	account     domain, name, name servers; written last: with it the device is enrolled
 *	epoch       number of the last DNS update, kept by the daemon (decides against replays)
 *
 * The CA's private key and the account's TSIG key are never here: `join` makes them from the
 * recovery phrase, uses them once and forgets them.  On an admin device the phrase itself is here,
 * under a passphrase (admin.key, admin_file.h); the daemon neither reads it nor could.
 *
 * `autotunnel init` and `join` write (store.c); the daemon reads, here, when it starts, and passes
 * each part on only to the worker that needs it.  Reading trusts nothing but the CA
 * certificate: names, keys, certificates and address are derived again and compared, so that a
 * file from another machine, from another account or from a wrong backup is found at start, with
 * a sentence, and not as tunnels that never come up.
 *
 * The formats stand in account_file.h (account), tsig_file.h (tsig.key), crypto/cert.h and
 * crypto/ed25519.h; how keys come from the phrase in account.h, how addresses come from keys in
 * ula.h.
 */
#include "identity/identity.h"

#include "base/file.h"
#include "crypto/cert.h"
#include "crypto/mac.h"
#include "identity/account_file.h"
#include "identity/store.h"
#include "identity/tsig_file.h"
#include "identity/ula.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#define EPOCH_FILE "epoch"
#define EPOCH_TEXT_MAX 24

static int
broken(char why[MSG_TEXT_MAX], const char *file, const char *what)
{
	int saved = errno;

	snprintf(why, MSG_TEXT_MAX, "%s: %s", file, what);
	errno = saved;
	return -1;
}

static int
join_path(const char *dir, const char *file, char out[PATH_MAX])
{
	return snprintf(out, PATH_MAX, "%s/%s", dir, file) < PATH_MAX ? 0 : -1;
}

/* Returns the length; -1 with why. */
static ssize_t
load_file(const char *dir, const char *file, void *out, size_t size, char why[MSG_TEXT_MAX])
{
	char path[PATH_MAX];
	ssize_t len = join_path(dir, file, path) == -1 ? -1 : file_read(path, out, size);

	return len == -1 ? broken(why, file, strerror(errno)) : len;
}

/* A secret that others may read is no secret. */
static int
check_mode(const char *dir, const char *file, char why[MSG_TEXT_MAX])
{
	char path[PATH_MAX];
	struct stat st;

	if (join_path(dir, file, path) == -1 || stat(path, &st) == -1)
		return broken(why, file, strerror(errno));
	return (st.st_mode & 077) == 0 ? 0 : broken(why, file, "others can read it; chmod 600");
}

static int
load_blob(const char *dir, const char *file, struct blob *out, char why[MSG_TEXT_MAX])
{
	ssize_t len = load_file(dir, file, out->data, sizeof out->data, why);

	out->len = len == -1 ? 0 : (uint16_t)len;
	return len == -1 ? -1 : 0;
}

static int
load_tsig(const char *dir, struct identity *id, char why[MSG_TEXT_MAX])
{
	struct tsig_file file;
	char text[TSIG_FILE_SIZE], reason[MSG_TEXT_MAX];
	ssize_t len = load_file(dir, STORE_TSIG, text, sizeof text, why);
	int rc = -1;

	if (len == -1)
		return -1;
	if (tsig_file_parse(text, (size_t)len, &file, reason) == -1)
		snprintf(why, MSG_TEXT_MAX, "%s: %.140s", STORE_TSIG, reason);
	else if (file.keys != 1)
		broken(why, STORE_TSIG, "it must hold one key");
	else
		rc = 0;
	id->tsig = file.key[0];
	crypto_wipe(&file, sizeof file);
	crypto_wipe(text, sizeof text);
	return rc;
}

/* The certificates of ca.crt, one after the other. */
static int
load_cas(const char *dir, struct identity *id, char why[MSG_TEXT_MAX])
{
	uint8_t der[LINEAGE_MAX * MSG_DER_MAX];
	ssize_t len = load_file(dir, STORE_CA, der, sizeof der, why);
	size_t at = 0, n;

	for (; len != -1 && at < (size_t)len; at += n) {
		n = cert_length(der + at, (size_t)len - at);
		if (n > sizeof id->ca.data || lineage_add_cert(&id->cas, der + at, n) == -1)
			return broken(why, STORE_CA, "not an account's certificate");
		if (at > 0)
			continue;
		id->ca.len = (uint16_t)n;
		memcpy(id->ca.data, der, n);
	}
	return len == -1 ? -1 : 0;
}

/* The account's first CA: the domain's, and signed by itself; the others follow from it. */
static int
check_ca(const struct identity *id, struct cert_info *ca, char why[MSG_TEXT_MAX])
{
	if (cert_read(id->ca.data, id->ca.len, ca) == -1 || !ca->is_ca)
		return broken(why, STORE_CA, "not an account's certificate");
	if (strcmp(ca->common_name, id->domain) != 0)
		return broken(
		    why, STORE_CA, "it belongs to another domain than the account file says");
	if (!lineage_valid(&id->cas, id->domain))
		return broken(why, STORE_CA, "its signature is wrong");
	return 0;
}

/* The device's certificate: ours, by our CA, with our name and with the address of our key. */
static int
check_cert(const struct identity *id, const struct cert_info *ca, struct cert_info *cert,
    char why[MSG_TEXT_MAX])
{
	uint8_t ula[16];

	if (cert_read(id->cert.data, id->cert.len, cert) == -1 || cert->is_ca)
		return broken(why, STORE_CERT, "not a device's certificate");
	if (!lineage_issued(&id->cas, id->domain, id->cert.data, id->cert.len))
		return broken(why, STORE_CERT, "not signed by the account's CA (ca.crt)");
	if (strcmp(cert->dns_name, id->name) != 0)
		return broken(why, STORE_CERT, "it has another name than the account file says");
	ula_derive(ca->public_key, cert->public_key, ula);
	if (memcmp(cert->address, ula, sizeof ula) != 0)
		return broken(why, STORE_CERT, "its address is not the one of its key");
	return 0;
}

static int
check_key(const struct identity *id, const struct cert_info *cert, char why[MSG_TEXT_MAX])
{
	uint8_t seed[ED25519_SEED_LEN], public_key[ED25519_PUBLIC_LEN];
	int rc = ed25519_from_pkcs8(id->key.data, id->key.len, seed);

	if (rc == 0)
		rc = ed25519_public(seed, public_key);
	crypto_wipe(seed, sizeof seed);
	if (rc == -1)
		return broken(why, STORE_KEY, "not an Ed25519 key in PKCS#8 form");
	if (memcmp(public_key, cert->public_key, sizeof public_key) != 0)
		return broken(why, STORE_KEY, "it does not belong to the certificate (device.crt)");
	return 0;
}

static int
check(struct identity *id, char why[MSG_TEXT_MAX])
{
	struct cert_info ca, cert;

	if (check_ca(id, &ca, why) == -1 || check_cert(id, &ca, &cert, why) == -1 ||
	    check_key(id, &cert, why) == -1)
		return -1;
	if (strcasecmp(id->tsig.name, id->name) != 0)
		return broken(why, STORE_TSIG, "its key is not named like this device");
	memcpy(id->ula, cert.address, sizeof id->ula);
	return 0;
}

/* The account file: 1, 0 when there is none, -1 with why. */
static int
load_account(const char *dir, struct identity *id, char why[MSG_TEXT_MAX])
{
	char text[ACCOUNT_FILE_SIZE];
	ssize_t len = load_file(dir, STORE_ACCOUNT, text, sizeof text, why);

	if (len == -1)
		return errno == ENOENT || errno == ENOTDIR ? 0 : -1;
	return account_file_parse(text, (size_t)len, id, why) == 0 ? 1 : -1;
}

enum identity_result
identity_load(const char *statedir, struct identity *id, char why[MSG_TEXT_MAX])
{
	int rc;

	memset(id, 0, sizeof *id);
	why[0] = '\0';
	rc = load_account(statedir, id, why);
	if (rc == 0) {
		snprintf(why, MSG_TEXT_MAX, "no account yet");
		return IDENTITY_NONE;
	}
	if (rc == 1 && check_mode(statedir, STORE_KEY, why) == 0 &&
	    check_mode(statedir, STORE_TSIG, why) == 0 && load_cas(statedir, id, why) == 0 &&
	    load_blob(statedir, STORE_CERT, &id->cert, why) == 0 &&
	    load_blob(statedir, STORE_KEY, &id->key, why) == 0 &&
	    load_tsig(statedir, id, why) == 0 && check(id, why) == 0)
		return IDENTITY_OK;
	identity_wipe(id);
	return IDENTITY_BROKEN;
}

void
identity_wipe(struct identity *id)
{
	crypto_wipe(id, sizeof *id);
}

/* What cannot be read counts as 0: the zone then says what the epoch is. */
uint64_t
identity_epoch_load(const char *statedir)
{
	char path[PATH_MAX], text[EPOCH_TEXT_MAX + 1], *end;
	unsigned long long v;
	ssize_t len;

	if (join_path(statedir, EPOCH_FILE, path) == -1)
		return 0;
	len = file_read(path, text, EPOCH_TEXT_MAX);
	if (len < 1 || text[0] < '0' || text[0] > '9')
		return 0;
	text[len] = '\0';
	errno = 0;
	v = strtoull(text, &end, 10);
	return errno != 0 || strcmp(end, "\n") != 0 || v >= MSG_EPOCH_MAX ? 0 : v;
}

int
identity_epoch_save(const char *statedir, uint64_t epoch)
{
	char path[PATH_MAX], text[EPOCH_TEXT_MAX];
	int len = snprintf(text, sizeof text, "%" PRIu64 "\n", epoch);

	if (join_path(statedir, EPOCH_FILE, path) == -1) {
		errno = ENAMETOOLONG;
		return -1;
	}
	return file_write_atomic(path, text, (size_t)len, 0600);
}
