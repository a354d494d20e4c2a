/* Requests that change the running daemon; only root may. */
#include "cli/client.h"

#include "base/clock.h"
#include "base/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WITHDRAW_MS 3000

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

/* Until the records are gone, or their server does not answer; sleep must not wait for long. */
static void
wait_withdrawn(void)
{
	struct snapshot *s = snapshot_new();
	uint64_t end = clock_boot_ms() + WITHDRAW_MS, now;
	struct client c;

	if (client_open(&c, cmd_socket()) == EXIT_OK && client_show(&c, 1) == EXIT_OK)
		while ((now = clock_boot_ms()) < end &&
		    client_next(&c, s, (int)(end - now)) == EXIT_OK &&
		    s->dns.state.status == DNS_OK && !s->dns.state.withdrawn)
			;
	client_close(&c);
	free(s);
}

int
cmd_sleep(int argc, char **argv)
{
	union msg m;
	int status;

	if (argc != 1)
		return cmd_usage(argv[0]);
	msg_begin(&m, MSG_CTL_SLEEP, 0);
	m.ctl_sleep.asleep = strcmp(argv[0], "sleep") == 0;
	status = request(&m);
	if (status == EXIT_OK && m.ctl_sleep.asleep)
		wait_withdrawn();
	return status;
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
