#include "dnsupdate/client/pace.h"

#include <string.h>

#define FAST_LASTS_MS 2000
#define FLUX_LASTS_MS 60000
#define REST_MAX_MS 60000
#define FAIL_MIN_MS 2000
#define SILENT_MS 500
#define SILENT_MAX 100 /* looks, of about eight seconds each */
#define PUSHED_MS 900000 /* RFC 8765 section 6.8 */

void
pace_init(struct pace *p)
{
	memset(p, 0, sizeof *p);
	p->rest_ms = PACE_FLUX_MS;
}

void
pace_hurry(struct pace *p, uint64_t ms, uint64_t now)
{
	/* A new hurry, not the last one prolonged. */
	if (p->hurry_until == 0 || p->hurry_until + PACE_FLUX_MS <= now)
		p->fast_until = now + FAST_LASTS_MS;
	if (p->hurry_until < now + ms)
		p->hurry_until = now + ms;
	pace_flux(p, now);
}

void
pace_flux(struct pace *p, uint64_t now)
{
	p->flux_until = now + FLUX_LASTS_MS;
	p->rest_ms = PACE_FLUX_MS;
}

static uint64_t
at_most(uint64_t ms)
{
	return ms > REST_MAX_MS ? REST_MAX_MS : ms;
}

static uint64_t
fail_wait(unsigned fails, enum pace_look look)
{
	if (look == PACE_SILENT) {
		if (fails <= SILENT_MAX)
			return SILENT_MS;
		fails -= SILENT_MAX;
	}
	return at_most((uint64_t)FAIL_MIN_MS << (fails > 6 ? 5 : fails - 1));
}

/* We are told of changes and need not look.  While things are in flux a hint that gets lost would
 * cost too much. */
static int
is_rest(const struct pace *p, uint64_t now)
{
	if (p->live == PACE_HINTED)
		return now >= p->flux_until && now >= p->hurry_until;
	return p->live == PACE_PUSHED;
}

/* Up to a fifth less, so that many machines do not come together; never more, for the interval is
 * what one can rely on. */
static uint64_t
at_times(uint64_t wait, uint32_t (*jitter)(uint32_t range))
{
	return wait - jitter((uint32_t)wait / 5);
}

uint64_t
pace_next(struct pace *p, enum pace_look look, uint64_t now, uint32_t (*jitter)(uint32_t range))
{
	uint64_t wait = PACE_FLUX_MS;
	int failed = look != PACE_SEEN;

	p->fails = failed ? p->fails + 1 : 0;
	if (is_rest(p, now) && !failed) {
		wait = p->live == PACE_PUSHED ? PUSHED_MS : REST_MAX_MS;
		return at_times(wait, jitter);
	}
	if (now < p->hurry_until)
		return now < p->fast_until ? PACE_FAST_MS : PACE_HURRY_MS;
	if (failed) {
		wait = fail_wait(p->fails, look);
	} else if (now >= p->flux_until) {
		wait = p->rest_ms;
		p->rest_ms = at_most(2 * p->rest_ms);
	}
	return at_times(wait, jitter);
}

const struct gate_rate gate_hints = {.burst = 8, .each_ms = 500};
const struct gate_rate gate_writes = {.burst = 10, .each_ms = 3000};

void
gate_count(struct gate *g, const struct gate_rate *rate, uint64_t now)
{
	const uint64_t most = now + (uint64_t)(rate->burst + 1) * rate->each_ms;

	if (g->paid_ms < now)
		g->paid_ms = now;
	g->paid_ms += rate->each_ms;
	if (g->paid_ms > most)
		g->paid_ms = most;
}

uint64_t
gate_ready(const struct gate *g, const struct gate_rate *rate, unsigned one)
{
	const uint64_t burst = (uint64_t)(rate->burst - one) * rate->each_ms;

	return g->paid_ms > burst ? g->paid_ms - burst : 0;
}
