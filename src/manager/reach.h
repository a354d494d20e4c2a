/*
 * Can the Internet reach us at one place, an address and port that peers are to call, IPv4 or IPv6?
 * What a router claims is not believed: the name server is asked from where it sees us, and to
 * knock there (base/knock.h).  Pure: `now` is boot time in milliseconds.
 *
 *     ask --told: knocked--> wait --knock came--> YES, again in ten minutes
 *      |                      `--1 s, three times--> NO, again in one minute, two, ...
 *      `--told: another address, no knock--> nothing is known of the place
 */
#ifndef MANAGER_REACH_H
#define MANAGER_REACH_H

#include "base/msg.h"

#define REACH_WAIT_MS 1000 /* for a knock, after the server has said that it was sent */
#define REACH_TRIES 3
#define REACH_AGAIN_MS 600000
#define REACH_NO_AGAIN_MS 60000 /* after a verdict "no"; doubles */
#define REACH_NEVER_MS 3600000 /* after "this server does not tell" */

struct reach {
	/* What is to be verified. */
	int wanted; /* there is a network of this family */
	struct endpoint place; /* family 0 = not known (yet); then we only ask where we are seen */
	/* What came of it. */
	uint8_t verdict; /* enum inbound */
	uint64_t verdict_ms; /* when it was last found; 0 = never */
	uint8_t answer; /* enum seen_answer */
	struct endpoint seen; /* our address, by the name server; family 0 = not known */
	uint64_t since_ms; /* the place, or what stands behind it, was new then */
	/* The question. */
	uint8_t nonce[KNOCK_NONCE_LEN];
	int asked; /* it stands, with this number */
	int knocked; /* by what the server said */
	int come; /* the knock has come */
	int beside; /* ... but from our own network, which says nothing */
	unsigned tries; /* knocks that did not */
	uint32_t no_ms; /* the last wait after a "no" */
	uint64_t next_ms; /* the next question; or, with knocked, the end of the wait */
};

/* Is there a network of this family, and which place is to be verified? */
void reach_want(struct reach *r, int wanted, const struct endpoint *place, uint64_t now);
/* The network may be another one: nothing of before holds. */
void reach_again(struct reach *r, uint64_t now);
/* Verify now what was verified before, and keep the verdict meanwhile. */
void reach_verify(struct reach *r, uint64_t now);

/* 1 when a question is due; nonce (random) becomes its number, and r->place.port is to be knocked
 * at. */
int reach_ask(struct reach *r, const uint8_t nonce[KNOCK_NONCE_LEN], uint64_t now);
/* What the server says. */
void reach_told(struct reach *r, const struct msg_dns_seen *told, uint64_t now);
/* A knock with this number has come.  1 when it was ours. */
int reach_come(struct reach *r, const struct msg_ipsec_knocked *knock, uint64_t now);
/* Somebody has come in from outside by himself. */
void reach_proved(struct reach *r, uint64_t now);
/* The wait is over?  1 when what came in before does so no longer: the first evidence. */
int reach_run(struct reach *r, uint64_t now);
/* Is a verdict on its way? */
int reach_is_busy(const struct reach *r);
/* Milliseconds until reach_ask or reach_run has something to do; UINT64_MAX = not by itself. */
uint64_t reach_wait(const struct reach *r, uint64_t now);

#endif
