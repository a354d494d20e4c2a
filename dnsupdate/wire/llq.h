/*
 * DNS Long-Lived Queries (RFC 8764): the option and the messages that carry it, both directions.
 *
 *	client  QR 0  SETUP           id 0, the lease wanted
 *	server  QR 1  SETUP           a new id, the lease granted, no answers: the challenge
 *	client  QR 0  SETUP           both repeated
 *	server  QR 1  SETUP           the lease left, all answers
 *	server  QR 1  EVENT           id, lease 0; in the answer section what changed
 *	client  QR 1  EVENT           the same option and question back: acknowledged
 *	client  QR 0  REFRESH         id, the lease wanted; 0 ends it
 *	server  QR 1  REFRESH         id, the lease granted
 *
 * In an event a record with its own TTL was added, one whose TTL is LLQ_TTL_REMOVE was removed. All
 * 32 bits count: RFC 2181's "a TTL with the top bit is 0" does not hold here.
 *
 * One question a message (RFC 9619), so one option; RFC 8764 would allow several of both.
 */
#ifndef DNSUPDATE_WIRE_LLQ_H
#define DNSUPDATE_WIRE_LLQ_H

#include "dnsupdate/wire/message.h"

#define LLQ_PORT 5352
#define OPTION_LLQ 1
#define LLQ_VERSION 1
#define LLQ_OPTION_LEN 18 /* without code and length */
#define LLQ_TTL_REMOVE 0xffffffffu

/* Leases, seconds (RFC 6281 section 5.3). */
#define LLQ_LEASE_MIN 900
#define LLQ_LEASE_MAX 7200

enum llq_opcode { LLQ_SETUP = 1, LLQ_REFRESH = 2, LLQ_EVENT = 3 };

enum llq_error {
	LLQ_NO_ERROR,
	LLQ_SERV_FULL, /* try again after lease seconds */
	LLQ_STATIC, /* never changes: neither poll nor ask again */
	LLQ_FORMAT_ERR,
	LLQ_NO_SUCH_LLQ,
	LLQ_BAD_VERS,
	LLQ_UNKNOWN_ERR,
};

struct llq_option {
	uint16_t version;
	uint16_t opcode; /* enum llq_opcode, or anything from the wire */
	uint16_t error; /* enum llq_error, or anything from the wire */
	uint64_t id;
	uint32_t lease; /* seconds */
};

/* 1 and out filled; 0 when the message has none; -1 for another length or two of them: a server
 * answers NOERROR with FORMAT-ERR (a DNS FORMERR would mean "no LLQ here"). */
int llq_get(const struct message *m, struct llq_option *out);

const char *llq_error_text(unsigned error);

/* A message being written.  The room for the option is kept free from the beginning. */
struct llq_writer {
	struct buf b;
	struct name_table names;
	uint16_t answers;
};

/* Start with this id, these FLAG_ bits and question, in room of size octets; for what may get a
 * TSIG behind it (setup and refresh) give a size smaller by tsig_room. */
void llq_begin(struct llq_writer *w, void *room, size_t size, uint16_t id, uint16_t flags,
    const struct question *q);
/* One more record in the answer section, class that of the question, ttl LLQ_TTL_REMOVE for one
 * that is gone.  0; -1 when it does not fit any more: the message is as before and may be ended. */
int llq_add(struct llq_writer *w, const struct name *owner, uint32_t ttl, const struct rdata *rd);
/* Append the option; returns the length, 0 when not even that much room was given.  From then on
 * w->b is a complete message, which tsig_sign and tsig_sign_reply take when its size is raised
 * again. */
size_t llq_end(struct llq_writer *w, const struct llq_option *o);

#endif
