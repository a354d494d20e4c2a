#include "natpmp/mapping_inner.h"

#include "base/str.h"

#include <string.h>

/*
 * What the answers of each protocol mean.  An answer to a question that is not open changes
 * nothing; nor does a grant without port or lifetime, or the late grant of a mapping that is being
 * deleted.
 */

#define UPNP_ACTION_FAILED 501 /* may mean anything */

static void
noticed_restart(struct mapping *m)
{
	m->lost = 1;
	str_copy(m->reason, sizeof m->reason,
	    "the router has restarted and forgotten the mapping; asking for it again");
}

/* ---- PCP ---- */

/* The lifetime of an error says how long it will hold (RFC 6887 section 7.2); miniupnpd says 0. */
static uint64_t
pcp_hold_ms(const struct pcp_answer *a)
{
	static const uint32_t passing = 1u << PCP_NETWORK_FAILURE | 1u << PCP_NO_RESOURCES |
	    1u << PCP_USER_EX_QUOTA | 1u << PCP_CANNOT_PROVIDE_EXTERNAL;

	if (a->lifetime_sec != 0)
		return (uint64_t)a->lifetime_sec * 1000;
	if (a->result < 32 && (passing >> a->result & 1) != 0)
		return 0;
	return MAPPING_HOLD_MS;
}

/* Refusals that do not pass say that what this router gave is gone, too: it runs other software
 * now, or another configuration. */
static int
pcp_takes_away(unsigned result)
{
	return result == PCP_UNSUPP_VERSION || result == PCP_NOT_AUTHORIZED ||
	    result == PCP_UNSUPP_OPCODE || result == PCP_UNSUPP_PROTOCOL ||
	    result == PCP_ADDRESS_MISMATCH;
}

static void
pcp_refused(struct mapping *m, unsigned result, uint64_t hold_ms, uint64_t now)
{
	if (pcp_takes_away(result) && m->serving == NAT_COLUMN_PCP)
		m->lost = 1;
	side_refuses(m, NAT_COLUMN_PCP, result, hold_ms, now);
}

/* An ANNOUNCE that is refused as an unknown opcode is an answer in PCP all the same. */
static int
speaks_pcp(const struct pcp_answer *a)
{
	return a->result == PCP_SUCCESS ||
	    (a->op == PCP_ANNOUNCE && a->result == PCP_UNSUPP_OPCODE);
}

static int
is_grant(const struct mapping *m, const struct pcp_answer *a)
{
	static const uint8_t any[16];

	return a->external.family == m->want.local.family && a->external.port != 0 &&
	    a->lifetime_sec != 0 && memcmp(a->external.addr, any, sizeof any) != 0;
}

static void
pcp_mapped(struct mapping *m, const struct pcp_answer *a, uint64_t now)
{
	m->external = a->external;
	side_grants(m, NAT_COLUMN_PCP, a->lifetime_sec, now);
}

void
mapping_pcp_answer(struct mapping *m, const struct pcp_answer *a, uint64_t now)
{
	struct mapping_side *s = &m->side[NAT_COLUMN_PCP];
	int lost;

	if (s->stage == STAGE_REST || (a->op == PCP_MAP) != (s->stage != STAGE_PROBE))
		return;
	if (s->stage == STAGE_DELETE) {
		if (a->result != PCP_SUCCESS || a->lifetime_sec == 0)
			side_deleted(m, NAT_COLUMN_PCP, now);
		return;
	}
	if (a->op == PCP_MAP && a->result == PCP_SUCCESS && !is_grant(m, a))
		return;
	lost = a->result != PCP_UNSUPP_VERSION && epoch_hear_pcp(&m->epoch_pcp, a->epoch, now);
	if (lost && m->serving == NAT_COLUMN_PCP)
		noticed_restart(m);
	if (!speaks_pcp(a))
		pcp_refused(m, a->result, pcp_hold_ms(a), now);
	else if (a->op == PCP_MAP)
		pcp_mapped(m, a, now);
	else
		side_speaks(m, NAT_COLUMN_PCP, now);
}

/* A router of before 2013: it is NAT-PMP's turn, and PCP need not be tried again soon. */
void
mapping_pcp_older(struct mapping *m, uint64_t now)
{
	if (m->side[NAT_COLUMN_PCP].stage == STAGE_REST)
		return;
	if (m->leaving) {
		side_deleted(m, NAT_COLUMN_PCP, now);
		return;
	}
	pcp_refused(m, PCP_UNSUPP_VERSION, MAPPING_HOLD_MS, now);
}

/* ---- NAT-PMP ---- */

/* Its numbers up to 5 are PCP's fewer cases; only "offline" and "full" pass by themselves. */
static uint64_t
pmp_hold_ms(unsigned result)
{
	return result == PMP_NETWORK_FAILURE || result == PMP_NO_RESOURCES ? 0 : MAPPING_HOLD_MS;
}

static void
pmp_refused(struct mapping *m, unsigned result, uint64_t now)
{
	int passes = result == PMP_NETWORK_FAILURE || result == PMP_NO_RESOURCES;

	if (!passes && m->serving == NAT_COLUMN_NATPMP)
		m->lost = 1; /* as with PCP */
	side_refuses(m, NAT_COLUMN_NATPMP, result, pmp_hold_ms(result), now);
}

static void
pmp_address(struct mapping *m, const struct pmp_answer *a, uint64_t now)
{
	static const uint8_t none[4];

	if (memcmp(a->address, none, sizeof none) == 0) {
		pmp_refused(m, PMP_NETWORK_FAILURE, now);
		return;
	}
	/* While another method holds, its address is the one that counts. */
	if (m->serving == MAPPING_NOBODY || m->serving == NAT_COLUMN_NATPMP) {
		m->external.family = 4;
		memcpy(m->external.addr, a->address, sizeof a->address);
	}
	memcpy(m->pmp_address, a->address, sizeof a->address);
	side_speaks(m, NAT_COLUMN_NATPMP, now);
}

static void
pmp_mapped(struct mapping *m, const struct pmp_answer *a, uint64_t now)
{
	memset(&m->external, 0, sizeof m->external);
	m->external.family = 4;
	m->external.port = a->port;
	memcpy(m->external.addr, m->pmp_address, sizeof m->pmp_address);
	side_grants(m, NAT_COLUMN_NATPMP, a->lifetime_sec, now);
}

void
mapping_pmp_answer(struct mapping *m, const struct pmp_answer *a, uint64_t now)
{
	struct mapping_side *s = &m->side[NAT_COLUMN_NATPMP];

	if (s->stage == STAGE_REST || (a->op == PMP_MAP) != (s->stage != STAGE_PROBE))
		return;
	if (s->stage == STAGE_DELETE) {
		if (a->result != PMP_OK || a->lifetime_sec == 0)
			side_deleted(m, NAT_COLUMN_NATPMP, now);
		return;
	}
	if (a->op == PMP_MAP && a->result == PMP_OK && (a->port == 0 || a->lifetime_sec == 0))
		return;
	if (a->has_epoch && epoch_hear_pmp(&m->epoch_pmp, a->epoch, now) &&
	    m->serving == NAT_COLUMN_NATPMP)
		noticed_restart(m);
	if (a->result != PMP_OK)
		pmp_refused(m, a->result, now);
	else if (a->op == PMP_ADDRESS)
		pmp_address(m, a, now);
	else
		pmp_mapped(m, a, now);
}

/* ---- both: no packet gets there ---- */

/* A router that held our mapping a moment ago is restarting: go on asking. */
void
mapping_unreachable(struct mapping *m, enum nat_column column, uint64_t now)
{
	struct mapping_side *s = &m->side[column];

	if (s->stage == STAGE_REST || (!m->leaving && m->serving == column))
		return;
	side_is_silent(m, column, now);
}

/* ---- UPnP ---- */

/* What deletion has to name: the external port, or the number of a hole. */
static uint16_t
igd_number(const struct igd_answer *a)
{
	return a->external.family == 6 ? (uint16_t)a->id : a->external.port;
}

static void
igd_mapped(struct mapping *m, const struct igd_answer *a, uint64_t now)
{
	m->external = a->external;
	m->igd_port = igd_number(a);
	side_grants(m, NAT_COLUMN_UPNP, a->lifetime_sec, now);
}

void
mapping_igd_answer(struct mapping *m, const struct igd_answer *a, uint64_t now)
{
	struct mapping_side *s = &m->side[NAT_COLUMN_UPNP];
	unsigned stage = s->stage;

	side_rest(s);
	if (stage == STAGE_DELETE) {
		side_deleted(m, NAT_COLUMN_UPNP, now);
	} else if (a->result == IGD_OK && m->leaving) {
		m->igd_port = igd_number(a);
		side_ask(m, NAT_COLUMN_UPNP, STAGE_DELETE, 1, now);
		s->held = 1;
	} else if (a->result == IGD_OK) {
		igd_mapped(m, a, now);
	} else if (a->result == IGD_SILENT) {
		side_is_silent(m, NAT_COLUMN_UPNP, now);
	} else {
		s->how = (uint8_t)a->result;
		if (a->result == IGD_REFUSED && a->code != UPNP_ACTION_FAILED &&
		    m->serving == NAT_COLUMN_UPNP)
			m->lost = 1;
		side_refuses(m, NAT_COLUMN_UPNP, a->code, MAPPING_HOLD_MS, now);
	}
}
