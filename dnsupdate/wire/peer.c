#include "dnsupdate/wire/peer.h"

#include "base/str.h"

#include <string.h>

/* One question is asked for each slot: three fixed ones, then two for each target. */
enum slot { SLOT_ULA, SLOT_SRV, SLOT_TXT, SLOT_TARGETS };

int
peer_reader_init(struct peer_reader *r, const struct name *host, const struct name *zone)
{
	memset(r, 0, sizeof(*r));
	r->host = *host;
	r->zone = *zone;
	return records_service(&r->service, host);
}

static unsigned
slots(const struct peer_reader *r)
{
	return SLOT_TARGETS + 2u * r->targets;
}

/* The question of a slot; returns whether it is answered. */
static int
slot_question(const struct peer_reader *r, unsigned slot, struct question *q)
{
	const struct peer_target *t;

	q->class = CLASS_IN;
	switch (slot) {
	case SLOT_ULA:
		q->name = r->host;
		q->type = TYPE_AAAA;
		return r->have_ula;
	case SLOT_SRV:
		q->name = r->service;
		q->type = TYPE_SRV;
		return r->have_srv;
	case SLOT_TXT:
		q->name = r->service;
		q->type = TYPE_TXT;
		return r->have_txt;
	}
	t = &r->target[(slot - SLOT_TARGETS) / 2];
	q->name = t->name;
	q->type = (slot - SLOT_TARGETS) % 2 == 0 ? TYPE_A : TYPE_AAAA;
	return q->type == TYPE_A ? t->have4 : t->have6;
}

int
peer_reader_open(const struct peer_reader *r, unsigned *pos, struct question *q)
{
	while (*pos < slots(r))
		if (!slot_question(r, (*pos)++, q))
			return 1;
	return 0;
}

int
peer_reader_done(const struct peer_reader *r)
{
	struct question q;
	unsigned pos = 0;

	return !peer_reader_open(r, &pos, &q);
}

/* The open slot that asks q, or slots(r). */
static unsigned
find_slot(const struct peer_reader *r, const struct question *q)
{
	struct question open;
	unsigned slot;

	for (slot = 0; slot < slots(r); slot++)
		if (!slot_question(r, slot, &open) && open.type == q->type &&
		    open.class == q->class && name_equal(&open.name, &q->name))
			break;
	return slot;
}

static void
take_ula(struct peer_reader *r, const struct message *m)
{
	const struct rr *rr;
	uint8_t addr[16];
	size_t pos = 0;

	r->have_ula = 1;
	while ((rr = message_next(m, &pos, SECTION_ANSWER, &r->host, TYPE_AAAA)) != NULL) {
		if (rr_aaaa(m, rr, addr) == -1 || !ip6_is_ula(addr))
			continue;
		if (!r->has_ula || memcmp(addr, r->ula, sizeof(addr)) < 0)
			memcpy(r->ula, addr, sizeof(addr));
		r->has_ula = 1;
	}
}

/* Negative when a is to be tried before b: RFC 2782 without the dice, so that all readers agree. */
static int
compare_srv(const struct srv *a, const struct srv *b)
{
	if (a->priority != b->priority)
		return a->priority < b->priority ? -1 : 1;
	if (a->weight != b->weight)
		return a->weight > b->weight ? -1 : 1;
	if (a->port != b->port)
		return a->port < b->port ? -1 : 1;
	return memcmp(a->target.wire, b->target.wire, sizeof(a->target.wire));
}

/* Keep the best MSG_CONTACTS_MAX, in order. */
static void
insert_srv(struct peer_reader *r, const struct srv *srv)
{
	unsigned at = 0;

	while (at < r->srvs && compare_srv(&r->srv[at], srv) < 0)
		at++;
	if (at == MSG_CONTACTS_MAX || (at < r->srvs && compare_srv(&r->srv[at], srv) == 0))
		return;
	if (r->srvs < MSG_CONTACTS_MAX)
		r->srvs++;
	memmove(&r->srv[at + 1], &r->srv[at], (r->srvs - at - 1) * sizeof(r->srv[0]));
	r->srv[at] = *srv;
}

/* The number of the target with this name, or r->targets. */
static unsigned
find_target(const struct peer_reader *r, const struct name *name)
{
	unsigned i;

	for (i = 0; i < r->targets && !name_equal(&r->target[i].name, name); i++)
		;
	return i;
}

static int
is_of_use(const struct peer_reader *r, const struct srv *srv)
{
	return srv->port != 0 && name_labels(&srv->target) > 0 && name_in(&srv->target, &r->zone);
}

static void
take_srv(struct peer_reader *r, const struct message *m)
{
	const struct rr *rr;
	struct srv srv;
	size_t pos = 0;

	r->have_srv = 1;
	while ((rr = message_next(m, &pos, SECTION_ANSWER, &r->service, TYPE_SRV)) != NULL)
		if (rr_srv(m, rr, &srv) == 0 && is_of_use(r, &srv))
			insert_srv(r, &srv);
	for (unsigned i = 0; i < r->srvs; i++)
		if (find_target(r, &r->srv[i].target) == r->targets)
			r->target[r->targets++].name = r->srv[i].target;
}

static void
take_txt(struct peer_reader *r, const struct message *m)
{
	struct host_status status;
	const struct rr *rr;
	struct rdata txt;
	size_t pos = 0;

	r->have_txt = 1;
	while ((rr = message_next(m, &pos, SECTION_ANSWER, &r->service, TYPE_TXT)) != NULL) {
		if (r->txts == PEER_TXT_MAX || rr_rdata(m, rr, &txt) == -1) {
			r->txts = PEER_TXT_MAX + 1;
			return;
		}
		r->txt[r->txts++] = txt;
		if (status_from_txt(&status, &txt) == -1)
			continue;
		if (!r->has_status || status.epoch > r->status.epoch)
			r->status = status;
		r->has_status = 1;
	}
}

static int
compare_contact(const struct endpoint *a, const struct endpoint *b)
{
	if (a->priority != b->priority)
		return a->priority < b->priority ? -1 : 1;
	if (a->weight != b->weight)
		return a->weight > b->weight ? -1 : 1;
	if (a->family != b->family)
		return a->family > b->family ? -1 : 1;
	if (a->port != b->port)
		return a->port < b->port ? -1 : 1;
	return memcmp(a->addr, b->addr, sizeof(a->addr));
}

/* Keep the best MSG_CONTACTS_MAX, in order.  Of two alike the first stays: the SRV records come
 * best first. */
static void
insert_contact(struct endpoint list[MSG_CONTACTS_MAX], uint8_t *count, const struct endpoint *ep)
{
	unsigned at = 0;

	for (unsigned i = 0; i < *count; i++)
		if (endpoint_equal(&list[i], ep))
			return;
	while (at < *count && compare_contact(&list[at], ep) < 0)
		at++;
	if (at == MSG_CONTACTS_MAX)
		return;
	if (*count < MSG_CONTACTS_MAX)
		(*count)++;
	memmove(&list[at + 1], &list[at], (*count - at - 1) * sizeof(list[0]));
	list[at] = *ep;
}

static void
take_addresses(struct peer_target *t, const struct message *m, uint16_t type)
{
	const struct rr *rr;
	size_t pos = 0;

	while ((rr = message_next(m, &pos, SECTION_ANSWER, &t->name, type)) != NULL) {
		struct endpoint ep = {.family = type == TYPE_A ? 4 : 6};

		if ((type == TYPE_A ? rr_a(m, rr, ep.addr) : rr_aaaa(m, rr, ep.addr)) == -1)
			continue;
		ep.port = 1; /* until the SRV's: any but 0 passes the check */
		if (endpoint_is_contactable(&ep))
			insert_contact(t->addr, &t->count, &ep);
	}
	if (type == TYPE_A)
		t->have4 = 1;
	else
		t->have6 = 1;
}

int
peer_reader_take(struct peer_reader *r, const struct question *q, const struct message *m)
{
	unsigned slot = find_slot(r, q);

	if (slot == slots(r) || m->flags & FLAG_TC ||
	    (m->rcode != RCODE_NOERROR && m->rcode != RCODE_NXDOMAIN))
		return -1;
	switch (slot) {
	case SLOT_ULA:
		take_ula(r, m);
		break;
	case SLOT_SRV:
		take_srv(r, m);
		break;
	case SLOT_TXT:
		take_txt(r, m);
		break;
	default:
		take_addresses(&r->target[(slot - SLOT_TARGETS) / 2], m, q->type);
	}
	return 0;
}

/* Each SRV has its target: take_srv saw to it. */
static void
add_contacts(const struct peer_reader *r, const struct srv *srv, struct msg_dns_peer *out)
{
	const struct peer_target *t = &r->target[find_target(r, &srv->target)];

	for (unsigned i = 0; i < t->count; i++) {
		struct endpoint ep = t->addr[i];

		ep.port = srv->port;
		ep.priority = srv->priority;
		ep.weight = srv->weight;
		insert_contact(out->contact, &out->contacts, &ep);
	}
}

/* All octets of the message are compared by its receiver, so all are set. */
static void
begin(struct msg_dns_peer *out)
{
	memset(out, 0, sizeof(*out));
	out->hdr.type = MSG_DNS_PEER;
}

void
peer_reader_result(const struct peer_reader *r, struct msg_dns_peer *out)
{
	begin(out);
	out->present = 1;
	if (name_host(&r->host, out->name) == -1)
		out->name[0] = '\0';
	out->nat = r->status.nat;
	out->inbound = r->status.inbound;
	out->epoch = r->status.epoch;
	out->expires_sec = r->status.expires_sec;
	str_copy(out->os, sizeof(out->os), r->status.os);
	memcpy(out->ula, r->ula, sizeof(out->ula));
	for (unsigned i = 0; i < r->srvs; i++)
		add_contacts(r, &r->srv[i], out);
}

void
peer_gone(struct msg_dns_peer *out, const char *name)
{
	begin(out);
	str_copy(out->name, sizeof(out->name), name);
}
