#include "natpmp/reason.h"

#include "base/str.h"

#include <netinet/in.h>
#include <stdio.h>

static const char no_address[] =
    "the router has no usable external address: it is offline, or behind another NAT";

static const char no_room[] = "the router has no room for another mapping";

/* "PCP, NAT-PMP or UPnP" */
static void
list_methods(char *out, size_t size, unsigned methods)
{
	static const struct {
		unsigned bit;
		const char *name;
	} names[] = {
	    {NAT_METHOD_PCP, "PCP"}, {NAT_METHOD_NATPMP, "NAT-PMP"}, {NAT_METHOD_UPNP, "UPnP"}};
	size_t used = 0;

	for (size_t i = 0; i < 3 && used < size; i++) {
		if ((methods & names[i].bit) == 0)
			continue;
		methods &= ~names[i].bit;
		used += (size_t)snprintf(out + used, size - used, "%s%s",
		    used == 0          ? ""
			: methods == 0 ? " or "
				       : ", ",
		    names[i].name);
	}
}

void
reason_silent(char out[MSG_TEXT_MAX], const struct msg_natpmp_want *want)
{
	int udp = want->proto == IPPROTO_UDP;
	char addr[ADDR_TEXT_MAX], what[24];

	endpoint_addr_text(&want->gateway, addr);
	list_methods(what, sizeof what, want->methods);
	snprintf(out, MSG_TEXT_MAX,
	    "router %s does not answer %s: switch it on there, or forward %s port %u by hand", addr,
	    what, udp ? "UDP" : "TCP", want->local.port);
}

static const char *
pcp_sentence(unsigned result)
{
	static const char *const sentences[] = {
	    [PCP_UNSUPP_VERSION] = "the router speaks another version of PCP",
	    [PCP_NOT_AUTHORIZED] = "the router forbids mappings by PCP: allow them there",
	    [PCP_MALFORMED_REQUEST] = "the router does not understand our PCP",
	    [PCP_UNSUPP_OPCODE] = "the router speaks PCP, but makes no mappings by it",
	    [PCP_NETWORK_FAILURE] = no_address,
	    [PCP_NO_RESOURCES] = no_room,
	    [PCP_UNSUPP_PROTOCOL] = "the router does not map this protocol",
	    [PCP_USER_EX_QUOTA] = "the router gives this machine no more mappings",
	    [PCP_CANNOT_PROVIDE_EXTERNAL] = "the router cannot give an external port",
	    [PCP_ADDRESS_MISMATCH] =
		"another NAT stands between this machine and the router that was asked",
	};

	return result < sizeof sentences / sizeof sentences[0] ? sentences[result] : NULL;
}

static const char *
pmp_sentence(unsigned result)
{
	static const char *const sentences[] = {
	    [PMP_BAD_VERSION] = "the router speaks another version of NAT-PMP",
	    [PMP_NOT_AUTHORIZED] = "the router forbids mappings: allow NAT-PMP or UPnP there",
	    [PMP_NETWORK_FAILURE] = no_address,
	    [PMP_NO_RESOURCES] = no_room,
	    [PMP_BAD_OPCODE] = "the router speaks another version of NAT-PMP",
	};

	return result < sizeof sentences / sizeof sentences[0] ? sentences[result] : NULL;
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

static const char *
igd_sentence(const struct mapping_side *s)
{
	const char *sentence = failure(s->how);

	return sentence != NULL ? sentence : refusal(s->code);
}

static const char *const titles[NAT_COLUMNS] = {"PCP result", "NAT-PMP result", "UPnP error"};

void
reason_refused(char out[MSG_TEXT_MAX], unsigned column, const struct mapping_side *s)
{
	const char *sentence = column == NAT_COLUMN_PCP ? pcp_sentence(s->code)
	    : column == NAT_COLUMN_NATPMP               ? pmp_sentence(s->code)
							: igd_sentence(s);

	if (sentence != NULL)
		str_copy(out, MSG_TEXT_MAX, sentence);
	else
		snprintf(out, MSG_TEXT_MAX, "the router refused the mapping (%s %u)",
		    titles[column], s->code);
}

int
reason_is_offline(unsigned column, const struct mapping_side *s)
{
	if (column == NAT_COLUMN_PCP)
		return s->code == PCP_NETWORK_FAILURE;
	if (column == NAT_COLUMN_NATPMP)
		return s->code == PMP_NETWORK_FAILURE;
	return s->how == IGD_OFFLINE || s->how == IGD_NO_ADDRESS;
}

static const char *
pcp_word(unsigned result)
{
	static const char *const words[] = {"SUCCESS", "UNSUPP_VERSION", "NOT_AUTHORIZED",
	    "MALFORMED_REQUEST", "UNSUPP_OPCODE", "UNSUPP_OPTION", "MALFORMED_OPTION",
	    "NETWORK_FAILURE", "NO_RESOURCES", "UNSUPP_PROTOCOL", "USER_EX_QUOTA",
	    "CANNOT_PROVIDE_EXTERNAL", "ADDRESS_MISMATCH", "EXCESSIVE_REMOTE_PEERS"};

	return result < sizeof words / sizeof words[0] ? words[result] : "unknown result";
}

static const char *
pmp_word(unsigned result)
{
	static const char *const words[] = {"success", "unsupported version", "not authorized",
	    "network failure", "out of resources", "unsupported opcode"};

	return result < sizeof words / sizeof words[0] ? words[result] : "unknown result";
}

static const char *
igd_word(unsigned how)
{
	switch (how) {
	case IGD_UNREADABLE:
		return "unusable description";
	case IGD_ELSEWHERE:
		return "points to another host";
	case IGD_OFFLINE:
		return "no public address";
	case IGD_NO_ADDRESS:
		return "no external address";
	case IGD_DIED:
		return "too slow, or broken";
	default:
		return "error";
	}
}

void
reason_short(char out[MSG_WORD_MAX], unsigned column, const struct mapping_side *s)
{
	const char *word = column == NAT_COLUMN_PCP ? pcp_word(s->code)
	    : column == NAT_COLUMN_NATPMP           ? pmp_word(s->code)
						    : igd_word(s->how);

	if (s->code != 0)
		snprintf(out, MSG_WORD_MAX, "%s (%u)", word, s->code);
	else
		str_copy(out, MSG_WORD_MAX, word);
}
