#include "manager/manager.h"

#include "base/file.h"
#include "base/log.h"
#include "base/notify.h"
#include "base/str.h"
#include "manager/control.h"
#include "manager/filter.h"
#include "manager/roster.h"
#include "manager/sockets.h"
#include "manager/worker.h"
#include "manager/xfrm.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#define ENROL_CHECK_MS 2000
#define STOP_MS 6000 /* workers have so long to withdraw, unmap and say goodbye */

/* ---- starting ---- */

static int
choose_dataplane(struct manager *m)
{
	char why[MSG_TEXT_MAX];

	m->dataplane = DATAPLANE_USER;
	if (m->config.dataplane == DATAPLANE_CHOOSE_USER)
		return 0;
	if (xfrm_available(why, sizeof why)) {
		m->dataplane = DATAPLANE_KERNEL;
		return 0;
	}
	if (m->config.dataplane == DATAPLANE_CHOOSE_KERNEL) {
		log_error("dataplane = kernel, but this kernel has no ESP (%s)", why);
		return -1;
	}
	log_info("ESP in user space: the kernel has none (%s)", why);
	return 0;
}

/* In kernel mode the device only gets what no tunnel takes. */
static int
make_link(struct manager *m)
{
	struct link_options o = {
	    .name = m->config.interface,
	    .mtu = m->config.mtu,
	    .large = m->dataplane == DATAPLANE_USER && m->config.offload,
	};

	memcpy(o.ula, m->identity->ula, sizeof o.ula);
	return link_make(&m->link, &o);
}

static int
open_network(struct manager *m)
{
	if (choose_dataplane(m) == -1 ||
	    sockets_bind(m->config.listen_port, &m->udp4, &m->udp6) == -1 || make_link(m) == -1)
		return -1;
	if (m->dataplane == DATAPLANE_KERNEL && (m->raw6 = sockets_raw6(m->identity->ula)) == -1)
		return -1;
	if (m->dataplane == DATAPLANE_KERNEL)
		xfrm_clean(m->identity->ula, (uint16_t)m->config.listen_port);
	if (network_read(&m->config.gateway, &m->network) == -1) {
		log_warn("reading addresses and routes");
		return -1;
	}
	m->moved_to = m->network;
	return 0;
}

/* A manager without root (a test) cannot change user, and its workers stay what they are. */
static const char *
user_for_worker(const char *user)
{
	return geteuid() == 0 ? user : NULL;
}

/* A worker without its user would end again and again. */
static int
check_users(const struct config *c)
{
	const char *const users[] = {c->user_map, c->user_dns, c->user_ike};

	for (size_t i = 0; i < 3 && geteuid() == 0; i++) {
		if (getpwnam(users[i]) != NULL)
			continue;
		log_error("there is no user \"%s\": install the sysusers file or create it with"
			  " \"useradd --system %s\"",
		    users[i], users[i]);
		return -1;
	}
	return 0;
}

static int
start_account(struct manager *m)
{
	char addr[ADDR_TEXT_MAX];

	if (check_users(&m->config) == -1 || open_network(m) == -1)
		return -1;
	m->epoch = identity_epoch_load(m->config.state_dir);
	known_load(m->config.state_dir, m->identity->domain, &m->known);
	m->roster = roster_desk_new(m);
	peers_recall(m);
	if (memory_load(&m->maps.memory, m->config.state_dir) == -1)
		log_warn("%s: reading what is known of routers", m->config.state_dir);
	m->hurry_dirty = 1; /* machines often start together: at home after a power cut */
	log_notice("this is %s, %s on %s, UDP port %u", m->identity->name,
	    ip6_text(m->identity->ula, addr), m->link.name, m->config.listen_port);
	m->natpmp = worker_new(m, ROLE_NATPMP, user_for_worker(m->config.user_map), 0);
	m->dnsupdate = worker_new(m, ROLE_DNSUPDATE, user_for_worker(m->config.user_dns), 0);
	m->ipsec = worker_new(
	    m, ROLE_IPSEC, user_for_worker(m->config.user_ike), m->dataplane == DATAPLANE_KERNEL);
	manager_changed(m);
	return 0;
}

/* 1 enrolled, 0 not yet, -1 broken. */
static int
load_identity(struct manager *m)
{
	struct identity *id = calloc(1, sizeof *id);
	char why[MSG_TEXT_MAX] = "";
	enum identity_result rc;

	if (id == NULL)
		fatalx("out of memory");
	rc = identity_load(m->config.state_dir, id, why);
	if (rc == IDENTITY_OK) {
		m->identity = id;
		return 1;
	}
	identity_wipe(id);
	free(id);
	/* It is looked at again and again; what is wrong is said once. */
	if (rc == IDENTITY_BROKEN && strcmp(why, m->broken) != 0)
		log_error("%s: %s", m->config.state_dir, why);
	str_copy(m->broken, sizeof m->broken, rc == IDENTITY_BROKEN ? why : "");
	return rc == IDENTITY_NONE ? 0 : -1;
}

/* Installed but not enrolled: wait for "autotunnel init" or "autotunnel join". */
static void
check_enrolment(void *ctx)
{
	struct manager *m = ctx;

	if (load_identity(m) == 1) {
		notify_service_manager("STATUS=enrolled");
		if (start_account(m) == -1)
			loop_stop(m->loop, 1);
		return;
	}
	loop_timer_set(m->enrol_timer, ENROL_CHECK_MS);
}

/* Two daemons with one identity would undo each other's records.  The lock ends with the process;
 * nobody else can open the directory. */
static int
lock_state(const struct manager *m)
{
	int fd = open(m->config.state_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd != -1 && flock(fd, LOCK_EX | LOCK_NB) == 0)
		return 0;
	if (fd != -1 && errno == EWOULDBLOCK)
		log_error(
		    "another autotunneld is running with %s (\"state-dir\" in autotunnel.conf gives"
		    " this one an identity of its own)",
		    m->config.state_dir);
	else
		log_warn("%s", m->config.state_dir);
	if (fd != -1)
		close(fd);
	return -1;
}

static int
make_directories(struct manager *m)
{
	if (dir_make(m->config.run_dir, 0755) == -1) {
		log_warn("%s", m->config.run_dir);
		return -1;
	}
	if (dir_make(m->config.state_dir, 0700) == -1) {
		log_warn("%s", m->config.state_dir);
		return -1;
	}
	return lock_state(m);
}

/* What the manager needs from now on: the interface and routes, and to start workers again. */
static void
drop_capabilities(void)
{
	if (geteuid() == 0)
		proc_keep_caps(1u << CAP_NET_ADMIN | 1u << CAP_NET_RAW | 1u << CAP_SETUID |
		    1u << CAP_SETGID | 1u << CAP_SETPCAP | 1u << CAP_KILL);
}

/* One that was killed has left its names behind. */
static void
remove_hosts(const struct manager *m)
{
	char path[CONFIG_PATH_MAX + sizeof CONFIG_HOSTS_FILE + 1];

	snprintf(path, sizeof path, "%s/%s", m->config.run_dir, CONFIG_HOSTS_FILE);
	unlink(path);
}

static int
start(struct manager *m)
{
	int enrolled;

	if (make_directories(m) == -1 || (m->control = control_new(m)) == NULL)
		return -1;
	loop_on_sleep(m->loop, manager_slept, m);
	m->netmon = netmon_new(m->loop, manager_network_moving, manager_network_changed, m);
	if (m->netmon == NULL) {
		log_warn("rtnetlink");
		return -1;
	}
	drop_capabilities();
	remove_hosts(m);
	enrolled = load_identity(m);
	if (enrolled == -1 || (enrolled == 1 && start_account(m) == -1))
		return -1;
	if (enrolled == 0) {
		log_notice("not enrolled yet: run \"autotunnel init\" or \"autotunnel join\"");
		loop_timer_set(m->enrol_timer, ENROL_CHECK_MS);
	}
	return 0;
}

/* ---- ending ---- */

static int
all_gone(const struct manager *m)
{
	return worker_gone(m->natpmp) && worker_gone(m->dnsupdate) && worker_gone(m->ipsec);
}

static void
stop_timeout(void *ctx)
{
	struct manager *m = ctx;

	log_warnx("workers did not end in time: killed");
	worker_kill(m->natpmp);
	worker_kill(m->dnsupdate);
	worker_kill(m->ipsec);
	loop_stop(m->loop, 0);
}

static void
stop(struct manager *m)
{
	if (m->stopping)
		return;
	m->stopping = 1;
	notify_service_manager("STOPPING=1");
	peers_remember(m);
	worker_stop(m->dnsupdate);
	worker_stop(m->natpmp);
	maps_leave(m);
	worker_stop(m->ipsec);
	if (all_gone(m)) {
		loop_stop(m->loop, 0);
		return;
	}
	loop_timer_free(m->timer);
	m->timer = loop_timer_new(m->loop, stop_timeout, m);
	loop_timer_set(m->timer, STOP_MS);
}

static void
reap(struct manager *m)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		if (!worker_reaped(m->natpmp, pid, status) &&
		    !worker_reaped(m->dnsupdate, pid, status))
			worker_reaped(m->ipsec, pid, status);
	if (m->stopping && all_gone(m))
		loop_stop(m->loop, 0);
	manager_changed(m);
}

static void
on_signal(void *ctx, int signo)
{
	struct manager *m = ctx;
	char why[MSG_TEXT_MAX];

	if (signo == SIGCHLD)
		reap(m);
	else if (signo == SIGHUP)
		manager_reload(m, why);
	else
		stop(m);
}

static void
finish(struct manager *m)
{
	struct peer *p;

	if (m->identity != NULL)
		remove_hosts(m);
	control_free(m->control);
	netmon_free(m->netmon);
	worker_free(m->natpmp);
	worker_free(m->dnsupdate);
	worker_free(m->ipsec);
	while ((p = TAILQ_FIRST(&m->peers)) != NULL)
		peer_free(m, p);
	filter_remove(m);
	roster_desk_free(m->roster);
	link_remove(&m->link);
	loop_timer_free(m->timer);
	loop_timer_free(m->maps_timer);
	loop_timer_free(m->enrol_timer);
	loop_timer_free(m->recall_timer);
	for (int i = 0; i < 4; i++)
		loop_signal_free(m->signal[i]);
	if (m->identity != NULL)
		identity_wipe(m->identity);
	free(m->identity);
	loop_free(m->loop);
}

int
manager_run(const char *program, const char *config_path, const struct config *config,
    int use_syslog, void (*started)(void))
{
	static const int signals[4] = {SIGTERM, SIGINT, SIGHUP, SIGCHLD};
	struct sigaction ignore = {.sa_handler = SIG_IGN};
	struct manager m = {.program = program,
	    .config_path = config_path,
	    .config = *config,
	    .use_syslog = use_syslog,
	    .link = {.fd = -1},
	    .udp4 = -1,
	    .udp6 = -1,
	    .raw6 = -1};
	int status = 1;

	sigaction(SIGPIPE, &ignore, NULL);
	TAILQ_INIT(&m.peers);
	m.loop = loop_new();
	m.timer = loop_timer_new(m.loop, manager_timer, &m);
	m.maps_timer = loop_timer_new(m.loop, manager_timer, &m);
	m.enrol_timer = loop_timer_new(m.loop, check_enrolment, &m);
	m.recall_timer = loop_timer_new(m.loop, peers_remember, &m);
	for (int i = 0; i < 4; i++)
		m.signal[i] = loop_signal_new(m.loop, signals[i], on_signal, &m);
	if (start(&m) == 0) {
		started();
		notify_service_manager("READY=1");
		status = loop_run(m.loop);
	}
	finish(&m);
	return status;
}
