#include "manager/worker.h"

#include "base/clock.h"
#include "base/log.h"
#include "manager/roster.h"
#include "manager/xfrm.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define BACKOFF_FIRST_MS 50 /* who has lived long is missed at once: tunnels wait for it */
#define BACKOFF_MAX_MS 60000
#define HEALTHY_MS 60000
#define HELLO_MS 30000 /* a worker that has not said HELLO by then never will */

struct worker {
	struct manager *manager;
	enum msg_role role;
	struct worker_options options;
	pid_t pid; /* 0 = not running */
	struct loop_channel *channel;
	struct loop_timer *timer; /* running: wait for HELLO; dead: start it again */
	int ready, stopping, level_dirty;
	uint32_t restarts, features, backoff_ms;
	uint64_t started_ms;
};

static void start(struct worker *w);

/* What the next process of this role has to be told is everything. */
static void
forget_told(struct worker *w)
{
	struct manager *m = w->manager;

	w->ready = 0;
	w->features = 0;
	if (w->role == ROLE_NATPMP) {
		maps_say_again(m);
	} else if (w->role == ROLE_DNSUPDATE) {
		m->zone_dirty = m->publish_dirty = 1;
		outside_untold_dns(m);
		m->dns.published = 0;
		peers_unconfirm(m);
	} else {
		m->ipsec_step = m->told_open = 0;
		memset(&m->ready, 0, sizeof m->ready);
		memset(&m->drops, 0, sizeof m->drops);
		peers_untold(m);
		roster_untold(m);
		outside_untold_ipsec(m);
	}
}

static void
channel_gone(void *ctx, int error)
{
	struct worker *w = ctx;

	loop_channel_free(w->channel);
	w->channel = NULL;
	w->ready = 0;
	if (error == EBADMSG)
		log_error("%s worker broke the protocol: killed", proc_role_name(w->role));
	if (w->pid != 0 && !w->stopping)
		kill(w->pid, SIGKILL); /* without its channel it is of no use */
}

static void
channel_message(void *ctx, const union msg *msg, int fd)
{
	struct worker *w = ctx;

	if (fd >= 0)
		close(fd); /* no rule lets a worker send one; the check has refused it already */
	if (msg->hdr.type == MSG_HELLO) {
		w->ready = 1;
		loop_timer_stop(w->timer);
		w->features = msg->hello.features;
		log_info("%s worker ready after %llu ms", proc_role_name(w->role),
		    (unsigned long long)(clock_boot_ms() - w->started_ms));
		worker_flush(w);
		return;
	}
	if (!w->ready) {
		channel_gone(w, EBADMSG);
		return;
	}
	hear(w->manager, msg);
}

static void
channel_writable(void *ctx)
{
	worker_flush(ctx);
}

static const struct loop_channel_handler handler = {
    channel_message, channel_writable, channel_gone};

static void
schedule_restart(struct worker *w)
{
	uint64_t lived = clock_boot_ms() - w->started_ms;

	if (lived > HEALTHY_MS)
		w->backoff_ms = BACKOFF_FIRST_MS;
	log_notice("%s worker is started again in %u ms", proc_role_name(w->role), w->backoff_ms);
	loop_timer_set(w->timer, w->backoff_ms);
	w->backoff_ms = w->backoff_ms * 2 > BACKOFF_MAX_MS ? BACKOFF_MAX_MS : w->backoff_ms * 2;
}

static void
restart(struct worker *w)
{
	struct manager *m = w->manager;

	/* Until now the kernel may have carried on with what the last one left. */
	if (w->role == ROLE_IPSEC && m->dataplane == DATAPLANE_KERNEL)
		xfrm_clean(m->identity->ula, (uint16_t)m->config.listen_port);
	w->restarts++;
	start(w);
}

static void
timer_fired(void *ctx)
{
	struct worker *w = ctx;

	if (w->pid == 0) {
		restart(w);
	} else if (!w->ready) {
		log_error("%s worker does not get ready: killed", proc_role_name(w->role));
		kill(w->pid, SIGKILL);
	}
}

static void
start(struct worker *w)
{
	struct channel ch;
	int fd;

	w->started_ms = clock_boot_ms();
	w->options.log_level = log_get_level();
	w->pid = proc_start(w->manager->program, w->role, &w->options, &fd);
	if (w->pid == -1) {
		log_warn("starting the %s worker", proc_role_name(w->role));
		w->pid = 0;
		schedule_restart(w);
		return;
	}
	channel_init(&ch, fd, ROLE_MANAGER, w->role);
	w->channel = loop_channel_new(w->manager->loop, ch, &handler, w);
	loop_timer_set(w->timer, HELLO_MS);
}

struct worker *
worker_new(struct manager *m, enum msg_role role, const char *user, int keep_net_admin)
{
	struct worker *w = calloc(1, sizeof *w);

	if (w == NULL)
		fatalx("out of memory");
	w->manager = m;
	w->role = role;
	w->options = (struct worker_options) {
	    .user = user, .use_syslog = m->use_syslog, .keep_net_admin = keep_net_admin};
	w->backoff_ms = BACKOFF_FIRST_MS;
	w->timer = loop_timer_new(m->loop, timer_fired, w);
	forget_told(w);
	start(w);
	return w;
}

int
worker_ready(const struct worker *w)
{
	return w != NULL && w->ready;
}

int
worker_send(struct worker *w, const union msg *msg, int fd)
{
	if (w->channel == NULL)
		return -1;
	if (loop_channel_send(w->channel, msg, fd) == 0)
		return 0;
	if (errno == EAGAIN)
		loop_channel_want_write(w->channel);
	else if (errno != EBADMSG)
		log_debug("%s worker: %s", proc_role_name(w->role), strerror(errno));
	return -1;
}

static int
say_log_level(struct worker *w)
{
	union msg msg;

	if (!w->level_dirty)
		return 0;
	msg_begin(&msg, MSG_LOG_LEVEL, 0);
	msg.log_level.level = log_get_level();
	if (worker_send(w, &msg, -1) == -1)
		return -1;
	w->level_dirty = 0;
	return 0;
}

void
worker_flush(struct worker *w)
{
	if (!worker_ready(w) || w->stopping || say_log_level(w) == -1)
		return;
	if (w->role == ROLE_NATPMP)
		maps_say(w->manager);
	else if (w->role == ROLE_DNSUPDATE)
		say_dnsupdate(w->manager);
	else
		say_ipsec(w->manager);
}

static void
log_end(const struct worker *w, int status)
{
	const char *name = proc_role_name(w->role);

	if (WIFSIGNALED(status))
		log_warnx("%s worker (pid %d) was killed by signal %d (%s)", name, (int)w->pid,
		    WTERMSIG(status), strsignal(WTERMSIG(status)));
	else if (!w->stopping || WEXITSTATUS(status) != 0)
		log_warnx("%s worker (pid %d) ended with status %d", name, (int)w->pid,
		    WEXITSTATUS(status));
}

int
worker_reaped(struct worker *w, pid_t pid, int status)
{
	if (w == NULL || w->pid != pid)
		return 0;
	log_end(w, status);
	w->pid = 0;
	if (w->channel != NULL)
		loop_channel_drain(w->channel); /* its last words, a last epoch for instance */
	loop_channel_free(w->channel);
	w->channel = NULL;
	forget_told(w);
	if (!w->stopping)
		schedule_restart(w);
	return 1;
}

void
worker_stop(struct worker *w)
{
	union msg msg;

	if (w == NULL)
		return;
	w->stopping = 1;
	loop_timer_stop(w->timer);
	msg_begin(&msg, MSG_QUIT, 0);
	if (w->pid != 0 && worker_send(w, &msg, -1) == -1)
		kill(w->pid, SIGKILL); /* it does not even read */
}

int
worker_gone(const struct worker *w)
{
	return w == NULL || w->pid == 0;
}

void
worker_kill(struct worker *w)
{
	if (!worker_gone(w))
		kill(w->pid, SIGKILL);
}

void
worker_free(struct worker *w)
{
	if (w == NULL)
		return;
	loop_channel_free(w->channel);
	loop_timer_free(w->timer);
	free(w);
}

void
worker_info(const struct worker *w, struct msg_worker_info *out)
{
	if (w == NULL)
		return;
	out->pid = (uint32_t)w->pid;
	out->restarts = w->restarts;
	out->features = w->features;
}

void
worker_set_log_level(struct worker *w, int level)
{
	if (w == NULL)
		return;
	w->level_dirty = 1;
	worker_flush(w);
}
