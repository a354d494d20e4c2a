#include "ipsec/call.h"

#include <string.h>

void
call_want(struct call *c, uint64_t now_ms)
{
	/* Nobody asked for a while: what failed then says nothing about now. */
	if (c->wanted_ms <= now_ms && c->n == 0) {
		c->failed_rounds = 0;
		if (c->next_ms > now_ms + CALL_AGAIN_MIN_MS)
			c->next_ms = now_ms + CALL_AGAIN_MIN_MS;
	}
	c->wanted_ms = now_ms + CALL_WANTED_MS;
}

int
call_active(const struct call *c)
{
	for (uint32_t i = 0; i < c->n; i++)
		if (c->tries[i].sa != 0)
			return 1;
	return 0;
}

static int
tried(const struct call *c, const struct endpoint *to)
{
	for (uint32_t i = 0; i < c->n; i++)
		if (endpoint_equal(&c->tries[i].to, to))
			return 1;
	return 0;
}

static const struct endpoint *
first_untried(const struct call *c, const struct endpoint *contact, uint32_t contacts)
{
	if (c->n == MSG_CONTACTS_MAX)
		return NULL;
	for (uint32_t i = 0; i < contacts; i++)
		if (!tried(c, &contact[i]))
			return &contact[i];
	return NULL;
}

/* first, doubled for each round that failed, at most last. */
static uint64_t
pause_ms(uint32_t failed_rounds, uint64_t first, uint64_t last)
{
	uint64_t pause = first;

	while (failed_rounds-- > 0 && pause < last)
		pause *= 2;
	return pause < last ? pause : last;
}

/* Forget the round. */
static void
end_round(struct call *c, uint32_t jitter, uint64_t now_ms)
{
	uint64_t pause = c->wanted_ms > now_ms
	    ? pause_ms(c->failed_rounds, CALL_AGAIN_MIN_MS, CALL_AGAIN_MAX_MS)
	    : pause_ms(c->failed_rounds, CALL_PAUSE_MIN_MS, CALL_PAUSE_MAX_MS);

	c->next_ms = now_ms + pause + pause * jitter / 4000;
	c->failed_rounds++;
	c->n = 0;
}

uint32_t
call_places(const struct endpoint *contact, uint32_t contacts, const struct endpoint *heard,
    uint64_t heard_ago_ms, struct endpoint out[MSG_CONTACTS_MAX])
{
	uint32_t n = 0;
	int is_new = heard->family != 0 && heard_ago_ms <= CALL_HEARD_MS;

	for (; n < contacts; n++) {
		out[n] = contact[n];
		is_new = is_new && !endpoint_equal(&contact[n], heard);
	}
	if (is_new && n < MSG_CONTACTS_MAX)
		out[n++] = *heard;
	return n;
}

enum call_action
call_next(struct call *c, const struct endpoint *contact, uint32_t contacts, int always,
    uint32_t jitter, uint64_t now_ms, struct endpoint *to, uint64_t *wait_ms)
{
	const struct endpoint *next = first_untried(c, contact, contacts);

	*wait_ms = UINT64_MAX;
	if (c->n == 0 && !always && c->wanted_ms <= now_ms)
		return CALL_NOTHING;
	if (next == NULL) {
		if (c->n == 0 || call_active(c))
			return CALL_NOTHING;
		end_round(c, jitter, now_ms);
		return CALL_GAVE_UP;
	}
	if (c->next_ms > now_ms) {
		*wait_ms = c->next_ms - now_ms;
		return CALL_NOTHING;
	}
	*to = *next;
	return CALL_TRY;
}

void
call_started(struct call *c, const struct endpoint *to, uint32_t sa, uint64_t now_ms)
{
	if (c->n == MSG_CONTACTS_MAX)
		return;
	c->tries[c->n++] = (struct call_try) {.sa = sa, .to = *to};
	c->next_ms = sa == 0 ? now_ms : now_ms + CALL_STAGGER_MS;
}

void
call_ended(struct call *c, uint32_t sa)
{
	for (uint32_t i = 0; i < c->n; i++)
		if (c->tries[i].sa == sa)
			c->tries[i].sa = 0;
}

void
call_succeeded(struct call *c)
{
	memset(c, 0, sizeof *c);
}

void
call_reset_pause(struct call *c, uint64_t now_ms)
{
	c->failed_rounds = 0;
	if (c->next_ms > now_ms)
		c->next_ms = now_ms;
}
