/* Requests that change the running daemon; only root may. */
#include "cli/client.h"

#include "base/log.h"

#include <stdio.h>

static int
request(const union msg *m)
{
	struct client c;
	int status = client_open(&c, cmd_socket());

	if (status == EXIT_OK)
		status = client_request(&c, m);
	client_close(&c);
	if (status != EXIT_OK)
		cmd_warn("%s", c.why);
	else if (c.why[0] != '\0')
		puts(c.why);
	return status;
}

int
cmd_reload(int argc, char **argv)
{
	union msg m;

	if (argc != 1)
		return cmd_usage("reload");
	msg_begin(&m, MSG_CTL_RELOAD, 0);
	return request(&m);
}

int
cmd_log(int argc, char **argv)
{
	int level = argc == 2 ? log_level_parse(argv[1]) : -1;
	union msg m;

	if (level == -1)
		return cmd_usage("log");
	msg_begin(&m, MSG_CTL_LOG_LEVEL, 0);
	m.log_level.level = (uint32_t)level;
	return request(&m);
}
