#include "dnsupdate/client/race.h"

#include <string.h>

void
race_begin(struct race *r, unsigned count, uint64_t now)
{
	memset(r, 0, sizeof *r);
	r->count = count < RACE_CANDIDATES_MAX ? count : RACE_CANDIDATES_MAX;
	r->next_ms = now;
	r->end_ms = now + RACE_TIME_MS;
}

static int
free_runner(const struct race *r)
{
	for (int i = 0; i < RACE_RUNNERS_MAX; i++)
		if (r->runner[i] == 0)
			return i;
	return -1;
}

static int
anybody_runs(const struct race *r)
{
	for (int i = 0; i < RACE_RUNNERS_MAX; i++)
		if (r->runner[i] != 0)
			return 1;
	return 0;
}

/* The next in turn that is not hopeless; 0, or -1 when all are. */
static int
next_candidate(struct race *r, unsigned *candidate)
{
	for (unsigned i = 0; i < r->count; i++) {
		*candidate = r->started++ % r->count;
		if (!r->hopeless[*candidate])
			return 0;
	}
	return -1;
}

int
race_next(struct race *r, uint64_t now, unsigned *candidate)
{
	int runner = free_runner(r);

	if (now < r->next_ms || now >= r->end_ms || runner == -1 ||
	    next_candidate(r, candidate) != 0)
		return -1;
	r->runner[runner] = (uint8_t)(*candidate + 1);
	r->next_ms = now + (r->started < r->count ? RACE_STAGGER_MS : RACE_ROUND_MS);
	/* A single address has its second round soon, too. */
	if (r->started <= 1)
		r->next_ms = now + RACE_STAGGER_MS;
	return runner;
}

void
race_fell(struct race *r, unsigned runner, int hopeless, uint64_t now)
{
	unsigned candidate = r->runner[runner] - 1u;

	r->runner[runner] = 0;
	if (hopeless)
		r->hopeless[candidate] = 1;
	/* The first round goes on at once; later, a server that cuts us off is not hammered. */
	if (r->started < r->count)
		r->next_ms = now;
}

static int
anybody_left(const struct race *r)
{
	for (unsigned i = 0; i < r->count; i++)
		if (!r->hopeless[i])
			return 1;
	return 0;
}

uint64_t
race_wake(const struct race *r)
{
	if (!anybody_left(r) || free_runner(r) == -1)
		return r->end_ms;
	return r->next_ms < r->end_ms ? r->next_ms : r->end_ms;
}

int
race_lost(const struct race *r, uint64_t now)
{
	return now >= r->end_ms || (!anybody_runs(r) && !anybody_left(r));
}
