/*
 * autotunnel-dnsd(8): an authoritative name server for zones that machines write themselves.
 *
 * One process, one thread, one event loop, no privileges once its ports are open.  A message goes
 *
 *	net/       listen, conn, secure: in batches from UDP, framed from TCP and TLS
 *	request.c  parsed, its signature judged, then by opcode
 *	query/     answers, from the names in memory
 *	update/    updates: queued, carried out together,
 *	data/      zones, leases, keys; commit: the one way in which they change
 *	disk/      store: made durable with one sync, and only then answered
 *
 * and whatever changes in a zone, leases that run out included, goes through data/commit.c, whose
 * hooks tell secondaries and subscribers:
 *
 *	transfer/  notify; xfr, from the journal
 *	live/      follow, view: who follows a name that changed, and what he has to be told;
 *	           llqs over UDP; session and push on TLS connections, tied together in dso
 *	control/   what the administrator does at run time
 *
 * data/ and disk/ know nothing of the others (tests/includes.sh).  Everything but net/, dso,
 * subscriptions, control and dnsd.c is a function of bytes and times and can be tested without a
 * socket.
 */
#include "base/log.h"
#include "dnsupdate/server/dnsd.h"
#include "dnsupdate/server/load.h"

#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

struct options {
	const char *config;
	int check, print, pin, debug;
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

static int
load_zones(struct dnsd *d, struct config_error *error)
{
	d->server.weak_tsig = d->conf.weak_tsig != 0;
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

int
main(int argc, char **argv)
{
	struct options o = {.config = CONF_FILE};
	static struct dnsd d;
	struct config_error error;
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
			status = dnsd_print_pin(&d);
		if (!o.check && !o.print && !o.pin)
			status = dnsd_run(&d);
	}
	server_free(&d.server);
	conf_free(&d.conf);
	return status;
}
