/*
 * Building an UPDATE (RFC 2136): begin, prerequisites, changes, finish; then sign it (tsig.h).
 * Errors stick: only update_finish need be checked.
 */
#ifndef DNSUPDATE_WIRE_UPDATE_H
#define DNSUPDATE_WIRE_UPDATE_H

#include "dnsupdate/wire/message.h"

struct update {
	struct buf b; /* the message so far; after update_finish ready for tsig_sign */
	struct name zone;
	struct name_table names;
	uint16_t prerequisites;
	uint16_t changes;
};

/* Start in the caller's room (borrowed until sent).  An update without prerequisites and changes
 * is legal: a server's answer to it tells whether key, zone and clock are right. */
void update_begin(struct update *u, void *room, size_t size, uint16_t id, const struct name *zone);

/* Prerequisites (section 2.4).  After the first change they are an error, as is any owner outside
 * the zone. */
void update_need_name(struct update *u, const struct name *owner); /* else NXDOMAIN */
void update_need_no_name(struct update *u, const struct name *owner); /* else YXDOMAIN */
void update_need_rrset(struct update *u, const struct name *owner, uint16_t type); /* NXRRSET */
void update_need_no_rrset(struct update *u, const struct name *owner, uint16_t type); /* YXRRSET */
/* The set of set[0].type at owner is exactly these records, else NXRRSET. */
void update_need_exactly(
    struct update *u, const struct name *owner, const struct rdata *set, size_t count);

/* Changes, done in this order (section 2.5).  Deleting what is not there is no error. */
void update_add(struct update *u, const struct name *owner, uint32_t ttl, const struct rdata *rd);
void update_delete(struct update *u, const struct name *owner, const struct rdata *rd);
void update_delete_rrset(struct update *u, const struct name *owner, uint16_t type);
void update_delete_name(struct update *u, const struct name *owner);

/* End it; options is the data of the OPT record, or NULL for no OPT record (Update Lease, RFC 9664,
 * belongs there).  Returns the length so far, 0 when anything went wrong. */
size_t update_finish(struct update *u, const void *options, size_t options_len);

#endif
