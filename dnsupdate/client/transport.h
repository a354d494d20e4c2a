/*
 * Carrying DNS messages to the name server and answers back: UDP first, repeated over all of the
 * server's addresses, TCP where a message is too long.  Knows nothing of what it carries but its
 * length; whoever sends judges each answer.
 */
#ifndef CLIENT_TRANSPORT_H
#define CLIENT_TRANSPORT_H

#include "base/addr.h"
#include "base/msg.h"
#include "loop/loop.h"

#include <stddef.h>

struct transport;
struct transport_request;

#define TRANSPORT_MAX 64 /* requests at a time */

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

/* The server's addresses in order of preference, at most MSG_SERVERS_MAX; those inside the tunnel
 * (ULA) are left out.  Requests under way keep theirs. */
void transport_set_servers(struct transport *t, const struct endpoint *server, size_t count);
/* The address that answered last, else the first; NULL when there is none. */
const struct endpoint *transport_server(const struct transport *t);

/* Send a copy of the message.  ctx is borrowed until answer returned DONE or one of the others was
 * called.  0, or -1 when there is no address or too much is under way.  Nothing is called before
 * it returns. */
int transport_send(struct transport *t, const uint8_t *msg, size_t len,
    const struct transport_handler *handler, void *ctx);

#endif
