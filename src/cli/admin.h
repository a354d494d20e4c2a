/*
 * What the verbs that change the account have in common: the options, whose account it is, the
 * recovery phrase, and one change of the roster at the first name server that takes it.
 */
#ifndef CLI_ADMIN_H
#define CLI_ADMIN_H

#include "cli/edit.h"

struct admin {
	char domain[MSG_NAME_MAX]; /* --domain, else this machine's account */
	const char *state_dir;
	uint8_t servers;
	struct endpoint server[MSG_SERVERS_MAX];
	const char *key_file;
	int json, local, yes; /* where the verb has them */
	unsigned long for_sec; /* 15 minutes unless said otherwise */
	const char *code_file;

	enum identity_result enrolled; /* is this machine, and ... */
	struct identity id; /* ... as what */
	struct account account; /* once the phrase is known */
	struct tsig_key zone_key; /* of key_file; secret_len 0 = none */
	struct roster held; /* what the daemon here has seen */
	struct lineage cas; /* what this machine knows of the account's certification keys */
};

/* Read options and this machine's state; *argument is the one that is no option (NULL = there must
 * be none; "invite" may do without, *argument is then left alone).  An exit status, with a sentence
 * on stderr. */
int admin_begin(struct admin *a, int argc, char **argv, const char **argument);
void admin_end(struct admin *a);

/* The part of it that reads state_dir: this machine's account, unless another domain was named.
 * For verbs with options of their own. */
int admin_load(struct admin *a);

/* Ask for the phrase, or for this machine's passphrase (unlock.h), and derive the account.  An exit
 * status. */
int admin_unlock(struct admin *a);
/* The same with the phrase and nothing else, for what is done with it; the caller wipes entropy. */
int admin_unlock_by_phrase(struct admin *a, uint8_t entropy[PHRASE_ENTROPY]);

/* What to sign updates of the zone with, once unlocked. */
const struct tsig_key *admin_key(const struct admin *a);

/* "nas" or "nas.DOMAIN" as a full name; -1 with a sentence on stderr. */
int admin_full_name(const struct admin *a, const char *name, char out[MSG_NAME_MAX]);

/* Change the roster (edit.h fills account and held in).  An exit status; result tells more. */
int admin_edit(struct admin *a, struct edit *e, enum talk_result *result);

/* Is no daemon running with this state?  EXIT_OK, or a sentence and EXIT_ERROR. */
int admin_check_stopped(const struct admin *a);

#endif
