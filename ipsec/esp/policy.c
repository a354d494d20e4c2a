#include "ipsec/esp/policy.h"

#include "ipsec/esp/inner.h"

#include <errno.h>
#include <string.h>

int
policy_is(const struct sa *sa, const uint8_t local[16], const uint8_t remote[16])
{
	return sa->has_policy && memcmp(sa->local_ula, local, 16) == 0 &&
	    memcmp(sa->remote_ula, remote, 16) == 0;
}

int
policy_set(struct sa *sa, const uint8_t local[16], const uint8_t remote[16])
{
	if (sa->has_policy && !policy_is(sa, local, remote)) {
		errno = EEXIST;
		return -1;
	}
	memcpy(sa->local_ula, local, 16);
	memcpy(sa->remote_ula, remote, 16);
	sa->has_policy = 1;
	return 0;
}

static size_t
hash(const uint8_t ula[16])
{
	return inner_hash(ula) % POLICY_BUCKETS;
}

void
policy_index_remove(struct policy_index *p, struct sa *sa)
{
	for (struct sa **at = &p->buckets[hash(sa->remote_ula)]; *at != NULL;
	     at = &(*at)->next_policy) {
		if (*at == sa) {
			*at = sa->next_policy;
			sa->next_policy = NULL;
			return;
		}
	}
}

void
policy_index_add(struct policy_index *p, struct sa *sa)
{
	struct sa **head = &p->buckets[hash(sa->remote_ula)];

	policy_index_remove(p, sa);
	sa->next_policy = *head;
	*head = sa;
}

static struct sa *
from_here(struct sa *sa, const uint8_t remote[16])
{
	while (sa != NULL && memcmp(sa->remote_ula, remote, 16) != 0)
		sa = sa->next_policy;
	return sa;
}

struct sa *
policy_first(const struct policy_index *p, const uint8_t remote[16])
{
	return from_here(p->buckets[hash(remote)], remote);
}

struct sa *
policy_next(const struct sa *sa)
{
	return from_here(sa->next_policy, sa->remote_ula);
}

struct sa *
policy_find(const struct policy_index *p, const uint8_t remote[16], uint64_t now_ms, int *waiting)
{
	struct sa *dead = NULL;

	*waiting = 0;
	for (struct sa *sa = policy_first(p, remote); sa != NULL; sa = policy_next(sa)) {
		if (sa->ready_ms > now_ms)
			*waiting = 1;
		else if (!sa->dead)
			return sa;
		else if (dead == NULL)
			dead = sa;
	}
	return *waiting ? NULL : dead;
}

int
policy_heard(struct policy_index *p, const uint8_t remote[16], uint32_t spi)
{
	int waited = 0;

	for (struct sa *sa = policy_first(p, remote); sa != NULL; sa = policy_next(sa)) {
		if (sa->partner != spi)
			continue;
		waited |= sa->ready_ms != 0;
		sa->ready_ms = 0;
	}
	return waited;
}

void
policy_move(struct policy_index *p, const uint8_t remote[16], const struct endpoint *to)
{
	for (struct sa *sa = policy_first(p, remote); sa != NULL; sa = policy_next(sa))
		sa_point(sa, to);
}
