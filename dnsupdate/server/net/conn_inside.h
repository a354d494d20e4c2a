/* A connection from the inside: conn.c has its life and what goes out, conn_serve.c what comes in.
 */
#ifndef DNSUPDATE_SERVER_NET_CONN_INSIDE_H
#define DNSUPDATE_SERVER_NET_CONN_INSIDE_H

#include "dnsupdate/server/net/conn.h"
#include "dnsupdate/server/net/crowd.h"
#include "dnsupdate/server/net/octets.h"

enum waiting { WAITING_NOT, WAITING_REPLY, WAITING_STREAM };

struct conn {
	struct conn *next, *previous;
	struct conns *all;
	int fd;
	struct loop_fd *watch;
	struct loop_timer *timer; /* idle, slow, or something to do at once */
	const struct conn_io *io;
	void *io_ctx;
	struct requester who;
	struct octets in, out;
	enum waiting waiting;
	uint8_t ended; /* the other side sends no more */
	uint8_t closing; /* when all is sent */
	uint8_t aborted; /* at once */
	uint8_t handling; /* in request_handle: must not be freed */
	uint8_t watched; /* LOOP_ bits asked for */
	uint64_t message_since_ms; /* when the message at hand began; 0 = none */
	uint64_t active_ms; /* the last whole message, or the last octet sent */
	int (*more)(void *ctx, struct conn *c);
	void (*stream_gone)(void *ctx);
	void *stream_ctx;
	void *session;
	const struct conn_session *ops; /* of the session; NULL: none */
	struct key *key;
};

struct conns {
	unsigned max, per_network;
	struct crowd crowd;
	struct loop *loop;
	struct server *server;
	struct conn *first;
	size_t count;
	struct request request; /* the one at hand */
	uint8_t reply[MESSAGE_MAX];
};

/* What the loop should watch for, LOOP_ bits. */
int conn_wanted(const struct conn *c);
/* Does io hold octets that the descriptor does not show? */
int conn_io_pending(const struct conn *c);
/* Write what waits, a few rounds of it. */
void conn_write_out(struct conn *c);

/* Read, and handle what is whole. */
void conn_read_in(struct conn *c);
/* Handle what has come in before, as far as there is room for answers. */
void conn_serve(struct conn *c);
/* The session hears of a message that is not its own; r is NULL for one that was answered later. */
void conn_tell_session(struct conn *c, const struct request *r);

#endif
