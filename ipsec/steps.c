#include "ipsec/steps.h"

#include "base/clock.h"
#include "base/str.h"
#include "ipsec/peers.h"

#include <string.h>

#define STEPS_MAX 256

static struct msg_ipsec_step ring[STEPS_MAX];
static uint64_t noted, sent; /* ever; noted - sent wait */

void
steps_note(
    const struct steps_of *of, enum ipsec_step kind, const struct endpoint *place, const char *text)
{
	struct msg_ipsec_step *s = &ring[noted++ % STEPS_MAX];

	if (noted - sent > STEPS_MAX)
		sent++;
	memset(s, 0, sizeof *s);
	s->hdr = (struct msg_hdr) {.type = MSG_IPSEC_STEP, .id = of->peer};
	s->at_us = clock_boot_us();
	s->attempt = of->sa;
	s->kind = (uint8_t)kind;
	s->initiator = of->mine != 0;
	if (place != NULL)
		s->place = *place;
	str_copy(s->text, sizeof s->text, text);
}

int
steps_next(union msg *m)
{
	int found;

	peers_lock();
	found = sent < noted;
	if (found)
		memcpy(m, &ring[sent % STEPS_MAX], sizeof ring[0]);
	peers_unlock();
	return found;
}

void
steps_drop(void)
{
	peers_lock();
	sent += sent < noted;
	peers_unlock();
}
