/*
 * Three steps, each a question or a handful of them to c-ares, which repeats and times out by
 * itself:  SOA DOMAIN -> zone and MNAME;  SRV of the services -> hosts;  A and AAAA of these.
 * c-ares only carries; all its answers are read by dnsupdate/wire, as untrusted as any.
 *
 * c-ares tells which of its sockets it wants watched (socket_state); each gets a slot here.
 * Everything is driven from two callbacks, readiness and timer, after which the timer is set anew.
 */
#include "dnsupdate/client/resolve.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "dnsupdate/client/targets.h"
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

/* What is asked for, and what its answer is good for. */
static const struct service {
	const char *label;
	enum target_kind kind;
} services[] = {
    {"_dns-push-tls._tcp", TARGET_TLS},
    {"_dns-update-tls._tcp", TARGET_TLS},
    {"_dns-update-tls._udp", TARGET_TLS},
    {"_dns-update._udp", TARGET_PLAIN},
    {"_dns-llq._udp", TARGET_LLQ},
};
#define SERVICES (sizeof services / sizeof services[0])

/* One question's place: c-ares gives back a pointer to it. */
struct asked {
	struct resolve *r;
	uint8_t kind; /* of SRV */
	char host[MSG_NAME_MAX]; /* of addresses */
};

struct resolve {
	struct loop *loop;
	ares_channel ares;
	struct loop_timer *timer;
	struct slot slot[SOCKETS_MAX];
	void (*found)(void *ctx, const struct resolve_result *result);
	void *ctx; /* found NULL = nobody is waiting */
	struct name domain, mname;
	uint16_t tls_port;
	unsigned pending;
	struct targets targets;
	struct asked srv[SERVICES], addr[TARGETS_MAX];
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
	void (*found)(void *, const struct resolve_result *) = r->found;
	struct resolve_result result = {0};

	result.servers = targets_order(&r->targets, 0, clock_jitter, result.server, MSG_KNOWN_MAX);
	result.llqs = targets_order(&r->targets, 1, clock_jitter, result.llq, MSG_SERVERS_MAX);
	result.why = result.servers > 0 ? "" : why;
	r->found = NULL;
	if (found != NULL)
		found(r->ctx, &result);
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
add_address(struct asked *a, const struct rr *rr)
{
	struct endpoint ep = {0};

	if (rr->type == TYPE_A && rr_a(&a->r->m, rr, ep.addr) == 0)
		ep.family = 4;
	else if (rr->type == TYPE_AAAA && rr_aaaa(&a->r->m, rr, ep.addr) == 0)
		ep.family = 6;
	else
		return;
	targets_address(&a->r->targets, a->host, &ep);
}

/* An answer came: 1 when it was the last one waited for. */
static int
last_one(struct resolve *r)
{
	return r->found != NULL && --r->pending == 0;
}

static void
have_addresses(void *arg, int status, int timeouts, unsigned char *data, int len)
{
	struct asked *a = arg;
	struct resolve *r = a->r;
	const struct rr *rr;
	size_t pos = 0;

	(void)timeouts;
	if (received(r, status, data, len) == 0)
		while ((rr = message_next(&r->m, &pos, SECTION_ANSWER, NULL, TYPE_ANY)) != NULL)
			add_address(a, rr);
	if (last_one(r))
		finish(r, "the name server's name has no address");
}

static void
ask_host(struct resolve *r, struct asked *a, const char *host)
{
	struct name name;

	a->r = r;
	str_copy(a->host, sizeof a->host, host);
	if (name_parse(&name, host) != 0)
		return;
	r->pending += 2;
	question(r, &name, TYPE_AAAA, have_addresses, a);
	question(r, &name, TYPE_A, have_addresses, a);
}

/* Each host once, however many services it has. */
static void
ask_addresses(struct resolve *r)
{
	r->pending = 1; /* for ourselves: c-ares may answer before we are done */
	for (unsigned i = 0, j; i < r->targets.count && r->found != NULL; i++) {
		for (j = 0; strcmp(r->targets.t[j].host, r->targets.t[i].host) != 0; j++)
			;
		if (j == i)
			ask_host(r, &r->addr[i], r->targets.t[i].host);
	}
	if (last_one(r))
		finish(r, "the name server's name has no address");
}

/* What no record says: the zone's primary server takes updates. */
static void
add_defaults(struct resolve *r)
{
	struct srv srv = {.port = DNS_PORT, .target = r->mname};

	if (!targets_have(&r->targets, TARGET_PLAIN))
		targets_add(&r->targets, TARGET_PLAIN, &srv);
	srv.port = r->tls_port;
	if (!targets_have(&r->targets, TARGET_TLS))
		targets_add(&r->targets, TARGET_TLS, &srv);
}

static void
have_srv(void *arg, int status, int timeouts, unsigned char *data, int len)
{
	struct asked *a = arg;
	struct resolve *r = a->r;
	const struct rr *rr;
	struct srv srv;
	size_t pos = 0;

	(void)timeouts;
	if (received(r, status, data, len) == 0)
		while ((rr = message_next(&r->m, &pos, SECTION_ANSWER, NULL, TYPE_SRV)) != NULL)
			if (rr_srv(&r->m, rr, &srv) == 0)
				targets_add(&r->targets, a->kind, &srv);
	if (!last_one(r))
		return;
	add_defaults(r);
	ask_addresses(r);
}

static void
ask_services(struct resolve *r, const struct name *zone)
{
	struct name name;

	r->pending = SERVICES;
	for (size_t i = 0; i < SERVICES; i++) {
		r->srv[i].r = r;
		r->srv[i].kind = (uint8_t)services[i].kind;
		if (name_prepend(&name, services[i].label, zone) == 0)
			question(r, &name, TYPE_SRV, have_srv, &r->srv[i]);
		else
			have_srv(&r->srv[i], ARES_EBADNAME, 0, NULL, 0);
	}
}

static void
have_soa(void *arg, int status, int timeouts, unsigned char *data, int len)
{
	struct resolve *r = arg;
	struct name zone;
	struct soa soa;

	(void)timeouts;
	if (received(r, status, data, len) != 0 ||
	    message_zone(&r->m, &r->domain, &zone, &soa) != 0) {
		if (r->found != NULL)
			finish(r, "no resolver tells which name server has the domain");
		return;
	}
	r->mname = soa.mname;
	ask_services(r, &zone);
}

void
resolve_find(struct resolve *r, const struct name *domain, uint16_t tls_port,
    void (*found)(void *ctx, const struct resolve_result *result), void *ctx)
{
	resolve_cancel(r);
	r->found = found;
	r->ctx = ctx;
	r->domain = *domain;
	r->tls_port = tls_port;
	r->targets.count = 0;
	question(r, domain, TYPE_SOA, have_soa, r);
	set_timer(r);
}
