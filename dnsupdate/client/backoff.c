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

void
backoff_down(struct backoff *b, uint64_t now, uint32_t (*jitter)(uint32_t range))
{
	uint64_t wait;

	if (b->up_ms != 0 && now - b->up_ms >= BACKOFF_GOOD_MS)
		b->fails = 0;
	b->up_ms = 0;
	wait =
	    b->fails == 0 ? 0 : (uint64_t)BACKOFF_FIRST_MS << (b->fails > 16 ? 16 : b->fails - 1);
	if (wait > BACKOFF_MAX_MS)
		wait = BACKOFF_MAX_MS;
	wait += jitter((uint32_t)wait / 4 + 100);
	b->at_ms = now + wait;
	b->fails++;
}
