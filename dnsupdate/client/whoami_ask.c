/*
 * Asks what whoami.c has due.  By the connection that stands, when it is of the family that is
 * asked for and no datagram, for only over a connection does the server believe where we are; else
 * by one of its own, for this question.
 */
#include "dnsupdate/client/worker.h"

#include "base/clock.h"
#include "dnsupdate/client/exchange.h"

static void
answered(void *ctx, uint32_t ticket, const struct exchange_result *result)
{
	struct worker *w = ctx;
	const struct name *zone = watch_status(w->watch).zone;

	whoami_answer(&w->whoami[ticket], zone == NULL ? OUTCOME_FAILED : result->outcome,
	    result->m, zone, clock_boot_ms());
	worker_wake(w);
}

/* A transport to the server's addresses of that family, by that link; NULL when there is none. */
static struct transport *
transport_aside(struct worker *w, const struct msg_dns_look *want)
{
	struct transport_server list[TRANSPORT_SERVERS_MAX] = {0};
	unsigned policy = w->zone.transport;
	struct transport *t;
	size_t n = 0;

	for (unsigned i = 0; i < w->server.count; i++)
		if (w->server.list[i].ep.family == want->family)
			list[n++] = (struct transport_server) {
			    w->server.list[i].ep, w->server.list[i].tls, want->link};
	if (n == 0 || (want->link != 0 && policy == DNS_TRANSPORT_UDP))
		return NULL;
	if (policy == DNS_TRANSPORT_AUTO && !transport_has_stream(w->transport))
		policy = DNS_TRANSPORT_TCP;
	t = transport_new(w->loop);
	transport_set_policy(t, policy, w->server.tls, transport_status(w->transport).tls_seen);
	transport_set_servers(t, list, n);
	return t;
}

static int
is_way(const struct worker *w, const struct msg_dns_look *want)
{
	return want->link == 0 && transport_server(w->transport)->family == want->family &&
	    (want->port == 0 || transport_has_stream(w->transport));
}

static void
ask(struct worker *w, unsigned i, const struct name *zone, uint64_t now)
{
	struct exchange_handler h = {answered, w};
	struct whoami *own = &w->whoami[i];
	struct transport *t = w->transport;
	struct question q;

	if (now < whoami_wake(own))
		return;
	own->aside = !is_way(w, &own->want);
	if (own->aside && (t = w->aside[i] = transport_aside(w, &own->want)) == NULL) {
		whoami_no_way(own, now);
		return;
	}
	if (whoami_next(own, zone, now, &q) && exchange_ask(t, &w->signer, &q, &h, i) != 0)
		whoami_answer(own, OUTCOME_FAILED, NULL, zone, now);
}

void
whoami_ask(struct worker *w, uint64_t now)
{
	const struct name *zone = watch_status(w->watch).zone;

	for (unsigned i = 0; i < MSG_LOOKS_MAX; i++) {
		if (!w->whoami[i].asking) {
			transport_free(w->aside[i]);
			w->aside[i] = NULL;
		}
		if (zone != NULL)
			ask(w, i, zone, now);
	}
}

int
whoami_tell(struct worker *w)
{
	for (unsigned i = 0; i < MSG_LOOKS_MAX; i++) {
		if (!w->whoami[i].news)
			continue;
		msg_begin(&w->out, MSG_DNS_SEEN, i + 1);
		w->out.dns_seen = w->whoami[i].told;
		w->out.dns_seen.hdr = (struct msg_hdr) {.type = MSG_DNS_SEEN, .id = i + 1};
		if (worker_say(w) != 0)
			return -1;
		w->whoami[i].news = 0;
	}
	return 0;
}

void
whoami_leave(struct worker *w)
{
	for (unsigned i = 0; i < MSG_LOOKS_MAX; i++) {
		transport_free(w->aside[i]);
		w->aside[i] = NULL;
		whoami_restart(&w->whoami[i]);
	}
}
