#include "ipsec/handle.h"

#include "ipsec/keepalive.h"

#include "base/clock.h"
#include "ipsec/plane.h"

static int is_open;

void
keepalive_open(int open)
{
	is_open = open;
}

/* Lock held.  The tunnel whose way a NAT may forget, or NULL. */
static const struct tunnel *
needing(struct peer *p)
{
	const struct tunnel *t = peer_tunnel(p);

	return is_open || t == NULL || t->remote.family != 4 || !endpoint_is_public(&t->remote)
	    ? NULL
	    : t;
}

void
keepalive(struct peer *p, uint64_t now_ms, uint64_t *wait_ms)
{
	const struct tunnel *t;
	struct endpoint to = {0};
	uint64_t last;

	peers_lock();
	last = p->active_ms > p->kept_ms ? p->active_ms : p->kept_ms;
	t = needing(p);
	if (t != NULL && clock_since(last, now_ms) >= KEEPALIVE_MS) {
		to = t->remote;
		last = p->kept_ms = now_ms;
	}
	if (t != NULL)
		sooner(wait_ms, last + KEEPALIVE_MS - now_ms);
	peers_unlock();
	if (to.family != 0)
		(void)plane_send(NULL, &to, "\xff", 1);
}
