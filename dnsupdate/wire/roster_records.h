/*
 * The account's roster (identity/roster.h) in the zone, both as TXT records, written by enrolment
 * with the account's key and read by every machine:
 *
 *   _autotunnel.DOMAIN            60 TXT  "v=1" "s=17" "t=1764108000" "n=3" "open=0" "sig=..."
 *   _devices._autotunnel.DOMAIN   60 TXT  "laptop ok 0 fe81..." "nas ok 1 0c2f..." ...
 *
 * The first line is apart from the others for two reasons: a reader needs only this small record to
 * see that nothing has changed; and an update can demand it as it was read, so that of two people
 * who change the roster at once one has to read again.  The lines fill as few records as they need,
 * in any order.  Here they are text; what it means, and whether it is signed, is the readers'
 * business.
 */
#ifndef DNSUPDATE_WIRE_ROSTER_RECORDS_H
#define DNSUPDATE_WIRE_ROSTER_RECORDS_H

#include "dnsupdate/wire/update.h"

#define ROSTER_RECORDS_TTL 60

enum roster_part { ROSTER_HEAD, ROSTER_LIST };

/* 0, or -1 when the domain's name is too long. */
int roster_question(struct question *q, enum roster_part part, const struct name *domain);

/* Append what the answer says to the text of *len octets in out: one line for the head, all the
 * others for the list; the same records, in whatever order, give the same text.  Returns the number
 * of records (0: there are none); -1 when they are no roster's or do not fit, *len then unchanged.
 */
int roster_read(const struct message *m, enum roster_part part, const struct name *domain,
    char *out, size_t size, size_t *len);

/* The head as it stands in the answer to its question, to be demanded by roster_write.  Returns 1,
 * or 0 when there is none; -1 when there is more than one record. */
int roster_head(const struct message *m, const struct name *domain, struct rdata *out);

/* Fill the update so that the roster of this text replaces the one with this head (NULL: there must
 * be none).  0; -1 when the text is no head line and lines; room is update_finish's to report. */
int roster_write(struct update *u, const struct name *domain, const char *text, size_t len,
    const struct rdata *previous);

#endif
