#include "cli/client.h"
#include "cli/explain.h"
#include "cli/peer_arg.h"
#include "cli/show.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct options {
	const char *who; /* NULL = all */
	int json, watch, strict, quiet, verbose;
	int colour; /* stdout is a terminal that wants it */
};

static int
wants_colour(void)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	return isatty(STDOUT_FILENO) && (no == NULL || *no == '\0') && term != NULL &&
	    strcmp(term, "dumb") != 0;
}

static int
read_options(struct options *o, int argc, char **argv)
{
	static const struct option options[] = {
	    {"json", no_argument, NULL, 'j'},
	    {"watch", no_argument, NULL, 'w'},
	    {"strict", no_argument, NULL, 's'},
	    {"quiet", no_argument, NULL, 'q'},
	    {"verbose", no_argument, NULL, 'v'},
	    {NULL, 0, NULL, 0},
	};
	int opt;

	while ((opt = getopt_long(argc, argv, "jwqv", options, NULL)) != -1) {
		if (opt == '?')
			return cmd_usage("status");
		o->json |= opt == 'j';
		o->watch |= opt == 'w';
		o->strict |= opt == 's';
		o->quiet |= opt == 'q';
		o->verbose |= opt == 'v';
	}
	o->colour = wants_colour();
	o->who = argv[optind];
	return EXIT_OK;
}

static void
show_all(const struct options *o, const struct snapshot *s)
{
	if (o->json)
		show_status_json(stdout, s);
	else
		show_status(stdout, s, o->colour, o->verbose);
}

static void
show_one(const struct options *o, const struct snapshot *s, const struct msg_ctl_peer *peer)
{
	if (o->json)
		show_peer_json(stdout, s, peer);
	else
		show_peer(stdout, s, peer, o->verbose);
}

static int
is_degraded(const struct snapshot *s, const struct msg_ctl_peer *peer)
{
	struct peer_view v;

	if (peer == NULL)
		return show_is_degraded(s);
	explain_peer(peer, s->self.now_sec, &v);
	return v.health == HEALTH_BAD;
}

/* Print what was asked for; the status it deserves. */
static int
show(const struct options *o, const struct snapshot *s)
{
	const struct msg_ctl_peer *peer = NULL;
	int status = o->who == NULL ? EXIT_OK : peer_arg(s, o->who, &peer);

	if (status != EXIT_OK)
		return status;
	if (o->watch && o->colour && !o->json)
		fputs("\033[H\033[J", stdout); /* top left, clear */
	if (o->quiet)
		;
	else if (peer != NULL)
		show_one(o, s, peer);
	else
		show_all(o, s);
	if (fflush(stdout) != 0)
		return EXIT_ERROR;
	if (!s->self.enrolled)
		return EXIT_NO_PEER;
	return o->strict && is_degraded(s, peer) ? EXIT_DEGRADED : EXIT_OK;
}

/* Until the daemon goes or nobody reads any more. */
static int
watch(const struct options *o, struct client *c, struct snapshot *s)
{
	int status, shown;

	for (int first = 1;; first = 0) {
		status = client_next(c, s, first ? CLIENT_WAIT_MS : -1);
		if (status != EXIT_OK) {
			cmd_warn("%s", c->why);
			return status;
		}
		if (!first && !o->json && !o->colour && !o->quiet)
			putchar('\n');
		shown = show(o, s);
		if (shown == EXIT_ERROR || (first && shown == EXIT_NO_PEER && o->who != NULL))
			return shown;
	}
}

static int
once(const struct options *o, struct client *c, struct snapshot *s)
{
	int status = client_next(c, s, CLIENT_WAIT_MS);

	if (status == EXIT_OK)
		return show(o, s);
	cmd_warn("%s", c->why);
	return status;
}

int
cmd_status(int argc, char **argv)
{
	struct options o = {0};
	struct snapshot *s;
	struct client c;
	int status = read_options(&o, argc, argv);

	if (status == EXIT_OK && argc - optind > 1)
		status = cmd_usage("status");
	if (status != EXIT_OK)
		return status;
	status = client_open(&c, cmd_socket());
	if (status == EXIT_OK)
		status = client_show(&c, o.watch);
	if (status != EXIT_OK) {
		cmd_warn("%s", c.why);
		client_close(&c);
		return status;
	}
	s = snapshot_new();
	status = o.watch ? watch(&o, &c, s) : once(&o, &c, s);
	free(s);
	client_close(&c);
	return status;
}
