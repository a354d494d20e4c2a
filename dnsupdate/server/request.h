/*
 * One message on its way through the server, from UDP, TCP or TLS alike.
 *
 *	request_handle   parses, judges the signature, and hands on by opcode
 *	answer.h         queries
 *	updates.h        updates: they wait for the batch, so their reply comes later
 *	hooks of server.h  transfers, long-lived queries, stateful operations
 *
 * There is no socket and no clock here: bytes in, bytes out, now is in the request.
 */
#ifndef DNSUPDATE_SERVER_REQUEST_H
#define DNSUPDATE_SERVER_REQUEST_H

#include "dnsupdate/server/data/keyring.h"
#include "dnsupdate/server/data/zones.h"

#include <netinet/in.h>

struct server;
struct conn;

#define REQUEST_OPTIONS_MAX 512

enum transport { TRANSPORT_UDP, TRANSPORT_TCP, TRANSPORT_TLS };

union socket_address {
	struct sockaddr sa;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
};

/* Who asked, and how to answer.  May be copied and kept: a connection stays as long as one of its
 * requests is REQUEST_PENDING. */
struct requester {
	enum transport transport;
	unsigned socket; /* UDP: number of the listener */
	struct conn *conn; /* TCP, TLS */
	union socket_address from;
	/* UDP: our own address that was asked, and the interface; as in struct in6_pktinfo */
	struct in6_addr local;
	unsigned interface;
};

struct request {
	struct requester from;
	const uint8_t *data; /* as received */
	size_t len;
	uint64_t now_sec; /* wall clock */
	uint64_t now_ms; /* since boot */
	/* filled by request_handle */
	struct message m;
	struct tsig_signer signer;
	struct tsig_context tsig;
	struct key *key; /* whose valid signature it bears; NULL: none */
	uint8_t is_first; /* and has not borne before (seen.h) */
	uint16_t tsig_error; /* when it bears one that is not */
	uint8_t knocked; /* whoami.h */
	uint8_t has_cookie; /* one of ours: he is where he says */
	uint8_t is_signed; /* bears a TSIG record: so does the reply */
	struct zone *zone; /* closest above or at the question's name */
	uint16_t rcode; /* of the reply */
	uint16_t question_len; /* octets of the question, behind the header */
	/* the reply: a writer in the caller's room, as large as the reply may be: 65535 octets for
	 * streams; request_handle takes it down to what the asker wants over UDP */
	struct buf reply;
	struct buf options; /* of the reply's OPT record, written before reply_end */
	uint8_t options_room[REQUEST_OPTIONS_MAX];
};

enum request_result {
	REQUEST_REPLY, /* reply holds it */
	REQUEST_DROP, /* no answer at all */
	REQUEST_PENDING, /* somebody answers later, through server.h's send */
	REQUEST_CLOSE, /* no answer, and the connection is to be closed */
};

enum request_result request_handle(struct server *s, struct request *r);

/* For those who build replies.  Begin: header and, when there was one, the question as received.
 * rcode may be above 15 when the request has EDNS. */
void reply_begin(struct request *r, unsigned rcode, unsigned flags);
/* Octets that OPT and TSIG will take: records must end before reply.size minus these. */
size_t reply_reserve(const struct request *r);
/* Put OPT (with r->options; only when the request has one) and TSIG (likewise) behind it.
 * When that does not fit, or reply has failed, it becomes a truncated one without records. */
enum request_result reply_end(struct request *r);
/* A whole reply without records. */
enum request_result reply_error(struct request *r, unsigned rcode);

#endif
