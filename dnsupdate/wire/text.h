/*
 * Messages and records for people, in the presentation format dig uses; and back.  ldns stands
 * behind this header and nowhere else: it knows every type's format, also those we do not read.
 */
#ifndef DNSUPDATE_WIRE_TEXT_H
#define DNSUPDATE_WIRE_TEXT_H

#include "dnsupdate/wire/message.h"

#include <stdio.h>

/* One record, "nas.example.org. 60 IN SRV 0 0 4500 at.nas.example.org.", printable ASCII, no
 * newline. Returns out; cut when it does not fit, "?" when ldns cannot print it. */
const char *rr_text(const struct message *m, const struct rr *rr, char *out, size_t size);

/* Read a record in that format (class IN; a TTL may be left out: then *ttl is default_ttl).
 * 0, or -1 when ldns does not understand it or its data is longer than RDATA_MAX. */
int rr_from_text(
    const char *line, uint32_t default_ttl, struct name *owner, uint32_t *ttl, struct rdata *rd);

#define MASTER_WHY_MAX 256

/*
 * Read a master file (RFC 1035 section 5) with $ORIGIN, $TTL and parentheses; names are relative to
 * origin, records without TTL and before any $TTL get default_ttl.  Each record goes to cb, which
 * returns 0, or -1 to stop.  0; -1 with a sentence in why ("line 7: ..."), empty when cb stopped.
 */
int master_file_read(FILE *in, const struct name *origin, uint32_t default_ttl,
    int (*cb)(void *ctx, const struct name *owner, uint32_t ttl, const struct rdata *rd), void *ctx,
    char why[MASTER_WHY_MAX]);

#endif
