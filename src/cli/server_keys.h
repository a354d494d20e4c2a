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

/* Add to an update that t->key signs: the key of the device with this full name, in this
 * generation; or that there is none any more.  0, or -1. */
int server_keys_add(struct talk *t, struct update *u, const struct account *account,
    const char *host, unsigned generation);
int server_keys_remove(struct update *u, const struct name *host);

#endif
