#include "base/msg/rule.h"

#include <assert.h>
#include <netinet/in.h>

int
msg_proto_ok(unsigned proto)
{
	return proto == IPPROTO_UDP || proto == IPPROTO_TCP;
}

static int
is_one_method(unsigned method)
{
	return method == NAT_METHOD_NATPMP || method == NAT_METHOD_PCP || method == NAT_METHOD_UPNP;
}

static const char *
valid_natpmp_want(const union msg *m)
{
	const struct msg_natpmp_want *w = &m->natpmp_want;

	if (w->hdr.id == 0)
		return "id";
	if (!endpoint_valid(&w->gateway) || w->gateway.family == 0)
		return "gateway";
	if (!endpoint_valid(&w->local) || w->local.family != w->gateway.family ||
	    w->local.port == 0)
		return "local";
	if (!endpoint_valid(&w->external) ||
	    (w->external.family != 0 && w->external.family != w->local.family))
		return "external";
	if (!endpoint_valid(&w->beside) || !endpoint_valid(&w->from) ||
	    w->beside.family != w->from.family || w->beside.family == 6)
		return "beside";
	if (w->methods == 0 || (w->methods & ~NAT_METHOD_ALL) != 0)
		return "methods";
	if ((w->known != 0 && !is_one_method(w->known)) || w->remove > 1 ||
	    (w->remove && (w->known == 0 || w->external.port == 0)))
		return "known";
	if (!msg_proto_ok(w->proto))
		return "protocol";
	return w->lifetime_sec >= 60 && w->lifetime_sec <= 86400 ? NULL : "lifetime";
}

const char *
msg_natpmp_state_wrong(const struct msg_natpmp_state *s)
{
	if (s->state < NAT_ASKING || s->state > NAT_SILENT)
		return "state";
	if ((s->method != 0 && !is_one_method(s->method)) ||
	    (s->proto != 0 && !msg_proto_ok(s->proto)))
		return "method";
	if (!endpoint_valid(&s->external) || !endpoint_valid(&s->gateway) ||
	    !endpoint_valid(&s->local))
		return "address";
	if (s->state == NAT_UP &&
	    (s->external.family == 0 || s->external.port == 0 || s->method == 0))
		return "up without address";
	for (unsigned i = 0; i < NAT_COLUMNS; i++)
		if (s->said[i].answer >= NAT_ANSWER_MAX || !MSG_TEXT_OK(s->said[i].text))
			return "answer";
	return MSG_TEXT_OK(s->reason) ? NULL : "reason";
}

static const char *
valid_natpmp_state(const union msg *m)
{
	return m->hdr.id == 0 ? "id" : msg_natpmp_state_wrong(&m->natpmp_state);
}

static const char *
valid_natpmp_exchange(const union msg *m)
{
	return MSG_TEXT_OK(m->natpmp_exchange.text) ? NULL : "text";
}

#define FIRST MSG_NATPMP_WANT

static const struct msg_rule rules[] = {
    MSG_RULE(MSG_NATPMP_WANT, "natpmp want", MANAGER, NATPMP, natpmp_want, 0, valid_natpmp_want),
    MSG_RULE(MSG_NATPMP_DROP, "natpmp drop", MANAGER, NATPMP, natpmp_drop, 0, msg_valid_id),
    MSG_RULE(
	MSG_NATPMP_STATE, "natpmp state", NATPMP, MANAGER, natpmp_state, 0, valid_natpmp_state),
    MSG_RULE(MSG_NATPMP_EXCHANGE, "natpmp exchange", NATPMP, MANAGER, natpmp_exchange, 0,
	valid_natpmp_exchange),
};

const struct msg_rules msg_natpmp_rules = {FIRST, sizeof rules / sizeof rules[0], rules};

static_assert(sizeof(struct msg_natpmp_want) == 152, "natpmp want");
static_assert(sizeof(struct msg_natpmp_state) == 504, "natpmp state");
