#include "natpmp/mapper.h"

#include "base/clock.h"
#include "base/log.h"
#include "loop/loop.h"
#include "natpmp/exchange.h"
#include "natpmp/mapping.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/*
 * mapping.c decides, this carries out: run() asks it for the next step until it says "wait", and
 * sets the timer.  Every callback feeds its news to the mapping and runs again.
 */
struct mapper {
	struct mapping map;
	struct loop *loop;
	struct pcp *pcp; /* both opened when first needed */
	struct pmp *pmp;
	struct loop_fd *watch_pcp, *watch_pmp;
	struct igd_call *igd;
	struct loop_timer *timer;
	char location[IGD_URL_MAX]; /* where UPnP was found last time */
	uint32_t tag; /* of the last announcement by UPnP */
	int gone;
	const struct mapper_handler *handler;
	void *ctx;
};

#define STEPS_AT_ONCE 16 /* more would be a loop in mapping.c */
#define STUCK_MS 1000

static void run(struct mapper *m);

static void
tell(struct mapper *m, const char *text)
{
	log_debug("%s", text);
	m->handler->on_exchange(m->ctx, m, text);
}

static void
unreachable(struct mapper *m, enum nat_column column)
{
	tell(m, column == NAT_COLUMN_PCP ? "< PCP port unreachable" : "< NAT-PMP port unreachable");
	mapping_unreachable(&m->map, column, clock_boot_ms());
}

/* ---- PCP ---- */

static void
on_pcp(void *ctx, int ready)
{
	struct mapper *m = ctx;
	char text[MSG_TEXT_MAX];
	struct pcp_answer a;

	switch (pcp_hear(m->pcp, &a)) {
	case PCP_ANSWER:
		exchange_pcp(text, &a);
		tell(m, text);
		mapping_pcp_answer(&m->map, &a, clock_boot_ms());
		break;
	case PCP_OLDER:
		tell(m, "< PCP not spoken here: NAT-PMP only");
		mapping_pcp_older(&m->map, clock_boot_ms());
		break;
	case PCP_FOREIGN:
		return;
	default:
		unreachable(m, NAT_COLUMN_PCP);
	}
	run(m);
}

static void
close_pcp(struct mapper *m)
{
	if (m->watch_pcp != NULL)
		loop_fd_free(m->watch_pcp);
	m->watch_pcp = NULL;
	pcp_close(m->pcp);
	m->pcp = NULL;
}

/* An address that is not ours (yet) cannot be spoken from: as if the packet was lost. */
static int
open_pcp(struct mapper *m)
{
	const struct msg_natpmp_want *w = &m->map.want;

	if (m->pcp != NULL)
		return 0;
	m->pcp = pcp_open(&w->gateway, &w->local, w->ifindex);
	if (m->pcp == NULL) {
		log_debug("PCP socket: %s", strerror(errno));
		return -1;
	}
	m->watch_pcp = loop_fd_new(m->loop, pcp_fd(m->pcp), LOOP_READ, on_pcp, m);
	return 0;
}

static void
ask_pcp(struct mapper *m, const struct mapping_step *s)
{
	const struct msg_natpmp_want *w = &m->map.want;
	struct pcp_request req = {
	    .op = s->action == MAPPING_PCP_MAP ? PCP_MAP : PCP_ANNOUNCE,
	    .proto = w->proto,
	    .lifetime_sec = s->lifetime_sec,
	    .client = w->local,
	    .external = s->external,
	};

	memcpy(req.nonce, w->nonce, sizeof req.nonce);
	if (open_pcp(m) == 0 && pcp_ask(m->pcp, &req) != 0)
		unreachable(m, NAT_COLUMN_PCP);
}

/* ---- NAT-PMP ---- */

static void
on_pmp(void *ctx, int ready)
{
	struct mapper *m = ctx;
	char text[MSG_TEXT_MAX];
	struct pmp_answer a;
	int got = pmp_read(m->pmp, &a);

	if (got == 0)
		return;
	if (got > 0) {
		exchange_pmp(text, &a);
		tell(m, text);
		mapping_pmp_answer(&m->map, &a, clock_boot_ms());
	} else {
		unreachable(m, NAT_COLUMN_NATPMP);
	}
	run(m);
}

static void
close_pmp(struct mapper *m)
{
	if (m->watch_pmp != NULL)
		loop_fd_free(m->watch_pmp);
	m->watch_pmp = NULL;
	pmp_close(m->pmp);
	m->pmp = NULL;
}

static int
open_pmp(struct mapper *m)
{
	const struct msg_natpmp_want *w = &m->map.want;

	if (m->pmp != NULL)
		return 0;
	m->pmp = pmp_open(&w->gateway, &w->local, w->ifindex);
	if (m->pmp == NULL) {
		log_debug("NAT-PMP socket: %s", strerror(errno));
		return -1;
	}
	m->watch_pmp = loop_fd_new(m->loop, pmp_fd(m->pmp), LOOP_READ, on_pmp, m);
	return 0;
}

static void
ask_pmp(struct mapper *m, const struct mapping_step *s)
{
	const struct msg_natpmp_want *w = &m->map.want;
	int rc;

	if (open_pmp(m) != 0)
		return;
	if (s->action == MAPPING_PMP_ADDRESS)
		rc = pmp_ask_address(m->pmp);
	else
		rc =
		    pmp_ask_map(m->pmp, w->proto, w->local.port, s->external.port, s->lifetime_sec);
	if (rc != 0)
		unreachable(m, NAT_COLUMN_NATPMP);
}

/* ---- UPnP ---- */

static void
on_igd(void *ctx, const struct igd_answer *a)
{
	struct mapper *m = ctx;
	char text[MSG_TEXT_MAX];

	m->igd = NULL;
	exchange_igd(text, a);
	tell(m, text);
	memcpy(m->location, a->location, sizeof m->location);
	mapping_igd_answer(&m->map, a, clock_boot_ms());
	run(m);
}

static void
start_igd(struct mapper *m, const struct mapping_step *s)
{
	static const struct igd_answer died = {.result = IGD_DIED};
	const struct msg_natpmp_want *w = &m->map.want;
	struct igd_request req = {
	    .what = s->action == MAPPING_IGD_MAP ? IGD_MAP : IGD_UNMAP,
	    .proto = w->proto,
	    .port = s->external.port,
	    .lifetime_sec = s->lifetime_sec,
	    .ifindex = w->ifindex,
	    .gateway = w->gateway,
	    .from = w->local,
	    .local = w->local,
	};

	if (w->local.family == 6) {
		req.gateway = w->beside;
		req.from = w->from;
		req.router6 = w->gateway;
	}
	memcpy(req.location, m->location, sizeof req.location);
	m->igd = igd_start(m->loop, &req, on_igd, m);
	if (m->igd == NULL) {
		log_warn("starting the UPnP child");
		mapping_igd_answer(&m->map, &died, clock_boot_ms());
	}
}

/* ---- at work ---- */

static void
on_timer(void *ctx)
{
	run(ctx);
}

static void
perform(struct mapper *m, const struct mapping_step *s)
{
	char text[MSG_TEXT_MAX];

	if (s->action == MAPPING_WAIT || s->action == MAPPING_GONE)
		return;
	exchange_asked(text, &m->map.want, s);
	tell(m, text);
	switch (s->action) {
	case MAPPING_PCP_ANNOUNCE:
	case MAPPING_PCP_MAP:
		ask_pcp(m, s);
		break;
	case MAPPING_PMP_ADDRESS:
	case MAPPING_PMP_MAP:
		ask_pmp(m, s);
		break;
	default:
		start_igd(m, s);
	}
}

/* Where no question is open no socket is: nobody on the LAN has anything to send to. */
static void
rest(struct mapper *m)
{
	uint64_t wait = mapping_wait(&m->map, clock_boot_ms());

	if (m->map.side[NAT_COLUMN_PCP].stage == STAGE_REST)
		close_pcp(m);
	if (m->map.side[NAT_COLUMN_NATPMP].stage == STAGE_REST)
		close_pmp(m);
	if (wait == UINT64_MAX)
		loop_timer_stop(m->timer);
	else
		loop_timer_set(m->timer, wait);
}

static void
run(struct mapper *m)
{
	struct mapping_step s;
	int steps = 0;

	do {
		s = mapping_next(&m->map, clock_boot_ms());
		perform(m, &s);
	} while (s.action != MAPPING_WAIT && s.action != MAPPING_GONE && ++steps < STEPS_AT_ONCE);
	m->gone = s.action == MAPPING_GONE;
	if (steps < STEPS_AT_ONCE)
		rest(m);
	else
		loop_timer_set(m->timer, STUCK_MS);
	m->handler->on_event(m->ctx, m);
}

struct mapper *
mapper_new(struct loop *l, const struct msg_natpmp_want *want, const struct mapper_handler *handler,
    void *ctx)
{
	struct mapper *m = calloc(1, sizeof *m);

	if (m == NULL)
		return NULL;
	m->loop = l;
	m->handler = handler;
	m->ctx = ctx;
	m->timer = loop_timer_new(l, on_timer, m);
	mapping_init(&m->map, want, clock_jitter, clock_boot_ms());
	loop_timer_set(m->timer, 0);
	return m;
}

void
mapper_free(struct mapper *m)
{
	if (m == NULL)
		return;
	close_pcp(m);
	close_pmp(m);
	igd_cancel(m->igd);
	loop_timer_free(m->timer);
	free(m);
}

int
mapper_want(struct mapper *m, const struct msg_natpmp_want *want)
{
	if (!mapping_same_place(&m->map, want))
		return -1;
	mapping_want(&m->map, want, clock_boot_ms());
	loop_timer_set(m->timer, 0);
	return 0;
}

int
mapper_asks(const struct mapper *m, const struct endpoint *router, uint32_t ifindex)
{
	const struct msg_natpmp_want *w = &m->map.want;

	return endpoint_same_addr(&w->gateway, router) &&
	    (w->ifindex == 0 || w->ifindex == ifindex);
}

uint32_t
mapper_link(const struct mapper *m)
{
	return m->map.want.ifindex;
}

int
mapper_uses_upnp(const struct mapper *m, struct endpoint *local)
{
	const struct msg_natpmp_want *w = &m->map.want;

	*local = w->local.family == 4 ? w->local : w->from;
	return m->map.serving == NAT_COLUMN_UPNP;
}

void
mapper_hint(struct mapper *m, uint32_t tag)
{
	if (tag != 0 && (tag == m->tag || m->map.serving != NAT_COLUMN_UPNP))
		return;
	if (tag != 0)
		m->tag = tag;
	tell(m, "< the router announces itself");
	mapping_hint(&m->map, clock_boot_ms());
	loop_timer_set(m->timer, 0);
}

void
mapper_drop(struct mapper *m)
{
	mapping_drop(&m->map, clock_boot_ms());
	loop_timer_set(m->timer, 0);
}

int
mapper_gone(const struct mapper *m)
{
	return m->gone;
}

void
mapper_report(const struct mapper *m, struct msg_natpmp_state *out)
{
	mapping_report(&m->map, out);
}
