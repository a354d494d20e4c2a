#include "cli/account_verbs.h"
#include "cli/admin.h"
#include "cli/cmd.h"
#include "cli/server_keys.h"
#include "cli/show_phrase.h"
#include "crypto/mac.h"
#include "identity/admin_file.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

/*
 * autotunnel account new-phrase: the account gets another recovery phrase, and its machines keep
 * their addresses.  The old phrase's certification key signs the new one's into the roster
 * (identity/lineage.h); all machines that see this take no roster from the old one any more, and
 * our name server no update.  The new phrase is shown before anything is written, so that there is
 * never an account whose phrase nobody has seen.
 */

struct hand_over {
	struct admin *admin;
	struct account next;
	int server_took_key; /* in the same update */
};

static enum talk_result
change(void *ctx, struct talk *t, struct roster *r)
{
	struct hand_over *h = ctx;

	if (r->serial == 0 || r->open)
		return talk_fail(t, TALK_GONE,
		    "machines of %.60s are not on its roster: let each of them join once more",
		    h->admin->domain);
	if (account_hand_over(&h->admin->account, &h->next) == -1)
		return talk_fail(t, TALK_GONE,
		    "the account has had %d recovery phrases, the most "
		    "there can be: make a new account",
		    LINEAGE_MAX);
	r->cas = h->next.cas;
	return TALK_DONE;
}

static int
records(void *ctx, struct talk *t, struct update *u)
{
	struct hand_over *h = ctx;

	h->server_took_key = h->admin->zone_key.secret_len == 0 && server_keys_taken(t);
	return h->server_took_key ? server_keys_add(t, u, &h->next.tsig) : 0;
}

/* An exit status. */
static int
make_next(struct hand_over *h)
{
	uint8_t entropy[PHRASE_ENTROPY];
	int status = EXIT_ERROR;

	crypto_random(entropy, sizeof entropy);
	if (account_derive(h->admin->domain, entropy, &h->next) == -1)
		cmd_warn("cannot derive the account's keys: out of memory?");
	else if (!show_phrase(entropy))
		cmd_warn("the recovery phrase could not be shown; nothing was changed");
	else
		status = EXIT_OK;
	crypto_wipe(entropy, sizeof entropy);
	return status;
}

static void
report(const struct hand_over *h)
{
	const char *domain = h->admin->domain;

	printf("Changed: the old recovery phrase of %s is worth nothing any more\n", domain);
	cmd_warn("write the recovery phrase down: it is shown only now");
	cmd_warn("run \"autotunnel join %s\" with it on each machine, this one too: until then who "
		 "has the old phrase can disturb that machine's records, but not get in",
	    domain);
	if (!h->server_took_key)
		cmd_warn("the name server still knows the old keys: let it have the output of "
			 "\"autotunnel zone --keys-only bind %s\" (or knot) with the new phrase, "
			 "and each machine's key when it has joined",
		    domain);
}

/* An admin device keeps a phrase that is worth nothing any more. */
static void
forget_old(const struct admin *a)
{
	char why[MSG_TEXT_MAX];
	int rc = a->enrolled == IDENTITY_OK ? admin_file_remove(a->state_dir, why) : 0;

	if (rc == -1)
		cmd_warn("%s", why);
	else if (rc == 1)
		cmd_warn(
		    "this machine kept the old phrase, which was removed: \"autotunnel account "
		    "admin\" keeps the new one");
}

static int
hand_over(struct hand_over *h)
{
	struct edit edit = {.signer = &h->next, .change = change, .records = records, .ctx = h};
	enum talk_result result;
	int status = make_next(h);

	if (status != EXIT_OK)
		return status;
	status = admin_edit(h->admin, &edit, &result);
	if (status == EXIT_OK) {
		report(h);
		forget_old(h->admin);
	} else {
		cmd_warn("the old recovery phrase holds; should it be called replaced when you try "
			 "again, the name server took the new one all the same");
	}
	return status;
}

int
account_new_phrase(int argc, char **argv)
{
	struct admin a;
	struct hand_over h = {.admin = &a};
	int status;

	signal(SIGPIPE, SIG_IGN); /* a closed pipe must be seen before anything is written */
	argv[0] = (char[]) {"account"};
	status = admin_begin(&a, argc, argv, NULL);
	if (status == EXIT_OK)
		status = admin_unlock(&a);
	if (status == EXIT_OK)
		status = hand_over(&h);
	account_wipe(&h.next);
	admin_end(&a);
	return status;
}
