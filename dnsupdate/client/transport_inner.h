/* What transport.c, transport_stream.c and datagram.c share: nobody else includes this. */
#ifndef CLIENT_TRANSPORT_INNER_H
#define CLIENT_TRANSPORT_INNER_H

#include "dnsupdate/client/session.h"
#include "dnsupdate/client/transport.h"

struct way {
	struct transport_request *r;
	struct endpoint to;
	int fd; /* -1 = not tried yet */
	struct loop_fd *watch;
};

/* A request as datagrams. */
struct datagram {
	uint64_t end_ms;
	unsigned sent; /* attempts so far */
	unsigned count; /* of ways */
	int doubted;
	int streamed; /* TCP was tried in this attempt: a forged "cut short" must not go on for ever
		       */
	struct way way[MSG_SERVERS_MAX]; /* in the order in which they are tried */
	struct line *line;
	struct endpoint line_to;
};

struct transport_request {
	struct transport *t;
	struct transport_request *next;
	const struct transport_handler *handler;
	void *ctx;
	size_t len;
	uint8_t *msg;
	struct loop_timer *timer;
	int by_stream; /* the way it goes */
	/* By the stream. */
	int out; /* on the present connection */
	unsigned moves; /* to another server */
	uint64_t end_ms;
	/* As datagrams. */
	struct datagram d;
};

struct transport {
	struct loop *loop;
	struct transport_request *requests; /* oldest first */
	unsigned open;
	unsigned policy; /* enum dns_transport */
	struct tls_context *tls;
	/* Datagrams. */
	unsigned servers, best;
	unsigned answer_ms; /* how long an answer usually takes; 0 = not known */
	struct endpoint server[MSG_SERVERS_MAX];
	/* The stream. */
	struct session *session;
	unsigned streams, tls_servers; /* addresses it may go to */
	int use_stream; /* for new requests */
	int hold, tls_seen;
	uint64_t heard_ms; /* anything by the stream */
	uint64_t again_ms; /* TLS did not work: not before */
	uint64_t doubted_ms; /* our network may be another one since then */
	char trouble[TLS_TEXT_MAX];
	const struct transport_hook *hook;
	void *hook_ctx;
	uint8_t channel; /* of the last answer */
	struct transport_server list[TRANSPORT_SERVERS_MAX];
	unsigned listed;
};

/* The request is over: take it out and free it, and then, for request_fail, say so. */
void request_end(struct transport_request *r);
void request_fail(struct transport_request *r);

/* Is clear text out of the question? */
int transport_must_be_tls(const struct transport *t);

/* transport_stream.c: what the session calls. */
extern const struct session_handler stream_handler;
/* Begin to send r by the stream; nothing came for so long: the request or the connection has had
 * its time. */
void stream_begin(struct transport_request *r);
void stream_timer(struct transport_request *r);
/* Have a connection, or none, as there are requests for it. */
void stream_want(struct transport *t);
/* The connection has gone. */
void stream_forget(struct transport *t);

/* datagram.c: begin to send r over the datagram servers; a turn of its timer; let go of its
 * sockets. */
void datagram_begin(struct transport_request *r);
void datagram_timer(struct transport_request *r);
void datagram_end(struct transport_request *r);

#endif
