/*
 * A worker's first steps.  What it logs through syslog is looked at in a mount namespace with a
 * /dev/log of our own: by root, or by anybody who may make a user namespace.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/proc.h"

/* A time zone nine hours east of Greenwich in the oldest form of tzfile(5). */
static const uint8_t zone_file[] = {
    'T', 'Z', 'i', 'f', [39] = 1, [43] = 4, 0, 0, 0x7e, 0x90, 0, 0, 'E', 'S', 'T', 0};

static int
write_zone(void)
{
	int fd = open("/dev/zone", O_WRONLY | O_CREAT, 0644);
	int rc = write(fd, zone_file, sizeof zone_file) == (ssize_t)sizeof zone_file ? 0 : -1;

	close(fd);
	return rc == -1 ? -1 : setenv("TZ", ":/dev/zone", 1);
}

/* The socket behind /dev/log, in a namespace of our own; -1 with errno. */
static int
own_syslog(void)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX, .sun_path = "/dev/log"};
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

	if (unshare(CLONE_NEWNS | (geteuid() == 0 ? 0 : CLONE_NEWUSER)) == -1 ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == -1 ||
	    mount("none", "/dev", "tmpfs", 0, NULL) == -1 ||
	    bind(fd, (struct sockaddr *)&sa, sizeof sa) == -1)
		return -1;
	return fd;
}

/* A worker's life up to its walls, and one line from behind them. */
static void __attribute__((noreturn)) live(void)
{
	static const struct worker_options options = {
	    .log_level = LOG_LEVEL_NOTICE, .use_syslog = 1};
	struct channel ch;
	struct tm tm;
	time_t now = time(NULL);
	int sv[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, sv) == -1 || dup2(sv[1], PROC_CHANNEL_FD) == -1)
		_exit(1);
	worker_begin(&ch, ROLE_DNSUPDATE, &options);
	kill(
	    getpid(), SIGTERM); /* as a whole service's processes may get it: the manager decides */
	worker_lock(ROLE_DNSUPDATE, &options);
	log_notice("from behind the walls");
	_exit(localtime_r(&now, &tm) != NULL && tm.tm_gmtoff == 9 * 3600 ? 0 : 2);
}

/* In a process of its own, for the namespaces.  The exit status tells which step failed. */
static int
worker_and_syslog(void)
{
	char line[256] = "";
	struct pollfd pfd = {.fd = own_syslog(), .events = POLLIN};
	int status;
	pid_t pid;

	if (pfd.fd == -1 || write_zone() == -1)
		return 10;
	if ((pid = fork()) == 0)
		live();
	if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
		return 20 + WEXITSTATUS(status);
	if (poll(&pfd, 1, 5000) != 1 || recv(pfd.fd, line, sizeof line - 1, 0) <= 0)
		return 30;
	return strstr(line, "from behind the walls") != NULL ? 0 : 31;
}

static void
syslog_from_behind_the_walls(void **state)
{
	pid_t pid = fork();
	int status;

	if (pid == 0)
		_exit(worker_and_syslog());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(syslog_from_behind_the_walls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
