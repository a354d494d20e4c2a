/*
 * Domain names.  One form inside the program: uncompressed wire format in lower case, the
 * canonical form of RFC 8945 and RFC 4034, so that two names are equal when their bytes are.
 */
#ifndef DNSUPDATE_WIRE_NAME_H
#define DNSUPDATE_WIRE_NAME_H

#include "base/buf.h"
#include "base/msg.h"

#include <stddef.h>
#include <stdint.h>

#define NAME_WIRE_MAX 255
#define NAME_LABEL_MAX 63
#define NAME_JUMPS_MAX 127 /* pointers in one name: there cannot be more labels */
#define NAME_TEXT_MAX 1020 /* every octet escaped, and NUL */

/* len counts the root label's zero octet: the root is { 1, { 0 } }.  len 0 is no name. */
struct name {
	uint8_t len;
	uint8_t wire[NAME_WIRE_MAX];
};

/* From text: final dot optional, \X and \DDD understood (RFC 1035 section 5.1); "" and "." are
 * the root.  0, or -1 when it is no name (out untouched). */
int name_parse(struct name *out, const char *text);
/* To text without final dot; what is not printable is escaped; the root is ".".  Returns out. */
const char *name_text(const struct name *n, char out[NAME_TEXT_MAX]);
/* To text for a host (str_is_hostname, underscores allowed).  0, or -1 for any other name, as the
 * root; out untouched then. */
int name_host(const struct name *n, char out[MSG_NAME_MAX]);

int name_equal(const struct name *a, const struct name *b);
/* Is n equal to or below domain? */
int name_in(const struct name *n, const struct name *domain);
/* out = prefix (text as in name_parse, one label or several) in front of base.
 * 0, or -1 when too long.  out may be base. */
int name_prepend(struct name *out, const char *prefix, const struct name *base);
/* out = n without its first count labels; -1 when it has fewer.  out may be n. */
int name_strip(struct name *out, const struct name *n, unsigned count);
/* Labels without the root's. */
unsigned name_labels(const struct name *n);

/*
 * Read a name at b->pos of a message (b->data is the message's first octet).  Compression pointers
 * must lead backwards, each further back than the one before, so no loop is possible, and be
 * NAME_JUMPS_MAX at most.  Sets
 * b->failed when it is malformed; out is then the root.
 */
void name_get(struct buf *b, struct name *out);

/* Write it whole. */
void name_put(struct buf *b, const struct name *n);

/* Where in a message under construction names stand that later ones may point to. */
#define NAME_TABLE_MAX 64
struct name_table {
	uint16_t count;
	uint16_t at[NAME_TABLE_MAX];
};

/* Write it compressed against the names in table (b->data is the message's first octet) and
 * remember its own labels there.  A zeroed table is empty. */
void name_put_compressed(struct buf *b, struct name_table *table, const struct name *n);

#endif
