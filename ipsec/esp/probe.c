#include "ipsec/esp/probe.h"

#include "ipsec/esp/esp.h"

#include "base/clock.h"

/* The smallest that is looked for: it is as long, when sealed, as one of ESP_MTU_MIN. */
#define SEARCH_MIN (ESP_MTU_MIN + 2)
#define STEP 4 /* what ESP pads to */

void
probe_new(struct probe *p, int asks)
{
	*p = (struct probe) {.asks = asks != 0, .state = PROBE_NEW, .due_ms = UINT64_MAX};
}

void
probe_inherit(struct probe *p, const struct probe *from)
{
	uint8_t asks = p->asks;

	if (from->state == PROBE_KNOWN) {
		*p = *from;
		p->asks = asks;
		return;
	}
	probe_new(p, asks);
	p->fit = from->fit;
}

static void
ask(struct probe *p, uint32_t size, uint64_t now_ms)
{
	p->size = (uint16_t)size;
	p->open = p->heard = p->lost = p->silent = 0;
	p->due_ms = now_ms;
}

static void
rest(struct probe *p, uint64_t now_ms)
{
	p->state = PROBE_KNOWN;
	p->due_ms = UINT64_MAX;
	p->again_ms = now_ms + (p->fit == 0 ? PROBE_AGAIN_MS : PROBE_WIDER_MS);
}

void
probe_start(struct probe *p, uint32_t full, uint64_t now_ms)
{
	p->asked_ms = now_ms;
	if (full <= PROBE_FLOOR || full > UINT16_MAX) { /* nothing to be learnt */
		rest(p, now_ms);
		return;
	}
	p->state = PROBE_ASKING;
	p->again_ms = UINT64_MAX;
	p->full = (uint16_t)full;
	p->low = PROBE_FLOOR;
	p->high = p->full;
	ask(p, full, now_ms);
}

/* The next size between what passes and what does not: first what passed when it was last looked
 * for, then the middle.  0 = it is known well enough. */
static uint32_t
between(const struct probe *p)
{
	uint32_t half = (uint32_t)(p->high - p->low) / 2 / STEP * STEP;

	if (p->low < SEARCH_MIN && p->fit > SEARCH_MIN && p->fit < p->high)
		return p->fit;
	if (p->low < SEARCH_MIN)
		return SEARCH_MIN < p->high ? SEARCH_MIN : 0;
	return p->high - p->low > STEP ? p->low + (half > STEP ? half : STEP) : 0;
}

static void
go_on(struct probe *p, uint64_t now_ms)
{
	uint32_t size = between(p);

	if (size == 0)
		rest(p, now_ms);
	else
		ask(p, size, now_ms);
}

static void
passes(struct probe *p, uint64_t now_ms)
{
	if (p->size == p->full) {
		p->fit = 0;
		rest(p, now_ms);
		return;
	}
	p->low = p->fit = p->size;
	go_on(p, now_ms);
}

static void
does_not(struct probe *p, uint64_t now_ms)
{
	if (p->fit == 0 || p->fit >= p->size)
		p->fit = PROBE_FLOOR;
	p->high = p->size;
	go_on(p, now_ms);
}

/* A round is over, and the large probe was not answered. */
static void
judge(struct probe *p, uint64_t now_ms)
{
	p->open = 0;
	if (p->heard && ++p->lost == PROBE_LOST)
		does_not(p, now_ms);
	else if (!p->heard && ++p->silent == PROBE_SILENT) {
		rest(p, now_ms);
		p->again_ms = now_ms + PROBE_AGAIN_MS;
	}
}

uint32_t
probe_next(struct probe *p, uint32_t number, uint64_t now_ms)
{
	if (p->state != PROBE_ASKING || now_ms < p->due_ms)
		return 0;
	if (p->open)
		judge(p, now_ms);
	if (p->state != PROBE_ASKING)
		return 0;
	if (p->lost == 0 && p->silent == 0)
		p->first = number;
	p->last = number;
	p->open = 1;
	p->heard = 0;
	p->due_ms = now_ms + PROBE_WAIT_MS;
	return p->size;
}

/*
 * Answers may be late: that to the large probe of an earlier round says as much as a new one's. The
 * floor's of an earlier round counts for this one; the large one sent with it has had its time.
 */
int
probe_heard(struct probe *p, uint32_t number, int large, uint64_t now_ms)
{
	if (p->state != PROBE_ASKING || (!p->open && p->lost == 0 && p->silent == 0) ||
	    number - p->first > p->last - p->first)
		return 0;
	if (large) {
		passes(p, now_ms);
		return p->state == PROBE_ASKING;
	}
	if (!p->open || p->heard)
		return 0;
	p->heard = 1;
	if (p->due_ms <= now_ms + PROBE_GRACE_MS)
		return 0;
	p->due_ms = now_ms + PROBE_GRACE_MS;
	return 1;
}

void
probe_doubt(struct probe *p, uint64_t now_ms)
{
	if (p->state == PROBE_KNOWN && clock_since(p->asked_ms, now_ms) >= PROBE_DOUBT_MS)
		p->again_ms = 0;
}

void
probe_changed(struct probe *p)
{
	if (p->state == PROBE_KNOWN)
		p->again_ms = 0;
}
