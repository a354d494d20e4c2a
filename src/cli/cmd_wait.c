#include "cli/client.h"
#include "cli/peer_arg.h"

#include "base/clock.h"
#include "base/str.h"

#include <getopt.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/*
 * autotunnel wait: until the daemon answers, or until the tunnel to a peer stands.  A tunnel on
 * demand wants a reason to come up, so the peer is sent a datagram to the discard port (RFC 863)
 * every second: no privilege is needed and no answer expected.
 */

#define LOOK_EVERY_MS 200
#define POKE_EVERY_MS 1000
#define DISCARD_PORT 9

struct wait {
	const char *who; /* NULL = just the daemon */
	uint64_t deadline_ms; /* 0 = none */
	uint64_t poke_ms; /* next one */
};

static void
poke(const uint8_t ula[16])
{
	struct sockaddr_in6 to = {.sin6_family = AF_INET6, .sin6_port = htons(DISCARD_PORT)};
	int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd == -1)
		return;
	memcpy(&to.sin6_addr, ula, 16);
	/* No route yet, or no room: the next one may do. */
	(void)!sendto(fd, "", 1, 0, (struct sockaddr *)&to, sizeof to);
	close(fd);
}

/* EXIT_OK when it is there, EXIT_TIMEOUT when it may still come, else why it never will. */
static int
look(struct wait *w, struct client *c, struct snapshot *s, uint64_t now)
{
	const struct msg_ctl_peer *peer;
	int status = client_snapshot(c, cmd_socket(), s);

	if (status == EXIT_NOT_RUNNING)
		return EXIT_TIMEOUT;
	if (status != EXIT_OK || w->who == NULL)
		return status;
	/* A peer may appear in the zone later on. */
	if (snapshot_find(s, w->who, &peer) != SNAPSHOT_PEER)
		return EXIT_TIMEOUT;
	if (peer->tunnel.state == TUNNEL_UP)
		return EXIT_OK;
	if (now >= w->poke_ms && ip6_is_ula(peer->dns.ula)) {
		poke(peer->dns.ula);
		w->poke_ms = now + POKE_EVERY_MS;
	}
	return EXIT_TIMEOUT;
}

/* Say what is missing. */
static int
gave_up(const struct wait *w, struct client *c, const struct snapshot *s)
{
	const struct msg_ctl_peer *peer;
	int status;

	if (c->why[0] != '\0') {
		cmd_warn("%s", c->why);
		return EXIT_TIMEOUT;
	}
	status = peer_arg(s, w->who, &peer);
	if (status != EXIT_OK)
		return status;
	cmd_warn("the tunnel to %s is not up%s%s", peer->dns.name,
	    peer->tunnel.reason[0] == '\0' ? "" : ": ", peer->tunnel.reason);
	return EXIT_TIMEOUT;
}

static int
wait_for(struct wait *w, struct snapshot *s)
{
	struct client c;

	for (;;) {
		uint64_t now = clock_boot_ms();
		int status = look(w, &c, s, now);

		if (status != EXIT_OK && status != EXIT_TIMEOUT)
			cmd_warn("%s", c.why);
		if (status != EXIT_TIMEOUT)
			return status;
		if (w->deadline_ms != 0 && now >= w->deadline_ms)
			return gave_up(w, &c, s);
		usleep(LOOK_EVERY_MS * 1000);
	}
}

int
cmd_wait(int argc, char **argv)
{
	static const struct option options[] = {
	    {"timeout", required_argument, NULL, 't'},
	    {NULL, 0, NULL, 0},
	};
	struct wait w = {0};
	struct snapshot *s;
	unsigned long sec;
	int opt, status;

	while ((opt = getopt_long(argc, argv, "t:", options, NULL)) != -1) {
		if (opt != 't' || str_number(optarg, 0, 86400, &sec) != 0)
			return cmd_usage("wait");
		w.deadline_ms = clock_boot_ms() + sec * 1000;
	}
	if (argc - optind > 1)
		return cmd_usage("wait");
	w.who = argv[optind];
	s = snapshot_new();
	status = wait_for(&w, s);
	free(s);
	return status;
}
