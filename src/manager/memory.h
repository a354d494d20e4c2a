/*
 * What is remembered of routers over restarts: which method worked, the external port to ask for
 * again, PCP's nonce, and what we may have left in the router when we died.  One line of text a
 * mapping in "routers" in the state directory; losing the file costs half a second and a port
 * number, nothing else.
 */
#ifndef MANAGER_MEMORY_H
#define MANAGER_MEMORY_H

#include "base/msg.h"

#include <stddef.h>

#define MEMORY_MAX 64 /* mappings; the one not used for longest is forgotten */
#define MEMORY_TEXT_MAX (MEMORY_MAX * 256)
#define MEMORY_MAC_LEN 6

/* A mapping of ours at one router.  The address alone does not name a router: half of the world's
 * are 192.168.1.1. */
struct memory_record {
	struct endpoint gateway; /* port 0 */
	uint8_t mac[MEMORY_MAC_LEN]; /* all zero = not known */
	uint8_t proto; /* IPPROTO_UDP or IPPROTO_TCP */
	uint8_t method; /* the NAT_METHOD_* that made it; 0 = none has yet */
	uint8_t held; /* 1 = it may stand in the router */
	uint8_t nonce[NAT_NONCE_LEN];
	struct endpoint local;
	struct endpoint external; /* last granted; family 0 = never */
	uint64_t used_sec; /* wall clock */
};

struct memory {
	unsigned count;
	struct memory_record record[MEMORY_MAX];
};

/* Take in a text of len octets; lines that make no sense are left out.  How many those were. */
unsigned memory_parse(struct memory *m, const char *text, size_t len);
/* The text; its length.  Never more than MEMORY_TEXT_MAX. */
size_t memory_print(const struct memory *m, char out[MEMORY_TEXT_MAX]);

/* The record of this router and this port of ours, or NULL.  An unknown mac (all zero), here or
 * there, fits every router with that address. */
struct memory_record *memory_find(struct memory *m, const struct endpoint *gateway,
    const uint8_t mac[MEMORY_MAC_LEN], uint8_t proto, const struct endpoint *local);
/* The same, made when there is none: with this nonce, at now_sec. */
struct memory_record *memory_take(struct memory *m, const struct endpoint *gateway,
    const uint8_t mac[MEMORY_MAC_LEN], uint8_t proto, const struct endpoint *local,
    const uint8_t nonce[NAT_NONCE_LEN], uint64_t now_sec);
/* The method that worked last at this router, for whatever port; 0 = none. */
uint8_t memory_method(
    const struct memory *m, const struct endpoint *gateway, const uint8_t mac[MEMORY_MAC_LEN]);

/* From and to the state directory.  A missing file is an empty memory.  0, or -1 with errno. */
int memory_load(struct memory *m, const char *state_dir);
int memory_save(const struct memory *m, const char *state_dir);

#endif
