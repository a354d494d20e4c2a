#include "loop/loop.h"

#include "base/clock.h"
#include "base/log.h"
#include "loop/slept.h"
#include "loop/timers.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

/*
 * libevent's own timers would stand still while the machine sleeps.  Ours are in a heap, and one
 * timerfd of CLOCK_BOOTTIME rings for the first: if its time passes during a sleep, it rings as
 * soon as the machine wakes.  It is set at most once a turn, and only when the first is another.
 */
struct loop {
	struct event_base *base;
	struct timers timers;
	int clock; /* the timerfd */
	struct event *rings;
	uint64_t set_ms; /* when it will ring, TIMERS_NEVER = not */
	struct slept slept;
	void (*on_sleep)(void *ctx, uint64_t ms);
	void *sleep_ctx;
	int stopped, status;
};

struct loop_fd {
	struct event *event;
	struct loop *loop;
	int fd;
	void (*cb)(void *ctx, int ready);
	void *ctx;
};

struct loop_timer {
	struct timers_entry entry; /* first: the heap's pointer is ours */
	struct loop *loop;
	void (*cb)(void *ctx);
	void *ctx;
};

struct loop_signal {
	struct event *event;
	void (*cb)(void *ctx, int signo);
	void *ctx;
};

static void *
must(void *p)
{
	if (p == NULL)
		fatalx("out of memory");
	return p;
}

static void
clock_rings(evutil_socket_t fd, short what, void *arg)
{
	struct loop *l = arg;

	uint64_t times;

	/* Late reading is no loss: the heap knows what is due. */
	if (read(fd, &times, sizeof times) == -1 && errno != EAGAIN)
		fatal("timerfd");
	l->set_ms = 0;
}

static uint64_t
mono_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

struct loop *
loop_new(void)
{
	struct loop *l = must(calloc(1, sizeof *l));
	struct event_config *config = must(event_config_new());
	uint64_t mono = mono_ms();

	event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK);
	l->base = must(event_base_new_with_config(config));
	event_config_free(config);
	if ((l->clock = timerfd_create(CLOCK_BOOTTIME, TFD_NONBLOCK | TFD_CLOEXEC)) == -1)
		fatal("timerfd");
	l->set_ms = TIMERS_NEVER;
	l->rings = must(event_new(l->base, l->clock, EV_READ | EV_PERSIST, clock_rings, l));
	if (event_add(l->rings, NULL) == -1)
		fatalx("cannot watch the clock");
	slept_init(&l->slept, mono, clock_boot_ms());
	return l;
}

void
loop_free(struct loop *l)
{
	if (l == NULL)
		return;
	event_free(l->rings);
	event_base_free(l->base);
	close(l->clock);
	timers_clear(&l->timers);
	free(l);
}

static void
set_clock(struct loop *l, uint64_t at)
{
	struct itimerspec when = {0};

	if (l->set_ms == at)
		return;
	l->set_ms = at;
	if (at != TIMERS_NEVER) {
		when.it_value.tv_sec = (time_t)(at / 1000);
		when.it_value.tv_nsec = (long)(at % 1000) * 1000000;
	}
	if (timerfd_settime(l->clock, TFD_TIMER_ABSTIME, &when, NULL) == -1)
		fatal("timerfd");
}

/* Returns the time it is. */
static uint64_t
look_at_clocks(struct loop *l)
{
	uint64_t boot = clock_boot_ms(), mono = mono_ms(), now = clock_boot_ms(), ms;

	ms = slept_look(&l->slept, boot, mono, now);
	if (ms != 0 && l->on_sleep != NULL)
		l->on_sleep(l->sleep_ctx, ms);
	return now;
}

static void
run_timers(struct loop *l, uint64_t now)
{
	uint64_t mark = timers_mark(&l->timers);
	struct timers_entry *e;

	while (!l->stopped && (e = timers_take(&l->timers, now, mark)) != NULL) {
		struct loop_timer *t = (struct loop_timer *)e;

		t->cb(t->ctx);
	}
}

/* What is due is looked up before descriptors are, and done after: an answer that has come in time
 * stops the timer that waits for it, however long the callbacks before it took. */
int
loop_run(struct loop *l)
{
	l->stopped = 0;
	while (!l->stopped) {
		uint64_t now = look_at_clocks(l), first = timers_first(&l->timers);
		int due = first <= now;

		if (!due)
			set_clock(l, first);
		if (event_base_loop(l->base, EVLOOP_ONCE | (due ? EVLOOP_NONBLOCK : 0)) == -1)
			fatalx("event loop failed");
		if (due)
			run_timers(l, now);
	}
	return l->status;
}

void
loop_stop(struct loop *l, int status)
{
	l->status = status;
	l->stopped = 1;
	event_base_loopbreak(l->base);
}

void
loop_on_sleep(struct loop *l, void (*cb)(void *ctx, uint64_t ms), void *ctx)
{
	l->on_sleep = cb;
	l->sleep_ctx = ctx;
}

static void
fd_event(evutil_socket_t fd, short what, void *arg)
{
	struct loop_fd *f = arg;

	f->cb(f->ctx,
	    ((what & EV_READ) != 0 ? LOOP_READ : 0) | ((what & EV_WRITE) != 0 ? LOOP_WRITE : 0));
}

struct loop_fd *
loop_fd_new(struct loop *l, int fd, int what, void (*cb)(void *ctx, int ready), void *ctx)
{
	struct loop_fd *f = must(calloc(1, sizeof *f));

	*f = (struct loop_fd) {.loop = l, .fd = fd, .cb = cb, .ctx = ctx};
	loop_fd_watch(f, what);
	return f;
}

void
loop_fd_watch(struct loop_fd *f, int what)
{
	short flags = EV_PERSIST;

	if (f->event != NULL)
		event_free(f->event);
	f->event = NULL;
	if (what == 0)
		return;
	if ((what & LOOP_READ) != 0)
		flags |= EV_READ;
	if ((what & LOOP_WRITE) != 0)
		flags |= EV_WRITE;
	f->event = must(event_new(f->loop->base, f->fd, flags, fd_event, f));
	if (event_add(f->event, NULL) == -1)
		fatalx("cannot watch descriptor %d", f->fd);
}

void
loop_fd_free(struct loop_fd *f)
{
	if (f == NULL)
		return;
	if (f->event != NULL)
		event_free(f->event);
	free(f);
}

struct loop_timer *
loop_timer_new(struct loop *l, void (*cb)(void *ctx), void *ctx)
{
	struct loop_timer *t = must(calloc(1, sizeof *t));

	t->loop = l;
	t->cb = cb;
	t->ctx = ctx;
	return t;
}

void
loop_timer_set(struct loop_timer *t, uint64_t delay_ms)
{
	if (timers_set(&t->loop->timers, &t->entry, clock_boot_ms() + delay_ms) != 0)
		fatalx("out of memory");
}

void
loop_timer_stop(struct loop_timer *t)
{
	timers_stop(&t->loop->timers, &t->entry);
}

void
loop_timer_free(struct loop_timer *t)
{
	if (t == NULL)
		return;
	loop_timer_stop(t);
	free(t);
}

static void
signal_event(evutil_socket_t signo, short what, void *arg)
{
	struct loop_signal *s = arg;

	s->cb(s->ctx, (int)signo);
}

struct loop_signal *
loop_signal_new(struct loop *l, int signo, void (*cb)(void *ctx, int signo), void *ctx)
{
	struct loop_signal *s = must(calloc(1, sizeof *s));

	s->event = must(event_new(l->base, signo, EV_SIGNAL | EV_PERSIST, signal_event, s));
	s->cb = cb;
	s->ctx = ctx;
	if (event_add(s->event, NULL) == -1)
		fatalx("cannot watch signal %d", signo);
	return s;
}

void
loop_signal_free(struct loop_signal *s)
{
	if (s == NULL)
		return;
	event_free(s->event);
	free(s);
}
