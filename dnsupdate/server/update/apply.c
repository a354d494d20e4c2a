#include "dnsupdate/server/update/apply.h"

#include "dnsupdate/server/data/commit.h"
#include "dnsupdate/server/update/keyops.h"
#include "dnsupdate/server/data/lease.h"
#include "dnsupdate/server/update/policy.h"
#include "dnsupdate/server/update/prerequisite.h"

#include <string.h>

enum { TYPE_KEY = 25, TYPE_META_FIRST = 128 };

/* The leases this update gives, made when the first record wants one. */
struct groups {
	uint32_t other, key;
};

/* ---- before anything is touched ---- */

/* Types that are no data (RFC 6895 section 3.1), but ANY. */
static int
is_meta(uint16_t type)
{
	return type == TYPE_OPT || (type >= TYPE_META_FIRST && type < TYPE_ANY);
}

/* Section 3.4.1.  Types we do not know are data like any other (RFC 3597). */
static unsigned
scan_one(const struct apply *a, const struct rr *rr)
{
	struct name owner;
	struct rdata rd;

	rr_owner(a->m, rr, &owner);
	if (!name_in(&owner, &a->zone->name))
		return RCODE_NOTZONE;
	if (keyops_is(rr) &&
	    (rr->class == CLASS_IN || rr->class == CLASS_NONE || rr->class == CLASS_ANY))
		return keyops_scan(a->m, rr, a->zone, a->key);
	if (is_meta(rr->type) || (rr->class != CLASS_IN && rr->ttl != 0))
		return RCODE_FORMERR;
	if (rr->class == CLASS_ANY)
		return rr->rdata_len == 0 ? RCODE_NOERROR : RCODE_FORMERR;
	if (rr->class != CLASS_IN && rr->class != CLASS_NONE)
		return RCODE_FORMERR;
	return rr->type != TYPE_ANY && rr_rdata(a->m, rr, &rd) == 0 ? RCODE_NOERROR : RCODE_FORMERR;
}

static unsigned
scan(const struct apply *a)
{
	for (unsigned i = 0; i < a->m->count; i++) {
		unsigned rcode = RCODE_NOERROR;

		if (a->m->rr[i].section == SECTION_UPDATE)
			rcode = scan_one(a, &a->m->rr[i]);
		if (rcode != RCODE_NOERROR)
			return rcode;
	}
	return RCODE_NOERROR;
}

/* May the key speak of all these names?  Asked before any prerequisite is looked at, so that nobody
 * can find out about others' names.  Those outside the zone are the scan's to find. */
static int
permitted(const struct apply *a)
{
	struct name owner;

	for (unsigned i = 0; i < a->m->count; i++) {
		const struct rr *rr = &a->m->rr[i];

		if (rr->section == SECTION_ADDITIONAL)
			continue;
		rr_owner(a->m, rr, &owner);
		if (!name_in(&owner, &a->zone->name))
			continue;
		if (!policy_may_touch(a->key, a->zone, &owner) ||
		    (rr->section == SECTION_UPDATE && !policy_may_write_type(a->key, rr->type)))
			return 0;
	}
	return 1;
}

static int
adds_anything(const struct apply *a)
{
	for (unsigned i = 0; i < a->m->count; i++)
		if (a->m->rr[i].section == SECTION_UPDATE && a->m->rr[i].class == CLASS_IN)
			return 1;
	return 0;
}

/* What the lease option wants, and what it gets. */
unsigned
apply_lease(struct apply *a)
{
	struct lease_option *l = &a->lease;

	a->has_lease = lease_option_get(a->m, l);
	if (a->has_lease == -1)
		return RCODE_FORMERR;
	if (a->has_lease == 0)
		return RCODE_NOERROR;
	if (l->lease == 0 && adds_anything(a)) /* to be added for no time at all */
		return RCODE_FORMERR;
	l->lease = lease_clamp(l->lease, a->lease_min_sec, a->lease_max_sec);
	l->key_lease = l->has_key_lease
	    ? lease_clamp(l->key_lease, a->lease_min_sec, a->key_lease_max_sec)
	    : l->lease;
	return RCODE_NOERROR;
}

/* ---- the four forms ---- */

static const struct rrset *
set_at(const struct zone *z, const struct name *owner, uint16_t type)
{
	const struct node *n = zone_node(z, owner);

	return n == NULL ? NULL : node_rrset(n, type);
}

/* The group for a record of this type; 0 when the update asks for no lease. */
static uint32_t
group_for(const struct apply *a, struct groups *g, uint16_t type)
{
	int is_key = type == TYPE_KEY && a->lease.has_key_lease;
	uint32_t *id = is_key ? &g->key : &g->other;
	uint32_t granted = is_key ? a->lease.key_lease : a->lease.lease;

	if (!a->has_lease)
		return 0;
	if (*id == 0)
		*id = lease_new(a->zone->leases, a->now_sec + granted, granted);
	return *id;
}

/* Section 3.4.2.2: a CNAME stands alone.  Whatever came second is ignored. */
static int
clashes(const struct zone *z, const struct name *owner, uint16_t type)
{
	const struct node *n = zone_node(z, owner);

	if (n == NULL || n->sets == NULL)
		return 0;
	return type == TYPE_CNAME ? n->sets->type != TYPE_CNAME || n->sets->next != NULL
				  : node_rrset(n, TYPE_CNAME) != NULL;
}

/* There is one SOA, at the apex, and its serial only goes up. */
static int
soa_ignored(const struct zone *z, const struct name *owner, const struct rdata *rd)
{
	struct buf b = buf_reader(rd->data + rd->len - 20, 4);

	return !name_equal(owner, &z->name) || set_at(z, owner, TYPE_SOA) == NULL ||
	    !serial_newer(buf_get_u32(&b), z->serial);
}

/* The zone would be none without these (section 3.4.2.3). */
static int
is_kept(const struct zone *z, const struct name *owner, uint16_t type)
{
	return (type == TYPE_SOA || type == TYPE_NS) && name_equal(owner, &z->name);
}

static int
add(struct apply *a, struct groups *g, const struct name *owner, const struct rr *rr)
{
	uint32_t lease;
	struct record old;
	struct rdata rd;
	const struct rrset *set;

	if (rr_rdata(a->m, rr, &rd) == -1)
		return -1;
	if (clashes(a->zone, owner, rr->type))
		return 0;
	if (rr->type == TYPE_SOA && soa_ignored(a->zone, owner, &rd))
		return 0;
	if (rr->type == TYPE_SOA || rr->type == TYPE_CNAME) {
		set = set_at(a->zone, owner, rr->type);
		if (set == NULL || !rrset_has(set, rd.data, rd.len, NULL))
			commit_take_rrset(a->zone, a->changes, owner, rr->type);
	}
	lease = is_kept(a->zone, owner, rr->type) ? 0 : group_for(a, g, rr->type);
	set = set_at(a->zone, owner, rr->type);
	if (lease == 0 && set != NULL && rrset_has(set, rd.data, rd.len, &old))
		lease = old.lease;
	return commit_put(
	    a->zone, a->changes, owner, rr->type, rr->ttl & INT32_MAX, rd.data, rd.len, lease);
}

static void
delete_sets(struct apply *a, const struct name *owner, uint16_t type)
{
	const struct node *n = zone_node(a->zone, owner);
	uint16_t types[UINT8_MAX];
	unsigned count = 0;

	for (const struct rrset *set = n == NULL ? NULL : n->sets; set != NULL; set = set->next)
		if ((type == TYPE_ANY || set->type == type) &&
		    !is_kept(a->zone, owner, set->type) && count < UINT8_MAX)
			types[count++] = set->type;
	while (count > 0)
		commit_take_rrset(a->zone, a->changes, owner, types[--count]);
}

static void
delete_record(struct apply *a, const struct name *owner, const struct rr *rr)
{
	const struct rrset *set = set_at(a->zone, owner, rr->type);
	struct rdata rd;

	if (set == NULL || rr_rdata(a->m, rr, &rd) == -1)
		return;
	if (is_kept(a->zone, owner, rr->type) && (rr->type == TYPE_SOA || set->count == 1))
		return;
	commit_take(a->zone, a->changes, owner, rr->type, rd.data, rd.len);
}

static int
change_one(struct apply *a, struct groups *g, const struct rr *rr)
{
	struct name owner;

	rr_owner(a->m, rr, &owner);
	switch (rr->class) {
	case CLASS_ANY:
		delete_sets(a, &owner, rr->type);
		return 0;
	case CLASS_NONE:
		delete_record(a, &owner, rr);
		return 0;
	}
	return add(a, g, &owner, rr);
}

/* Has a device more than it may have?  Whoever stole one must not fill the server with it. */
static int
is_greedy(const struct apply *a)
{
	size_t max = a->zone->max_device_records;
	struct name own;

	if (a->key->kind != KEY_DEVICE || max == 0)
		return 0;
	key_name(a->key, &own);
	return node_records(zone_node(a->zone, &own), max + 1) > max;
}

static int
is_too_much(const struct apply *a)
{
	const struct zone *z = a->zone;

	return (z->max_records > 0 && z->records > z->max_records) || is_greedy(a);
}

static unsigned
change_all(struct apply *a)
{
	size_t before = a->zone->records;
	struct groups g = {0};
	int rc = 0;

	for (unsigned i = 0; i < a->m->count && rc == 0; i++)
		if (a->m->rr[i].section == SECTION_UPDATE && !keyops_is(&a->m->rr[i]))
			rc = change_one(a, &g, &a->m->rr[i]);
	if (rc == 0 && a->zone->records > before && is_too_much(a))
		rc = -1;
	if (rc == -1) {
		change_undo(a->changes, a->zone);
		change_clear(a->changes);
	}
	lease_collect(a->zone->leases, g.other);
	lease_collect(a->zone->leases, g.key);
	return rc == 0 ? RCODE_NOERROR : RCODE_REFUSED;
}

unsigned
apply_update(struct apply *a)
{
	unsigned rcode = prerequisites_scan(a->m, a->zone);

	if (rcode == RCODE_NOERROR && !permitted(a))
		rcode = RCODE_REFUSED;
	if (rcode == RCODE_NOERROR)
		rcode = prerequisites_check(a->m, a->zone);
	if (rcode == RCODE_NOERROR)
		rcode = scan(a);
	if (rcode == RCODE_NOERROR)
		rcode = apply_lease(a);
	return rcode == RCODE_NOERROR ? change_all(a) : rcode;
}
