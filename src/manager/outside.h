/*
 * This machine as it is seen from outside: where the name server sees it, and whether anybody can
 * come in.  reach.c decides, for each family; here the manager's facts go in, and the questions go
 * out: to the dnsupdate worker, which asks, and to the ipsec worker, where knocks arrive.
 */
#ifndef MANAGER_OUTSIDE_H
#define MANAGER_OUTSIDE_H

#include "manager/reach.h"

#define OUTSIDE_FAMILIES 2 /* IPv4, IPv6 */

struct manager;

struct outside {
	struct reach reach[OUTSIDE_FAMILIES];
	int look_dirty[OUTSIDE_FAMILIES]; /* the dnsupdate worker does not know of the question */
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

/* This network is another one; everything may be as it was, or not. */
void outside_again(struct manager *m);
void outside_verify(struct manager *m);

/* The verdict of both families together: enum inbound. */
uint8_t outside_inbound(const struct manager *m);

#endif
