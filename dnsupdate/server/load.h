/* From the configuration to zones and keys in memory, at start. */
#ifndef DNSUPDATE_SERVER_LOAD_H
#define DNSUPDATE_SERVER_LOAD_H

#include "dnsupdate/server/conf.h"
#include "dnsupdate/server/server.h"

/* An empty zone of this name; NULL with a sentence in error. */
struct zone *load_name(const struct conf_zone *cz, struct config_error *error);
/* What a zone begins with: SOA and NS from the configuration, then the records of its file.  0, or
 * -1 with a sentence in error. */
int load_zone(const struct conf_zone *cz, struct zone *z, struct config_error *error);

/* Its keys; from_file: they stand in the configuration, and only there can be removed.  0, or -1
 * with a sentence in error. */
int load_keys(struct server *s, const struct conf_zone *cz, struct zone *z, int from_file,
    struct config_error *error);
/* One, "hmac-sha256:NAME:SECRET".  NULL with a sentence in error. */
struct key *load_key(struct server *s, const char *text, enum key_kind kind, struct zone *z,
    int from_file, struct config_error *error);

#endif
