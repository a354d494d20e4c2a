/*
 * TSIG updates at full rate, in closed loops, with a memory: which value of which machine was
 * acknowledged.  For any server that takes them; the value of a machine is written into two records
 * on two names, so that half an update would show.
 *
 *	dnsd_load [options] ADDRESS PORT ZONE KEY		KEY as for dig -y
 *	dnsd_load [options] -k N ADDRESS PORT ZONE KEY COMMAND...
 *
 *	-q N	updates in flight (64)
 *	-h N	machines h0.ZONE, h1.ZONE ... (10000)
 *	-c N	updates in all; -t SEC: for so long instead
 *	-l SEC	ask for a lease of so many seconds
 *	-e N	so many updates may be refused with SERVFAIL (0); the machine's value counts as
 * unknown -v	at the end ask for every machine, and fail unless each has its last acknowledged
 * value -k N	start COMMAND, a server, N times; kill it (SIGKILL) in the middle; start it again
 *		and check as with -v
 *	-r SEED	for the moments of killing
 *	-S PORT	one update at a time, 0.2 s apart, and the latencies are those from its
 * acknowledgement until a secondary at this port answers with it (asked every 0.5 ms)
 *
 * Prints one line: updates acknowledged, their rate, latencies, failures.  Status 1 when anything
 * acknowledged was lost or torn.
 */
#include "base/clock.h"
#include "dnsupdate/wire/lease.h"
#include "dnsupdate/wire/tsig.h"
#include "dnsupdate/wire/update.h"
#include "identity/base64.h"

#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <sys/uio.h>
#include <unistd.h>

#define SLOTS_MAX 1024
#define AGAIN_US 5000000 /* a lost packet: the next value */
#define LATENCIES_MAX 20000000
#define TTL 60

static struct {
	unsigned in_flight, hosts, updates, seconds, lease, may_fail, kills, seed, secondary;
	int verify;
	const char *save, *from;
	char **command;
} o = {.in_flight = 64, .hosts = 10000, .seed = 1};

/* A machine: values rise; what counts is that none falls behind acked. */
struct host {
	uint32_t acked, sent;
};

struct slot {
	uint32_t host;
	uint16_t id;
	uint64_t sent_us; /* 0 = idle */
	uint8_t tries;
	struct tsig_context tsig;
};

static int fd;
static struct name zone;
static struct tsig_signer key;
static uint8_t secret[64];
static struct host *hosts;
static struct slot slots[SLOTS_MAX];
static uint16_t generation;
static uint64_t acked, refused, again, lost;
static uint32_t *latency;
static volatile sig_atomic_t stopped;

/* ---- messages ---- */

static void
host_names(uint32_t n, struct name *host, struct name *service)
{
	char label[16];

	snprintf(label, sizeof(label), "h%u", n);
	if (name_prepend(host, label, &zone) == -1 ||
	    name_prepend(service, "_autotunnel._udp", host) == -1)
		errx(2, "the zone's name is too long");
}

static void
value_records(uint32_t value, const struct name *host, struct rdata *a, struct rdata *srv)
{
	const uint8_t address[4] = {
	    10, (uint8_t)(value >> 16), (uint8_t)(value >> 8), (uint8_t)value};
	struct srv s = {
	    .port = (uint16_t)value, .weight = (uint16_t)(value >> 16), .target = *host};

	rdata_a(a, address);
	rdata_srv(srv, &s);
}

static void
send_update(struct slot *s)
{
	uint8_t room[1024], option[LEASE_OPTION_MAX];
	struct lease_option lease = {.lease = o.lease, .key_lease = o.lease};
	struct buf ob = buf_writer(option, sizeof(option));
	struct name host, service;
	struct rdata a, srv;
	struct update u;

	host_names(s->host, &host, &service);
	value_records(++hosts[s->host].sent, &host, &a, &srv);
	lease_option_put(&ob, &lease);
	update_begin(&u, room, sizeof(room), s->id, &zone);
	update_delete_rrset(&u, &host, TYPE_A);
	update_add(&u, &host, TTL, &a);
	update_delete_rrset(&u, &service, TYPE_SRV);
	update_add(&u, &service, TTL, &srv);
	if (update_finish(&u, o.lease > 0 ? option : NULL, o.lease > 0 ? ob.pos : 0) == 0 ||
	    tsig_sign(&s->tsig, &key, &u.b, clock_wall_sec()) == -1)
		errx(2, "cannot build an update");
	s->sent_us = clock_boot_us();
	if (send(fd, room, u.b.pos, 0) == -1 && errno != ECONNREFUSED && errno != ENOBUFS)
		err(2, "send");
}

/* Slot i has the machines i, i + in_flight, ...: none is ever twice on its way. */
static void
start_slot(unsigned i)
{
	struct slot *s = &slots[i];

	s->host += o.in_flight;
	if (s->host >= o.hosts)
		s->host = i;
	s->id = (uint16_t)((++generation & 0x3f) << 10 | i);
	s->tries = 0;
	send_update(s);
}

static void
take_reply(const uint8_t *data, size_t len, int go_on)
{
	static struct message m;
	unsigned i;
	struct slot *s;

	if (len < MESSAGE_HEADER)
		return;
	i = (unsigned)(data[0] << 8 | data[1]) & 0x3ff;
	s = &slots[i];
	if (i >= o.in_flight || s->sent_us == 0 || s->id != (data[0] << 8 | data[1]) ||
	    message_parse(&m, data, len) == -1 ||
	    tsig_verify(&s->tsig, &m, clock_wall_sec(), NULL) != TSIG_OK)
		return;
	if (m.rcode == RCODE_NOERROR) {
		hosts[s->host].acked = hosts[s->host].sent;
		if (acked < LATENCIES_MAX)
			latency[acked] = (uint32_t)(clock_boot_us() - s->sent_us);
		acked++;
	} else if (m.rcode == RCODE_SERVFAIL && refused < o.may_fail) {
		hosts[s->host].sent--; /* refused is not done: the value before must stand */
		refused++;
	} else {
		errx(1, "an update was answered with %s", rcode_text(m.rcode));
	}
	s->sent_us = 0;
	if (go_on)
		start_slot(i);
}

/* What waits in the socket; 0 when nothing did. */
static int
receive(int go_on)
{
	static uint8_t data[64][2048];
	struct mmsghdr in[64] = {0};
	struct iovec iov[64];
	int n;

	for (int i = 0; i < 64; i++) {
		iov[i] = (struct iovec) {data[i], sizeof(data[i])};
		in[i].msg_hdr.msg_iov = &iov[i];
		in[i].msg_hdr.msg_iovlen = 1;
	}
	n = recvmmsg(fd, in, 64, MSG_DONTWAIT, NULL);
	for (int i = 0; i < n; i++)
		take_reply(data[i], in[i].msg_len, go_on);
	return n > 0;
}

static void
resend_late(void)
{
	uint64_t now = clock_boot_us();

	for (unsigned i = 0; i < o.in_flight; i++) {
		if (slots[i].sent_us == 0 || now - slots[i].sent_us < AGAIN_US)
			continue;
		if (o.kills == 0 && ++slots[i].tries > 3)
			errx(1, "the server does not answer");
		again++;
		send_update(&slots[i]);
	}
}

static unsigned
outstanding(void)
{
	unsigned n = 0;

	for (unsigned i = 0; i < o.in_flight; i++)
		n += slots[i].sent_us != 0;
	return n;
}

/* Run the loops until it is time, then until all are answered (drain) or not. */
static void
load(uint64_t until_us, uint64_t until_acked, int drain)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	uint64_t looked = clock_boot_us();

	for (unsigned i = 0; i < o.in_flight; i++)
		start_slot(i);
	for (;;) {
		uint64_t now = clock_boot_us();
		int over = stopped || now >= until_us || acked >= until_acked;

		if (over && (!drain || outstanding() == 0))
			return;
		if (!receive(!over))
			poll(&p, 1, 10);
		if (now - looked > AGAIN_US / 50) {
			resend_late();
			looked = now;
		}
	}
}

/* ---- what the server has ---- */

static int
ask(const struct name *name, uint16_t type, struct message *m, uint8_t *in, size_t size)
{
	struct question q = {.name = *name, .type = type, .class = CLASS_IN};
	struct pollfd p = {.fd = fd, .events = POLLIN};
	uint8_t room[512];
	static uint16_t id;

	for (int try = 0; try < 20; try++) {
		struct buf b = buf_writer(room, sizeof(room));
		uint64_t until = clock_boot_us() + 200000;

		query_build(&b, ++id, &q, 0);
		if (send(fd, room, b.pos, 0) == -1)
			usleep(2000);
		while (clock_boot_us() < until && poll(&p, 1, 50) == 1) {
			ssize_t n = recv(fd, in, size, 0);

			if (n <= 0) {
				usleep(2000);
				break;
			}
			if (message_parse(m, in, (size_t)n) == 0 &&
			    message_is_reply(m, OPCODE_QUERY, id, &q))
				return 0;
		}
	}
	return -1;
}

static void
wait_for_server(void)
{
	static struct message m;
	uint8_t in[2048];
	uint64_t until = clock_boot_us() + 20000000;

	while (clock_boot_us() < until)
		if (ask(&zone, TYPE_SOA, &m, in, sizeof(in)) == 0 && m.rcode == RCODE_NOERROR)
			return;
	errx(1, "the server does not come up");
}

/* The value that a machine has: 0 for none, UINT32_MAX for two halves that do not fit. */
static uint32_t
value_of(uint32_t n)
{
	static struct message m;
	struct name host, service;
	uint8_t in[2048], address[4] = {0};
	struct srv srv = {0};
	const struct rr *rr;
	uint32_t from_a = 0, from_srv = 0;
	size_t pos = 0;

	host_names(n, &host, &service);
	if (ask(&host, TYPE_A, &m, in, sizeof(in)) == -1)
		errx(1, "h%u: no answer", n);
	rr = message_next(&m, &pos, SECTION_ANSWER, &host, TYPE_A);
	if (rr != NULL && rr_a(&m, rr, address) == 0)
		from_a = (uint32_t)(address[1] << 16 | address[2] << 8 | address[3]);
	pos = 0;
	if (ask(&service, TYPE_SRV, &m, in, sizeof(in)) == -1)
		errx(1, "h%u: no answer", n);
	rr = message_next(&m, &pos, SECTION_ANSWER, &service, TYPE_SRV);
	if (rr != NULL && rr_srv(&m, rr, &srv) == 0)
		from_srv = (uint32_t)(srv.weight << 16 | srv.port);
	return from_a == from_srv ? from_a : UINT32_MAX;
}

static void
verify(void)
{
	for (uint32_t n = 0; n < o.hosts; n++) {
		uint32_t value = value_of(n);

		if (value == UINT32_MAX) {
			printf("h%u: torn: its two records do not fit\n", n);
			lost++;
		} else if (value < hosts[n].acked || value > hosts[n].sent) {
			printf("h%u: has %u, acknowledged was %u, sent %u\n", n, value,
			    hosts[n].acked, hosts[n].sent);
			lost++;
		}
		hosts[n].acked = hosts[n].sent = value == UINT32_MAX ? hosts[n].sent : value;
	}
}

/* Values go on from what is there. */
static void
adopt(void)
{
	for (uint32_t n = 0; n < o.hosts; n++) {
		uint32_t value = value_of(n);

		hosts[n].acked = hosts[n].sent = value == UINT32_MAX ? 0 : value;
	}
}

static void
keep(const char *path, const char *mode)
{
	FILE *f = fopen(path, mode);
	size_t n = f == NULL ? 0
	    : *mode == 'w'   ? fwrite(hosts, sizeof(*hosts), o.hosts, f)
			     : fread(hosts, sizeof(*hosts), o.hosts, f);

	if (n != o.hosts || fclose(f) != 0)
		errx(2, "%s: no values of %u machines", path, o.hosts);
}

/* ---- a secondary ---- */

/* Until it has this value: how long that took. */
static uint32_t
follow(int primary, int secondary, uint32_t host, uint32_t value)
{
	uint64_t start = clock_boot_us();

	fd = secondary;
	while (value_of(host) != value) {
		if (clock_boot_us() - start > 30000000)
			errx(1, "the secondary does not follow");
		usleep(500);
	}
	fd = primary;
	return (uint32_t)(clock_boot_us() - start);
}

static void
one_by_one(int secondary)
{
	int primary = fd;

	for (unsigned i = 0; i < o.updates; i++) {
		uint64_t before = acked;

		load(UINT64_MAX, acked + 1, 1);
		latency[before] =
		    follow(primary, secondary, slots[0].host, hosts[slots[0].host].acked);
		usleep(200000);
	}
}

/* ---- killing ---- */

static pid_t
start_server(void)
{
	pid_t pid = fork();

	if (pid == -1)
		err(2, "fork");
	if (pid == 0) {
		execvp(o.command[0], o.command);
		err(127, "%s", o.command[0]);
	}
	return pid;
}

static void
kill_server(pid_t pid, int signo)
{
	kill(pid, signo);
	while (waitpid(pid, NULL, 0) == -1 && errno == EINTR)
		;
}

/* Each life ends within 5 to 60 ms of full rate. */
static void
live_and_die(void)
{
	unsigned seed = o.seed;
	pid_t pid;

	for (unsigned i = 0; i < o.kills; i++) {
		pid = start_server();
		wait_for_server();
		if (i == 0)
			adopt();
		verify();
		load(clock_boot_us() + 5000 + (unsigned)rand_r(&seed) % 55000, UINT64_MAX, 0);
		kill_server(pid, SIGKILL);
		for (unsigned s = 0; s < o.in_flight; s++) {
			tsig_forget(&slots[s].tsig);
			slots[s].sent_us = 0;
		}
	}
	pid = start_server();
	wait_for_server();
	verify();
	kill_server(pid, SIGTERM);
}

/* ---- the whole ---- */

static void
parse_key(const char *text)
{
	const char *first = strchr(text, ':'), *last = strrchr(text, ':');
	char algorithm[32], name[MSG_NAME_MAX];
	int len;

	if (first == NULL || first == last)
		errx(2, "a key is ALGORITHM:NAME:SECRET");
	snprintf(algorithm, sizeof(algorithm), "%.*s", (int)(first - text), text);
	snprintf(name, sizeof(name), "%.*s", (int)(last - first - 1), first + 1);
	len = base64_decode(last + 1, secret, sizeof(secret));
	if (len <= 0 ||
	    tsig_signer_init(
		&key, name, (uint8_t)tsig_algorithm_parse(algorithm), secret, (size_t)len) == -1)
		errx(2, "%s: no usable key", text);
}

static int
open_socket(const char *address, unsigned port)
{
	struct sockaddr_in sin = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	int size = 4 << 20, s;

	if (inet_pton(AF_INET, address, &sin.sin_addr) != 1)
		errx(2, "%s: no IPv4 address", address);
	s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (s == -1 || connect(s, (struct sockaddr *)&sin, sizeof(sin)) == -1)
		err(2, "socket");
	setsockopt(s, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	return s;
}

static int
by_number(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static void
report(uint64_t us)
{
	uint64_t n = acked < LATENCIES_MAX ? acked : LATENCIES_MAX;

	qsort(latency, n, sizeof(*latency), by_number);
	printf("acked %llu rate %.0f p50_us %u p99_us %u max_us %u servfail %llu again %llu "
	       "lost %llu\n",
	    (unsigned long long)acked, (double)acked * 1e6 / (double)us,
	    n == 0 ? 0 : latency[n / 2], n == 0 ? 0 : latency[n * 99 / 100],
	    n == 0 ? 0 : latency[n - 1], (unsigned long long)refused, (unsigned long long)again,
	    (unsigned long long)lost);
}

static void
options(int argc, char **argv)
{
	int c;

	while ((c = getopt(argc, argv, "+q:h:c:t:l:e:vk:r:s:f:S:")) != -1) {
		unsigned n = optarg == NULL ? 0 : (unsigned)strtoul(optarg, NULL, 10);

		switch (c) {
		case 'q':
			o.in_flight = n;
			break;
		case 'h':
			o.hosts = n;
			break;
		case 'c':
			o.updates = n;
			break;
		case 't':
			o.seconds = n;
			break;
		case 'l':
			o.lease = n;
			break;
		case 'e':
			o.may_fail = n;
			break;
		case 'v':
			o.verify = 1;
			break;
		case 's':
			o.save = optarg;
			break;
		case 'f':
			o.from = optarg;
			break;
		case 'k':
			o.kills = n;
			break;
		case 'S':
			o.secondary = n;
			o.in_flight = 1;
			break;
		case 'r':
			o.seed = n;
			break;
		default:
			exit(2);
		}
	}
	if (argc - optind < 4 || o.in_flight == 0 || o.in_flight > SLOTS_MAX ||
	    o.hosts < o.in_flight || (o.kills > 0 && argc - optind < 5))
		errx(2, "wrong arguments; see tests/dnsd_load.c");
	o.command = argv + optind + 4;
}

static void
stop(int signo)
{
	(void)signo;
	stopped = 1;
}

int
main(int argc, char **argv)
{
	uint64_t start;

	options(argc, argv);
	signal(SIGTERM, stop);
	fd = open_socket(argv[optind], (unsigned)atoi(argv[optind + 1]));
	if (name_parse(&zone, argv[optind + 2]) == -1)
		errx(2, "%s: no domain name", argv[optind + 2]);
	parse_key(argv[optind + 3]);
	hosts = calloc(o.hosts, sizeof(*hosts));
	latency = calloc(LATENCIES_MAX, sizeof(*latency));
	if (hosts == NULL || latency == NULL)
		err(2, "calloc");
	for (unsigned i = 0; i < o.in_flight; i++)
		slots[i].host = i - o.in_flight; /* start_slot adds it */
	if (o.kills == 0)
		wait_for_server();
	start = clock_boot_us();
	if (o.kills > 0) {
		live_and_die();
	} else if (o.secondary > 0) {
		one_by_one(open_socket(argv[optind], o.secondary));
	} else if (o.from != NULL) {
		keep(o.from, "r");
	} else {
		load(o.seconds > 0 ? start + o.seconds * 1000000ull : UINT64_MAX,
		    o.updates > 0 ? o.updates : UINT64_MAX, 1);
	}
	report(clock_boot_us() - start);
	if (o.save != NULL)
		keep(o.save, "w");
	if ((o.verify || o.from != NULL) && o.kills == 0) {
		verify();
		if (lost > 0)
			printf("lost %llu\n", (unsigned long long)lost);
	}
	return lost > 0;
}
