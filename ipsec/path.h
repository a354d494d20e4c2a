/*
 * Is the way to a connected peer still there?  Pure; tunnels.c does what this decides.
 *
 * When DNS has news and does not name the place we send to, the peer may have moved.  But DNS may
 * be old, or lie, or never have known that place (a peer behind a NAT without mapping), and the
 * data plane follows an authentic packet at once: so the place is first asked whether it still
 * answers.  If not, the tunnel is moved to the new place, and if that does not answer either, it is
 * given up and the peer called anew.
 *
 *	GOOD -> (news) -> ASKED -> (silence) -> MOVED -> (silence) -> given up
 *	  ^-------- an authentic packet ---------+
 */
#ifndef IPSEC_PATH_H
#define IPSEC_PATH_H

#include "base/addr.h"

#define PATH_ASK_MS 500
#define PATH_MOVE_MS 2000

enum path_state { PATH_GOOD, PATH_ASKED, PATH_MOVED };

/* Zero-filled is GOOD. */
struct path {
	enum path_state state;
	int todo; /* the action of this state is still to be done */
	uint64_t since_ms;
	struct endpoint to; /* the best new place */
};

enum path_action {
	PATH_NOTHING, /* before *wait_ms from now; UINT64_MAX = until something happens */
	PATH_ASK, /* make the peer answer (dead-peer detection) */
	PATH_MOVE, /* send to path.to from now on */
	PATH_GIVE_UP, /* end this tunnel, call anew */
};

/* The peer's contacts have changed, and its tunnel leads to remote. */
void path_news(struct path *p, const struct endpoint *contact, uint32_t contacts,
    const struct endpoint *remote, uint64_t now_ms);
/* An authentic packet of the peer arrived. */
void path_heard(struct path *p);
enum path_action path_next(struct path *p, uint64_t now_ms, uint64_t *wait_ms);

#endif
