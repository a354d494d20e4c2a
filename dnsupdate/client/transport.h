/*
 * Carrying DNS messages to the name server and answers back.  Knows nothing of what it carries but
 * its length and ID; whoever sends judges each answer.
 *
 * There are two ways.  Datagrams: UDP, repeated over all of the server's addresses, TCP where a
 * message is too long.  The stream: one long connection, TLS or TCP, for all requests and for DNS
 * Stateful Operations (RFC 8490), see session.h.  The policy says which; with TRANSPORT_AUTO, TLS
 * is tried where it can be verified, and datagrams are the way while it has never worked.
 */
#ifndef CLIENT_TRANSPORT_H
#define CLIENT_TRANSPORT_H

#include "base/addr.h"
#include "base/msg.h"
#include "crypto/tls.h"
#include "loop/loop.h"

#include <stddef.h>

struct transport;
struct transport_request;

#define TRANSPORT_MAX 64 /* requests at a time */
#define TRANSPORT_SERVERS_MAX 16

/* What to do after a message that came back. */
enum transport_verdict {
	TRANSPORT_DONE, /* this is the answer; the request ends, nothing more is called */
	TRANSPORT_IGNORE, /* not ours, or not to be believed: keep listening */
	TRANSPORT_DOUBT, /* not to be believed, but there is no use in repeating it here: listen on
			  * until the timer, then ask the next address if there is one */
	TRANSPORT_NEXT, /* this address is of no use: ask the next one now, if there is one */
	TRANSPORT_STREAM, /* cut short: ask the same address by TCP */
};

struct transport_handler {
	enum transport_verdict (*answer)(
	    void *ctx, const uint8_t *msg, size_t len, const struct endpoint *server);
	/* No answer was taken.  The request has ended. */
	void (*failed)(void *ctx);
	/* The transport goes away: only let go of ctx. */
	void (*dropped)(void *ctx);
};

/* Borrows the loop. */
struct transport *transport_new(struct loop *l);
/* Drops all requests.  Not from within a handler. */
void transport_free(struct transport *t);

struct transport_server {
	struct endpoint ep;
	uint8_t tls; /* 1 = for the stream with TLS; 0 = for TCP and UDP */
	uint32_t link; /* the stream goes by this interface (index); 0 = as routing says */
};

/* How to talk: policy is an enum dns_transport; context (borrowed until the next call) verifies TLS
 * servers, NULL when there is nothing to verify them by.  tls_seen: TLS has worked with this server
 * before, so that TRANSPORT_AUTO takes nothing less. */
void transport_set_policy(
    struct transport *t, unsigned policy, struct tls_context *context, int tls_seen);
/* The server's addresses in order of preference; those inside the tunnel (ULA) are left out.
 * Requests under way keep theirs. */
void transport_set_servers(
    struct transport *t, const struct transport_server *server, size_t count);
/* The address that answered last, else the first; NULL when there is none. */
const struct endpoint *transport_server(const struct transport *t);

struct transport_status {
	uint8_t channel; /* enum dns_channel: what the last answer came by, or would come by */
	uint8_t tls_seen; /* TLS has worked */
	const char *trouble; /* why the stream does not stand, a sentence; empty when it does or
			      * none is wanted */
};
struct transport_status transport_status(const struct transport *t);

/* Our network may be another one: a connection from an address we have no more is made anew at
 * once, and one that does not answer, soon. */
void transport_hurry(struct transport *t);

/* Send a copy of the message.  ctx is borrowed until answer returned DONE or one of the others was
 * called.  0, or -1 when there is no address or too much is under way.  Nothing is called before
 * it returns. */
int transport_send(struct transport *t, const uint8_t *msg, size_t len,
    const struct transport_handler *handler, void *ctx);

/*
 * DNS Stateful Operations share the stream.  The hook hears of the connection's life and gets every
 * message with opcode 6, asked for or not; nothing may free the transport.  While something is
 * held, the connection is kept and made anew when it breaks (at once, then with growing waits).
 * Without a stream (transport_has_stream 0: UDP is all there is) nothing is ever called.
 */
struct transport_hook {
	/* verified: TLS, and the server is who it should be.  Called before waiting requests go
	 * out. */
	void (*up)(void *ctx, int verified);
	void (*message)(void *ctx, const uint8_t *msg, size_t len);
	/* The connection that was up has ended, by whatever end of it; not after our own abort. */
	void (*down)(void *ctx);
};
/* hook NULL = none.  Says up at once when the stream stands. */
void transport_set_hook(struct transport *t, const struct transport_hook *hook, void *ctx);
int transport_has_stream(const struct transport *t);
void transport_hold(struct transport *t, int hold);
/* 0, or -1 when the stream does not stand or is clogged. */
int transport_stream_send(struct transport *t, const uint8_t *msg, size_t len);
/* Fatal (RFC 8490 section 5.3): reset the connection.  Requests under way go over the next one. */
void transport_stream_abort(struct transport *t);
/* Close gracefully and come back after ms (RFC 8490 section 6.6.1). */
void transport_stream_pause(struct transport *t, uint64_t ms);

#endif
