/* Inside TSIG: the record itself and the digest, shared by both sides. */
#ifndef DNSUPDATE_WIRE_TSIG_RR_H
#define DNSUPDATE_WIRE_TSIG_RR_H

#include "dnsupdate/wire/tsig.h"

/* A TSIG record; mac and other point into the message or the caller's room. */
struct tsig_rr {
	struct name key_name;
	struct name algorithm;
	uint64_t time_sec;
	uint16_t fudge;
	uint16_t mac_len;
	const uint8_t *mac;
	uint16_t original_id;
	uint16_t error;
	uint16_t other_len;
	const uint8_t *other;
	size_t at; /* where it starts: the end of what is signed */
};

/* The TSIG of a message: 1; 0 when there is none; -1 when it is malformed, not last or doubled. */
int tsig_rr_find(const struct message *m, struct tsig_rr *t);
/* Write it behind a message and count it. */
void tsig_rr_append(struct buf *b, const struct tsig_rr *t);

/* The name that goes on the wire; the octets of its digest; is the record for this key? */
void tsig_algorithm_name(enum tsig_algorithm alg, struct name *out);
size_t tsig_digest_len(enum tsig_algorithm alg);
int tsig_rr_is_by(const struct tsig_rr *t, const struct tsig_signer *key);
/* Is its time within its fudge (but never more than TSIG_FUDGE) of now? */
int tsig_rr_in_time(const struct tsig_rr *t, uint64_t now_sec);

/* What a digest covers besides the message (section 4.3). */
struct tsig_scope {
	const struct tsig_signer *key;
	const uint8_t *prior; /* the MAC before, NULL for a request */
	uint16_t prior_len;
	int timers_only;
	struct mac *running; /* already begun (prior is in it), or NULL; is used up */
};

/* Begin a digest: the prior MAC with its length in front.  NULL when the engine fails. */
struct mac *tsig_digest_begin(const struct tsig_scope *s);

/* The digest of the message of len octets with additional records in its header's count, under the
 * ID t says. 0 or -1. */
int tsig_digest(const struct tsig_scope *s, const uint8_t *msg, size_t len, uint16_t additional,
    const struct tsig_rr *t, uint8_t out[TSIG_MAC_MAX]);

/* Sign what b holds: fills t's MAC, original ID, key and algorithm, appends it, keeps the MAC in
 * ctx. 0 or -1. */
int tsig_rr_sign(
    struct tsig_context *ctx, const struct tsig_scope *s, struct buf *b, struct tsig_rr *t);

/* Does the MAC of t, over its own length, fit message m?  1, 0, or -1 when the engine failed. */
int tsig_rr_fits(const struct tsig_scope *s, const struct message *m, const struct tsig_rr *t);

/* Make t's MAC the prior one of ctx. */
void tsig_keep_mac(struct tsig_context *ctx, const struct tsig_rr *t);

#endif
