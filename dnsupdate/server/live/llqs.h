/*
 * The server's side of long-lived queries (RFC 8764): a machine in virtual time.  Requests and
 * acknowledgements come in as struct request; events go out through send.
 *
 * Set-up costs nothing until the asker has shown that he is where he says: the ID of the challenge
 * is a keyed hash of his address, the question, the lease and the minute, so half-open LLQs do not
 * exist here (RFC 8764 section 5.1 wants them kept; its appendix A calls that a mistake).
 *
 * One event at most is under way to a subscriber.  What changes meanwhile is told in one piece
 * after his acknowledgement: the difference between what he knows and what stands there then.
 * Events are sent three times, after 2 and 4 seconds again; 8 seconds later the LLQ is removed.
 */
#ifndef DNSUPDATE_SERVER_LIVE_LLQS_H
#define DNSUPDATE_SERVER_LIVE_LLQS_H

#include "dnsupdate/server/live/follow.h"
#include "dnsupdate/server/request.h"

struct llqs_config {
	uint32_t lease_min_sec, lease_max_sec; /* what is granted lies between */
	uint32_t max; /* LLQs in all */
	uint32_t max_from; /* from an IPv4 address, or IPv6 /56 */
	/* Send a message to a subscriber; the bytes are copied. */
	void (*send)(void *ctx, const struct requester *to, const void *data, size_t len);
	void *send_ctx;
};

struct llqs_stats {
	uint64_t set_up, refreshed, ended; /* ended: by the subscriber */
	uint64_t expired, lost; /* lost: an event was never acknowledged */
	uint64_t refused; /* SERV-FULL */
	uint64_t events, repeated, acknowledged; /* events: without repetitions */
};

struct llqs;

/* Registers itself with f. */
struct llqs *llqs_new(struct follow *f, const struct llqs_config *config);
void llqs_free(struct llqs *s);

/* A query with an LLQ option for a zone that the asker may read.  is_static: what he asks for
 * changes when the server starts, if ever. */
enum request_result llqs_request(struct llqs *s, struct request *r, int is_static);
/* A response from anybody: an acknowledgement, or nothing. */
void llqs_response(struct llqs *s, const struct request *r);

/* Send, repeat and give up what is due, and look for expired LLQs. */
void llqs_tick(struct llqs *s, uint64_t now_ms);
/* When it wants to be called again, asked for after each of the other functions. */
#define LLQS_IDLE UINT64_MAX
uint64_t llqs_due(const struct llqs *s);

size_t llqs_count(const struct llqs *s);
const struct llqs_stats *llqs_stats(const struct llqs *s);

#endif
