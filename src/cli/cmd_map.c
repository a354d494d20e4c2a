#include "cli/client.h"
#include "cli/explain.h"
#include "cli/show.h"

#include <getopt.h>
#include <stdlib.h>

static int
show(const struct snapshot *s, int json, int strict)
{
	char text[EXPLAIN_MAX];

	if (json)
		show_map_json(stdout, s);
	else
		show_map(stdout, s);
	if (strict && explain_mapping(&s->mapping, s->self.now_ms, text) != HEALTH_GOOD)
		return EXIT_DEGRADED;
	return EXIT_OK;
}

int
cmd_map(int argc, char **argv)
{
	static const struct option options[] = {
	    {"json", no_argument, NULL, 'j'},
	    {"strict", no_argument, NULL, 's'},
	    {NULL, 0, NULL, 0},
	};
	int opt, json = 0, strict = 0, status;
	struct snapshot *s;
	struct client c;

	while ((opt = getopt_long(argc, argv, "j", options, NULL)) != -1) {
		if (opt == '?')
			return cmd_usage("map");
		json |= opt == 'j';
		strict |= opt == 's';
	}
	if (optind != argc)
		return cmd_usage("map");
	s = snapshot_new();
	status = client_snapshot(&c, cmd_socket(), s);
	if (status == EXIT_OK)
		status = show(s, json, strict);
	else
		cmd_warn("%s", c.why);
	free(s);
	return status;
}
