/*
 * A connection to the daemon's control socket.  Every function returns an exit status of the
 * command; when it is not EXIT_OK, client->why holds the sentence to print.
 */
#ifndef CLI_CLIENT_H
#define CLI_CLIENT_H

#include "base/channel.h"
#include "cli/cmd.h"
#include "cli/snapshot.h"

#define CLIENT_WAIT_MS 5000 /* the daemon answers in milliseconds, or something is wrong */

struct client {
	struct channel ch;
	union msg in; /* the message being read */
	char why[320];
};

/* EXIT_NOT_RUNNING, EXIT_DENIED; close also after a failure. */
int client_open(struct client *c, const char *path);
void client_close(struct client *c);

/* Ask for the state; with watch, again at each change. */
int client_show(struct client *c, int watch);
/* Wait for the next whole state; wait_ms -1 = for ever, else EXIT_TIMEOUT. */
int client_next(struct client *c, struct snapshot *s, int wait_ms);

/* Send a request and wait for its result, whose text is left in why in any case. */
int client_request(struct client *c, const union msg *m);

/* Open, ask once, close. */
int client_snapshot(struct client *c, const char *path, struct snapshot *s);
/* The same, with what was said to routers and by them. */
int client_snapshot_exchanges(struct client *c, const char *path, struct snapshot *s);
/* The same, with the steps on the way to the peer of this number. */
int client_snapshot_steps(struct client *c, const char *path, struct snapshot *s, uint32_t peer);

#endif
