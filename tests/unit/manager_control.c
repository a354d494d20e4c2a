/* The control socket against clients in bad company. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "manager/control.h"

#define MANY 100

static struct manager m;
static char dir[] = "/tmp/manager_control.XXXXXX";

static void
expired(void *ctx)
{
	loop_stop(m.loop, 0);
}

/* Let the manager do what there is to do. */
static void
run(uint64_t ms)
{
	loop_timer_set(m.timer, ms);
	loop_run(m.loop);
}

static int
dial(void)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	snprintf(sa.sun_path, sizeof sa.sun_path, "%s/%s", dir, CONFIG_CONTROL_SOCKET);
	if (connect(fd, (struct sockaddr *)&sa, sizeof sa) == 0)
		return fd;
	close(fd);
	return -1;
}

static void
ask(int fd, int watch)
{
	struct msg_ctl_show show = {
	    .hdr = {.type = MSG_CTL_SHOW}, .version = MSG_VERSION, .watch = (uint32_t)watch};

	send(fd, &show, sizeof show, MSG_NOSIGNAL);
}

/* The type of the next message; 0 when it hung up, -1 when there is none. */
static int
next(int fd)
{
	union msg msg;
	ssize_t n = recv(fd, &msg, sizeof msg, 0);

	if (n == -1 && errno == ECONNRESET)
		n = recv(fd, &msg, sizeof msg, 0);
	return n == -1 ? -1 : n == 0 ? 0 : msg.hdr.type;
}

static int
set_up(void **state)
{
	memset(&m, 0, sizeof m);
	TAILQ_INIT(&m.peers);
	config_defaults(&m.config);
	snprintf(m.config.run_dir, sizeof m.config.run_dir, "%s", dir);
	m.loop = loop_new();
	m.timer = loop_timer_new(m.loop, expired, NULL);
	m.control = control_new(&m);
	return m.control == NULL ? -1 : 0;
}

static int
tear_down(void **state)
{
	control_free(m.control);
	loop_timer_free(m.timer);
	loop_free(m.loop);
	return 0;
}

/* The seventeenth is told why. */
static void
too_many(void **state)
{
	int fd[MANY], shown = 0, refused = 0;

	for (int i = 0; i < MANY; i++) {
		fd[i] = dial();
		assert_int_not_equal(fd[i], -1);
		ask(fd[i], 0);
		run(2);
	}
	for (int i = 0; i < MANY; i++) {
		int type = next(fd[i]);

		shown += type == MSG_CTL_SELF;
		refused += type == MSG_CTL_RESULT;
		close(fd[i]);
	}
	assert_int_equal(shown, 16);
	assert_int_equal(refused, MANY - 16);
	run(20); /* they are gone: there is room again */
	fd[0] = dial();
	ask(fd[0], 0);
	run(20);
	assert_int_equal(next(fd[0]), MSG_CTL_SELF);
	close(fd[0]);
}

/* As the group may: needs root, to be somebody else then. */
static void
open_to_all(void)
{
	char path[64];

	if (geteuid() != 0)
		fail_msg("needs root");
	snprintf(path, sizeof path, "%s/%s", dir, CONFIG_CONTROL_SOCKET);
	assert_int_equal(chmod(path, 0666), 0);
	assert_int_equal(chmod(dir, 0755), 0);
}

/* In another user's skin: take every place there is, and keep it. */
static void __attribute__((noreturn)) hog(int ready)
{
	if (setresgid(65534, 65534, 65534) == -1 || setresuid(65534, 65534, 65534) == -1)
		_exit(1);
	for (int i = 0; i < 16; i++)
		dial();
	(void)!write(ready, "", 1);
	for (;;)
		pause();
}

/* Members of the group cannot keep root out. */
static void
a_place_for_root(void **state)
{
	int fd, ready[2];
	pid_t pid;
	char byte;

	open_to_all();
	assert_int_equal(pipe(ready), 0);
	if ((pid = fork()) == 0)
		hog(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	run(50);
	fd = dial();
	ask(fd, 0);
	run(50);
	assert_int_equal(next(fd), MSG_CTL_SELF);
	close(fd);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	close(ready[0]);
	close(ready[1]);
}

/* In another user's skin: ask and read as fast as it goes, again and again; says how often it was
 * told something. */
static void __attribute__((noreturn)) pester(int ready)
{
	uint32_t shown = 0;

	if (setresgid(65534, 65534, 65534) == -1 || setresuid(65534, 65534, 65534) == -1)
		_exit(1);
	for (int i = 0, fd = -1; i < 1000; i++) {
		struct pollfd p = {.events = POLLIN};
		int type = 0;

		p.fd = fd = fd == -1 ? dial() : fd;
		if (fd == -1)
			_exit(2);
		ask(fd, 0);
		while (poll(&p, 1, 2000) == 1 && (type = next(fd)) > 0 && type != MSG_CTL_END)
			;
		shown += type == MSG_CTL_END;
		if (type == MSG_CTL_END)
			continue;
		close(fd);
		fd = -1;
	}
	(void)!write(ready, &shown, sizeof shown);
	_exit(0);
}

/* Nor keep the daemon busy. */
static void
no_time_for_others(void **state)
{
	uint64_t began = clock_boot_ms();
	int ready[2], status;
	uint32_t shown = 0;
	pid_t pid;

	open_to_all();
	assert_int_equal(pipe2(ready, O_NONBLOCK), 0);
	if ((pid = fork()) == 0)
		pester(ready[1]);
	while (read(ready[0], &shown, sizeof shown) == -1 && clock_boot_ms() - began < 60000)
		run(1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_in_range(shown, 100, 200 + (clock_boot_ms() - began) / 10);
	close(ready[0]);
	close(ready[1]);
}

/* Asks and asks and never reads: disconnected, and nobody else notices. */
static void
never_reads(void **state)
{
	int deaf = dial(), other;

	for (int i = 0; i < 3000; i++) {
		ask(deaf, 1);
		if (i % 50 == 0)
			run(1);
	}
	run(100);
	other = dial();
	ask(other, 0);
	run(20);
	assert_int_equal(next(other), MSG_CTL_SELF);
	while (next(deaf) > 0)
		;
	assert_int_equal(next(deaf), 0);
	close(deaf);
	close(other);
}

/* More machines than the socket holds: the rest goes out as it is read, each once; and a watcher
 * gets a new snapshot when things changed in the middle of it. */
static void
many_machines(void **state)
{
	static struct peer peers[MSG_PEERS_MAX];
	int fd = dial(), type, seen = 0, ends = 0;

	for (uint32_t i = 0; i < MSG_PEERS_MAX; i++) {
		peers[i] = (struct peer) {.id = i + 1};
		snprintf(peers[i].records.name, MSG_NAME_MAX, "m%u.example.com", i);
		peers[i].records.present = 1;
		peers[i].tunnel.state = TUNNEL_IDLE;
		peers[i].tunnel.hdr.id = i + 1;
		TAILQ_INSERT_TAIL(&m.peers, &peers[i], entry);
	}
	ask(fd, 1);
	run(20);
	control_changed(m.control);
	for (int i = 0; i < 5000 && ends < 2; i++) {
		run(1);
		for (int k = 0; k < 100 && (type = next(fd)) > 0; k++) {
			seen += type == MSG_CTL_PEER;
			ends += type == MSG_CTL_END;
			if (type == MSG_CTL_END)
				assert_int_equal(seen, ends * MSG_PEERS_MAX);
		}
	}
	assert_int_equal(ends, 2);
	close(fd);
}

static void
rubbish(void **state)
{
	static const uint8_t room[8192];
	size_t sizes[] = {1, 7, 8, 16, 4096, 8192};

	for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
		int fd = dial();

		send(fd, room, sizes[i], MSG_NOSIGNAL);
		run(20);
		assert_int_equal(next(fd), 0);
		close(fd);
	}
}

/* A second daemon leaves the first one's socket alone, even when nobody is accepting there. */
static void
second_daemon(void **state)
{
	struct manager other = {.loop = m.loop, .config = m.config};
	int fd;

	assert_null(control_new(&other));
	for (int i = 0; i < MANY; i++)
		dial();
	assert_null(control_new(&other));
	run(50);
	fd = dial();
	assert_int_not_equal(fd, -1);
	close(fd);
}

static int
make_dir(void **state)
{
	return mkdtemp(dir) == NULL ? -1 : 0;
}

static int
remove_dir(void **state)
{
	return rmdir(dir);
}

int
main(void)
{
#define CONTROL_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	    CONTROL_TEST(too_many),
	    CONTROL_TEST(a_place_for_root),
	    CONTROL_TEST(no_time_for_others),
	    CONTROL_TEST(never_reads),
	    CONTROL_TEST(many_machines),
	    CONTROL_TEST(rubbish),
	    CONTROL_TEST(second_daemon),
	};

	log_set_level(LOG_LEVEL_ERROR);
	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
