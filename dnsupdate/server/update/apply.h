/*
 * One UPDATE message carried out on a zone: RFC 2136 section 3, with leases (RFC 9664).  Pure: the
 * message, the zone and the time in; an rcode and a list of changes out.
 */
#ifndef DNSUPDATE_SERVER_UPDATE_APPLY_H
#define DNSUPDATE_SERVER_UPDATE_APPLY_H

#include "dnsupdate/server/data/change.h"
#include "dnsupdate/server/data/zone.h"
#include "dnsupdate/wire/lease.h"

struct key;

struct apply {
	const struct message *m;
	struct zone *zone;
	const struct key *key; /* who signed it */
	uint64_t now_sec;
	uint32_t lease_min_sec, lease_max_sec, key_lease_max_sec;
	struct change_list *changes; /* empty at first; what was done is noted here */
	/* out: 1 and the times granted when the answer has a lease option */
	int has_lease;
	struct lease_option lease;
};

/* Returns the rcode.  Records that make keys (keyops.h) are scanned and left to the caller.  Unless
 * it is NOERROR the zone is as before and changes is empty. */
unsigned apply_update(struct apply *a);
/* Only the granted values, for an update that was carried out before.  NOERROR or FORMERR. */
unsigned apply_lease(struct apply *a);

#endif
