/*
 * A zone in memory: a tree of names, each with its record sets.
 *
 * A name is one node: its own label and a pointer to its parent.  All nodes but the apex stand in
 * one hash table, keyed by parent and label, so that a look-up walks down from the apex, one probe
 * a label, and where it stops is the closest encloser: empty non-terminals, wildcards and
 * delegations come with the walk.  Nodes are also linked as a tree, which gives an order for
 * transfers that survives changes.  The table grows by one bucket at a time (linear hashing): no
 * update ever waits for a million names to be rehashed.
 *
 * A record set is one allocation: the records' data one behind the other, names in them whole.
 * With each record stands the lease it lives by (lease.h), 0 for those that stay.
 *
 * Nothing here knows the rules of UPDATE or who may do what.  Whoever changes a zone while it is
 * served does so through commit.h, which keeps the journal and everybody else informed.  Out of
 * memory ends the process (the journal has everything that was acknowledged).
 */
#ifndef DNSUPDATE_SERVER_DATA_ZONE_H
#define DNSUPDATE_SERVER_DATA_ZONE_H

#include "crypto/siphash.h"
#include "dnsupdate/wire/message.h"

struct rrset {
	struct rrset *next; /* of the same name */
	uint32_t ttl;
	uint32_t size; /* octets of data */
	uint16_t type;
	uint16_t count; /* of records, at least 1 */
	uint8_t data[]; /* count times: lease (4, host order), length (2, host order), octets */
};

/* One record of a set, pointing into it. */
struct record {
	uint32_t lease;
	uint16_t len;
	const uint8_t *data;
};

struct node {
	struct node *parent; /* NULL at the apex */
	struct node *child; /* first one; the name exists if it has children or sets */
	struct node *next, *previous; /* siblings */
	struct node *chain; /* of the hash table */
	struct rrset *sets;
	uint32_t hash;
	uint8_t label[]; /* length and octets; at the apex the zone's whole name */
};

struct lease_book;

struct zone {
	struct name name;
	uint32_t serial; /* of the SOA record; 0 while there is none */
	uint8_t is_private; /* answers to who has a key only */
	uint8_t broken; /* its data could not be read: nothing about it can be said */
	uint8_t loading; /* no limits: what is read back was within them when it was made */
	struct node *apex;
	struct lease_book *leases; /* lease.h; made with the zone */
	size_t names; /* nodes, the apex and empty non-terminals included */
	size_t records, max_records; /* no limit: 0 */
	size_t max_device_records; /* at a device's name and below; no limit: 0 */
	size_t octets; /* of record data */
	void *journal; /* whoever keeps it durable */
	void *subscriptions; /* whoever tells about changes */
	void *secondaries; /* whoever else is told */
	struct zone_walk *walks; /* under way */
	struct zone *next; /* of all (zones.h) */
	/* the table */
	struct node **bucket;
	size_t buckets, room; /* in use (a power of two and a part of the next), allocated */
	size_t nodes; /* in it */
	struct siphash_key key;
};

struct zone *zone_new(const struct name *name);
void zone_free(struct zone *z);

/* The node of exactly this name, which may be an empty non-terminal; NULL when there is none. */
struct node *zone_node(const struct zone *z, const struct name *name);
const struct rrset *node_rrset(const struct node *n, uint16_t type);
/* Records at n (NULL: none) and at all names below, not counted further than enough. */
size_t node_records(const struct node *n, size_t enough);
/* The whole name of a node. */
void node_name(const struct zone *z, const struct node *n, struct name *out);

/* Walk over all names, parents before their children: start with NULL, which gives the apex.
 * Changes in between do no harm as long as n itself stays. */
struct node *zone_next(const struct zone *z, const struct node *n);

/*
 * The same walk in slices, while the zone goes on changing: at moves on when the name it stands at
 * is removed.  A name that is there all the time is visited exactly once; of others, some are.
 */
struct zone_walk {
	struct node *at; /* the next one */
	struct zone_walk *next; /* of the zone's */
};
void zone_walk_begin(struct zone *z, struct zone_walk *w);
struct node *zone_walk_next(struct zone *z, struct zone_walk *w); /* NULL at the end */
void zone_walk_end(struct zone *z, struct zone_walk *w);

/*
 * Visit all names in slices, and know at any time who has been visited.  Each name has a place in
 * the order of the visit that follows from its hash and the size that the table had at the
 * beginning, whatever becomes of the table: a name that is there all the time is visited exactly
 * once, and of any name, there or not, it can be told whether its turn has been.
 */
struct zone_sweep {
	size_t buckets, at; /* places, and the next one; the apex comes before all */
	uint8_t begun;
};
void zone_sweep_begin(const struct zone *z, struct zone_sweep *w);
/* Call visit for the names of the next place; it must not change the zone.  0 when there are no
 * places left, else 1. */
int zone_sweep_next(const struct zone *z, struct zone_sweep *w,
    void (*visit)(void *ctx, const struct node *n), void *ctx);
int zone_sweep_passed(const struct zone *z, const struct zone_sweep *w, const struct name *name);

/* The next record of a set; start with *pos = 0.  0 at the end. */
int rrset_next(const struct rrset *set, size_t *pos, struct record *out);
/* Is this record in the set?  1 and *out filled (may be NULL), or 0. */
int rrset_has(const struct rrset *set, const void *rdata, uint16_t len, struct record *out);

/* Where a look-up ends. */
struct zone_place {
	const struct node *node; /* the name itself, or the wildcard that stands for it; or NULL */
	const struct node *encloser; /* the longest existing name at or above it */
	const struct node *cut; /* the delegation it lies at or below; NULL for none */
	uint8_t is_wildcard;
};
/* name must be in the zone.  Below a cut the walk ends: node is then NULL unless it is the cut. */
void zone_find(const struct zone *z, const struct name *name, struct zone_place *out);

/*
 * Raw changes.  zone_put makes the record stand with this TTL (which becomes the whole set's) and
 * lease; a record with the same data is replaced.  zone_take removes it, and the name when nothing
 * is left of it.  -1 when a limit is met (zone_put: set too large) or there is no such record
 * (zone_take); nothing is changed then.  rdata: names whole, as rdata_get gives them.
 */
int zone_put(struct zone *z, const struct name *owner, uint16_t type, uint32_t ttl,
    const void *rdata, uint16_t len, uint32_t lease);
int zone_take(
    struct zone *z, const struct name *owner, uint16_t type, const void *rdata, uint16_t len);

/* Make room for so many names at once. */
void zone_reserve(struct zone *z, size_t names);

/* Exchange all that two zones of the same name hold; who points to names or leases must know. */
void zone_swap(struct zone *a, struct zone *b);

/* The SOA record, read; -1 when the zone has none yet. */
int zone_soa(const struct zone *z, struct soa *out, uint32_t *ttl);

/* a newer than b in the arithmetic of RFC 1982? */
int serial_newer(uint32_t a, uint32_t b);
/* The one after it; never 0. */
uint32_t serial_next(uint32_t serial);

#endif
