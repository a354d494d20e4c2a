#include "cli/ladder.h"

#include <stdio.h>
#include <string.h>

/* Steps so far apart have nothing to do with each other. */
#define APART_US UINT64_C(60000000)

/* What a kind of step is called, how it is told, and what it decides. */
static const struct kind {
	const char *word;
	const char *text; /* %s: the place */
	enum ladder_outcome outcome;
	int trails; /* comes after the decision, too */
} kinds[IPSEC_STEP_MAX] = {
    [IPSEC_STEP_WANTED] = {"wanted", "a packet waits for a tunnel", LADDER_OPEN, 0},
    [IPSEC_STEP_TRY] = {"try", "try %s", LADDER_OPEN, 0},
    [IPSEC_STEP_NO_ROUTE] = {"no-route", "no route to %s", LADDER_OPEN, 0},
    [IPSEC_STEP_SENT] = {"sent", "----> ", LADDER_OPEN, 0},
    [IPSEC_STEP_AGAIN] = {"again", "----> the same again: no answer yet", LADDER_OPEN, 1},
    [IPSEC_STEP_HEARD] = {"heard", "<---- ", LADDER_OPEN, 1},
    [IPSEC_STEP_REFUSED] = {"refused", "refused", LADDER_OPEN, 1},
    [IPSEC_STEP_ENDED] = {"ended", "end of this try", LADDER_OPEN, 1},
    [IPSEC_STEP_GAVE_UP] = {"gave-up", "given up", LADDER_FAILED, 0},
    [IPSEC_STEP_UP] = {"up", "connected by way of %s", LADDER_CONNECTED, 0},
    [IPSEC_STEP_ASKED] = {"asked", "is %s still the way?", LADDER_ASKED, 0},
    [IPSEC_STEP_MOVED] = {"moved", "no: from now on by way of %s", LADDER_MOVED, 0},
    [IPSEC_STEP_FOLLOWED] = {"followed", "the peer is at %s now", LADDER_MOVED, 0},
    [IPSEC_STEP_DOWN] = {"down", "the tunnel has ended", LADDER_ENDED, 0},
};

static int
is_final(enum ladder_outcome outcome)
{
	return outcome == LADDER_CONNECTED || outcome == LADDER_FAILED || outcome == LADDER_ENDED;
}

static int
begins(const struct ladder *l, const struct msg_ipsec_step *step)
{
	const struct msg_ipsec_step *last = &l->step[l->steps - 1];

	if (step->at_us > last->at_us + APART_US)
		return 1;
	return is_final(l->outcome) && !kinds[step->kind].trails;
}

static void
take(struct ladder *l, const struct msg_ipsec_step *step)
{
	l->steps++;
	if (kinds[step->kind].outcome == LADDER_OPEN)
		return;
	l->outcome = kinds[step->kind].outcome;
	l->decided = step;
}

size_t
ladder_split(const struct msg_ipsec_step *step, size_t n, struct ladder *out, size_t max)
{
	size_t count = 0;

	for (size_t i = 0; i < n; i++) {
		if (count == 0 || begins(&out[count - 1], &step[i])) {
			if (count == max)
				memmove(out, out + 1, --count * sizeof out[0]);
			out[count++] = (struct ladder) {.step = &step[i]};
		}
		take(&out[count - 1], &step[i]);
	}
	return count;
}

/* The first step of the same attempt. */
static const struct msg_ipsec_step *
first_of(const struct ladder *l, uint32_t attempt)
{
	const struct msg_ipsec_step *s = l->step;

	while (s->attempt != attempt)
		s++;
	return s;
}

unsigned
ladder_attempt(const struct ladder *l, const struct msg_ipsec_step *step)
{
	const struct msg_ipsec_step *first = first_of(l, step->attempt);
	unsigned number = 1;

	if (step->attempt == 0)
		return 0;
	for (const struct msg_ipsec_step *s = l->step; s < first; s++)
		number += s->attempt != 0 && s == first_of(l, s->attempt);
	return number;
}

uint64_t
ladder_us(const struct ladder *l, const struct msg_ipsec_step *step)
{
	return step->at_us > l->step->at_us ? step->at_us - l->step->at_us : 0;
}

const char *
ladder_outcome_word(enum ladder_outcome outcome)
{
	static const char *const words[] = {
	    [LADDER_OPEN] = "open",
	    [LADDER_CONNECTED] = "connected",
	    [LADDER_FAILED] = "failed",
	    [LADDER_MOVED] = "moved",
	    [LADDER_ASKED] = "asked",
	    [LADDER_ENDED] = "ended",
	};

	return words[outcome];
}

const char *
ladder_kind_word(unsigned kind)
{
	return kinds[kind].word;
}

const char *
ladder_text(const struct msg_ipsec_step *step, char out[LADDER_TEXT_MAX])
{
	const struct kind *kind = &kinds[step->kind];
	const char *place = strstr(kind->text, "%s");
	size_t before = place == NULL ? strlen(kind->text) : (size_t)(place - kind->text);
	int message = step->kind == IPSEC_STEP_SENT || step->kind == IPSEC_STEP_HEARD;
	char where[ENDPOINT_TEXT_MAX] = "";

	if (place != NULL)
		endpoint_text(&step->place, where);
	snprintf(out, LADDER_TEXT_MAX, "%.*s%s%s%s%s", (int)before, kind->text, where,
	    place == NULL ? "" : place + 2, message || step->text[0] == '\0' ? "" : ": ",
	    step->text);
	return out;
}
