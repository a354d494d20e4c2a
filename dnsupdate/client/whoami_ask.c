/* Asks what whoami.c has due. */
#include "dnsupdate/client/worker.h"

#include "base/clock.h"
#include "dnsupdate/client/exchange.h"

static void
answered(void *ctx, uint32_t ticket, const struct exchange_result *result)
{
	struct worker *w = ctx;
	const struct name *zone = watch_status(w->watch).zone;

	(void)ticket;

	whoami_answer(&w->whoami, zone == NULL ? OUTCOME_FAILED : result->outcome, result->m, zone,
	    clock_boot_ms());
	worker_wake(w);
}

void
whoami_ask(struct worker *w, uint64_t now)
{
	struct exchange_handler h = {answered, w};
	const struct name *zone = watch_status(w->watch).zone;
	struct question q;

	if (zone == NULL || !whoami_next(&w->whoami, zone, now, &q))
		return;
	if (exchange_ask(w->transport, &w->signer, &q, &h, 0) != 0)
		whoami_answer(&w->whoami, OUTCOME_FAILED, NULL, zone, now);
}
