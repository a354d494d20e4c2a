/*
 * Three steps, each a question or a handful of them to c-ares, which repeats and times out by
 * itself:  SOA DOMAIN -> zone and MNAME;  SRV _dns-update._udp.ZONE -> hosts;  A and AAAA of these.
 * c-ares only carries; all its answers are read by dnsupdate/wire, as untrusted as any.
 *
 * c-ares tells which of its sockets it wants watched (socket_state); each gets a slot here.
 * Everything is driven from two callbacks, readiness and timer, after which the timer is set anew.
 */
#include "dnsupdate/client/resolve.h"

#include "base/log.h"
#include "base/str.h"
#include "dnsupdate/wire/message.h"

#include <ares.h>
#include <stdlib.h>
#include <string.h>

#define SOCKETS_MAX 16
#define TRY_MS 2000
#define TRIES 2
#define DNS_PORT 53

struct slot {
	struct resolve *r;
	ares_socket_t fd;
	struct loop_fd *watch; /* NULL = free */
};

struct host {
	struct resolve *r;
	char name[MSG_NAME_MAX];
	uint16_t port;
	uint16_t priority, weight;
	uint8_t count;
	struct endpoint addr[MSG_SERVERS_MAX];
};

struct resolve {
	struct loop *loop;
	ares_channel ares;
	struct loop_timer *timer;
	struct slot slot[SOCKETS_MAX];
	void (*found)(void *ctx, const struct endpoint *server, size_t count, const char *why);
	void *ctx; /* found NULL = nobody is waiting */
	struct name domain;
	struct name mname;
	unsigned hosts, pending;
	struct host host[MSG_SERVERS_MAX]; /* best first */
	struct message m;
};

static void
set_timer(struct resolve *r)
{
	struct timeval room, *tv = ares_timeout(r->ares, NULL, &room);

	if (tv == NULL)
		loop_timer_stop(r->timer);
	else
		loop_timer_set(
		    r->timer, (uint64_t)tv->tv_sec * 1000 + (uint64_t)tv->tv_usec / 1000 + 1);
}

static void
timer(void *ctx)
{
	struct resolve *r = ctx;

	ares_process_fd(r->ares, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
	set_timer(r);
}

static void
ready(void *ctx, int what)
{
	struct slot *s = ctx;
	struct resolve *r = s->r;
	ares_socket_t fd = s->fd;

	ares_process_fd(r->ares, (what & LOOP_READ) != 0 ? fd : ARES_SOCKET_BAD,
	    (what & LOOP_WRITE) != 0 ? fd : ARES_SOCKET_BAD);
	set_timer(r);
}

static struct slot *
find_slot(struct resolve *r, ares_socket_t fd)
{
	struct slot *empty = NULL;

	for (size_t i = 0; i < SOCKETS_MAX; i++) {
		if (r->slot[i].watch != NULL && r->slot[i].fd == fd)
			return &r->slot[i];
		if (r->slot[i].watch == NULL)
			empty = &r->slot[i];
	}
	return empty;
}

static void
socket_state(void *ctx, ares_socket_t fd, int readable, int writable)
{
	struct resolve *r = ctx;
	struct slot *s = find_slot(r, fd);
	int what = (readable ? LOOP_READ : 0) | (writable ? LOOP_WRITE : 0);

	if (s == NULL)
		return; /* its question will time out */
	if (what == 0) {
		loop_fd_free(s->watch);
		s->watch = NULL;
	} else if (s->watch != NULL) {
		loop_fd_watch(s->watch, what);
	} else {
		s->r = r;
		s->fd = fd;
		s->watch = loop_fd_new(r->loop, fd, what, ready, s);
	}
}

struct resolve *
resolve_new(struct loop *l)
{
	struct ares_options opt = {
	    .timeout = TRY_MS, .tries = TRIES, .sock_state_cb = socket_state};
	int status, which = ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB;
	struct resolve *r = calloc(1, sizeof *r);

	if (r == NULL)
		fatal("resolver");
	r->loop = l;
	opt.sock_state_cb_data = r;
	if ((status = ares_library_init(ARES_LIB_INIT_ALL)) != ARES_SUCCESS ||
	    (status = ares_init_options(&r->ares, &opt, which)) != ARES_SUCCESS) {
		log_warnx("c-ares: %s", ares_strerror(status));
		free(r);
		return NULL;
	}
	r->timer = loop_timer_new(l, timer, r);
	return r;
}

void
resolve_free(struct resolve *r)
{
	if (r == NULL)
		return;
	r->found = NULL;
	ares_destroy(r->ares);
	ares_library_cleanup();
	loop_timer_free(r->timer);
	free(r);
}

void
resolve_cancel(struct resolve *r)
{
	r->found = NULL;
	ares_cancel(r->ares);
	set_timer(r);
}

static void
finish(struct resolve *r, const char *why)
{
	struct endpoint server[MSG_SERVERS_MAX];
	void (*found)(void *, const struct endpoint *, size_t, const char *) = r->found;
	size_t n = 0;

	for (unsigned h = 0; h < r->hosts; h++)
		for (unsigned i = 0; i < r->host[h].count && n < MSG_SERVERS_MAX; i++)
			server[n++] = r->host[h].addr[i];
	r->found = NULL;
	if (found != NULL)
		found(r->ctx, server, n, n > 0 ? "" : why);
}

static void
question(struct resolve *r, const struct name *name, uint16_t type, ares_callback cb, void *arg)
{
	char text[NAME_TEXT_MAX];

	ares_query(r->ares, name_text(name, text), CLASS_IN, type, cb, arg);
}

/* Parse what c-ares received into r->m.  0, or -1 when there is nothing readable. */
static int
received(struct resolve *r, int status, const unsigned char *data, int len)
{
	if (r->found == NULL || status == ARES_ECANCELLED || status == ARES_EDESTRUCTION)
		return -1;
	return data != NULL && len > 0 ? message_parse(&r->m, data, (size_t)len) : -1;
}

static void
add_address(struct host *h, const struct message *m, const struct rr *rr)
{
	struct endpoint ep = {.port = h->port};

	if (rr->type == TYPE_A && rr_a(m, rr, ep.addr) == 0)
		ep.family = 4;
	else if (rr->type == TYPE_AAAA && rr_aaaa(m, rr, ep.addr) == 0)
		ep.family = 6;
	else
		return;
	if (h->count < MSG_SERVERS_MAX && !(ep.family == 6 && ip6_is_ula(ep.addr)))
		h->addr[h->count++] = ep;
}

static void
have_addresses(void *arg, int status, int timeouts, unsigned char *data, int len)
{
	struct host *h = arg;
	struct resolve *r = h->r;
	const struct rr *rr;
	size_t pos = 0;

	(void)timeouts;
	if (received(r, status, data, len) == 0)
		while ((rr = message_next(&r->m, &pos, SECTION_ANSWER, NULL, TYPE_ANY)) != NULL)
			add_address(h, &r->m, rr);
	if (r->found != NULL && --r->pending == 0)
		finish(r, "the name server's name has no address");
}

static void
ask_addresses(struct resolve *r)
{
	struct name name;

	r->pending = 2 * r->hosts + 1; /* one for ourselves: c-ares may answer before we are done */
	for (unsigned i = 0; i < r->hosts && r->found != NULL; i++) {
		r->host[i].r = r;
		if (name_parse(&name, r->host[i].name) != 0) {
			r->pending -= 2;
			continue;
		}
		question(r, &name, TYPE_AAAA, have_addresses, &r->host[i]);
		question(r, &name, TYPE_A, have_addresses, &r->host[i]);
	}
	if (r->found != NULL && --r->pending == 0)
		finish(r, "the name server's name has no address");
}

/* Keep the best, sorted by priority (RFC 2782). */
static void
add_host(struct resolve *r, const struct srv *srv)
{
	struct host h = {.port = srv->port, .priority = srv->priority, .weight = srv->weight};
	unsigned at = r->hosts;

	if (srv->port == 0 || name_host(&srv->target, h.name) != 0)
		return;
	while (at > 0 &&
	    (r->host[at - 1].priority > h.priority ||
		(r->host[at - 1].priority == h.priority && r->host[at - 1].weight < h.weight)))
		at--;
	if (at == MSG_SERVERS_MAX)
		return;
	if (r->hosts < MSG_SERVERS_MAX)
		r->hosts++;
	memmove(&r->host[at + 1], &r->host[at], (r->hosts - at - 1) * sizeof h);
	r->host[at] = h;
}

static void
have_srv(void *arg, int status, int timeouts, unsigned char *data, int len)
{
	struct resolve *r = arg;
	const struct rr *rr;
	struct srv srv;
	size_t pos = 0;

	(void)timeouts;
	if (received(r, status, data, len) == 0)
		while ((rr = message_next(&r->m, &pos, SECTION_ANSWER, NULL, TYPE_SRV)) != NULL)
			if (rr_srv(&r->m, rr, &srv) == 0)
				add_host(r, &srv);
	if (r->found == NULL)
		return;
	if (r->hosts == 0)
		add_host(r, &(struct srv) {.port = DNS_PORT, .target = r->mname});
	ask_addresses(r);
}

static void
have_soa(void *arg, int status, int timeouts, unsigned char *data, int len)
{
	struct resolve *r = arg;
	struct name zone;
	struct soa soa;

	(void)timeouts;
	if (received(r, status, data, len) != 0 ||
	    message_zone(&r->m, &r->domain, &zone, &soa) != 0 ||
	    name_prepend(&zone, "_dns-update._udp", &zone) != 0) {
		if (r->found != NULL)
			finish(r, "no resolver tells which name server has the domain");
		return;
	}
	r->mname = soa.mname;
	question(r, &zone, TYPE_SRV, have_srv, r);
}

void
resolve_find(struct resolve *r, const struct name *domain,
    void (*found)(void *ctx, const struct endpoint *server, size_t count, const char *why),
    void *ctx)
{
	resolve_cancel(r);
	r->found = found;
	r->ctx = ctx;
	r->domain = *domain;
	r->hosts = 0;
	question(r, domain, TYPE_SOA, have_soa, r);
	set_timer(r);
}
