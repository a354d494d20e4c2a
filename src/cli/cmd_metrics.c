#include "cli/client.h"
#include "cli/show.h"

#include <stdlib.h>

int
cmd_metrics(int argc, char **argv)
{
	struct snapshot *s;
	struct client c;
	int status;

	(void)argv;
	if (argc != 1)
		return cmd_usage("metrics");
	s = snapshot_new();
	status = client_snapshot(&c, cmd_socket(), s);
	if (status == EXIT_OK)
		show_metrics(stdout, s);
	else
		cmd_warn("%s", c.why);
	free(s);
	return status == EXIT_OK && fflush(stdout) != 0 ? EXIT_ERROR : status;
}
