/* Answers to queries, from one zone's names in memory.  Nothing is allocated on the way. */
#ifndef DNSUPDATE_SERVER_QUERY_ANSWER_H
#define DNSUPDATE_SERVER_QUERY_ANSWER_H

#include "dnsupdate/server/request.h"

enum request_result answer_query(struct server *s, struct request *r);

/*
 * Write the answer to r's question from r->zone: records, header, counts, all but OPT and TSIG.
 * answer_query ends here when nothing special is asked; long-lived queries use it for their first
 * answers.  The signer of reply must have begun nothing yet.
 */
void answer_from_zone(struct request *r);

/* Write one record; compresses the owner, and names in the data of the types of RFC 1035, against
 * those in names.  For transfers and events too. */
void record_put(struct buf *b, struct name_table *names, const struct name *owner, uint16_t type,
    uint32_t ttl, const uint8_t *rdata, uint16_t len);

#endif
