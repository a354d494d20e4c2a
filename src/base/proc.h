/*
 * Processes: the manager starts each worker as a fresh copy of the same program (fork and exec,
 * so none inherits another's memory), with its channel as descriptor 3; a worker locks itself in
 * before it reads the first message.
 */
#ifndef BASE_PROC_H
#define BASE_PROC_H

#include "base/channel.h"

#include <sys/types.h>

#define PROC_CHANNEL_FD 3

/* What the manager hands a worker on its command line. */
struct worker_options {
	const char *user; /* to become; NULL = stay (only where the manager itself is no root) */
	int log_level; /* enum log_level */
	int use_syslog;
	int keep_net_admin; /* ipsec in kernel mode */
};

/* "natpmp", "dnsupdate", "ipsec" <-> role; 0 / NULL for anything else. */
enum msg_role proc_role_parse(const char *name);
const char *proc_role_name(enum msg_role role);

/* No core dump of this process, nor may others of its user trace it: it holds secrets.  Does not
 * pass on to what it starts, but for the limit.  Ends the process when it cannot be had. */
void proc_no_dumps(void);

/* Manager: start program (a path resolved once, at start) as this worker.  *fd is our end of the
 * channel.  Returns the pid, or -1 with errno. */
pid_t proc_start(
    const char *program, enum msg_role role, const struct worker_options *opt, int *fd);

/* Worker, first thing: logging, channel from descriptor 3, all other descriptors closed, SIGPIPE
 * ignored, SIGINT, SIGTERM and SIGHUP ignored (the manager decides).  Ends the process if there is
 * no channel. */
void worker_begin(struct channel *ch, enum msg_role role, const struct worker_options *opt);

/* Worker, when everything that needs files or privileges is open: change user, give up all
 * capabilities (but CAP_NET_ADMIN where opt says so), forbid dumps and new privileges, apply
 * landlock and the role's seccomp filter.  Ends the process if any of it fails; a feature the
 * kernel lacks is logged and missing from the result (MSG_FEATURE_*). */
uint32_t worker_lock(enum msg_role role, const struct worker_options *opt);

/* A server, when its sockets are open: the same with the walls of sandbox_enter_server.  user is
 * whom to become, NULL = stay. */
uint32_t server_lock(const char *user, const char *const *writable, const char *const *readable);
/* The user's and its group's numbers; ends the process when there is no such user. */
void proc_user(const char *user, uid_t *uid, gid_t *gid);

/* Manager: keep these capabilities (bits below 32) and give up all others for good, for itself and
 * what it starts.  Ends the process on failure. */
void proc_keep_caps(uint32_t keep);

/* Worker: say HELLO with these features.  Ends the process when the manager is gone. */
void worker_hello(struct channel *ch, uint32_t features);

#endif
