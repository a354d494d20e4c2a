/* Long-lived queries: where the server has them, and the socket while they run. */
#include "dnsupdate/client/worker.h"

#include "base/clock.h"
#include "base/log.h"
#include "dnsupdate/client/exchange.h"

#include <string.h>

#define NAT_KEEP_MS 25000 /* a UDP way in through a NAT stays open so long without traffic */
#define SRV_LLQ "_dns-llq._udp"

/* All there is at q: is it news? */
static int
is_news(struct worker *w, const struct question *q, const struct message *m)
{
	uint64_t known = watch_epoch(w->watch, &q->name);
	struct host_status status;
	const struct rr *rr;
	struct rdata txt;
	size_t pos = 0;

	if (q->type != TYPE_TXT || known == 0)
		return 1;
	while ((rr = message_next(m, &pos, SECTION_ANSWER, &q->name, TYPE_TXT)) != NULL)
		if (rr_rdata(m, rr, &txt) == 0 && status_from_txt(&status, &txt) == 0 &&
		    status.epoch == known)
			return 0;
	return 1;
}

static void
llq_heard(void *ctx, enum llq_heard heard, const struct question *q, const struct message *m)
{
	struct worker *w = ctx;

	/* Whoever changes the roster changes the list in the same update, or nothing of haste. */
	if (q->type == TYPE_PTR)
		roster_follow_hint(&w->roster);
	if (heard != LLQ_HEARD_ANSWERS || is_news(w, q, m))
		watch_hint(w->watch, &q->name, clock_boot_ms());
	worker_wake(w);
}

static void
llq_wake(void *ctx)
{
	worker_wake(ctx);
}

static const struct llq_io_handler handler = {llq_heard, llq_wake};

void
others_llq_stop(struct worker *w, uint64_t now)
{
	if (w->llq_io == NULL)
		return;
	/* Give them back; they are set up anew when they are needed again. */
	llq_client_stop(&w->llq);
	llq_io_step(w->llq_io, now);
	llq_io_free(w->llq_io);
	w->llq_io = NULL;
	llq_client_clear(&w->llq);
}

static void
start_llq(struct worker *w)
{
	struct endpoint place[MSG_SERVERS_MAX];
	unsigned n = server_llq(w, w->ladder.llq_port, place);

	if (n == 0 || (w->llq_io != NULL && endpoint_among(llq_io_server(w->llq_io), place, n)))
		return;
	if (w->llq_io != NULL)
		w->llqs_failed = 0;
	llq_io_free(w->llq_io);
	llq_client_forget(&w->llq);
	w->llq_io =
	    llq_io_new(w->loop, &place[w->llqs_failed % n], &w->llq, &w->signer, &handler, w);
	watch_refollow(w->watch);
}

/* Not to be had there after all: at the next place; after the last ask again whether, and where, in
 * an hour. */
static void
fail_llq(struct worker *w, uint64_t now)
{
	struct endpoint place[MSG_SERVERS_MAX];
	char text[ENDPOINT_TEXT_MAX];

	log_info("%s: %s at %s", w->zone.domain, w->llq.why,
	    endpoint_text(llq_io_server(w->llq_io), text));
	if (++w->llqs_failed >= server_llq(w, w->ladder.llq_port, place)) {
		w->llqs_failed = 0;
		ladder_srv(&w->ladder, 0, 0, now);
		return;
	}
	llq_io_free(w->llq_io);
	w->llq_io = NULL;
	worker_wake(w);
}

/* The network is another one, or something is about to change: is the way back still open? */
void
others_llq_hurry(struct worker *w, uint64_t now)
{
	if (w->llq_io == NULL)
		return;
	if (!llq_io_moved(w->llq_io)) {
		llq_client_doubt(&w->llq, now);
		return;
	}
	log_info("%s: our address is another one: long-lived queries begin anew", w->zone.domain);
	llq_io_free(w->llq_io);
	w->llq_io = NULL;
}

void
others_llq_step(struct worker *w, int wanted, uint64_t now)
{
	uint8_t nat = w->publish.want.nat;

	w->llq.keep_ms = nat == NAT_KIND_NONE ? 0 : NAT_KEEP_MS;
	if (wanted)
		start_llq(w);
	else
		others_llq_stop(w, now);
	if (w->llq_io == NULL)
		return;
	llq_io_step(w->llq_io, now);
	if (w->llq.off_ms > now && w->ladder.llq_port != 0)
		fail_llq(w, now);
}

static void
srv_answered(void *ctx, uint32_t ticket, const struct exchange_result *result)
{
	struct worker *w = ctx;
	struct srv srv = {0};
	const struct rr *rr = NULL;
	size_t pos = 0;

	(void)ticket;
	if (result->outcome == OUTCOME_OK)
		rr = message_next(result->m, &pos, SECTION_ANSWER, NULL, TYPE_SRV);
	if (rr != NULL && (rr_srv(result->m, rr, &srv) != 0 || name_labels(&srv.target) == 0))
		srv.port = 0;
	ladder_srv(&w->ladder, result->outcome != OUTCOME_OK, srv.port, clock_boot_ms());
	if (srv.port != 0)
		server_find_llq(w);
	log_debug("%s: long-lived queries: %s, port %u", w->zone.domain,
	    outcome_word(result->outcome), srv.port);
	worker_wake(w);
}

/* The server itself is asked, so whether there are any, and the port, is authentic.  Where their
 * host is the resolver may say: it answers under our key, or not at all, and is believed nothing
 * else. */
void
others_llq_ask(struct worker *w, uint64_t now)
{
	struct exchange_handler h = {srv_answered, w};
	struct question q = {.type = TYPE_SRV, .class = CLASS_IN};
	const struct name *zone = watch_status(w->watch).zone;

	if (name_prepend(&q.name, SRV_LLQ, zone) != 0 ||
	    exchange_ask(w->transport, &w->signer, &q, &h, 0) != 0)
		ladder_srv(&w->ladder, 1, 0, now);
}
