/* Inside a zone: changing record sets.  See zone.h for what a set looks like. */
#ifndef DNSUPDATE_SERVER_DATA_RRSET_H
#define DNSUPDATE_SERVER_DATA_RRSET_H

#include "dnsupdate/server/data/zone.h"

/* The place of the set of this type in the list at *head, or of the list's end. */
struct rrset **rrset_find(struct rrset **head, uint16_t type);

/* Append a record to the set at *at, which is made when it is NULL (with next NULL). */
void rrset_append(struct rrset **at, uint16_t type, uint32_t lease, const void *data, uint16_t len);
/* Remove the record that stands at offset pos; the set goes with its last one. */
void rrset_cut(struct rrset **at, size_t pos);
/* Offset of this record, or -1; its lease in *lease. */
long rrset_position(const struct rrset *set, const void *data, uint16_t len, uint32_t *lease);
void rrset_set_lease(struct rrset *set, size_t pos, uint32_t lease);

void rrset_free_all(struct rrset *set);

#endif
