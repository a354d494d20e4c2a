#include "manager/ladder.h"

#include <stdlib.h>

struct ladder {
	unsigned added; /* ever */
	struct msg_ipsec_step step[LADDER_STEPS];
};

void
ladder_add(struct ladder **l, const struct msg_ipsec_step *step)
{
	if (*l == NULL)
		*l = calloc(1, sizeof **l);
	if (*l != NULL)
		(*l)->step[(*l)->added++ % LADDER_STEPS] = *step;
}

const struct msg_ipsec_step *
ladder_at(const struct ladder *l, unsigned i)
{
	unsigned kept;

	if (l == NULL)
		return NULL;
	kept = l->added < LADDER_STEPS ? l->added : LADDER_STEPS;
	return i < kept ? &l->step[(l->added - kept + i) % LADDER_STEPS] : NULL;
}
