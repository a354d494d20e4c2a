/*
 * A zone's records taken in from outside, as DNS messages with records in the answer section (what
 * a transfer sends): collected beside the zone until all are there, then put in its place at once.
 */
#ifndef DNSUPDATE_SERVER_DISK_IMPORT_H
#define DNSUPDATE_SERVER_DISK_IMPORT_H

#include "dnsupdate/server/server.h"

struct import;

#define IMPORT_WHY_MAX 512
/* More changes than this are no update any more: only a zone that has nothing yet takes them. */
#define IMPORT_CHANGES_MAX 200000

struct import *import_new(struct zone *z);
void import_free(struct import *i);
struct zone *import_zone(const struct import *i);
size_t import_records(const struct import *i);

/* A message: 0, or -1 with a sentence in why.  The last one has no records. */
int import_message(struct import *i, const uint8_t *data, size_t len, char why[IMPORT_WHY_MAX]);
/* Nothing more comes: was the last one there, and are they a zone?  (One SOA record at its apex, NS
 * records.) */
int import_complete(struct import *i, char why[IMPORT_WHY_MAX]);

/* Has the zone only what a new one has, and is there much to be put in? */
int import_is_first(const struct import *i);
/* Put them in its place; a second call takes that back. */
void import_replace(struct import *i);
/* Change the zone record by record, as one commit: what is the same stays, with its lease.  Its
 * serial rises, to that of the new SOA record if that is newer. */
int import_apply(struct import *i, struct server *s, uint64_t now_sec, char why[IMPORT_WHY_MAX]);

#endif
