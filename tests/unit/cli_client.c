/* The client against daemons that misbehave: none, one that refuses, hangs up, is silent, of
 * another version, or does not say all. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "cli/client.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static const char path[] = "cli_client.sock";
static struct client c;
static struct snapshot *s;

static int
listen_there(void)
{
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	snprintf(un.sun_path, sizeof un.sun_path, "%s", path);
	unlink(path);
	assert_int_equal(bind(fd, (struct sockaddr *)&un, sizeof un), 0);
	assert_int_equal(listen(fd, 4), 0);
	return fd;
}

static void
say(int fd, enum msg_type type, uint32_t n)
{
	union msg m;

	msg_begin(&m, type, type == MSG_CTL_PEER ? 1 : 0);
	if (type == MSG_CTL_SELF) {
		m.ctl_self.enrolled = 1;
	} else if (type == MSG_CTL_MAPPING) {
		m.ctl_mapping.state.state = NAT_ASKING;
	} else if (type == MSG_CTL_DNS) {
		m.ctl_dns.state.status = DNS_STARTING;
	} else if (type == MSG_CTL_PEER) {
		snprintf(m.ctl_peer.dns.name, MSG_NAME_MAX, "nas.alice.example.net");
		m.ctl_peer.tunnel.state = TUNNEL_IDLE;
	} else if (type == MSG_CTL_END) {
		m.ctl_end.peers = n;
	} else if (type == MSG_CTL_RESULT) {
		m.ctl_result.code = n;
		snprintf(m.ctl_result.text, MSG_TEXT_MAX, "because");
	}
	if (send(fd, &m, msg_size(m.hdr.type), MSG_NOSIGNAL) == -1)
		_exit(1);
}

static void
say_all(int fd, uint32_t peers, uint32_t claimed)
{
	say(fd, MSG_CTL_SELF, 0);
	say(fd, MSG_CTL_MAPPING, 0);
	say(fd, MSG_CTL_DNS, 0);
	say(fd, MSG_CTL_ROSTER, 0);
	while (peers-- > 0)
		say(fd, MSG_CTL_PEER, 0);
	say(fd, MSG_CTL_END, claimed);
}

enum daemon {
	WELL,
	TWICE,
	TOO_FEW,
	HANGS_UP,
	STOPS_HALF_WAY,
	SILENT,
	DENIES,
	OTHER_VERSION,
	DONE,
	FAILS,
	GARBAGE
};

static void
act(enum daemon kind, int fd)
{
	union msg m;

	if (kind != HANGS_UP && recv(fd, &m, sizeof m, 0) <= 0)
		_exit(1);
	switch (kind) {
	case TWICE:
		say_all(fd, 0, 0);
		say_all(fd, 1, 1);
		break;
	case WELL:
		say_all(fd, 2, 2);
		break;
	case TOO_FEW:
		say_all(fd, 1, 2);
		break;
	case STOPS_HALF_WAY:
		say(fd, MSG_CTL_SELF, 0);
		break;
	case SILENT:
		pause();
		break;
	case DENIES:
		say(fd, MSG_CTL_RESULT, CTL_DENIED);
		break;
	case OTHER_VERSION:
		say(fd, MSG_CTL_RESULT, CTL_VERSION);
		break;
	case DONE:
		say(fd, MSG_CTL_RESULT, CTL_DONE);
		break;
	case FAILS:
		say(fd, MSG_CTL_RESULT, CTL_FAILED);
		break;
	case GARBAGE:
		(void)!send(fd, "garbage that is no message", 26, MSG_NOSIGNAL);
		break;
	case HANGS_UP:
		break;
	}
}

static pid_t
serve(enum daemon kind)
{
	int fd = listen_there();
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		act(kind, accept(fd, NULL, NULL));
		_exit(0);
	}
	close(fd);
	return pid;
}

static void
end(pid_t pid)
{
	kill(pid, SIGTERM);
	waitpid(pid, NULL, 0);
	unlink(path);
}

static const struct {
	enum daemon kind;
	int status;
	const char *why; /* a part of it */
} shows[] = {
    {WELL, EXIT_OK, ""},
    {TOO_FEW, EXIT_ERROR, "not whole"},
    {HANGS_UP, EXIT_NOT_RUNNING, "closed the connection"},
    {STOPS_HALF_WAY, EXIT_NOT_RUNNING, "closed the connection"},
    {DENIES, EXIT_DENIED, "because"},
    {OTHER_VERSION, EXIT_ERROR, "because"},
    {DONE, EXIT_ERROR, "because"},
    {GARBAGE, EXIT_ERROR, "another version"},
};

static void
shows_or_says_why(void **state)
{
	for (size_t i = 0; i < sizeof shows / sizeof shows[0]; i++) {
		pid_t pid = serve(shows[i].kind);

		assert_int_equal(client_snapshot(&c, path, s), shows[i].status);
		if (strstr(c.why, shows[i].why) == NULL)
			fail_msg("\"%s\" does not say \"%s\"", c.why, shows[i].why);
		if (shows[i].kind == WELL)
			assert_int_equal(s->peers, 2);
		end(pid);
	}
}

static void
watches(void **state)
{
	pid_t pid = serve(TWICE);

	assert_int_equal(client_open(&c, path), EXIT_OK);
	assert_int_equal(client_show(&c, 1), EXIT_OK);
	assert_int_equal(client_next(&c, s, -1), EXIT_OK);
	assert_int_equal(s->peers, 0);
	assert_int_equal(client_next(&c, s, -1), EXIT_OK);
	assert_int_equal(s->peers, 1);
	assert_int_equal(client_next(&c, s, -1), EXIT_NOT_RUNNING);
	client_close(&c);
	end(pid);
}

static void
times_out(void **state)
{
	pid_t pid = serve(SILENT);

	assert_int_equal(client_open(&c, path), EXIT_OK);
	assert_int_equal(client_show(&c, 0), EXIT_OK);
	assert_int_equal(client_next(&c, s, 30), EXIT_TIMEOUT);
	assert_non_null(strstr(c.why, "does not answer"));
	client_close(&c);
	end(pid);
}

static void
requests(void **state)
{
	static const struct {
		enum daemon kind;
		int status;
	} cases[] = {{DONE, EXIT_OK}, {DENIES, EXIT_DENIED}, {FAILS, EXIT_ERROR},
	    {WELL, EXIT_ERROR}, {STOPS_HALF_WAY, EXIT_ERROR}, {HANGS_UP, EXIT_NOT_RUNNING}};
	union msg m;

	msg_begin(&m, MSG_CTL_RELOAD, 0);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		pid_t pid = serve(cases[i].kind);

		assert_int_equal(client_open(&c, path), EXIT_OK);
		assert_int_equal(client_request(&c, &m), cases[i].status);
		client_close(&c);
		end(pid);
	}
}

static void
nobody_there(void **state)
{
	char long_path[200];

	unlink(path);
	assert_int_equal(client_snapshot(&c, path, s), EXIT_NOT_RUNNING);
	assert_non_null(strstr(c.why, "is not running"));
	/* A socket that its owner left behind. */
	close(listen_there());
	assert_int_equal(client_snapshot(&c, path, s), EXIT_NOT_RUNNING);
	unlink(path);
	memset(long_path, 'a', sizeof long_path);
	long_path[sizeof long_path - 1] = '\0';
	assert_int_equal(client_snapshot(&c, long_path, s), EXIT_ERROR);
}

/* Root may connect anywhere: the child becomes nobody. */
static void
not_permitted(void **state)
{
	int fd = listen_there(), status;
	pid_t pid;

	assert_int_equal(chmod(path, 0600), 0);
	if (geteuid() != 0)
		assert_int_equal(chmod(path, 0), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		if (geteuid() == 0 && setuid(65534) != 0)
			_exit(100);
		_exit(client_snapshot(&c, path, s));
	}
	waitpid(pid, &status, 0);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), EXIT_DENIED);
	close(fd);
	unlink(path);
}

static int
set_up(void **state)
{
	s = snapshot_new();
	return 0;
}

static int
tear_down(void **state)
{
	free(s);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(shows_or_says_why),
	    cmocka_unit_test(watches),
	    cmocka_unit_test(times_out),
	    cmocka_unit_test(requests),
	    cmocka_unit_test(nobody_there),
	    cmocka_unit_test(not_permitted),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
