#include "dnsupdate/server/prerequisite.h"

#include <string.h>

static unsigned
scan_one(const struct message *m, const struct rr *rr, const struct zone *z)
{
	struct rdata rd;
	struct name owner;

	if (rr->ttl != 0)
		return RCODE_FORMERR;
	rr_owner(m, rr, &owner);
	if (!name_in(&owner, &z->name))
		return RCODE_NOTZONE;
	switch (rr->class) {
	case CLASS_ANY:
	case CLASS_NONE:
		return rr->rdata_len == 0 ? RCODE_NOERROR : RCODE_FORMERR;
	case CLASS_IN:
		return rr->type != TYPE_ANY && rr_rdata(m, rr, &rd) == 0 ? RCODE_NOERROR
									 : RCODE_FORMERR;
	}
	return RCODE_FORMERR;
}

unsigned
prerequisites_scan(const struct message *m, const struct zone *z)
{
	for (unsigned i = 0; i < m->count; i++) {
		unsigned rcode = RCODE_NOERROR;

		if (m->rr[i].section == SECTION_PREREQUISITE)
			rcode = scan_one(m, &m->rr[i], z);
		if (rcode != RCODE_NOERROR)
			return rcode;
	}
	return RCODE_NOERROR;
}

/* The set a record speaks of: that of its type, or any at all. */
static const struct rrset *
set_of(const struct message *m, const struct rr *rr, const struct zone *z)
{
	const struct node *n;
	struct name owner;

	rr_owner(m, rr, &owner);
	n = zone_node(z, &owner);
	if (n == NULL)
		return NULL;
	return rr->type == TYPE_ANY ? n->sets : node_rrset(n, rr->type);
}

/* Is this record of the zone's set named by a prerequisite? */
static int
is_named(const struct message *m, const struct rr *like, const struct record *rec)
{
	struct name owner, other;
	struct rdata rd;

	rr_owner(m, like, &owner);
	for (unsigned i = 0; i < m->count; i++) {
		const struct rr *rr = &m->rr[i];

		if (rr->section != SECTION_PREREQUISITE || rr->class != CLASS_IN ||
		    rr->type != like->type)
			continue;
		rr_owner(m, rr, &other);
		if (name_equal(&owner, &other) && rr_rdata(m, rr, &rd) == 0 && rd.len == rec->len &&
		    memcmp(rd.data, rec->data, rec->len) == 0)
			return 1;
	}
	return 0;
}

/* The set must be exactly the one that all prerequisites of this owner and type make up: each of
 * them is in it, and it has no more (section 3.2.3; order, TTL and doubles do not count). */
static int
equals(const struct message *m, const struct rr *rr, const struct rrset *set)
{
	struct record rec;
	struct rdata rd;

	if (set == NULL || rr_rdata(m, rr, &rd) == -1 || !rrset_has(set, rd.data, rd.len, NULL))
		return 0;
	for (size_t pos = 0; rrset_next(set, &pos, &rec);)
		if (!is_named(m, rr, &rec))
			return 0;
	return 1;
}

static unsigned
check_one(const struct message *m, const struct rr *rr, const struct zone *z)
{
	const struct rrset *set = set_of(m, rr, z);

	switch (rr->class) {
	case CLASS_ANY:
		if (set != NULL)
			return RCODE_NOERROR;
		return rr->type == TYPE_ANY ? RCODE_NXDOMAIN : RCODE_NXRRSET;
	case CLASS_NONE:
		if (set == NULL)
			return RCODE_NOERROR;
		return rr->type == TYPE_ANY ? RCODE_YXDOMAIN : RCODE_YXRRSET;
	}
	return RCODE_NOERROR;
}

/* Those about values come last (section 3.2.5). */
unsigned
prerequisites_check(const struct message *m, const struct zone *z)
{
	unsigned rcode;

	for (unsigned i = 0; i < m->count; i++) {
		if (m->rr[i].section != SECTION_PREREQUISITE)
			continue;
		rcode = check_one(m, &m->rr[i], z);
		if (rcode != RCODE_NOERROR)
			return rcode;
	}
	for (unsigned i = 0; i < m->count; i++) {
		const struct rr *rr = &m->rr[i];

		if (rr->section == SECTION_PREREQUISITE && rr->class == CLASS_IN &&
		    !equals(m, rr, set_of(m, rr, z)))
			return RCODE_NXRRSET;
	}
	return RCODE_NOERROR;
}
