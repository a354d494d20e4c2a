/* The zones the server has, by name. */
#ifndef DNSUPDATE_SERVER_DATA_ZONES_H
#define DNSUPDATE_SERVER_DATA_ZONES_H

#include "dnsupdate/server/data/zone.h"

struct zones {
	struct zone *first; /* all, by zone.next */
	size_t count;
	struct zone **bucket;
	size_t buckets; /* a power of two */
	struct siphash_key key;
};

void zones_init(struct zones *zs);
/* Frees the zones too. */
void zones_free(struct zones *zs);

/* Take a zone, whose name must be new. */
void zones_add(struct zones *zs, struct zone *z);
/* Take it out; it is the caller's again. */
void zones_remove(struct zones *zs, struct zone *z);
/* The zone of this name; the zone closest above or at it; NULL when there is none. */
struct zone *zones_get(const struct zones *zs, const struct name *name);
struct zone *zones_above(const struct zones *zs, const struct name *name);

#endif
