/*
 * What a subscriber knows of a name, and what he must be told to know what stands there now.
 *
 *	view   the records of one name that a subscriber of one type sees, at one moment
 *	news   the way from one view to another: records removed, then records added
 *
 * Both are counted and shared: ten thousand subscribers who are told the same hold one object, and
 * the messages that tell it are encoded once.  Most subscribers hold none: who has been told
 * everything knows what the zone has.  A view is made only for those who are behind, when the next
 * change comes, so a slow subscriber costs one view a version at most, however many changes pass
 * him by, and is told the difference when he is ready: changes that cancel out he never hears of.
 *
 * A subscriber of type T sees records of T, and a CNAME at the name itself (RFC 8765
 * section 6.2.1); nothing is chased, and no wildcard is expanded.  TYPE_ANY sees all types.
 */
#ifndef DNSUPDATE_SERVER_LIVE_VIEW_H
#define DNSUPDATE_SERVER_LIVE_VIEW_H

#include "dnsupdate/server/data/change.h"
#include "dnsupdate/server/data/zone.h"

/* A record in a view or in news; points into it. */
struct seen {
	uint32_t ttl;
	uint16_t type;
	uint16_t len;
	const uint8_t *data;
	uint8_t is_removed; /* news: taken away; else added, or given another TTL */
	uint8_t is_gone; /* news: and with it all of its type */
};

struct view;
struct news;

/* Does who subscribed to type want see a record of type have? */
int view_shows(uint16_t want, uint16_t have);

/* As it stands in the zone. */
struct view *view_now(const struct zone *z, const struct name *owner, uint16_t type);
/* As it stood before these changes, all of this owner, which the zone has by now. */
struct view *view_before(const struct zone *z, const struct name *owner, uint16_t type,
    const struct change_list *l, const struct change *const *changes, size_t count);
/* What is known after the first count records of news to someone who knew from. */
struct view *view_told(const struct view *from, const struct news *news, size_t count);
/* Nothing stands there. */
struct view *view_empty(void);

struct view *view_ref(struct view *v);
void view_unref(struct view *v); /* NULL is fine */
size_t view_count(const struct view *v);
/* The next record, in a fixed order; start with *pos = 0.  0 at the end. */
int view_next(const struct view *v, size_t *pos, struct seen *out);

/* NULL when there is nothing to tell. */
struct news *news_between(const struct view *from, const struct view *to);
struct news *news_ref(struct news *n);
void news_unref(struct news *n); /* NULL is fine */
size_t news_count(const struct news *n);
/* Octets its records need in a message at most, when their owner is a pointer. */
size_t news_octets(const struct news *n);
/* The next record, removed ones first and those of one type together; 0 at the end. */
int news_next(const struct news *n, size_t *pos, struct seen *out);

/* Messages that tell it are kept with it, one for each kind of subscriber: encoded once, by whoever
 * asks first.  told is how many of its records the message has. */
enum news_message { NEWS_LLQ, NEWS_PUSH, NEWS_MESSAGES };
struct news_text {
	uint8_t *data;
	size_t len;
	size_t told;
};
/* NULL: not encoded yet. */
const struct news_text *news_text(const struct news *n, enum news_message kind);
/* Copies data. */
const struct news_text *news_set_text(
    struct news *n, enum news_message kind, const void *data, size_t len, size_t told);

#endif
