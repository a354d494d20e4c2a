#include "dnsupdate/server/live/dso.h"

#include "base/clock.h"
#include "base/log.h"
#include "dnsupdate/server/limits.h"
#include "dnsupdate/server/update/policy.h"

#include <stdlib.h>

#define OPTION_TCP_KEEPALIVE 11 /* RFC 7828 */
#define RETURN_MS 500 /* how long a client stays away at least after a shut-down */
#define RETURN_EACH_MS 1 /* and more, so that handshakes do not come all at once */

struct dso_peer {
	struct dso_peer *next, *previous;
	struct dso *all;
	struct conn *conn;
	struct session session;
	struct push_peer *push;
};

struct dso {
	struct server *server;
	struct push *push;
	struct dso_peer *first;
	size_t count;
	int (*certified)(void *ctx, const struct conn *c, const struct zone *z);
	void *certified_ctx;
	void (*empty)(void *ctx); /* when the last one leaves */
	void *empty_ctx;
};

/* ---- what push.h wants of a connection ---- */

/* A key that was taken away counts no longer, though the connection still holds it. */
static int
is_valid(const struct conn *c, const struct key *key)
{
	struct name name;

	key_name(key, &name);
	return keyring_find(conn_server(c)->keys, &name) == key;
}

static int
send_message(void *conn, const void *message, size_t len)
{
	const struct key *key = conn_key(conn);

	if (key != NULL && !is_valid(conn, key))
		return -1;
	return conn_send(conn, message, len, LIMIT_STREAM_QUEUE);
}

static size_t
queued(void *conn)
{
	return conn_queued(conn);
}

static void
abort_conn(void *conn)
{
	conn_abort(conn);
}

/* ---- what a connection wants of its session ---- */

static void
gone(void *session)
{
	struct dso_peer *peer = session;
	struct dso *d = peer->all;

	push_peer_free(peer->push);
	if (peer->next != NULL)
		peer->next->previous = peer->previous;
	if (peer->previous != NULL)
		peer->previous->next = peer->next;
	else
		d->first = peer->next;
	free(peer);
	if (--d->count == 0 && d->empty != NULL)
		d->empty(d->empty_ctx);
}

static void
drained(void *session)
{
	struct dso_peer *peer = session;

	push_drained(peer->push, clock_boot_ms());
}

static int
heard(void *session, const struct request *r)
{
	struct dso_peer *peer = session;
	size_t len;

	session_touch(&peer->session, clock_boot_ms());
	/* timers of its own kind have no place in a session (RFC 8490 section 7.1.2) */
	return r != NULL && peer->session.established &&
		message_option(&r->m, OPTION_TCP_KEEPALIVE, &len) != NULL
	    ? -1
	    : 0;
}

static uint64_t
deadline(void *session, int busy)
{
	const struct dso_peer *peer = session;

	if (!peer->session.established)
		return 0;
	return session_deadline(&peer->session, busy || push_peer_subscriptions(peer->push) > 0);
}

static const struct conn_session conn_ops = {gone, drained, heard, deadline};

static struct dso_peer *
peer_of(struct dso *d, struct conn *c, uint64_t now_ms)
{
	struct dso_peer *peer = conn_session(c);

	if (peer != NULL)
		return peer;
	peer = calloc(1, sizeof *peer);
	if (peer == NULL)
		fatalx("out of memory");
	peer->all = d;
	peer->conn = c;
	session_init(&peer->session, now_ms);
	peer->push = push_peer_new(d->push, c, &peer->session);
	peer->next = d->first;
	if (peer->next != NULL)
		peer->next->previous = peer;
	d->first = peer;
	d->count++;
	conn_set_session(c, peer, &conn_ops);
	return peer;
}

/* ---- messages ---- */

static int
may_read(const struct dso *d, const struct conn *c, const struct zone *z)
{
	const struct key *key = conn_key(c);

	if (key != NULL && !is_valid(c, key))
		key = NULL;
	if (policy_may_read(key, z))
		return 1;
	return d->certified != NULL && d->certified(d->certified_ctx, c, z);
}

/* An rcode, or -1: abort. */
static int
subscribe(struct dso_peer *peer, const struct session_event *e)
{
	struct zone *z = zones_above(&peer->all->server->zones, &e->question.name);
	struct zone_place place;

	if (z == NULL || (e->question.class != CLASS_IN && e->question.class != CLASS_ANY))
		return RCODE_NOTAUTH;
	if (!may_read(peer->all, peer->conn, z))
		return RCODE_REFUSED;
	if (z->broken)
		return RCODE_SERVFAIL;
	zone_find(z, &e->question.name, &place);
	if (place.cut != NULL)
		return RCODE_NOTAUTH;
	return push_subscribe(peer->push, z, &e->question, e->id);
}

/* The answer goes before the first PUSH, so it is sent here. */
static enum request_result
answer_subscribe(struct dso_peer *peer, const struct session_event *e, uint64_t now_ms)
{
	uint8_t room[SESSION_REPLY_MAX];
	struct buf b = buf_writer(room, sizeof room);
	int rcode = subscribe(peer, e);
	int begins;

	if (rcode == -1) {
		conn_abort(peer->conn);
		return REQUEST_DROP;
	}
	begins = session_answer(&peer->session, e, (unsigned)rcode, &b);
	conn_send(peer->conn, room, b.pos, SIZE_MAX);
	if (begins) {
		b.pos = 0;
		session_timeouts(&peer->session, &b);
		conn_send(peer->conn, room, b.pos, SIZE_MAX);
	}
	if (rcode == RCODE_NOERROR)
		push_welcome(peer->push, now_ms);
	return REQUEST_DROP;
}

enum request_result
dso_request(void *ctx, struct request *r)
{
	struct dso_peer *peer = peer_of(ctx, r->from.conn, r->now_ms);
	int is_tls = conn_transport(peer->conn) == TRANSPORT_TLS;
	struct session_event e;

	r->reply.pos = 0;
	r->rcode = RCODE_NOERROR;
	switch (
	    session_message(&peer->session, r->data, r->len, is_tls, r->now_ms, &r->reply, &e)) {
	case SESSION_REPLY:
		return REQUEST_REPLY;
	case SESSION_ABORT:
		conn_abort(peer->conn);
		break;
	case SESSION_SUBSCRIBE:
		return answer_subscribe(peer, &e, r->now_ms);
	case SESSION_UNSUBSCRIBE:
		push_unsubscribe(peer->push, e.id);
		break;
	case SESSION_RECONFIRM:
	case SESSION_NOTHING:
		break;
	}
	return REQUEST_DROP;
}

/* ---- the whole ---- */

struct dso *
dso_new(struct server *s, struct follow *f,
    int (*certified)(void *ctx, const struct conn *c, const struct zone *z), void *ctx)
{
	static const struct push_config config = {
	    .max = LIMIT_SUBSCRIPTIONS,
	    .max_of_one = LIMIT_SUBSCRIPTIONS_PER_STREAM,
	    .send = send_message,
	    .queued = queued,
	    .abort = abort_conn,
	};
	struct dso *d = calloc(1, sizeof *d);

	if (d == NULL)
		fatalx("out of memory");
	d->server = s;
	d->push = push_new(f, &config);
	d->certified = certified;
	d->certified_ctx = ctx;
	return d;
}

void
dso_free(struct dso *d)
{
	if (d == NULL)
		return;
	push_free(d->push);
	free(d);
}

size_t
dso_shut_down(struct dso *d, uint64_t now_ms, void (*empty)(void *ctx), void *ctx)
{
	uint8_t room[SESSION_REPLY_MAX];
	uint32_t spread = (uint32_t)(d->count * RETURN_EACH_MS) + 1;

	for (struct dso_peer *peer = d->first; peer != NULL; peer = peer->next) {
		struct buf b = buf_writer(room, sizeof room);

		if (!peer->session.established) {
			conn_close(peer->conn);
			continue;
		}
		session_retry(
		    &peer->session, RCODE_NOERROR, RETURN_MS + clock_jitter(spread), now_ms, &b);
		if (conn_send(peer->conn, room, b.pos, SIZE_MAX) == -1)
			conn_abort(peer->conn);
		else
			conn_look_again(peer->conn);
	}
	d->empty = empty;
	d->empty_ctx = ctx;
	return d->count;
}

size_t
dso_sessions(const struct dso *d)
{
	return d->count;
}

struct push *
dso_push(const struct dso *d)
{
	return d->push;
}
