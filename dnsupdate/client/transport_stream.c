/*
 * Requests by the stream: all at once on one connection, answers matched by whoever asked; lost
 * ones go out again on the next connection, for the message stays the same and whoever receives it
 * twice does the thing once.  A connection on which nothing comes for a while though something is
 * waited for is dead whatever the kernel thinks of it; another address is tried.
 */
#include "dnsupdate/client/transport_inner.h"

#include "base/clock.h"
#include "base/str.h"

#include <string.h>

#define STREAM_MS 12000 /* a request by the stream has so long */
#define LOST_MS 2500 /* ... if there is no connection in spite of several tries, only so long */
#define DOUBT_MS 1000
#define TLS_PATIENCE_MS 1500 /* ... while TLS has never worked, so long: then by datagram */
#define SILENCE_MS 4000 /* ... and the connection so long to bring an answer */
#define SILENCE_HURRY_MS 1000 /* ... while it is in doubt */
#define TLS_AGAIN_MS 600000
#define OPCODE_DSO 6
#define OPCODE(msg) ((msg)[2] >> 3 & 15)

void
stream_want(struct transport *t)
{
	int waiting = 0;

	for (const struct transport_request *r = t->requests; r != NULL; r = r->next)
		waiting |= r->by_stream;
	session_want(t->session, waiting || (t->hold && t->use_stream));
}

void
stream_forget(struct transport *t)
{
	for (struct transport_request *r = t->requests; r != NULL; r = r->next)
		r->out = 0;
	if (t->hook != NULL)
		t->hook->down(t->hook_ctx);
}

/* How long the connection may be silent though it was asked. */
static uint64_t
silence_ms(const struct transport *t)
{
	return t->doubted_ms > t->heard_ms ? SILENCE_HURRY_MS : SILENCE_MS;
}

static void
send_waiting(struct transport *t)
{
	uint64_t now = clock_boot_ms(), left;

	for (struct transport_request *r = t->requests; r != NULL; r = r->next) {
		if (!r->by_stream || r->out || session_send(t->session, r->msg, r->len) != 0)
			continue;
		r->out = 1;
		left = r->end_ms > now ? r->end_ms - now : 0;
		loop_timer_set(r->timer, left < silence_ms(t) ? left : silence_ms(t));
	}
}

/* TLS works: from now on nothing goes in clear text, what is under way that way included. */
static void
recall_datagrams(struct transport *t)
{
	for (struct transport_request *r = t->requests; r != NULL; r = r->next) {
		if (r->by_stream)
			continue;
		datagram_end(r);
		memset(&r->d, 0, sizeof r->d);
		r->by_stream = 1;
		r->out = 0;
		r->end_ms = clock_boot_ms() + STREAM_MS;
		loop_timer_set(r->timer, STREAM_MS);
	}
	stream_want(t);
}

static void
stream_up(void *ctx)
{
	struct transport *t = ctx;
	int tls = session_server(t->session)->tls != NULL;

	t->trouble[0] = '\0';
	t->use_stream = 1;
	t->doubted_ms = 0;
	t->tls_seen |= tls;
	if (transport_must_be_tls(t))
		recall_datagrams(t);
	if (t->hook != NULL)
		t->hook->up(t->hook_ctx, tls);
	if (session_server(t->session) != NULL)
		send_waiting(t);
}

static void
end_stream(struct transport *t, int reset, uint64_t ms)
{
	session_end(t->session, reset, ms, reset);
	for (struct transport_request *r = t->requests; r != NULL; r = r->next)
		r->out = 0;
	stream_want(t);
}

/* We give this connection up, for requests' sake. */
static void
lose_stream(struct transport *t)
{
	if (session_server(t->session) == NULL)
		return;
	end_stream(t, 1, 0);
	stream_forget(t);
}

/* The server is of no use for this request: another one may be, once for each. */
static void
move_on(struct transport_request *r)
{
	struct transport *t = r->t;

	if (++r->moves >= t->streams) {
		request_fail(r);
		return;
	}
	r->out = 0;
	lose_stream(t);
}

/* 1 when the message was for this request. */
static int
stream_answer(struct transport_request *r, const uint8_t *msg, size_t len)
{
	struct transport *t = r->t;
	const struct session_server *s = session_server(t->session);

	switch (r->handler->answer(r->ctx, msg, len, &s->ep)) {
	case TRANSPORT_DONE:
		t->channel = s->tls != NULL ? DNS_CHANNEL_TLS : DNS_CHANNEL_TCP;
		request_end(r);
		stream_want(t);
		return 1;
	case TRANSPORT_NEXT:
		move_on(r);
		return 1;
	case TRANSPORT_IGNORE:
		return 0;
	default:
		/* Not believed, and yet most likely all that the server has to say. */
		r->end_ms = clock_boot_ms() + DOUBT_MS;
		loop_timer_set(r->timer, DOUBT_MS);
		return 1;
	}
}

/* Several requests may have one ID; who is not meant says so. */
static void
stream_message(void *ctx, const uint8_t *msg, size_t len)
{
	struct transport *t = ctx;

	t->heard_ms = clock_boot_ms();
	if (OPCODE(msg) == OPCODE_DSO) {
		if (t->hook != NULL)
			t->hook->message(t->hook_ctx, msg, len);
		return;
	}
	for (struct transport_request *r = t->requests; r != NULL; r = r->next)
		if (r->by_stream && r->out && memcmp(r->msg, msg, 2) == 0 &&
		    stream_answer(r, msg, len))
			return;
}

static int
may_do_without(const struct transport *t)
{
	return t->policy == DNS_TRANSPORT_AUTO && !transport_must_be_tls(t) && t->servers > 0;
}

/* TLS is not to be had, and was never: go on without, for a while. */
static void
give_up_tls(struct transport *t)
{
	t->use_stream = 0;
	t->again_ms = clock_boot_ms() + TLS_AGAIN_MS;
	for (struct transport_request *r = t->requests, *next; r != NULL; r = next) {
		next = r->next;
		if (!r->by_stream)
			continue;
		r->by_stream = 0;
		datagram_begin(r);
	}
	stream_want(t);
}

/* There is no connection to be had: who has waited for a while shall know. */
static void
fail_old(struct transport *t)
{
	uint64_t old = clock_boot_ms() + STREAM_MS - LOST_MS;
	struct transport_request *r = t->requests;

	while (r != NULL) {
		struct transport_request *next = r->next;

		if (r->by_stream && r->end_ms <= old)
			request_fail(r);
		r = next;
	}
	stream_want(t);
}

static void
stream_down(void *ctx, int was_up, const char *why)
{
	struct transport *t = ctx;

	if (was_up) {
		stream_forget(t);
		return;
	}
	str_copy(t->trouble, sizeof t->trouble, why);
	if (may_do_without(t))
		give_up_tls(t);
	else
		fail_old(t);
}

const struct session_handler stream_handler = {stream_up, stream_message, stream_down};

void
stream_timer(struct transport_request *r)
{
	struct transport *t = r->t;
	uint64_t now = clock_boot_ms();

	if (now >= r->end_ms) {
		request_fail(r);
		stream_want(t);
		return;
	}
	if (!r->out && may_do_without(t)) {
		give_up_tls(t);
		return;
	}
	loop_timer_set(r->timer, r->end_ms - now);
	if (r->out && now - t->heard_ms >= silence_ms(t))
		lose_stream(t);
}

void
stream_begin(struct transport_request *r)
{
	struct transport *t = r->t;

	r->end_ms = clock_boot_ms() + STREAM_MS;
	loop_timer_set(r->timer, may_do_without(t) ? TLS_PATIENCE_MS : STREAM_MS);
	stream_want(t);
	if (session_server(t->session) != NULL)
		send_waiting(t);
}

/* ---- what others say of the connection ---- */

void
transport_hurry(struct transport *t)
{
	if (session_hurry(t->session))
		lose_stream(t);
	else if (session_server(t->session) != NULL)
		t->doubted_ms = clock_boot_ms();
}

/* ---- DNS Stateful Operations ---- */

void
transport_set_hook(struct transport *t, const struct transport_hook *hook, void *ctx)
{
	const struct session_server *s = session_server(t->session);

	t->hook = hook;
	t->hook_ctx = ctx;
	if (hook != NULL && s != NULL)
		hook->up(ctx, s->tls != NULL);
}

int
transport_has_stream(const struct transport *t)
{
	return t->use_stream && t->streams > 0;
}

void
transport_hold(struct transport *t, int hold)
{
	t->hold = hold;
	stream_want(t);
}

int
transport_stream_send(struct transport *t, const uint8_t *msg, size_t len)
{
	return session_send(t->session, msg, len);
}

void
transport_stream_abort(struct transport *t)
{
	end_stream(t, 1, 0);
}

void
transport_stream_pause(struct transport *t, uint64_t ms)
{
	end_stream(t, 0, ms);
}
