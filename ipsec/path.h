/*
 * Is the way to a connected peer still there?  Pure; roam.c does what this decides.
 *
 * When DNS has news and does not name the place we send to, the peer may have moved.  But DNS may
 * be old, or lie, or never have known that place (a peer behind a NAT without mapping), and the
 * data plane follows an authentic packet at once: so the place is first asked whether it still
 * answers.  If not, the tunnel is moved to the new place.  It is asked, too, when it does not
 * answer our traffic (alive.h), and when our own network has changed.
 *
 * Who answers nowhere is lost: it is called anew, as if there was no tunnel.  The old one stays
 * meanwhile, since the wire may be at fault and no end; whichever is heard first is the tunnel.
 *
 *	GOOD -> (doubt) -> ASKED -> (silence, a new place) -> MOVED -> (silence) -> LOST
 *	  |                   '---- (silence, no new place) ----------------------> LOST
 *	  ^------------------- an authentic packet ---------------------------------'
 */
#ifndef IPSEC_PATH_H
#define IPSEC_PATH_H

#include "base/addr.h"

#define PATH_ASK_MS 500
#define PATH_MOVE_MS 500

enum path_state { PATH_GOOD, PATH_ASKED, PATH_MOVED, PATH_LOST };

/* Zero-filled is GOOD. */
struct path {
	enum path_state state;
	int todo; /* the action of this state is still to be done */
	uint64_t due_ms; /* the patience of this state ends */
	int overdue; /* it has given us up long ago: no SA to be moved */
	struct endpoint to; /* the best new place; family 0 = none is known */
};

enum path_action {
	PATH_NOTHING, /* before *wait_ms from now; UINT64_MAX = until something happens */
	PATH_ASK, /* make the peer answer (dead-peer detection), greet it at path.to */
	PATH_MOVE, /* send to path.to from now on */
	PATH_CALL, /* it is lost: call anew */
};

/* The peer's contacts have changed, and its tunnel leads to remote. */
void path_news(struct path *p, const struct endpoint *contact, uint32_t contacts,
    const struct endpoint *remote, uint64_t now_ms);
/* It does not answer our traffic. */
void path_doubt(struct path *p, uint64_t now_ms);
/* Our own network has changed, and IKE asks it by itself (MOBIKE): lost when it has not answered
 * patience_ms from now, or earlier if it was asked before.  overdue: it should have been heard so
 * long ago that it has no tunnel any more; then a new place is called, and nothing is moved there.
 */
void path_shaken(struct path *p, uint64_t patience_ms, int overdue, uint64_t now_ms);
/* An authentic packet of the peer arrived. */
void path_heard(struct path *p);
enum path_action path_next(struct path *p, uint64_t now_ms, uint64_t *wait_ms);

#endif
