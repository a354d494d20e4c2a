/*
 * Requests and the way they go, by the stream (transport_stream.c) or as datagrams (datagram.c).
 *
 * What goes how.  TLS is used where it can be verified; nobody can then talk us out of it
 * (dns_transport "tls", or TLS has worked once: it is told to the manager, who remembers it on
 * disk).  Only while TLS has never worked does TRANSPORT_AUTO fall back to datagrams, and looks for
 * TLS again each ten minutes.  A TLS port that drops what comes costs a second and a half, then;
 * the attempt goes on beside, and TLS is used once it stands.
 */
#include "dnsupdate/client/transport_inner.h"

#include "base/clock.h"
#include "base/log.h"

#include <stdlib.h>
#include <string.h>

void
request_end(struct transport_request *r)
{
	struct transport_request **p = &r->t->requests;

	while (*p != r)
		p = &(*p)->next;
	*p = r->next;
	r->t->open--;
	if (!r->by_stream)
		datagram_end(r);
	loop_timer_free(r->timer);
	free(r->msg);
	free(r);
}

void
request_fail(struct transport_request *r)
{
	const struct transport_handler *h = r->handler;
	void *ctx = r->ctx;

	request_end(r);
	h->failed(ctx);
}

/* ---- which way ---- */

int
transport_must_be_tls(const struct transport *t)
{
	return t->policy == DNS_TRANSPORT_TLS ||
	    (t->policy == DNS_TRANSPORT_AUTO && t->tls != NULL && t->tls_seen);
}

static int
may_be_tls(const struct transport *t)
{
	return t->tls != NULL && t->tls_servers > 0 &&
	    (t->policy == DNS_TRANSPORT_TLS || t->policy == DNS_TRANSPORT_AUTO);
}

/* Fill the session's list and decide how new requests go. */
static void
choose(struct transport *t)
{
	struct session_server s[TRANSPORT_SERVERS_MAX];
	int stood = session_server(t->session) != NULL;
	unsigned n = 0;

	t->tls_servers = 0;
	for (unsigned i = 0; i < t->listed; i++)
		t->tls_servers += t->list[i].tls != 0;
	for (unsigned i = 0; i < t->listed; i++) {
		int tls = t->list[i].tls;

		if (tls ? may_be_tls(t) : t->policy == DNS_TRANSPORT_TCP)
			s[n++] = (struct session_server) {
			    t->list[i].ep, tls ? t->tls : NULL, t->list[i].link};
	}
	t->streams = n;
	session_set_servers(t->session, s, n);
	if (stood && session_server(t->session) == NULL)
		stream_forget(t);
	t->use_stream = n > 0 || transport_must_be_tls(t);
	t->again_ms = 0;
	stream_want(t);
}

/* ---- outside ---- */

struct transport *
transport_new(struct loop *l)
{
	struct transport *t = calloc(1, sizeof *t);

	if (t == NULL)
		fatal("transport");
	t->loop = l;
	t->session = session_new(l, &stream_handler, t);
	return t;
}

void
transport_free(struct transport *t)
{
	if (t == NULL)
		return;
	while (t->requests != NULL) {
		struct transport_request *r = t->requests;

		r->handler->dropped(r->ctx);
		request_end(r);
	}
	session_free(t->session);
	free(t);
}

void
transport_set_policy(
    struct transport *t, unsigned policy, struct tls_context *context, int tls_seen)
{
	t->policy = policy;
	t->tls = context;
	t->tls_seen = tls_seen;
	t->trouble[0] = '\0';
	choose(t);
}

static int
usable(const struct endpoint *ep)
{
	char text[ENDPOINT_TEXT_MAX];

	if (ep->family != 6 || !ip6_is_ula(ep->addr))
		return 1;
	log_warnx(
	    "name server %s left out: its address is inside tunnels", endpoint_text(ep, text));
	return 0;
}

void
transport_set_servers(struct transport *t, const struct transport_server *server, size_t count)
{
	t->servers = t->best = t->listed = t->answer_ms = 0;
	for (size_t i = 0; i < count && t->listed < TRANSPORT_SERVERS_MAX; i++) {
		if (!usable(&server[i].ep))
			continue;
		t->list[t->listed++] = server[i];
		if (!server[i].tls && t->servers < MSG_SERVERS_MAX)
			t->server[t->servers++] = server[i].ep;
	}
	choose(t);
}

const struct endpoint *
transport_server(const struct transport *t)
{
	const struct session_server *s = session_server(t->session);

	if (s != NULL)
		return &s->ep;
	if (t->listed == 0)
		return NULL;
	if (t->use_stream)
		for (unsigned i = 0; i < t->listed; i++)
			if (t->list[i].tls == (t->policy != DNS_TRANSPORT_TCP))
				return &t->list[i].ep;
	return t->servers > 0 ? &t->server[t->best] : &t->list[0].ep;
}

struct transport_status
transport_status(const struct transport *t)
{
	return (struct transport_status) {
	    .channel = t->channel, .tls_seen = (uint8_t)t->tls_seen, .trouble = t->trouble};
}

static void
timer(void *ctx)
{
	struct transport_request *r = ctx;

	if (r->by_stream)
		stream_timer(r);
	else
		datagram_timer(r);
}

static struct transport_request *
new_request(struct transport *t, const uint8_t *msg, size_t len)
{
	struct transport_request *r = calloc(1, sizeof *r), **last = &t->requests;

	if (r == NULL || (r->msg = malloc(len)) == NULL)
		fatal("request");
	memcpy(r->msg, msg, len);
	r->len = len;
	r->t = t;
	while (*last != NULL)
		last = &(*last)->next;
	*last = r;
	t->open++;
	r->timer = loop_timer_new(t->loop, timer, r);
	return r;
}

int
transport_send(struct transport *t, const uint8_t *msg, size_t len,
    const struct transport_handler *handler, void *ctx)
{
	struct transport_request *r;

	if (!t->use_stream && t->streams > 0 && clock_boot_ms() >= t->again_ms)
		t->use_stream = 1;
	if ((t->use_stream ? t->streams : t->servers) == 0 || t->open >= TRANSPORT_MAX)
		return -1;
	r = new_request(t, msg, len);
	r->handler = handler;
	r->ctx = ctx;
	r->by_stream = t->use_stream;
	if (r->by_stream)
		stream_begin(r);
	else
		datagram_begin(r);
	return 0;
}
