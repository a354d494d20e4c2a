/*
 * The DNS worker: publishes this machine's records and follows those of the others.
 *
 *        manager
 *           | fd 3: ZONE PUBLISH HURRY QUIT in, STATE PEER SYNCED ROSTER out
 *        worker.c  ---------- server.c, resolve.c (c-ares), targets.c: which server?
 *        /       \
 *   publish.c   watch.c ...   decide, know no socket and no clock
 *     own.c     others.c      carry out what these want; roster.c that of roster_follow.c,
 *                             whoami_ask.c that of whoami.c
 *        \       /
 *       exchange.c            signs, verifies, names the outcome (outcome.c)
 *      transport.c            carries: datagram.c, or session.c over line.c, see transport.h
 *
 * Everything happens in step(): ask both machines what is due, send it, tell the manager what is
 * new, sleep until the next thing is due.  Messages and answers only feed the machines and wake
 * step() up; so no callback ever frees what is below it on the stack.
 *
 * The machines live from the first MSG_DNS_ZONE on.  Another ZONE starts them over: what is wanted
 * stays, what is known of the zone is read again.  Machines the manager has been told of are only
 * taken back by a complete list of the new zone.
 *
 * All questions and updates are signed with this device's key, and only signed answers count; a
 * server, a resolver or a router on the way can keep us waiting, no more.  The server's addresses
 * come with the zone or from the DNS by c-ares, whose answers are trusted for nothing else.  The
 * control plane has no part in the tunnels it helps to build: it never sends to an address inside
 * them and never asks the system's name service.
 *
 * Messages to the manager are state: each kind has what was said last and what is so now; what
 * differs is sent when the channel has room.
 */
#include "dnsupdate/client/worker.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "crypto/mac.h"
#include "dnsupdate/client/exchange.h"
#include "dnsupdate/client/report.h"
#include "dnsupdate/dnsupdate.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define QUIT_MS 2000
#define SLEEP_MAX_MS 60000

void
worker_wake(struct worker *w)
{
	loop_timer_set(w->step, 0);
}

/* ---- the manager ---- */

int
worker_say(struct worker *w)
{
	if (loop_channel_send(w->channel, &w->out, -1) == 0)
		return 0;
	if (errno == EAGAIN)
		loop_channel_want_write(w->channel);
	return -1;
}

static int
say_peers(struct worker *w)
{
	const struct msg_dns_peer *peer;
	struct watch_status ws;

	while ((peer = watch_news(w->watch)) != NULL) {
		msg_begin(&w->out, MSG_DNS_PEER, 0);
		w->out.dns_peer = *peer;
		w->out.dns_peer.hdr = (struct msg_hdr) {.type = MSG_DNS_PEER};
		if (worker_say(w) != 0 && errno != EBADMSG)
			return -1;
		watch_told(w->watch);
	}
	ws = watch_status(w->watch);
	if (!ws.synced || w->synced)
		return 0;
	msg_begin(&w->out, MSG_DNS_SYNCED, 0);
	w->out.dns_synced.peers = ws.peers;
	if (worker_say(w) != 0)
		return -1;
	w->synced = 1;
	return 0;
}

static int
say_known(struct worker *w)
{
	if (!w->server.known_news)
		return 0;
	msg_begin(&w->out, MSG_DNS_KNOWN, 0);
	w->out.dns_known = w->server.said;
	w->out.dns_known.hdr = (struct msg_hdr) {.type = MSG_DNS_KNOWN};
	if (worker_say(w) != 0)
		return -1;
	w->server.known_news = 0;
	return 0;
}

static void
say_state(struct worker *w, uint64_t now, uint64_t wall)
{
	struct report_facts facts = {.publish = &w->publish,
	    .watch = watch_status(w->watch),
	    .source = w->ladder.source,
	    .server = transport_server(w->transport),
	    .no_server = w->server.trouble,
	    .transport = transport_status(w->transport),
	    .key = w->zone.key_name,
	    .skew_sec = w->skew_sec,
	    .heard_ms = w->heard_ms};

	msg_begin(&w->out, MSG_DNS_STATE, 0);
	report_state(&w->out.dns_state, &facts, now, wall);
	if (!report_is_news(&w->told, &w->out.dns_state))
		return;
	if (worker_say(w) == 0)
		w->told = w->out.dns_state;
}

/* ---- the one place where things happen ---- */

static uint64_t
sooner(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static void
sleep_until_due(struct worker *w, uint64_t now)
{
	uint64_t at = now + SLEEP_MAX_MS;

	if (transport_server(w->transport) != NULL) {
		at = sooner(at, others_wake(w, now));
		at = sooner(at, roster_follow_wake(&w->roster));
		if (watch_status(w->watch).zone != NULL) {
			at = sooner(at, publish_wake(&w->publish));
			for (unsigned i = 0; i < MSG_LOOKS_MAX; i++)
				at = sooner(at, whoami_wake(&w->whoami[i]));
		}
	}
	at = sooner(at, server_wake(w));
	loop_timer_set(w->step, at > now ? at - now : 0);
}

static void
step(void *ctx)
{
	struct worker *w = ctx;
	uint64_t now = clock_boot_ms();

	if (w->watch == NULL)
		return;
	server_step(w, now);
	if (transport_server(w->transport) != NULL) {
		others_step(w, now);
		roster_ask(w, now);
		whoami_ask(w, now);
		own_step(w, now);
	}
	if (roster_tell(w) == 0 && (roster_follow_busy(&w->roster) || say_peers(w) == 0) &&
	    say_known(w) == 0 && whoami_tell(w) == 0)
		say_state(w, now, clock_wall_sec());
	if (w->quitting && publish_may_leave(&w->publish))
		loop_stop(w->loop, 0);
	else
		sleep_until_due(w, now);
}

/* ---- messages ---- */

static int
same_zone(const struct msg_dns_zone *a, const struct msg_dns_zone *b)
{
	struct msg_dns_zone x = *a;
	int same;

	/* What we said ourselves comes back. */
	x.epoch = b->epoch;
	x.tls_seen = b->tls_seen;
	x.knowns = b->knowns;
	memcpy(x.known, b->known, sizeof x.known);
	same = crypto_equal(&x, b, sizeof x);
	crypto_wipe(&x, sizeof x);
	return same;
}

/* Forget the server and what was learnt from it; keep what is wanted. */
static void
start_over(struct worker *w)
{
	struct msg_dns_publish want = w->publish.want;
	uint64_t epoch = w->publish.epoch;

	whoami_leave(w);
	transport_free(w->transport);
	w->transport = transport_new(w->loop);
	server_begin(w);
	publish_init(&w->publish, epoch > w->zone.epoch ? epoch : w->zone.epoch, clock_jitter);
	if (want.hdr.type != 0)
		publish_want(&w->publish, &want, clock_boot_ms());
	others_start_over(w);
	roster_follow_restart(&w->roster, &w->domain);
	w->said = OUTCOME_OK;
	w->skew_sec = 0;
	w->heard_ms = 0;
	w->synced = 0;
}

static void
take_zone(struct worker *w, const struct msg_dns_zone *zone)
{
	if (w->watch != NULL && same_zone(&w->zone, zone))
		return;
	w->zone = *zone;
	str_lower(w->zone.domain);
	str_lower(w->zone.host);
	if (name_parse(&w->domain, w->zone.domain) != 0 ||
	    name_parse(&w->host, w->zone.host) != 0 ||
	    records_service(&w->service, &w->host) != 0 ||
	    tsig_signer_init(&w->signer, w->zone.key_name, w->zone.algorithm, w->zone.secret,
		w->zone.secret_len) != 0)
		fatalx("zone %s, host %s: no names to work with", w->zone.domain, w->zone.host);
	start_over(w);
}

static void
out_of_time(void *ctx)
{
	struct worker *w = ctx;

	if (!publish_may_leave(&w->publish))
		log_warnx("%s: leaving without an answer to the withdrawal", w->zone.host);
	loop_stop(w->loop, 0);
}

static void
take_quit(struct worker *w)
{
	w->quitting = 1;
	if (w->watch == NULL) {
		loop_stop(w->loop, 0);
		return;
	}
	publish_quit(&w->publish, clock_boot_ms());
	loop_timer_set(w->bound, QUIT_MS);
}

static void
on_message(void *ctx, const union msg *m, int fd)
{
	struct worker *w = ctx;

	switch (m->hdr.type) {
	case MSG_DNS_AUTHORITIES:
		server_authorities(w, fd);
		break;
	case MSG_DNS_ZONE:
		take_zone(w, &m->dns_zone);
		break;
	case MSG_DNS_PUBLISH:
		publish_want(&w->publish, &m->dns_publish, clock_boot_ms());
		break;
	case MSG_DNS_HURRY:
		if (w->transport != NULL)
			transport_hurry(w->transport);
		if (w->watch != NULL) {
			watch_hurry(w->watch, m->dns_hurry.seconds, clock_boot_ms());
			others_llq_hurry(w, clock_boot_ms());
		}
		server_hurry(w);
		for (unsigned i = 0; i < MSG_LOOKS_MAX; i++)
			whoami_hurry(&w->whoami[i]);
		break;
	case MSG_DNS_LOOK:
		whoami_want(&w->whoami[m->hdr.id - 1], &m->dns_look);
		break;
	case MSG_LOG_LEVEL:
		log_set_level((enum log_level)m->log_level.level);
		break;
	case MSG_QUIT:
		take_quit(w);
		break;
	default:
		break;
	}
	worker_wake(w);
}

static void
on_writable(void *ctx)
{
	worker_wake(ctx);
}

static void
on_gone(void *ctx, int error)
{
	struct worker *w = ctx;

	if (error != ECONNRESET)
		log_error("manager: %s", strerror(error));
	loop_stop(w->loop, error != ECONNRESET);
}

static void
worker_free(struct worker *w)
{
	others_end(w);
	whoami_leave(w);
	transport_free(w->transport);
	server_free(w);
	loop_timer_free(w->step);
	loop_timer_free(w->bound);
	loop_channel_free(w->channel);
	loop_free(w->loop);
	crypto_wipe(w, sizeof *w);
	free(w);
}

/* The first use of OpenSSL reads its configuration file. */
static void
warm_up(void)
{
	uint8_t out[MAC_LEN_MAX];
	struct mac *m = mac_new(MAC_HMAC_SHA256, out, 0);

	if (m == NULL || mac_final(m, out) != 0)
		fatalx("OpenSSL has no HMAC-SHA256");
	tls_prepare();
}

int
dnsupdate_main(const struct worker_options *opt)
{
	static const struct loop_channel_handler handler = {on_message, on_writable, on_gone};
	struct worker *w = calloc(1, sizeof *w);
	struct channel ch;
	uint32_t features;
	int status;

	if (w == NULL)
		fatal("dnsupdate");
	worker_begin(&ch, ROLE_DNSUPDATE, opt);
	w->loop = loop_new();
	w->step = loop_timer_new(w->loop, step, w);
	w->bound = loop_timer_new(w->loop, out_of_time, w);
	publish_init(&w->publish, 0, clock_jitter);
	others_start(w);
	server_init(w);
	warm_up();
	features = worker_lock(ROLE_DNSUPDATE, opt);
	worker_hello(&ch, features);
	w->channel = loop_channel_new(w->loop, ch, &handler, w);
	status = loop_run(w->loop);
	worker_free(w);
	return status;
}
