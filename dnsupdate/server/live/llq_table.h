/*
 * All long-lived queries, packed: 64 octets each, in pages, known by number; found by the LLQ-ID or
 * by walking the followers of a topic.  How many there are from one address is counted as well.
 *
 * Half of an ID is a keyed hash of who asks what, so that a second set-up of the same question from
 * the same port is found in the same chain; the other half makes it unpredictable from one set-up
 * to the next (llqs.c makes them).
 */
#ifndef DNSUPDATE_SERVER_LIVE_LLQ_TABLE_H
#define DNSUPDATE_SERVER_LIVE_LLQ_TABLE_H

#include "dnsupdate/server/live/follow.h"
#include "dnsupdate/server/request.h"

struct llq_flight;

struct llq {
	uint64_t id;
	struct llq_flight *flight; /* an event not acknowledged yet, or NULL */
	struct topic *topic; /* NULL: this place is free */
	uint32_t chain; /* of the table, or of free places */
	uint32_t next, previous; /* followers of the topic */
	uint32_t expires_sec; /* since boot */
	uint8_t addr[16]; /* the subscriber's; IPv4 in the first four */
	uint16_t port;
	uint16_t type;
	uint16_t route; /* which of our addresses he knows us by */
	uint8_t is_v6;
};

struct llq_table;

struct llq_table *llq_table_new(struct follow *f);
void llq_table_free(struct llq_table *t);

size_t llq_count(const struct llq_table *t);
/* How many of them come from about there: from at least as many as from this IPv4 address or IPv6
 * /56, now and then more. */
unsigned llq_count_from(const struct llq_table *t, const struct requester *from);

/* Numbers go from 0 to this, exclusively; places between may be free. */
uint32_t llq_places(const struct llq_table *t);
struct llq *llq_at(const struct llq_table *t, uint32_t number);

/* The number of the LLQ with this ID, or of the one that agrees in half of it and has this address,
 * port and question; NOBODY. */
uint32_t llq_by_id(const struct llq_table *t, uint64_t id);
uint32_t llq_like(const struct llq_table *t, uint64_t id, const struct requester *from,
    const struct topic *topic, uint16_t type);

/* A new one, a follower of the question's name; NOBODY when subscribers have come by too many of
 * our addresses. */
uint32_t llq_insert(struct llq_table *t, uint64_t id, const struct requester *from, struct zone *z,
    const struct name *owner, uint16_t type);
void llq_remove(struct llq_table *t, uint32_t number);
/* Another ID of the same half. */
void llq_rename(struct llq_table *t, uint32_t number, uint64_t id);

/* Is it his? */
int llq_is_from(const struct llq *q, const struct requester *from);
/* Where to send to, and from where. */
void llq_requester(const struct llq_table *t, const struct llq *q, struct requester *out);

#endif
