/*
 * Is a passphrase good enough to stand between a stolen disk and the account?  zxcvbn estimates
 * what it costs those who know how people choose: words, names, dates, keyboards, repetitions.
 */
#ifndef IDENTITY_STRENGTH_H
#define IDENTITY_STRENGTH_H

#include "base/msg.h"

#define STRENGTH_FLOOR 50 /* bits; doc/decisions.md, Identity */
#define STRENGTH_TEXT_MAX 256 /* octets of a passphrase */

/* Bits that a guesser lacks who knows host, a full name: its labels and "autotunnel" count as words
 * he tries first.  Only the first 100 octets are looked at. */
double strength_bits(const char *passphrase, const char *host);

/* May this be a passphrase?  0; -1 with a sentence in why that says what would do. */
int strength_check(const char *passphrase, const char *host, char why[MSG_TEXT_MAX]);

#endif
