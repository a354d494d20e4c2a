/*
 * whoami.ZONE TXT: the address and port a question came from, so that a machine sees itself from
 * outside.  Records of that name in the zone go before.
 *
 * NUMBER.PORT.whoami.ZONE TXT: the same, and we knock there (base/knock.h).  What makes it useless
 * to anybody but the machine itself: the address cannot be named, it is that of the connection the
 * question came by, TCP or TLS, which nobody can open in another's name; the question bears the
 * signature of a machine of the zone, and not for the second time; and the one small datagram is
 * shorter than the question.
 */
#ifndef DNSUPDATE_SERVER_QUERY_WHOAMI_H
#define DNSUPDATE_SERVER_QUERY_WHOAMI_H

#include "dnsupdate/server/request.h"

/* Is r's question about one of these names? */
int whoami_asked(const struct request *r);
/* Knock, if r asks for it and may; r->knocked tells. */
void whoami_knock(struct server *s, struct request *r);
/* The record's data: address, port, and "knocked" if so. */
void whoami_rdata(const struct request *r, struct rdata *out);

#endif
