/*
 * The machines of the account as their records describe them, and which of this the manager has
 * not heard yet.  A plain table: an account has at most MSG_PEERS_MAX machines.
 */
#ifndef CLIENT_MACHINES_H
#define CLIENT_MACHINES_H

#include "base/msg.h"

struct machine {
	struct msg_dns_peer peer; /* as told or to be told; hdr is filled */
	uint64_t read_ms; /* when all its records were last read, 0 = never */
	uint8_t used;
	uint8_t listed; /* in the list being taken in */
	uint8_t unread; /* to be read in this reading */
	uint8_t dirty; /* the manager does not know it so */
	uint8_t retell; /* tell it once read, whatever it says */
};

struct machines {
	struct machine m[MSG_PEERS_MAX];
};

/* Take in a complete list: begin, add each name, end.  A name that is new is kept but not told
 * before it is read; one that is missing becomes news of its absence.  All listed become unread. */
void machines_list_begin(struct machines *t);
/* 0, or -1 when the table is full. */
int machines_list_add(struct machines *t, const char *name);
/* Returns how many have gone. */
unsigned machines_list_end(struct machines *t);

/* Take what a reading of machine m found.  Returns 1 when it is another way to reach it (not just
 * a refreshed lease), else 0. */
int machines_take(struct machine *m, const struct msg_dns_peer *peer);

/* Number of present machines. */
uint32_t machines_count(const struct machines *t);
/* The first to be told, NULL = none.  After telling: machines_told. */
const struct machine *machines_news(const struct machines *t);
void machines_told(struct machines *t, const struct machine *m);
/* Tell each again as soon as it has been read, and read all of it. */
void machines_retell(struct machines *t);

#endif
