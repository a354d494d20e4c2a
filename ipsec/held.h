/*
 * The roster this worker goes by: taken from the manager in pieces, believed only when the account
 * CA has signed it, and never exchanged for an older one (identity/roster.h).  Knows no libcharon.
 */
#ifndef IPSEC_HELD_H
#define IPSEC_HELD_H

#include "base/msg.h"
#include "identity/roster.h"

/* Whose rosters count, by what is known of its certification keys, and which machine in them we
 * are.  Before all else here. */
void held_init(
    const char *domain, const struct lineage *known, const uint8_t own_key[ED25519_PUBLIC_LEN]);
/* What is known of them now (main thread), and the domain. */
const struct lineage *held_cas(void);
const char *held_domain(void);

/* Take a piece; when the roster is whole judge it.  1 = another one is held now.  Main thread. */
int held_take(const struct msg_roster *piece);

/* May a machine of this full name and key have a tunnel?  0; -1 with a sentence in why.  Any
 * thread. */
int held_admits(const char *name, const uint8_t key[ROSTER_KEY_LEN], char why[MSG_TEXT_MAX]);

/* What the roster says of a machine of this full name: its address, which follows from its key
 * (identity/ula.h), or zero when it is not listed.  Returns whether it is let in, listed or not.
 * Any thread. */
int held_address(const char *name, const uint8_t own_ula[16], uint8_t ula[16]);

/* The ROSTER_STATE to be said: 1, or 0 when there is nothing new.  held_said: it was. */
int held_describe(union msg *m);
void held_said(void);

#endif
