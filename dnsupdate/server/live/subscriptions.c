#include "dnsupdate/server/live/subscriptions.h"

#include "base/clock.h"
#include "base/log.h"
#include "dnsupdate/server/query/answer.h"
#include "dnsupdate/server/limits.h"
#include "dnsupdate/server/query/services.h"
#include "dnsupdate/server/query/whoami.h"
#include "dnsupdate/wire/llq.h"

#include <stdlib.h>

struct subscriptions {
	struct subscriptions_config config;
	struct server *server;
	struct follow *follow;
	struct llqs *llqs;
	struct dso *dso;
	struct commit_hook hook;
	struct loop_timer *timer;
	uint64_t timer_ms; /* when it is set to */
};

/* Set the timer if it would come too late. */
static void
look_at_time(struct subscriptions *subs, uint64_t now_ms)
{
	uint64_t due = push_waits(dso_push(subs->dso)) ? now_ms : llqs_due(subs->llqs);

	if (due >= subs->timer_ms)
		return;
	subs->timer_ms = due;
	loop_timer_set(subs->timer, due > now_ms ? due - now_ms : 0);
}

static void
on_timer(void *ctx)
{
	struct subscriptions *subs = ctx;
	uint64_t now = clock_boot_ms();

	subs->timer_ms = LLQS_IDLE;
	llqs_tick(subs->llqs, now);
	push_work(dso_push(subs->dso), now);
	subs->config.flush(subs->config.flush_ctx);
	look_at_time(subs, now);
}

static void
changed(void *ctx, struct zone *z, uint32_t old_serial, uint32_t new_serial,
    const struct change_list *changes)
{
	struct subscriptions *subs = ctx;
	uint64_t now = clock_boot_ms();

	(void)old_serial;
	(void)new_serial;
	follow_changed(subs->follow, z, changes, now);
	look_at_time(subs, now);
}

static enum request_result
on_llq(void *ctx, struct request *r)
{
	struct subscriptions *subs = ctx;
	struct zone_place place;
	enum request_result result;

	zone_find(r->zone, &r->m.question.name, &place);
	if (place.cut != NULL) { /* others have these names, and may know LLQs */
		answer_from_zone(r);
		return reply_end(r);
	}
	result = llqs_request(
	    subs->llqs, r, whoami_asked(r) || services_is_name(r->zone, &r->m.question.name));
	look_at_time(subs, r->now_ms);
	return result;
}

static void
on_response(void *ctx, struct request *r)
{
	struct subscriptions *subs = ctx;

	if (r->from.transport != TRANSPORT_UDP)
		return;
	llqs_response(subs->llqs, r);
	look_at_time(subs, r->now_ms);
}

struct subscriptions *
subscriptions_new(struct loop *l, struct server *s, const struct subscriptions_config *config)
{
	struct subscriptions *subs = calloc(1, sizeof *subs);
	struct llqs_config llqs = {
	    .lease_min_sec = LLQ_LEASE_MIN,
	    .lease_max_sec = LLQ_LEASE_MAX,
	    .max = LIMIT_LLQS,
	    .max_from = LIMIT_LLQS_PER_PREFIX,
	    .send = s->send,
	    .send_ctx = s->send_ctx,
	};

	if (subs == NULL)
		fatalx("out of memory");
	subs->config = *config;
	subs->server = s;
	subs->follow = follow_new();
	subs->llqs = llqs_new(subs->follow, &llqs);
	subs->dso = dso_new(s, subs->follow, config->certified, config->certified_ctx);
	subs->timer = loop_timer_new(l, on_timer, subs);
	subs->timer_ms = LLQS_IDLE;
	subs->hook = (struct commit_hook) {.changed = changed, .ctx = subs};
	commit_add_hook(s->commit, &subs->hook);
	s->hooks.llq = on_llq;
	s->hooks.response = on_response;
	s->hooks.llq_ctx = subs;
	s->hooks.dso = dso_request;
	s->hooks.dso_ctx = subs->dso;
	return subs;
}

void
subscriptions_free(struct subscriptions *subs)
{
	if (subs == NULL)
		return;
	subs->server->hooks.llq = NULL;
	subs->server->hooks.response = NULL;
	subs->server->hooks.dso = NULL;
	loop_timer_free(subs->timer);
	llqs_free(subs->llqs);
	dso_free(subs->dso);
	follow_free(subs->follow);
	free(subs);
}

void
subscriptions_zone_gone(struct subscriptions *subs, struct zone *z)
{
	follow_zone_gone(subs->follow, z);
}

size_t
subscriptions_shut_down(struct subscriptions *subs, void (*empty)(void *ctx), void *ctx)
{
	return dso_shut_down(subs->dso, clock_boot_ms(), empty, ctx);
}

const struct llqs *
subscriptions_llqs(const struct subscriptions *subs)
{
	return subs->llqs;
}

const struct dso *
subscriptions_dso(const struct subscriptions *subs)
{
	return subs->dso;
}
