/*
 * Long-lived queries and push together, tied to the server: hooks in, timers and packets out.
 */
#ifndef DNSUPDATE_SERVER_LIVE_SUBSCRIPTIONS_H
#define DNSUPDATE_SERVER_LIVE_SUBSCRIPTIONS_H

#include "dnsupdate/server/live/dso.h"
#include "dnsupdate/server/live/llqs.h"
#include "loop/loop.h"

struct subscriptions;

struct subscriptions_config {
	/* As dso_new's. */
	int (*certified)(void *ctx, const struct conn *c, const struct zone *z);
	void *certified_ctx;
	/* Events wait to be sent: listeners_flush. */
	void (*flush)(void *ctx);
	void *flush_ctx;
};

/* Hooks itself into s, whose send must be set. */
struct subscriptions *subscriptions_new(
    struct loop *l, struct server *s, const struct subscriptions_config *config);
/* After the connections, before the server; no commit may run after it. */
void subscriptions_free(struct subscriptions *subs);

/* z is about to be removed: nobody follows its names any longer. */
void subscriptions_zone_gone(struct subscriptions *subs, struct zone *z);
/* As dso_shut_down. */
size_t subscriptions_shut_down(struct subscriptions *subs, void (*empty)(void *ctx), void *ctx);

/* For status and metrics. */
const struct llqs *subscriptions_llqs(const struct subscriptions *subs);
const struct dso *subscriptions_dso(const struct subscriptions *subs);

#endif
