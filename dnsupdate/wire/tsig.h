/*
 * TSIG (RFC 8945): who sent this message, unchanged, and when.
 *
 * A client signs a request, keeps the tsig_context until the answer is there, and judges each
 * message that claims to be the answer.  The clock is an argument.  Nothing here changes state on a
 * message that is not authentic, so a forger can only be ignored.
 */
#ifndef DNSUPDATE_WIRE_TSIG_H
#define DNSUPDATE_WIRE_TSIG_H

#include "dnsupdate/wire/message.h"

#define TSIG_FUDGE 300 /* seconds; RFC 8945 section 10 */
#define TSIG_MAC_MAX 64
#define TSIG_UNSIGNED_MAX 99 /* messages of a stream between two signed ones (section 5.3.1) */

/* The error field of a TSIG record; below 16 it is an rcode. */
enum tsig_error {
	TSIG_NOERROR = 0,
	TSIG_BADSIG = 16,
	TSIG_BADKEY = 17,
	TSIG_BADTIME = 18,
	TSIG_BADTRUNC = 22,
};

/* A key, borrowed by everything below.  A name has exactly one algorithm. */
struct tsig_signer {
	struct name name;
	enum tsig_algorithm algorithm;
	const uint8_t *secret;
	size_t secret_len;
};

/* Fill a client's signer from text and bytes (secret is borrowed).  0, or -1 when the name or the
 * algorithm is none, the algorithm is weak, or the secret is empty. */
int tsig_signer_init(struct tsig_signer *s, const char *name, uint8_t algorithm,
    const uint8_t *secret, size_t secret_len);

/* "hmac-sha256" ...; NULL for an unknown one.  And back, case ignored: 0 for an unknown one. */
const char *tsig_algorithm_text(enum tsig_algorithm alg);
enum tsig_algorithm tsig_algorithm_parse(const char *text);
/* HMAC-SHA1 and HMAC-MD5, which RFC 8945 section 6 says not to use. */
int tsig_algorithm_is_weak(enum tsig_algorithm alg);

struct mac;

/* One exchange.  Starts zeroed; tsig_forget ends it. */
struct tsig_context {
	const struct tsig_signer *key; /* borrowed */
	uint16_t id; /* original ID of the request */
	uint16_t mac_len; /* of the last signed message, as it was on the wire */
	uint8_t mac[TSIG_MAC_MAX];
	uint64_t time_sec; /* time signed of the request */
	uint16_t fudge;
	uint16_t unsigned_count; /* stream: messages since the last signed one */
	uint8_t signed_count; /* stream: 0, then 1 (does not go on counting) */
	struct mac *running; /* stream: over the unsigned messages so far */
};

/* Append a TSIG record to the complete message b->data[0..pos) and count it.  Fills *ctx (what was
 * in it must have been forgotten).  0, or -1 when there is no room or the engine failed. */
int tsig_sign(
    struct tsig_context *ctx, const struct tsig_signer *key, struct buf *b, uint64_t now_sec);
/* Octets tsig_sign will append. */
size_t tsig_room(const struct tsig_signer *key);

enum tsig_verdict {
	TSIG_OK, /* authentic and in time; its rcode may be believed */
	TSIG_CLOCK, /* authentic "your clock is wrong": report tells the server's */
	TSIG_TRUNCATED, /* authentic "your MAC is too short" (we never truncate: a broken server) */
	TSIG_HINT, /* not authentic, but says NOTAUTH: remember for the log, keep waiting */
	TSIG_MISSING, /* no TSIG: ignore it, keep waiting */
	TSIG_STALE, /* the MAC is right, the time is not ours: ignore it, keep waiting */
	TSIG_FORGED, /* wrong MAC, key, algorithm or place: ignore it, keep waiting */
	TSIG_FAILED, /* our own engine failed */
};
const char *tsig_verdict_text(enum tsig_verdict v);

struct tsig_report {
	uint16_t error; /* enum tsig_error; or the rcode NOTAUTH where TSIG was missing */
	uint64_t server_sec; /* TSIG_CLOCK: the server's time.  TSIG_STALE: time signed.  Else 0.
			      * For the log and the user: never set a clock by it (5.4.3). */
	int64_t skew_sec; /* TSIG_CLOCK and TSIG_STALE: our clock minus theirs */
};

/* Judge the answer to the signed request of *ctx (section 5.4).  report may be NULL. */
enum tsig_verdict tsig_verify(struct tsig_context *ctx, const struct message *m, uint64_t now_sec,
    struct tsig_report *report);

/* Judge the second and every later message of a stream of answers (section 5.3.1): TSIG_OK also for
 * an unsigned one that a later signature must still cover.  Any other verdict ends the stream. */
enum tsig_verdict tsig_verify_next(struct tsig_context *ctx, const struct message *m,
    uint64_t now_sec, struct tsig_report *report);
/* Is everything so far covered by a signature?  Ask before using the last message. */
int tsig_stream_complete(const struct tsig_context *ctx);

/* Wipe it; harmless twice. */
void tsig_forget(struct tsig_context *ctx);

/* ---- the server's side (section 5.2, 5.3) ---- */

/* The key name and algorithm a request claims.  1; 0 when there is no TSIG; -1 when it is
 * malformed, doubled or not last: answer FORMERR, unsigned. */
int tsig_claim(const struct message *m, struct name *key_name, struct name *algorithm);

/*
 * Check a request signed by key (NULL: no such key).  Returns TSIG_NOERROR or the error to answer
 * with, RCODE_FORMERR for a MAC of impossible length.  newest_sec: time signed of the newest
 * request accepted from this key (0 = none); an older one is TSIG_BADTIME.  Fills *ctx for
 * tsig_sign_reply unless the result is RCODE_FORMERR.
 */
uint16_t tsig_check_request(struct tsig_context *ctx, const struct tsig_signer *key,
    const struct message *m, uint64_t now_sec, uint64_t newest_sec);

/* Append the answer's TSIG: signed for TSIG_NOERROR, TSIG_BADTIME and TSIG_BADTRUNC, with an empty
 * MAC for TSIG_BADKEY and TSIG_BADSIG.  request is what was checked.  0 or -1. */
int tsig_sign_reply(struct tsig_context *ctx, const struct message *request, struct buf *b,
    uint16_t error, uint64_t now_sec);
/* The same for the second and later messages of a stream. */
int tsig_sign_next(struct tsig_context *ctx, struct buf *b, uint64_t now_sec);

#endif
