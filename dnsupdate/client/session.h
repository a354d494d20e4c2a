/*
 * The one long connection to the name server, for questions, updates and DNS Stateful Operations
 * together: found by a race over all addresses, kept while somebody wants it, made anew when it
 * breaks.  Carries whole messages; knows nothing of what is in them.
 */
#ifndef CLIENT_SESSION_H
#define CLIENT_SESSION_H

#include "dnsupdate/client/line.h"

struct session;

struct session_server {
	struct endpoint ep;
	struct tls_context *tls; /* NULL = clear text */
	uint32_t link; /* as line_new */
};

/* None may free the session; all else is allowed. */
struct session_handler {
	void (*up)(void *ctx);
	void (*message)(void *ctx, const uint8_t *msg, size_t len);
	/* The connection has ended, or could not be made (was_up 0): why is a sentence. */
	void (*down)(void *ctx, int was_up, const char *why);
};

struct session *session_new(struct loop *l, const struct session_handler *handler, void *ctx);
void session_free(struct session *s);

/* The addresses in the order in which they are to be tried, at most RACE_CANDIDATES_MAX.  A
 * connection to one that is not among them is closed. */
void session_set_servers(struct session *s, const struct session_server *list, unsigned count);
/* Is a connection wanted?  When not, what stands stays until the other side closes it. */
void session_want(struct session *s, int wanted);
/* The server it stands to, NULL = there is none. */
const struct session_server *session_server(const struct session *s);
/* 0, or -1 when there is no connection or it is clogged. */
int session_send(struct session *s, const uint8_t *msg, size_t len);

/* Our network may be another one: what waits is tried at once.  1 when the connection that stands
 * leads from an address that is not ours any more. */
int session_hurry(struct session *s);

/* End the connection, gracefully or with a reset; down is not called.  The next one, if wanted, is
 * made not before ms have passed, and begins with another server when there is one and avoid is
 * set. */
void session_end(struct session *s, int reset, uint64_t ms, int avoid);

#endif
