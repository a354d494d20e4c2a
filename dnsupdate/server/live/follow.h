/*
 * The index of what is subscribed to: from a name to those who follow it.
 *
 * When a batch is durable, follow_changed sorts its changes by name, drops those nobody follows
 * (one probe of a table each), and tells both kinds of subscribers, long-lived queries (llqs.h) and
 * push sessions (push.h), which send.  What it costs depends on the changes and on who is told,
 * never on how many subscribers there are.
 */
#ifndef DNSUPDATE_SERVER_LIVE_FOLLOW_H
#define DNSUPDATE_SERVER_LIVE_FOLLOW_H

#include "dnsupdate/server/live/view.h"

struct push_sub;

/* A followed name.  It lives as long as anybody follows it. */
struct topic {
	struct topic *chain;
	struct zone *zone;
	struct push_sub *pushes; /* followers on sessions: push.c's */
	uint32_t llqs; /* the first long-lived query, NOBODY for none: llqs.c's */
	uint32_t followers;
	uint32_t hash;
	uint8_t len;
	uint8_t labels[]; /* the name without the zone's */
};
#define NOBODY UINT32_MAX

struct follow;

/* One name's part in a batch. */
struct happening {
	struct topic *topic;
	struct name owner;
	uint64_t now_ms;
	const struct change_list *list;
	const struct change **change;
	size_t count;
	struct happening_type *types; /* follow.c's */
	size_t type_count;
};

struct follow_teller {
	/* The topic's followers may have something to be told.  Subscriptions may end here. */
	void (*happened)(void *ctx, struct happening *h);
	/* The batch is over: send. */
	void (*over)(void *ctx);
	/* Nobody may follow this name any longer, its zone is going.  Only its own subscriptions
	 * may end here. */
	void (*zone_gone)(void *ctx, struct topic *t);
	void *ctx;
};

struct follow *follow_new(void);
void follow_free(struct follow *f);
/* Borrowed; at most two. */
void follow_add_teller(struct follow *f, const struct follow_teller *t);

/* Begin to follow a name that lies in z, and stop: a reference each. */
struct topic *topic_get(struct follow *f, struct zone *z, const struct name *owner);
void topic_put(struct follow *f, struct topic *t);
/* NULL when nobody follows it. */
struct topic *topic_find(const struct follow *f, const struct zone *z, const struct name *owner);
void topic_name(const struct topic *t, struct name *out);
size_t follow_topics(const struct follow *f);

/* A batch changed z (struct commit_hook's). */
void follow_changed(struct follow *f, struct zone *z, const struct change_list *l, uint64_t now_ms);
/* z is about to be removed. */
void follow_zone_gone(struct follow *f, struct zone *z);

/* What followers of a type are told by this batch, NULL for nothing; and what they knew before it.
 * Borrowed from h. */
struct news *happening_news(struct happening *h, uint16_t type);
struct view *happening_before(struct happening *h, uint16_t type);

/* What someone who knows from (of this type) must be told to know what stands there now.  The
 * caller's reference; NULL for nothing. */
struct news *topic_news(struct follow *f, const struct topic *t, uint16_t type, struct view *from);

#endif
