#include "ipsec/esp/event.h"

#include <string.h>

struct event *
esp_event_add(struct event_list *l)
{
	if (l->n == EVENTS_MAX)
		return NULL;
	memset(&l->e[l->n], 0, sizeof(l->e[0]));
	return &l->e[l->n++];
}

static void
fire(const struct event *e, const struct esp_events *to, void *ctx)
{
	switch (e->kind) {
	case EVENT_ACQUIRE:
		if (to->acquire != NULL)
			to->acquire(ctx, e->peer);
		break;
	case EVENT_MOVED:
		if (to->moved != NULL)
			to->moved(ctx, e->id, &e->remote);
		break;
	case EVENT_HEARD:
		if (to->ready != NULL)
			to->ready(ctx, e->peer);
		break;
	case EVENT_PROBED:
		break;
	case EVENT_NARROW:
		if (to->narrow != NULL)
			to->narrow(ctx, e->peer, e->number);
		break;
	case EVENT_USED:
		if (to->used != NULL)
			to->used(ctx, e->id, e->inbound);
		break;
	case EVENT_EXPIRED:
		if (to->expired != NULL)
			to->expired(ctx, e->id, e->inbound, e->hard);
		break;
	}
}

void
esp_event_fire(struct event_list *l, const struct esp_events *to, void *ctx)
{
	for (size_t i = 0; i < l->n; i++)
		fire(&l->e[i], to, ctx);
	l->n = 0;
}
