#include "ipsec/alive.h"

#include "base/clock.h"

static uint64_t
patience(const struct alive *a)
{
	uint64_t ms = ALIVE_PATIENCE_MS;

	for (unsigned i = 0; i < a->asked && ms < ALIVE_PATIENCE_MAX_MS; i++)
		ms *= 2;
	return ms;
}

enum alive_sign
alive_count(struct alive *a, uint64_t in, uint64_t out, uint64_t now_ms)
{
	int came = in != a->in && !a->doubted, went = out != a->out;

	a->in = in;
	a->out = out;
	a->doubted = 0;
	if (came) {
		a->since_ms = 0;
		a->asked = 0;
		return ALIVE_HEARD;
	}
	if (went && a->since_ms == 0)
		a->since_ms = now_ms;
	if (a->since_ms == 0 || clock_since(a->since_ms, now_ms) < patience(a))
		return ALIVE_NOTHING;
	a->asked++;
	a->since_ms = 0;
	return ALIVE_DOUBT;
}

void
alive_doubted(struct alive *a)
{
	a->doubted = 1;
}

void
alive_heard(struct alive *a)
{
	a->since_ms = 0;
}

uint32_t
alive_dpd_sec(uint32_t dpd_sec, uint64_t quiet_ms)
{
	uint64_t half = quiet_ms / 2000, most = (uint64_t)dpd_sec * ALIVE_REST;

	if (half <= dpd_sec)
		return dpd_sec;
	return (uint32_t)(half < most ? half : most);
}
