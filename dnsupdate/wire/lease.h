/*
 * The Update Lease option (RFC 9664): for how long the records of an update shall live.  It rides
 * in the OPT record of an UPDATE and of the answer to it; both ends read and write it with this.
 */
#ifndef DNSUPDATE_WIRE_LEASE_H
#define DNSUPDATE_WIRE_LEASE_H

#include "dnsupdate/wire/message.h"

#define OPTION_UPDATE_LEASE 2
#define LEASE_OPTION_MAX 12 /* code and length included */

struct lease_option {
	uint32_t lease; /* seconds: wanted, or granted */
	uint32_t key_lease; /* the same for KEY records; equal to lease in the short form */
	uint8_t has_key_lease; /* the form of 8 octets, else that of 4: answer in the same */
};

/* 1 and out filled; 0 when there is none; -1 for a length other than 4 and 8, or two of them: a
 * server answers FORMERR, a client does as if there were none (out is untouched in both cases). */
int lease_option_get(const struct message *m, struct lease_option *out);

/* Write it as update_finish and message_put_edns want it: code, length, data. */
void lease_option_put(struct buf *b, const struct lease_option *o);

#endif
