#include "loop/loop.h"

#include "base/log.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <unistd.h>

struct loop {
	struct event_base *base;
	int status;
};

struct loop_fd {
	struct event *event;
	struct loop *loop;
	int fd;
	void (*cb)(void *ctx, int ready);
	void *ctx;
};

struct loop_timer {
	struct event *event;
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

struct loop *
loop_new(void)
{
	struct loop *l = must(calloc(1, sizeof *l));
	struct event_config *config = must(event_config_new());

	event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK);
	l->base = must(event_base_new_with_config(config));
	event_config_free(config);
	return l;
}

void
loop_free(struct loop *l)
{
	if (l == NULL)
		return;
	event_base_free(l->base);
	free(l);
}

int
loop_run(struct loop *l)
{
	if (event_base_dispatch(l->base) == -1)
		fatalx("event loop failed");
	return l->status;
}

void
loop_stop(struct loop *l, int status)
{
	l->status = status;
	event_base_loopbreak(l->base);
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

static void
timer_event(evutil_socket_t fd, short what, void *arg)
{
	struct loop_timer *t = arg;

	t->cb(t->ctx);
}

struct loop_timer *
loop_timer_new(struct loop *l, void (*cb)(void *ctx), void *ctx)
{
	struct loop_timer *t = must(calloc(1, sizeof *t));

	t->event = must(event_new(l->base, -1, 0, timer_event, t));
	t->cb = cb;
	t->ctx = ctx;
	return t;
}

void
loop_timer_set(struct loop_timer *t, uint64_t delay_ms)
{
	struct timeval tv = {
	    .tv_sec = (time_t)(delay_ms / 1000), .tv_usec = (suseconds_t)(delay_ms % 1000) * 1000};

	if (event_add(t->event, &tv) == -1)
		fatalx("cannot set a timer");
}

void
loop_timer_stop(struct loop_timer *t)
{
	event_del(t->event);
}

void
loop_timer_free(struct loop_timer *t)
{
	if (t == NULL)
		return;
	event_free(t->event);
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
