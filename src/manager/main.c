/*
 * autotunneld(8).  One program, four processes: without -x it is the manager; the manager starts
 * it again with -x natpmp, -x dnsupdate and -x ipsec (see manager.h and base/proc.h).
 */
#include "base/log.h"
#include "base/proc.h"
#include "base/str.h"
#include "config/config.h"
#include "dnsupdate/dnsupdate.h"
#include "ipsec/ipsec.h"
#include "manager/manager.h"
#include "natpmp/natpmp.h"

#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct options {
	const char *config;
	int config_given;
	int foreground, check, print, debug;
	enum msg_role worker; /* 0 = manager */
	struct worker_options w;
};

static const char usage_text[] =
    "usage: autotunneld [-dfnTtv] [-c FILE]\n"
    "\n"
    "  -c, --config FILE  configuration (default " CONFIG_FILE ")\n"
    "  -f, --foreground   stay in the foreground, log to standard error\n"
    "  -d, --debug        log everything\n"
    "  -n, -t, --check    check the configuration and exit; -nv also prints it\n"
    "  -T, --print        print the effective configuration and exit\n"
    "      --help, --version\n"
    "\n"
    "autotunnel(1) makes an account, joins one and shows what the daemon does.\n"
    "See autotunneld(8) and autotunnel.conf(5).\n";

enum { OPTION_HELP = 256, OPTION_VERSION };

static const struct option long_options[] = {
    {"config", required_argument, NULL, 'c'},
    {"foreground", no_argument, NULL, 'f'},
    {"debug", no_argument, NULL, 'd'},
    {"check", no_argument, NULL, 'n'},
    {"print", no_argument, NULL, 'T'},
    {"help", no_argument, NULL, OPTION_HELP},
    {"version", no_argument, NULL, OPTION_VERSION},
    {NULL, 0, NULL, 0},
};

static void __attribute__((noreturn)) usage(void)
{
	fputs(usage_text, stderr);
	exit(2);
}

/* -x, -l, -u, -S and -K are between the manager and its workers. */
static int
worker_option(int c, struct options *o)
{
	unsigned long level;

	switch (c) {
	case 'x':
		return (o->worker = proc_role_parse(optarg)) == 0 ? -1 : 0;
	case 'l':
		if (str_number(optarg, 0, LOG_LEVEL_DEBUG, &level) != 0)
			return -1;
		o->w.log_level = (int)level;
		return 0;
	case 'u':
		o->w.user = optarg;
		return 0;
	case 'S':
		o->w.use_syslog = 1;
		return 0;
	case 'K':
		o->w.keep_net_admin = 1;
		return 0;
	default:
		return -1;
	}
}

static void
option(int c, struct options *o)
{
	switch (c) {
	case 'c':
		o->config = optarg;
		o->config_given = 1;
		break;
	case 'f':
		o->foreground = 1;
		break;
	case 'd':
		o->debug = 1;
		break;
	case 'n':
	case 't':
		o->check = 1;
		break;
	case 'v':
	case 'T':
		o->print = 1;
		break;
	case OPTION_HELP:
		fputs(usage_text, stdout);
		exit(0);
	case OPTION_VERSION:
		puts("autotunneld " PACKAGE_VERSION);
		exit(0);
	default:
		if (worker_option(c, o) != 0)
			usage();
	}
}

static int
run_worker(const struct options *o)
{
	switch (o->worker) {
	case ROLE_NATPMP:
		return natpmp_main(&o->w);
	case ROLE_DNSUPDATE:
		return dnsupdate_main(&o->w);
	default:
		return ipsec_main(&o->w);
	}
}

/* ---- going into the background: the parent leaves when the daemon has started ---- */

static int started_pipe = -1;

static void
say_started(void)
{
	if (started_pipe != -1 && write(started_pipe, "", 1) == 1)
		close(started_pipe);
	started_pipe = -1;
}

static void
wait_for_daemon(int fd)
{
	char byte;

	if (read(fd, &byte, 1) == 1)
		_exit(0);
	fputs("autotunneld: did not start; the system log says why, and so does -f\n", stderr);
	_exit(1);
}

static void
go_into_background(void)
{
	int fds[2], null;

	if (pipe2(fds, O_CLOEXEC) == -1)
		fatal("pipe");
	switch (fork()) {
	case -1:
		fatal("fork");
	case 0:
		break;
	default:
		close(fds[1]);
		wait_for_daemon(fds[0]);
	}
	close(fds[0]);
	started_pipe = fds[1];
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (setsid() == -1 || chdir("/") == -1 || null == -1)
		fatal("leaving the terminal");
	for (int fd = 0; fd < 3; fd++)
		dup2(null, fd);
	close(null);
}

/* Where a standard stream is missing the next descriptor would take its place, and get our logs. */
static void
open_standard_streams(void)
{
	int fd = open("/dev/null", O_RDWR);

	while (fd >= 0 && fd < 3)
		fd = dup(fd);
	if (fd == -1)
		exit(1);
	close(fd);
}

/* The file is read again later, from another directory. */
static void
absolute_path(const char *path, char out[PATH_MAX])
{
	char here[PATH_MAX];

	if (*path == '/' || getcwd(here, sizeof here) == NULL)
		snprintf(out, PATH_MAX, "%s", path);
	else if (snprintf(out, PATH_MAX, "%s/%s", here, path) >= PATH_MAX)
		fatalx("%s: the path is too long", path);
}

static void
find_program(char path[PATH_MAX])
{
	ssize_t n = readlink("/proc/self/exe", path, PATH_MAX - 1);

	if (n == -1)
		fatal("/proc/self/exe");
	path[n] = '\0';
}

static int
run_manager(const struct options *o)
{
	char program[PATH_MAX], config_path[PATH_MAX];
	struct config_error error;
	struct config config;

	log_init("autotunneld", 0);
	proc_no_dumps();
	if (config_load(o->config, o->config_given, &config, &error) == -1) {
		fprintf(stderr, "autotunneld: %s\n", error.text);
		return 1;
	}
	if (o->print)
		config_print(&config, stdout);
	if (o->check || o->print)
		return 0;
	if (geteuid() != 0) {
		fputs("autotunneld: must be started by root (it makes the tunnel interface)\n",
		    stderr);
		return 1;
	}
	log_set_level(o->debug ? LOG_LEVEL_DEBUG : config.log);
	find_program(program);
	absolute_path(o->config, config_path);
	if (!o->foreground) {
		go_into_background();
		log_init("autotunneld", 1);
	}
	return manager_run(program, config_path, &config, !o->foreground, say_started);
}

int
main(int argc, char **argv)
{
	struct options o = {.config = CONFIG_FILE};
	int c;

	open_standard_streams();
	while ((c = getopt_long(argc, argv, "c:dfntTvx:l:u:SK", long_options, NULL)) != -1)
		option(c, &o);
	if (optind != argc)
		usage();
	return o.worker != 0 ? run_worker(&o) : run_manager(&o);
}
