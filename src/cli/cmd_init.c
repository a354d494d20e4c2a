#include "cli/cmd.h"
#include "cli/enrol.h"
#include "cli/enrol_options.h"
#include "cli/show_phrase.h"
#include "crypto/mac.h"
#include "identity/account.h"
#include "identity/store.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define START_SEC 10 /* for a name server of its own */

/*
 * autotunnel init: a new account, and this machine as its first.  Order matters: the state is on
 * disk before the phrase is shown, and is taken back when the phrase could not be shown, so that
 * there is never an account whose phrase nobody has seen.  The name server comes last and may be
 * missing: everything it must be told follows from the phrase.
 */

/* May this machine get an account?  An exit status. */
static int
check_free(const char *state_dir)
{
	struct identity id;
	char why[MSG_TEXT_MAX];
	enum identity_result result = identity_load(state_dir, &id, why);
	int status = EXIT_ERROR;

	if (result == IDENTITY_NONE)
		status = EXIT_OK;
	else if (result == IDENTITY_OK)
		cmd_warn(
		    "this machine is already %s; to begin again, stop the daemon and move %s away",
		    id.name, state_dir);
	else
		cmd_warn(
		    "there is an account in %s, but it is damaged (%s); move it away to begin again",
		    state_dir, why);
	identity_wipe(&id);
	return status;
}

static int
make_identity(const struct account *account, const struct enrol_options *o, struct identity *id)
{
	uint8_t seed[ED25519_SEED_LEN];
	int rc;

	crypto_random(seed, sizeof seed);
	rc = account_issue(account, o->name, seed, id);
	crypto_wipe(seed, sizeof seed);
	if (rc == -1)
		return -1;
	if (o->device_key.secret_len != 0)
		id->tsig = o->device_key;
	id->servers = o->servers;
	memcpy(id->server, o->server, sizeof id->server);
	return 0;
}

/* Write the state; then, and only then, show the phrase.  An exit status. */
static int
settle(const struct enrol_options *o, const struct identity *id, const uint8_t *entropy)
{
	char why[MSG_TEXT_MAX];

	if (store_save(o->state_dir, id, why) == -1) {
		int denied = errno == EACCES || errno == EPERM;

		cmd_warn("%s%s", why, denied ? " (are you root?)" : "");
		return denied ? EXIT_DENIED : EXIT_ERROR;
	}
	if (printf("Account: %s\n", id->domain) < 0 || !show_phrase(entropy)) {
		cmd_warn("the recovery phrase could not be shown; nothing was changed");
		store_remove(o->state_dir);
		return EXIT_ERROR;
	}
	cmd_warn(
	    "write the recovery phrase down: it is shown only now, and it alone can add machines");
	return EXIT_OK;
}

static int
init(struct enrol_options *o, struct account *account, struct identity *id)
{
	struct enrol e = {
	    .id = id, .account = account, .key = &account->tsig, .replace = 1, .fresh = 1};
	uint8_t entropy[PHRASE_ENTROPY];
	char why[MSG_TEXT_MAX];
	enum talk_result result;
	int status = EXIT_ERROR;

	crypto_random(entropy, sizeof entropy);
	if (account_derive(o->domain, entropy, account) == -1 ||
	    make_identity(account, o, id) == -1)
		cmd_warn("cannot make an account: out of memory?");
	else if ((status = enrol_find_servers(&e)) == EXIT_OK)
		status = settle(o, id, entropy);
	crypto_wipe(entropy, sizeof entropy);
	if (status == EXIT_OK && o->dnsd.addresses != NULL)
		status = dnsd_setup(&o->dnsd, account);
	account_seal(account);
	if (status != EXIT_OK)
		return status;
	if (o->zone_key.secret_len != 0)
		e.key = &o->zone_key;
	result = enrol_wait(&e, o->wait_sec, 1, why);
	return enrol_report(id, result, why, 1);
}

/* Its own name server is this machine's nearest; it needs a moment to come up. */
static int
prepare_dnsd(struct enrol_options *o)
{
	if (o->servers == 0)
		enrol_add_servers("127.0.0.1", &o->servers, o->server);
	if (o->dnsd.config == NULL && o->wait_sec < START_SEC)
		o->wait_sec = START_SEC;
	return dnsd_setup_check(&o->dnsd, o->domain);
}

int
cmd_init(int argc, char **argv)
{
	struct enrol_options o;
	struct account account = {0};
	struct identity id = {0};
	int status = enrol_options_parse(&o, argc, argv);

	signal(SIGPIPE, SIG_IGN); /* a closed pipe must not end us before the state is taken back */
	if (status == EXIT_OK && o.name[0] == '\0' && enrol_default_name(&o) == -1)
		status = EXIT_USAGE;
	if (status == EXIT_OK)
		status = check_free(o.state_dir);
	if (status == EXIT_OK && o.dnsd.addresses != NULL)
		status = prepare_dnsd(&o);
	if (status == EXIT_OK)
		status = enrol_keys(&o);
	if (status == EXIT_OK)
		status = init(&o, &account, &id);
	account_wipe(&account);
	identity_wipe(&id);
	enrol_options_wipe(&o);
	return status;
}
