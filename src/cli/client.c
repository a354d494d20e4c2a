#include "cli/client.h"

#include "base/clock.h"
#include "base/str.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int __attribute__((format(printf, 3, 4)))
failed(struct client *c, int status, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(c->why, sizeof c->why, fmt, args);
	va_end(args);
	return status;
}

static int
cannot_connect(struct client *c, const char *path)
{
	if (errno == ENOENT || errno == ECONNREFUSED || errno == ENOTDIR)
		return failed(
		    c, EXIT_NOT_RUNNING, "autotunneld is not running (nobody at %s)", path);
	if (errno == EACCES || errno == EPERM)
		return failed(c, EXIT_DENIED,
		    "no permission to ask autotunneld: only root and its control-group may");
	if (errno == EAGAIN)
		return failed(c, EXIT_TIMEOUT, "autotunneld does not answer");
	return failed(c, EXIT_ERROR, "%s: %s", path, strerror(errno));
}

int
client_open(struct client *c, const char *path)
{
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	struct timeval limit = {.tv_sec = CLIENT_WAIT_MS / 1000};
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	c->ch.fd = -1;
	c->why[0] = '\0';
	if (fd == -1)
		return failed(c, EXIT_ERROR, "socket: %s", strerror(errno));
	c->ch.fd = fd;
	if (str_copy(un.sun_path, sizeof un.sun_path, path) != 0)
		return failed(c, EXIT_ERROR, "%s: longer than a socket's path may be", path);
	/* A listener whose queue is full makes connect wait; not for ever. */
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
	if (connect(fd, (struct sockaddr *)&un, sizeof un) == -1)
		return cannot_connect(c, path);
	channel_init(&c->ch, fd, ROLE_CLIENT, ROLE_MANAGER);
	return EXIT_OK;
}

void
client_close(struct client *c)
{
	if (c->ch.fd != -1)
		close(c->ch.fd);
	c->ch.fd = -1;
}

static int
lost(struct client *c)
{
	if (errno == EBADMSG)
		return failed(c, EXIT_ERROR,
		    "autotunneld speaks another version of the control protocol:"
		    " restart it after an upgrade");
	return failed(c, EXIT_NOT_RUNNING, "autotunneld closed the connection");
}

static int
send_request(struct client *c, const union msg *m)
{
	if (channel_send(&c->ch, m, -1) == 0)
		return EXIT_OK;
	/* What the daemon said before it hung up tells more than EPIPE. */
	return errno == EPIPE || errno == ECONNRESET
	    ? EXIT_OK
	    : failed(c, EXIT_ERROR, "send: %s", strerror(errno));
}

/* The next message, within the time left until deadline (0 = none). */
static int
receive(struct client *c, uint64_t deadline)
{
	struct pollfd pfd = {.fd = c->ch.fd, .events = POLLIN};
	int fd, got;

	while ((got = channel_recv(&c->ch, &c->in, &fd)) == 0) {
		uint64_t now = clock_boot_ms();

		if (deadline != 0 && now >= deadline)
			return failed(c, EXIT_TIMEOUT, "autotunneld does not answer");
		if (poll(&pfd, 1, deadline == 0 ? -1 : (int)(deadline - now)) == -1 &&
		    errno != EINTR)
			return failed(c, EXIT_ERROR, "poll: %s", strerror(errno));
	}
	return got == 1 ? EXIT_OK : lost(c);
}

static int
result(struct client *c, const struct msg_ctl_result *r)
{
	switch (r->code) {
	case CTL_DONE:
		return failed(c, EXIT_OK, "%s", r->text);
	case CTL_DENIED:
		return failed(c, EXIT_DENIED, "%s", r->text);
	default:
		return failed(c, EXIT_ERROR, "%s", r->text);
	}
}

/* A result where rows were expected is never a success. */
static int
refused(struct client *c, const struct msg_ctl_result *r)
{
	int status = result(c, r);

	return status == EXIT_OK ? EXIT_ERROR : status;
}

static int
ask_to_show(struct client *c, const struct msg_ctl_show *what)
{
	union msg m;

	msg_begin(&m, MSG_CTL_SHOW, 0);
	m.ctl_show.version = MSG_VERSION;
	m.ctl_show.watch = what->watch;
	m.ctl_show.exchanges = what->exchanges;
	m.ctl_show.steps = what->steps;
	return send_request(c, &m);
}

int
client_show(struct client *c, int watch)
{
	const struct msg_ctl_show what = {.watch = watch != 0};

	return ask_to_show(c, &what);
}

int
client_next(struct client *c, struct snapshot *s, int wait_ms)
{
	uint64_t deadline = wait_ms < 0 ? 0 : clock_boot_ms() + (uint64_t)wait_ms;

	s->seen = 0;
	for (;;) {
		enum snapshot_progress progress;
		int status = receive(c, deadline);

		if (status != EXIT_OK)
			return status;
		if (c->in.hdr.type == MSG_CTL_RESULT)
			return refused(c, &c->in.ctl_result);
		progress = snapshot_add(s, &c->in);
		if (progress == SNAPSHOT_WHOLE)
			return EXIT_OK;
		if (progress == SNAPSHOT_BROKEN)
			return failed(c, EXIT_ERROR, "autotunneld's answer is not whole");
	}
}

int
client_request(struct client *c, const union msg *request)
{
	int status = send_request(c, request);

	if (status == EXIT_OK)
		status = receive(c, clock_boot_ms() + CLIENT_WAIT_MS);
	if (status != EXIT_OK)
		return status;
	if (c->in.hdr.type != MSG_CTL_RESULT)
		return failed(c, EXIT_ERROR, "autotunneld's answer is not a result");
	return result(c, &c->in.ctl_result);
}

static int
ask_once(struct client *c, const char *path, struct snapshot *s, const struct msg_ctl_show *what)
{
	int status = client_open(c, path);

	if (status == EXIT_OK)
		status = ask_to_show(c, what);
	if (status == EXIT_OK)
		status = client_next(c, s, CLIENT_WAIT_MS);
	client_close(c);
	return status;
}

int
client_snapshot(struct client *c, const char *path, struct snapshot *s)
{
	const struct msg_ctl_show what = {0};

	return ask_once(c, path, s, &what);
}

int
client_snapshot_exchanges(struct client *c, const char *path, struct snapshot *s)
{
	const struct msg_ctl_show what = {.exchanges = 1};

	return ask_once(c, path, s, &what);
}

int
client_snapshot_steps(struct client *c, const char *path, struct snapshot *s, uint32_t peer)
{
	const struct msg_ctl_show what = {.steps = peer};

	return ask_once(c, path, s, &what);
}
