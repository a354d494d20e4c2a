/* Inside of push.c and push_tell.c: what they share. */
#ifndef DNSUPDATE_SERVER_LIVE_PUSH_INSIDE_H
#define DNSUPDATE_SERVER_LIVE_PUSH_INSIDE_H

#include "dnsupdate/server/live/push.h"

struct push_sub {
	struct push_sub *next, *previous; /* of the topic */
	struct push_sub *peer_next; /* of the client */
	struct push_sub *news_next; /* with news, in the order in which they came */
	struct push_peer *peer;
	struct topic *topic;
	struct news *news; /* to be told now */
	struct view *known; /* what he knows, when he is behind; else NULL */
	uint16_t type;
	uint16_t class;
	uint16_t id;
};

struct push_peer {
	struct push *all;
	void *conn;
	struct session *session;
	struct push_sub *first; /* the newest */
	struct push_sub *news_first, *news_last;
	struct push_peer *news_next; /* clients with news */
	struct push_peer *late_next; /* clients who are told in a later turn */
	uint32_t count, behind;
	uint8_t is_late;
};

struct push {
	struct push_config config;
	struct follow *follow;
	struct follow_teller teller;
	struct push_peer *news_first;
	struct push_peer *late_first, *late_last;
	uint32_t turn; /* clients told in this turn */
	struct view *nothing; /* what a new subscriber knows */
	size_t count;
	uint64_t now_ms; /* of the batch at hand */
	struct push_stats stats;
};

/* This message, and it is counted; where there is no memory for it the connection ends. */
void push_send(struct push_peer *peer, const void *message, size_t len, uint64_t records);

/* Tell it to one who follows nothing else of the matter.  The message is everybody's who hears the
 * same. */
void push_tell_one(struct push_sub *sub, struct news *news);

/* All his news of a batch. */
void push_tell(struct push_peer *peer);

#endif
