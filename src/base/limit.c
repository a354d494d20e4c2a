#include "base/limit.h"

#include "base/clock.h"

static void
refill(struct limit *l, uint64_t now_ms)
{
	uint64_t gained = clock_since(l->since_ms, now_ms) / l->every_ms;

	if (gained >= l->used) {
		l->used = 0;
		l->since_ms = now_ms;
		return;
	}
	l->used -= (uint32_t)gained;
	l->since_ms += gained * l->every_ms;
}

int
limit_pass(struct limit *l, uint64_t now_ms, uint32_t *missed)
{
	refill(l, now_ms);
	if (l->used >= l->burst) {
		l->suppressed++;
		return 0;
	}
	l->used++;
	*missed = l->suppressed;
	l->suppressed = 0;
	return 1;
}
