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
	static const struct llq_io_handler handler = {llq_heard, llq_wake};
	struct endpoint server = *transport_server(w->transport);

	server.port = w->ladder.llq_port;
	if (w->llq_io != NULL && endpoint_equal(llq_io_server(w->llq_io), &server))
		return;
	llq_io_free(w->llq_io);
	llq_client_forget(&w->llq);
	w->llq_io = llq_io_new(w->loop, &server, &w->llq, &w->signer, &handler, w);
	watch_refollow(w->watch);
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
	/* Not to be had after all: ask again whether, and where, in an hour. */
	if (w->llq.off_ms > now && w->ladder.llq_port != 0) {
		log_info("%s: %s", w->zone.domain, w->llq.why);
		ladder_srv(&w->ladder, 0, 0, now);
	}
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
	log_debug("%s: long-lived queries: %s, port %u", w->zone.domain,
	    outcome_word(result->outcome), srv.port);
	worker_wake(w);
}

/* The server itself is asked, so the answer is authentic; its host is taken to be the server. */
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
