#include "dnsupdate/client/backoff.h"

void
backoff_up(struct backoff *b, uint64_t now)
{
	b->up_ms = now;
}

void
backoff_good(struct backoff *b)
{
	b->fails = 0;
}

static uint64_t
wait_ms(unsigned fails)
{
	uint64_t wait;

	if (fails == 0)
		return 0;
	wait = fails <= 2 ? (uint64_t)BACKOFF_FIRST_MS << (fails - 1) : BACKOFF_SOON_MS;
	if (fails > BACKOFF_SOON)
		wait <<= fails - BACKOFF_SOON < 8 ? fails - BACKOFF_SOON : 8;
	return wait < BACKOFF_MAX_MS ? wait : BACKOFF_MAX_MS;
}

void
backoff_down(struct backoff *b, uint64_t now, uint32_t (*jitter)(uint32_t range))
{
	uint64_t wait;

	if (b->up_ms != 0 && now - b->up_ms >= BACKOFF_GOOD_MS)
		b->fails = 0;
	b->up_ms = 0;
	wait = wait_ms(b->fails);
	b->at_ms = now + wait + jitter((uint32_t)wait / 4 + 100);
	b->fails++;
}
