/* Showing a recovery phrase, once. */
#ifndef CLI_SHOW_PHRASE_H
#define CLI_SHOW_PHRASE_H

#include "identity/phrase.h"

/* Print "Recovery phrase: ..." on standard output; no copy of it is left behind.  Whether it was
 * written. */
int show_phrase(const uint8_t entropy[PHRASE_ENTROPY]);

#endif
