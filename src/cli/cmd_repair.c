#include "cli/cmd.h"
#include "cli/edit.h"
#include "cli/enrol_options.h"
#include "cli/unlock.h"

#include "base/file.h"
#include "base/str.h"
#include "crypto/cert.h"
#include "crypto/mac.h"
#include "identity/account_file.h"
#include "identity/admin_file.h"
#include "identity/store.h"
#include "identity/tsig_file.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * autotunnel repair: the way back when state files are damaged.  All of them but one can be made
 * again from the phrase; the private key cannot, but without it there is nothing to repair: the
 * machine joins anew.  What is replaced is kept beside as FILE.old.  An admin device's file wants a
 * passphrase besides: "account admin" makes that one.
 */

static const char *const files[] = {
    STORE_ACCOUNT, STORE_KEY, STORE_CERT, STORE_CA, STORE_TSIG, STORE_ROSTER, STORE_ADMIN};
#define FILES (sizeof files / sizeof files[0])
#define REBUILT 5 /* the first of them are the phrase's and the key's */

struct repair {
	struct enrol_options o;
	struct account account;
	struct identity old, id; /* as found, as made again */
	uint8_t seed[ED25519_SEED_LEN];
	char why[MSG_TEXT_MAX]; /* what is wrong */
};

static int
path_of(const struct repair *r, const char *file, const char *suffix, char out[PATH_MAX])
{
	return snprintf(out, PATH_MAX, "%s/%s%s", r->o.state_dir, file, suffix) < PATH_MAX ? 0 : -1;
}

/* The length, -1 when it cannot be read whole. */
static ssize_t
read_file(const struct repair *r, const char *file, void *out, size_t size)
{
	char path[PATH_MAX];

	return path_of(r, file, "", path) == -1 ? -1 : file_read(path, out, size);
}

/* ---- what needs no phrase ---- */

static void
fix_modes(const struct repair *r)
{
	for (size_t i = 0; i < FILES; i++) {
		char path[PATH_MAX];
		struct stat st;

		if (path_of(r, files[i], "", path) == 0 && stat(path, &st) == 0 &&
		    (st.st_mode & 077) != 0 && chmod(path, 0600) == 0)
			printf("Repaired: %s: only root may read it now\n", files[i]);
	}
}

/* A roster that does not count is worse than none: the daemon would say so at each start. */
static void
check_roster(const struct repair *r, const struct edit_reader *by)
{
	char path[PATH_MAX], old[PATH_MAX];
	struct roster roster;

	if (path_of(r, STORE_ROSTER, "", path) == -1 || access(path, F_OK) == -1)
		return;
	edit_load_held(r->o.state_dir, by, &roster);
	if (roster.serial == 0 && path_of(r, STORE_ROSTER, ".old", old) == 0 &&
	    rename(path, old) == 0)
		printf("Repaired: %s: damaged; the daemon reads the zone's\n", STORE_ROSTER);
	roster_free(&roster);
}

/* Nobody but the user knows what its passphrase was to be.  It is left where it is: a copy beside
 * it would outlive "account admin --remove".  An exit status. */
static int
check_admin(const struct repair *r)
{
	char why[MSG_TEXT_MAX];
	struct admin_file f;

	if (admin_file_load(r->o.state_dir, &f, why) != ADMIN_FILE_DAMAGED)
		return EXIT_OK;
	cmd_warn("%s: the recovery phrase still works; with it, \"autotunnel account admin\" makes "
		 "the file anew, and \"autotunnel account admin --remove\" removes it",
	    why);
	return EXIT_ERROR;
}

/* ---- with the phrase ---- */

/* The private key must be there.  An exit status. */
static int
load_key(struct repair *r)
{
	ssize_t n = read_file(r, STORE_KEY, r->old.key.data, sizeof r->old.key.data);

	if (n > 0 && ed25519_from_pkcs8(r->old.key.data, (size_t)n, r->seed) == 0)
		return EXIT_OK;
	cmd_warn("%s (%s), and the machine's own key is lost: move %s away and join anew, with "
		 "--replace",
	    r->why, strerror(n == -1 ? errno : EINVAL), r->o.state_dir);
	return EXIT_ERROR;
}

/* Domain, name and servers: as said, else as the account file says.  An exit status. */
static int
load_account(struct repair *r)
{
	char text[ACCOUNT_FILE_SIZE], why[MSG_TEXT_MAX];
	ssize_t n = read_file(r, STORE_ACCOUNT, text, sizeof text);
	int good = n > 0 && account_file_parse(text, (size_t)n, &r->old, why) == 0;

	if (r->o.domain[0] == '\0' && good)
		str_copy(r->o.domain, sizeof r->o.domain, r->old.domain);
	if (r->o.name[0] == '\0' && good)
		str_copy(r->o.name, sizeof r->o.name, r->old.name);
	if (!good)
		r->old.servers = r->old.pins = 0;
	if (r->o.domain[0] != '\0' && r->o.name[0] != '\0' && enrol_complete_name(&r->o) == 0)
		return EXIT_OK;
	cmd_warn(
	    "the account file is damaged: say --domain DOMAIN, --name NAME and, if it was said "
	    "before, --server ADDRESS");
	return EXIT_USAGE;
}

/* Is it a sound certificate, but another account's? */
static int
is_foreign(const struct repair *r, ssize_t len)
{
	struct cert_info info;

	return len > 0 && cert_read(r->old.cert.data, (size_t)len, &info) == 0 &&
	    !lineage_issued(&r->account.cas, r->o.domain, r->old.cert.data, (size_t)len);
}

/* The roster that is kept here also tells which certification keys were before the phrase's. */
static void
load_held(struct repair *r, struct roster *held)
{
	struct edit_reader by = {.domain = r->o.domain, .account = &r->account};

	edit_load_held(r->o.state_dir, &by, held);
}

static int
unlock(struct repair *r)
{
	uint8_t entropy[PHRASE_ENTROPY];
	enum unlock_way way;
	struct roster held;
	ssize_t n;
	int rc, status = unlock_ask(r->o.state_dir, r->o.domain, entropy, &way);

	if (status != EXIT_OK)
		return status;
	rc = account_derive(r->o.domain, entropy, &r->account);
	crypto_wipe(entropy, sizeof entropy);
	if (rc == 0) {
		load_held(r, &held);
		roster_free(&held);
	}
	n = read_file(r, STORE_CERT, r->old.cert.data, sizeof r->old.cert.data);
	if (rc == 0 && !is_foreign(r, n))
		return EXIT_OK;
	cmd_warn(rc == -1 ? "cannot derive the account's keys: out of memory?"
			  : "this is the phrase of another account, or an old one");
	return EXIT_ERROR;
}

/* The TSIG key that is there, if it is this machine's; else the account's for it. */
static int
find_tsig(struct repair *r)
{
	char path[PATH_MAX], why[MSG_TEXT_MAX], label[ROSTER_LABEL_MAX];
	uint8_t public_key[ED25519_PUBLIC_LEN], key[ROSTER_KEY_LEN];
	struct tsig_file file;
	struct roster held;
	int rc = 0;

	if (path_of(r, STORE_TSIG, "", path) == 0 && tsig_file_load(path, &file, why) == 0 &&
	    file.keys == 1 && strcmp(file.key[0].name, r->id.name) == 0) {
		r->id.tsig = file.key[0];
	} else if (ed25519_public(r->seed, public_key) == -1) {
		rc = -1;
	} else {
		load_held(r, &held);
		roster_key(public_key, key);
		snprintf(label, sizeof label, "%.*s", (int)strcspn(r->id.name, "."), r->id.name);
		rc = account_device_tsig(&r->account, r->id.name,
		    held.serial == 0 ? 0 : roster_generation(&held, label, key), &r->id.tsig);
		roster_free(&held);
	}
	crypto_wipe(&file, sizeof file);
	return rc;
}

/* Make all but the key again, and keep what was there. */
static int
rebuild(struct repair *r)
{
	char from[PATH_MAX], to[PATH_MAX];

	if (account_issue(&r->account, r->o.name, r->seed, &r->id) == -1 || find_tsig(r) == -1) {
		cmd_warn("cannot make a certificate: out of memory?");
		return EXIT_ERROR;
	}
	r->id.servers = r->o.servers > 0 ? r->o.servers : r->old.servers;
	memcpy(r->id.server, r->o.servers > 0 ? r->o.server : r->old.server, sizeof r->id.server);
	r->id.pins = r->old.pins;
	memcpy(r->id.pin, r->old.pin, sizeof r->id.pin);
	for (size_t i = 0; i < REBUILT; i++)
		if (path_of(r, files[i], "", from) == 0 && path_of(r, files[i], ".old", to) == 0 &&
		    link(from, to) == -1 && errno == EEXIST && unlink(to) == 0 &&
		    link(from, to) == -1)
			cmd_warn("%s: %s", to, strerror(errno));
	if (store_save(r->o.state_dir, &r->id, r->why) == -1) {
		cmd_warn("%s", r->why);
		return EXIT_ERROR;
	}
	return EXIT_OK;
}

static int
repair(struct repair *r)
{
	struct edit_reader by = {.domain = r->id.domain, .known = &r->id.cas};
	int status;
	enum identity_result result = identity_load(r->o.state_dir, &r->id, r->why);
	char text[ADDR_TEXT_MAX];

	if (result == IDENTITY_OK) {
		check_roster(r, &by);
		status = check_admin(r);
		printf("Nothing else is wrong with %s.\n", r->id.name);
		return status;
	}
	if (result == IDENTITY_BROKEN)
		cmd_warn("%s", r->why);
	if ((status = load_key(r)) != EXIT_OK || (status = load_account(r)) != EXIT_OK ||
	    (status = unlock(r)) != EXIT_OK || (status = rebuild(r)) != EXIT_OK)
		return status;
	check_roster(r, &by);
	if (identity_load(r->o.state_dir, &r->id, r->why) != IDENTITY_OK) {
		cmd_warn("still damaged: %s", r->why);
		return EXIT_ERROR;
	}
	printf("Repaired: %s\nAddress: %s\n", r->id.name, ip6_text(r->id.ula, text));
	cmd_warn(
	    "what was there is kept as FILE.old in %s; \"autotunnel join %s\" makes sure that the "
	    "account knows this machine",
	    r->o.state_dir, r->id.domain);
	return check_admin(r);
}

/* Two must not write here at once. */
static int
lock(const struct repair *r)
{
	int fd = open(r->o.state_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd == -1)
		cmd_warn("%s: %s", r->o.state_dir, strerror(errno));
	else if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		return EXIT_OK;
	else
		cmd_warn("stop autotunneld first");
	return EXIT_ERROR;
}

int
cmd_repair(int argc, char **argv)
{
	struct repair *r = calloc(1, sizeof *r);
	int status = r == NULL ? EXIT_ERROR : enrol_options_parse(&r->o, argc, argv);

	if (status == EXIT_OK)
		status = lock(r);
	if (status == EXIT_OK) {
		fix_modes(r);
		status = repair(r);
	}
	if (r != NULL)
		crypto_wipe(r, sizeof *r);
	free(r);
	return status;
}
