/*
 * Record data of the types we write, in wire format: to add it, to delete it and to demand it as a
 * prerequisite needs the same bytes.
 */
#ifndef DNSUPDATE_WIRE_RDATA_H
#define DNSUPDATE_WIRE_RDATA_H

#include "dnsupdate/wire/name.h"

enum dns_type {
	TYPE_A = 1,
	TYPE_NS = 2,
	TYPE_CNAME = 5,
	TYPE_SOA = 6,
	TYPE_PTR = 12,
	TYPE_MX = 15,
	TYPE_TXT = 16,
	TYPE_RP = 17,
	TYPE_AFSDB = 18,
	TYPE_RT = 21,
	TYPE_PX = 26,
	TYPE_AAAA = 28,
	TYPE_SRV = 33,
	TYPE_KX = 36,
	TYPE_DNAME = 39,
	TYPE_OPT = 41,
	TYPE_NSEC = 47,
	TYPE_TSIG = 250,
	TYPE_IXFR = 251,
	TYPE_AXFR = 252,
	TYPE_ANY = 255,
};

#define RDATA_MAX 1024

struct rdata {
	uint16_t type;
	uint16_t len;
	uint8_t data[RDATA_MAX]; /* names in it are whole */
};

struct srv {
	uint16_t priority;
	uint16_t weight;
	uint16_t port;
	struct name target; /* the root = "not offered" (RFC 2782) */
};

struct soa {
	struct name mname;
	struct name rname;
	uint32_t serial, refresh, retry, expire, minimum;
};

void rdata_a(struct rdata *out, const uint8_t addr[4]);
void rdata_aaaa(struct rdata *out, const uint8_t addr[16]);
/* A or AAAA as ep's family says; -1 for none. */
int rdata_address(struct rdata *out, const struct endpoint *ep);
void rdata_srv(struct rdata *out, const struct srv *srv);
void rdata_ptr(struct rdata *out, const struct name *target);
/* Strings of at most 255 octets each; an empty list becomes one empty string (RFC 6763
 * section 6.1). 0, or -1 when they do not fit. */
int rdata_txt(struct rdata *out, const char *const *strings, size_t count);
/* The next string of TXT data; start with *pos = 0.  NULL at the end. */
const uint8_t *rdata_txt_next(const struct rdata *r, size_t *pos, size_t *len);

int rdata_equal(const struct rdata *a, const struct rdata *b);

/*
 * Check and copy the data of a record of this type that stands at b->pos and is len octets long;
 * names may be compressed and become whole (RFC 3597 section 4).  Unknown types are copied as they
 * are.  Sets b->failed when it is malformed; out NULL only checks.  -1 when it is longer than
 * RDATA_MAX (b moves on all the same), else 0.
 */
int rdata_get(struct buf *b, uint16_t type, uint16_t len, struct rdata *out);

/* Write the data with its names compressed, whatever the type: as PUSH does (RFC 8765
 * section 6.3.1); in other messages not even the target of SRV may be. */
void rdata_put_compressed(struct buf *b, struct name_table *table, const struct rdata *r);

/* "A", "SRV", ... or "TYPE" for others. */
const char *type_text(unsigned type);

#endif
