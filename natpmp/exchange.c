#include "natpmp/exchange.h"

#include "natpmp/reason.h"

#include <netinet/in.h>
#include <stdio.h>

/* ">" is from us, "<" from the router. */

static const char *
proto_word(unsigned proto)
{
	return proto == IPPROTO_TCP ? "tcp" : "udp";
}

static void
asked_map(char out[MSG_TEXT_MAX], const char *how, const struct msg_natpmp_want *want,
    const struct mapping_step *s)
{
	char local[ENDPOINT_TEXT_MAX];

	endpoint_text(&want->local, local);
	if (s->lifetime_sec == 0)
		snprintf(
		    out, MSG_TEXT_MAX, "> %s delete %s %s", how, proto_word(want->proto), local);
	else
		snprintf(out, MSG_TEXT_MAX, "> %s map %s %s, external port %u, for %u s", how,
		    proto_word(want->proto), local, s->external.port, s->lifetime_sec);
}

void
exchange_asked(
    char out[MSG_TEXT_MAX], const struct msg_natpmp_want *want, const struct mapping_step *s)
{
	switch (s->action) {
	case MAPPING_PCP_ANNOUNCE:
		snprintf(out, MSG_TEXT_MAX, "> PCP announce: what is your epoch?");
		break;
	case MAPPING_PMP_ADDRESS:
		snprintf(out, MSG_TEXT_MAX, "> NAT-PMP what is your external address?");
		break;
	case MAPPING_PCP_MAP:
		asked_map(out, "PCP", want, s);
		break;
	case MAPPING_PMP_MAP:
		asked_map(out, "NAT-PMP", want, s);
		break;
	case MAPPING_IGD_MAP:
	case MAPPING_IGD_UNMAP:
		asked_map(out, "UPnP", want, s);
		break;
	case MAPPING_WAIT:
	case MAPPING_GONE:
		out[0] = '\0';
	}
}

static void
refused(char out[MSG_TEXT_MAX], const char *how, unsigned column, unsigned code, unsigned igd)
{
	const struct mapping_side s = {.code = (uint16_t)code, .how = (uint8_t)igd};
	char text[MSG_WORD_MAX];

	reason_short(text, column, &s);
	snprintf(out, MSG_TEXT_MAX, "< %s %s", how, text);
}

static void
granted(
    char out[MSG_TEXT_MAX], const char *how, const struct endpoint *external, uint32_t lifetime_sec)
{
	char text[ENDPOINT_TEXT_MAX];

	if (external->port == 0)
		snprintf(out, MSG_TEXT_MAX, "< %s deleted", how);
	else
		snprintf(out, MSG_TEXT_MAX, "< %s mapped to %s for %u s", how,
		    endpoint_text(external, text), lifetime_sec);
}

void
exchange_pcp(char out[MSG_TEXT_MAX], const struct pcp_answer *a)
{
	if (a->result != PCP_SUCCESS)
		refused(out, "PCP", NAT_COLUMN_PCP, a->result, 0);
	else if (a->op == PCP_ANNOUNCE)
		snprintf(out, MSG_TEXT_MAX, "< PCP epoch %u", a->epoch);
	else
		granted(out, "PCP", &a->external, a->lifetime_sec);
}

void
exchange_pmp(char out[MSG_TEXT_MAX], const struct pmp_answer *a)
{
	struct endpoint ep = {.family = 4};
	char text[ADDR_TEXT_MAX];

	for (unsigned i = 0; i < 4; i++)
		ep.addr[i] = a->address[i];
	if (a->result != PMP_OK)
		refused(out, "NAT-PMP", NAT_COLUMN_NATPMP, a->result, 0);
	else if (a->op == PMP_ADDRESS)
		snprintf(out, MSG_TEXT_MAX, "< NAT-PMP external address %s, epoch %u",
		    endpoint_addr_text(&ep, text), a->epoch);
	else if (a->lifetime_sec == 0)
		snprintf(out, MSG_TEXT_MAX, "< NAT-PMP deleted, epoch %u", a->epoch);
	else
		snprintf(out, MSG_TEXT_MAX, "< NAT-PMP mapped to port %u for %u s, epoch %u",
		    a->port, a->lifetime_sec, a->epoch);
}

void
exchange_igd(char out[MSG_TEXT_MAX], const struct igd_answer *a)
{
	if (a->result == IGD_OK)
		granted(out, "UPnP", &a->external, a->lifetime_sec);
	else if (a->result == IGD_SILENT)
		snprintf(out, MSG_TEXT_MAX, "< UPnP no answer to the search");
	else
		refused(out, "UPnP", NAT_COLUMN_UPNP, a->code, a->result);
}
