#include "manager/control.h"

#include "base/clock.h"
#include "base/limit.h"
#include "base/log.h"
#include "base/str.h"
#include "manager/reconcile.h"
#include "manager/roster.h"
#include "manager/worker.h"

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

struct client {
	TAILQ_ENTRY(client) entry;
	struct control *control;
	struct loop_channel *channel;
	int privileged; /* root or ourselves: may change things */
	int watch, exchanges;
	uint32_t steps; /* on the way to this machine, too; 0 = to none */
	/* A snapshot that is under way: more machines than the socket holds go out as it drains. */
	int sending, again; /* again: it is old before it is whole */
	uint32_t last_id, peers; /* the last machine sent, and how many so far */
};

TAILQ_HEAD(client_list, client);

struct control {
	struct manager *manager;
	int fd;
	char path[sizeof((struct sockaddr_un *)0)->sun_path];
	struct loop_fd *listener;
	struct loop_timer *timer;
	int pending;
	struct client_list clients;
	unsigned count, unprivileged;
	struct limit asked; /* by the unprivileged */
};

static void
drop(struct client *cl)
{
	TAILQ_REMOVE(&cl->control->clients, cl, entry);
	cl->control->count--;
	cl->control->unprivileged -= !cl->privileged;
	loop_channel_free(cl->channel);
	free(cl);
}

/* ---- the rows of a snapshot ---- */

static void
row_self(struct manager *m, union msg *msg)
{
	struct msg_ctl_self *s = &msg->ctl_self;

	msg_begin(msg, MSG_CTL_SELF, 0);
	s->now_ms = clock_boot_ms();
	s->now_sec = clock_wall_sec();
	s->dataplane = (uint8_t)m->ready.dataplane;
	s->port = (uint16_t)m->config.listen_port;
	s->manager_pid = (uint32_t)getpid();
	worker_info(m->natpmp, &s->worker[0]);
	worker_info(m->dnsupdate, &s->worker[1]);
	worker_info(m->ipsec, &s->worker[2]);
	str_copy(s->version, sizeof s->version, PACKAGE_VERSION);
	memcpy(s->strongswan, m->ready.version, sizeof s->strongswan);
	memcpy(s->crypto, m->ready.crypto, sizeof s->crypto);
	s->offload = m->ready.offload;
	memcpy(s->interface, m->link.name, sizeof s->interface);
	snprintf(s->allow, sizeof s->allow, "%.80s%s%.70s", m->config.allow_everyone.text,
	    m->config.allow_machines.count > 0 ? "; " : "",
	    m->config.allow_machines.count > 0 ? m->config.allow_machines.text : "");
	memcpy(s->unfiltered, m->filter_text, sizeof s->unfiltered);
	if (m->identity == NULL)
		return;
	s->enrolled = 1;
	memcpy(s->ula, m->identity->ula, sizeof s->ula);
	memcpy(s->domain, m->identity->domain, sizeof s->domain);
	memcpy(s->name, m->identity->name, sizeof s->name);
}

static void
row_dns(struct manager *m, union msg *msg)
{
	msg_begin(msg, MSG_CTL_DNS, 0);
	msg->ctl_dns.state = m->dns;
	if (m->dns.status == 0)
		msg->ctl_dns.state.status = DNS_STARTING;
}

static void
row_roster(struct manager *m, union msg *msg)
{
	msg_begin(msg, MSG_CTL_ROSTER, 0);
	roster_row(m, &msg->ctl_roster);
}

static void
row_peer(const struct peer *p, union msg *msg)
{
	msg_begin(msg, MSG_CTL_PEER, p->id);
	msg->ctl_peer.stale = (uint8_t)reconcile_is_stale(&p->records, clock_wall_sec());
	msg->ctl_peer.dns = p->records;
	msg->ctl_peer.tunnel = p->tunnel;
}

/* Which mappings there are, and what was said to routers. */
static int
send_maps(struct client *cl)
{
	struct manager *m = cl->control->manager;
	unsigned cursor = 0;
	union msg msg;

	while (maps_next_row(m, &cursor, &msg))
		if (loop_channel_send(cl->channel, &msg, -1) == -1)
			return -1;
	for (cursor = 0; cl->exchanges && maps_next_exchange(m, &cursor, &msg);)
		if (loop_channel_send(cl->channel, &msg, -1) == -1)
			return -1;
	return 0;
}

/* How one machine was called. */
static int
send_steps(struct client *cl)
{
	const struct peer *p = peer_find_id(cl->control->manager, cl->steps);
	const struct msg_ipsec_step *step;
	union msg msg;

	for (unsigned i = 0; p != NULL && (step = ladder_at(p->ladder, i)) != NULL; i++) {
		msg_begin(&msg, MSG_CTL_STEP, p->id);
		msg.ctl_step.step = *step;
		if (loop_channel_send(cl->channel, &msg, -1) == -1)
			return -1;
	}
	return 0;
}

/* The machines not sent yet, as far as there is room, and the end: 0 or -1.  Their numbers rise
 * along the list. */
static int
send_peers(struct client *cl)
{
	struct peer *p;
	union msg msg;

	TAILQ_FOREACH (p, &cl->control->manager->peers, entry) {
		if (p->forget || p->id <= cl->last_id)
			continue;
		row_peer(p, &msg);
		if (loop_channel_send(cl->channel, &msg, -1) == -1)
			return -1;
		cl->last_id = p->id;
		cl->peers++;
	}
	msg_begin(&msg, MSG_CTL_END, 0);
	msg.ctl_end.peers = cl->peers;
	if (loop_channel_send(cl->channel, &msg, -1) == -1)
		return -1;
	cl->sending = 0;
	return 0;
}

/* 0, also when the rest has to wait for room; -1: nothing more to this client. */
static int
go_on(struct client *cl)
{
	if (send_peers(cl) == 0)
		return 0;
	if (errno != EAGAIN)
		return -1;
	loop_channel_want_write(cl->channel);
	return 0;
}

/* The whole state, or nothing more to this client: 0 or -1. */
static int
send_snapshot(struct client *cl)
{
	void (*const rows[])(struct manager *, union msg *) = {row_dns, row_roster};
	struct manager *m = cl->control->manager;
	union msg msg;

	if (cl->sending) {
		cl->again = 1;
		return 0;
	}
	row_self(m, &msg);
	if (loop_channel_send(cl->channel, &msg, -1) == -1 || send_maps(cl) == -1)
		return -1;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		rows[i](m, &msg);
		if (loop_channel_send(cl->channel, &msg, -1) == -1)
			return -1;
	}
	if (send_steps(cl) == -1)
		return -1;
	cl->sending = 1;
	cl->again = 0;
	cl->last_id = cl->peers = 0;
	return go_on(cl);
}

/* ---- requests ---- */

static int
answer(struct client *cl, enum ctl_code code, const char *text)
{
	union msg msg;

	msg_begin(&msg, MSG_CTL_RESULT, 0);
	msg.ctl_result.code = code;
	str_copy(msg.ctl_result.text, sizeof msg.ctl_result.text, text);
	return loop_channel_send(cl->channel, &msg, -1);
}

static int
on_show(struct client *cl, const union msg *msg)
{
	if (msg->ctl_show.version != MSG_VERSION)
		return answer(cl, CTL_VERSION,
		    "autotunnel and autotunneld are of different versions: restart autotunneld");
	cl->watch = (int)msg->ctl_show.watch;
	cl->exchanges = (int)msg->ctl_show.exchanges;
	cl->steps = msg->ctl_show.steps;
	return send_snapshot(cl);
}

static int
on_log_level(struct client *cl, const union msg *msg)
{
	struct manager *m = cl->control->manager;

	if (!cl->privileged)
		return answer(cl, CTL_DENIED, "only root may change the log level");
	log_set_level(msg->log_level.level);
	worker_set_log_level(m->natpmp, (int)msg->log_level.level);
	worker_set_log_level(m->dnsupdate, (int)msg->log_level.level);
	worker_set_log_level(m->ipsec, (int)msg->log_level.level);
	return answer(cl, CTL_DONE, "");
}

static int
on_reload(struct client *cl)
{
	char why[MSG_TEXT_MAX] = "";

	if (!cl->privileged)
		return answer(cl, CTL_DENIED, "only root may have the configuration read again");
	if (manager_reload(cl->control->manager, why) == -1)
		return answer(cl, CTL_FAILED, why);
	return answer(cl, CTL_DONE, why);
}

static int
on_sleep(struct client *cl, const union msg *msg)
{
	struct manager *m = cl->control->manager;

	if (!cl->privileged)
		return answer(cl, CTL_DENIED, "only root may send this machine's records to sleep");
	m->asleep = (int)msg->ctl_sleep.asleep;
	m->hurry_dirty |= !m->asleep;
	manager_changed(m);
	return answer(cl, CTL_DONE, "");
}

static int
on_verify(struct client *cl)
{
	struct manager *m = cl->control->manager;

	if (!cl->privileged)
		return answer(cl, CTL_DENIED, "only root may have this machine knocked at");
	outside_verify(m);
	manager_changed(m);
	return answer(cl, CTL_DONE, "");
}

static int
on_map(struct client *cl, const union msg *msg)
{
	const struct msg_ctl_map *c = &msg->ctl_map;
	struct manager *m = cl->control->manager;
	char why[MSG_TEXT_MAX] = "";
	int rc;

	if (!cl->privileged)
		return answer(cl, CTL_DENIED, "only root may open ports of the router");
	if (c->seconds == 0)
		rc = maps_delete(m, c->proto, c->port, why);
	else
		rc = maps_add(m, c->proto, c->port, c->external, c->seconds, why);
	if (rc == 0)
		manager_changed(m);
	return answer(cl, rc == 0 ? CTL_DONE : CTL_FAILED, why);
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
		answer(cl, CTL_FAILED, TOO_MANY);
	else if (msg->hdr.type == MSG_CTL_SHOW)
		rc = on_show(cl, msg);
	else if (msg->hdr.type == MSG_CTL_LOG_LEVEL)
		rc = on_log_level(cl, msg);
	else if (msg->hdr.type == MSG_CTL_RELOAD)
		rc = on_reload(cl);
	else if (msg->hdr.type == MSG_CTL_SLEEP)
		rc = on_sleep(cl, msg);
	else if (msg->hdr.type == MSG_CTL_VERIFY)
		rc = on_verify(cl);
	else if (msg->hdr.type == MSG_CTL_MAP)
		rc = on_map(cl, msg);
	if (rc == -1)
		drop(cl);
}

static void
client_writable(void *ctx)
{
	struct client *cl = ctx;

	if (cl->sending && go_on(cl) == -1)
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
		if (cl->watch && send_snapshot(cl) == -1)
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
