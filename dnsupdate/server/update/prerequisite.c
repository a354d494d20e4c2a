#include "dnsupdate/server/update/prerequisite.h"

#include <stdlib.h>

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

/* ---- those about values ---- */

/* One of them: which set, which record, both as a keyed hash. */
struct value {
	uint64_t set_hash, value_hash;
	const struct rrset *set;
};

static int
compare(const void *a, const void *b)
{
	const struct value *x = a, *y = b;

	if (x->set_hash != y->set_hash)
		return x->set_hash < y->set_hash ? -1 : 1;
	return (x->value_hash > y->value_hash) - (x->value_hash < y->value_hash);
}

/* The record must be in its set. */
static int
read_value(const struct message *m, const struct rr *rr, const struct zone *z, struct value *out)
{
	struct siphash_key key = z->key;
	struct name owner;
	struct rdata rd;

	out->set = set_of(m, rr, z);
	if (out->set == NULL || rr_rdata(m, rr, &rd) == -1 ||
	    !rrset_has(out->set, rd.data, rd.len, NULL))
		return -1;
	rr_owner(m, rr, &owner);
	key.k[1] ^= rr->type;
	out->set_hash = siphash(&key, owner.wire, owner.len);
	out->value_hash = siphash(&key, rd.data, rd.len);
	return 0;
}

/*
 * Each set must be exactly what the prerequisites of its owner and type make up (section 3.2.3;
 * order, TTL and doubles do not count).  All of them are in their sets, so it is enough that there
 * are as many different ones as the set has records.
 */
static int
complete(const struct value *value, size_t count)
{
	size_t different = 0;

	for (size_t i = 0; i < count; i++) {
		int is_last = i + 1 == count || value[i + 1].set_hash != value[i].set_hash;

		different += is_last || value[i + 1].value_hash != value[i].value_hash;
		if (!is_last)
			continue;
		if (different != value[i].set->count)
			return 0;
		different = 0;
	}
	return 1;
}

static unsigned
check_values(const struct message *m, const struct zone *z)
{
	struct value value[MESSAGE_RECORDS_MAX];
	size_t count = 0;

	for (unsigned i = 0; i < m->count; i++) {
		const struct rr *rr = &m->rr[i];

		if (rr->section != SECTION_PREREQUISITE || rr->class != CLASS_IN)
			continue;
		if (read_value(m, rr, z, &value[count++]) == -1)
			return RCODE_NXRRSET;
	}
	qsort(value, count, sizeof value[0], compare);
	return complete(value, count) ? RCODE_NOERROR : RCODE_NXRRSET;
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
	return check_values(m, z);
}
