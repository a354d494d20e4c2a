/*
 * How soon a change is known: plays other machines towards the name server, and the manager towards
 * one real DNS worker, locked into its sandbox.
 *
 *	changes_drive ADDRESS DOMAIN SECRET PEERS CHANGES SECONDS SOURCE INTERFACE [pin=PIN]
 *
 * ADDRESS is the name server's, port 53; the key "account" with this SECRET may change DOMAIN, the
 * zone.  PEERS machines are enrolled and published.  When the worker knows all of them and says
 * that changes come by SOURCE (poll, llq, push; with a pin over TLS, else over UDP), CHANGES of
 * them get another contact, one after the other: from the acknowledgement of the UPDATE to the
 * message that tells the manager.  Then for so many SECONDS only what a real account does happens,
 * each machine refreshes its records each 72 minutes, and what that costs is counted: processor
 * time of the worker, packets on the INTERFACE but for the refreshes themselves, memory.
 *
 * Prints lines of a metric, its unit and its value.
 */
#include "base/str.h"
#include "crypto/mac.h"
#include "crypto/pin.h"
#include "dnsupdate/dnsupdate.h"
#include "dnsupdate/wire/records.h"
#include "dnsupdate/wire/tsig.h"
#include "tests/netns/drive.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define REFRESH_SEC 4320 /* 80 % of a lease of 5400 s */
#define SYNC_SEC 120
#define CHANGE_SEC 70
#define CALM_SEC 65 /* after the last change looks become rare */
#define PAUSE_MS 70 /* between changes */

static struct {
	const char *domain, *interface;
	unsigned peers, changes, seconds;
	uint8_t source;
	struct endpoint server;
	struct name zone;
	struct tsig_signer key;
	int fd; /* to the server */
	uint64_t *epoch; /* of each machine */
	uint16_t *port; /* where it is called */
	unsigned updates;
} o;

/* What the worker has said. */
static unsigned present, synced;
static uint8_t source;
static struct msg_dns_peer last;

static uint64_t
now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

/* ---- the other machines ---- */

static struct host_records
records_of(unsigned i)
{
	struct host_records r = {.contacts = 1,
	    .ula = {0xfd, 0x12, [14] = (uint8_t)(i >> 8), [15] = (uint8_t)i},
	    .status = {.epoch = o.epoch[i], .expires_sec = 4000000000u, .nat = 1, .os = "linux"}};
	char text[MSG_NAME_MAX];

	snprintf(text, sizeof text, "machine-%u.%s", i, o.domain);
	if (name_parse(&r.host, text) != 0)
		fatalx("%s", text);
	r.contact[0] = (struct endpoint) {
	    .family = 4, .port = o.port[i], .addr = {11, 22, (uint8_t)(i >> 8), (uint8_t)i}};
	return r;
}

static void
sign_and_send(struct update *u)
{
	struct tsig_context ctx = {0};

	if (update_finish(u, NULL, 0) == 0 ||
	    tsig_sign(&ctx, &o.key, &u->b, (uint64_t)time(NULL)) != 0)
		fatalx("an update that cannot be built");
	if (send(o.fd, u->b.data, u->b.pos, 0) != (ssize_t)u->b.pos)
		fatal("update");
	o.updates++;
}

/* The next epoch of machine i is on its way: a refresh, or with another contact. */
static void
update(unsigned i, int move)
{
	static uint8_t room[4096];
	static struct update u;
	struct host_records r = records_of(i);
	struct rdata before;
	uint64_t old = o.epoch[i]++;

	if (status_to_txt(&r.status, &before) != 0)
		fatalx("status");
	o.port[i] = (uint16_t)(move ? o.port[i] + 1 : o.port[i]);
	r = records_of(i);
	update_begin(&u, room, sizeof room, (uint16_t)o.updates, &o.zone);
	records_publish(&u, &r, &before, old != 0);
	if (old == 0)
		records_enrol(&u, &o.zone, &r.host);
	sign_and_send(&u);
}

/* 1 when the answer to the last update is there. */
static int
acknowledged(void)
{
	uint8_t answer[1232];
	ssize_t n = recv(o.fd, answer, sizeof answer, MSG_DONTWAIT);

	if (n < 12)
		return 0;
	if ((answer[3] & 0xf) != 0)
		fatalx("update refused: %s", rcode_text(answer[3] & 0xf));
	return 1;
}

static void
wait_acknowledged(void)
{
	struct pollfd pfd = {.fd = o.fd, .events = POLLIN};

	do
		if (poll(&pfd, 1, 5000) <= 0)
			fatalx("the name server does not answer");
	while (!acknowledged());
}

/* ---- the worker ---- */

static void
hear(void)
{
	static union msg m;
	int fd, got;

	while ((got = channel_recv(&channel, &m, &fd)) > 0) {
		if (m.hdr.type == MSG_DNS_STATE)
			source = m.dns_state.source;
		else if (m.hdr.type == MSG_DNS_SYNCED)
			synced = 1;
		if (m.hdr.type != MSG_DNS_PEER)
			continue;
		present += m.dns_peer.present;
		last = m.dns_peer;
	}
	if (got < 0)
		fatal("worker");
}

/* Wait until something is heard or the time is over. */
static void
listen_until(uint64_t end_us)
{
	struct pollfd pfd[2] = {
	    {.fd = channel.fd, .events = POLLIN}, {.fd = o.fd, .events = POLLIN}};
	uint64_t now = now_us();
	int wait = now >= end_us ? 0 : (int)((end_us - now + 999) / 1000);

	if (poll(pfd, 2, wait) == -1 && errno != EINTR)
		fatal("poll");
	if (pfd[0].revents != 0)
		hear();
}

static void
rest(uint64_t us)
{
	uint64_t end = now_us() + us;

	while (now_us() < end)
		listen_until(end);
}

static void
start(const char *pin_text)
{
	static union msg m;
	struct msg_dns_zone *z = &m.dns_zone;
	struct pin pin;

	start_worker(dnsupdate_main, ROLE_DNSUPDATE, "nobody");
	msg_begin(&m, MSG_LOG_LEVEL, 0);
	m.log_level.level = LOG_LEVEL_NOTICE;
	send_message(&m);
	msg_begin(&m, MSG_DNS_ZONE, 0);
	str_copy(z->domain, sizeof z->domain, o.domain);
	snprintf(z->host, sizeof z->host, "self.%s", o.domain);
	str_copy(z->key_name, sizeof z->key_name, "account");
	memcpy(z->secret, o.key.secret, o.key.secret_len);
	z->secret_len = (uint8_t)o.key.secret_len;
	z->algorithm = TSIG_HMAC_SHA256;
	z->servers = 1;
	z->server[0] = o.server;
	z->tls_port = 853;
	z->transport = pin_text == NULL ? DNS_TRANSPORT_UDP : DNS_TRANSPORT_TLS;
	if (pin_text != NULL) {
		if (pin_parse(pin_text, &pin) != 0)
			fatalx("pin %s", pin_text);
		memcpy(z->pin[z->pins++], pin.sha256, MSG_PIN_LEN);
	}
	send_message(&m);
	/* Not behind a NAT. */
	msg_begin(&m, MSG_DNS_PUBLISH, 0);
	m.dns_publish = (struct msg_dns_publish) {.hdr = {.type = MSG_DNS_PUBLISH},
	    .wanted = 0,
	    .nat = NAT_KIND_NONE,
	    .lease_sec = 5400,
	    .ula = {0xfd, 1}};
	send_message(&m);
}

static void
say(const char *metric, const char *unit, double value)
{
	printf("%s\t%s\t%.3f\n", metric, unit, value);
	fflush(stdout);
}

static void
wait_known(void)
{
	uint64_t began = now_us(), end = began + (uint64_t)SYNC_SEC * 1000000;

	while (!synced || present < o.peers) {
		listen_until(end);
		if (now_us() >= end)
			fatalx("%u of %u machines known after %d s", present, o.peers, SYNC_SEC);
	}
	say("all known after", "ms", (double)(now_us() - began) / 1000);
	while (source != o.source) {
		listen_until(end);
		if (now_us() >= end)
			fatalx("changes do not come as they should, but by %u", source);
	}
	say("channel stands after", "ms", (double)(now_us() - began) / 1000);
}

/* ---- what is measured ---- */

static int
compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

/* Milliseconds from the acknowledgement to the news. */
static double
one_change(unsigned i)
{
	uint64_t began = now_us(), end = began + (uint64_t)CHANGE_SEC * 1000000;
	uint64_t acked = 0, known = 0;
	char name[MSG_NAME_MAX];

	snprintf(name, sizeof name, "machine-%u.%s", i, o.domain);
	update(i, 1);
	while (acked == 0 || known == 0) {
		listen_until(end);
		if (acked == 0 && acknowledged())
			acked = now_us();
		if (known == 0 && strcmp(last.name, name) == 0 && last.epoch == o.epoch[i])
			known = now_us();
		if (now_us() >= end)
			fatalx("%s is not told", name);
	}
	return ((double)known - (double)acked) / 1000;
}

static void
measure_changes(void)
{
	double *ms = calloc(o.changes, sizeof *ms);

	for (unsigned i = 0; i < o.changes; i++) {
		ms[i] = one_change(i % o.peers);
		rest(PAUSE_MS * 1000);
	}
	qsort(ms, o.changes, sizeof *ms, compare);
	say("change known, median", "ms", ms[o.changes / 2]);
	say("change known, 99 %", "ms", ms[(o.changes * 99 - 1) / 100]);
	say("change known, slowest", "ms", ms[o.changes - 1]);
	free(ms);
}

static uint64_t
number_in(const char *path, const char *after)
{
	FILE *f = fopen(path, "r");
	char line[256];
	uint64_t n = 0;

	if (f == NULL)
		fatal("%s", path);
	while (fgets(line, sizeof line, f) != NULL)
		if (strncmp(line, after, strlen(after)) == 0)
			n = strtoull(line + strlen(after), NULL, 10);
	fclose(f);
	return n;
}

static uint64_t
packets(void)
{
	char path[128];
	uint64_t n;

	snprintf(path, sizeof path, "/sys/class/net/%s/statistics/rx_packets", o.interface);
	n = number_in(path, "");
	snprintf(path, sizeof path, "/sys/class/net/%s/statistics/tx_packets", o.interface);
	return n + number_in(path, "");
}

/* Nanoseconds on a processor. */
static uint64_t
worked(void)
{
	char path[64];

	snprintf(path, sizeof path, "/proc/%d/schedstat", (int)worker);
	return number_in(path, "");
}

static void
measure_idle(void)
{
	char path[64];
	uint64_t began = now_us(), end, next, p, w;
	unsigned refreshes = 0;

	rest((uint64_t)CALM_SEC * 1000000);
	p = packets();
	w = worked();
	began = now_us();
	end = began + (uint64_t)o.seconds * 1000000;
	next = (uint64_t)REFRESH_SEC * 1000000 / o.peers;
	while (now_us() < end) {
		uint64_t due = began + (refreshes + 1) * next;

		rest((due < end ? due : end) - now_us());
		if (due >= end)
			continue;
		update(refreshes++ % o.peers, 0);
		wait_acknowledged();
	}
	say("packets", "1/h", (double)(packets() - p - 2 * refreshes) * 3600 / o.seconds);
	say("processor time", "us/s", (double)(worked() - w) / 1000 / o.seconds);
	snprintf(path, sizeof path, "/proc/%d/status", (int)worker);
	say("resident", "kB", (double)number_in(path, "VmRSS:"));
	say("resident, own", "kB", (double)number_in(path, "RssAnon:"));
}

static void
options(int argc, char **argv)
{
	static const char *const sources[] = {"none", "poll", "llq", "push"};
	struct sockaddr_storage sa;
	socklen_t len;

	if (argc < 9)
		fatalx("usage: changes_drive ADDRESS DOMAIN SECRET PEERS CHANGES SECONDS SOURCE "
		       "INTERFACE [pin=PIN]");
	o.domain = argv[2];
	if (endpoint_parse(argv[1], 53, &o.server) != 0 || name_parse(&o.zone, o.domain) != 0 ||
	    tsig_signer_init(
		&o.key, "account", TSIG_HMAC_SHA256, (uint8_t *)argv[3], strlen(argv[3])) != 0)
		fatalx("a word that is none");
	o.peers = (unsigned)atoi(argv[4]);
	o.changes = (unsigned)atoi(argv[5]);
	o.seconds = (unsigned)atoi(argv[6]);
	while (o.source < DNS_SOURCE_PUSH && strcmp(sources[o.source], argv[7]) != 0)
		o.source++;
	o.interface = argv[8];
	o.epoch = calloc(o.peers, sizeof *o.epoch);
	o.port = calloc(o.peers, sizeof *o.port);
	for (unsigned i = 0; i < o.peers; i++)
		o.port[i] = 4500;
	len = endpoint_to_sockaddr(&o.server, &sa);
	o.fd = socket(sa.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (o.fd == -1 || connect(o.fd, (struct sockaddr *)&sa, len) == -1)
		fatal("socket");
}

int
main(int argc, char **argv)
{
	log_init("changes_drive", 0);
	options(argc, argv);
	for (unsigned i = 0; i < o.peers; i++) {
		update(i, 0);
		wait_acknowledged();
	}
	start(argc > 9 && strncmp(argv[9], "pin=", 4) == 0 ? argv[9] + 4 : NULL);
	wait_known();
	rest(12000000); /* the looks of the start are over */
	measure_changes();
	measure_idle();
	kill(worker, SIGKILL);
	return 0;
}
