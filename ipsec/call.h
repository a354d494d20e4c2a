/*
 * Calling a peer: which of its contacts to try when.  Pure; dial.c does what this decides.
 *
 * A round tries the contacts best first, each CALL_STAGGER_MS after the one before while none has
 * answered (the idea of RFC 8305): the first IKE SA that stands wins, the others are dropped.  A
 * contact that is learnt during a round joins it.  A round ends when all attempts have ended; the
 * next one begins after a pause that doubles: a short one while traffic asks for the peer, a longer
 * one for a peer that should always be connected, none at all for another.
 */
#ifndef IPSEC_CALL_H
#define IPSEC_CALL_H

#include "base/msg.h"

#define CALL_STAGGER_MS 150
#define CALL_PAUSE_MIN_MS 1000
#define CALL_PAUSE_MAX_MS 60000
/* While packets wait: two machines that start together may not know each other yet. */
#define CALL_AGAIN_MIN_MS 200
#define CALL_AGAIN_MAX_MS 2000
/* Traffic without tunnel asks for a call for so long: as long as packets are held. */
#define CALL_WANTED_MS 10000
#define CALL_HEARD_MS 300000 /* NATs remember a flow no longer */

struct call_try {
	uint32_t sa; /* libcharon's number of the IKE SA; 0 = this attempt has ended */
	struct endpoint to;
};

/* Zero-filled is "never called". */
struct call {
	struct call_try tries[MSG_CONTACTS_MAX]; /* of this round */
	uint32_t n;
	uint32_t failed_rounds; /* since the last success */
	uint64_t next_ms; /* not before */
	uint64_t wanted_ms; /* traffic asks until then */
};

/* Traffic for the peer came, and there is no tunnel. */
void call_want(struct call *c, uint64_t now_ms);

/* Is an attempt of ours in flight? */
int call_active(const struct call *c);

/* Where to call: what is published, and last the place where the peer was heard, if that is not
 * long ago (family 0: never).  Between two NATs that may be the only way: a flow of before, from us
 * to the published port, keeps that port closed to us for as long as we try.  Returns how many. */
uint32_t call_places(const struct endpoint *contact, uint32_t contacts,
    const struct endpoint *heard, uint64_t heard_ago_ms, struct endpoint out[MSG_CONTACTS_MAX]);

enum call_action {
	CALL_NOTHING, /* before *wait_ms from now; UINT64_MAX = until something happens */
	CALL_TRY, /* call *to, then say call_started */
	CALL_GAVE_UP, /* the round is over; just told, ask again */
};

/* What to do now, for a peer without tunnel.  jitter is 0..999 and spreads the pauses. */
enum call_action call_next(struct call *c, const struct endpoint *contact, uint32_t contacts,
    int always, uint32_t jitter, uint64_t now_ms, struct endpoint *to, uint64_t *wait_ms);

/* An attempt has begun; sa 0 = it could not even begin (no route). */
void call_started(struct call *c, const struct endpoint *to, uint32_t sa, uint64_t now_ms);
/* The attempt with this IKE SA, if it was one, has ended without success. */
void call_ended(struct call *c, uint32_t sa);
/* A tunnel stands, whoever called: the round is over, and the peer is reachable. */
void call_succeeded(struct call *c);
/* Our own network changed: what failed before may work now. */
void call_reset_pause(struct call *c, uint64_t now_ms);

#endif
