/*
 * autotunnel(1): the command.
 *
 * main reads the global options, finds the verb in the table and calls its function; a verb's
 * status is the command's.  Verbs that read ask the daemon over its control socket:
 *
 *	client.c     the connection: SHOW, and its rows ...
 *	snapshot.c   ... put together to one picture of daemon, mapping, name server and peers
 *	explain.c    what a state means: a word and a sentence (PURE, the place for every "why")
 *	show.c       for people: lines and a table        show_json.c  for programs
 *	cmd_*.c      one file a verb: options, then the above
 *
 * Verbs that enrol (init, join, zone) or change the account (devices, revoke, rename, leave,
 * account) need no daemon but the name server: talk.c speaks to it, edit.c changes the roster, on
 * top of src/identity.
 *
 * Nothing here needs root by itself: who may read is the control socket's decision.  Data goes to
 * stdout, remarks to stderr, and the exit status tells the rest (cmd.h).
 */
#include "cli/cmd.h"
#include "cli/suggest.h"

#include "base/log.h"
#include "base/proc.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static int cmd_help(int argc, char **argv);

const struct cmd cmds[] = {
    {"status", cmd_status, "[--json] [--watch] [--strict] [-qv] [PEER]",
	"this device and its peers"},
    {"ping", cmd_ping, "[-c COUNT] [-W SECONDS] [--json] [-q] PEER", "echo through the tunnel"},
    {"trace", cmd_trace, "[--all] [-W SECONDS] [--json] PEER",
	"how a peer was reached, step by step"},
    {"map", cmd_map,
	"[-v] [--json] [--strict] [--verify] | list | add PROTO PORT [--for TIME] | del PROTO PORT",
	"what the router gives"},
    {"metrics", cmd_metrics, "", "what is counted, for a collector"},
    {"wait", cmd_wait, "[--timeout SECONDS] [PEER]", "until the daemon runs, or a tunnel is up"},
    {"init", cmd_init,
	"--domain DOMAIN [--dnsd ADDRESS [--dnsd-config FILE]] [--server ADDRESS] [--name NAME]"
	" [--key FILE] [--wait SECONDS] [--state DIR]",
	"make an account, with this device as its first"},
    {"join", cmd_join,
	"[--server ADDRESS] [--name NAME] [--key FILE] [--wait SECONDS] [--state DIR]"
	" [--replace] [--code-file FILE] DOMAIN|CODE",
	"enrol this device in an account"},
    {"zone", cmd_zone,
	"[--apply-check] [--keys-only] dnsd|bind|knot|powerdns DOMAIN [NAME[:GENERATION] ...] | check",
	"what the name server must be told, and whether it knows"},
    {"invite", cmd_invite,
	"[--for TIME] [--yes] [--code-file FILE] [--domain DOMAIN] [--server ADDRESS] [--key FILE]"
	" [--state DIR] [NAME]",
	"make a code with which a device can join"},
    {"devices", cmd_devices, "[--json] [--server ADDRESS] [--state DIR]",
	"the account's machines, by its roster"},
    {"revoke", cmd_revoke, "[--domain DOMAIN] [--server ADDRESS] [--key FILE] [--state DIR] NAME",
	"throw a machine out of the account"},
    {"rename", cmd_rename, "[--server ADDRESS] [--key FILE] [--state DIR] NAME",
	"give this device another name"},
    {"leave", cmd_leave, "[--local] [--server ADDRESS] [--key FILE] [--state DIR]",
	"take this device out of the account"},
    {"account", cmd_account,
	"admin [--remove] [--state DIR] | new-phrase [--domain DOMAIN] [--server ADDRESS]"
	" [--key FILE] [--state DIR]",
	"keep the phrase here under a passphrase, or replace it"},
    {"repair", cmd_repair, "[--domain DOMAIN] [--name NAME] [--server ADDRESS] [--state DIR]",
	"make damaged state files again"},
    {"reload", cmd_reload, "", "read the configuration again"},
    {"sleep", cmd_sleep, "", "take this machine's records away before it sleeps"},
    {"wake", cmd_sleep, "", "publish them again"},
    {"log", cmd_log, "error|warning|notice|info|debug", "how much the daemon logs"},
    {"version", cmd_version, "[--json]", "of command, daemon and strongSwan"},
    {"help", cmd_help, "[VERB]", "this list, or how to call a verb"},
    {NULL, NULL, NULL, NULL},
};

static const char *config_file; /* -c */
static const char *socket_path; /* -s */

const struct cmd *
cmd_find(const char *name)
{
	for (const struct cmd *c = cmds; c->name != NULL; c++)
		if (strcmp(c->name, name) == 0)
			return c;
	return NULL;
}

void
cmd_warn(const char *fmt, ...)
{
	va_list args;

	fflush(stdout);
	fputs("autotunnel: ", stderr);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
}

const struct config *
cmd_config(void)
{
	static struct config config;
	static int loaded;
	struct config_error error;

	if (loaded)
		return &config;
	if (config_load(config_file == NULL ? CONFIG_FILE : config_file, config_file != NULL,
		&config, &error) != 0) {
		cmd_warn("%s", error.text);
		exit(EXIT_ERROR);
	}
	loaded = 1;
	return &config;
}

const char *
cmd_socket(void)
{
	static char path[512];

	if (socket_path != NULL)
		return socket_path;
	snprintf(path, sizeof path, "%.*s/%s", CONFIG_PATH_MAX, cmd_config()->run_dir,
	    CONFIG_CONTROL_SOCKET);
	return path;
}

static void
print_usage(FILE *out, const struct cmd *c)
{
	fprintf(out, "usage: autotunnel %s%s%s\n", c->name, *c->arguments == '\0' ? "" : " ",
	    c->arguments);
}

int
cmd_usage(const char *name)
{
	print_usage(stderr, cmd_find(name));
	return EXIT_USAGE;
}

static void
print_help(FILE *out)
{
	fputs("usage: autotunnel [-c FILE] [-s SOCKET] VERB [ARGUMENT ...]\n\n", out);
	for (const struct cmd *c = cmds; c->name != NULL; c++)
		fprintf(out, "  %-9s%s\n", c->name, c->help);
	fputs("\n\"autotunnel help VERB\" shows a verb's arguments; autotunnel(1) tells it all.\n",
	    out);
}

/* The nearest verb, if one is near. */
static int
unknown_verb(const char *name)
{
	const struct cmd *best = NULL;
	unsigned distance = 3; /* more than two slips are no slip */
	char shown[64];

	for (const struct cmd *c = cmds; c->name != NULL; c++) {
		unsigned d = suggest_distance(c->name, name);

		if (d < distance && d < strlen(c->name) - 1) {
			best = c;
			distance = d;
		}
	}
	log_escape(shown, sizeof shown, name, strlen(name));
	if (best != NULL)
		cmd_warn("there is no verb \"%s\"; did you mean \"%s\"?", shown, best->name);
	else
		cmd_warn("there is no verb \"%s\"; \"autotunnel help\" lists them", shown);
	return EXIT_USAGE;
}

static int
cmd_help(int argc, char **argv)
{
	const struct cmd *c;

	if (argc > 2)
		return cmd_usage("help");
	if (argc < 2) {
		print_help(stdout);
		return EXIT_OK;
	}
	c = cmd_find(argv[1]);
	if (c == NULL)
		return unknown_verb(argv[1]);
	print_usage(stdout, c);
	printf("\n%s\n", c->help);
	return EXIT_OK;
}

/* Global options end at the verb ("+").  -1 = go on with the verb. */
static int
read_options(int argc, char **argv)
{
	static const struct option options[] = {
	    {"config", required_argument, NULL, 'c'},
	    {"socket", required_argument, NULL, 's'},
	    {"help", no_argument, NULL, 'h'},
	    {"version", no_argument, NULL, 'V'},
	    {NULL, 0, NULL, 0},
	};
	int opt;

	while ((opt = getopt_long(argc, argv, "+c:s:hV", options, NULL)) != -1) {
		switch (opt) {
		case 'c':
			config_file = optarg;
			break;
		case 's':
			socket_path = optarg;
			break;
		case 'h':
			print_help(stdout);
			return EXIT_OK;
		case 'V':
			printf("autotunnel %s\n", PACKAGE_VERSION);
			return EXIT_OK;
		default:
			print_help(stderr);
			return EXIT_USAGE;
		}
	}
	return -1;
}

/* A phrase may be typed. */
static void
keep_secrets(void)
{
#ifndef AT_SANITIZERS /* their leak detector traces the process */
	proc_no_dumps();
#endif
}

int
main(int argc, char **argv)
{
	const struct cmd *c;
	int status;

	log_init("autotunnel", 0);
	keep_secrets();
	status = read_options(argc, argv);
	if (status != -1)
		return status;
	if (optind >= argc) {
		print_help(stderr);
		return EXIT_USAGE;
	}
	argc -= optind;
	argv += optind;
	optind = 0; /* the verb's own getopt_long starts anew */
	c = cmd_find(argv[0]);
	if (c == NULL)
		return unknown_verb(argv[0]);
	status = c->run(argc, argv);
	if (fflush(stdout) != 0 && status == EXIT_OK)
		status = EXIT_ERROR;
	return status;
}
