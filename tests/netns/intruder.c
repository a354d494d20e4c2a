/*
 * Compromised worker: who has taken one over tries to get further.  Locks itself in as the worker
 * of that role does, as its user, and then does what an intruder would; threat_worker.sh runs it on
 * a machine whose daemon is alive.
 *
 *	intruder ROLE USER [PID...] [PATH...]
 *
 * PIDs are of processes to attack, PATHs of files and sockets to open.  One line an attempt, "got
 * in: WHAT" or "refused: WHAT"; status 1 when one succeeded.
 */
#include "base/log.h"
#include "base/proc.h"
#include "base/str.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static enum msg_role role;
static struct worker_options options = {.log_level = LOG_LEVEL_ERROR};
static const char *path;
static pid_t victim;
static int successes;

static int
reads_file(void)
{
	return open(path, O_RDONLY) != -1;
}

static int
writes_file(void)
{
	return open(path, O_WRONLY | O_CREAT, 0600) != -1;
}

static int
removes_file(void)
{
	return unlink(path) == 0;
}

static int
connects(void)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);

	return fd != -1 && str_copy(sun.sun_path, sizeof sun.sun_path, path) == 0 &&
	    connect(fd, (struct sockaddr *)&sun, sizeof sun) == 0;
}

static int
executes(void)
{
	execl(path, path, "-c", "exit 17",
	    (char *)NULL); /* 17 is what attempt() takes for a success */
	return 0;
}

static int
traces(void)
{
	return ptrace(PTRACE_ATTACH, victim, NULL, NULL) == 0;
}

static int
reads_memory(void)
{
	char byte;
	struct iovec local = {&byte, 1}, remote = {(void *)(uintptr_t)&options, 1};

	return process_vm_readv(victim, &local, 1, &remote, 1, 0) == 1 ||
	    (errno != EPERM && errno != EACCES && errno != ESRCH && errno != ENOSYS);
}

static int
opens_memory(void)
{
	char name[PATH_MAX];

	snprintf(name, sizeof name, "/proc/%d/mem", (int)victim);
	return open(name, O_RDWR) != -1;
}

static int
kills(void)
{
	return kill(victim, SIGCONT) == 0;
}

static int
becomes_root(void)
{
	return setuid(0) == 0;
}

static int
sniffs(void)
{
	return socket(AF_PACKET, SOCK_RAW, 0) != -1;
}

static int
forges_packets(void)
{
	return socket(AF_INET, SOCK_RAW, IPPROTO_UDP) != -1;
}

static int
routes(void)
{
	return socket(AF_NETLINK, SOCK_RAW, 0) != -1;
}

/* In a child of its own: many attempts are deadly. */
static void
attempt(const char *what, const char *whom, int (*act)(void))
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		worker_lock(role, &options);
		_exit(act() ? 17 : 0);
	}
	if (pid == -1 || waitpid(pid, &status, 0) != pid)
		fatal("a child");
	if (WIFEXITED(status) && WEXITSTATUS(status) == 17)
		successes++;
	else if (!(WIFEXITED(status) && WEXITSTATUS(status) == 0) &&
	    !(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS))
		fatalx("%s %s: ended by %d, which proves nothing", what, whom, status);
	printf("%s: %s %s\n", WIFEXITED(status) && WEXITSTATUS(status) == 17 ? "got in" : "refused",
	    what, whom);
	fflush(stdout);
}

static void
attack_process(const char *whom)
{
	attempt("trace", whom, traces);
	attempt("read the memory of", whom, reads_memory);
	attempt("open the memory of", whom, opens_memory);
	attempt("signal", whom, kills);
}

static void
attack_path(const char *whom)
{
	struct stat st;

	if (stat(path, &st) == -1)
		fatal("%s must be there to be attacked", whom);
	if (S_ISSOCK(st.st_mode)) {
		attempt("connect to", whom, connects);
		return;
	}
	attempt("read", whom, reads_file);
	attempt("write", whom, writes_file);
	attempt("execute", whom, executes);
	attempt("remove", whom, removes_file);
}

int
main(int argc, char **argv)
{
	unsigned long number;

	log_init("intruder", 0);
	if (argc < 3 || (role = proc_role_parse(argv[1])) == 0)
		fatalx("usage: intruder ROLE USER [PID...] [PATH...]");
	options.user = argv[2];
	attempt("become", "root", becomes_root);
	attempt("sniff", "the network", sniffs);
	attempt("forge", "packets", forges_packets);
	attempt("change", "routes", routes);
	for (int i = 3; i < argc; i++) {
		path = argv[i];
		victim = 0;
		if (str_number(argv[i], 1, INT_MAX, &number) == 0) {
			victim = (pid_t)number;
			attack_process(argv[i]);
		} else {
			attack_path(argv[i]);
		}
	}
	return successes > 0;
}
