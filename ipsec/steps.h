/*
 * What happens on the way to each peer, noted step by step for autotunnel(1) "trace".  Steps are
 * noted from any thread and wait in a ring of fixed size until the main thread has sent them to
 * the manager, which keeps the last ones of each peer; when too many happen at once, the oldest
 * are lost.  Nothing a stranger sends makes a step.
 */
#ifndef IPSEC_STEPS_H
#define IPSEC_STEPS_H

#include "base/msg.h"

/* Of a tunnel or an attempt: whose, and what it is called. */
struct steps_of {
	uint32_t peer; /* the manager's number */
	uint32_t sa; /* libcharon's; 0 = none */
	int mine; /* we began it */
};

/* The peers' lock is held.  place may be NULL; text is cut where it is too long. */
void steps_note(const struct steps_of *of, enum ipsec_step kind, const struct endpoint *place,
    const char *text);

/* The oldest step as IPSEC_STEP: 1; or there is none: 0.  It stays until it is dropped.  Both take
 * the lock themselves. */
int steps_next(union msg *m);
void steps_drop(void);

#endif
