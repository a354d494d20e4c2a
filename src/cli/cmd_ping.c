#include "cli/client.h"
#include "cli/echo.h"
#include "cli/echo_socket.h"
#include "cli/explain.h"
#include "cli/format.h"
#include "cli/json.h"
#include "cli/peer_arg.h"

#include "base/clock.h"
#include "base/str.h"
#include "crypto/mac.h"

#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/*
 * autotunnel ping: ICMPv6 echo to the peer's inner address, so a reply proves the whole way:
 * records, tunnel, both hosts.  The first echo brings an idle tunnel up and its time shows what
 * that took.  After each one the daemon is asked which path the peer has now.
 */

#define INTERVAL_MS 1000

struct ping {
	int fd;
	struct client client;
	struct snapshot *snapshot;
	const struct msg_ctl_peer *peer; /* in snapshot */
	const char *who;
	unsigned long count, wait_ms;
	int json, quiet;
	uint64_t cookie;
	unsigned long received;
	uint64_t least_us, most_us, sum_us;
};

static uint64_t
now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

/* 1 our reply to seq came, 0 something else or nothing, -1 with errno: the kernel says it cannot be
 */
static int
receive(struct ping *p, uint16_t seq)
{
	uint8_t data[2 * ECHO_LEN];
	struct echo e;
	ssize_t n = recv(p->fd, data, sizeof data, 0);

	if (n == -1)
		return errno == EAGAIN || errno == EINTR ? 0 : -1;
	return echo_reply(data, (size_t)n, &e) == 0 && e.seq == seq && e.cookie == p->cookie;
}

/* Send one and wait.  1 and the time it took; 0 = none came; -1 with errno. */
static int
exchange(struct ping *p, uint16_t seq, uint64_t *us)
{
	struct echo e = {.id = (uint16_t)getpid(), .seq = seq, .cookie = p->cookie};
	struct pollfd pfd = {.fd = p->fd, .events = POLLIN};
	uint64_t sent = now_us(), deadline = sent + p->wait_ms * 1000, now;
	uint8_t data[ECHO_LEN];
	int got;

	echo_request(&e, data);
	if (send(p->fd, data, sizeof data, 0) == -1)
		return -1;
	while ((got = receive(p, seq)) == 0) {
		now = now_us();
		if (now >= deadline)
			return 0;
		if (poll(&pfd, 1, (int)((deadline - now + 999) / 1000)) == -1 && errno != EINTR)
			return -1;
	}
	*us = now_us() - sent;
	return got;
}

/* What the daemon now says of the peer; the last known stays when it says nothing. */
static void
refresh(struct ping *p)
{
	struct snapshot *s = snapshot_new();
	const struct msg_ctl_peer *peer;

	if (client_snapshot(&p->client, cmd_socket(), s) != EXIT_OK ||
	    snapshot_find(s, p->who, &peer) != SNAPSHOT_PEER) {
		free(s);
		return;
	}
	free(p->snapshot);
	p->snapshot = s;
	p->peer = peer;
}

static void
report_json(const struct ping *p, uint16_t seq, int replied, uint64_t us, const char *why)
{
	struct json j = json_begin(stdout);
	char ula[ADDR_TEXT_MAX], path[ENDPOINT_TEXT_MAX];

	json_number(&j, "schema", 1);
	json_number(&j, "sequence", seq);
	json_text(&j, "name", p->peer->dns.name);
	json_text(&j, "address", ip6_text(p->peer->dns.ula, ula));
	json_bool(&j, "reply", replied);
	if (replied)
		json_milli(&j, "time_ms", us);
	else
		json_text(&j, "time_ms", NULL);
	json_text(&j, "path",
	    p->peer->tunnel.remote.family == 0 ? NULL
					       : endpoint_text(&p->peer->tunnel.remote, path));
	json_text(&j, "reason", replied ? "" : why);
	json_finish(&j);
}

static void
report(const struct ping *p, uint16_t seq, int replied, uint64_t us, const char *error)
{
	char name[MSG_NAME_MAX], ula[ADDR_TEXT_MAX], time[FORMAT_MAX];
	struct peer_view v;

	if (p->quiet)
		return;
	explain_peer(p->peer, p->snapshot->self.now_sec, &v);
	if (error == NULL)
		error = v.remark;
	if (p->json) {
		report_json(p, seq, replied, us, error);
		return;
	}
	snapshot_short_name(p->snapshot, p->peer->dns.name, name);
	if (replied)
		printf("reply from %s (%s) via %s time=%s\n", name, ip6_text(p->peer->dns.ula, ula),
		    v.path, format_ms(us, time));
	else
		printf("no reply from %s within %lu s, state %s%s%s\n", name, p->wait_ms / 1000,
		    v.word, error[0] == '\0' ? "" : ": ", error);
	fflush(stdout);
}

static void
count_reply(struct ping *p, uint64_t us)
{
	if (p->received == 0 || us < p->least_us)
		p->least_us = us;
	if (us > p->most_us)
		p->most_us = us;
	p->sum_us += us;
	p->received++;
}

static void
summary(const struct ping *p)
{
	char least[FORMAT_MAX], mean[FORMAT_MAX], most[FORMAT_MAX];

	if (p->json || p->quiet)
		return;
	printf("%lu sent, %lu received", p->count, p->received);
	if (p->received > 0)
		printf(", least %s, mean %s, most %s", format_ms(p->least_us, least),
		    format_ms(p->sum_us / p->received, mean), format_ms(p->most_us, most));
	putchar('\n');
}

static void
sleep_until(uint64_t us)
{
	uint64_t now = now_us();

	if (us > now)
		usleep((useconds_t)(us - now));
}

static int
run(struct ping *p)
{
	for (unsigned long i = 0; i < p->count; i++) {
		uint64_t begin = now_us(), us = 0;
		uint16_t seq = (uint16_t)(i + 1);
		int got = exchange(p, seq, &us);
		const char *error = got == -1 ? strerror(errno) : NULL;

		if (got == 1)
			count_reply(p, us);
		refresh(p);
		report(p, seq, got == 1, us, error);
		if (i + 1 < p->count)
			sleep_until(begin + INTERVAL_MS * 1000);
	}
	summary(p);
	if (p->received > 0)
		return EXIT_OK;
	/* The tunnel stands but nobody answers: perhaps a firewall there; else there is no way. */
	return p->peer->tunnel.state == TUNNEL_UP ? EXIT_TIMEOUT : EXIT_UNREACHABLE;
}

static int
read_options(struct ping *p, int argc, char **argv)
{
	static const struct option options[] = {
	    {"count", required_argument, NULL, 'c'},
	    {"timeout", required_argument, NULL, 'W'},
	    {"json", no_argument, NULL, 'j'},
	    {"quiet", no_argument, NULL, 'q'},
	    {NULL, 0, NULL, 0},
	};
	unsigned long sec = 5;
	int opt;

	p->count = 4;
	while ((opt = getopt_long(argc, argv, "c:W:jq", options, NULL)) != -1) {
		if (opt == 'c' && str_number(optarg, 1, 65535, &p->count) == 0)
			continue;
		if (opt == 'W' && str_number(optarg, 1, 3600, &sec) == 0)
			continue;
		if (opt != 'j' && opt != 'q')
			return cmd_usage("ping");
		p->json |= opt == 'j';
		p->quiet |= opt == 'q';
	}
	p->wait_ms = sec * 1000;
	p->who = argv[optind];
	return argc - optind == 1 ? EXIT_OK : cmd_usage("ping");
}

/* Find the peer and open the socket; what fails is said on stderr. */
static int
prepare(struct ping *p)
{
	int status = client_snapshot(&p->client, cmd_socket(), p->snapshot);

	if (status != EXIT_OK) {
		cmd_warn("%s", p->client.why);
		return status;
	}
	status = peer_arg(p->snapshot, p->who, &p->peer);
	if (status != EXIT_OK)
		return status;
	if (!ip6_is_ula(p->peer->dns.ula)) {
		cmd_warn("the address of %s is not in the zone", p->peer->dns.name);
		return EXIT_UNREACHABLE;
	}
	p->fd = echo_open(p->peer->dns.ula);
	if (p->fd != -1)
		return EXIT_OK;
	if (errno == EPERM || errno == EACCES) {
		cmd_warn("not permitted to send an echo request: be root, or widen sysctl"
			 " net.ipv4.ping_group_range");
		return EXIT_DENIED;
	}
	cmd_warn("cannot send to %s: %s", p->peer->dns.name, strerror(errno));
	return EXIT_UNREACHABLE;
}

int
cmd_ping(int argc, char **argv)
{
	struct ping p = {.fd = -1};
	int status = read_options(&p, argc, argv);

	if (status != EXIT_OK)
		return status;
	p.snapshot = snapshot_new();
	status = prepare(&p);
	if (status == EXIT_OK) {
		crypto_random(&p.cookie, sizeof p.cookie);
		status = run(&p);
		close(p.fd);
	}
	free(p.snapshot);
	return status;
}
