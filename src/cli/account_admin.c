#include "cli/account_verbs.h"
#include "cli/admin.h"
#include "cli/cmd.h"
#include "cli/prompt.h"
#include "crypto/mac.h"
#include "identity/admin_file.h"
#include "identity/strength.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

/*
 * autotunnel account admin: this machine keeps the phrase, encrypted under a passphrase, and the
 * verbs that change the account ask for the passphrase from then on (unlock.h).
 */

#define TRIES 3 /* at a terminal, to find a passphrase */

struct options {
	const char *state_dir;
	int remove;
};

static int
parse(struct options *o, int argc, char **argv)
{
	static const struct option options[] = {{"state", required_argument, NULL, 's'},
	    {"remove", no_argument, NULL, 'r'}, {NULL, 0, NULL, 0}};
	int c;

	memset(o, 0, sizeof *o);
	optind = 0;
	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c == '?')
			return cmd_usage("account");
		if (c == 's')
			o->state_dir = optarg;
		o->remove |= c == 'r';
	}
	if (optind != argc)
		return cmd_usage("account");
	if (o->state_dir == NULL)
		o->state_dir = cmd_config()->state_dir;
	return EXIT_OK;
}

/* After a failed write, of which why tells. */
static int
refused(const char *why)
{
	int denied = errno == EACCES || errno == EPERM;

	cmd_warn("%s%s", why, denied ? " (are you root?)" : "");
	return denied ? EXIT_DENIED : EXIT_ERROR;
}

/* ---- a passphrase ---- */

/* Words that are a phrase would be taken for one wherever the passphrase is asked for. */
static int
is_phrase(const char *text)
{
	uint8_t entropy[PHRASE_ENTROPY];
	char why[MSG_TEXT_MAX];
	int is = phrase_decode(text, entropy, why) == 0;

	crypto_wipe(entropy, sizeof entropy);
	crypto_wipe(why, sizeof why);
	return is;
}

/* Ask once, and at a terminal once more, since nobody saw what was typed.  0; -1 with why. */
static int
choose(const char *host, char passphrase[PROMPT_SIZE], char why[MSG_TEXT_MAX])
{
	char again[PROMPT_SIZE];
	int rc = prompt_secret("New passphrase", passphrase, why);

	if (rc == 0)
		rc = strength_check(passphrase, host, why);
	if (rc == 0 && is_phrase(passphrase)) {
		snprintf(why, MSG_TEXT_MAX, "a recovery phrase cannot be the passphrase");
		rc = -1;
	}
	if (rc == -1 || !prompt_is_terminal())
		return rc;
	rc = prompt_secret("The same again", again, why);
	if (rc == 0 && strcmp(passphrase, again) != 0) {
		snprintf(why, MSG_TEXT_MAX, "these were two different passphrases");
		rc = -1;
	}
	crypto_wipe(again, sizeof again);
	return rc;
}

/* An exit status. */
static int
choose_patiently(const char *host, char passphrase[PROMPT_SIZE])
{
	int tries = prompt_is_terminal() ? TRIES : 1;
	char why[MSG_TEXT_MAX];

	for (int i = 0; i < tries; i++) {
		if (choose(host, passphrase, why) == 0)
			return EXIT_OK;
		cmd_warn("%s%s", why, i + 1 < tries ? "" : "; nothing was changed");
	}
	return EXIT_ERROR;
}

/* ---- the file ---- */

static int
save(const struct admin *a, const uint8_t entropy[PHRASE_ENTROPY], const char *passphrase)
{
	char why[MSG_TEXT_MAX];
	struct admin_file f;

	crypto_random(f.salt, sizeof f.salt);
	crypto_random(f.nonce, sizeof f.nonce);
	if (admin_file_seal(&f, a->domain, passphrase, entropy) == -1) {
		cmd_warn("cannot encrypt the phrase: out of memory?");
		return EXIT_ERROR;
	}
	if (admin_file_save(a->state_dir, &f, why) == -1)
		return refused(why);
	printf("Admin device: %s\n", a->id.name);
	return EXIT_OK;
}

static int
make(struct admin *a)
{
	uint8_t entropy[PHRASE_ENTROPY];
	char passphrase[PROMPT_SIZE];
	int status = admin_unlock_by_phrase(a, entropy);

	if (status == EXIT_OK)
		status = choose_patiently(a->id.name, passphrase);
	if (status == EXIT_OK)
		status = save(a, entropy, passphrase);
	crypto_wipe(passphrase, sizeof passphrase);
	crypto_wipe(entropy, sizeof entropy);
	return status;
}

/* Harmless, so nobody is asked for anything, and it works where all else is damaged. */
static int
unmake(const char *state_dir)
{
	char why[MSG_TEXT_MAX];
	int rc = admin_file_remove(state_dir, why);

	if (rc == -1)
		return refused(why);
	if (rc == 0)
		cmd_warn("there is no admin.key in %s: this machine is no admin device", state_dir);
	else
		printf("Removed: %s/admin.key\n", state_dir);
	return EXIT_OK;
}

int
account_admin(int argc, char **argv)
{
	struct options o;
	struct admin a = {0};
	int status = parse(&o, argc, argv);

	if (status != EXIT_OK || o.remove)
		return status == EXIT_OK ? unmake(o.state_dir) : status;
	a.state_dir = o.state_dir;
	status = admin_load(&a);
	if (status == EXIT_OK)
		status = make(&a);
	admin_end(&a);
	return status;
}
