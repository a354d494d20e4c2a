/*
 * A request over UDP.  It is sent to one address after another: the one that answered last, then
 * the others, then around again, waiting longer in each round: from four times the usual time of an
 * answer (0.25 to 1 s) up to four times that, or 2 s.  An address that is known to be dead (port
 * unreachable, no route) is left at once.  A late answer from an earlier address is as good as any,
 * so each address keeps its socket until the request ends.  The sockets are connected: the kernel
 * drops what comes from elsewhere, reports ICMP errors, and gives each request a random port of its
 * own (RFC 5452).  The message, and so its ID and signature, stays the same: whoever receives it
 * twice does the thing once, see the epoch in publish.c.
 */
#include "dnsupdate/client/transport_inner.h"

#include "base/clock.h"
#include "dnsupdate/wire/message.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#define TIME_MS 7000 /* after so long there is no new attempt, but one at each address */
#define WAIT_FIRST_MS 500 /* while it is not known how long an answer takes */
#define WAIT_MIN_MS 250
#define WAIT_MAX_MS 2000
#define TCP_MS 4000

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

void
datagram_end(struct transport_request *r)
{
	for (unsigned i = 0; i < r->d.count; i++)
		close_way(&r->d.way[i]);
	line_free(r->d.line);
}

static void
remember(struct transport *t, const struct endpoint *server, uint8_t channel)
{
	t->channel = channel;
	for (unsigned i = 0; i < t->servers; i++)
		if (endpoint_equal(&t->server[i], server))
			t->best = i;
}

static void
fail(struct transport_request *r)
{
	struct transport *t = r->t;

	/* Begin elsewhere next time. */
	if (t->servers > 1 && endpoint_equal(&r->d.way[0].to, &t->server[t->best]))
		t->best = (t->best + 1) % t->servers;
	request_fail(r);
}

/* The time of an answer to what was sent once (Karn's rule), smoothed as in RFC 6298. */
static void
take_time(struct transport_request *r)
{
	struct transport *t = r->t;
	uint64_t took = clock_boot_ms() + TIME_MS - r->d.end_ms;

	if (r->d.sent == 1 && r->d.line == NULL)
		t->answer_ms = t->answer_ms == 0 ? (unsigned)took + 1
						 : (7 * t->answer_ms + (unsigned)took + 1) / 8;
}

static uint32_t
wait_ms(const struct transport *t, unsigned pass)
{
	uint32_t first = t->answer_ms == 0 ? WAIT_FIRST_MS : 4 * t->answer_ms;

	if (first < WAIT_MIN_MS)
		first = WAIT_MIN_MS;
	if (first > 2 * WAIT_FIRST_MS)
		first = 2 * WAIT_FIRST_MS;
	first <<= pass < 2 ? pass : 2;
	return first < WAIT_MAX_MS ? first : WAIT_MAX_MS;
}

static void attempt(struct transport_request *r);
static void start_line(struct transport_request *r, const struct endpoint *to);

/* Is there an address not asked yet? */
static int
untried(const struct transport_request *r)
{
	return r->d.sent < r->d.count;
}

/* Do as the handler says; the request may be gone afterwards. */
static void
judge(struct transport_request *r, const uint8_t *msg, size_t len, const struct endpoint *from,
    uint8_t channel)
{
	switch (r->handler->answer(r->ctx, msg, len, from)) {
	case TRANSPORT_DONE:
		take_time(r);
		remember(r->t, from, channel);
		request_end(r);
		break;
	case TRANSPORT_NEXT:
		if (untried(r))
			attempt(r);
		else
			fail(r);
		break;
	case TRANSPORT_STREAM:
		start_line(r, from);
		break;
	case TRANSPORT_DOUBT:
		r->d.doubted = 1;
		break;
	default:
		break;
	}
}

/* ---- TCP, for this request alone ---- */

static void
line_up(void *ctx)
{
	(void)ctx;
}

static void
line_message(void *ctx, const uint8_t *msg, size_t len)
{
	struct transport_request *r = ctx;

	judge(r, msg, len, &r->d.line_to, DNS_CHANNEL_TCP);
}

/* It broke; the timer goes on to the next attempt. */
static void
line_down(void *ctx, const char *why, int hopeless)
{
	struct transport_request *r = ctx;

	(void)why;
	(void)hopeless;
	line_free(r->d.line);
	r->d.line = NULL;
	if (untried(r))
		attempt(r);
}

static void
start_line(struct transport_request *r, const struct endpoint *to)
{
	static const struct line_handler handler = {line_up, line_message, line_down};

	if (r->d.line != NULL || r->d.streamed)
		return;
	r->d.streamed = 1;
	r->d.line_to = *to;
	r->d.line = line_new(r->t->loop, to, 0, NULL, &handler, r);
	line_send(r->d.line, r->msg, r->len);
	loop_timer_set(r->timer, TCP_MS);
}

/* ---- UDP ---- */

static void
readable(void *ctx, int ready)
{
	static uint8_t msg[MESSAGE_MAX];
	struct way *w = ctx;
	struct transport_request *r = w->r;
	ssize_t n = recv(w->fd, msg, sizeof msg, MSG_DONTWAIT);

	(void)ready;
	if (n >= 0) {
		judge(r, msg, (size_t)n, &w->to, DNS_CHANNEL_UDP);
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
	struct datagram *d = &r->d;
	unsigned pass;

	do {
		struct way *w = &d->way[d->sent % d->count];

		pass = d->sent++ / d->count;
		d->doubted = d->streamed = 0;
		if (r->len > MESSAGE_UDP_MAX) {
			line_free(d->line);
			d->line = NULL;
			start_line(r, &w->to);
			break;
		}
		if (send_udp(r, w) == 0)
			break;
		close_way(w);
	} while (untried(r));
	loop_timer_set(r->timer, r->len > MESSAGE_UDP_MAX ? TCP_MS : wait_ms(r->t, pass));
}

void
datagram_timer(struct transport_request *r)
{
	if (!untried(r) && (r->d.doubted || clock_boot_ms() >= r->d.end_ms))
		fail(r);
	else
		attempt(r);
}

void
datagram_begin(struct transport_request *r)
{
	struct transport *t = r->t;

	r->d.count = t->servers;
	r->d.end_ms = clock_boot_ms() + TIME_MS;
	for (unsigned i = 0; i < t->servers; i++)
		r->d.way[i] =
		    (struct way) {.r = r, .to = t->server[(t->best + i) % t->servers], .fd = -1};
	attempt(r);
}
