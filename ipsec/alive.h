/*
 * Does the peer answer our traffic?  Pure; usage.c counts and says what it has counted.
 *
 * Traffic is mostly answered within a round trip, by an acknowledgement at least.  When packets go
 * out for a second and none comes back, the way is in doubt and the peer is asked (path.h).  One
 * that answers then, and yet has nothing to say to our traffic, is a mere listener: it is asked
 * more and more rarely, until something comes back.
 */
#ifndef IPSEC_ALIVE_H
#define IPSEC_ALIVE_H

#include <stdint.h>

#define ALIVE_PATIENCE_MS 1000
#define ALIVE_PATIENCE_MAX_MS 8000
#define ALIVE_REST 5 /* a tunnel at rest is asked so many times as rarely, at most */

/* Zero-filled is "nothing counted yet". */
struct alive {
	uint64_t in, out; /* packets when last counted */
	uint64_t since_ms; /* what went out then or later is not answered; 0 = all is */
	unsigned asked; /* since something came back */
	int doubted; /* what came until the next count came before the doubt */
};

enum alive_sign {
	ALIVE_NOTHING,
	ALIVE_HEARD, /* something came */
	ALIVE_DOUBT, /* nothing has come for too long */
};

/* Packets have been counted. */
enum alive_sign alive_count(struct alive *a, uint64_t in, uint64_t out, uint64_t now_ms);
/* The way is in doubt, for whatever reason: count at once. */
void alive_doubted(struct alive *a);
/* The peer has said by IKE that it is there. */
void alive_heard(struct alive *a);

/*
 * After how many seconds of silence a peer is asked though nothing is sent to it (RFC 7296 2.4),
 * when no inner packet has passed for quiet_ms: dpd_sec, and from twice that on half of the rest,
 * up to ALIVE_REST times dpd_sec.  Nobody waits for that answer, and it wakes ten threads here and
 * there.
 */
uint32_t alive_dpd_sec(uint32_t dpd_sec, uint64_t quiet_ms);

#endif
