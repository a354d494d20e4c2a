/*
 * The socket is watched for what the next step needs.  Sending: everything waits in one buffer, so
 * that messages queued in the same turn leave in one segment and one TLS record.  Receiving: a
 * buffer that grows to the longest message under way.
 *
 * Handlers may free the line; while one runs, `busy` is set, free only marks the line dead, and the
 * function that called back destroys it.
 */
#include "dnsupdate/client/line.h"

#include "base/log.h"
#include "dnsupdate/client/source.h"
#include "dnsupdate/wire/message.h"
#include "dnsupdate/wire/stream.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define ROOM_MIN 4096
#define READS_MAX 32 /* in a row, so that a flood does not starve the rest */
#define STUCK_MS 15000 /* without an acknowledgement the kernel gives up */

struct line {
	const struct line_handler *handler;
	void *ctx;
	struct loop_fd *watch;
	struct loop_timer *soon;
	struct tls *tls;
	int fd; /* -1 = could not even begin */
	int error; /* why, then */
	uint8_t connected, up, down, busy, dead, reset;
	uint8_t *out, *in;
	size_t out_len, out_room, have, in_room;
};

static void
destroy(struct line *c)
{
	const struct linger now = {.l_onoff = 1};

	if (c->tls != NULL && !c->down && !c->reset)
		tls_close(c->tls);
	tls_free(c->tls);
	if (c->fd >= 0 && c->reset)
		setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
	loop_fd_free(c->watch);
	loop_timer_free(c->soon);
	if (c->fd >= 0)
		close(c->fd);
	free(c->out);
	free(c->in);
	free(c);
}

static void
go_down(struct line *c, const char *why, int hopeless)
{
	if (c->down || c->dead)
		return;
	c->down = 1;
	if (c->watch != NULL)
		loop_fd_watch(c->watch, 0);
	c->handler->down(c->ctx, why, hopeless);
}

/* What the next step waits for. */
static void
watch(struct line *c)
{
	int what = LOOP_READ;

	if (c->down || c->dead)
		return;
	if (!c->connected)
		what = LOOP_WRITE;
	else if (!c->up)
		what = tls_wants(c->tls);
	else if (c->out_len > 0)
		what = LOOP_READ | LOOP_WRITE;
	loop_fd_watch(c->watch, what);
}

/* As read(2) and write(2), whatever is below. */
static ssize_t
take(struct line *c, void *data, size_t size)
{
	return c->tls != NULL ? tls_read(c->tls, data, size)
			      : recv(c->fd, data, size, MSG_DONTWAIT);
}

static ssize_t
give(struct line *c, const void *data, size_t len)
{
	return c->tls != NULL ? tls_write(c->tls, data, len)
			      : send(c->fd, data, len, MSG_DONTWAIT | MSG_NOSIGNAL);
}

static void
failed(struct line *c)
{
	if (errno == EAGAIN || errno == EINTR)
		return;
	go_down(c, errno == EPROTO && c->tls != NULL ? tls_error(c->tls) : strerror(errno), 0);
}

static void
write_more(struct line *c)
{
	while (c->out_len > 0 && !c->down) {
		ssize_t n = give(c, c->out, c->out_len);

		if (n < 0) {
			failed(c);
			return;
		}
		c->out_len -= (size_t)n;
		memmove(c->out, c->out + n, c->out_len);
	}
}

/* Hand on what is whole.  0; -1 when it is no DNS. */
static int
deliver(struct line *c)
{
	size_t used = 0, len;
	const uint8_t *msg;
	int whole = 0;

	while (!c->down && !c->dead &&
	    (whole = stream_next(c->in + used, c->have - used, MESSAGE_MAX, &msg, &len)) > 0) {
		used += STREAM_PREFIX + len;
		c->handler->message(c->ctx, msg, len);
	}
	c->have -= used;
	memmove(c->in, c->in + used, c->have);
	return whole < 0 ? -1 : 0;
}

/* Room for more, up to the longest message. */
static void
make_room(struct line *c)
{
	if (c->have < c->in_room)
		return;
	c->in_room = c->in_room == 0 ? ROOM_MIN : c->in_room * 2;
	if (c->in_room > STREAM_PREFIX + MESSAGE_MAX)
		c->in_room = STREAM_PREFIX + MESSAGE_MAX;
	if ((c->in = realloc(c->in, c->in_room)) == NULL)
		fatal("connection");
}

/* 1 when there may be more at once. */
static int
read_some(struct line *c)
{
	ssize_t n;

	make_room(c);
	n = take(c, c->in + c->have, c->in_room - c->have);
	if (n < 0) {
		failed(c);
		return 0;
	}
	if (n == 0) {
		go_down(c, "the server closed the connection", 0);
		return 0;
	}
	c->have += (size_t)n;
	if (deliver(c) == -1)
		go_down(c, "what the server sends is no DNS", 1);
	return !c->down && !c->dead;
}

static void
read_more(struct line *c)
{
	for (int i = 0; i < READS_MAX; i++)
		if (!read_some(c))
			return;
	/* What TLS has read already does not show at the descriptor. */
	if (c->tls != NULL && tls_has_pending(c->tls))
		loop_timer_set(c->soon, 0);
}

/* 0 when messages can flow. */
static int
open_up(struct line *c)
{
	socklen_t len = sizeof c->error;

	if (!c->connected) {
		if (getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &c->error, &len) != 0)
			c->error = errno;
		if (c->error != 0) {
			go_down(c, strerror(c->error), 1);
			return -1;
		}
		c->connected = 1;
	}
	if (c->tls != NULL && tls_handshake(c->tls) != 0) {
		if (errno != EAGAIN)
			go_down(c, tls_error(c->tls), 1);
		return -1;
	}
	c->up = 1;
	c->handler->up(c->ctx);
	return 0;
}

static void
turn(struct line *c, int what)
{
	c->busy = 1;
	if (!c->up && open_up(c) == 0)
		what |= LOOP_WRITE;
	if (c->up && !c->dead && (what & LOOP_WRITE) != 0)
		write_more(c);
	if (c->up && !c->dead && !c->down && (what & LOOP_READ) != 0)
		read_more(c);
	c->busy = 0;
	if (c->dead)
		destroy(c);
	else
		watch(c);
}

static void
ready(void *ctx, int what)
{
	struct line *c = ctx;

	/* TLS may have to read in order to write, and the other way about. */
	turn(c, c->tls != NULL ? LOOP_READ | LOOP_WRITE : what);
}

static void
soon(void *ctx)
{
	struct line *c = ctx;

	if (c->error != 0) {
		c->busy = 1;
		go_down(c, strerror(c->error), 1);
		c->busy = 0;
		if (c->dead)
			destroy(c);
		return;
	}
	turn(c, LOOP_READ | LOOP_WRITE);
}

static int
begin(struct line *c, const struct endpoint *to, uint32_t link)
{
	const int on = 1, stuck = STUCK_MS;
	struct sockaddr_storage sa;
	socklen_t len = endpoint_to_sockaddr(to, &sa);

	c->fd = socket(sa.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (c->fd < 0)
		return -1;
	setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	setsockopt(c->fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &stuck, sizeof stuck);
	if (link != 0 &&
	    setsockopt(c->fd, SOL_SOCKET, SO_BINDTOIFINDEX, &(int) {(int)link}, sizeof(int)) == -1)
		return -1;
	return connect(c->fd, (struct sockaddr *)&sa, len) == 0 || errno == EINPROGRESS ? 0 : -1;
}

struct line *
line_new(struct loop *l, const struct endpoint *to, uint32_t link, struct tls_context *tls,
    const struct line_handler *handler, void *ctx)
{
	struct line *c = calloc(1, sizeof *c);

	if (c == NULL)
		fatal("connection");
	c->handler = handler;
	c->ctx = ctx;
	c->soon = loop_timer_new(l, soon, c);
	if (begin(c, to, link) == 0) {
		c->watch = loop_fd_new(l, c->fd, LOOP_WRITE, ready, c);
		if (tls != NULL && (c->tls = tls_new(tls, c->fd)) == NULL)
			fatal("TLS");
	} else {
		c->error = errno != 0 ? errno : EINVAL;
		loop_timer_set(c->soon, 0);
	}
	return c;
}

int
line_send(struct line *c, const uint8_t *msg, size_t len)
{
	size_t need = c->out_len + STREAM_PREFIX + len;

	if (need > LINE_QUEUE_MAX || c->down)
		return -1;
	if (need > c->out_room) {
		c->out_room = need + ROOM_MIN;
		if ((c->out = realloc(c->out, c->out_room)) == NULL)
			fatal("connection");
	}
	if (stream_prefix(c->out + c->out_len, len) != 0)
		return -1;
	memcpy(c->out + c->out_len + STREAM_PREFIX, msg, len);
	c->out_len = need;
	/* Sent from the loop, together with what else is queued in this turn. */
	if (c->up && !c->busy)
		watch(c);
	return 0;
}

int
line_is_up(const struct line *c)
{
	return c->up && !c->down;
}

int
line_moved(const struct line *c)
{
	return c->connected && source_moved(c->fd);
}

void
line_free(struct line *c)
{
	if (c == NULL)
		return;
	c->dead = 1;
	if (!c->busy)
		destroy(c);
}

void
line_abort(struct line *c)
{
	if (c == NULL)
		return;
	c->reset = 1;
	line_free(c);
}
