/*
 * What the tests of subscriptions share: a zone that is changed by lines of text, a batch at a
 * time, and those who follow it.  No socket, no clock.
 */
#ifndef UNIT_DNSD_BED_H
#define UNIT_DNSD_BED_H

#include "wire_test.h"

#include "dnsupdate/server/data/commit.h"
#include "dnsupdate/server/live/follow.h"
#include "dnsupdate/server/data/lease.h"
#include "dnsupdate/wire/text.h"

#include <stdio.h>
#include <stdlib.h>

struct bed {
	struct zone *zone;
	struct follow *follow;
	struct change_list changes;
};

static inline void
bed_init(struct bed *b)
{
	struct name name = name_of("z.example");

	*b = (struct bed) {.zone = zone_new(&name), .follow = follow_new()};
}

static inline void
bed_free(struct bed *b)
{
	follow_free(b->follow);
	zone_free(b->zone);
	change_list_free(&b->changes);
}

/* "+name ttl TYPE data" adds, "-..." removes; names are below z.example when they have no final dot
 * (data included). */
static inline void
bed_change(struct bed *b, const char *line)
{
	char text[1400];
	struct name owner;
	struct rdata rd;
	uint32_t ttl;

	snprintf(text, sizeof text, "%s", line + 1);
	if (rr_from_text(text, 60, &owner, &ttl, &rd) == -1)
		fail_msg("%s", line);
	if (line[0] == '+')
		assert_int_equal(
		    commit_put(b->zone, &b->changes, &owner, rd.type, ttl, rd.data, rd.len, 0), 0);
	else
		assert_int_equal(
		    commit_take(b->zone, &b->changes, &owner, rd.type, rd.data, rd.len), 0);
}

/* The changes so far are durable: tell. */
static inline void
bed_commit(struct bed *b, uint64_t now_ms)
{
	follow_changed(b->follow, b->zone, &b->changes, now_ms);
	change_clear(&b->changes);
}

static inline struct question
question_of(const char *name, uint16_t type)
{
	struct question q = {.name = name_of(name), .type = type, .class = CLASS_IN};

	return q;
}

#endif
