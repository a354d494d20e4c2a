#include "base/msg/rule.h"

#include <assert.h>

static const char *
valid_ipsec_fd(const union msg *m)
{
	const struct msg_ipsec_fd *f = &m->ipsec_fd;

	if (f->kind < IPSEC_FD_TUN || f->kind >= IPSEC_FD_MAX)
		return "kind";
	return f->device <= (f->kind == IPSEC_FD_TUN ? IPSEC_TUN_VNET | IPSEC_TUN_USO : 0)
	    ? NULL
	    : "device";
}

static const char *
valid_ipsec_credential(const union msg *m)
{
	const struct msg_ipsec_credential *c = &m->ipsec_credential;

	if (c->kind < IPSEC_DEVICE_KEY || c->kind >= IPSEC_CREDENTIAL_MAX)
		return "kind";
	if (c->len == 0 || c->len > MSG_DER_MAX || !msg_zero(c->der + c->len, MSG_DER_MAX - c->len))
		return "length";
	return NULL;
}

static const char *
valid_ipsec_self(const union msg *m)
{
	const struct msg_ipsec_self *s = &m->ipsec_self;

	if (s->dataplane != DATAPLANE_USER && s->dataplane != DATAPLANE_KERNEL)
		return "dataplane";
	if (s->plain > 1)
		return "plain";
	/* IKE leaves out the non-ESP marker on port 500 (RFC 3948 2.2). */
	if (s->port == 0 || s->port == 500)
		return "port";
	if (s->mtu < 1280)
		return "mtu";
	if (!ip6_is_ula(s->ula))
		return "ula";
	return msg_hostname_ok(s->name) ? NULL : "name";
}

static const char *
valid_ipsec_roster(const union msg *m)
{
	return m->roster.total > 0 ? msg_roster_wrong(&m->roster) : "size";
}

const char *
msg_roster_state_wrong(const struct msg_ipsec_roster_state *s)
{
	if (s->verdict >= ROSTER_VERDICT_MAX || s->self >= ROSTER_SELF_MAX || s->open > 1)
		return "state";
	return MSG_TEXT_OK(s->reason) ? NULL : "reason";
}

static const char *
valid_ipsec_roster_state(const union msg *m)
{
	return msg_roster_state_wrong(&m->ipsec_roster_state);
}

static const char *
valid_ipsec_peer(const union msg *m)
{
	const struct msg_ipsec_peer *p = &m->ipsec_peer;

	if (p->hdr.id == 0)
		return "id";
	if (p->always > 1)
		return "always";
	if (p->epoch > MSG_EPOCH_MAX)
		return "epoch";
	if (!ip6_is_ula(p->ula))
		return "ula";
	if (!msg_hostname_ok(p->name))
		return "name";
	return msg_endpoints_ok(p->contact, p->contacts, MSG_CONTACTS_MAX) ? NULL : "contact";
}

static const char *
valid_ipsec_nat(const union msg *m)
{
	return m->hdr.id != 0 ? "id" : m->ipsec_nat.open > 1 ? "open" : NULL;
}

static const char *
valid_ipsec_knocked(const union msg *m)
{
	const struct endpoint *from = &m->ipsec_knocked.from;

	return endpoint_valid(from) && from->family != 0 ? NULL : "from";
}

static const char *
valid_ipsec_ready(const union msg *m)
{
	const struct msg_ipsec_ready *r = &m->ipsec_ready;

	if (r->dataplane != DATAPLANE_USER && r->dataplane != DATAPLANE_KERNEL)
		return "dataplane";
	return MSG_TEXT_OK(r->version) && MSG_TEXT_OK(r->crypto) ? NULL : "text";
}

const char *
msg_ipsec_state_wrong(const struct msg_ipsec_state *s)
{
	if (s->state < TUNNEL_IDLE || s->state > TUNNEL_UP || s->initiator > 1 || s->known > 1)
		return "state";
	if (!msg_zero(s->ula, 16) && !ip6_is_ula(s->ula))
		return "ula";
	if (!endpoint_valid(&s->remote))
		return "remote";
	return MSG_TEXT_OK(s->proposal) && MSG_TEXT_OK(s->reason) ? NULL : "text";
}

static const char *
valid_ipsec_state(const union msg *m)
{
	return m->hdr.id == 0 ? "id" : msg_ipsec_state_wrong(&m->ipsec_state);
}

const char *
msg_ipsec_step_wrong(const struct msg_ipsec_step *s)
{
	if (s->kind < IPSEC_STEP_WANTED || s->kind >= IPSEC_STEP_MAX || s->initiator > 1)
		return "kind";
	if (!endpoint_valid(&s->place))
		return "place";
	return MSG_TEXT_OK(s->text) ? NULL : "text";
}

static const char *
valid_ipsec_step(const union msg *m)
{
	return m->hdr.id == 0 ? "id" : msg_ipsec_step_wrong(&m->ipsec_step);
}

#define FIRST MSG_IPSEC_FD

static const struct msg_rule rules[] = {
    MSG_RULE(MSG_IPSEC_FD, "ipsec fd", MANAGER, IPSEC, ipsec_fd, 1, valid_ipsec_fd),
    MSG_RULE(MSG_IPSEC_CREDENTIAL, "ipsec credential", MANAGER, IPSEC, ipsec_credential, 0,
	valid_ipsec_credential),
    MSG_RULE(MSG_IPSEC_SELF, "ipsec self", MANAGER, IPSEC, ipsec_self, 0, valid_ipsec_self),
    MSG_RULE(MSG_IPSEC_ROSTER, "ipsec roster", MANAGER, IPSEC, roster, 0, valid_ipsec_roster),
    MSG_RULE(MSG_IPSEC_ROSTER_STATE, "ipsec roster state", IPSEC, MANAGER, ipsec_roster_state, 0,
	valid_ipsec_roster_state),
    MSG_RULE(MSG_IPSEC_PEER, "ipsec peer", MANAGER, IPSEC, ipsec_peer, 0, valid_ipsec_peer),
    MSG_RULE(MSG_IPSEC_FORGET, "ipsec forget", MANAGER, IPSEC, ipsec_forget, 0, msg_valid_id),
    MSG_RULE(MSG_IPSEC_NAT, "ipsec nat", MANAGER, IPSEC, ipsec_nat, 0, valid_ipsec_nat),
    MSG_RULE(MSG_IPSEC_MOVED, "ipsec moved", MANAGER, IPSEC, ipsec_moved, 0, msg_valid_empty),
    MSG_RULE(MSG_IPSEC_KNOCK, "ipsec knock", MANAGER, IPSEC, ipsec_knock, 0, msg_valid_empty),
    MSG_RULE(
	MSG_IPSEC_KNOCKED, "ipsec knocked", IPSEC, MANAGER, ipsec_knocked, 0, valid_ipsec_knocked),
    MSG_RULE(MSG_IPSEC_READY, "ipsec ready", IPSEC, MANAGER, ipsec_ready, 0, valid_ipsec_ready),
    MSG_RULE(MSG_IPSEC_DROPS, "ipsec drops", IPSEC, MANAGER, ipsec_drops, 0, msg_valid_empty),
    MSG_RULE(MSG_IPSEC_STATE, "ipsec state", IPSEC, MANAGER, ipsec_state, 0, valid_ipsec_state),
    MSG_RULE(MSG_IPSEC_STEP, "ipsec step", IPSEC, MANAGER, ipsec_step, 0, valid_ipsec_step),
};

const struct msg_rules msg_ipsec_rules = {FIRST, sizeof rules / sizeof rules[0], rules};

static_assert(sizeof(struct msg_ipsec_roster_state) == 200, "roster state");
static_assert(sizeof(struct msg_ipsec_credential) == 2064, "ipsec credential");
static_assert(sizeof(struct msg_ipsec_self) == 304, "ipsec self");
static_assert(sizeof(struct msg_ipsec_peer) == 488, "ipsec peer");
static_assert(sizeof(struct msg_ipsec_knock) == 56, "ipsec knock");
static_assert(sizeof(struct msg_ipsec_knocked) == 48, "ipsec knocked");
static_assert(sizeof(struct msg_ipsec_drops) == 120, "ipsec drops");
static_assert(sizeof(struct msg_ipsec_state) == 448, "ipsec state");
static_assert(sizeof(struct msg_ipsec_step) == 112, "ipsec step");
