#include "dnsupdate/server/start.h"

#include "base/file.h"
#include "base/log.h"
#include "base/proc.h"
#include "base/str.h"
#include "dnsupdate/server/limits.h"

#include <libgen.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#define LISTEN_FD_FIRST 3 /* of those from systemd, sd_listen_fds(3) */

/* Sockets that systemd opened for us: how many. */
static unsigned
adopt_sockets(struct listeners *ls)
{
	const char *pid = getenv("LISTEN_PID"), *count = getenv("LISTEN_FDS");
	unsigned long n = 0, for_pid = 0;

	if (pid == NULL || count == NULL || str_number(pid, 1, INT32_MAX, &for_pid) == -1 ||
	    for_pid != (unsigned long)getpid() || str_number(count, 0, 64, &n) == -1)
		return 0;
	for (unsigned long i = 0; i < n; i++)
		if (listeners_adopt(ls, (int)(LISTEN_FD_FIRST + i)) == -1)
			log_warnx("descriptor %lu from systemd is no UDP or TCP socket",
			    LISTEN_FD_FIRST + i);
	return (unsigned)n;
}

void
start_sockets(struct listeners *ls, const struct conf *c)
{
	char text[ENDPOINT_TEXT_MAX];

	if (adopt_sockets(ls) > 0) {
		if (listeners_have_tls(ls) && c->tls_listen.count == 0)
			log_warnx("connections to TCP port 853, passed by systemd, are closed:"
				  " \"tls-listen\" is \"none\"");
		return;
	}
	for (unsigned i = 0; i < c->listen.count; i++) {
		const struct endpoint *at = &c->listen.at[i];

		if (listeners_open(ls, at) == -1)
			fatal("cannot listen at %s", endpoint_text(at, text));
	}
	for (unsigned i = 0; i < c->tls_listen.count; i++) {
		const struct endpoint *at = &c->tls_listen.at[i];

		if (listeners_open_tls(ls, at) == -1)
			fatal("cannot listen for TLS at %s", endpoint_text(at, text));
	}
}

/* Root that may not pass over permissions (the unit's CapabilityBoundingSet) takes back for now
 * what was given away at the last start. */
static void
take_directory(const char *dir)
{
	if (dir_make(dir, 0755) == -1)
		fatal("%s", dir);
	if (geteuid() == 0 && access(dir, W_OK) == -1 && chown(dir, 0, 0) == -1)
		fatal("%s", dir);
}

void
start_directories(const struct conf *c)
{
	take_directory(c->state_dir);
	take_directory(c->run_dir);
}

void
start_give(const struct conf *c)
{
	uid_t uid;
	gid_t gid;

	if (geteuid() != 0)
		return;
	proc_user(c->user, &uid, &gid);
	if (chown(c->state_dir, uid, gid) == -1)
		fatal("%s", c->state_dir);
	if (chown(c->run_dir, uid, gid) == -1)
		fatal("%s", c->run_dir);
}

void
start_files(const struct conf *c)
{
	struct rlimit limit;
	rlim_t wanted = c->connections + LIMIT_OTHER_FILES;

	if (getrlimit(RLIMIT_NOFILE, &limit) == -1 || limit.rlim_cur >= wanted)
		return;
	limit.rlim_cur = wanted;
	if (limit.rlim_max < wanted)
		limit.rlim_max = wanted;
	if (setrlimit(RLIMIT_NOFILE, &limit) == 0)
		return;
	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < wanted)
		log_info("connections: the system allows %llu open files only",
		    (unsigned long long)limit.rlim_cur);
}

void
start_lock(const struct conf *c, const char *config_file)
{
	char config[PATH_MAX];
	const char *const writable[] = {c->state_dir, c->run_dir, NULL};
	const char *readable[] = {SYSCONFDIR, NULL, NULL}; /* and where reload looks */

	if (realpath(config_file, config) != NULL)
		readable[1] = dirname(config);
	server_lock(geteuid() == 0 ? c->user : NULL, writable, readable);
}
