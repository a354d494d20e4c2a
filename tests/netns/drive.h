/* What the programs share that play the manager for one worker: starting it, and telling it. */
#ifndef TESTS_NETNS_DRIVE_H
#define TESTS_NETNS_DRIVE_H

#include "base/log.h"
#include "base/proc.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

static struct channel channel;
static pid_t worker;

/* run is the worker's main function; user as in struct worker_options. */
static void
start_worker(int (*run)(const struct worker_options *opt), enum msg_role role, const char *user)
{
	struct worker_options opt = {.user = user, .log_level = LOG_LEVEL_DEBUG};
	int sv[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sv) == -1)
		fatal("socketpair");
	worker = fork();
	if (worker == 0) {
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		dup2(sv[1], PROC_CHANNEL_FD);
		exit(run(&opt));
	}
	close(sv[1]);
	channel_init(&channel, sv[0], ROLE_MANAGER, role);
}

static void
send_message(const union msg *m)
{
	if (channel_send(&channel, m, -1) == -1)
		fatal("sending %s", msg_name(m->hdr.type));
}

#endif
