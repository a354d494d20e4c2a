/*
 * This machine as it is seen from outside: where the name server sees it, and whether anybody can
 * come in.  reach.c decides, for each place where peers may call; here the manager's facts go in,
 * and the questions go out: to the dnsupdate worker, which asks, and to the ipsec worker, where
 * knocks arrive.
 */
#ifndef MANAGER_OUTSIDE_H
#define MANAGER_OUTSIDE_H

#include "manager/reach.h"

/* The places. */
enum outside_place {
	OUTSIDE_IP4, /* by the best path */
	OUTSIDE_IP6,
	OUTSIDE_SECOND, /* IPv4 by the next path that a router maps, and the one after it */
	OUTSIDE_THIRD,
	OUTSIDE_PLACES
};

_Static_assert(OUTSIDE_PLACES == MSG_LOOKS_MAX, "one question each");

struct manager;

struct outside {
	struct reach reach[OUTSIDE_PLACES];
	uint32_t link[OUTSIDE_PLACES]; /* to ask by; 0 = as routing says */
	int look_dirty[OUTSIDE_PLACES]; /* the dnsupdate worker does not know of the question */
	int knock_dirty; /* nor the ipsec worker of the knocks that count */
};

/* Work out again what is to be verified and asked. */
void outside_decide(struct manager *m, uint64_t now_ms);
/* Milliseconds until outside_decide has something to do by itself; UINT64_MAX = never. */
uint64_t outside_wait(const struct manager *m, uint64_t now_ms);
/* Tell the workers what they do not know: 0, or -1 when the channel is full. */
int outside_say_dns(struct manager *m);
int outside_say_ipsec(struct manager *m);

/* The next worker knows nothing. */
void outside_untold_dns(struct manager *m);
void outside_untold_ipsec(struct manager *m);

/* What they report. */
void outside_told(struct manager *m, const struct msg_dns_seen *told);
void outside_come(struct manager *m, const struct msg_ipsec_knocked *knock);
/* A peer came in by IPv4 from there, before anything of ours went out to it. */
void outside_proved(struct manager *m, const struct endpoint *from);

/* A router has granted this outside again, which it had forgotten. */
void outside_remade(struct manager *m, const struct endpoint *external);
/* This network is another one; everything may be as it was, or not. */
void outside_again(struct manager *m);
void outside_verify(struct manager *m);

/* All verdicts together: enum inbound. */
uint8_t outside_inbound(const struct manager *m);
/* What is known of the place by the IPv4 path of this rank, 0 being the best; NULL where nothing is
 * asked. */
const struct reach *outside_path(const struct manager *m, int rank);

#endif
