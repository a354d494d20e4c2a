/* Asking for the recovery phrase. */
#ifndef CLI_PROMPT_H
#define CLI_PROMPT_H

#include "identity/phrase.h"

/* Read the phrase from standard input, without echo when that is a terminal, and decode it.  A pipe
 * may also carry what `init` printed: its line "Recovery phrase: ..." is found.  0; -1 with a
 * sentence in why. */
int prompt_phrase(uint8_t entropy[PHRASE_ENTROPY], char why[MSG_TEXT_MAX]);

#endif
