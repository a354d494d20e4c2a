/*
 * Connections: TCP, and TLS behind the same functions.  A connection carries messages with their
 * length in front, both ways.  Requests are handled in the order they came; while one waits for its
 * commit or for a transfer, those behind it wait too, in the kernel's buffer if they are many.
 */
#ifndef DNSUPDATE_SERVER_NET_CONN_H
#define DNSUPDATE_SERVER_NET_CONN_H

#include "dnsupdate/server/request.h"
#include "loop/loop.h"

#include <sys/types.h>

struct conns; /* all of them, with their limits */
struct conn;

/* How octets go in and out; plain TCP when NULL is given.  read, write: as read(2) and write(2) on
 * a non-blocking descriptor, EAGAIN included.  wants: LOOP_READ|LOOP_WRITE that must be ready
 * before a read can go on (a handshake), 0 for what is natural.  pending: is there something to
 * read that the descriptor does not show?  close: last words, then free; the descriptor is not its
 * own. */
struct conn_io {
	ssize_t (*read)(void *io, void *data, size_t size);
	ssize_t (*write)(void *io, const void *data, size_t len);
	int (*wants)(void *io);
	int (*pending)(void *io);
	void (*close)(void *io, int abort);
};

/* max in all, per_network from one IPv4 /24 or IPv6 /56. */
struct conns *conns_new(struct loop *l, struct server *s, unsigned max, unsigned per_network);
/* Closes all. */
void conns_free(struct conns *cs);
size_t conns_count(const struct conns *cs);

/* Take over an accepted descriptor (made non-blocking by the caller).  io with its ctx belong to
 * the connection from now on.  NULL when a limit is met; descriptor and io are closed then. */
struct conn *conn_new(struct conns *cs, int fd, enum transport transport,
    const union socket_address *from, const struct conn_io *io, void *io_ctx);

/* Queue a message.  0; -1 when more than limit octets wait (0: LIMIT_STREAM_QUEUE): it is not
 * queued, and the caller decides whether the connection is worth keeping. */
int conn_send(struct conn *c, const void *message, size_t len, size_t limit);
/* The reply to a request that was REQUEST_PENDING, len 0 for none: the next one may follow.  Must
 * come once, also when the other side is long gone: the connection waits for it. */
void conn_reply(struct conn *c, const void *message, size_t len);
/* A reply of many messages: more is called when there is room to write, and sends with conn_send;
 * it returns 1 to be called again, 0 at its end, -1 to have the connection closed.  gone is called
 * once, when all is sent or the connection is no more. */
void conn_stream(
    struct conn *c, int (*more)(void *ctx, struct conn *c), void (*gone)(void *ctx), void *ctx);

/* The deadline of its session may be another now. */
void conn_look_again(struct conn *c);
/* Close when all is sent; close now with RST (what RFC 8490 calls forcibly abort).  May be called
 * from within handling one of its requests; the connection is gone when the loop runs next. */
void conn_close(struct conn *c);
void conn_abort(struct conn *c);
/* Whoever has made it more than a connection (DSO).  In these functions conn_close and conn_abort
 * may be called. */
struct conn_session {
	/* Called once when it ends. */
	void (*gone)(void *session);
	/* Nothing waits to be sent any more. */
	void (*drained)(void *session);
	/* A message was handled that was no DSO, or the answer to one was sent (r NULL).  -1:
	 * abort. */
	int (*heard)(void *session, const struct request *r);
	/* When the session is to be aborted, milliseconds since boot; UINT64_MAX: it may stay; 0:
	 * it is none yet, and the connection's own limits hold.  busy: a request waits for its
	 * reply. */
	uint64_t (*deadline)(void *session, int busy);
};
void conn_set_session(struct conn *c, void *session, const struct conn_session *ops);
void *conn_session(const struct conn *c);
/* The key of a signed query that was answered on it (RFC 8765 for private zones); NULL for none. */
struct key *conn_key(const struct conn *c);
struct server *conn_server(const struct conn *c);
void *conn_io_ctx(const struct conn *c);
enum transport conn_transport(const struct conn *c);
/* Our own address on it.  0, or -1 with errno. */
int conn_local(const struct conn *c, union socket_address *out);
/* Octets that wait to be sent. */
size_t conn_queued(const struct conn *c);

#endif
