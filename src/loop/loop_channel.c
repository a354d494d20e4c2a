#include "base/log.h"
#include "loop/loop.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/*
 * The callbacks may free the channel.  While one runs, `busy` is set: free then only marks the
 * object dead, and the function that called back does the rest.
 */
struct loop_channel {
	struct channel ch;
	struct loop_fd *fd;
	const struct loop_channel_handler *handler;
	void *ctx;
	union msg *message;
	int busy;
	int dead;
};

#define MESSAGES_PER_TURN 64
#define DRAIN_TURNS 64 /* more than a socket's buffer holds */

static void
destroy(struct loop_channel *c)
{
	loop_fd_free(c->fd);
	close(c->ch.fd);
	explicit_bzero(c->message, sizeof *c->message);
	free(c->message);
	free(c);
}

static void
gone(struct loop_channel *c, int error)
{
	loop_fd_watch(c->fd, 0);
	c->handler->on_gone(c->ctx, error);
}

/* 1 when there may be more. */
static int
read_messages(struct loop_channel *c)
{
	for (int i = 0; i < MESSAGES_PER_TURN && !c->dead; i++) {
		int fd, rc = channel_recv(&c->ch, c->message, &fd);

		if (rc == 1)
			c->handler->on_message(c->ctx, c->message, fd);
		if (rc == -1)
			gone(c, errno);
		if (rc != 1)
			return 0;
	}
	return 1;
}

static void
channel_ready(void *arg, int ready)
{
	struct loop_channel *c = arg;

	c->busy = 1;
	if ((ready & LOOP_WRITE) != 0) {
		loop_fd_watch(c->fd, LOOP_READ);
		c->handler->on_writable(c->ctx);
	}
	if ((ready & LOOP_READ) != 0 && !c->dead)
		read_messages(c);
	c->busy = 0;
	if (c->dead)
		destroy(c);
}

void
loop_channel_drain(struct loop_channel *c)
{
	int turns = DRAIN_TURNS;

	c->busy = 1;
	while (!c->dead && turns-- > 0 && read_messages(c) == 1)
		;
	c->busy = 0;
	if (c->dead)
		destroy(c);
}

struct loop_channel *
loop_channel_new(
    struct loop *l, struct channel ch, const struct loop_channel_handler *handler, void *ctx)
{
	struct loop_channel *c = calloc(1, sizeof *c);

	if (c == NULL || (c->message = malloc(sizeof *c->message)) == NULL)
		fatalx("out of memory");
	c->ch = ch;
	c->handler = handler;
	c->ctx = ctx;
	c->fd = loop_fd_new(l, ch.fd, LOOP_READ, channel_ready, c);
	return c;
}

int
loop_channel_send(struct loop_channel *c, const union msg *m, int fd)
{
	return channel_send(&c->ch, m, fd);
}

void
loop_channel_want_write(struct loop_channel *c)
{
	if (!c->dead)
		loop_fd_watch(c->fd, LOOP_READ | LOOP_WRITE);
}

void
loop_channel_free(struct loop_channel *c)
{
	if (c == NULL)
		return;
	c->dead = 1;
	if (!c->busy)
		destroy(c);
}
