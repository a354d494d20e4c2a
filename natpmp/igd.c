#include "natpmp/igd.h"

#include "base/log.h"
#include "loop/loop.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

/*
 * The parent's side of a UPnP request.  A child is forked (not executed: it stays inside the
 * worker's sandbox, with nothing to load) and answers with one struct on a pipe, small enough to be
 * written in one piece.  Whatever happens, after the deadline it is killed and reaped, so that no
 * child outlives its call.
 */
struct igd_call {
	struct igd_request req;
	pid_t pid;
	int fd;
	struct loop_fd *watch;
	struct loop_timer *deadline;
	void (*done)(void *ctx, const struct igd_answer *a);
	void *ctx;
};

static void
reap(pid_t pid)
{
	kill(pid, SIGKILL);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		continue;
}

void
igd_cancel(struct igd_call *c)
{
	if (c == NULL)
		return;
	if (c->pid > 0)
		reap(c->pid);
	if (c->watch != NULL)
		loop_fd_free(c->watch);
	if (c->deadline != NULL)
		loop_timer_free(c->deadline);
	close(c->fd);
	free(c);
}

static void
finish(struct igd_call *c, const struct igd_answer *a)
{
	void (*done)(void *ctx, const struct igd_answer *a) = c->done;
	void *ctx = c->ctx;

	igd_cancel(c);
	done(ctx, a);
}

static void
on_answer(void *ctx, int ready)
{
	static const struct igd_answer died = {.result = IGD_DIED};
	struct igd_call *c = ctx;
	struct igd_answer a;
	ssize_t n = read(c->fd, &a, sizeof a);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n == (ssize_t)sizeof a && igd_answer_ok(&a, &c->req)) {
		finish(c, &a);
		return;
	}
	log_warnx("the UPnP child gave %s", n == 0 ? "no answer" : "a malformed answer");
	finish(c, &died);
}

static void
on_deadline(void *ctx)
{
	static const struct igd_answer died = {.result = IGD_DIED};

	log_info("the UPnP child took too long");
	finish(ctx, &died);
}

static int
spawn(struct igd_call *c)
{
	int fds[2];

	if (pipe2(fds, O_CLOEXEC) != 0)
		return -1;
	c->pid = fork();
	if (c->pid == 0)
		igd_child(&c->req, fds[1], fds[0]);
	close(fds[1]);
	c->fd = fds[0];
	return c->pid > 0 ? fcntl(c->fd, F_SETFL, O_NONBLOCK) : -1;
}

struct igd_call *
igd_start(struct loop *l, const struct igd_request *req,
    void (*done)(void *ctx, const struct igd_answer *a), void *ctx)
{
	struct igd_call *c = calloc(1, sizeof *c);
	int saved;

	if (c == NULL)
		return NULL;
	*c = (struct igd_call) {.req = *req, .fd = -1, .done = done, .ctx = ctx};
	if (spawn(c) != 0) {
		saved = errno;
		igd_cancel(c);
		errno = saved;
		return NULL;
	}
	c->watch = loop_fd_new(l, c->fd, LOOP_READ, on_answer, c);
	c->deadline = loop_timer_new(l, on_deadline, c);
	loop_timer_set(c->deadline, req->what == IGD_MAP ? IGD_MAP_MS : IGD_UNMAP_MS);
	return c;
}
