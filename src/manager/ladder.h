/*
 * The last steps on the way to a peer, for autotunnel(1) "trace".  Pure: a ring of fixed size for
 * each peer that ever had one.
 */
#ifndef MANAGER_LADDER_H
#define MANAGER_LADDER_H

#include "base/msg.h"

/* An attempt at three places, each asked four times, and what came of it. */
#define LADDER_STEPS 48

struct ladder;

/* Keep one more, in place of the oldest when there are LADDER_STEPS.  *l is NULL before the first,
 * and free(3) ends it.  Out of memory loses the step. */
void ladder_add(struct ladder **l, const struct msg_ipsec_step *step);

/* The i-th of those that are kept, the oldest first; NULL after the last. */
const struct msg_ipsec_step *ladder_at(const struct ladder *l, unsigned i);

#endif
