/*
 * The other machines: carries out what watch.c asks for and feeds it with what is told to us.
 *
 *                    watch.c  asks questions, takes hints
 *                   /   |   \
 *    others_push.c    exchange    others_llq.c
 *   push_session.c    (a look)    llq_client.c, llq_io.c
 *      topics.c
 *                   \   |   /
 *                  ladder.c  which of them
 *
 * A change that Push tells over a verified connection is also the answer to the question it makes
 * us ask: topics.c has it.  In all other cases the server is asked, and its answer must be signed.
 *
 * The roster (roster.c) hears of changes here, too: from Push, or with the list of machines.
 */
#include "dnsupdate/client/worker.h"

#include "base/clock.h"
#include "base/log.h"
#include "dnsupdate/client/exchange.h"

#include <string.h>

/* ---- what is followed ---- */

static void
follow_push(struct worker *w, const struct watch_names *n)
{
	struct question q[TOPICS_SET_MAX];
	unsigned count = 0;

	if (n->number == 0) {
		q[count++] = (struct question) {n->service, TYPE_PTR, CLASS_IN};
		q[count++] = (struct question) {w->service, TYPE_TXT, CLASS_IN};
		if (roster_question(&q[count], ROSTER_HEAD, &w->domain) == 0)
			count++;
	} else if (n->present) {
		q[count++] = (struct question) {n->host, TYPE_AAAA, CLASS_IN};
		q[count++] = (struct question) {n->service, TYPE_ANY, CLASS_IN};
		for (unsigned i = 0; i < n->targets; i++)
			q[count++] = (struct question) {n->target[i], TYPE_ANY, CLASS_IN};
	}
	topics_set(&w->push.topics, n->number, q, count);
}

/* Every update of a machine writes its TXT record, so that one tells of all. */
static void
follow_llq(struct worker *w, const struct watch_names *n)
{
	struct question q = {n->service, n->number == 0 ? TYPE_PTR : TYPE_TXT, CLASS_IN};

	if (w->llq_io != NULL)
		llq_client_set(&w->llq, n->number, n->present ? &q : NULL);
}

static void
follow(struct worker *w)
{
	struct watch_names names;

	while (watch_follow(w->watch, &names)) {
		follow_push(w, &names);
		follow_llq(w, &names);
	}
}

/* ---- questions ---- */

static void
answered(void *ctx, uint32_t ticket, const struct exchange_result *result)
{
	struct worker *w = ctx;
	uint64_t now = clock_boot_ms();

	if (result->outcome == OUTCOME_OK)
		w->heard_ms = now;
	if (result->skew_sec != 0)
		w->skew_sec = result->skew_sec;
	watch_answer(w->watch, ticket, result->outcome, result->m, now);
	worker_wake(w);
}

/* Has it been pushed? */
static int
answer_pushed(struct worker *w, const struct watch_ask *ask, uint64_t now)
{
	static uint8_t room[MESSAGE_MAX];
	static struct message m;

	if (ask->fresh || !w->push.verified || w->push.state != PUSH_SESSION_UP ||
	    topics_answer(&w->push.topics, &ask->q, room, sizeof room, &m) != 0)
		return 0;
	watch_answer(w->watch, ask->ticket, OUTCOME_OK, &m, now);
	return 1;
}

static void
ask_questions(struct worker *w, uint64_t now)
{
	struct exchange_handler h = {answered, w};
	struct watch_ask ask;

	while (watch_next(w->watch, now, &ask))
		if (!answer_pushed(w, &ask, now) &&
		    exchange_ask(w->transport, &w->signer, &ask.q, &h, ask.ticket) != 0)
			watch_answer(w->watch, ask.ticket, OUTCOME_TIMEOUT, NULL, now);
}

/* ---- all together ---- */

static struct ladder_facts
facts(const struct worker *w)
{
	return (struct ladder_facts) {.zone_known = watch_status(w->watch).zone != NULL,
	    .has_stream = transport_has_stream(w->transport),
	    .push_live = push_session_live(&w->push),
	    .llq_live = w->llq_io != NULL && llq_client_live(&w->llq),
	    .push_not_before_ms = w->push.not_before_ms};
}

static void
step_channel(struct worker *w, uint64_t now)
{
	static const enum pace_live live[DNS_SOURCE_MAX] = {
	    [DNS_SOURCE_LLQ] = PACE_HINTED, [DNS_SOURCE_PUSH] = PACE_PUSHED};
	uint8_t before = w->ladder.source;
	struct ladder_facts f = facts(w);
	struct ladder_orders o = ladder_step(&w->ladder, &f, now);

	transport_hold(w->transport, o.hold);
	if (o.ask_srv)
		others_llq_ask(w, now);
	others_llq_step(w, o.llq, now);
	watch_live(w->watch, live[w->ladder.source], now);
	if (w->ladder.source != before)
		log_info("%s: changes come by %s", w->zone.domain,
		    w->ladder.source == DNS_SOURCE_PUSH      ? "Push"
			: w->ladder.source == DNS_SOURCE_LLQ ? "long-lived queries"
							     : "looking");
}

/* The server was away and answers again, or something changed without our being told. */
static void
note_watch(struct worker *w, uint64_t now)
{
	struct watch_status ws = watch_status(w->watch);
	int back = w->outcome == OUTCOME_TIMEOUT && ws.outcome == OUTCOME_OK;

	if (back || ws.readings != w->readings)
		publish_doubt(&w->publish);
	if (back) {
		others_push_again(w);
		llq_client_pardon(&w->llq);
		ladder_back(&w->ladder, now);
	}
	if (ws.surprises != w->surprises)
		llq_client_doubt(&w->llq, now);
	w->readings = ws.readings;
	w->surprises = ws.surprises;
	w->outcome = ws.outcome;
}

void
others_step(struct worker *w, uint64_t now)
{
	step_channel(w, now);
	follow(w);
	others_push_step(w, now);
	others_push_hear(w, now);
	ask_questions(w, now);
	follow(w);
	if (w->llq_io != NULL)
		llq_io_step(w->llq_io, now);
	note_watch(w, now);
}

static uint64_t
sooner(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

uint64_t
others_wake(const struct worker *w, uint64_t now)
{
	struct ladder_facts f = facts(w);
	uint64_t at = sooner(watch_wake(w->watch, now), push_session_wake(&w->push));

	if (w->llq_io != NULL)
		at = sooner(at, llq_client_wake(&w->llq));
	return sooner(at, ladder_wake(&w->ladder, &f, now));
}

void
others_start(struct worker *w)
{
	push_session_init(&w->push, clock_jitter);
	llq_client_init(&w->llq, clock_jitter, exchange_id);
	ladder_init(&w->ladder, clock_jitter);
}

void
others_start_over(struct worker *w)
{
	push_session_clear(&w->push);
	llq_io_free(w->llq_io);
	w->llq_io = NULL;
	llq_client_clear(&w->llq);
	others_start(w);
	if (w->watch != NULL)
		watch_restart(w->watch, &w->domain, w->zone.host);
	else if ((w->watch = watch_new(&w->domain, w->zone.host, clock_jitter)) == NULL)
		fatal("watch");
	others_push_begin(w);
}

void
others_end(struct worker *w)
{
	if (w->watch == NULL)
		return;
	others_llq_stop(w, clock_boot_ms());
	push_session_clear(&w->push);
	watch_free(w->watch);
	w->watch = NULL;
}
