/* The daemon's state as the command sees it: the rows of one SHOW, put together. */
#ifndef CLI_SNAPSHOT_H
#define CLI_SNAPSHOT_H

#include "base/msg.h"

#define SNAPSHOT_OTHERS_MAX 64
#define SNAPSHOT_EXCHANGES_MAX 128
#define SNAPSHOT_STEPS_MAX 64

struct snapshot {
	unsigned seen; /* which rows have come; 0 before the first and after the last */
	size_t peers;
	struct msg_ctl_self self;
	struct msg_ctl_mapping mapping; /* the best path's */
	size_t others;
	struct msg_ctl_mapping other[SNAPSHOT_OTHERS_MAX]; /* of other paths, of administrators */
	size_t exchanges;
	struct msg_ctl_exchange exchange[SNAPSHOT_EXCHANGES_MAX]; /* if they were asked for */
	struct msg_ctl_dns dns;
	struct msg_ctl_roster roster;
	size_t steps;
	struct msg_ipsec_step step[SNAPSHOT_STEPS_MAX]; /* of one peer, if asked for; by time */
	struct msg_ctl_peer peer[MSG_PEERS_MAX]; /* by name once whole */
};

enum snapshot_progress { SNAPSHOT_MORE, SNAPSHOT_WHOLE, SNAPSHOT_BROKEN };

/* A quarter of a megabyte: on the heap.  Out of memory ends the program. */
struct snapshot *snapshot_new(void);

/* Take the next row: SELF, MAPPINGs, EXCHANGEs, DNS, ROSTER in this order, STEPs, PEERs, END.
 * After WHOLE the next SELF starts anew.  BROKEN: rows missing, doubled or out of order. */
enum snapshot_progress snapshot_add(struct snapshot *s, const union msg *m);

enum snapshot_who { SNAPSHOT_PEER, SNAPSHOT_SELF, SNAPSHOT_NOBODY };

/* Whom a person means: a short name, a full one (final dot or not), or a ULA.  *peer is set for
 * SNAPSHOT_PEER only. */
enum snapshot_who snapshot_find(
    const struct snapshot *s, const char *who, const struct msg_ctl_peer **peer);

/* name without the account's domain, when it lies inside. */
const char *snapshot_short_name(const struct snapshot *s, const char *name, char out[MSG_NAME_MAX]);

#endif
