#include "natpmp/reason.h"

#include "base/str.h"
#include "natpmp/pmp.h"

#include <stdio.h>

static const char no_address[] =
    "the router has no usable external address: it is offline, or behind another NAT";

void
reason_silent(char out[MSG_TEXT_MAX], const struct msg_natpmp_want *want)
{
	int natpmp = (want->methods & NAT_METHOD_NATPMP) != 0;
	int upnp = (want->methods & NAT_METHOD_UPNP) != 0;
	const char *what = natpmp && upnp ? "NAT-PMP or UPnP" : upnp ? "UPnP" : "NAT-PMP";
	char addr[ADDR_TEXT_MAX];

	endpoint_addr_text(&want->gateway, addr);
	snprintf(out, MSG_TEXT_MAX,
	    "router %s does not answer %s: switch it on there, or forward UDP port %u by hand",
	    addr, what, want->local.port);
}

void
reason_pmp(char out[MSG_TEXT_MAX], unsigned result)
{
	static const char *const sentences[] = {
	    [PMP_BAD_VERSION] = "the router speaks another version of NAT-PMP",
	    [PMP_NOT_AUTHORIZED] = "the router forbids mappings: allow NAT-PMP or UPnP there",
	    [PMP_NETWORK_FAILURE] = no_address,
	    [PMP_NO_RESOURCES] = "the router has no room for another mapping",
	    [PMP_BAD_OPCODE] = "the router speaks another version of NAT-PMP",
	};

	if (result != PMP_OK && result < sizeof sentences / sizeof sentences[0])
		str_copy(out, MSG_TEXT_MAX, sentences[result]);
	else
		snprintf(out, MSG_TEXT_MAX, "the router refused the mapping (NAT-PMP result %u)",
		    result);
}

static const char *
failure(uint32_t result)
{
	switch (result) {
	case IGD_UNREADABLE:
		return "the router answers the UPnP search, but with no usable description";
	case IGD_ELSEWHERE:
		return "the router's UPnP points to another machine, which is not trusted";
	case IGD_OFFLINE:
		return no_address;
	case IGD_NO_ADDRESS:
		return "the router mapped the port by UPnP, but knows no external address";
	case IGD_DIED:
		return "the router took too long over UPnP, or broke it";
	default:
		return NULL;
	}
}

static const char *
refusal(uint32_t code)
{
	switch (code) {
	case 606:
		return "the router forbids mappings by UPnP (606)";
	case 718:
	case 729:
		return "the router has given the wanted ports to other machines (718)";
	case 728:
		return "the router has no room for another mapping (728)";
	default:
		return NULL;
	}
}

void
reason_igd(char out[MSG_TEXT_MAX], const struct igd_answer *a)
{
	const char *sentence = failure(a->result);

	if (sentence == NULL)
		sentence = refusal(a->code);
	if (sentence != NULL)
		str_copy(out, MSG_TEXT_MAX, sentence);
	else
		snprintf(
		    out, MSG_TEXT_MAX, "the router refused the mapping (UPnP error %u)", a->code);
}
