#include "cli/words.h"

#include "base/msg.h"

#include <stddef.h>

static const char *
find(const char *const words[], size_t n, unsigned value)
{
	return value < n && words[value] != NULL ? words[value] : "unknown";
}

#define FIND(words, value) find(words, sizeof words / sizeof words[0], value)

const char *
word_nat_state(unsigned state)
{
	static const char *const words[] = {
	    [NAT_ASKING] = "asking",
	    [NAT_UP] = "up",
	    [NAT_REFUSED] = "refused",
	    [NAT_SILENT] = "silent",
	};

	return FIND(words, state);
}

const char *
word_nat_kind(unsigned kind)
{
	static const char *const words[] = {
	    [NAT_KIND_NONE] = "none",
	    [NAT_KIND_NATPMP] = "natpmp",
	    [NAT_KIND_PCP] = "pcp",
	    [NAT_KIND_UPNP] = "upnp",
	    [NAT_KIND_DOUBLE] = "double",
	    [NAT_KIND_UNMAPPED] = "unmapped",
	};

	return FIND(words, kind);
}

const char *
word_inbound(unsigned inbound)
{
	static const char *const words[] = {[INBOUND_YES] = "yes", [INBOUND_NO] = "no"};

	return FIND(words, inbound);
}

const char *
word_dns_status(unsigned status)
{
	static const char *const words[] = {
	    [DNS_STARTING] = "starting",
	    [DNS_OK] = "ok",
	    [DNS_UNREACHABLE] = "unreachable",
	    [DNS_REFUSED] = "refused",
	};

	return FIND(words, status);
}

const char *
word_channel(unsigned channel)
{
	static const char *const words[] = {
	    [DNS_CHANNEL_NONE] = "none",
	    [DNS_CHANNEL_UDP] = "udp",
	    [DNS_CHANNEL_TCP] = "tcp",
	    [DNS_CHANNEL_TLS] = "tls",
	};

	return FIND(words, channel);
}

const char *
word_dns_source(unsigned source)
{
	static const char *const words[] = {
	    [DNS_SOURCE_NONE] = "none",
	    [DNS_SOURCE_POLL] = "poll",
	    [DNS_SOURCE_LLQ] = "llq",
	    [DNS_SOURCE_PUSH] = "push",
	};

	return FIND(words, source);
}

const char *
word_roster_self(unsigned self)
{
	static const char *const words[] = {
	    [ROSTER_SELF_LISTED] = "listed",
	    [ROSTER_SELF_UNLISTED] = "unlisted",
	    [ROSTER_SELF_REVOKED] = "revoked",
	};

	return FIND(words, self);
}

const char *
word_roster_view(unsigned view)
{
	static const char *const words[] = {
	    [ROSTER_VIEW_CURRENT] = "current",
	    [ROSTER_VIEW_ABSENT] = "absent",
	    [ROSTER_VIEW_HIDDEN] = "hidden",
	    [ROSTER_VIEW_REFUSED] = "refused",
	};

	return FIND(words, view);
}

const char *
word_tunnel_state(unsigned state)
{
	static const char *const words[] = {
	    [TUNNEL_IDLE] = "idle",
	    [TUNNEL_CONNECTING] = "connecting",
	    [TUNNEL_UP] = "up",
	};

	return FIND(words, state);
}

const char *
word_dataplane(unsigned dataplane)
{
	static const char *const words[] = {
	    [DATAPLANE_USER] = "user",
	    [DATAPLANE_KERNEL] = "kernel",
	};

	return FIND(words, dataplane);
}

const char *
word_drop(unsigned reason)
{
	static const char *const words[] = {
	    [IPSEC_DROP_NO_TUNNEL] = "no_tunnel",
	    [IPSEC_DROP_NOT_OURS] = "not_ours",
	    [IPSEC_DROP_TOO_BIG] = "too_big",
	    [IPSEC_DROP_SEQUENCE] = "sequence",
	    [IPSEC_DROP_UNKNOWN] = "unknown_spi",
	    [IPSEC_DROP_SHORT] = "short",
	    [IPSEC_DROP_REPLAY] = "replay",
	    [IPSEC_DROP_AUTH] = "bad_icv",
	    [IPSEC_DROP_INNER] = "bad_inside",
	    [IPSEC_DROP_SELECTOR] = "wrong_address",
	    [IPSEC_DROP_EXPIRED] = "expired",
	    [IPSEC_DROP_CONGESTED] = "congested",
	    [IPSEC_DROP_SEND] = "send",
	    [IPSEC_DROP_DEVICE] = "device",
	};

	return FIND(words, reason);
}

const char *
word_worker(unsigned index)
{
	static const char *const words[] = {"natpmp", "dnsupdate", "ipsec"};

	return FIND(words, index);
}

const char *
word_method_title(unsigned method)
{
	return method == NAT_METHOD_NATPMP ? "NAT-PMP"
	    : method == NAT_METHOD_PCP     ? "PCP"
	    : method == NAT_METHOD_UPNP    ? "UPnP"
					   : "none";
}

const char *
word_method(unsigned method)
{
	return method == NAT_METHOD_NATPMP ? "natpmp"
	    : method == NAT_METHOD_PCP     ? "pcp"
	    : method == NAT_METHOD_UPNP    ? "upnp"
					   : "none";
}

const char *
word_column(unsigned column)
{
	static const char *const words[] = {
	    [NAT_COLUMN_PCP] = "PCP",
	    [NAT_COLUMN_NATPMP] = "NAT-PMP",
	    [NAT_COLUMN_UPNP] = "UPnP",
	};

	return FIND(words, column);
}

const char *
word_nat_answer(unsigned answer)
{
	static const char *const words[] = {
	    [NAT_NOT_ASKED] = "not asked",
	    [NAT_NO_ANSWER] = "none",
	    [NAT_SPEAKS] = "is spoken here",
	    [NAT_GIVES] = "gives the mapping",
	    [NAT_REFUSES] = "refuses",
	};

	return FIND(words, answer);
}
