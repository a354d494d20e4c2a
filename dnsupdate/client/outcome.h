/*
 * What came of a question or an update, as far as the deciding files care.  One name for each
 * kind of failure that has a reaction or a sentence of its own, whichever server said it: BIND
 * says REFUSED where Knot says NOTAUTH with BADKEY.
 */
#ifndef CLIENT_OUTCOME_H
#define CLIENT_OUTCOME_H

#include "dnsupdate/wire/tsig.h"

enum outcome {
	OUTCOME_OK, /* verified; for a question also "no such name" and "no such record" */
	OUTCOME_CONFLICT, /* verified: the epoch is not what we thought */
	OUTCOME_TIMEOUT, /* nobody answered */
	OUTCOME_UNSIGNED, /* answers came, none of them signed: not believed */
	OUTCOME_BADKEY, /* key unknown; Knot also: key may not write this */
	OUTCOME_BADSIG, /* the server has another secret under this name */
	OUTCOME_BADTIME, /* the two clocks differ too much */
	OUTCOME_REFUSED,
	OUTCOME_NOTAUTH, /* not the server of this zone */
	OUTCOME_SERVFAIL,
	OUTCOME_NOTIMP, /* a server that takes no updates */
	OUTCOME_DROPPED, /* verified, and yet our records do not stand there */
	OUTCOME_FAILED, /* anything else: FORMERR, NOTZONE, a broken answer */
	OUTCOME_MAX
};

/* What an answer means: the verdict on its TSIG and the error in that record (tsig.h), and the
 * rcode of its header; update != 0 when it answers an UPDATE.  Without a good signature it is never
 * OUTCOME_OK or OUTCOME_CONFLICT (RFC 8945 section 5.4: interpret the error, do not trust it). */
enum outcome outcome_of(enum tsig_verdict verdict, uint16_t tsig_error, uint16_t rcode, int update);

/* Is it the server (or the path to it) that should be tried again or replaced, not the request?
 * RFC 2136 section 4.6. */
int outcome_try_next_server(enum outcome o);

/* A sentence for people, empty for OUTCOME_OK.  key is our key's name; skew_sec is our clock minus
 * the server's when the server said its time under a good signature, else 0.  Returns out. */
const char *outcome_sentence(
    enum outcome o, const char *key, int64_t skew_sec, char out[MSG_TEXT_MAX]);

/* A word for logs. */
const char *outcome_word(enum outcome o);

#endif
