/*
 * What opens the account: its recovery phrase or, on an admin device, the passphrase under which
 * the phrase is kept there (identity/admin_file.h).
 */
#ifndef CLI_UNLOCK_H
#define CLI_UNLOCK_H

#include "identity/phrase.h"

enum unlock_way { UNLOCK_BY_PHRASE, UNLOCK_BY_PASSPHRASE };

/* Ask for it, and again when a person at a terminal mistypes the passphrase.  state_dir is NULL
 * where this machine is not of the account: then only the phrase will do.  Whether the phrase is
 * the account's is left to the caller.  An exit status, with a sentence on stderr; the caller wipes
 * entropy. */
int unlock_ask(const char *state_dir, const char *domain, uint8_t entropy[PHRASE_ENTROPY],
    enum unlock_way *way);

#endif
