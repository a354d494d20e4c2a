/*
 * Workers that misbehave, and the manager's side of it.  The program plays both: started with -x,
 * as the manager starts a worker, it does what the environment variable FAKE_WORKER says.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "manager/manager.h"
#include "manager/worker.h"

/* ---- the worker's side ---- */

#define LAST_WORDS 100 /* fewer than a socket holds, more than are read in one turn */

static void
say_hello(void)
{
	struct msg_hello hello = {.hdr = {.type = MSG_HELLO}, .version = MSG_VERSION};

	send(PROC_CHANNEL_FD, &hello, sizeof hello, 0);
}

static void
say_epochs(void)
{
	struct msg_dns_state state = {.hdr = {.type = MSG_DNS_STATE}, .status = DNS_OK};

	say_hello();
	for (state.epoch = 1; state.epoch <= LAST_WORDS; state.epoch++)
		send(PROC_CHANNEL_FD, &state, sizeof state, 0);
}

static void
say_with_descriptor(void)
{
	struct msg_hello hello = {.hdr = {.type = MSG_HELLO}, .version = MSG_VERSION};
	struct iovec iov = {&hello, sizeof hello};
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(int))];
	} control = {.head = {.cmsg_level = SOL_SOCKET,
			 .cmsg_type = SCM_RIGHTS,
			 .cmsg_len = CMSG_LEN(sizeof(int))}};
	struct msghdr message = {.msg_iov = &iov,
	    .msg_iovlen = 1,
	    .msg_control = &control,
	    .msg_controllen = sizeof control};

	sendmsg(PROC_CHANNEL_FD, &message, 0);
}

/* The size of every kind of rubbish, sent by one that then waits to be killed. */
static void
say_rubbish(const char *kind)
{
	static union msg msg;
	size_t len = sizeof msg.hello;

	msg.hello = (struct msg_hello) {.hdr = {.type = MSG_HELLO}, .version = MSG_VERSION};
	if (strcmp(kind, "descriptor") == 0) {
		say_with_descriptor();
		return;
	}
	if (strcmp(kind, "version") == 0)
		msg.hello.version++;
	else if (strcmp(kind, "short") == 0)
		len = 3;
	else if (strcmp(kind, "long") == 0)
		len = sizeof msg;
	else
		msg.hdr.type =
		    strcmp(kind, "unknown") == 0 ? MSG_TYPE_MAX : MSG_QUIT; /* "reverse" */
	if (strcmp(kind, "early") == 0) {
		msg.dns_state =
		    (struct msg_dns_state) {.hdr = {.type = MSG_DNS_STATE}, .status = DNS_OK};
		len = sizeof msg.dns_state;
	} else if (strcmp(kind, "foreign") == 0) {
		say_hello();
		msg.ipsec_state = (struct msg_ipsec_state) {
		    .hdr = {.type = MSG_IPSEC_STATE, .id = 1}, .state = TUNNEL_IDLE};
		len = sizeof msg.ipsec_state;
	}
	send(PROC_CHANNEL_FD, &msg, len, 0);
}

/* Sleeps until it is woken, then reads.  Its exit status is the number of peers it knows at QUIT.
 */
static int
count_peers(void)
{
	static uint8_t known[1024];
	static union msg msg;
	int count = 0;

	say_hello();
	raise(SIGSTOP);
	while (recv(PROC_CHANNEL_FD, &msg, sizeof msg, 0) > 0) {
		if (msg.hdr.type == MSG_QUIT)
			return count;
		if (msg.hdr.id >= sizeof known)
			return 250;
		if (msg.hdr.type == MSG_IPSEC_PEER) {
			count += !known[msg.hdr.id];
			known[msg.hdr.id] = 1;
		} else if (msg.hdr.type == MSG_IPSEC_FORGET) {
			if (!known[msg.hdr.id])
				return 251;
			count--;
			known[msg.hdr.id] = 0;
		}
	}
	return 252;
}

static int
play_worker(const char *part)
{
	if (strcmp(part, "dies") == 0)
		return 7;
	if (strcmp(part, "epochs") == 0) {
		say_epochs();
		return 0;
	}
	if (strcmp(part, "peers") == 0)
		return count_peers();
	say_rubbish(part);
	for (;;)
		pause();
}

/* ---- the manager's side ---- */

static struct manager m;
static struct worker *worker;
static struct loop_signal *signals;
static char dir[] = "/tmp/manager_worker.XXXXXX";
static int reaped, last_status;

static void
reap(void *ctx, int signo)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (!worker_reaped(worker, pid, status))
			continue;
		reaped++;
		last_status = status;
		loop_stop(m.loop, 0);
	}
}

static int
set_up(void **state)
{
	static const uint8_t ula[16] = {0xfd, 1, 2, 3, 4, 5, [15] = 1};

	memset(&m, 0, sizeof m);
	TAILQ_INIT(&m.peers);
	config_defaults(&m.config);
	snprintf(m.config.state_dir, sizeof m.config.state_dir, "%s", dir);
	m.program = "/proc/self/exe";
	m.dataplane = DATAPLANE_USER;
	m.link.fd = m.udp4 = m.udp6 = m.raw6 = -1;
	m.loop = loop_new();
	m.identity = calloc(1, sizeof *m.identity);
	memcpy(m.identity->ula, ula, sizeof ula);
	strcpy(m.identity->name, "nas.alice.example");
	m.identity->key.len = m.identity->cert.len = m.identity->ca.len = 1; /* passed on unread */
	signals = loop_signal_new(m.loop, SIGCHLD, reap, NULL);
	reaped = 0;
	return 0;
}

static int
tear_down(void **state)
{
	struct msg_worker_info info = {0};
	struct peer *p;

	worker_info(worker, &info);
	worker_kill(worker);
	if (info.pid != 0)
		waitpid((pid_t)info.pid, NULL, 0);
	worker_free(worker);
	while ((p = TAILQ_FIRST(&m.peers)) != NULL)
		peer_free(&m, p);
	loop_signal_free(signals);
	loop_free(m.loop);
	free(m.identity);
	return 0;
}

static uint32_t
worker_pid(void)
{
	struct msg_worker_info info;

	worker_info(worker, &info);
	return info.pid;
}

static void
start(enum msg_role role, const char *part)
{
	setenv("FAKE_WORKER", part, 1);
	worker = worker_new(&m, role, NULL, 0);
	assert_int_not_equal(worker_pid(), 0);
}

static void
expired(void *ctx)
{
	loop_stop(m.loop, 1);
}

/* Run until the worker has ended; 0, or 1 when ms have passed. */
static int
run(uint64_t ms)
{
	struct loop_timer *timer = loop_timer_new(m.loop, expired, NULL);
	int rc;

	loop_timer_set(timer, ms);
	rc = loop_run(m.loop);
	loop_timer_free(timer);
	return rc;
}

/* Who breaks the protocol is killed at once, and another one is to come. */
static void
rubbish_is_deadly(void **state)
{
	static const char *const kinds[] = {
	    "short", "long", "unknown", "reverse", "version", "early", "foreign", "descriptor"};

	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		start(ROLE_DNSUPDATE, kinds[i]);
		assert_int_equal(run(5000), 0);
		assert_true(WIFSIGNALED(last_status));
		assert_int_equal(WTERMSIG(last_status), SIGKILL);
		assert_false(worker_ready(worker));
		worker_free(worker);
	}
	worker = NULL;
}

/* Its end and its last words arrive together: none of them may be lost. */
static void
last_words_are_heard(void **state)
{
	siginfo_t info;

	start(ROLE_DNSUPDATE, "epochs");
	assert_int_equal(waitid(P_PID, worker_pid(), &info, WEXITED | WNOWAIT), 0);
	assert_int_equal(run(5000), 0);
	assert_int_equal(m.epoch, LAST_WORDS);
	assert_int_equal(identity_epoch_load(dir), LAST_WORDS);
}

static void
restarts_take_longer_and_longer(void **state)
{
	uint64_t begin = clock_boot_ms();

	start(ROLE_NATPMP, "dies");
	assert_int_equal(run(500), 0);
	assert_int_equal(WEXITSTATUS(last_status), 7);
	for (int i = 0; i < 5; i++) /* after 50, 100, 200, 400, 800 ms */
		assert_int_equal(run(5000), 0);
	assert_in_range(clock_boot_ms() - begin, 1550, 10000);
	assert_int_equal(reaped, 6);
	worker_stop(worker); /* while the next start is due */
	assert_true(worker_gone(worker));
	assert_int_equal(run(200), 1);
}

static void
learn(unsigned n, int present)
{
	struct msg_dns_peer records = {.hdr = {.type = MSG_DNS_PEER}, .present = (uint8_t)present};

	snprintf(records.name, sizeof records.name, "m%u.alice.example", n);
	if (present) {
		memcpy(records.ula, m.identity->ula, 6);
		memcpy(records.ula + 8, &n, sizeof n);
	}
	peers_learn(&m, &records);
	peers_reconcile(&m);
}

static int
all_said(void)
{
	struct peer *p;

	TAILQ_FOREACH (p, &m.peers, entry)
		if (p->dirty || p->forget)
			return 0;
	return 1;
}

static unsigned
told(void)
{
	struct peer *p;
	unsigned n = 0;

	TAILQ_FOREACH (p, &m.peers, entry)
		n += p->told != 0;
	return n;
}

#define MANY 250 /* the worker's exit status counts them */

/* More peers than the channel holds; half of them leave, and others come, while it is full. */
static void
full_channel(void **state)
{
	for (unsigned i = 0; i < MANY; i++)
		learn(i, 1);
	start(ROLE_IPSEC, "peers");
	m.ipsec = worker;
	assert_int_equal(run(500), 1);
	assert_true(worker_ready(worker));
	assert_in_range(told(), 1, MANY - 1);
	for (unsigned i = 0; i < MANY; i += 2)
		learn(i, 0);
	for (unsigned i = 1000; i < 1010; i++)
		learn(i, 1);
	learn(0, 1); /* changed its mind */
	worker_flush(worker);
	assert_false(all_said());
	kill((pid_t)worker_pid(), SIGCONT);
	for (int i = 0; i < 100 && !all_said(); i++)
		run(20);
	assert_true(all_said());
	worker_stop(worker);
	assert_int_equal(run(5000), 0);
	assert_true(WIFEXITED(last_status));
	assert_int_equal(WEXITSTATUS(last_status), m.peer_count);
}

/* A worker that died knows nothing: its successor is told all, and of the dead no more. */
static void
told_again_after_death(void **state)
{
	for (unsigned i = 0; i < 8; i++)
		learn(i, 1);
	start(ROLE_IPSEC, "peers");
	m.ipsec = worker;
	run(300);
	assert_int_equal(told(), 8);
	learn(3, 0);
	TAILQ_FIRST(&m.peers)->tunnel.state = TUNNEL_UP;
	worker_kill(worker);
	assert_int_equal(run(1000), 0);
	assert_int_equal(told(), 0);
	assert_int_equal(m.peer_count, 7);
	assert_true(TAILQ_FIRST(&m.peers)->recover_ms > 0);
	run(1500);
	assert_true(worker_ready(worker));
	assert_int_equal(told(), 7);
}

static int
make_dir(void **state)
{
	return mkdtemp(dir) == NULL ? -1 : 0;
}

static int
remove_dir(void **state)
{
	char path[64];

	snprintf(path, sizeof path, "%s/epoch", dir);
	unlink(path);
	return rmdir(dir);
}

int
main(int argc, char **argv)
{
#define WORKER_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	    WORKER_TEST(rubbish_is_deadly),
	    WORKER_TEST(last_words_are_heard),
	    WORKER_TEST(restarts_take_longer_and_longer),
	    WORKER_TEST(full_channel),
	    WORKER_TEST(told_again_after_death),
	};

	if (argc > 1 && strcmp(argv[1], "-x") == 0)
		return play_worker(getenv("FAKE_WORKER"));
	log_set_level(LOG_LEVEL_ERROR);
	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
