/*
 * The other machines: carries out what watch.c asks for and feeds it with what is told to us.
 *
 *                    watch.c  asks questions, takes hints
 *                   /   |   \
 *   push_session.c    exchange    llq_client.c, llq_io.c
 *    (topics.c)       (a look)
 *                   \   |   /
 *                  ladder.c  which of them
 *
 * A change that Push tells over a verified connection is also the answer to the question it makes
 * us ask: topics.c has it.  In all other cases the server is asked, and its answer must be signed.
 *
 * The roster (roster.c) hears of changes here, too: from Push, or with the list of machines.
 *
 * A server that keeps its zone private wants to know who subscribes; so the first thing we send on
 * a new connection is a signed question, and only its verified answer lets us begin.
 */
#include "dnsupdate/client/worker.h"

#include "base/clock.h"
#include "base/log.h"
#include "dnsupdate/client/exchange.h"

#include <string.h>

#define NAT_KEEP_MS 25000 /* a UDP way in through a NAT stays open so long without traffic */
#define SRV_LLQ "_dns-llq._udp"

/* ---- Push ---- */

static void
stream_up(void *ctx, int verified)
{
	struct worker *w = ctx;

	w->streams++;
	w->stream_up = 1;
	w->push.verified = verified;
	w->greeting = 1;
	worker_wake(w);
}

static void
stream_message(void *ctx, const uint8_t *msg, size_t len)
{
	struct worker *w = ctx;

	w->heard_ms = clock_boot_ms();
	push_session_take(&w->push, msg, len, w->heard_ms);
	worker_wake(w);
}

static void
stream_down(void *ctx)
{
	struct worker *w = ctx;

	w->stream_up = w->greeting = 0;
	push_session_end(&w->push, clock_boot_ms());
	worker_wake(w);
}

static void
greeted(void *ctx, uint32_t stream, const struct exchange_result *result)
{
	struct worker *w = ctx;

	if (result->outcome == OUTCOME_OK && stream == w->streams &&
	    w->push.state == PUSH_SESSION_DOWN)
		push_session_begin(&w->push, w->push.verified, clock_boot_ms());
	worker_wake(w);
}

static void
greet(struct worker *w)
{
	struct exchange_handler h = {greeted, w};
	struct question q = {.name = w->domain, .type = TYPE_SOA, .class = CLASS_IN};

	if (!w->greeting)
		return;
	w->greeting = 0;
	exchange_ask(w->transport, &w->signer, &q, &h, w->streams);
}

static void
leave_stream(struct worker *w, int reset, uint64_t now)
{
	uint64_t at = w->push.not_before_ms;

	log_info("%s: no Push any more: %s", w->zone.domain, w->push.why);
	push_session_end(&w->push, now);
	w->stream_up = w->greeting = 0;
	if (reset)
		transport_stream_abort(w->transport);
	else
		transport_stream_pause(w->transport, at > now ? at - now : 0);
}

static void
step_push(struct worker *w, uint64_t now)
{
	uint8_t room[PUSH_SESSION_ROOM];
	enum push_session_act act;

	greet(w);
	for (;;) {
		struct buf b = buf_writer(room, sizeof room);

		act = push_session_next(&w->push, now, &b);
		if (act != PUSH_SESSION_SEND)
			break;
		if (transport_stream_send(w->transport, b.data, b.pos) != 0) {
			act = PUSH_SESSION_ABORT;
			break;
		}
	}
	if (act != PUSH_SESSION_NOTHING)
		leave_stream(w, act == PUSH_SESSION_ABORT, now);
}

/* Tell watch.c, and publish.c when it is about our own records. */
static void
hear_topics(struct worker *w, uint64_t now)
{
	const struct topic *topic;
	struct name name;

	while ((topic = topics_changed(&w->push.topics)) != NULL) {
		topic_name(topic, &name);
		if (name_equal(&name, &w->service))
			publish_doubt(&w->publish);
		else if (topic->type == TYPE_TXT)
			roster_follow_hint(&w->roster);
		else
			watch_hint(w->watch, &name, now);
	}
}

/* ---- long-lived queries ---- */

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

static void
stop_llq(struct worker *w, uint64_t now)
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

static void
step_llq(struct worker *w, int wanted, uint64_t now)
{
	uint8_t nat = w->publish.want.nat;

	w->llq.keep_ms = nat == NAT_KIND_NONE ? 0 : NAT_KEEP_MS;
	if (wanted)
		start_llq(w);
	else
		stop_llq(w, now);
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
static void
ask_srv(struct worker *w, uint64_t now)
{
	struct exchange_handler h = {srv_answered, w};
	struct question q = {.type = TYPE_SRV, .class = CLASS_IN};
	const struct name *zone = watch_status(w->watch).zone;

	if (name_prepend(&q.name, SRV_LLQ, zone) != 0 ||
	    exchange_ask(w->transport, &w->signer, &q, &h, 0) != 0)
		ladder_srv(&w->ladder, 1, 0, now);
}

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
		ask_srv(w, now);
	step_llq(w, o.llq, now);
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
		push_session_pardon(&w->push);
		w->greeting = w->stream_up && w->push.state == PUSH_SESSION_DOWN;
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
	step_push(w, now);
	hear_topics(w, now);
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
	static const struct transport_hook hook = {stream_up, stream_message, stream_down};

	push_session_clear(&w->push);
	llq_io_free(w->llq_io);
	w->llq_io = NULL;
	llq_client_clear(&w->llq);
	others_start(w);
	w->stream_up = w->greeting = 0;
	if (w->watch != NULL)
		watch_restart(w->watch, &w->domain, w->zone.host);
	else if ((w->watch = watch_new(&w->domain, w->zone.host, clock_jitter)) == NULL)
		fatal("watch");
	transport_set_hook(w->transport, &hook, w);
}

void
others_end(struct worker *w)
{
	if (w->watch == NULL)
		return;
	stop_llq(w, clock_boot_ms());
	push_session_clear(&w->push);
	watch_free(w->watch);
	w->watch = NULL;
}
