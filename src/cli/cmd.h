/*
 * autotunnel(1): a table of verbs.  A verb's function gets its own arguments, argv[0] being the
 * verb, reads them with getopt_long, prints data on stdout and remarks on stderr, and returns one
 * of the exit statuses below.
 */
#ifndef CLI_CMD_H
#define CLI_CMD_H

#include "config/config.h"

/* The same for all verbs; autotunnel(1), EXIT STATUS. */
enum exit_status {
	EXIT_OK = 0,
	EXIT_ERROR = 1, /* anything not listed */
	EXIT_USAGE = 2,
	EXIT_NOT_RUNNING = 3, /* the daemon */
	EXIT_NO_PEER = 4, /* no such peer, or this device is not enrolled */
	EXIT_UNREACHABLE = 5,
	EXIT_DEGRADED = 6, /* with --strict only */
	EXIT_TIMEOUT = 7,
	EXIT_DENIED = 8,
};

struct cmd {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *arguments; /* as in the man page's SYNOPSIS */
	const char *help; /* one line, no final dot */
};

/* The table, ended by a NULL name; and a search in it, NULL when there is none. */
extern const struct cmd cmds[];
const struct cmd *cmd_find(const char *name);

/* For a verb's wrong arguments: its usage line on stderr.  Returns EXIT_USAGE. */
int cmd_usage(const char *name);

/* The configuration (-c FILE, else the usual one), read at the first call; ends the program with
 * EXIT_ERROR when it is wrong. */
const struct config *cmd_config(void);

/* Where the daemon listens: -s SOCKET, else run-dir of the configuration. */
const char *cmd_socket(void);

/* A remark on stderr: "autotunnel: TEXT". */
void cmd_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

int cmd_status(int argc, char **argv);
int cmd_ping(int argc, char **argv);
int cmd_trace(int argc, char **argv);
int cmd_map(int argc, char **argv);
int cmd_metrics(int argc, char **argv);
int cmd_wait(int argc, char **argv);
int cmd_log(int argc, char **argv);
int cmd_reload(int argc, char **argv);
int cmd_sleep(int argc, char **argv);
int cmd_version(int argc, char **argv);

/* Who belongs to the account: cmd_devices.c and so on */
int cmd_invite(int argc, char **argv);
int cmd_devices(int argc, char **argv);
int cmd_revoke(int argc, char **argv);
int cmd_rename(int argc, char **argv);
int cmd_leave(int argc, char **argv);
int cmd_account(int argc, char **argv);

/* Enrolment: cmd_init.c, cmd_join.c, cmd_zone.c */
int cmd_init(int argc, char **argv);
int cmd_join(int argc, char **argv);
int cmd_repair(int argc, char **argv);
int cmd_zone(int argc, char **argv);

#endif
