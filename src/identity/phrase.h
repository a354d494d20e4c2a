/*
 * The recovery phrase: 128 random bits as twelve words of the BIP-39 English list, the last of
 * which holds 4 bits of checksum.  The words are only a spelling of the bits; keys are made from
 * the bits (account.h).
 */
#ifndef IDENTITY_PHRASE_H
#define IDENTITY_PHRASE_H

#include "base/msg.h"

#define PHRASE_WORDS 2048
#define PHRASE_WORD_MAX 9 /* with NUL */
#define PHRASE_LEN 12 /* words of a phrase */
#define PHRASE_ENTROPY 16
#define PHRASE_TEXT_MAX (PHRASE_LEN * PHRASE_WORD_MAX)

extern const char phrase_words[PHRASE_WORDS][PHRASE_WORD_MAX];

/* Twelve lower-case words with single spaces. */
void phrase_encode(const uint8_t entropy[PHRASE_ENTROPY], char out[PHRASE_TEXT_MAX]);

/* Read a phrase: any case, words separated by anything that is no letter.  0; -1 with a sentence
 * in why that says which word is wrong (and what it looks like), or that the checksum is. */
int phrase_decode(const char *text, uint8_t entropy[PHRASE_ENTROPY], char why[MSG_TEXT_MAX]);

#endif
