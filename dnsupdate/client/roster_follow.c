#include "dnsupdate/client/roster_follow.h"

#include <string.h>

#define RETRY_MIN_MS 2000
#define RETRY_MAX_MS 60000
#define CONFIRM_MS 60000

void
roster_follow_restart(struct roster_follow *f, const struct name *domain)
{
	f->domain = *domain;
	f->phase = ROSTER_REST;
	f->has_read = f->again = f->known = f->news = 0;
	f->fails = 0;
	f->retry_ms = f->confirm_ms = UINT64_MAX;
	f->head_len = f->len = 0;
}

static void
begin(struct roster_follow *f)
{
	if (f->phase == ROSTER_REST)
		f->phase = ROSTER_ASK_HEAD;
	else if (f->phase != ROSTER_ASK_HEAD)
		f->again = 1;
}

void
roster_follow_serial(struct roster_follow *f, uint32_t serial)
{
	if (f->has_read && f->serial == serial)
		return;
	f->serial = serial;
	f->has_read = 1;
	begin(f);
}

void
roster_follow_hint(struct roster_follow *f)
{
	begin(f);
}

int
roster_follow_busy(const struct roster_follow *f)
{
	return f->phase != ROSTER_REST && f->fails == 0;
}

uint64_t
roster_follow_wake(const struct roster_follow *f)
{
	if (f->phase == ROSTER_ASK_HEAD || f->phase == ROSTER_ASK_LIST)
		return 0;
	if (f->phase == ROSTER_WAIT)
		return UINT64_MAX;
	return f->retry_ms < f->confirm_ms ? f->retry_ms : f->confirm_ms;
}

int
roster_follow_next(struct roster_follow *f, uint64_t now, struct question *q)
{
	if (f->phase == ROSTER_REST && (now >= f->retry_ms || now >= f->confirm_ms))
		f->phase = ROSTER_ASK_HEAD;
	if (f->phase == ROSTER_REST || f->phase == ROSTER_WAIT)
		return 0;
	f->waiting = f->phase == ROSTER_ASK_HEAD ? ROSTER_HEAD : ROSTER_LIST;
	f->retry_ms = UINT64_MAX;
	f->phase = ROSTER_WAIT;
	return roster_question(q, f->waiting, &f->domain) == 0;
}

static void
rest(struct roster_follow *f)
{
	f->phase = f->again ? ROSTER_ASK_HEAD : ROSTER_REST;
	f->again = 0;
}

static void
fail(struct roster_follow *f, uint64_t now)
{
	uint64_t wait = (uint64_t)RETRY_MIN_MS << (f->fails < 5 ? f->fails : 5);

	f->fails++;
	f->again = 0;
	if (f->confirm_ms <= now + wait)
		f->confirm_ms = now + wait;
	f->phase = ROSTER_REST;
	f->retry_ms = now + (wait < RETRY_MAX_MS ? wait : RETRY_MAX_MS);
}

/* A whole reading is in new_text. */
static void
finish(struct roster_follow *f, size_t head_len, uint64_t now)
{
	int changed =
	    !f->known || f->len != f->new_len || memcmp(f->text, f->new_text, f->len) != 0;

	if (changed) {
		memcpy(f->text, f->new_text, f->new_len);
		f->len = f->new_len;
		f->head_len = head_len;
		f->news = 1;
		f->told = 0;
	}
	f->confirm_ms = changed && f->len > 0 ? now + CONFIRM_MS : UINT64_MAX;
	f->known = 1;
	f->fails = 0;
	rest(f);
}

static void
take_head(struct roster_follow *f, const struct message *m, uint64_t now)
{
	int n, confirm = now >= f->confirm_ms;

	f->new_len = 0;
	n = roster_read(m, ROSTER_HEAD, &f->domain, f->new_text, sizeof f->new_text, &f->new_len);
	if (n == -1) {
		fail(f, now);
	} else if (n == 0) {
		finish(f, 0, now);
	} else if (f->known && !confirm && f->head_len == f->new_len &&
	    memcmp(f->text, f->new_text, f->head_len) == 0) {
		f->fails = 0;
		rest(f);
	} else {
		f->phase = ROSTER_ASK_LIST;
	}
}

static void
take_list(struct roster_follow *f, const struct message *m, uint64_t now)
{
	size_t head_len = f->new_len;

	if (roster_read(m, ROSTER_LIST, &f->domain, f->new_text, sizeof f->new_text, &f->new_len) ==
	    -1)
		fail(f, now);
	else
		finish(f, head_len, now);
}

void
roster_follow_answer(struct roster_follow *f, enum outcome o, const struct message *m, uint64_t now)
{
	if (f->phase != ROSTER_WAIT)
		return;
	if (o != OUTCOME_OK)
		fail(f, now);
	else if (f->waiting == ROSTER_HEAD)
		take_head(f, m, now);
	else
		take_list(f, m, now);
}
