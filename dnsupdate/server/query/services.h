/*
 * The records by which clients find what this server can do (RFC 8764 section 4, RFC 8765 section
 * 6.1, RFC 2136's SRV): real records, so that secondaries answer them too.
 *
 *	_dns-update._udp.ZONE      SRV 0 0 53 MNAME
 *	_dns-llq._udp.ZONE         SRV 0 0 5352 MNAME
 *	_dns-update-tls._tcp.ZONE  SRV 0 0 853 MNAME    (the last two when TLS is served)
 *	_dns-push-tls._tcp.ZONE    SRV 0 0 853 MNAME
 */
#ifndef DNSUPDATE_SERVER_QUERY_SERVICES_H
#define DNSUPDATE_SERVER_QUERY_SERVICES_H

#include "dnsupdate/server/data/change.h"
#include "dnsupdate/server/data/zone.h"

/* Ports; 0: not served. */
struct services {
	uint16_t update, llq, tls;
};

/* Make the four sets in z what they should be, and note what that changes.  The zone must have an
 * SOA record. */
void services_put(struct zone *z, const struct services *s, struct change_list *changes);

/* Is this the name of one of the four sets of z? */
int services_is_name(const struct zone *z, const struct name *name);

#endif
