#include "dnsupdate/server/disk/import.h"

#include "base/log.h"
#include "dnsupdate/server/data/lease.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RECORDS_OF_A_NEW_ZONE 20 /* SOA, NS and the addresses of the name server, at most */

struct import {
	struct zone *zone;
	struct zone *new; /* not served, without leases */
	int ended;
};

__attribute__((format(printf, 2, 3))) static int
fail(char why[IMPORT_WHY_MAX], const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, IMPORT_WHY_MAX, fmt, ap);
	va_end(ap);
	return -1;
}

struct import *
import_new(struct zone *z)
{
	struct import *i = calloc(1, sizeof(*i));

	if (i == NULL)
		fatalx("out of memory");
	i->zone = z;
	i->new = zone_new(&z->name);
	return i;
}

void
import_free(struct import *i)
{
	if (i == NULL)
		return;
	zone_free(i->new);
	free(i);
}

struct zone *
import_zone(const struct import *i)
{
	return i->zone;
}

size_t
import_records(const struct import *i)
{
	return i->new->records;
}

static int
import_record(struct import *i, const struct message *m, const struct rr *rr, char why[])
{
	struct name owner;
	struct rdata rd;
	char text[NAME_TEXT_MAX];

	rr_owner(m, rr, &owner);
	name_text(&owner, text);
	if (!name_in(&owner, &i->zone->name))
		return fail(why, "%s is outside the zone", text);
	if (rr->class != CLASS_IN || rr->type == TYPE_OPT || rr->type == TYPE_TSIG ||
	    (rr->type >= 128 && rr->type <= 255) || rr_rdata(m, rr, &rd) == -1)
		return fail(
		    why, "%s: a record of type %u that cannot stand in a zone", text, rr->type);
	if (zone_put(i->new, &owner, rr->type, rr->ttl, rd.data, rd.len, 0) == -1)
		return fail(why, "%s: too many records of type %u", text, rr->type);
	return 0;
}

int
import_message(struct import *i, const uint8_t *data, size_t len, char why[IMPORT_WHY_MAX])
{
	static struct message m;

	if (message_parse(&m, data, len) == -1)
		return fail(why, "a malformed message, or one with too many records");
	if (i->ended)
		return fail(why, "something behind the last message");
	i->ended = m.count == 0;
	for (size_t k = 0; k < m.count; k++)
		if (m.rr[k].section == SECTION_ANSWER && import_record(i, &m, &m.rr[k], why) == -1)
			return -1;
	return 0;
}

/* RFC 1034 section 3.6.2: with a CNAME record there is nothing else. */
static int
aliases_alone(const struct import *i, char why[])
{
	for (struct node *n = zone_next(i->new, NULL); n != NULL; n = zone_next(i->new, n)) {
		const struct rrset *cname = node_rrset(n, TYPE_CNAME);
		char text[NAME_TEXT_MAX];
		struct name owner;

		if (cname == NULL || (cname->count == 1 && n->sets->next == NULL))
			continue;
		node_name(i->new, n, &owner);
		return fail(why, "%s: a CNAME record and others", name_text(&owner, text));
	}
	return 0;
}

int
import_complete(struct import *i, char why[IMPORT_WHY_MAX])
{
	const struct rrset *soa = node_rrset(i->new->apex, TYPE_SOA);
	struct soa read;
	uint32_t ttl;

	if (!i->ended)
		return fail(why, "the import was cut short");
	if (soa == NULL || soa->count != 1 || zone_soa(i->new, &read, &ttl) == -1)
		return fail(why, "the zone must have one SOA record");
	if (node_rrset(i->new->apex, TYPE_NS) == NULL)
		return fail(why, "the zone has no NS record");
	return aliases_alone(i, why);
}

int
import_is_first(const struct import *i)
{
	return i->zone->records <= RECORDS_OF_A_NEW_ZONE && lease_count(i->zone->leases) == 0 &&
	    i->new->records > RECORDS_OF_A_NEW_ZONE;
}

void
import_replace(struct import *i)
{
	zone_swap(i->zone, i->new);
}

/* ---- record by record ---- */

static int
is_soa(const struct zone *z, const struct name *owner, uint16_t type)
{
	return type == TYPE_SOA && name_equal(owner, &z->name);
}

/* All of `from` that `in` lacks, the SOA record apart; one too many ends it. */
static size_t
difference(const struct zone *from, const struct zone *in, struct change_list *out, int gone)
{
	const struct change_state none = {0};
	size_t count = 0;

	for (struct node *n = zone_next(from, NULL); n != NULL; n = zone_next(from, n)) {
		struct name owner;
		const struct node *other;

		node_name(from, n, &owner);
		other = zone_node(in, &owner);
		for (const struct rrset *set = n->sets; set != NULL; set = set->next) {
			const struct rrset *there =
			    other == NULL ? NULL : node_rrset(other, set->type);
			struct record r;

			if (is_soa(from, &owner, set->type))
				continue;
			for (size_t pos = 0; rrset_next(set, &pos, &r);) {
				const struct change_state here = {set->ttl, r.lease, 1};

				if (there != NULL && there->ttl == set->ttl &&
				    rrset_has(there, r.data, r.len, NULL))
					continue;
				change_note(out, &owner, set->type, r.data, r.len,
				    gone ? here : none, gone ? none : here);
				if (++count > IMPORT_CHANGES_MAX)
					return count;
			}
		}
	}
	return count;
}

/* The new SOA record, unless its serial is not newer: then with ours, which commit raises. */
static void
take_soa(struct import *i, struct change_list *changes)
{
	const struct rrset *set = node_rrset(i->new->apex, TYPE_SOA);
	uint8_t data[RDATA_MAX];
	struct record r;
	size_t pos = 0;
	struct buf b;

	rrset_next(set, &pos, &r);
	memcpy(data, r.data, r.len);
	if (!serial_newer(i->new->serial, i->zone->serial)) {
		b = buf_writer(data + r.len - 20, 4);
		buf_put_u32(&b, i->zone->serial);
	}
	commit_take_rrset(i->zone, changes, &i->zone->name, TYPE_SOA);
	commit_put(i->zone, changes, &i->zone->name, TYPE_SOA, set->ttl, data, r.len, 0);
}

int
import_apply(struct import *i, struct server *s, uint64_t now_sec, char why[IMPORT_WHY_MAX])
{
	struct change_list changes = {0};
	uint32_t serial = i->zone->serial;
	int rc = 0;

	if (difference(i->zone, i->new, &changes, 1) + difference(i->new, i->zone, &changes, 0) >
	    IMPORT_CHANGES_MAX) {
		rc = fail(why,
		    "more than %d changes at once: remove the zone, add it again and import then",
		    IMPORT_CHANGES_MAX);
	} else {
		change_redo(&changes, i->zone);
		take_soa(i, &changes);
		commit_change(s->commit, i->zone, serial, &changes, NULL);
		if (commit_run(s->commit, now_sec) == -1)
			rc = fail(why, "the journal cannot be written; see the log");
	}
	change_list_free(&changes);
	return rc;
}
