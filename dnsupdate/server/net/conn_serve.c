/* What comes in on a connection, message by message. */
#include "dnsupdate/server/net/conn_inside.h"

#include "base/clock.h"
#include "dnsupdate/server/limits.h"
#include "dnsupdate/server/server.h"
#include "dnsupdate/wire/stream.h"

#include <errno.h>
#include <unistd.h>

#define READ_SIZE 16384
#define READ_ROUNDS 8 /* before others get their turn */

static ssize_t
io_read(struct conn *c, void *data, size_t size)
{
	return c->io != NULL ? c->io->read(c->io_ctx, data, size) : read(c->fd, data, size);
}

/* Who signs a query or an update may hear of its zone on this connection (RFC 8765 has no TSIG). */
static void
remember_key(struct conn *c, const struct request *r)
{
	if (r->key == NULL || !r->is_first || r->key == c->key)
		return;
	key_unref(c->key);
	c->key = key_ref(r->key);
}

/* The session, if there is one, hears of messages that are not its own. */
void
conn_tell_session(struct conn *c, const struct request *r)
{
	if (c->ops != NULL && (r == NULL || r->m.opcode != OPCODE_DSO) &&
	    c->ops->heard(c->session, r) == -1)
		c->aborted = 1;
}

/* One message of the input; what is to become of it? */
static void
handle_one(struct conn *c, const uint8_t *message, size_t len)
{
	struct request *r = &c->all->request;
	struct server *s = c->all->server;
	enum request_result result;

	r->from = c->who;
	r->data = message;
	r->len = len;
	r->now_sec = clock_wall_sec();
	r->now_ms = c->active_ms = clock_boot_ms();
	r->reply = buf_writer(c->all->reply, sizeof c->all->reply);
	c->waiting = WAITING_REPLY;
	result = request_handle(s, r);
	remember_key(c, r);
	conn_tell_session(c, r);
	switch (result) {
	case REQUEST_REPLY:
		conn_send(c, r->reply.data, r->reply.pos, SIZE_MAX);
		break;
	case REQUEST_DROP:
		break;
	case REQUEST_CLOSE:
		c->closing = 1;
		break;
	case REQUEST_PENDING:
		return;
	}
	if (c->waiting == WAITING_REPLY)
		c->waiting = WAITING_NOT;
}

static int
may_handle(const struct conn *c)
{
	return c->waiting == WAITING_NOT && !c->closing && !c->aborted &&
	    octets_len(&c->out) < LIMIT_STREAM_QUEUE;
}

static void
handle_messages(struct conn *c)
{
	const uint8_t *message;
	size_t len;
	int rc = 0;

	c->handling = 1;
	while (may_handle(c)) {
		rc = stream_next(c->in.data + c->in.start, octets_len(&c->in), LIMIT_STREAM_MESSAGE,
		    &message, &len);
		if (rc != 1)
			break;
		handle_one(c, message, len);
		octets_drop(&c->in, STREAM_PREFIX + len);
		c->message_since_ms = 0;
	}
	if (rc == -1)
		c->closing = 1;
	if (rc == 0 && octets_len(&c->in) > 0 && c->message_since_ms == 0)
		c->message_since_ms = clock_boot_ms();
	if (c->waiting != WAITING_NOT)
		c->message_since_ms = 0;
	c->handling = 0;
}

static ssize_t
read_once(struct conn *c)
{
	ssize_t n = io_read(c, octets_room(&c->in, READ_SIZE), READ_SIZE);

	if (n > 0)
		c->in.end += (size_t)n;
	if (octets_len(&c->in) == 0)
		octets_drop(&c->in, 0);
	if (n == 0)
		c->ended = 1;
	if (n == -1 && errno != EAGAIN && errno != EINTR)
		c->aborted = 1;
	if (n > 0)
		handle_messages(c);
	return n;
}

void
conn_read_in(struct conn *c)
{
	int rounds = READ_ROUNDS;

	while (read_once(c) > 0 && --rounds > 0 && (conn_wanted(c) & LOOP_READ) != 0 &&
	    conn_io_pending(c))
		;
}

/* Handle what has come in, as far as there is room for answers: nothing more need come to wake us.
 */
void
conn_serve(struct conn *c)
{
	size_t before = SIZE_MAX;

	while (octets_len(&c->in) > 0 && octets_len(&c->in) < before && may_handle(c)) {
		before = octets_len(&c->in);
		handle_messages(c);
		conn_write_out(c);
	}
}
