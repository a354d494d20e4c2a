/*
 * Asking for secrets on standard input: without echo when that is a terminal.  Otherwise one line
 * each, and no octet of what follows is taken, so that several answers can come through one pipe.
 */
#ifndef CLI_PROMPT_H
#define CLI_PROMPT_H

#include "identity/phrase.h"

#define PROMPT_SIZE 1024 /* of an answer */

/* Read the recovery phrase and decode it.  A pipe may also carry what `init` printed: its line
 * "Recovery phrase: ..." is found.  0; -1 with a sentence in why. */
int prompt_phrase(uint8_t entropy[PHRASE_ENTROPY], char why[MSG_TEXT_MAX]);

/* Read something else, such as a passphrase; a terminal shows "ASK: ".  Blanks at its ends are not
 * part of it.  A pipe may carry what `init` printed here, too: then out is the phrase from it.
 * 0, or -1 with a sentence in why; the caller wipes out in both cases. */
int prompt_secret(const char *ask, char out[PROMPT_SIZE], char why[MSG_TEXT_MAX]);

/* Is a person there, who can be asked again? */
int prompt_is_terminal(void);

#endif
