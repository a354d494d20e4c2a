/*
 * A request is sent to one address after another: the one that answered last, then the others, then
 * around again, waiting 1, 2 and 4 s; an address that is known to be dead (port unreachable, no
 * route) is left at once.  A late answer from an earlier address is as good as any, so each
 * address keeps its socket until the request ends.  The sockets are connected: the kernel drops
 * what comes from elsewhere, reports ICMP errors, and gives each request a random port of its own
 * (RFC 5452).  The message, and so its ID and signature, stays the same: whoever receives it twice
 * does the thing once, see the epoch in publish.c.
 *
 * Everything of a request hangs on struct transport_request; it is freed in one place, end().
 */
#include "dnsupdate/client/transport.h"

#include "base/log.h"
#include "dnsupdate/client/tcp.h"
#include "dnsupdate/wire/message.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PASSES 3
static const uint32_t waits_ms[PASSES] = {1000, 2000, 4000};

struct way {
	struct transport_request *r;
	struct endpoint to;
	int fd; /* -1 = not tried yet */
	struct loop_fd *watch;
};

struct transport_request {
	struct transport *t;
	struct transport_request *next;
	const struct transport_handler *handler;
	void *ctx;
	size_t len;
	uint8_t *msg;
	unsigned sent; /* attempts so far */
	unsigned count; /* of ways */
	int doubted;
	int streamed; /* TCP was tried in this attempt: a forged "cut short" must not go on for ever
		       */
	struct way way[MSG_SERVERS_MAX]; /* in the order in which they are tried */
	struct loop_timer *timer;
	struct tcp *tcp;
};

struct transport {
	struct loop *loop;
	struct transport_request *requests;
	unsigned open, servers, best;
	struct endpoint server[MSG_SERVERS_MAX];
};

struct transport *
transport_new(struct loop *l)
{
	struct transport *t = calloc(1, sizeof *t);

	if (t == NULL)
		fatal("transport");
	t->loop = l;
	return t;
}

static void
close_way(struct way *w)
{
	if (w->watch != NULL)
		loop_fd_free(w->watch);
	if (w->fd >= 0)
		close(w->fd);
	w->watch = NULL;
	w->fd = -1;
}

static void
end(struct transport_request *r)
{
	struct transport_request **p = &r->t->requests;

	while (*p != r)
		p = &(*p)->next;
	*p = r->next;
	r->t->open--;
	for (unsigned i = 0; i < r->count; i++)
		close_way(&r->way[i]);
	tcp_free(r->tcp);
	loop_timer_free(r->timer);
	free(r->msg);
	free(r);
}

void
transport_free(struct transport *t)
{
	if (t == NULL)
		return;
	while (t->requests != NULL) {
		struct transport_request *r = t->requests;

		r->handler->dropped(r->ctx);
		end(r);
	}
	free(t);
}

void
transport_set_servers(struct transport *t, const struct endpoint *server, size_t count)
{
	char text[ENDPOINT_TEXT_MAX];

	t->servers = t->best = 0;
	for (size_t i = 0; i < count && t->servers < MSG_SERVERS_MAX; i++) {
		if (server[i].family == 6 && ip6_is_ula(server[i].addr))
			log_warnx("name server %s left out: its address is inside tunnels",
			    endpoint_text(&server[i], text));
		else
			t->server[t->servers++] = server[i];
	}
}

const struct endpoint *
transport_server(const struct transport *t)
{
	return t->servers == 0 ? NULL : &t->server[t->best];
}

static void
fail(struct transport_request *r)
{
	const struct transport_handler *h = r->handler;
	void *ctx = r->ctx;

	/* Begin elsewhere next time. */
	if (r->t->servers > 1 && endpoint_equal(&r->way[0].to, &r->t->server[r->t->best]))
		r->t->best = (r->t->best + 1) % r->t->servers;
	end(r);
	h->failed(ctx);
}

static void
remember(struct transport *t, const struct endpoint *server)
{
	for (unsigned i = 0; i < t->servers; i++)
		if (endpoint_equal(&t->server[i], server))
			t->best = i;
}

static void attempt(struct transport_request *r);
static void start_stream(struct transport_request *r, const struct endpoint *to);

/* Is there an address not asked yet? */
static int
untried(const struct transport_request *r)
{
	return r->sent < r->count;
}

/* Do as the handler says.  Returns 1 when the request is gone. */
static int
judge(struct transport_request *r, const uint8_t *msg, size_t len, const struct endpoint *from)
{
	enum transport_verdict v = r->handler->answer(r->ctx, msg, len, from);

	switch (v) {
	case TRANSPORT_DONE:
		remember(r->t, from);
		end(r);
		return 1;
	case TRANSPORT_NEXT:
		if (!untried(r)) {
			fail(r);
			return 1;
		}
		attempt(r);
		return 0;
	case TRANSPORT_STREAM:
		start_stream(r, from);
		return 0;
	case TRANSPORT_DOUBT:
		r->doubted = 1;
		return 0;
	default:
		return 0;
	}
}

static void
tcp_message(void *ctx, const uint8_t *msg, size_t len, const struct endpoint *from)
{
	judge(ctx, msg, len, from);
}

/* The stream broke; the timer goes on to the next attempt. */
static void
tcp_broken(void *ctx)
{
	struct transport_request *r = ctx;

	tcp_free(r->tcp);
	r->tcp = NULL;
	if (untried(r))
		attempt(r);
}

static void
start_stream(struct transport_request *r, const struct endpoint *to)
{
	static const struct tcp_handler handler = {tcp_message, tcp_broken};

	if (r->tcp != NULL || r->streamed)
		return;
	r->streamed = 1;
	r->tcp = tcp_new(r->t->loop, to, r->msg, r->len, &handler, r);
	loop_timer_set(r->timer, waits_ms[PASSES - 1]);
}

static void
readable(void *ctx, int ready)
{
	static uint8_t msg[MESSAGE_MAX];
	struct way *w = ctx;
	struct transport_request *r = w->r;
	ssize_t n = recv(w->fd, msg, sizeof msg, MSG_DONTWAIT);

	(void)ready;
	if (n >= 0) {
		judge(r, msg, (size_t)n, &w->to);
	} else if (errno != EAGAIN && errno != EINTR) {
		close_way(w);
		if (untried(r))
			attempt(r);
	}
}

/* 0, or -1 when this address cannot be asked now. */
static int
send_udp(struct transport_request *r, struct way *w)
{
	struct sockaddr_storage sa;
	socklen_t len = endpoint_to_sockaddr(&w->to, &sa);

	if (w->fd < 0) {
		w->fd = socket(sa.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		if (w->fd < 0 || connect(w->fd, (struct sockaddr *)&sa, len) != 0)
			return -1;
		w->watch = loop_fd_new(r->t->loop, w->fd, LOOP_READ, readable, w);
	}
	return send(w->fd, r->msg, r->len, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)r->len ? 0 : -1;
}

/* Ask the next address that can be asked at all, and wait. */
static void
attempt(struct transport_request *r)
{
	unsigned pass;

	do {
		struct way *w = &r->way[r->sent % r->count];

		pass = r->sent++ / r->count;
		r->doubted = r->streamed = 0;
		if (r->len > MESSAGE_UDP_MAX) {
			tcp_free(r->tcp);
			r->tcp = NULL;
			start_stream(r, &w->to);
			break;
		}
		if (send_udp(r, w) == 0)
			break;
		close_way(w);
	} while (untried(r));
	loop_timer_set(r->timer, waits_ms[pass < PASSES ? pass : PASSES - 1]);
}

static void
timer(void *ctx)
{
	struct transport_request *r = ctx;
	unsigned most = r->count < PASSES ? PASSES : r->count;

	if (r->sent >= most || (r->doubted && !untried(r)))
		fail(r);
	else
		attempt(r);
}

int
transport_send(struct transport *t, const uint8_t *msg, size_t len,
    const struct transport_handler *handler, void *ctx)
{
	struct transport_request *r;

	if (t->servers == 0 || t->open >= TRANSPORT_MAX)
		return -1;
	if ((r = calloc(1, sizeof *r)) == NULL || (r->msg = malloc(len)) == NULL)
		fatal("request");
	memcpy(r->msg, msg, len);
	r->len = len;
	r->t = t;
	r->handler = handler;
	r->ctx = ctx;
	r->count = t->servers;
	for (unsigned i = 0; i < r->count; i++)
		r->way[i] =
		    (struct way) {.r = r, .to = t->server[(t->best + i) % t->servers], .fd = -1};
	r->next = t->requests;
	t->requests = r;
	t->open++;
	r->timer = loop_timer_new(t->loop, timer, r);
	attempt(r);
	return 0;
}
