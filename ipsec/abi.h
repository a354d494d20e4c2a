/*
 * Is the strongSwan that is loaded the one we were compiled for?  Its structures have no version,
 * and a mismatch shows as a crash much later; so it is looked for at start, in a child that may
 * crash.
 */
#ifndef IPSEC_ABI_H
#define IPSEC_ABI_H

#include "base/msg.h"

/* Forks; call before threads and before libcharon is used.  0; -1 with a sentence. */
int abi_check(char why[MSG_TEXT_MAX]);

#endif
