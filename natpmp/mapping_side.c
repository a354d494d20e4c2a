#include "natpmp/mapping_inner.h"

#include <string.h>

/*
 * NAT-PMP and PCP are asked by packets that may get lost: 250 ms, doubling.  For PCP the RFC
 * proposes 3 s (section 8.1.1), with random differences, for servers at the far end of a
 * provider's network; ours is one hop away, and a machine that waits three seconds after one lost
 * packet is called broken.  UPnP is asked once: its child has retransmission and deadline of its
 * own.
 */

#define RESEND_MAX_MS 64000
#define JITTER_PARTS 10 /* PCP: up to a tenth more */

static const uint8_t methods[NAT_COLUMNS] = {
    [NAT_COLUMN_PCP] = NAT_METHOD_PCP,
    [NAT_COLUMN_NATPMP] = NAT_METHOD_NATPMP,
    [NAT_COLUMN_UPNP] = NAT_METHOD_UPNP,
};

void
side_ask(struct mapping *m, unsigned i, enum mapping_stage stage, unsigned most, uint64_t at)
{
	struct mapping_side *s = &m->side[i];

	s->stage = (uint8_t)stage;
	s->sent = 0;
	s->most = (uint8_t)most;
	s->next_ms = at;
	s->due_ms = 0;
}

void
side_rest(struct mapping_side *s)
{
	s->stage = STAGE_REST;
	s->sent = 0;
}

int
side_allowed(const struct mapping *m, unsigned i)
{
	if (i == NAT_COLUMN_NATPMP && m->want.local.family != 4)
		return 0; /* knows IPv4 only */
	if (i == NAT_COLUMN_UPNP && m->want.local.family == 6 && m->want.beside.family == 0)
		return 0; /* its description is read by IPv4 */
	return (m->want.methods & methods[i]) != 0;
}

int
side_child_runs(const struct mapping *m)
{
	const struct mapping_side *s = &m->side[NAT_COLUMN_UPNP];

	return s->stage != STAGE_REST && s->sent > 0;
}

static enum mapping_action
action(unsigned i, unsigned stage)
{
	switch (i) {
	case NAT_COLUMN_PCP:
		return stage == STAGE_PROBE ? MAPPING_PCP_ANNOUNCE : MAPPING_PCP_MAP;
	case NAT_COLUMN_NATPMP:
		return stage == STAGE_PROBE ? MAPPING_PMP_ADDRESS : MAPPING_PMP_MAP;
	default:
		return stage == STAGE_DELETE ? MAPPING_IGD_UNMAP : MAPPING_IGD_MAP;
	}
}

struct endpoint
side_suggestion(const struct mapping *m)
{
	struct endpoint ep = m->suggest.port != 0 ? m->suggest : m->want.external;

	if (ep.port == 0)
		ep.port = m->want.local.port;
	return ep;
}

static void
fill(const struct mapping *m, unsigned i, struct mapping_step *step)
{
	unsigned stage = m->side[i].stage;

	memset(step, 0, sizeof *step);
	step->action = action(i, stage);
	if (stage == STAGE_DELETE && i == NAT_COLUMN_UPNP)
		step->external.port = m->igd_port; /* others say 0 (RFC 6886 section 3.4) */
	if (stage == STAGE_DELETE)
		return;
	step->external = side_suggestion(m);
	step->lifetime_sec = m->want.lifetime_sec;
}

static uint64_t
resend_ms(const struct mapping *m, unsigned i, unsigned sent)
{
	uint64_t wait = (uint64_t)MAPPING_RESEND_MS << (sent < 16 ? sent : 16);

	if (wait > RESEND_MAX_MS)
		wait = RESEND_MAX_MS;
	return i == NAT_COLUMN_PCP ? wait + m->jitter((uint32_t)wait / JITTER_PARTS) : wait;
}

int
side_send(struct mapping *m, unsigned i, uint64_t now, struct mapping_step *step, int *gave_up)
{
	struct mapping_side *s = &m->side[i];

	*gave_up = 0;
	if (s->stage == STAGE_REST || now < s->next_ms || (i == NAT_COLUMN_UPNP && s->sent > 0))
		return 0;
	if (s->sent == s->most) {
		*gave_up = 1;
		return 0;
	}
	s->next_ms = now + resend_ms(m, i, s->sent);
	s->sent++;
	if (s->answer == NAT_NOT_ASKED)
		s->answer = NAT_NO_ANSWER;
	fill(m, i, step);
	return 1;
}
