#include "cli/client.h"
#include "cli/explain.h"
#include "cli/show.h"
#include "cli/span.h"

#include "base/clock.h"
#include "base/str.h"

#include <getopt.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#define FOR_DEFAULT_SEC 3600

/* ---- what there is ---- */

#define VERIFY_WAIT_MS 20000

struct view {
	int json, strict, verbose, list, verify;
};

static int
is_verifying(const struct snapshot *s)
{
	int busy = s->mapping.verifying;

	for (size_t i = 0; i < s->others; i++)
		busy |= s->other[i].verifying;
	return busy;
}

/* Have the name server knock, and wait for what comes of it. */
static int
verify(struct client *c, struct snapshot *s)
{
	uint64_t end_ms = clock_boot_ms() + VERIFY_WAIT_MS, now;
	int status = client_open(c, cmd_socket());
	union msg m;

	msg_begin(&m, MSG_CTL_VERIFY, 0);
	if (status == EXIT_OK)
		status = client_request(c, &m);
	if (status == EXIT_OK)
		status = client_show(c, 1);
	while (status == EXIT_OK && (now = clock_boot_ms()) < end_ms) {
		status = client_next(c, s, (int)(end_ms - now));
		if (status == EXIT_OK && !is_verifying(s))
			break;
	}
	client_close(c);
	return status == EXIT_TIMEOUT ? EXIT_OK : status; /* what is known is shown */
}

static int
show(const struct snapshot *s, const struct view *v)
{
	char text[EXPLAIN_MAX];

	if (v->json)
		show_map_json(stdout, s);
	else if (v->list)
		show_map_list(stdout, s);
	else
		show_map(stdout, s);
	if (v->verbose && !v->json)
		show_exchanges(stdout, s);
	if (v->strict && explain_mapping(&s->mapping, s->self.now_ms, text) != HEALTH_GOOD)
		return EXIT_DEGRADED;
	return EXIT_OK;
}

static int
view(int argc, char **argv, int list)
{
	static const struct option options[] = {
	    {"json", no_argument, NULL, 'j'},
	    {"strict", no_argument, NULL, 's'},
	    {"verbose", no_argument, NULL, 'v'},
	    {"verify", no_argument, NULL, 'V'},
	    {NULL, 0, NULL, 0},
	};
	struct view v = {.list = list};
	struct snapshot *s;
	struct client c;
	int opt, status = EXIT_OK;

	while ((opt = getopt_long(argc, argv, "jv", options, NULL)) != -1) {
		if (opt == '?')
			return cmd_usage("map");
		v.json |= opt == 'j';
		v.strict |= opt == 's';
		v.verbose |= opt == 'v';
		v.verify |= opt == 'V';
	}
	if (optind != argc)
		return cmd_usage("map");
	s = snapshot_new();
	if (v.verify)
		status = verify(&c, s);
	if (status == EXIT_OK)
		status = v.verbose ? client_snapshot_exchanges(&c, cmd_socket(), s)
				   : client_snapshot(&c, cmd_socket(), s);
	if (status == EXIT_OK)
		status = show(s, &v);
	else
		cmd_warn("%s", c.why);
	free(s);
	return status;
}

/* ---- add, del ---- */

static int
parse_proto(const char *text, uint8_t *proto)
{
	*proto = strcmp(text, "tcp") == 0 ? IPPROTO_TCP : IPPROTO_UDP;
	return strcmp(text, "tcp") == 0 || strcmp(text, "udp") == 0 ? 0 : -1;
}

static int
parse_port(const char *text, uint16_t *port)
{
	unsigned long n;

	if (str_number(text, 1, 65535, &n) != 0)
		return -1;
	*port = (uint16_t)n;
	return 0;
}

static int
send_map(const union msg *m)
{
	struct client c;
	int status = client_open(&c, cmd_socket());

	if (status == EXIT_OK)
		status = client_request(&c, m);
	client_close(&c);
	if (status != EXIT_OK)
		cmd_warn("%s", c.why);
	return status;
}

/* "tcp 22", wherever the options are. */
static int
parse_what(int argc, char **argv, struct msg_ctl_map *map)
{
	if (argc - optind != 2)
		return -1;
	if (parse_proto(argv[optind], &map->proto) != 0) {
		cmd_warn("%s: tcp or udp is expected", argv[optind]);
		return -1;
	}
	if (parse_port(argv[optind + 1], &map->port) != 0) {
		cmd_warn("%s: a port from 1 to 65535 is expected", argv[optind + 1]);
		return -1;
	}
	return 0;
}

static int
set_option(int opt, struct msg_ctl_map *map)
{
	if (opt == 'f' && span_parse(optarg, 60, MSG_MAP_SECONDS_MAX, &map->seconds) != 0) {
		cmd_warn("%s: a time from 1m to 7d is expected, as in 90s, 30m, 8h", optarg);
		return -1;
	}
	if (opt == 'e' && parse_port(optarg, &map->external) != 0) {
		cmd_warn("%s: a port from 1 to 65535 is expected", optarg);
		return -1;
	}
	return opt == '?' ? -1 : 0;
}

static int
add(int argc, char **argv)
{
	static const struct option options[] = {
	    {"for", required_argument, NULL, 'f'},
	    {"external", required_argument, NULL, 'e'},
	    {NULL, 0, NULL, 0},
	};
	union msg m;
	int opt;

	msg_begin(&m, MSG_CTL_MAP, 0);
	m.ctl_map.seconds = FOR_DEFAULT_SEC;
	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1)
		if (set_option(opt, &m.ctl_map) != 0)
			return cmd_usage("map");
	if (parse_what(argc, argv, &m.ctl_map) != 0)
		return cmd_usage("map");
	return send_map(&m);
}

static int
del(int argc, char **argv)
{
	static const struct option options[] = {{NULL, 0, NULL, 0}};
	union msg m;

	msg_begin(&m, MSG_CTL_MAP, 0);
	if (getopt_long(argc, argv, "", options, NULL) != -1 ||
	    parse_what(argc, argv, &m.ctl_map) != 0)
		return cmd_usage("map");
	return send_map(&m);
}

int
cmd_map(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "add") == 0)
		return add(argc - 1, argv + 1);
	if (argc > 1 && strcmp(argv[1], "del") == 0)
		return del(argc - 1, argv + 1);
	if (argc > 1 && strcmp(argv[1], "list") == 0)
		return view(argc - 1, argv + 1, 1);
	return view(argc, argv, 0);
}
