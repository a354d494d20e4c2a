#include "ipsec/path.h"

static void
enter(struct path *p, enum path_state state, int todo, uint64_t due_ms)
{
	p->state = state;
	p->todo = todo;
	p->due_ms = due_ms;
}

/* DNS has nothing against the place any more: that was the only doubt, or it is not. */
static void
named_again(struct path *p)
{
	if (p->to.family != 0 && p->state != PATH_LOST)
		path_heard(p);
}

void
path_news(struct path *p, const struct endpoint *contact, uint32_t contacts,
    const struct endpoint *remote, uint64_t now_ms)
{
	int first = p->to.family == 0;

	if (endpoint_among(remote, contact, contacts)) {
		named_again(p);
		return;
	}
	if (contacts == 0)
		return;
	p->to = contact[0];
	if (p->state == PATH_GOOD)
		enter(p, PATH_ASKED, 1, now_ms + PATH_ASK_MS);
	else if (p->state == PATH_ASKED)
		p->todo |= first;
	else
		enter(p, p->state, 1, now_ms + PATH_MOVE_MS);
}

void
path_doubt(struct path *p, uint64_t now_ms)
{
	if (p->state == PATH_GOOD)
		enter(p, PATH_ASKED, 1, now_ms + PATH_ASK_MS);
}

void
path_shaken(struct path *p, uint64_t patience_ms, int overdue, uint64_t now_ms)
{
	if (p->state == PATH_GOOD)
		enter(p, PATH_ASKED, 0, now_ms + patience_ms);
	else if (p->state != PATH_LOST && now_ms + patience_ms < p->due_ms)
		p->due_ms = now_ms + patience_ms;
	p->overdue |= overdue;
}

void
path_heard(struct path *p)
{
	*p = (struct path) {0};
}

/* The peer has not answered in time. */
static enum path_action
silence(struct path *p, uint64_t now_ms)
{
	if (p->state == PATH_ASKED && p->to.family != 0 && !p->overdue) {
		enter(p, PATH_MOVED, 0, now_ms + PATH_MOVE_MS);
		return PATH_MOVE;
	}
	enter(p, PATH_LOST, 0, 0);
	return PATH_CALL;
}

enum path_action
path_next(struct path *p, uint64_t now_ms, uint64_t *wait_ms)
{
	*wait_ms = UINT64_MAX;
	if (p->todo) {
		p->todo = 0;
		return p->state == PATH_ASKED ? PATH_ASK : PATH_MOVE;
	}
	if (p->state == PATH_GOOD || p->state == PATH_LOST)
		return PATH_NOTHING;
	if (now_ms >= p->due_ms)
		return silence(p, now_ms);
	*wait_ms = p->due_ms - now_ms;
	return PATH_NOTHING;
}
