/*
 * What a batch of updates changed in a zone: for each record touched, how it stood before and how
 * it stands after.  Records that end as they began drop out, so that "delete the set, add it again"
 * is no change at all.  The same list is applied backwards when the batch fails, written to the
 * journal, sent to secondaries as an incremental transfer and told to subscribers.
 */
#ifndef DNSUPDATE_SERVER_DATA_CHANGE_H
#define DNSUPDATE_SERVER_DATA_CHANGE_H

#include "dnsupdate/wire/rdata.h"

#include <stddef.h>
#include <stdint.h>

struct zone;

/* A record's state.  ttl and lease count only while it is present. */
struct change_state {
	uint32_t ttl;
	uint32_t lease; /* number of its lease, 0 for none */
	uint8_t present;
};

struct change {
	struct change_state before, after;
	uint32_t owner_at; /* offsets into the list's octets */
	uint32_t rdata_at;
	uint16_t type;
	uint16_t rdata_len;
	uint8_t owner_len;
	uint32_t hash, chain; /* the list's own */
};

/* Starts zeroed; change_list_free ends it. */
struct change_list {
	struct change *change;
	size_t count, room;
	uint8_t *octets; /* owners and data */
	size_t used, octets_room;
	uint32_t *bucket;
	size_t buckets;
};

/* Note that the record went from before to after.  Merges with what the list has of this record. */
void change_note(struct change_list *l, const struct name *owner, uint16_t type, const void *rdata,
    uint16_t len, struct change_state before, struct change_state after);
/* Note all of from's, in order, in into. */
void change_merge(struct change_list *into, const struct change_list *from);

/* This record's change, if it differs; NULL. */
const struct change *change_find(const struct change_list *l, const struct name *owner,
    uint16_t type, const void *rdata, uint16_t len);
/* The next record that differs; start with *pos = 0; NULL at the end. */
const struct change *change_next(const struct change_list *l, size_t *pos);
/* What it did to the record as the world sees it: removed, added, or both for another TTL; neither
 * when only the lease is another. */
int change_removed(const struct change *c);
int change_added(const struct change *c);
void change_owner(const struct change_list *l, const struct change *c, struct name *out);
const uint8_t *change_rdata(const struct change_list *l, const struct change *c);

/* How many records the world sees differently; how many differ in their lease only. */
size_t change_visible(const struct change_list *l);
size_t change_leases(const struct change_list *l);

/* Make the zone's records stand as before (undo), or as after (redo). */
void change_undo(const struct change_list *l, struct zone *z);
void change_redo(const struct change_list *l, struct zone *z);

/* Empty it and keep its memory; free it. */
void change_clear(struct change_list *l);
void change_list_free(struct change_list *l);

#endif
