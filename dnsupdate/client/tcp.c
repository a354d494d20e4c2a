#include "dnsupdate/client/tcp.h"

#include "base/log.h"
#include "dnsupdate/wire/message.h"
#include "dnsupdate/wire/stream.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct tcp {
	const struct tcp_handler *handler;
	void *ctx;
	struct endpoint to;
	int fd; /* -1 = could not even begin */
	struct loop_fd *watch;
	struct loop_timer *soon; /* to report a failure after tcp_new has returned */
	size_t out_len, sent, have;
	uint8_t *out;
	uint8_t in[STREAM_PREFIX + MESSAGE_MAX];
};

static void
soon(void *ctx)
{
	struct tcp *c = ctx;

	c->handler->broken(c->ctx);
}

static void
broken(struct tcp *c)
{
	if (c->watch != NULL)
		loop_fd_free(c->watch);
	c->watch = NULL;
	c->handler->broken(c->ctx);
}

static void
write_more(struct tcp *c)
{
	ssize_t n =
	    send(c->fd, c->out + c->sent, c->out_len - c->sent, MSG_NOSIGNAL | MSG_DONTWAIT);

	if (n < 0) {
		if (errno != EAGAIN && errno != EINTR)
			broken(c);
		return;
	}
	c->sent += (size_t)n;
	if (c->sent == c->out_len)
		loop_fd_watch(c->watch, LOOP_READ);
}

/* We sent one message, so the first one that comes is the answer; anything after it is ignored. */
static void
read_more(struct tcp *c)
{
	ssize_t n = recv(c->fd, c->in + c->have, sizeof c->in - c->have, MSG_DONTWAIT);
	const uint8_t *msg;
	size_t len;
	int whole;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		broken(c);
		return;
	}
	c->have += (size_t)n;
	whole = stream_next(c->in, c->have, MESSAGE_MAX, &msg, &len);
	if (whole < 0) {
		broken(c);
	} else if (whole > 0) {
		c->have = 0;
		c->handler->message(c->ctx, msg, len, &c->to);
	}
}

static void
ready(void *ctx, int what)
{
	struct tcp *c = ctx;

	if (what & LOOP_READ)
		read_more(c);
	else if (what & LOOP_WRITE)
		write_more(c);
}

static int
begin(struct tcp *c)
{
	struct sockaddr_storage sa;
	socklen_t len = endpoint_to_sockaddr(&c->to, &sa);

	c->fd = socket(sa.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (c->fd < 0)
		return -1;
	return connect(c->fd, (struct sockaddr *)&sa, len) == 0 || errno == EINPROGRESS ? 0 : -1;
}

struct tcp *
tcp_new(struct loop *l, const struct endpoint *to, const uint8_t *msg, size_t len,
    const struct tcp_handler *handler, void *ctx)
{
	struct tcp *c = calloc(1, sizeof *c);

	if (c == NULL || (c->out = malloc(len + STREAM_PREFIX)) == NULL)
		fatal("tcp");
	c->handler = handler;
	c->ctx = ctx;
	c->to = *to;
	c->fd = -1;
	c->out_len = len + STREAM_PREFIX;
	memcpy(c->out + STREAM_PREFIX, msg, len);
	if (stream_prefix(c->out, len) == 0 && begin(c) == 0) {
		c->watch = loop_fd_new(l, c->fd, LOOP_READ | LOOP_WRITE, ready, c);
	} else {
		c->soon = loop_timer_new(l, soon, c);
		loop_timer_set(c->soon, 0);
	}
	return c;
}

void
tcp_free(struct tcp *c)
{
	if (c == NULL)
		return;
	if (c->watch != NULL)
		loop_fd_free(c->watch);
	if (c->soon != NULL)
		loop_timer_free(c->soon);
	if (c->fd >= 0)
		close(c->fd);
	free(c->out);
	free(c);
}
