/* One wanted mapping with what it needs to act: the sockets, the UPnP child, a timer. */
#ifndef NATPMP_MAPPER_H
#define NATPMP_MAPPER_H

#include "base/msg.h"

struct loop;
struct mapper;

struct mapper_handler {
	/* The report may have changed, or the mapper is done.  Called as the last thing in a
	 * callback; it may free the mapper. */
	void (*on_event)(void *ctx, struct mapper *m);
	/* One packet or call, decoded, as people may want to read it. */
	void (*on_exchange)(void *ctx, struct mapper *m, const char *text);
};

/* Start working on a wish.  NULL: out of memory. */
struct mapper *mapper_new(struct loop *l, const struct msg_natpmp_want *want,
    const struct mapper_handler *handler, void *ctx);
/* Closes and kills what is open; deletes nothing in the router. */
void mapper_free(struct mapper *m);

/* The wish again.  0; -1 when it is about another place and needs another mapper.  on_event is
 * not called before the next turn of the loop, nor by mapper_drop and mapper_hint. */
int mapper_want(struct mapper *m, const struct msg_natpmp_want *want);
/* Is its router the one at this address, on link ifindex? */
int mapper_asks(const struct mapper *m, const struct endpoint *router, uint32_t ifindex);
/* The link to its router; 0 = as routing says. */
uint32_t mapper_link(const struct mapper *m);
/* Its router has announced itself; tag is that of UPnP, 0 for the other protocols. */
void mapper_hint(struct mapper *m, uint32_t tag);
/* Is the mapping made by UPnP?  *local is our address towards the router then. */
int mapper_uses_upnp(const struct mapper *m, struct endpoint *local);
/* Delete the mapping in the router; then mapper_gone(). */
void mapper_drop(struct mapper *m);
int mapper_gone(const struct mapper *m);

/* Fill everything but the header. */
void mapper_report(const struct mapper *m, struct msg_natpmp_state *out);

#endif
