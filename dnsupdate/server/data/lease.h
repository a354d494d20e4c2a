/*
 * Leases (RFC 9664): how long records live unless somebody asks for more time.
 *
 * All records that one update adds with a lease form a group and expire together: a machine's SRV
 * never outlives its address.  A record that a later update adds again moves to that update's
 * group; a group without records is dead.  Times are wall-clock seconds, absolute, so that they
 * survive a restart.  A pure machine: nothing here reads a clock or removes a record; commit.h
 * takes expired groups out of the zone by a change like any other.
 */
#ifndef DNSUPDATE_SERVER_DATA_LEASE_H
#define DNSUPDATE_SERVER_DATA_LEASE_H

#include <stddef.h>
#include <stdint.h>

struct node;
struct lease_book;

struct lease {
	uint64_t expires_sec;
	uint32_t granted_sec;
	uint32_t heap_at;
	uint32_t nodes, room; /* names that have records of this lease */
	struct node *node[];
};

struct lease_book *lease_book_new(void);
void lease_book_free(struct lease_book *b);

/* A new group without records.  Its number (never 0) is free again once lease_collect finds it
 * without any. */
uint32_t lease_new(struct lease_book *b, uint64_t expires_sec, uint32_t granted_sec);
/* The same with the number it had (start-up); one that exists gets these times. */
void lease_restore(struct lease_book *b, uint32_t id, uint64_t expires_sec, uint32_t granted_sec);
/* While many are restored, nobody asks who is first: sort them all at the end. */
void lease_sort_later(struct lease_book *b);
void lease_sort(struct lease_book *b);
/* NULL when there is none of this number. */
const struct lease *lease_get(const struct lease_book *b, uint32_t id);
/* Number of groups, dead ones that are not collected yet included. */
size_t lease_count(const struct lease_book *b);

/* The zone tells which names have records of a group.  is_new 0: the name may be there already and
 * certainly is when nothing changed.  still: it has others of this lease. */
void lease_hold(struct lease_book *b, uint32_t id, struct node *n, int is_new);
void lease_drop(struct lease_book *b, uint32_t id, struct node *n, int still);

/* The group that expires first, 0 for none; it is due when its time is not after now. */
uint32_t lease_first(const struct lease_book *b, uint64_t *expires_sec);
/* Put a group's end off to this time if it is earlier (grace after a downtime). */
void lease_put_off(struct lease_book *b, uint32_t id, uint64_t until_sec);
void lease_put_off_all(struct lease_book *b, uint64_t until_sec);

/* Forget this group if it has no records. */
void lease_collect(struct lease_book *b, uint32_t id);
/* All such groups (after start-up). */
void lease_collect_all(struct lease_book *b);

/* What a client asks for, within the limits. */
uint32_t lease_clamp(uint32_t wanted_sec, uint32_t min_sec, uint32_t max_sec);

#endif
