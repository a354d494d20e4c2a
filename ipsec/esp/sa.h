/*
 * Security associations of one direction, found by their id, in memory of fixed size.  No locks
 * here: struct esp has one for each direction and holds it around every use of a table or of an SA.
 */
#ifndef IPSEC_ESP_SA_H
#define IPSEC_ESP_SA_H

#include "ipsec/esp/esp.h"
#include "ipsec/esp/event.h"
#include "ipsec/esp/probe.h"
#include "ipsec/esp/replay.h"

#define SA_BUCKETS 4096 /* a power of two */

struct sa {
	struct sa *next; /* in its bucket, or in the free list */
	uint32_t id; /* key of the table */
	uint32_t spi;
	uint8_t inbound;
	uint8_t esn;
	uint8_t soft_said;
	uint8_t tfc; /* outbound: the peer takes padding */
	uint8_t asks; /* and is where its path is worth probing */
	uint8_t dead; /* hard lifetime reached and told: carries nothing any more */
	struct aead *aead;
	uint8_t salt[4];

	struct endpoint remote, local;
	struct esp_way way; /* outbound */
	struct esp_lifetime life;
	uint64_t created_ms, last_ms, bytes, packets;
	uint64_t used_ms; /* the last inner packet; 0 = none yet */

	/* selectors, see policy.h */
	struct sa *next_policy;
	uint8_t has_policy;
	uint8_t local_ula[16], remote_ula[16];

	uint64_t seq; /* outbound: the last number used */
	uint32_t mtu; /* outbound: what routing says the path carries; 0 = no limit */
	/* What follows from that and from `probe`: packets up to whole leave as they are, those up
	 * to most are split, and senders of larger ones are told. */
	uint32_t whole, most;
	uint16_t said_fit; /* what was last told of probes */
	uint64_t too_big_ms; /* outbound: when a sender was last told so */
	uint64_t ready_ms; /* outbound: waits for the peer until then; 0 = is ready */
	uint32_t partner; /* outbound: the inbound SA it waits to be heard on */
	struct replay replay; /* inbound */
	uint64_t moves_since_ms; /* inbound: the second in which moves are counted */
	unsigned int moves;
	struct probe probe; /* outbound: what probes have shown */
	uint8_t rest[8]; /* of a cache line: all in a table lie alike; 4 ns a packet if not */
};

struct sa_table {
	struct sa *slots;
	size_t max, touched; /* slots never used are not even in memory */
	struct sa *free;
	struct sa *buckets[SA_BUCKETS];
};

/* 0, or -1 when out of memory. */
int sa_table_init(struct sa_table *t, size_t max);
/* Ends all SAs, wiping keys. */
void sa_table_free(struct sa_table *t);

struct sa *sa_find(const struct sa_table *t, uint32_t id);
/* Take the context, which becomes the SA's.  NULL with errno EEXIST or ENOSPC. */
struct sa *sa_insert(
    struct sa_table *t, const struct esp_sa *spec, struct aead *aead, uint64_t now_ms);
/* Take the SA out and wipe it.  It must have no policy.  Returns its context, the caller's. */
struct aead *sa_remove(struct sa_table *t, struct sa *sa);
/* Walk through all: the first SA in or after slot *at, which moves on; NULL at the end. */
struct sa *sa_next(const struct sa_table *t, size_t *at);

/* Outbound: the path has become another, of which nothing is known. */
void sa_new_path(struct sa *sa);
/* Outbound: point it to another place. */
void sa_point(struct sa *sa, const struct endpoint *remote);
/* Outbound: mtu or probe have changed. */
void sa_settle_fit(struct sa *sa);

/* Count a packet of len octets; 0 = nothing for anybody.  The first one after a time of quiet is an
 * event. */
void sa_count(struct sa *sa, size_t len, uint64_t now_ms, struct event_list *events);
/* Look at all lifetimes and note as events what has passed, each once.  0 when the SA must not be
 * used any more. */
int sa_check_life(struct sa *sa, uint64_t now_ms, struct event_list *events);
/* When sa_check_life must be called although no packet comes; UINT64_MAX = never. */
uint64_t sa_due_ms(const struct sa *sa);

#endif
