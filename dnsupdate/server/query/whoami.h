/* whoami.ZONE TXT: the address and port a question came from, so that a machine sees itself from
 * outside.  Records of that name in the zone go before. */
#ifndef DNSUPDATE_SERVER_QUERY_WHOAMI_H
#define DNSUPDATE_SERVER_QUERY_WHOAMI_H

#include "dnsupdate/server/request.h"

/* Is r's question about that name? */
int whoami_asked(const struct request *r);
/* The record's data. */
void whoami_rdata(const struct request *r, struct rdata *out);

#endif
