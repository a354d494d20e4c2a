/*
 * A few hundred octets as TXT records at one name: how an inviter and a new machine pass each other
 * notes (identity/invite.h).  A record's first string is a letter, which says whose note it is, and
 * its number from 0 on; what follows is a part of the note, in strings of up to 255 octets.
 */
#ifndef DNSUPDATE_WIRE_BLOB_RECORDS_H
#define DNSUPDATE_WIRE_BLOB_RECORDS_H

#include "dnsupdate/wire/update.h"

#define BLOB_RECORDS_TTL 1 /* nobody should keep it */
#define BLOB_MAX 4000 /* octets of a note */

/* Add a note to an update.  0, or -1 when it is too long. */
int blob_put(
    struct update *u, const struct name *owner, char letter, const uint8_t *data, size_t len);

/* The note under this letter in the answer to a question for the owner's TXT records.  Returns its
 * length, 0 when there is none; -1 when it is not whole or longer than size. */
ssize_t blob_get(
    const struct message *m, const struct name *owner, char letter, uint8_t *out, size_t size);

#endif
