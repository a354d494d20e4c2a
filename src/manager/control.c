#include "manager/control_inner.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"

#include <errno.h>
#include <grp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define CLIENTS_MAX 16
#define UNPRIVILEGED_MAX 12 /* of them: the group cannot keep root out */
/* What all of them together may connect and ask: so often at once, then one each so many
 * milliseconds. */
#define UNPRIVILEGED_BURST 200
#define UNPRIVILEGED_EACH_MS 10
#define WATCH_MS 200
#define TOO_MANY "too many commands ask autotunneld at once"
#define SEND_BUFFER (1 << 20) /* a snapshot of all peers at once */

static void
drop(struct client *cl)
{
	TAILQ_REMOVE(&cl->control->clients, cl, entry);
	cl->control->count--;
	cl->control->unprivileged -= !cl->privileged;
	loop_channel_free(cl->channel);
	free(cl);
}

/* Nobody but root may keep the daemon busy with questions. */
static int
may_ask(struct control *c, int privileged)
{
	uint32_t missed;

	return privileged || limit_pass(&c->asked, clock_boot_ms(), &missed);
}

static void
client_message(void *ctx, const union msg *msg, int fd)
{
	struct client *cl = ctx;
	int rc = -1;

	if (fd >= 0)
		close(fd);
	if (!may_ask(cl->control, cl->privileged))
		control_answer(cl, CTL_FAILED, TOO_MANY);
	else
		rc = control_take(cl, msg);
	if (rc == -1)
		drop(cl);
}

static void
client_writable(void *ctx)
{
	struct client *cl = ctx;

	if (cl->sending && control_show_rest(cl) == -1)
		drop(cl);
	else if (!cl->sending && cl->again)
		control_changed(cl->control);
}

static void
client_gone(void *ctx, int error)
{
	drop(ctx);
}

static const struct loop_channel_handler handler = {client_message, client_writable, client_gone};

/* Say why, so that the command need not guess, and hang up. */
static void
turn_away(int fd)
{
	struct channel ch;
	union msg msg;

	channel_init(&ch, fd, ROLE_MANAGER, ROLE_CLIENT);
	msg_begin(&msg, MSG_CTL_RESULT, 0);
	msg.ctl_result.code = CTL_FAILED;
	str_copy(msg.ctl_result.text, sizeof msg.ctl_result.text, TOO_MANY);
	channel_send(&ch, &msg, -1);
	close(fd);
}

static void
add_client(struct control *c, int fd, int privileged)
{
	struct client *cl = calloc(1, sizeof *cl);
	int size = SEND_BUFFER;
	struct channel ch;

	if (cl == NULL)
		fatalx("out of memory");
	if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof size) == -1)
		setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
	cl->control = c;
	cl->privileged = privileged;
	channel_init(&ch, fd, ROLE_MANAGER, ROLE_CLIENT);
	cl->channel = loop_channel_new(c->manager->loop, ch, &handler, cl);
	TAILQ_INSERT_TAIL(&c->clients, cl, entry);
	c->count++;
	c->unprivileged += !privileged;
}

static void
accept_client(void *ctx, int ready)
{
	struct control *c = ctx;
	struct ucred cred;
	socklen_t len = sizeof cred;
	int fd = accept4(c->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK), privileged;

	if (fd == -1)
		return;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) == -1) {
		close(fd);
		return;
	}
	privileged = cred.uid == 0 || cred.uid == geteuid();
	if (c->count == CLIENTS_MAX || (!privileged && c->unprivileged == UNPRIVILEGED_MAX) ||
	    !may_ask(c, privileged))
		turn_away(fd);
	else
		add_client(c, fd, privileged);
}

static void
tell_watchers(void *ctx)
{
	struct control *c = ctx;
	struct client *cl, *next;

	c->pending = 0;
	for (cl = TAILQ_FIRST(&c->clients); cl != NULL; cl = next) {
		next = TAILQ_NEXT(cl, entry);
		if (cl->watch && control_show(cl) == -1)
			drop(cl);
	}
}

void
control_changed(struct control *c)
{
	if (c == NULL || c->pending || c->count == 0)
		return;
	c->pending = 1;
	loop_timer_set(c->timer, WATCH_MS);
}

/* A live daemon has its socket open, even if it is too busy to answer (EAGAIN); a dead one's is
 * only in the way. */
static int
socket_in_use(const struct sockaddr_un *sa)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int rc = fd != -1 &&
	    (connect(fd, (const struct sockaddr *)sa, sizeof *sa) == 0 || errno == EAGAIN);

	if (fd != -1)
		close(fd);
	return rc;
}

/* Nobody may connect before owner and mode are right: bound under umask 0177. */
static int
listen_at(struct control *c, const char *group)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX};
	const struct group *gr = getgrnam(group);
	mode_t mask;
	int rc;

	str_copy(sa.sun_path, sizeof sa.sun_path, c->path);
	if (socket_in_use(&sa)) {
		errno = EADDRINUSE;
		return -1;
	}
	unlink(c->path);
	c->fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	mask = umask(0177);
	rc = c->fd == -1 ? -1 : bind(c->fd, (struct sockaddr *)&sa, sizeof sa);
	umask(mask);
	if (rc == -1)
		return -1;
	if (gr == NULL)
		log_notice("there is no group \"%s\": only root can use %s", group, c->path);
	else if (chown(c->path, (uid_t)-1, gr->gr_gid) == -1 || chmod(c->path, 0660) == -1)
		return -1;
	return listen(c->fd, CLIENTS_MAX);
}

struct control *
control_new(struct manager *m)
{
	struct control *c = calloc(1, sizeof *c);

	if (c == NULL)
		fatalx("out of memory");
	c->manager = m;
	c->fd = -1;
	c->asked = (struct limit) {.burst = UNPRIVILEGED_BURST, .every_ms = UNPRIVILEGED_EACH_MS};
	TAILQ_INIT(&c->clients);
	snprintf(c->path, sizeof c->path, "%s/%s", m->config.run_dir, CONFIG_CONTROL_SOCKET);
	if (listen_at(c, m->config.control_group) == -1) {
		if (errno == EADDRINUSE)
			log_error("another autotunneld is running: it holds %s (\"run-dir\" in"
				  " autotunnel.conf gives this one another place)",
			    c->path);
		else
			log_warn("%s", c->path);
		if (c->fd != -1)
			close(c->fd);
		free(c);
		return NULL;
	}
	c->listener = loop_fd_new(m->loop, c->fd, LOOP_READ, accept_client, c);
	c->timer = loop_timer_new(m->loop, tell_watchers, c);
	return c;
}

void
control_free(struct control *c)
{
	if (c == NULL)
		return;
	while (!TAILQ_EMPTY(&c->clients))
		drop(TAILQ_FIRST(&c->clients));
	loop_fd_free(c->listener);
	loop_timer_free(c->timer);
	close(c->fd);
	unlink(c->path);
	free(c);
}
