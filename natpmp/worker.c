#include "natpmp/natpmp.h"

#include "base/log.h"
#include "base/str.h"
#include "loop/loop.h"
#include "natpmp/hints.h"
#include "natpmp/mapper.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/resource.h>

/*
 * The port-mapping worker: it asks the home router to let peers in.
 *
 * The manager wants mappings (NATPMP_WANT: router, our address and port, methods, lifetime) and
 * hears how each stands (NATPMP_STATE).  The worker knows nothing else: it reads no routes and no
 * files, has no privilege, and decides nothing about addresses (that a router's outside is itself
 * private is for the manager to see).
 *
 *   worker.c          this file: messages, the list of mappings, the end
 *   mapper.c          one mapping at work: sockets, child, timer
 *   mapping*.c        one mapping's decisions, pure; the essay is in mapping.c
 *   epoch.c           has the router restarted?
 *   reason.c          what people read when it fails
 *   exchange.c        packets in words
 *   pcp.c             PCP packets (RFC 6887); pcp_socket.c sends them
 *   pmp.c             NAT-PMP packets (RFC 6886), through libnatpmp
 *   hints.c           routers' announcements
 *   igd.c             UPnP: the parent's side of the throw-away child
 *   igd_child.c       UPnP: the child, through miniupnpc
 *   pinhole.c         UPnP: holes in IPv6 firewalls
 *   ssdp.c            UPnP: the search
 *   igd_rules.c       UPnP: what is believed
 *
 * Messages are state.  A mapping whose report differs from the one last sent is sent when the
 * channel has room; saying the same WANT again means "look again now" and is harmless.
 *
 * Leaving: DROP deletes one mapping in the router, QUIT and the manager's death delete all; that
 * takes two seconds at most.  A mapping that moved to another gateway or address is deleted at the
 * old place, without a number any more, while the new one is being made.
 *
 * Everything that comes from the LAN is hostile: see pcp.h and pmp.c for packets, igd_child.c for
 * the web server and XML of a stranger.  A lie can cost reachability, nothing else.
 */

#define MAPPINGS_MAX 64
#define DATA_MAX (64 << 20) /* octets of memory for us and for each child */

struct item {
	LIST_ENTRY(item) next;
	uint32_t id; /* 0 = the manager has dropped it */
	struct mapper *mapper;
	struct msg_natpmp_state sent; /* last report, header zero */
};

struct worker {
	struct loop *loop;
	struct loop_channel *channel; /* NULL once the manager is gone */
	struct hints *hints;
	LIST_HEAD(item_list, item) items;
	unsigned count;
	int leaving;
	union msg out;
};

static struct item *
find(struct worker *w, uint32_t id)
{
	struct item *i;

	LIST_FOREACH (i, &w->items, next)
		if (i->id == id)
			return i;
	return NULL;
}

/* News for people; a mere renewal is not. */
static void
log_state(const struct msg_natpmp_state *s, const struct msg_natpmp_state *before)
{
	static const char *const methods[] = {
	    [NAT_METHOD_NATPMP] = "NAT-PMP", [NAT_METHOD_PCP] = "PCP", [NAT_METHOD_UPNP] = "UPnP"};
	static const char *const states[] = {
	    [NAT_ASKING] = "asking", [NAT_REFUSED] = "refused", [NAT_SILENT] = "silent"};
	char ep[ENDPOINT_TEXT_MAX], gateway[ADDR_TEXT_MAX];
	const char *sep = s->reason[0] != '\0' ? ": " : "";

	if (s->state == before->state && s->method == before->method &&
	    endpoint_equal(&s->external, &before->external) &&
	    strcmp(s->reason, before->reason) == 0)
		return;
	endpoint_addr_text(&s->gateway, gateway);
	if (s->state == NAT_UP)
		log_info("router %s: mapped to %s by %s for %u s%s%s", gateway,
		    endpoint_text(&s->external, ep), methods[s->method], s->lifetime_sec, sep,
		    s->reason);
	else
		log_info("router %s: %s%s%s", gateway, states[s->state], sep, s->reason);
}

/* 0 = nothing to say or said, -1 = no room. */
static int
report(struct worker *w, struct item *i)
{
	struct msg_natpmp_state now;

	mapper_report(i->mapper, &now);
	if (i->id == 0 || memcmp(&now, &i->sent, sizeof now) == 0)
		return 0;
	msg_begin(&w->out, MSG_NATPMP_STATE, i->id);
	now.hdr = w->out.hdr;
	w->out.natpmp_state = now;
	if (loop_channel_send(w->channel, &w->out, -1) == -1)
		return errno == EAGAIN ? -1 : 0; /* a lost channel is on_gone's business */
	memset(&now.hdr, 0, sizeof now.hdr);
	log_state(&now, &i->sent);
	i->sent = now;
	return 0;
}

static void
report_all(struct worker *w)
{
	struct item *i;

	if (w->channel == NULL)
		return;
	LIST_FOREACH (i, &w->items, next)
		if (report(w, i) == -1) {
			loop_channel_want_write(w->channel);
			return;
		}
}

static void
remove_item(struct worker *w, struct item *i)
{
	LIST_REMOVE(i, next);
	w->count--;
	mapper_free(i->mapper);
	free(i);
}

static void
stop_if_done(struct worker *w)
{
	if (w->leaving && LIST_EMPTY(&w->items))
		loop_stop(w->loop, 0);
}

static void
on_event(void *ctx, struct mapper *m)
{
	struct worker *w = ctx;
	struct endpoint local;
	struct item *i;

	LIST_FOREACH (i, &w->items, next)
		if (i->mapper == m)
			break;
	if (mapper_uses_upnp(m, &local))
		hints_listen_upnp(w->hints, &local);
	if (i != NULL && mapper_gone(m))
		remove_item(w, i);
	report_all(w);
	stop_if_done(w);
}

/* A line for people: where there is no room for it, it is lost. */
static void
on_exchange(void *ctx, struct mapper *m, const char *text)
{
	struct worker *w = ctx;
	struct item *i;

	LIST_FOREACH (i, &w->items, next)
		if (i->mapper == m)
			break;
	if (w->channel == NULL)
		return;
	msg_begin(&w->out, MSG_NATPMP_EXCHANGE, i == NULL ? 0 : i->id);
	str_copy(w->out.natpmp_exchange.text, MSG_TEXT_MAX, text);
	loop_channel_send(w->channel, &w->out, -1);
}

static int
is_router_of_ours(const struct worker *w, const struct endpoint *router, uint32_t ifindex)
{
	const struct item *i;

	LIST_FOREACH (i, &w->items, next)
		if (mapper_asks(i->mapper, router, ifindex))
			return 1;
	return 0;
}

/* What stands for IPv4 and IPv6 on one link is usually one machine, which may announce itself by
 * the one only. */
static void
on_hint(void *ctx, const struct endpoint *router, uint32_t ifindex, uint32_t tag)
{
	struct worker *w = ctx;
	struct item *i;

	if (!is_router_of_ours(w, router, ifindex))
		return;
	LIST_FOREACH (i, &w->items, next)
		if (mapper_asks(i->mapper, router, ifindex) || mapper_link(i->mapper) == ifindex)
			mapper_hint(i->mapper, tag);
}

/* ---- messages ---- */

/* For a mapping that is deleted at its old place, too: the wish may come back while it leaves. */
static struct item *
find_leaving(struct worker *w, const struct msg_natpmp_want *want)
{
	struct item *i;

	LIST_FOREACH (i, &w->items, next)
		if (i->id == 0 && mapper_want(i->mapper, want) == 0)
			return i;
	return NULL;
}

static void
add_item(struct worker *w, const struct msg_natpmp_want *want)
{
	static const struct mapper_handler handler = {on_event, on_exchange};
	struct item *i;

	if (w->count >= MAPPINGS_MAX) {
		log_warnx("mapping %u is one too many", want->hdr.id);
		return;
	}
	i = calloc(1, sizeof *i);
	if (i == NULL)
		fatalx("out of memory");
	i->id = want->hdr.id;
	i->mapper = mapper_new(w->loop, want, &handler, w);
	if (i->mapper == NULL)
		fatalx("out of memory");
	LIST_INSERT_HEAD(&w->items, i, next);
	w->count++;
}

static void
handle_drop(struct worker *w, uint32_t id)
{
	struct item *i = find(w, id);

	if (i == NULL)
		return;
	i->id = 0;
	mapper_drop(i->mapper);
}

/* What an earlier run has left: a mapping that leaves as soon as it is known. */
static void
handle_remove(struct worker *w, const struct msg_natpmp_want *want)
{
	struct msg_natpmp_want nameless = *want;

	nameless.hdr.id = 0;
	add_item(w, &nameless);
}

static void
handle_want(struct worker *w, const struct msg_natpmp_want *want)
{
	struct item *i = find(w, want->hdr.id);

	if (want->remove) {
		handle_remove(w, want);
		return;
	}
	hints_listen(w->hints, want->gateway.family, want->ifindex);

	if (i != NULL && mapper_want(i->mapper, want) == 0)
		return;
	if (i != NULL)
		handle_drop(w, i->id);
	i = find_leaving(w, want);
	if (i == NULL) {
		add_item(w, want);
		return;
	}
	i->id = want->hdr.id;
	memset(&i->sent, 0, sizeof i->sent);
}

static void
leave(struct worker *w)
{
	struct item *i;

	w->leaving = 1;
	LIST_FOREACH (i, &w->items, next)
		if (i->id != 0)
			handle_drop(w, i->id);
	stop_if_done(w);
}

static void
on_message(void *ctx, const union msg *m, int fd)
{
	struct worker *w = ctx;

	switch (m->hdr.type) {
	case MSG_NATPMP_WANT:
		if (!w->leaving)
			handle_want(w, &m->natpmp_want);
		break;
	case MSG_NATPMP_DROP:
		handle_drop(w, m->hdr.id);
		break;
	case MSG_LOG_LEVEL:
		log_set_level(m->log_level.level);
		break;
	case MSG_QUIT:
		leave(w);
		break;
	}
}

static void
on_writable(void *ctx)
{
	report_all(ctx);
}

static void
on_gone(void *ctx, int error)
{
	struct worker *w = ctx;

	if (error == EBADMSG)
		log_error("the manager broke the protocol");
	loop_channel_free(w->channel);
	w->channel = NULL;
	leave(w);
}

/* ---- start ---- */

/* A router's endless answer ends here, in the child, and not in the machine's memory.  A
 * sanitizer's shadow memory is beyond any such limit. */
static void
limit_memory(void)
{
#ifndef AT_SANITIZERS
	struct rlimit data = {DATA_MAX, DATA_MAX};

	if (setrlimit(RLIMIT_DATA, &data) == -1)
		fatal("limiting memory");
#endif
}

int
natpmp_main(const struct worker_options *opt)
{
	static const struct loop_channel_handler handler = {on_message, on_writable, on_gone};
	static struct worker w;
	struct channel ch;
	uint32_t features;
	int status;

	worker_begin(&ch, ROLE_NATPMP, opt);
	limit_memory();
	features = worker_lock(ROLE_NATPMP, opt);
	worker_hello(&ch, features);
	LIST_INIT(&w.items);
	w.loop = loop_new();
	w.channel = loop_channel_new(w.loop, ch, &handler, &w);
	w.hints = hints_new(w.loop, on_hint, &w);
	status = loop_run(w.loop);
	while (!LIST_EMPTY(&w.items))
		remove_item(&w, LIST_FIRST(&w.items));
	hints_free(w.hints);
	if (w.channel != NULL)
		loop_channel_free(w.channel);
	loop_free(w.loop);
	return status;
}
