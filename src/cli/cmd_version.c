#include "cli/client.h"
#include "cli/json.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

static void
show_json(const struct snapshot *s)
{
	struct json j = json_begin(stdout);

	json_number(&j, "schema", 1);
	json_text(&j, "version", PACKAGE_VERSION);
	json_text(&j, "daemon", s == NULL ? NULL : s->self.version);
	json_text(&j, "strongswan", s == NULL ? NULL : s->self.strongswan);
	json_finish(&j);
}

static void
show(const struct snapshot *s)
{
	printf("autotunnel %s\n", PACKAGE_VERSION);
	if (s == NULL)
		return;
	printf("autotunneld %s", s->self.version);
	if (s->self.strongswan[0] != '\0')
		printf(", strongSwan %s", s->self.strongswan);
	putchar('\n');
	if (strcmp(s->self.version, PACKAGE_VERSION) != 0)
		cmd_warn("command and daemon differ: restart autotunneld");
}

/* Our own version in any case, the daemon's when it can be asked. */
int
cmd_version(int argc, char **argv)
{
	static const struct option options[] = {
	    {"json", no_argument, NULL, 'j'}, {NULL, 0, NULL, 0}};
	struct snapshot *s;
	struct client c;
	int opt, json = 0, known;

	while ((opt = getopt_long(argc, argv, "j", options, NULL)) != -1) {
		if (opt != 'j')
			return cmd_usage("version");
		json = 1;
	}
	if (optind != argc)
		return cmd_usage("version");
	s = snapshot_new();
	known = client_snapshot(&c, cmd_socket(), s) == EXIT_OK;
	if (json)
		show_json(known ? s : NULL);
	else
		show(known ? s : NULL);
	if (!known)
		cmd_warn("%s", c.why);
	free(s);
	return EXIT_OK;
}
