#include "base/sandbox.h"

#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <sched.h>
#include <seccomp.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

/*
 * System calls by need.  What is in no list kills the process; what is in `refused` fails with
 * EACCES, because libraries probe it in passing and go on without (malloc reads /sys, libc looks
 * for files).
 */
static const int everybody[] = {
    SCMP_SYS(read),
    SCMP_SYS(write),
    SCMP_SYS(readv),
    SCMP_SYS(writev),
    SCMP_SYS(close),
    SCMP_SYS(poll),
    SCMP_SYS(ppoll),
    SCMP_SYS(select),
    SCMP_SYS(pselect6),
    SCMP_SYS(epoll_create1),
    SCMP_SYS(epoll_ctl),
    SCMP_SYS(epoll_wait),
    SCMP_SYS(epoll_pwait),
    SCMP_SYS(epoll_pwait2),
    SCMP_SYS(eventfd2),
    SCMP_SYS(pipe2),
    SCMP_SYS(fcntl),
    SCMP_SYS(recvmsg),
    SCMP_SYS(sendmsg),
    SCMP_SYS(recvfrom),
    SCMP_SYS(sendto),
    SCMP_SYS(recvmmsg),
    SCMP_SYS(sendmmsg),
    SCMP_SYS(shutdown),
    SCMP_SYS(getsockname),
    SCMP_SYS(getpeername),
    SCMP_SYS(getsockopt),
    SCMP_SYS(setsockopt),
    SCMP_SYS(connect),
    SCMP_SYS(bind),
    SCMP_SYS(mmap),
    SCMP_SYS(munmap),
    SCMP_SYS(mremap),
    SCMP_SYS(mprotect),
    SCMP_SYS(madvise),
    SCMP_SYS(brk),
    SCMP_SYS(futex),
    SCMP_SYS(set_robust_list),
    SCMP_SYS(rseq),
    SCMP_SYS(sched_yield),
    SCMP_SYS(sched_getaffinity),
    SCMP_SYS(membarrier),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigaction),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(rt_sigtimedwait),
    SCMP_SYS(sigaltstack),
    SCMP_SYS(tgkill),
    SCMP_SYS(restart_syscall),
    SCMP_SYS(getpid),
    SCMP_SYS(gettid),
    SCMP_SYS(getuid),
    SCMP_SYS(geteuid),
    SCMP_SYS(getgid),
    SCMP_SYS(getegid),
    SCMP_SYS(getppid),
    SCMP_SYS(uname),
    SCMP_SYS(sysinfo),
    SCMP_SYS(clock_gettime),
    SCMP_SYS(clock_getres),
    SCMP_SYS(gettimeofday),
    SCMP_SYS(time),
    SCMP_SYS(nanosleep),
    SCMP_SYS(clock_nanosleep),
    SCMP_SYS(getrandom),
    SCMP_SYS(timerfd_create),
    SCMP_SYS(timerfd_settime),
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
    SCMP_SYS(fstat),
    SCMP_SYS(lseek),
};

/* miniupnpc runs in a child that is thrown away. */
static const int children[] = {
    SCMP_SYS(fork),
    SCMP_SYS(vfork),
    SCMP_SYS(wait4),
    SCMP_SYS(waitid),
    SCMP_SYS(kill),
    SCMP_SYS(socketpair),
    SCMP_SYS(dup),
    SCMP_SYS(dup2),
    SCMP_SYS(dup3),
    SCMP_SYS(close_range),
    SCMP_SYS(prctl),
    SCMP_SYS(setitimer),
    SCMP_SYS(alarm),
    SCMP_SYS(ioctl),
};

/* A server that keeps files and may fork to write them. */
static const int server[] = {
    SCMP_SYS(open),
    SCMP_SYS(openat),
    SCMP_SYS(stat),
    SCMP_SYS(lstat),
    SCMP_SYS(newfstatat),
    SCMP_SYS(statx),
    SCMP_SYS(fstatfs),
    SCMP_SYS(access),
    SCMP_SYS(faccessat),
    SCMP_SYS(faccessat2),
    SCMP_SYS(getdents64),
    SCMP_SYS(pread64),
    SCMP_SYS(preadv),
    SCMP_SYS(pwrite64),
    SCMP_SYS(pwritev),
    SCMP_SYS(fsync),
    SCMP_SYS(fdatasync),
    SCMP_SYS(sync_file_range),
    SCMP_SYS(ftruncate),
    SCMP_SYS(fallocate),
    SCMP_SYS(fadvise64),
    SCMP_SYS(flock),
    SCMP_SYS(rename),
    SCMP_SYS(renameat),
    SCMP_SYS(renameat2),
    SCMP_SYS(unlink),
    SCMP_SYS(unlinkat),
    SCMP_SYS(mkdir),
    SCMP_SYS(mkdirat),
    SCMP_SYS(rmdir),
    SCMP_SYS(chmod),
    SCMP_SYS(fchmod),
    SCMP_SYS(fchmodat),
    SCMP_SYS(fchown),
    SCMP_SYS(chown),
    SCMP_SYS(fchownat),
    SCMP_SYS(umask),
    SCMP_SYS(accept4),
    SCMP_SYS(listen),
    SCMP_SYS(fork),
    SCMP_SYS(vfork),
    SCMP_SYS(wait4),
    SCMP_SYS(waitid),
    SCMP_SYS(kill),
    SCMP_SYS(getpriority),
    SCMP_SYS(setpriority),
};

/* libcharon and the ESP threads. */
static const int threads[] = {
    SCMP_SYS(prctl),
};

static const int refused[] = {
    SCMP_SYS(open),
    SCMP_SYS(openat),
    SCMP_SYS(openat2),
    SCMP_SYS(stat),
    SCMP_SYS(lstat),
    SCMP_SYS(newfstatat),
    SCMP_SYS(statx),
    SCMP_SYS(access),
    SCMP_SYS(faccessat),
    SCMP_SYS(faccessat2),
    SCMP_SYS(readlink),
    SCMP_SYS(readlinkat),
    SCMP_SYS(getcwd),
    SCMP_SYS(prlimit64),
    SCMP_SYS(getrlimit),
    SCMP_SYS(ioctl),
    SCMP_SYS(socketpair),
};

static void
must(int rc, const char *what)
{
	if (rc < 0) {
		errno = -rc;
		fatal("seccomp: %s", what);
	}
}

static void
add_all(scmp_filter_ctx ctx, uint32_t action, const int *calls, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		int rc = calls[i] < 0 ? 0 : seccomp_rule_add(ctx, action, calls[i], 0);

		if (rc != -EEXIST && rc != -EACCES)
			must(rc, "rule");
	}
}

#define ADD(ctx, action, calls) add_all(ctx, action, calls, sizeof calls / sizeof calls[0])

static void
socket_rule(scmp_filter_ctx ctx, uint32_t action, int family)
{
	const struct scmp_arg_cmp is_family = {
	    .arg = 0, .op = SCMP_CMP_EQ, .datum_a = (scmp_datum_t)family};

	must(seccomp_rule_add_array(ctx, action, SCMP_SYS(socket), 1, &is_family), "socket");
}

/* New sockets of these families only; any other one is refused, not deadly: libraries try. */
static void
add_sockets(scmp_filter_ctx ctx, const int *families, size_t n)
{
	for (int family = 0; family < AF_MAX; family++) {
		int allowed = 0;

		for (size_t i = 0; i < n; i++)
			allowed |= families[i] == family;
		socket_rule(ctx, allowed ? SCMP_ACT_ALLOW : SCMP_ACT_ERRNO(EACCES), family);
	}
}

/* Children and threads, but no namespaces: in a user namespace of its own a process has every
 * capability.  What clone3 is asked cannot be seen by a filter; libc goes on with clone. */
static void
add_clone(scmp_filter_ctx ctx)
{
	const struct scmp_arg_cmp plain = {.arg = 0,
	    .op = SCMP_CMP_MASKED_EQ,
	    .datum_a = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER |
		CLONE_NEWPID | CLONE_NEWNET,
	    .datum_b = 0};

	must(seccomp_rule_add_array(ctx, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1, &plain), "clone");
	must(seccomp_rule_add(ctx, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0), "clone3");
}

static void
add_role(scmp_filter_ctx ctx, enum msg_role role)
{
	static const int internet[] = {AF_INET, AF_INET6};

	if (role == ROLE_NATPMP)
		ADD(ctx, SCMP_ACT_ALLOW, children);
	if (role == ROLE_IPSEC)
		ADD(ctx, SCMP_ACT_ALLOW, threads);
	if (role == ROLE_NATPMP || role == ROLE_IPSEC)
		add_clone(ctx);
	if (role == ROLE_IPSEC)
		add_sockets(ctx, NULL, 0);
	else
		add_sockets(ctx, internet, 2);
}

/* A sanitizer's runtime reads /proc and makes calls of its own: it is refused, not killed. */
#ifdef AT_SANITIZERS
#define DEFAULT_ACTION SCMP_ACT_ERRNO(EPERM)
#else
#define DEFAULT_ACTION SCMP_ACT_KILL_PROCESS
#endif

static void
add_server(scmp_filter_ctx ctx, enum msg_role unused)
{
	static const int families[] = {AF_INET, AF_INET6, AF_UNIX};

	ADD(ctx, SCMP_ACT_ALLOW, server);
	add_clone(ctx);
	add_sockets(ctx, families, 3);
	(void)unused;
}

static int
enter_seccomp(void (*add)(scmp_filter_ctx ctx, enum msg_role role), enum msg_role role)
{
	scmp_filter_ctx ctx;
	int rc;

	if (seccomp_api_get() < 2) {
		log_notice("this kernel has no seccomp filters");
		return 0;
	}
	ctx = seccomp_init(DEFAULT_ACTION);
	if (ctx == NULL)
		fatalx("seccomp: out of memory");
	must(seccomp_attr_set(ctx, SCMP_FLTATR_CTL_TSYNC, 1), "all threads");
	ADD(ctx, SCMP_ACT_ALLOW, everybody);
	add(ctx, role);
	ADD(ctx, SCMP_ACT_ERRNO(EACCES), refused);
	rc = seccomp_load(ctx);
	seccomp_release(ctx);
	must(rc, "load");
	return 1;
}

/* Newer than the headers of some distributions. */
#ifndef LANDLOCK_ACCESS_FS_REFER
#define LANDLOCK_ACCESS_FS_REFER (1ULL << 13)
#endif
#ifndef LANDLOCK_ACCESS_FS_TRUNCATE
#define LANDLOCK_ACCESS_FS_TRUNCATE (1ULL << 14)
#endif
#ifndef LANDLOCK_ACCESS_FS_IOCTL_DEV
#define LANDLOCK_ACCESS_FS_IOCTL_DEV (1ULL << 15)
#endif
#define SCOPE_ABSTRACT_UNIX_SOCKET (1ULL << 0)
#define SCOPE_SIGNAL (1ULL << 1)

struct ruleset {
	uint64_t handled_fs, handled_net, scoped;
};

#define READ_RIGHTS (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define WRITE_RIGHTS                                                                               \
	(LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_FILE |                          \
	    LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG |                          \
	    LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_SOCK |                           \
	    LANDLOCK_ACCESS_FS_REFER | LANDLOCK_ACCESS_FS_TRUNCATE)

/* Let these rights through below each directory that is there. */
static void
grant(int ruleset, const char *const *dirs, uint64_t rights)
{
	for (; dirs != NULL && *dirs != NULL; dirs++) {
		struct landlock_path_beneath_attr below = {.allowed_access = rights};

		below.parent_fd = open(*dirs, O_PATH | O_CLOEXEC);
		if (below.parent_fd == -1)
			continue;
		if (syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &below,
			0) == -1)
			fatal("landlock: %s", *dirs);
		close(below.parent_fd);
	}
}

/* All rights handled, none granted but below these directories: no other file can be reached,
 * whoever owns it.  Signals to and abstract sockets of processes outside are cut off too, where the
 * kernel knows how (ABI 6). */
static int
enter_landlock(const char *const *writable, const char *const *readable)
{
	struct ruleset rules = {.handled_fs = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1};
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	size_t size = offsetof(struct ruleset, handled_net);
	long fd;

	if (abi < 1) {
		log_notice("this kernel has no landlock");
		return 0;
	}
	if (abi >= 2)
		rules.handled_fs |= LANDLOCK_ACCESS_FS_REFER;
	if (abi >= 3)
		rules.handled_fs |= LANDLOCK_ACCESS_FS_TRUNCATE;
	if (abi >= 5)
		rules.handled_fs |= LANDLOCK_ACCESS_FS_IOCTL_DEV;
	if (abi >= 6) {
		rules.scoped = SCOPE_ABSTRACT_UNIX_SOCKET | SCOPE_SIGNAL;
		size = sizeof rules;
	}
	fd = syscall(SYS_landlock_create_ruleset, &rules, size, 0);
	if (fd == -1)
		fatal("landlock");
	grant((int)fd, writable, (READ_RIGHTS | WRITE_RIGHTS) & rules.handled_fs);
	grant((int)fd, readable, READ_RIGHTS);
	if (syscall(SYS_landlock_restrict_self, fd, 0) == -1)
		fatal("landlock");
	close((int)fd);
	return 1;
}

uint32_t
sandbox_enter(enum msg_role role)
{
	uint32_t features = 0;

	if (enter_landlock(NULL, NULL))
		features |= MSG_FEATURE_LANDLOCK;
	if (enter_seccomp(add_role, role))
		features |= MSG_FEATURE_SECCOMP;
	return features;
}

uint32_t
sandbox_enter_server(const char *const *writable, const char *const *readable)
{
	uint32_t features = 0;

	if (enter_landlock(writable, readable))
		features |= MSG_FEATURE_LANDLOCK;
	if (enter_seccomp(add_server, 0))
		features |= MSG_FEATURE_SECCOMP;
	return features;
}
