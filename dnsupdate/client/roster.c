/* The account's roster: asks what roster_follow.c wants to know, and passes on what the zone shows.
 */
#include "dnsupdate/client/worker.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/pieces.h"
#include "dnsupdate/client/exchange.h"

static void
answered(void *ctx, uint32_t ticket, const struct exchange_result *result)
{
	struct worker *w = ctx;
	uint64_t now = clock_boot_ms();

	(void)ticket;
	if (result->outcome != OUTCOME_OK)
		log_debug("%s: the roster: %s", w->zone.domain, outcome_word(result->outcome));
	roster_follow_answer(&w->roster, result->outcome, result->m, now);
	worker_wake(w);
}

void
roster_ask(struct worker *w, uint64_t now)
{
	struct exchange_handler h = {answered, w};
	struct watch_status ws = watch_status(w->watch);
	struct question q;

	if (ws.zone != NULL && ws.outcome == OUTCOME_OK)
		roster_follow_serial(&w->roster, ws.serial);
	while (roster_follow_next(&w->roster, now, &q))
		if (exchange_ask(w->transport, &w->signer, &q, &h, 0) != 0)
			roster_follow_answer(&w->roster, OUTCOME_FAILED, NULL, now);
}

int
roster_tell(struct worker *w)
{
	struct roster_follow *f = &w->roster;

	while (f->news) {
		pieces_make(&w->out, MSG_DNS_ROSTER, f->text, (uint32_t)f->len, f->told);
		if (worker_say(w) != 0)
			return -1;
		f->told += w->out.roster.len;
		f->news = f->told < f->len;
	}
	return 0;
}
