/*
 * Messages and records for people, in the presentation format dig uses; and back.  ldns stands
 * behind this header and nowhere else: it knows every type's format, also those we do not read.
 */
#ifndef DNSUPDATE_WIRE_TEXT_H
#define DNSUPDATE_WIRE_TEXT_H

#include "dnsupdate/wire/message.h"

/* One record, "nas.example.org. 60 IN SRV 0 0 4500 at.nas.example.org.", printable ASCII, no
 * newline. Returns out; cut when it does not fit, "?" when ldns cannot print it. */
const char *rr_text(const struct message *m, const struct rr *rr, char *out, size_t size);

/* Read a record in that format (class IN; a TTL may be left out: then *ttl is default_ttl).
 * 0, or -1 when ldns does not understand it or its data is longer than RDATA_MAX. */
int rr_from_text(
    const char *line, uint32_t default_ttl, struct name *owner, uint32_t *ttl, struct rdata *rd);

#endif
