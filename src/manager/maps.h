/*
 * The mappings that are wanted of routers: one of the tunnel's port for each path to the Internet,
 * and those an administrator asked for ("autotunnel map add").  What follows from configuration
 * and network is decided in reconcile.c; here is kept what was said and heard.
 */
#ifndef MANAGER_MAPS_H
#define MANAGER_MAPS_H

#include "base/msg.h"
#include "manager/memory.h"
#include "manager/network.h"

#define MAPS_MAX 32
#define MAPS_EXCHANGES 64
#define MAPS_EXTRA_MAX 16 /* of them asked for by administrators */

struct manager;

struct map {
	uint32_t id; /* 0 = this place is free */
	int wanted; /* 0 = the worker has to be told to drop it, then it is free */
	int dirty; /* the worker does not know */
	int extra; /* asked for by an administrator */
	int rank; /* of the tunnel's own: 0 is the best path */
	uint64_t since_ms; /* wanted since */
	uint64_t until_ms; /* extra: its end */
	uint8_t mac[MEMORY_MAC_LEN]; /* of the router */
	struct msg_natpmp_want want;
	struct msg_natpmp_state state; /* as last reported; state 0 = never */
	struct endpoint outside; /* as it was when last up; family 0 = never */
};

/* A line of a conversation with a router. */
struct map_exchange {
	uint64_t at_ms;
	uint32_t id;
	char text[MSG_TEXT_MAX];
};

struct maps {
	uint32_t last_id;
	struct map map[MAPS_MAX];
	char reason[MSG_TEXT_MAX]; /* why no IPv4 mapping is wanted; empty while one is */
	struct memory memory;
	int memory_dirty; /* newer than the file */
	unsigned exchanges; /* ever heard; the last MAPS_EXCHANGES are kept */
	struct map_exchange exchange[MAPS_EXCHANGES];
	int cleaned; /* what an earlier run left at the present routers has been seen to */
};

/* Work out again what is wanted, from configuration and network. */
void maps_decide(struct manager *m, uint64_t now_ms);
/* Milliseconds until maps_decide has something to do by itself; UINT64_MAX = never. */
uint64_t maps_wait(const struct manager *m, uint64_t now_ms);
/* Tell the worker what it does not know.  0, or -1 when its channel is full. */
int maps_say(struct manager *m);
/* The worker reports. */
void maps_hear(struct manager *m, const struct msg_natpmp_state *s);
/* The next worker knows nothing; this network is another one: say everything (again). */
void maps_say_again(struct manager *m);
/* The worker is being told to quit: it deletes all. */
void maps_leave(struct manager *m);

/* For "autotunnel map": the next row after *cursor (0 at first), the best path's first; there is
 * always one.  1 with a message, 0 at the end. */
int maps_next_row(const struct manager *m, unsigned *cursor, union msg *msg);
/* What was said to routers and by them, the oldest first. */
int maps_next_exchange(const struct manager *m, unsigned *cursor, union msg *msg);
void maps_hear_exchange(struct manager *m, const struct msg_natpmp_exchange *e);
/* A line of the conversation with the name server about the same. */
void maps_note(struct manager *m, const char *text);

/* Is a router asked for a hole in its IPv6 firewall, and has not answered? */
int maps_is_asking6(const struct manager *m);
/* Nothing comes in any more: the same wishes of this family again. */
void maps_renew(struct manager *m, unsigned family);

/* The best path's IPv4 mapping of the tunnel's port; NULL when none is wanted. */
const struct map *maps_primary(const struct manager *m);
/* That of the IPv4 path of this rank, 0 being the best; NULL when none is wanted. */
const struct map *maps_of_path(const struct manager *m, int rank);
/* Our IPv4 address as the Internet sees it, as far as routers say; family 0 = not known. */
struct endpoint maps_external(const struct manager *m);

/* An administrator's wishes.  0, or -1 with a sentence in why. */
int maps_add(struct manager *m, uint8_t proto, uint16_t port, uint16_t external, uint32_t seconds,
    char why[MSG_TEXT_MAX]);
int maps_delete(struct manager *m, uint8_t proto, uint16_t port, char why[MSG_TEXT_MAX]);

#endif
