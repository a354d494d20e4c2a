#include "dnsupdate/wire/records.h"

#include "base/str.h"

#include <stdio.h>
#include <string.h>

int
records_service(struct name *out, const struct name *base)
{
	return name_prepend(out, RECORDS_SERVICE, base);
}

/* at.H, at1.H, at2.H ... */
static int
target_name(struct name *out, const struct name *host, unsigned number)
{
	char label[16];

	if (number == 0)
		snprintf(label, sizeof(label), "%s", RECORDS_TARGET);
	else
		snprintf(label, sizeof(label), "%s%u", RECORDS_TARGET, number);
	return name_prepend(out, label, host);
}

/* The epoch prerequisite: what the last update wrote must still be there. */
static void
need_previous(
    struct update *u, const struct name *service, const struct rdata *previous, size_t count)
{
	if (count == 0)
		update_need_no_rrset(u, service, TYPE_TXT);
	else
		update_need_exactly(u, service, previous, count);
}

/* Every record any update of ours may have left.  By type, never "all of the name": servers grant
 * rights by type, and H itself may carry records of the user's own. */
static int
delete_all(struct update *u, const struct name *host, const struct name *service)
{
	struct name target;

	update_delete_rrset(u, host, TYPE_AAAA);
	update_delete_rrset(u, service, TYPE_SRV);
	update_delete_rrset(u, service, TYPE_TXT);
	for (unsigned i = 0; i < MSG_CONTACTS_MAX; i++) {
		if (target_name(&target, host, i) == -1)
			return -1;
		update_delete_rrset(u, &target, TYPE_A);
		update_delete_rrset(u, &target, TYPE_AAAA);
	}
	return 0;
}

/* Number the target names: contacts with the same address share one. */
static void
number_targets(const struct host_records *r, unsigned number[MSG_CONTACTS_MAX])
{
	unsigned next = 0;

	for (unsigned i = 0; i < r->contacts; i++) {
		number[i] = next;
		for (unsigned j = 0; j < i; j++)
			if (endpoint_same_addr(&r->contact[j], &r->contact[i]))
				number[i] = number[j];
		if (number[i] == next)
			next++;
	}
}

static int
add_contact(struct update *u, const struct host_records *r, const struct name *service,
    const struct endpoint *ep, unsigned number)
{
	struct srv srv = {.priority = ep->priority, .weight = ep->weight, .port = ep->port};
	struct rdata rd;

	if (target_name(&srv.target, &r->host, number) == -1)
		return -1;
	rdata_srv(&rd, &srv);
	update_add(u, service, RECORDS_TTL_CONTACT, &rd);
	if (rdata_address(&rd, ep) == -1)
		return -1;
	update_add(u, &srv.target, RECORDS_TTL_CONTACT, &rd);
	return 0;
}

int
records_publish(
    struct update *u, const struct host_records *r, const struct rdata *previous, size_t count)
{
	unsigned number[MSG_CONTACTS_MAX];
	struct name service;
	struct rdata rd;

	if (r->contacts > MSG_CONTACTS_MAX || records_service(&service, &r->host) == -1)
		return -1;
	need_previous(u, &service, previous, count);
	if (delete_all(u, &r->host, &service) == -1)
		return -1;
	rdata_aaaa(&rd, r->ula);
	update_add(u, &r->host, RECORDS_TTL_NAME, &rd);
	number_targets(r, number);
	for (unsigned i = 0; i < r->contacts; i++)
		if (add_contact(u, r, &service, &r->contact[i], number[i]) == -1)
			return -1;
	if (status_to_txt(&r->status, &rd) == -1)
		return -1;
	update_add(u, &service, RECORDS_TTL_CONTACT, &rd);
	return 0;
}

int
records_withdraw(struct update *u, const struct name *host, uint64_t epoch, uint64_t since_sec,
    const struct rdata *previous, size_t count)
{
	struct name service;
	struct rdata rd;

	if (records_service(&service, host) == -1)
		return -1;
	need_previous(u, &service, previous, count);
	if (delete_all(u, host, &service) == -1 ||
	    status_withdrawn_to_txt(epoch, since_sec, &rd) == -1)
		return -1;
	update_add(u, &service, RECORDS_TTL_CONTACT, &rd);
	return 0;
}

/* Owner and data of the PTR record that lists host in domain. */
static int
listing(const struct name *domain, const struct name *host, struct name *owner, struct rdata *ptr)
{
	struct name service;

	if (!name_in(host, domain) || records_service(owner, domain) == -1 ||
	    records_service(&service, host) == -1)
		return -1;
	rdata_ptr(ptr, &service);
	return 0;
}

int
records_enrol(struct update *u, const struct name *domain, const struct name *host)
{
	struct name owner;
	struct rdata ptr;

	if (listing(domain, host, &owner, &ptr) == -1)
		return -1;
	update_add(u, &owner, RECORDS_TTL_NAME, &ptr);
	return 0;
}

int
records_strike(struct update *u, const struct name *domain, const struct name *host)
{
	struct name owner;
	struct rdata ptr;

	if (listing(domain, host, &owner, &ptr) == -1)
		return -1;
	update_delete(u, &owner, &ptr);
	return 0;
}

int
records_remove(struct update *u, const struct name *domain, const struct name *host)
{
	struct name service;

	if (records_strike(u, domain, host) == -1 || records_service(&service, host) == -1)
		return -1;
	return delete_all(u, host, &service);
}

int
records_machines_question(struct question *q, const struct name *domain)
{
	q->type = TYPE_PTR;
	q->class = CLASS_IN;
	return records_service(&q->name, domain);
}

/* The host behind a PTR's target, _autotunnel._udp.H; -1 when it is no machine inside domain. */
static int
listed_host(const struct name *target, const struct name *domain, char host[MSG_NAME_MAX])
{
	struct name h, service;

	if (name_strip(&h, target, 2) == -1 || records_service(&service, &h) == -1 ||
	    !name_equal(&service, target))
		return -1;
	if (!name_in(&h, domain) || name_equal(&h, domain))
		return -1;
	return name_host(&h, host) == 0 && str_is_hostname(host, 0) ? 0 : -1;
}

int
records_machines_next(
    const struct message *m, size_t *pos, const struct name *domain, char host[MSG_NAME_MAX])
{
	struct question q;
	const struct rr *rr;
	struct name target;

	if (records_machines_question(&q, domain) == -1)
		return 0;
	while ((rr = message_next(m, pos, SECTION_ANSWER, &q.name, TYPE_PTR)) != NULL)
		if (rr_name(m, rr, &target) == 0 && listed_host(&target, domain, host) == 0)
			return 1;
	return 0;
}
