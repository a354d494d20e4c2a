/*
 * Push: carries out what push_session.c wants on the transport's stream.
 *
 * A server that keeps its zone private wants to know who subscribes; so the first thing we send on
 * a new connection is a signed question, and only its verified answer lets us begin.
 */
#include "dnsupdate/client/worker.h"

#include "base/clock.h"
#include "base/log.h"
#include "dnsupdate/client/exchange.h"

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

void
others_push_step(struct worker *w, uint64_t now)
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
void
others_push_hear(struct worker *w, uint64_t now)
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

void
others_push_begin(struct worker *w)
{
	static const struct transport_hook hook = {stream_up, stream_message, stream_down};

	w->stream_up = w->greeting = 0;
	transport_set_hook(w->transport, &hook, w);
}

void
others_push_again(struct worker *w)
{
	push_session_pardon(&w->push);
	w->greeting = w->stream_up && w->push.state == PUSH_SESSION_DOWN;
}
