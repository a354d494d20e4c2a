/*
 * DNS Push Notifications (RFC 8765): the TLVs of SUBSCRIBE, PUSH, UNSUBSCRIBE and RECONFIRM, read
 * and written.  Names in them may be compressed, counted from the DNS header, in the data of SRV
 * and other types too.
 */
#ifndef DNSUPDATE_WIRE_PUSH_H
#define DNSUPDATE_WIRE_PUSH_H

#include "dnsupdate/wire/dso.h"

#define PUSH_MESSAGE_MAX 16382 /* section 6.3.1; more is fatal for the client */
#define PUSH_TTL_REMOVE 0xffffffffu
#define PUSH_TTL_REMOVE_ALL 0xfffffffeu

/* Reading.  m is parsed and tlv one of its TLVs; every function returns -1 for another type or
 * malformed data, which is fatal for the session unless said otherwise. */

/* 0.  For a SUBSCRIBE malformed inside the answer is FORMERR. */
int push_get_subscribe(
    const struct dso_message *m, const struct dso_tlv *tlv, struct question *out);
/* 0; id is that of the SUBSCRIBE. */
int push_get_unsubscribe(const struct dso_tlv *tlv, uint16_t *id);
/* 0; the record rd (type in it) at q->name is doubted.  Data longer than RDATA_MAX: -1 too. */
int push_get_reconfirm(
    const struct dso_message *m, const struct dso_tlv *tlv, struct question *q, struct rdata *rd);

enum push_what {
	PUSH_ADD, /* or a new TTL for one that is there */
	PUSH_REMOVE, /* this record */
	PUSH_REMOVE_SET, /* all of type and class */
	PUSH_REMOVE_CLASS, /* all types of class */
	PUSH_REMOVE_NAME, /* everything at the name */
	PUSH_IGNORE, /* a TTL that means nothing, or data longer than RDATA_MAX */
};

struct push_change {
	enum push_what what;
	struct name name;
	uint16_t type; /* PUSH_REMOVE_SET and single records */
	uint16_t class;
	uint32_t ttl; /* PUSH_ADD: seconds; 0 = as long as subscribed */
	struct rdata rdata; /* PUSH_ADD, PUSH_REMOVE */
};

/* The next change of a PUSH; start with *pos = 0.  1; 0 at the end; -1 fatal, as is a PUSH without
 * any. */
int push_next(
    const struct dso_message *m, const struct dso_tlv *tlv, size_t *pos, struct push_change *out);

/* Writing. */

/* Whole messages into an empty b.  The padding block may be 0. */
void push_subscribe_build(struct buf *b, uint16_t id, const struct question *q, size_t padding);
void push_unsubscribe_build(struct buf *b, uint16_t subscribe_id, size_t padding);
void push_reconfirm_build(
    struct buf *b, const struct name *owner, const struct rdata *rd, size_t padding);

/* A PUSH being written. */
struct push_writer {
	struct buf b;
	struct name_table names;
	size_t mark;
	unsigned changes;
};

/* Start in room of size octets; more than PUSH_MESSAGE_MAX is never used. */
void push_begin(struct push_writer *w, void *room, size_t size);
/* One more record of class IN; ttl PUSH_TTL_REMOVE takes it away.  0; -1 when it does not fit any
 * more: the message is as before.  A record that does not fit an empty message never will. */
int push_add(struct push_writer *w, const struct name *owner, uint32_t ttl, const struct rdata *rd);
/* Take away all of this type (class IN); TYPE_ANY: all types.  0 or -1 as above. */
int push_remove_set(struct push_writer *w, const struct name *owner, uint16_t type);
/* The length of the message, 0 when nothing was added. */
size_t push_end(struct push_writer *w);

#endif
