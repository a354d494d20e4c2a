/* What the files control*.c share; nobody else includes it. */
#ifndef MANAGER_CONTROL_INNER_H
#define MANAGER_CONTROL_INNER_H

#include "base/limit.h"
#include "manager/control.h"

#include <sys/un.h>

struct client {
	TAILQ_ENTRY(client) entry;
	struct control *control;
	struct loop_channel *channel;
	int privileged; /* root or ourselves: may change things */
	int watch, exchanges;
	uint32_t steps; /* on the way to this machine, too; 0 = to none */
	/* A snapshot that is under way: more machines than the socket holds go out as it drains. */
	int sending, again; /* again: it is old before it is whole */
	uint32_t last_id, peers; /* the last machine sent, and how many so far */
};

TAILQ_HEAD(client_list, client);

struct control {
	struct manager *manager;
	int fd;
	char path[sizeof((struct sockaddr_un *)0)->sun_path];
	struct loop_fd *listener;
	struct loop_timer *timer;
	int pending;
	struct client_list clients;
	unsigned count, unprivileged;
	struct limit asked; /* by the unprivileged */
};

/* control_show.c: the whole state to this client, from the beginning; what had to wait for room.
 * 0, also when the rest has to wait; -1: nothing more to this client. */
int control_show(struct client *cl);
int control_show_rest(struct client *cl);

/* control_ask.c: do what the client asks, and answer it: 0, or -1: nothing more to this client. */
int control_take(struct client *cl, const union msg *msg);
int control_answer(struct client *cl, enum ctl_code code, const char *text);

#endif
