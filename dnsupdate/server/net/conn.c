#include "dnsupdate/server/net/conn_inside.h"

#include "base/clock.h"
#include "base/log.h"
#include "dnsupdate/server/limits.h"
#include "dnsupdate/server/server.h"
#include "dnsupdate/wire/stream.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WRITE_ROUNDS 8 /* before others get their turn */
#define STREAM_LOW (64 * 1024) /* a transfer writes on when less waits */

/* ---- octets ---- */

static ssize_t
io_write(struct conn *c, const void *data, size_t len)
{
	return c->io != NULL ? c->io->write(c->io_ctx, data, len) : write(c->fd, data, len);
}

/* ---- the end ---- */

static void
stream_end(struct conn *c)
{
	void (*gone)(void *) = c->stream_gone;

	c->more = NULL;
	c->stream_gone = NULL;
	if (gone != NULL)
		gone(c->stream_ctx);
}

static void
destroy(struct conn *c)
{
	struct linger none = {.l_onoff = 1, .l_linger = 0};

	stream_end(c);
	if (c->ops != NULL)
		c->ops->gone(c->session);
	if (c->aborted)
		setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &none, sizeof none);
	if (c->io != NULL)
		c->io->close(c->io_ctx, c->aborted);
	loop_fd_free(c->watch);
	loop_timer_free(c->timer);
	close(c->fd);
	if (c->next != NULL)
		c->next->previous = c->previous;
	if (c->previous != NULL)
		c->previous->next = c->next;
	else
		c->all->first = c->next;
	c->all->count--;
	crowd_leave(&c->all->crowd, &c->who.from);
	c->all->server->stats.streams_open--;
	key_unref(c->key);
	free(c->in.data);
	free(c->out.data);
	free(c);
}

/* ---- what comes next ---- */

static int
io_wants(const struct conn *c)
{
	return c->io != NULL && c->io->wants != NULL ? c->io->wants(c->io_ctx) : 0;
}

int
conn_io_pending(const struct conn *c)
{
	return c->io != NULL && c->io->pending(c->io_ctx);
}

int
conn_wanted(const struct conn *c)
{
	int what = io_wants(c);

	if (what != 0)
		return what;
	if (octets_len(&c->out) > 0 || c->more != NULL)
		what |= LOOP_WRITE;
	if (c->waiting == WAITING_NOT && !c->closing && !c->ended &&
	    octets_len(&c->out) < LIMIT_STREAM_QUEUE)
		what |= LOOP_READ;
	return what;
}

/* As conn_session's deadline; 0 without a session. */
static uint64_t
session_deadline_of(const struct conn *c)
{
	return c->ops != NULL ? c->ops->deadline(c->session, c->waiting != WAITING_NOT) : 0;
}

/* 0 is no time. */
static uint64_t
sooner(uint64_t a, uint64_t b)
{
	return a == 0 || b < a ? b : a;
}

/* Milliseconds until it has been silent, or slow, for too long; UINT64_MAX when it may be. */
static uint64_t
patience(const struct conn *c, uint64_t now)
{
	uint64_t until = session_deadline_of(c);

	if (c->aborted)
		return 0;
	if (c->message_since_ms != 0)
		until = sooner(until, c->message_since_ms + LIMIT_STREAM_MESSAGE_SEC * 1000);
	else if (until == 0 || octets_len(&c->out) > 0)
		until = sooner(until, c->active_ms + LIMIT_STREAM_IDLE_SEC * 1000);
	if (until == UINT64_MAX)
		return UINT64_MAX;
	return until > now ? until - now : 0;
}

/* Set watch and timer by the state, or end it when nothing remains to be done. */
static void
settle(struct conn *c)
{
	uint64_t ms = patience(c, clock_boot_ms());
	int what = conn_wanted(c);
	int done =
	    (c->closing || c->ended) && octets_len(&c->out) == 0 && c->waiting == WAITING_NOT;

	if (c->handling)
		return;
	if ((c->aborted && c->waiting != WAITING_REPLY) || done) {
		destroy(c);
		return;
	}
	if ((what & LOOP_READ) != 0 && conn_io_pending(c))
		ms = 0;
	if (c->aborted) { /* the batch still knows it: nothing more until its reply is there */
		what = 0;
		ms = UINT64_MAX;
	}
	if (what != c->watched)
		loop_fd_watch(c->watch, what);
	c->watched = (uint8_t)what;
	if (ms == UINT64_MAX)
		loop_timer_stop(c->timer);
	else
		loop_timer_set(c->timer, ms);
}

static void
fill_from_stream(struct conn *c)
{
	int rc = 1;

	while (rc == 1 && c->more != NULL && octets_len(&c->out) < STREAM_LOW)
		rc = c->more(c->stream_ctx, c);
	if (rc == 1)
		return;
	stream_end(c);
	if (c->waiting == WAITING_STREAM)
		c->waiting = WAITING_NOT;
	if (rc == -1)
		c->closing = 1;
}

/* A fast reader of a long stream must not keep the others waiting: a few rounds at a time, then the
 * loop comes back to it. */
void
conn_write_out(struct conn *c)
{
	uint8_t handling = c->handling;
	ssize_t n = 1;

	c->handling = 1; /* what a stream adds is written here, not by conn_send */
	for (int round = 0; n > 0 && round < WRITE_ROUNDS; round++) {
		if (c->more != NULL && octets_len(&c->out) < STREAM_LOW)
			fill_from_stream(c);
		if (octets_len(&c->out) == 0)
			break;
		n = io_write(c, c->out.data + c->out.start, octets_len(&c->out));
		if (n > 0) {
			octets_drop(&c->out, (size_t)n);
			c->active_ms = clock_boot_ms();
		}
		if (c->ops != NULL && octets_len(&c->out) == 0)
			c->ops->drained(c->session);
	}
	if (n == -1 && errno != EAGAIN && errno != EINTR)
		c->aborted = 1;
	c->handling = handling;
}

static void
on_ready(void *ctx, int ready)
{
	struct conn *c = ctx;

	/* a handshake may have to write before it can read on */
	if (((ready & LOOP_READ) != 0 || io_wants(c) != 0) && !c->closing)
		conn_read_in(c);
	if (octets_len(&c->out) > 0 || c->more != NULL)
		conn_write_out(c);
	conn_serve(c);
	settle(c);
}

static void
on_timer(void *ctx)
{
	struct conn *c = ctx;

	if (!c->aborted && patience(c, clock_boot_ms()) == 0) {
		if (octets_len(&c->out) > 0 || session_deadline_of(c) != 0)
			c->aborted = 1;
		c->closing = 1;
		stream_end(c);
		c->waiting = c->waiting == WAITING_STREAM ? WAITING_NOT : c->waiting;
	} else if (!c->aborted) {
		conn_serve(c);
		if ((conn_wanted(c) & LOOP_READ) != 0 && conn_io_pending(c))
			conn_read_in(c);
		conn_write_out(c);
	}
	settle(c);
}

/* ---- outside ---- */

struct conns *
conns_new(struct loop *l, struct server *s, unsigned max, unsigned per_network)
{
	struct conns *cs = calloc(1, sizeof *cs);

	if (cs == NULL)
		fatalx("out of memory");
	cs->loop = l;
	cs->server = s;
	cs->max = max;
	cs->per_network = per_network;
	crowd_init(&cs->crowd);
	return cs;
}

void
conns_free(struct conns *cs)
{
	if (cs == NULL)
		return;
	while (cs->first != NULL) {
		/* who has a session was asked to leave and had his time (RFC 8490 section 6.6) */
		cs->first->aborted |= cs->first->ops != NULL;
		destroy(cs->first);
	}
	free(cs);
}

size_t
conns_count(const struct conns *cs)
{
	return cs->count;
}

/* What is sent is a whole message, with nothing to wait for; who does not read keeps little of the
 * system's memory, and who is gone not for long. */
static void
set_up_socket(int fd)
{
	int on = 1, unsent = STREAM_LOW, timeout = LIMIT_STREAM_DEAD_SEC * 1000;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent, sizeof unsent);
	setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &timeout, sizeof timeout);
}

struct conn *
conn_new(struct conns *cs, int fd, enum transport transport, const union socket_address *from,
    const struct conn_io *io, void *io_ctx)
{
	int rc = cs->count < cs->max ? crowd_enter(&cs->crowd, from, cs->per_network) : -1;
	struct conn *c = rc == 0 ? calloc(1, sizeof *c) : NULL;

	if (rc == 0 && c == NULL)
		fatalx("out of memory");
	if (c == NULL) {
		cs->server->stats.streams_refused++;
		if (io != NULL)
			io->close(io_ctx, 1);
		close(fd);
		return NULL;
	}
	c->all = cs;
	c->fd = fd;
	c->io = io;
	c->io_ctx = io_ctx;
	c->who = (struct requester) {.transport = transport, .conn = c, .from = *from};
	c->active_ms = clock_boot_ms();
	c->next = cs->first;
	if (c->next != NULL)
		c->next->previous = c;
	cs->first = c;
	cs->count++;
	cs->server->stats.streams_accepted++;
	cs->server->stats.streams_open++;
	set_up_socket(fd);
	c->watched = LOOP_READ;
	c->watch = loop_fd_new(cs->loop, fd, LOOP_READ, on_ready, c);
	c->timer = loop_timer_new(cs->loop, on_timer, c);
	settle(c);
	return c;
}

/* Watch and timer by the state; what must end ends when the loop comes round. */
static void
settle_later(struct conn *c)
{
	int what = conn_wanted(c);

	if (what != c->watched)
		loop_fd_watch(c->watch, what);
	c->watched = (uint8_t)what;
	conn_look_again(c);
}

int
conn_send(struct conn *c, const void *message, size_t len, size_t limit)
{
	uint8_t *room;

	if (octets_len(&c->out) + len > (limit == 0 ? LIMIT_STREAM_QUEUE : limit))
		return -1;
	room = octets_room(&c->out, STREAM_PREFIX + len);
	if (stream_prefix(room, len) == -1)
		return -1;
	memcpy(room + STREAM_PREFIX, message, len);
	c->out.end += STREAM_PREFIX + len;
	if (!c->handling) {
		conn_write_out(c);
		if (c->aborted || octets_len(&c->out) > 0)
			settle_later(c);
	}
	return 0;
}

/* What waits behind it is handled when the loop comes round: we may be inside the batch. */
void
conn_reply(struct conn *c, const void *message, size_t len)
{
	c->waiting = WAITING_NOT;
	c->active_ms = clock_boot_ms();
	if (len > 0 && !c->aborted)
		conn_send(c, message, len, SIZE_MAX);
	conn_tell_session(c, NULL);
	loop_timer_set(c->timer, 0);
}

void
conn_stream(
    struct conn *c, int (*more)(void *ctx, struct conn *c), void (*gone)(void *ctx), void *ctx)
{
	c->more = more;
	c->stream_gone = gone;
	c->stream_ctx = ctx;
	c->waiting = WAITING_STREAM;
	loop_timer_set(c->timer, 0);
}

void
conn_close(struct conn *c)
{
	c->closing = 1;
	loop_timer_set(c->timer, 0);
}

void
conn_abort(struct conn *c)
{
	c->aborted = 1;
	loop_timer_set(c->timer, 0);
}

void
conn_set_session(struct conn *c, void *session, const struct conn_session *ops)
{
	c->session = session;
	c->ops = ops;
}

void
conn_look_again(struct conn *c)
{
	uint64_t ms = patience(c, clock_boot_ms());

	if (ms == UINT64_MAX)
		loop_timer_stop(c->timer);
	else
		loop_timer_set(c->timer, ms);
}

void *
conn_session(const struct conn *c)
{
	return c->session;
}

struct key *
conn_key(const struct conn *c)
{
	return c->key;
}

struct server *
conn_server(const struct conn *c)
{
	return c->all->server;
}

void *
conn_io_ctx(const struct conn *c)
{
	return c->io_ctx;
}

enum transport
conn_transport(const struct conn *c)
{
	return c->who.transport;
}

int
conn_local(const struct conn *c, union socket_address *out)
{
	socklen_t len = sizeof *out;

	return getsockname(c->fd, &out->sa, &len);
}

size_t
conn_queued(const struct conn *c)
{
	return octets_len(&c->out);
}
