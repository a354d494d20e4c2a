#include "ipsec/path.h"

static int
contains(const struct endpoint *list, uint32_t count, const struct endpoint *ep)
{
	for (uint32_t i = 0; i < count; i++)
		if (endpoint_equal(&list[i], ep))
			return 1;
	return 0;
}

static void
enter(struct path *p, enum path_state state, uint64_t now_ms)
{
	p->state = state;
	p->todo = state != PATH_GOOD;
	p->since_ms = now_ms;
}

void
path_news(struct path *p, const struct endpoint *contact, uint32_t contacts,
    const struct endpoint *remote, uint64_t now_ms)
{
	if (contains(contact, contacts, remote)) {
		path_heard(p);
		return;
	}
	if (contacts == 0)
		return;
	p->to = contact[0];
	if (p->state != PATH_ASKED)
		enter(p, PATH_ASKED, now_ms);
}

void
path_heard(struct path *p)
{
	p->state = PATH_GOOD;
	p->todo = 0;
}

enum path_action
path_next(struct path *p, uint64_t now_ms, uint64_t *wait_ms)
{
	uint64_t due = p->since_ms + (p->state == PATH_ASKED ? PATH_ASK_MS : PATH_MOVE_MS);

	*wait_ms = UINT64_MAX;
	if (p->state == PATH_GOOD)
		return PATH_NOTHING;
	if (p->todo) {
		p->todo = 0;
		return p->state == PATH_ASKED ? PATH_ASK : PATH_MOVE;
	}
	if (now_ms < due) {
		*wait_ms = due - now_ms;
		return PATH_NOTHING;
	}
	if (p->state == PATH_ASKED) {
		enter(p, PATH_MOVED, now_ms);
		p->todo = 0;
		return PATH_MOVE;
	}
	path_heard(p);
	return PATH_GIVE_UP;
}
