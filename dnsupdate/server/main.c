/*
 * autotunnel-dnsd(8): an authoritative name server for zones that machines write themselves.
 *
 * One process, one thread, one event loop, no privileges once its ports are open.  A message goes
 *
 *	listen.c or conn.c   in batches from UDP, framed from TCP and TLS
 *	request.c            parsed, its signature judged, then by opcode
 *	answer.c             queries, from the names in memory (zone.h)
 *	updates.c, apply.c   updates: queued, carried out together,
 *	commit.c, store.c    made durable with one sync, and only then answered
 *
 * and whatever changes in a zone, leases that run out included, goes through commit.c, whose hooks
 * tell secondaries and subscribers.  Everything but listen.c, conn.c and this file is a function of
 * bytes and times and can be tested without a socket.
 */
#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/notify.h"
#include "base/proc.h"
#include "base/str.h"
#include "dnsupdate/server/conf.h"
#include "dnsupdate/server/conn.h"
#include "dnsupdate/server/keeper.h"
#include "dnsupdate/server/limits.h"
#include "dnsupdate/server/listen.h"
#include "dnsupdate/server/load.h"
#include "dnsupdate/server/rrl.h"
#include "dnsupdate/server/secure.h"
#include "dnsupdate/server/server.h"
#include "dnsupdate/server/services.h"
#include "dnsupdate/server/subscriptions.h"
#include "dnsupdate/wire/llq.h"
#include "loop/loop.h"

#include <errno.h>
#include <getopt.h>
#include <libgen.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define DNS_PORT 53
#define DNS_TLS_PORT 853
#define LISTEN_FD_FIRST 3 /* of those from systemd, sd_listen_fds(3) */

struct options {
	const char *config;
	int check, print, pin, debug;
};

/* The running server. */
struct dnsd {
	const char *config; /* its file */
	struct conf conf;
	struct server server;
	struct loop *loop;
	struct conns *conns;
	struct listeners *listeners;
	struct keeper keeper;
	struct secure *secure; /* NULL: no TLS */
	struct subscriptions *subscriptions;
	struct loop_timer *commit_timer, *lease_timer;
	struct loop_signal *term, *interrupt, *hangup;
	int stopping;
};

static const char usage_text[] = "usage: autotunnel-dnsd [-dnT] [-c FILE]\n"
				 "\n"
				 "  -c, --config FILE  configuration (default " CONF_FILE ")\n"
				 "  -d, --debug        log everything\n"
				 "  -n, -t, --check    check the configuration and exit\n"
				 "  -T, --print        print the effective configuration and exit\n"
				 "      --pin          print the pin of the TLS key and exit\n"
				 "      --help, --version\n"
				 "\n"
				 "See autotunnel-dnsd(8) and autotunnel-dnsd.conf(5).\n";

enum { OPTION_HELP = 256, OPTION_VERSION, OPTION_PIN };

static const struct option long_options[] = {
    {"config", required_argument, NULL, 'c'},
    {"debug", no_argument, NULL, 'd'},
    {"check", no_argument, NULL, 'n'},
    {"print", no_argument, NULL, 'T'},
    {"pin", no_argument, NULL, OPTION_PIN},
    {"help", no_argument, NULL, OPTION_HELP},
    {"version", no_argument, NULL, OPTION_VERSION},
    {NULL, 0, NULL, 0},
};

static void
option(int c, struct options *o)
{
	switch (c) {
	case 'c':
		o->config = optarg;
		break;
	case 'd':
		o->debug = 1;
		break;
	case 'n':
	case 't':
		o->check = 1;
		break;
	case 'T':
		o->print = 1;
		break;
	case OPTION_PIN:
		o->pin = 1;
		break;
	case OPTION_HELP:
		fputs(usage_text, stdout);
		exit(0);
	case OPTION_VERSION:
		puts("autotunnel-dnsd " PACKAGE_VERSION);
		exit(0);
	default:
		fputs(usage_text, stderr);
		exit(2);
	}
}

static void
send_reply(void *ctx, const struct requester *to, const void *data, size_t len)
{
	struct dnsd *d = ctx;

	listeners_send(d->listeners, to, data, len);
}

static void
want_commit(void *ctx)
{
	struct dnsd *d = ctx;

	loop_timer_set(d->commit_timer, 0);
}

static void
expire_leases(void *ctx)
{
	struct dnsd *d = ctx;
	uint64_t sec = server_expire(&d->server, clock_wall_sec());

	listeners_flush(d->listeners);
	/* looked at each second at most: new leases may be shorter than all before */
	loop_timer_set(d->lease_timer, sec > 0 ? 1000 : 100);
}

static void
commit_now(void *ctx)
{
	struct dnsd *d = ctx;

	server_commit(&d->server, clock_wall_sec());
	listeners_flush(d->listeners);
}

static void
flush(void *ctx)
{
	struct dnsd *d = ctx;

	listeners_flush(d->listeners);
}

static void
stop_now(void *ctx)
{
	struct dnsd *d = ctx;

	loop_stop(d->loop, 0);
}

/* Clients with sessions are asked to leave first (RFC 8490 section 6.6); nobody waits for long, and
 * a second signal ends it. */
static void
stop(void *ctx, int signo)
{
	struct dnsd *d = ctx;

	log_notice("stopping on signal %d", signo);
	notify_service_manager("STOPPING=1");
	if (d->stopping || subscriptions_shut_down(d->subscriptions, stop_now, d) == 0)
		stop_now(d);
	d->stopping = 1;
}

static int
load_zones(struct dnsd *d, struct conf_error *error)
{
	for (const struct conf_zone *cz = d->conf.zones; cz != NULL; cz = cz->next) {
		struct zone *z = load_name(cz, error);

		if (z == NULL)
			return -1;
		zones_add(&d->server.zones, z);
		if (load_keys(&d->server, cz, z, 1, error) == -1)
			return -1;
	}
	return 0;
}

/* Sockets that systemd opened for us: how many. */
static unsigned
adopt_sockets(struct dnsd *d)
{
	const char *pid = getenv("LISTEN_PID"), *count = getenv("LISTEN_FDS");
	unsigned long n = 0, for_pid = 0;

	if (pid == NULL || count == NULL || str_number(pid, 1, INT32_MAX, &for_pid) == -1 ||
	    for_pid != (unsigned long)getpid() || str_number(count, 0, 64, &n) == -1)
		return 0;
	for (unsigned long i = 0; i < n; i++)
		if (listeners_adopt(d->listeners, (int)(LISTEN_FD_FIRST + i)) == -1)
			log_warnx("descriptor %lu from systemd is no UDP or TCP socket",
			    LISTEN_FD_FIRST + i);
	return (unsigned)n;
}

static void
open_sockets(struct dnsd *d)
{
	char text[ENDPOINT_TEXT_MAX];

	if (adopt_sockets(d) > 0)
		return;
	for (unsigned i = 0; i < d->conf.listen.count; i++) {
		const struct endpoint *at = &d->conf.listen.at[i];

		if (listeners_open(d->listeners, at) == -1)
			fatal("cannot listen at %s", endpoint_text(at, text));
	}
	for (unsigned i = 0; i < d->conf.tls_listen.count; i++) {
		const struct endpoint *at = &d->conf.tls_listen.at[i];

		if (listeners_open_tls(d->listeners, at) == -1)
			fatal("cannot listen for TLS at %s", endpoint_text(at, text));
	}
}

/* The key for TLS: the file named, or one of our own; it may be made here. */
static struct secure *
open_key(const struct conf *conf)
{
	char why[SECURE_WHY_MAX], path[CONF_PATH_MAX + 16];
	const char *name = "autotunnel-dnsd";
	struct secure *s;

	snprintf(path, sizeof path, "%s%s",
	    conf->tls_key[0] != '\0' ? conf->tls_key : conf->state_dir,
	    conf->tls_key[0] != '\0' ? "" : "/tls.pem");
	if (conf->zones != NULL)
		name = conf->zones->name;
	s = secure_new(path, name, why);
	if (s == NULL)
		fatalx("%s", why);
	return s;
}

static void
begin_tls(struct dnsd *d)
{
	char why[SECURE_WHY_MAX], pin[PIN_TEXT_MAX];
	struct name name;

	if (d->conf.tls_listen.count == 0)
		return;
	tls_prepare();
	d->secure = open_key(&d->conf);
	for (const struct conf_zone *cz = d->conf.zones; cz != NULL; cz = cz->next)
		if (cz->account_ca[0] != '\0' && name_parse(&name, cz->name) == 0 &&
		    secure_add_account(
			d->secure, zones_get(&d->server.zones, &name), cz->account_ca, why) == -1)
			fatalx("%s", why);
	listeners_set_secure(d->listeners, d->secure);
	log_notice("TLS key pin %s", secure_pin(d->secure, pin));
}

static void
begin_subscriptions(struct dnsd *d)
{
	struct subscriptions_config config = {
	    .certified = d->secure != NULL ? secure_certified : NULL,
	    .certified_ctx = d->secure,
	    .flush = flush,
	    .flush_ctx = d,
	};

	d->subscriptions = subscriptions_new(d->loop, &d->server, &config);
}

/* A directory of ours, which the user we become may write. */
static void
own_directory(const char *dir, uid_t uid, gid_t gid)
{
	if (dir_make(dir, 0755) == -1)
		fatal("%s", dir);
	if (geteuid() == 0 && chown(dir, uid, gid) == -1)
		fatal("%s", dir);
}

static void
make_directories(struct dnsd *d)
{
	uid_t uid = geteuid();
	gid_t gid = getegid();

	if (uid == 0)
		proc_user(d->conf.user, &uid, &gid);
	own_directory(d->conf.state_dir, uid, gid);
	own_directory(d->conf.run_dir, uid, gid);
}

/* A descriptor for each connection, as far as we may. */
static void
allow_files(const struct conf *c)
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

/* Nothing of root's and nothing of the system's from here on. */
static void
lock_in(struct dnsd *d)
{
	char config[PATH_MAX];
	const char *const writable[] = {d->conf.state_dir, d->conf.run_dir, NULL};
	const char *readable[] = {SYSCONFDIR, NULL, NULL}; /* and where reload looks */

	if (realpath(d->config, config) != NULL)
		readable[1] = dirname(config);
	server_lock(geteuid() == 0 ? d->conf.user : NULL, writable, readable);
}

static void
begin(struct dnsd *d)
{
	d->loop = loop_new();
	d->conns = conns_new(d->loop, &d->server, d->conf.connections, d->conf.network_connections);
	d->listeners = listeners_new(d->loop, &d->server, d->conns);
	d->commit_timer = loop_timer_new(d->loop, commit_now, d);
	d->lease_timer = loop_timer_new(d->loop, expire_leases, d);
	d->term = loop_signal_new(d->loop, SIGTERM, stop, d);
	d->interrupt = loop_signal_new(d->loop, SIGINT, stop, d);
	d->server.send = send_reply;
	d->server.send_ctx = d;
	d->server.want_commit = want_commit;
	d->server.commit_ctx = d;
	if (d->conf.rate_limit > 0)
		d->server.rrl = rrl_new(d->conf.rate_limit);
	d->server.lease_min_sec = d->conf.lease_min;
	d->server.lease_max_sec = d->conf.lease_max;
	d->server.key_lease_max_sec = d->conf.key_lease_max;
	loop_timer_set(d->lease_timer, 1000);
	begin_tls(d);
	begin_subscriptions(d);
}

static void
end(struct dnsd *d)
{
	server_commit(&d->server, clock_wall_sec());
	listeners_flush(d->listeners);
	conns_free(d->conns);
	keeper_end(&d->keeper);
	subscriptions_free(d->subscriptions);
	listeners_free(d->listeners);
	secure_free(d->secure);
	loop_timer_free(d->commit_timer);
	loop_timer_free(d->lease_timer);
	loop_signal_free(d->term);
	loop_signal_free(d->interrupt);
	loop_signal_free(d->hangup);
	loop_free(d->loop);
}

/* The port of one of our addresses: this one, else the first's; 0 when there is none. */
static uint16_t
port_of(const struct conf_addresses *list, uint16_t wanted)
{
	for (unsigned i = 0; i < list->count; i++)
		if (list->at[i].port == wanted)
			return wanted;
	return list->count > 0 ? list->at[0].port : 0;
}

/* What the configuration says of our services may be new. */
static void
put_services(void *ctx, struct zone *z, const struct conf_zone *cz)
{
	struct dnsd *d = ctx;
	const struct services s = {
	    .update = port_of(&d->conf.listen, DNS_PORT),
	    .llq = port_of(&d->conf.listen, LLQ_PORT),
	    .tls = port_of(&d->conf.tls_listen, DNS_TLS_PORT),
	};
	struct change_list changes = {0};

	if (!cz->services)
		return;
	services_put(z, &s, &changes);
	if (changes.count > 0)
		commit_change(d->server.commit, z, z->serial, &changes, NULL);
	change_list_free(&changes);
	if (commit_pending(d->server.commit) &&
	    commit_run(d->server.commit, clock_wall_sec()) == -1)
		log_warnx("the records of our services cannot be kept");
}

static void
reload(void *ctx, int signo)
{
	struct dnsd *d = ctx;
	char why[KEEPER_WHY_MAX];

	if (keeper_reload(&d->keeper, why) == -1)
		log_error("not reloaded: %s", why);
}

static void
prepare_keeper(struct dnsd *d)
{
	d->keeper.loop = d->loop;
	d->keeper.server = &d->server;
	d->keeper.conf = &d->conf;
	d->keeper.conf_path = d->config;
	d->keeper.subscriptions = d->subscriptions;
	d->keeper.secure = d->secure;
	d->keeper.opened = put_services;
	d->keeper.opened_ctx = d;
	keeper_prepare(&d->keeper);
	d->hangup = loop_signal_new(d->loop, SIGHUP, reload, d);
}

static int
run(struct dnsd *d)
{
	char ready[64];
	int status;

	make_directories(d);
	allow_files(&d->conf);
	begin(d);
	open_sockets(d);
	prepare_keeper(d);
	lock_in(d);
	keeper_begin(&d->keeper);
	snprintf(ready, sizeof ready, "READY=1\nSTATUS=serving %zu zones", d->server.zones.count);
	log_notice("%s", strstr(ready, "serving"));
	notify_service_manager(ready);
	status = loop_run(d->loop);
	end(d);
	return status;
}

static int
print_pin(struct dnsd *d)
{
	char pin[PIN_TEXT_MAX];
	struct secure *s;

	tls_prepare();
	make_directories(d);
	s = open_key(&d->conf);
	puts(secure_pin(s, pin));
	secure_free(s);
	return 0;
}

int
main(int argc, char **argv)
{
	struct options o = {.config = CONF_FILE};
	static struct dnsd d;
	struct conf_error error;
	int c, status = 0;

	while ((c = getopt_long(argc, argv, "c:dntT", long_options, NULL)) != -1)
		option(c, &o);
	if (optind != argc)
		option('?', &o);
	d.config = o.config;
	log_init("autotunnel-dnsd", 0);
	server_init(&d.server);
	signal(SIGPIPE, SIG_IGN);
	if (conf_load(o.config, &d.conf, &error) == -1 || load_zones(&d, &error) == -1) {
		fprintf(stderr, "autotunnel-dnsd: %s\n", error.text);
		status = 1;
	} else {
		log_set_level(o.debug ? LOG_LEVEL_DEBUG : d.conf.log);
		if (o.print)
			conf_print(&d.conf, stdout);
		if (o.pin)
			status = print_pin(&d);
		if (!o.check && !o.print && !o.pin)
			status = run(&d);
	}
	server_free(&d.server);
	conf_free(&d.conf);
	return status;
}
