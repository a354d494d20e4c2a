#include "ipsec/dedupe.h"

#include <strings.h>

int
dedupe_prefer_mine(const char *own_name, const char *peer_name)
{
	return strcasecmp(own_name, peer_name) < 0;
}

static uint64_t
distance(uint64_t a, uint64_t b)
{
	return a > b ? a - b : b - a;
}

static int
newer(const struct dedupe_sa *a, const struct dedupe_sa *b)
{
	return a->up_ms != b->up_ms ? a->up_ms > b->up_ms : a->spi > b->spi;
}

/* Does a beat b? */
static int
better(const struct dedupe_sa *a, const struct dedupe_sa *b, int prefer_mine)
{
	if (a->mine != b->mine && distance(a->up_ms, b->up_ms) <= DEDUPE_CROSSING_MS)
		return a->mine == prefer_mine;
	return newer(a, b);
}

/* The loser goes if we initiated it.  Also if it is so old that the peer, who initiated both, must
 * have forgotten it: nobody else would delete it before dead-peer detection does. */
static int
ours_to_drop(const struct dedupe_sa *loser, const struct dedupe_sa *keep)
{
	return loser->mine || (!keep->mine && keep->up_ms > loser->up_ms + DEDUPE_CROSSING_MS);
}

size_t
dedupe(struct dedupe_sa *sa, size_t n, int prefer_mine)
{
	size_t keep = 0;

	for (size_t i = 1; i < n; i++)
		if (better(&sa[i], &sa[keep], prefer_mine != 0))
			keep = i;
	for (size_t i = 0; i < n; i++)
		sa[i].drop = i != keep && ours_to_drop(&sa[i], &sa[keep]);
	return keep;
}
