/* From the configuration to zones and keys in memory, at start. */
#ifndef DNSUPDATE_SERVER_LOAD_H
#define DNSUPDATE_SERVER_LOAD_H

#include "dnsupdate/server/conf.h"
#include "dnsupdate/server/server.h"

/* A zone as it begins: SOA and NS from the configuration, then the records of its file.  NULL with
 * a sentence in error. */
struct zone *load_zone(const struct conf_zone *cz, struct conf_error *error);

/* Its keys.  0, or -1 with a sentence in error. */
int load_keys(
    struct server *s, const struct conf_zone *cz, struct zone *z, struct conf_error *error);

#endif
