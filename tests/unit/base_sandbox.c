/*
 * The walls, tried from inside: a child of each role locks itself in and then does what it must
 * not.  Works without root; what root would add (the change of user) is the lab's business.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "base/proc.h"

#ifdef AT_SANITIZERS
#define KILLED(status)                                                                             \
	((void)(status), 1) /* their runtime is refused calls, not killed; see sandbox.c */
#else
#define KILLED(status) (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS)
#endif

/* Run act inside the walls of role; its result is the exit status. */
static int
inside(enum msg_role role, int (*act)(void))
{
	static const struct worker_options options = {.log_level = LOG_LEVEL_ERROR};
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		worker_lock(role, &options);
		_exit(act());
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static int
refused(int rc)
{
	return rc == -1 && (errno == EACCES || errno == EPERM) ? 0 : 1;
}

static int
open_files(void)
{
	return refused(open("/etc/passwd", O_RDONLY)) | refused(open("/proc/self/mem", O_RDWR)) |
	    refused(open("/tmp/autotunnel-sandbox-test", O_RDWR | O_CREAT, 0600));
}

static int
other_sockets(void)
{
	return refused(socket(AF_UNIX, SOCK_STREAM, 0)) | refused(socket(AF_NETLINK, SOCK_RAW, 0)) |
	    refused(socket(AF_PACKET, SOCK_RAW, 0));
}

static int
internet_socket(void)
{
	return socket(AF_INET, SOCK_DGRAM, 0) >= 0 ? 0 : 1;
}

static int
no_internet_socket(void)
{
	return refused(socket(AF_INET, SOCK_DGRAM, 0));
}

static int
execute(void)
{
	execl("/bin/true", "true", NULL);
	return 1;
}

static int
trace(void)
{
	return (int)ptrace(PTRACE_TRACEME, 0, 0, 0);
}

static int
change_mode(void)
{
	return chmod("/tmp", 0777);
}

/* All capabilities are to be had in a user namespace of one's own. */
static int
new_namespace(void)
{
	return syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, NULL, NULL, NULL, 0) == -1 ? 2 : 1;
}

/* A filter cannot look into clone3's structure; libc must fall back to clone. */
static int
no_clone3(void)
{
	return syscall(SYS_clone3, NULL, 0) == -1 && errno == ENOSYS ? 0 : 1;
}

static void *
nothing(void *arg)
{
	return arg;
}

static int
a_thread(void)
{
	pthread_t thread;

	return pthread_create(&thread, NULL, nothing, NULL) != 0 || pthread_join(thread, NULL) != 0;
}

static int
child(void)
{
	int status;
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	return pid == -1 || waitpid(pid, &status, 0) != pid || status != 0;
}

static const enum msg_role workers[] = {ROLE_NATPMP, ROLE_DNSUPDATE, ROLE_IPSEC};

static void
no_file(void **state)
{
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(inside(workers[i], open_files), 0);
}

static void
no_other_socket(void **state)
{
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(inside(workers[i], other_sockets), 0);
}

/* The ipsec worker is handed its sockets; the others make theirs. */
static void
internet_where_needed(void **state)
{
	assert_int_equal(inside(ROLE_NATPMP, internet_socket), 0);
	assert_int_equal(inside(ROLE_DNSUPDATE, internet_socket), 0);
	assert_int_equal(inside(ROLE_IPSEC, no_internet_socket), 0);
}

static void
deadly_calls(void **state)
{
	for (size_t i = 0; i < 3; i++) {
		assert_true(KILLED(inside(workers[i], execute)));
		assert_true(KILLED(inside(workers[i], trace)));
		assert_true(KILLED(inside(workers[i], change_mode)));
	}
}

#ifdef AT_SANITIZERS
#define NO_NAMESPACE(status) (WEXITSTATUS(status) == 2) /* the call itself failed */
#else
#define NO_NAMESPACE(status) KILLED(status)
#endif

static void
no_namespaces(void **state)
{
	for (size_t i = 0; i < 3; i++)
		assert_true(NO_NAMESPACE(inside(workers[i], new_namespace)));
	assert_int_equal(inside(ROLE_NATPMP, no_clone3), 0);
	assert_int_equal(inside(ROLE_IPSEC, no_clone3), 0);
	assert_int_equal(inside(ROLE_NATPMP, child), 0);
	assert_int_equal(inside(ROLE_IPSEC, a_thread), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(no_file),
	    cmocka_unit_test(no_other_socket),
	    cmocka_unit_test(internet_where_needed),
	    cmocka_unit_test(deadly_calls),
	    cmocka_unit_test(no_namespaces),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
