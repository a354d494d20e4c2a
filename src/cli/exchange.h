/*
 * One question to a name server and its answer, blocking: UDP first, TCP when UDP is silent or the
 * answer did not fit, at once when the request does not fit.  With a key the request is signed and
 * only an authentic answer counts (RFC 8945 section 5.4); what unsigned refusals say is kept as a
 * hint for the user.
 */
#ifndef CLI_EXCHANGE_H
#define CLI_EXCHANGE_H

#include "dnsupdate/wire/message.h"
#include "identity/identity.h"

#define EXCHANGE_REQUEST_MAX MESSAGE_MAX /* octets, signature included */

enum exchange_result {
	EXCHANGE_SILENT, /* no answer, or none that was ours */
	EXCHANGE_ANSWERED, /* message holds it; look at its rcode */
	EXCHANGE_BAD_KEY, /* not authentic: "I do not know this key" */
	EXCHANGE_BAD_SIG, /* not authentic: "your key has another secret" */
	EXCHANGE_UNSIGNED, /* not authentic: an rcode without signature */
	EXCHANGE_CLOCK, /* authentic: the clocks differ by skew_sec (ours minus theirs) */
};

/* Big: allocate it. */
struct exchange_reply {
	enum exchange_result result;
	uint16_t rcode; /* ANSWERED, UNSIGNED */
	int64_t skew_sec;
	struct message message; /* reads data */
	uint8_t data[MESSAGE_MAX];
};

/* Ask server.  request is a complete message as query_build or update_finish leave it; it is sent
 * signed by key, or as it is when key is NULL.  Takes at most ten seconds. */
void exchange(const struct buf *request, const struct tsig_key *key, const struct endpoint *server,
    struct exchange_reply *reply);

#endif
