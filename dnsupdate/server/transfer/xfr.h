/*
 * Zone transfers, the messages: AXFR (RFC 5936) and IXFR (RFC 1995).
 *
 * A transfer is of one serial, that of the moment it began, although the zone goes on changing and
 * a slow reader may take minutes.  A full one walks over the names (zone_sweep); what is changed at
 * names that the walk has not come to yet is noted beside it, as it stood at the beginning, and
 * sent in that state.  An incremental one is read from the journal and needs no such thing.
 *
 * Pure but for the journal's files: the time is an argument, messages go to a buffer.
 */
#ifndef DNSUPDATE_SERVER_TRANSFER_XFR_H
#define DNSUPDATE_SERVER_TRANSFER_XFR_H

#include "dnsupdate/server/data/change.h"
#include "dnsupdate/server/disk/journal.h"
#include "dnsupdate/server/request.h"

struct xfr;

#define XFR_MESSAGE 16384 /* octets, about: pointers reach no further */
#define XFR_CHANGES_MAX ((size_t)16 << 20) /* octets noted beside a full transfer */

enum xfr_kind {
	XFR_CURRENT, /* the client has it all: one SOA record */
	XFR_FULL,
	XFR_INCREMENTAL,
};

/* What the answer to r, a question for AXFR or IXFR in r->zone, has to be.  -1: the question makes
 * no sense (FORMERR). */
int xfr_kind(const struct request *r, const struct journal *history);

/* Begin.  history may be NULL; borrowed with the zone until xfr_free.  NULL when the zone has no
 * SOA record. */
struct xfr *xfr_new(const struct request *r, enum xfr_kind kind, struct journal *history);
void xfr_free(struct xfr *x);

/* The next message, signed as the request was, into b, which has room for MESSAGE_MAX octets: 1; 0
 * when there is none left; -1 when it cannot go on (close the connection). */
int xfr_next(struct xfr *x, struct buf *b, uint64_t now_sec);

/* The zone changed; call after each commit. */
void xfr_changed(struct xfr *x, const struct change_list *changes);
struct zone *xfr_zone(const struct xfr *x);

/* The only answer over UDP: the current SOA record, which says "nothing new", or "use TCP". */
enum request_result xfr_soa_reply(struct request *r);

#endif
