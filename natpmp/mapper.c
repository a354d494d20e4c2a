#include "natpmp/mapper.h"

#include "base/clock.h"
#include "base/log.h"
#include "loop/loop.h"
#include "natpmp/mapping.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/*
 * mapping.c decides, this carries out: run() asks it for the next step until it says "wait", and
 * sets the timer.  Every callback feeds its news to the mapping and runs again.  Another method
 * (PCP) comes in here as one more socket and one more action.
 */
struct mapper {
	struct mapping map;
	struct loop *loop;
	struct pmp *pmp; /* opened when first needed */
	struct loop_fd *watch;
	struct igd_call *igd;
	struct loop_timer *timer;
	char location[IGD_URL_MAX]; /* where UPnP was found last time */
	int gone;
	void (*on_event)(void *ctx, struct mapper *m);
	void *ctx;
};

#define STEPS_AT_ONCE 16 /* more would be a loop in mapping.c */
#define STUCK_MS 1000

static void run(struct mapper *m);

static void
on_pmp(void *ctx, int ready)
{
	struct mapper *m = ctx;
	struct pmp_answer a;
	int got = pmp_read(m->pmp, &a);

	if (got > 0) {
		log_debug("NAT-PMP answer: op %u, result %u, epoch %u, port %u, lifetime %u", a.op,
		    a.result, a.epoch, a.port, a.lifetime_sec);
		mapping_pmp_answer(&m->map, &a, clock_boot_ms());
	} else if (got < 0) {
		mapping_pmp_unreachable(&m->map, clock_boot_ms());
	} else {
		return;
	}
	run(m);
}

static void
on_igd(void *ctx, const struct igd_answer *a)
{
	struct mapper *m = ctx;

	m->igd = NULL;
	log_debug(
	    "UPnP answer: result %u, code %u, lifetime %u", a->result, a->code, a->lifetime_sec);
	memcpy(m->location, a->location, sizeof m->location);
	mapping_igd_answer(&m->map, a, clock_boot_ms());
	run(m);
}

static void
on_timer(void *ctx)
{
	run(ctx);
}

static void
close_pmp(struct mapper *m)
{
	if (m->watch != NULL)
		loop_fd_free(m->watch);
	m->watch = NULL;
	pmp_close(m->pmp);
	m->pmp = NULL;
}

/* An address that is not ours (yet) cannot be spoken from: as if the packet was lost. */
static int
open_pmp(struct mapper *m)
{
	if (m->pmp != NULL)
		return 0;
	m->pmp = pmp_open(&m->map.want.gateway, &m->map.want.local);
	if (m->pmp == NULL) {
		log_debug("NAT-PMP socket: %s", strerror(errno));
		return -1;
	}
	m->watch = loop_fd_new(m->loop, pmp_fd(m->pmp), LOOP_READ, on_pmp, m);
	return 0;
}

static void
ask_pmp(struct mapper *m, const struct mapping_step *s)
{
	int rc;

	if (open_pmp(m) != 0)
		return;
	if (s->action == MAPPING_ASK_ADDRESS)
		rc = pmp_ask_address(m->pmp);
	else
		rc = pmp_ask_map(m->pmp, m->map.want.local.port, s->port, s->lifetime_sec);
	if (rc != 0)
		mapping_pmp_unreachable(&m->map, clock_boot_ms());
}

static void
start_igd(struct mapper *m, const struct mapping_step *s)
{
	static const struct igd_answer died = {.result = IGD_DIED};
	struct igd_request req = {
	    .what = s->action == MAPPING_IGD_MAP ? IGD_MAP : IGD_UNMAP,
	    .port = s->port,
	    .lifetime_sec = s->lifetime_sec,
	    .gateway = m->map.want.gateway,
	    .local = m->map.want.local,
	};

	memcpy(req.location, m->location, sizeof req.location);
	m->igd = igd_start(m->loop, &req, on_igd, m);
	if (m->igd == NULL) {
		log_warn("starting the UPnP child");
		mapping_igd_answer(&m->map, &died, clock_boot_ms());
	}
}

static void
perform(struct mapper *m, const struct mapping_step *s)
{
	switch (s->action) {
	case MAPPING_ASK_ADDRESS:
	case MAPPING_ASK_MAP:
		ask_pmp(m, s);
		break;
	case MAPPING_IGD_MAP:
	case MAPPING_IGD_UNMAP:
		start_igd(m, s);
		break;
	case MAPPING_WAIT:
	case MAPPING_GONE:
		break;
	}
}

/* Between rounds no socket stays open: nobody on the LAN has anything to send to. */
static void
rest(struct mapper *m)
{
	uint64_t wait = mapping_wait(&m->map, clock_boot_ms());

	if (m->map.ask.op == PMP_NONE)
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
	m->on_event(m->ctx, m);
}

struct mapper *
mapper_new(struct loop *l, const struct msg_natpmp_want *want,
    void (*on_event)(void *ctx, struct mapper *m), void *ctx)
{
	struct mapper *m = calloc(1, sizeof *m);

	if (m == NULL)
		return NULL;
	m->loop = l;
	m->on_event = on_event;
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
