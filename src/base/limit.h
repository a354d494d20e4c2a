/* How often something may happen that strangers can provoke: log lines, questions.  Pure. */
#ifndef BASE_LIMIT_H
#define BASE_LIMIT_H

#include <stdint.h>

/* Zero-filled is a full bucket.  burst events at once, then one each every_ms. */
struct limit {
	uint32_t burst, every_ms;
	uint32_t used; /* of the burst */
	uint32_t suppressed; /* since the last one that passed */
	uint64_t since_ms; /* when used last went down */
};

/* May it happen now?  1, with *missed set to how many were held back since the last time; or 0. */
int limit_pass(struct limit *l, uint64_t now_ms, uint32_t *missed);

#endif
