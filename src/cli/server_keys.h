/*
 * Device keys at the name server.  Ours takes them from the account's own updates
 * (dnsupdate/wire/key_seal.h); others have to be told by their administrator.
 */
#ifndef CLI_SERVER_KEYS_H
#define CLI_SERVER_KEYS_H

#include "cli/talk.h"
#include "identity/account.h"

/* Does the server that t talks to take them?  Asks it, so t->reply is another afterwards. */
int server_keys_taken(struct talk *t);

/* Add to an update that t->key signs: this key of a device; or that the one of this name is none
 * any more.  0, or -1. */
int server_keys_add(struct talk *t, struct update *u, const struct tsig_key *key);
int server_keys_remove(struct update *u, const struct name *host);

#endif
