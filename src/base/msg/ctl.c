#include "base/msg/rule.h"

#include <assert.h>

static const char *
valid_ctl_show(const union msg *m)
{
	/* Another version is answered with CTL_VERSION, not with silence. */
	return m->ctl_show.watch <= 1 && m->ctl_show.exchanges <= 1 ? NULL : "watch";
}

static const char *
valid_ctl_sleep(const union msg *m)
{
	return m->ctl_sleep.asleep > 1 ? "flag" : NULL;
}

static const char *
valid_ctl_map(const union msg *m)
{
	const struct msg_ctl_map *c = &m->ctl_map;

	if (!msg_proto_ok(c->proto))
		return "protocol";
	if (c->port == 0)
		return "port";
	return c->seconds <= MSG_MAP_SECONDS_MAX ? NULL : "seconds";
}

static const char *
valid_ctl_result(const union msg *m)
{
	if (m->ctl_result.code < CTL_DONE || m->ctl_result.code >= CTL_CODE_MAX)
		return "code";
	return MSG_TEXT_OK(m->ctl_result.text) ? NULL : "text";
}

static const char *
valid_ctl_self(const union msg *m)
{
	const struct msg_ctl_self *s = &m->ctl_self;

	if (s->dataplane > DATAPLANE_KERNEL || s->enrolled > 1)
		return "flags";
	return MSG_TEXT_OK(s->version) && MSG_TEXT_OK(s->strongswan) && MSG_TEXT_OK(s->crypto) &&
		MSG_TEXT_OK(s->interface) && MSG_TEXT_OK(s->allow) && MSG_TEXT_OK(s->unfiltered) &&
		MSG_TEXT_OK(s->domain) && MSG_TEXT_OK(s->name)
	    ? NULL
	    : "text";
}

static const char *
valid_ctl_mapping(const union msg *m)
{
	const struct msg_ctl_mapping *c = &m->ctl_mapping;

	if (c->nat >= NAT_KIND_MAX || c->inbound >= INBOUND_MAX || c->answer >= SEEN_ANSWER_MAX ||
	    c->verifying > 1)
		return "nat";
	return endpoint_valid(&c->seen) && endpoint_valid(&c->place)
	    ? msg_natpmp_state_wrong(&c->state)
	    : "seen";
}

static const char *
valid_ctl_exchange(const union msg *m)
{
	return MSG_TEXT_OK(m->ctl_exchange.text) ? NULL : "text";
}

static const char *
valid_ctl_dns(const union msg *m)
{
	return msg_dns_state_wrong(&m->ctl_dns.state);
}

static const char *
valid_ctl_roster(const union msg *m)
{
	return m->ctl_roster.view < ROSTER_VIEW_MAX ? msg_roster_state_wrong(&m->ctl_roster.state)
						    : "view";
}

static const char *
valid_ctl_step(const union msg *m)
{
	return msg_ipsec_step_wrong(&m->ctl_step.step);
}

static const char *
valid_ctl_peer(const union msg *m)
{
	const char *why = m->ctl_peer.stale <= 1 ? msg_dns_peer_wrong(&m->ctl_peer.dns) : "stale";

	return why != NULL ? why : msg_ipsec_state_wrong(&m->ctl_peer.tunnel);
}

static const char *
valid_ctl_end(const union msg *m)
{
	return m->ctl_end.peers <= MSG_PEERS_MAX ? NULL : "count";
}

#define FIRST MSG_CTL_SHOW

static const struct msg_rule rules[] = {
    MSG_RULE(MSG_CTL_SHOW, "show", CLIENT, MANAGER, ctl_show, 0, valid_ctl_show),
    MSG_RULE(
	MSG_CTL_LOG_LEVEL, "set log level", CLIENT, MANAGER, log_level, 0, msg_valid_log_level),
    MSG_RULE(MSG_CTL_RELOAD, "reload", CLIENT, MANAGER, ctl_reload, 0, msg_valid_empty),
    MSG_RULE(MSG_CTL_SLEEP, "sleep", CLIENT, MANAGER, ctl_sleep, 0, valid_ctl_sleep),
    MSG_RULE(MSG_CTL_MAP, "map", CLIENT, MANAGER, ctl_map, 0, valid_ctl_map),
    MSG_RULE(MSG_CTL_VERIFY, "verify", CLIENT, MANAGER, ctl_verify, 0, msg_valid_empty),
    MSG_RULE(MSG_CTL_RESULT, "result", MANAGER, CLIENT, ctl_result, 0, valid_ctl_result),
    MSG_RULE(MSG_CTL_SELF, "self", MANAGER, CLIENT, ctl_self, 0, valid_ctl_self),
    MSG_RULE(MSG_CTL_MAPPING, "mapping", MANAGER, CLIENT, ctl_mapping, 0, valid_ctl_mapping),
    MSG_RULE(MSG_CTL_EXCHANGE, "exchange", MANAGER, CLIENT, ctl_exchange, 0, valid_ctl_exchange),
    MSG_RULE(MSG_CTL_DNS, "dns", MANAGER, CLIENT, ctl_dns, 0, valid_ctl_dns),
    MSG_RULE(MSG_CTL_ROSTER, "roster", MANAGER, CLIENT, ctl_roster, 0, valid_ctl_roster),
    MSG_RULE(MSG_CTL_STEP, "step", MANAGER, CLIENT, ctl_step, 0, valid_ctl_step),
    MSG_RULE(MSG_CTL_PEER, "peer", MANAGER, CLIENT, ctl_peer, 0, valid_ctl_peer),
    MSG_RULE(MSG_CTL_END, "end", MANAGER, CLIENT, ctl_end, 0, valid_ctl_end),
};

const struct msg_rules msg_ctl_rules = {FIRST, sizeof rules / sizeof rules[0], rules};

static_assert(sizeof(struct msg_ctl_roster) == 224, "ctl roster");
