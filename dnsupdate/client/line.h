/*
 * One connection to a name server at one address, TCP or TLS (RFC 7766, 7858): connects without
 * blocking, makes sure of the server, carries whole messages both ways.  Has no timer but the
 * kernel's: whoever waits gives up by line_free.
 */
#ifndef CLIENT_LINE_H
#define CLIENT_LINE_H

#include "base/addr.h"
#include "crypto/tls.h"
#include "loop/loop.h"

#define LINE_QUEUE_MAX (256 * 1024) /* octets that wait to be sent */

struct line;

/* All may free the line. */
struct line_handler {
	/* Connected and, with TLS, to whom it should be. */
	void (*up)(void *ctx);
	void (*message)(void *ctx, const uint8_t *msg, size_t len);
	/* Refused, closed, no DNS, not believed: why is a sentence.  hopeless: trying again soon is
	 * of no use.  Nothing is called after it. */
	void (*down)(void *ctx, const char *why, int hopeless);
};

/* tls NULL = in clear text; it must outlive the line.  link: by this interface (index); 0 = as
 * routing says.  No handler is called before this returns. */
struct line *line_new(struct loop *l, const struct endpoint *to, uint32_t link,
    struct tls_context *tls, const struct line_handler *handler, void *ctx);
/* Queue a copy, sent in order, also while still connecting.  0, or -1 when the queue is full. */
int line_send(struct line *c, const uint8_t *msg, size_t len);
int line_is_up(const struct line *c);
/* Our address is another one by now (source.h). */
int line_moved(const struct line *c);
/* Say good-bye as far as that goes without waiting, and close.  NULL is fine. */
void line_free(struct line *c);
/* Close with a reset (RFC 8490 section 5.3, "forcibly abort"). */
void line_abort(struct line *c);

#endif
