/*
 * One message over TCP and the answers to it (RFC 7766): non-blocking connect, two octets of length
 * in front.  Has no timer: whoever waits gives up by tcp_free.
 */
#ifndef CLIENT_TCP_H
#define CLIENT_TCP_H

#include "base/addr.h"
#include "loop/loop.h"

struct tcp;

struct tcp_handler {
	void (*message)(void *ctx, const uint8_t *msg, size_t len, const struct endpoint *from);
	/* Refused, closed or no DNS.  Nothing is called after it. */
	void (*broken)(void *ctx);
};

/* Connect and send a copy of msg.  tcp_free may be called from both handlers; broken may not be
 * called before tcp_new returns. */
struct tcp *tcp_new(struct loop *l, const struct endpoint *to, const uint8_t *msg, size_t len,
    const struct tcp_handler *handler, void *ctx);
/* NULL is fine. */
void tcp_free(struct tcp *c);

#endif
