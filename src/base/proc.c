#include "base/proc.h"

#include "base/log.h"
#include "base/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

static const char *const role_names[] = {
    [ROLE_MANAGER] = "manager",
    [ROLE_NATPMP] = "natpmp",
    [ROLE_DNSUPDATE] = "dnsupdate",
    [ROLE_IPSEC] = "ipsec",
    [ROLE_CLIENT] = "client",
};

enum msg_role
proc_role_parse(const char *name)
{
	for (int role = ROLE_NATPMP; role <= ROLE_IPSEC; role++)
		if (strcmp(role_names[role], name) == 0)
			return role;
	return 0;
}

const char *
proc_role_name(enum msg_role role)
{
	return role_names[role];
}

/* In the child: nothing of the manager's but standard streams and the channel crosses exec. */
static void __attribute__((noreturn))
exec_worker(const char *program, enum msg_role role, const struct worker_options *opt, int channel)
{
	char level[16];
	const char *argv[16] = {"autotunneld", "-x", role_names[role], "-l", level};
	sigset_t none;
	int n = 5;

	snprintf(level, sizeof level, "%d", opt->log_level);
	if (opt->user != NULL) {
		argv[n++] = "-u";
		argv[n++] = opt->user;
	}
	if (opt->use_syslog)
		argv[n++] = "-S";
	if (opt->keep_net_admin)
		argv[n++] = "-K";
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (channel != PROC_CHANNEL_FD && dup2(channel, PROC_CHANNEL_FD) == -1)
		_exit(1);
	if (fcntl(PROC_CHANNEL_FD, F_SETFD, 0) == -1)
		_exit(1);
	closefrom(PROC_CHANNEL_FD + 1);
	execv(program, (char **)(uintptr_t)argv);
	_exit(1);
}

pid_t
proc_start(const char *program, enum msg_role role, const struct worker_options *opt, int *fd)
{
	int sv[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sv) == -1)
		return -1;
	pid = fork();
	if (pid == 0)
		exec_worker(program, role, opt, sv[1]);
	close(sv[1]);
	if (pid == -1) {
		close(sv[0]);
		return -1;
	}
	*fd = sv[0];
	return pid;
}

void
worker_begin(struct channel *ch, enum msg_role role, const struct worker_options *opt)
{
	struct sigaction ignore = {.sa_handler = SIG_IGN};
	int type;
	socklen_t len = sizeof type;

	closefrom(PROC_CHANNEL_FD + 1); /* before syslog's own descriptor is there */
	log_init(role_names[role], opt->use_syslog);
	log_set_level(opt->log_level);
	if (getsockopt(PROC_CHANNEL_FD, SOL_SOCKET, SO_TYPE, &type, &len) == -1 ||
	    type != SOCK_SEQPACKET)
		fatalx("a worker is started by autotunneld, not by hand");
	channel_init(ch, PROC_CHANNEL_FD, role, ROLE_MANAGER);
	sigaction(SIGPIPE, &ignore, NULL);
	/* Sent to all of a terminal's or a service's processes they would end a worker before it
	 * has withdrawn what it published. */
	sigaction(SIGINT, &ignore, NULL);
	sigaction(SIGTERM, &ignore, NULL);
	sigaction(SIGHUP, &ignore, NULL);
}

static void
set_caps(uint32_t wanted)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {{.effective = wanted, .permitted = wanted}};

	if (syscall(SYS_capset, &head, data) == -1)
		fatal("giving up capabilities");
}

static void
drop_bounding_set(uint32_t keep)
{
	for (int cap = 0; prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++) {
		if (cap < 32 && (keep & 1u << cap) != 0)
			continue;
		if (prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) == -1 && errno != EPERM)
			fatal("dropping capability %d from the bounding set", cap);
	}
}

void
proc_keep_caps(uint32_t keep)
{
	drop_bounding_set(keep);
	set_caps(keep);
}

void
proc_user(const char *user, uid_t *uid, gid_t *gid)
{
	const struct passwd *pw;

	errno = 0;
	pw = getpwnam(user);
	if (pw == NULL)
		fatalx("there is no user \"%s\": install the sysusers file or create it with"
		       " \"useradd --system %s\"",
		    user, user);
	*uid = pw->pw_uid;
	*gid = pw->pw_gid;
}

static void
become(const char *user)
{
	uid_t uid;
	gid_t gid;

	proc_user(user, &uid, &gid);
	if (setgroups(0, NULL) == -1 || setresgid(gid, gid, gid) == -1 ||
	    setresuid(uid, uid, uid) == -1)
		fatal("becoming user %s", user);
	if (setresuid(0, 0, 0) == 0)
		fatalx("user %s is root", user);
}

/* Order matters: the bounding set needs CAP_SETPCAP, the change of user would lose what is kept. */
static void
drop_privileges(const struct worker_options *opt)
{
	uint32_t keep = opt->keep_net_admin ? 1u << CAP_NET_ADMIN : 0;

	drop_bounding_set(keep);
	if (keep != 0 && prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) == -1)
		fatal("keeping CAP_NET_ADMIN");
	if (opt->user != NULL)
		become(opt->user);
	set_caps(keep);
	if (keep != 0 && prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0) == -1)
		fatal("PR_SET_KEEPCAPS");
}

void
proc_no_dumps(void)
{
	struct rlimit none = {0, 0};

	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == -1 || setrlimit(RLIMIT_CORE, &none) == -1)
		fatal("forbidding core dumps");
}

/* No core, no trace of it, no way back. */
static void
forbid(void)
{
	proc_no_dumps();
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
		fatal("no_new_privs");
}

uint32_t
worker_lock(enum msg_role role, const struct worker_options *opt)
{
	drop_privileges(opt);
	forbid();
	return sandbox_enter(role);
}

uint32_t
server_lock(const char *user, const char *const *writable, const char *const *readable)
{
	drop_privileges(&(struct worker_options) {.user = user});
	forbid();
	return sandbox_enter_server(writable, readable);
}

void
worker_hello(struct channel *ch, uint32_t features)
{
	union msg m;

	msg_begin(&m, MSG_HELLO, 0);
	m.hello.version = MSG_VERSION;
	m.hello.features = features;
	if (channel_send(ch, &m, -1) == -1)
		fatal("saying hello to the manager");
}
