/* How long to wait before the next try: pure.  The first comes at once, then 1, 2, 3, 3 ... s;
 * after three hundred times, a quarter of an hour at least, 6, 12 ... 60 s; each up to a quarter
 * more, so that a server that comes back is not met by all clients together. */
#ifndef CLIENT_BACKOFF_H
#define CLIENT_BACKOFF_H

#include <stdint.h>

#define BACKOFF_FIRST_MS 1000
#define BACKOFF_SOON_MS 3000
#define BACKOFF_SOON 300 /* times */
#define BACKOFF_MAX_MS 60000
#define BACKOFF_GOOD_MS 10000 /* what lasted so long was a success */

struct backoff {
	unsigned fails; /* in a row */
	uint64_t at_ms; /* not before */
	uint64_t up_ms; /* since when it works, 0 = it does not */
};

/* It works from now on. */
void backoff_up(struct backoff *b, uint64_t now);
/* It was of use: however soon it ends, it was a success. */
void backoff_good(struct backoff *b);
/* It failed, or what worked has ended; jitter gives a random value below its argument. */
void backoff_down(struct backoff *b, uint64_t now, uint32_t (*jitter)(uint32_t range));

#endif
