/*
 * DNS Stateful Operations (RFC 8490): messages of opcode 6 on a TCP or TLS stream, whose body is
 * type-length-values (TLVs).  What a session means is decided by its two ends; this file reads and
 * writes the messages.  Subscriptions, the TLVs of RFC 8765, are in push.h.
 *
 *	QR 0, id     a request: exactly one response follows
 *	QR 0, id 0   unidirectional: never answered
 *	QR 1, id     a response
 *	QR 1, id 0   impossible: abort the session
 */
#ifndef DNSUPDATE_WIRE_DSO_H
#define DNSUPDATE_WIRE_DSO_H

#include "dnsupdate/wire/message.h"

#define DSO_TLV_HEADER 4

enum dso_type {
	DSO_KEEPALIVE = 1,
	DSO_RETRY_DELAY = 2,
	DSO_PADDING = 3,
	DSO_SUBSCRIBE = 0x40, /* from here on RFC 8765 */
	DSO_PUSH = 0x41,
	DSO_UNSUBSCRIBE = 0x42,
	DSO_RECONFIRM = 0x43,
};
const char *dso_type_text(unsigned type);

enum dso_kind { DSO_REQUEST, DSO_UNIDIRECTIONAL, DSO_RESPONSE, DSO_IMPOSSIBLE };

struct dso_message {
	const uint8_t *data; /* borrowed */
	size_t len;
	uint16_t id;
	uint8_t kind; /* enum dso_kind */
	uint8_t rcode;
};

/* One TLV; data and what lies before it in the message are needed to follow compressed names. */
struct dso_tlv {
	uint16_t type;
	uint16_t len;
	size_t at; /* of its data, in the message */
	const uint8_t *data;
};

/* Has this message (without the stream's length) the opcode DSO?  Ask before message_parse. */
int dso_is(const void *data, size_t len);

/* Read the header and walk the TLVs.  0; or -1 when a count is not zero, a TLV runs over the end or
 * the opcode is another.  m is filled in any case but that of less than a header (all zero then,
 * kind DSO_IMPOSSIBLE), so that a request can be answered with FORMERR. */
int dso_parse(struct dso_message *m, const void *data, size_t len);

/* The next TLV of a parsed message; start with *pos = 0, the first one is the primary TLV of a
 * request or unidirectional message.  1, or 0 at the end. */
int dso_next(const struct dso_message *m, size_t *pos, struct dso_tlv *out);
/* The first TLV of this type behind the first skip ones; 1, or 0. */
int dso_find(const struct dso_message *m, unsigned skip, uint16_t type, struct dso_tlv *out);

/* Timers, milliseconds; DSO_NEVER means "no limit". */
#define DSO_NEVER 0xffffffffu
#define DSO_KEEPALIVE_MIN_MS 10000 /* a server that says less is to be left (section 6.5.2) */
#define DSO_DEFAULT_MS 15000 /* both, until the server has said something (section 6.2) */
struct dso_timeouts {
	uint32_t inactivity_ms;
	uint32_t keepalive_ms;
};

/* Contents.  0, or -1 for a wrong type or length. */
int dso_get_keepalive(const struct dso_tlv *tlv, struct dso_timeouts *out);
int dso_get_retry_delay(const struct dso_tlv *tlv, uint32_t *delay_ms);

/* Start a message in b, which starts empty. */
void dso_begin(struct buf *b, enum dso_kind kind, uint16_t id, unsigned rcode);
/* Append TLVs. */
void dso_put_keepalive(struct buf *b, const struct dso_timeouts *t);
void dso_put_retry_delay(struct buf *b, uint32_t delay_ms);
/* Fill up to a multiple of block octets (RFC 8467: 128 for requests, 468 for responses); nothing
 * when it is one already. */
void dso_put_padding(struct buf *b, size_t block);

/* For other TLVs: where the length goes, then the data, then this. */
size_t dso_tlv_begin(struct buf *b, uint16_t type);
void dso_tlv_end(struct buf *b, size_t mark);

#endif
