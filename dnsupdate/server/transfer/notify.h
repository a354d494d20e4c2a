/*
 * NOTIFY (RFC 1996), the decisions: when to tell one secondary about one zone.
 *
 * A change is told at once, unless the last telling was less than NOTIFY_SPACING_MS ago: then at
 * the end of that time, together with all others of it.  Without an answer it is told again after
 * 2, 4, 8
 * ... seconds, NOTIFY_TRIES times in all; after that the secondary's own refresh timer has to do.
 * Pure: now is an argument, milliseconds of CLOCK_BOOTTIME.
 */
#ifndef DNSUPDATE_SERVER_TRANSFER_NOTIFY_H
#define DNSUPDATE_SERVER_TRANSFER_NOTIFY_H

#include "dnsupdate/server/data/zone.h"
#include "dnsupdate/wire/tsig.h"

#define NOTIFY_SPACING_MS 100
#define NOTIFY_RETRY_MS 2000
#define NOTIFY_RETRY_MAX_MS 60000
#define NOTIFY_TRIES 8
#define NOTIFY_NEVER UINT64_MAX

struct notify {
	uint64_t due_ms; /* when to tell next, NOTIFY_NEVER */
	uint64_t told_ms; /* the last time, 0 = never */
	uint16_t id; /* of the one that is not answered */
	uint8_t waiting; /* for an answer to it */
	uint8_t tries;
};

void notify_init(struct notify *n);
/* The zone changed, or the server started. */
void notify_changed(struct notify *n, uint64_t now_ms);
/* Is it time?  Then it counts as told with this id: send it. */
int notify_tell(struct notify *n, uint16_t id, uint64_t now_ms);
/* An answer to this id came, whatever it says (RFC 1996 section 3.12: one that cannot is not asked
 * again).  1; 0 when nobody waits for it. */
int notify_answered(struct notify *n, uint16_t id);
/* It could not be sent, or nobody is there to hear it: is it told again? */
int notify_waits(const struct notify *n);

/* The message, unsigned: the zone, and its SOA record as a hint (section 3.7).  b starts empty. */
void notify_build(struct buf *b, const struct zone *z, uint16_t id);

#endif
