/*
 * Changing the account's roster (identity/roster.h) in the zone: read it, see that the account's CA
 * has signed it, change it, sign it, and write it with the demand that nobody has changed it since.
 * Who was too late reads again; so of two people who add a machine at the same moment none loses.
 */
#ifndef CLI_EDIT_H
#define CLI_EDIT_H

#include "cli/talk.h"
#include "identity/account.h"
#include "identity/roster.h"

/* Who reads a roster: a machine, by what it knows of the account's certification keys; or somebody
 * with a recovery phrase, who learns from it which keys came before the phrase's. */
struct edit_reader {
	const char *domain;
	const struct lineage *known; /* of the machine; else NULL, and ... */
	struct account *account;
};

struct edit {
	struct account *account; /* who reads */
	const struct account *signer; /* whose CA signs, when that is another (NULL: account's) */
	/* What this machine has seen last (NULL: nothing): what the zone does not show any more of
	 * it is written again, all of it when what the zone shows is by an old phrase. */
	const struct roster *held;
	int overwrite; /* a roster of another account is no objection */
	/* Change the roster.  TALK_DONE, or why not (talk_fail). */
	enum talk_result (*change)(void *ctx, struct talk *t, struct roster *r);
	/* Add what else belongs to the update, or NULL.  0, or -1 when a name gets too long. */
	int (*records)(void *ctx, struct talk *t, struct update *u);
	void *ctx;
};

/* Talk to t->server; the zone is found.  A roster that is as it was is not signed again. */
enum talk_result edit_roster(struct talk *t, const struct edit *e);

/* Only read it: *r is empty (serial 0) when the zone has none.  The caller frees r. */
enum talk_result edit_read(struct talk *t, const struct edit_reader *by, struct roster *r);

/* The roster that the daemon keeps in this state directory; empty when there is none that counts.
 */
void edit_load_held(const char *state_dir, const struct edit_reader *by, struct roster *r);

#endif
