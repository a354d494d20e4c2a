#include "cli/cmd.h"
#include "cli/enrol.h"
#include "cli/enrol_options.h"
#include "cli/join_code.h"
#include "cli/unlock.h"
#include "crypto/mac.h"
#include "identity/account.h"
#include "identity/store.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/*
 * autotunnel join: this machine becomes one of an account whose phrase the user knows.  On a
 * machine that already is, it does again what is missing: new name server addresses or a new TSIG
 * key are kept, and the name server is told once more.  The device's own key is never changed, so
 * its address stays.
 */

struct join {
	struct enrol_options o;
	struct account account;
	struct identity id;
	int enrolled; /* before this call */
	int changed; /* id is not what stands on disk */
};

/* What stands in the state directory already.  An exit status. */
static int
load(struct join *j)
{
	struct enrol_options *o = &j->o;
	char why[MSG_TEXT_MAX];
	enum identity_result result = identity_load(o->state_dir, &j->id, why);

	if (result == IDENTITY_BROKEN) {
		cmd_warn(
		    "the account in %s is damaged (%s); \"autotunnel repair\" mends it, or move it "
		    "away to begin again",
		    o->state_dir, why);
		return EXIT_ERROR;
	}
	if (result == IDENTITY_NONE)
		return o->name[0] != '\0' || enrol_default_name(o) == 0 ? EXIT_OK : EXIT_USAGE;
	if (strcmp(j->id.domain, o->domain) != 0 ||
	    (o->name[0] != '\0' && strcmp(j->id.name, o->name) != 0)) {
		cmd_warn(
		    "this machine is already %s; to begin again, stop the daemon and move %s away",
		    j->id.name, o->state_dir);
		return EXIT_ERROR;
	}
	memcpy(o->name, j->id.name, sizeof o->name);
	j->enrolled = 1;
	return EXIT_OK;
}

/* The keys of the phrase.  An exit status. */
static int
derive(struct join *j)
{
	uint8_t entropy[PHRASE_ENTROPY];
	enum unlock_way way;
	int status = unlock_ask(j->enrolled ? j->o.state_dir : NULL, j->o.domain, entropy, &way);
	int rc;

	if (status != EXIT_OK)
		return status;
	rc = account_derive(j->o.domain, entropy, &j->account);
	crypto_wipe(entropy, sizeof entropy);
	if (rc == -1) {
		cmd_warn("cannot derive the account's keys: out of memory?");
		return EXIT_ERROR;
	}
	if (j->enrolled &&
	    (j->account.ca.len != j->id.ca.len ||
		memcmp(j->account.ca.data, j->id.ca.data, j->id.ca.len) != 0)) {
		cmd_warn(
		    "this is the phrase of another account than %s's; to begin again, stop the "
		    "daemon and move %s away",
		    j->id.name, j->o.state_dir);
		return EXIT_ERROR;
	}
	return EXIT_OK;
}

/* A new machine gets a new key; an old one keeps its own. */
static int
make_identity(struct join *j)
{
	uint8_t seed[ED25519_SEED_LEN];
	int rc = 0;

	if (!j->enrolled) {
		crypto_random(seed, sizeof seed);
		rc = account_issue(&j->account, j->o.name, seed, &j->id);
		crypto_wipe(seed, sizeof seed);
		j->changed = 1;
	}
	if (rc == -1) {
		cmd_warn("cannot make a certificate: out of memory?");
		return EXIT_ERROR;
	}
	if (j->o.device_key.secret_len != 0) {
		j->id.tsig = j->o.device_key;
		j->changed = 1;
	}
	if (j->o.servers > 0) {
		j->id.servers = j->o.servers;
		memcpy(j->id.server, j->o.server, sizeof j->id.server);
		j->changed = 1;
	}
	return EXIT_OK;
}

static int
save(struct join *j)
{
	char why[MSG_TEXT_MAX];

	if (!j->changed)
		return EXIT_OK;
	if (store_save(j->o.state_dir, &j->id, why) == 0) {
		j->changed = 0;
		if (j->enrolled)
			cmd_warn("restart autotunneld to use the new name servers or key");
		return EXIT_OK;
	}
	cmd_warn("%s%s", why, errno == EACCES || errno == EPERM ? " (are you root?)" : "");
	return errno == EACCES || errno == EPERM ? EXIT_DENIED : EXIT_ERROR;
}

/* Is our TSIG key one of this account's keys of an earlier generation, not one that was given? */
static int
is_outdated(const struct join *j, unsigned generation)
{
	struct tsig_key old;
	int found = 0;

	for (unsigned g = 0; g < generation && !found; g++)
		found = account_device_tsig(&j->account, j->id.name, g, &old) == 0 &&
		    old.secret_len == j->id.tsig.secret_len &&
		    crypto_equal(old.secret, j->id.tsig.secret, old.secret_len);
	crypto_wipe(&old, sizeof old);
	return found;
}

/* Keep what this machine is.  Which of its TSIG keys the account wants is known once it is on the
 * roster.  An exit status. */
static int
settle(struct join *j, const struct enrol *e, enum talk_result result)
{
	if (result == TALK_DONE && is_outdated(j, e->generation)) {
		account_device_tsig(&j->account, j->id.name, e->generation, &j->id.tsig);
		j->changed = 1;
		if (!e->server_took_key)
			cmd_warn("a machine named %s was revoked: the name server needs its key of "
				 "generation %u, \"autotunnel zone\" prints it for %.*s:%u",
			    j->id.name, e->generation, (int)strcspn(j->id.name, "."), j->id.name,
			    e->generation);
	}
	return save(j);
}

/* Why this machine may not join, ever; an exit status. */
static int
check_result(enum talk_result result, const char *why)
{
	switch (result) {
	case TALK_TAKEN:
		cmd_warn(
		    "%s; choose another name with --name, or take its place with --replace", why);
		return EXIT_ERROR;
	case TALK_WRONG_SECRET:
	case TALK_OTHER_ACCOUNT:
	case TALK_GONE:
		cmd_warn("%s; nothing was changed", why);
		return EXIT_ERROR;
	default:
		return EXIT_OK;
	}
}

/* Ask the name server before anything is written: it may know better than we do. */
static int
enrol(struct join *j)
{
	struct enrol e = {.id = &j->id,
	    .account = &j->account,
	    .key = &j->account.tsig,
	    .replace = j->o.replace,
	    .known = j->enrolled};
	enum talk_result result;
	char why[MSG_TEXT_MAX];
	int status;

	if (j->o.zone_key.secret_len != 0) {
		e.key = &j->o.zone_key;
		e.foreign_key = 1;
	}
	status = enrol_find_servers(&e);
	if (status != EXIT_OK)
		return status;
	result = enrol_try(&e, why);
	if ((status = check_result(result, why)) != EXIT_OK ||
	    (status = settle(j, &e, result)) != EXIT_OK)
		return status;
	if (result != TALK_DONE && j->o.wait_sec > 0) {
		result = enrol_wait(&e, j->o.wait_sec, 0, why);
		if ((status = settle(j, &e, result)) != EXIT_OK)
			return status;
	}
	return enrol_report(&j->id, result, why, 0);
}

int
cmd_join(int argc, char **argv)
{
	struct join j = {0};
	int status = enrol_options_parse(&j.o, argc, argv);

	if (status == EXIT_OK && j.o.code[0] != '\0') {
		status = join_with_code(&j.o);
		enrol_options_wipe(&j.o);
		return status;
	}
	if (status == EXIT_OK)
		status = load(&j);
	if (status == EXIT_OK)
		status = enrol_keys(&j.o);
	if (status == EXIT_OK)
		status = derive(&j);
	if (status == EXIT_OK)
		status = make_identity(&j);
	if (status == EXIT_OK)
		status = enrol(&j);
	crypto_wipe(&j, sizeof j);
	return status;
}
