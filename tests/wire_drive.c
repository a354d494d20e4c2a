/*
 * dnsupdate/wire against a real name server: each step sends what the library built and judges what
 * comes back.  Blocking sockets, one server on 127.0.0.1.  tests/wire_servers.sh starts BIND and
 * Knot with the zone and keys this program expects.
 *
 *	wire_drive PORT AXFR-MESSAGES
 */
#include "base/clock.h"
#include "crypto/mac.h"
#include "dnsupdate/wire/peer.h"
#include "dnsupdate/wire/stream.h"
#include "dnsupdate/wire/text.h"
#include "dnsupdate/wire/tsig.h"

#include <arpa/inet.h>
#include <err.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define DOMAIN "alice.example"
#define HOST "nas.alice.example"
#define WAIT_MS 3000

static uint16_t port;
static uint8_t secret[64];
static struct tsig_signer device, account;
static struct name domain, host;

/* One exchange: what was sent, what came back, what TSIG says of it. */
struct exchange {
	uint8_t out[2048];
	struct buf b;
	struct tsig_context ctx;
	uint8_t in[MESSAGE_MAX];
	struct message m;
	enum tsig_verdict verdict;
	struct tsig_report report;
};

static struct exchange x;

static int
open_socket(int type)
{
	struct sockaddr_in sin = {.sin_family = AF_INET,
	    .sin_port = htons(port),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, type, 0);

	if (fd == -1 || connect(fd, (struct sockaddr *)&sin, sizeof(sin)) == -1)
		err(1, "connect");
	return fd;
}

static size_t
receive(int fd, uint8_t *out, size_t size)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	ssize_t n;

	if (poll(&p, 1, WAIT_MS) != 1)
		errx(1, "no answer");
	n = recv(fd, out, size, 0);
	if (n <= 0)
		errx(1, "the server hung up");
	return (size_t)n;
}

static void
parse_reply(const uint8_t *data, size_t len)
{
	if (message_parse(&x.m, data, len) == -1)
		errx(1, "the answer does not parse (%zu octets)", len);
	if (x.m.id != 77 || !(x.m.flags & FLAG_QR))
		errx(1, "not an answer to us");
}

static void
exchange_udp(void)
{
	int fd = open_socket(SOCK_DGRAM);

	if (send(fd, x.out, x.b.pos, 0) != (ssize_t)x.b.pos)
		err(1, "send");
	parse_reply(x.in, receive(fd, x.in, sizeof(x.in)));
	close(fd);
}

/* Send over TCP, in two pieces; returns the socket. */
static int
send_tcp(void)
{
	uint8_t prefix[STREAM_PREFIX];
	int fd = open_socket(SOCK_STREAM);

	if (stream_prefix(prefix, x.b.pos) == -1 || send(fd, prefix, 2, 0) != 2 ||
	    send(fd, x.out, x.b.pos, 0) != (ssize_t)x.b.pos)
		err(1, "send");
	return fd;
}

/* The next message of a stream; room keeps what came too early. */
struct stream {
	int fd;
	size_t have;
	uint8_t room[STREAM_PREFIX + MESSAGE_MAX];
};

static void
receive_tcp(struct stream *s)
{
	const uint8_t *msg;
	size_t len;
	int r;

	while ((r = stream_next(s->room, s->have, MESSAGE_MAX, &msg, &len)) == 0)
		s->have += receive(s->fd, s->room + s->have, sizeof(s->room) - s->have);
	if (r == -1)
		errx(1, "no DNS on the stream");
	memcpy(x.in, msg, len);
	s->have -= len + STREAM_PREFIX;
	memmove(s->room, s->room + len + STREAM_PREFIX, s->have);
	parse_reply(x.in, len);
}

static void
sign_at(const struct tsig_signer *key, uint64_t now)
{
	tsig_forget(&x.ctx);
	if (x.b.failed || tsig_sign(&x.ctx, key, &x.b, now) == -1)
		errx(1, "cannot sign");
}

static void
judge(void)
{
	x.verdict = tsig_verify(&x.ctx, &x.m, clock_wall_sec(), &x.report);
}

static void
step(const char *what, enum tsig_verdict verdict, unsigned rcode)
{
	printf("%-52s %s, %s, TSIG error %u\n", what, tsig_verdict_text(x.verdict),
	    rcode_text(x.m.rcode), x.report.error);
	if (x.verdict != verdict || x.m.rcode != rcode)
		errx(1, "wanted %s, %s", tsig_verdict_text(verdict), rcode_text(rcode));
}

static void
send_update(struct update *u, const struct tsig_signer *key)
{
	if (update_finish(u, NULL, 0) == 0)
		errx(1, "cannot build the update");
	x.b = u->b;
	sign_at(key, clock_wall_sec());
	exchange_udp();
	judge();
}

static void
begin(struct update *u)
{
	update_begin(u, x.out, sizeof(x.out), 77, &domain);
}

static void
empty_update(const struct tsig_signer *key)
{
	struct update u;

	begin(&u);
	send_update(&u, key);
}

static struct host_records
records_at(uint64_t epoch)
{
	struct host_records r = {.host = host, .contacts = 2};

	r.ula[0] = 0xfd;
	r.ula[15] = 1;
	endpoint_parse("[2001:db8::1]:4500", 0, &r.contact[0]);
	endpoint_parse("192.0.2.9:61234", 0, &r.contact[1]);
	r.contact[1].priority = 10;
	r.status = (struct host_status) {
	    epoch, clock_wall_sec() + 5400, NAT_KIND_PCP, INBOUND_YES, "linux"};
	return r;
}

static void
publish(const struct name *whose, uint64_t epoch, const struct rdata *previous)
{
	struct host_records r = records_at(epoch);
	struct update u;

	r.host = *whose;
	begin(&u);
	if (records_publish(&u, &r, previous, previous != NULL) == -1)
		errx(1, "cannot publish");
	send_update(&u, &device);
}

static void
ask(const struct question *q)
{
	x.b = buf_writer(x.out, sizeof(x.out));
	if (query_build(&x.b, 77, q, 0) == -1)
		errx(1, "cannot ask");
	exchange_udp();
	if (!message_is_reply(&x.m, OPCODE_QUERY, 77, q))
		errx(1, "not the answer");
}

static void
read_host(struct peer_reader *r, struct msg_dns_peer *peer)
{
	struct question q;
	unsigned pos = 0, asked = 0;

	if (peer_reader_init(r, &host, &domain) == -1)
		errx(1, "name");
	for (; !peer_reader_done(r); pos = 0)
		while (peer_reader_open(r, &pos, &q)) {
			ask(&q);
			asked++;
			if (peer_reader_take(r, &q, &x.m) == -1)
				errx(1, "answer not taken: %s", rcode_text(x.m.rcode));
		}
	peer_reader_result(r, peer);
	printf("read back with %u questions: epoch %lu, %u contacts\n", asked,
	    (unsigned long)peer->epoch, peer->contacts);
}

/* Send captured octets: whoever does so cannot check the answer.  A server that knows them says
 * again what it said the first time, and does nothing; what the zone holds tells. */
static void
replay(const char *what, const uint8_t *data, size_t len, unsigned rcode)
{
	memcpy(x.out, data, len);
	x.b.pos = len;
	exchange_udp();
	printf("%s sent again: %s\n", what, rcode_text(x.m.rcode));
	if (x.m.rcode != rcode && x.m.rcode != RCODE_NOERROR)
		errx(1, "wanted %s", rcode_text(rcode));
}

/* Publish, read, replace; then send each captured update again. */
static void
epochs(void)
{
	static uint8_t first[2048], second[2048];
	static struct peer_reader r;
	struct msg_dns_peer peer;
	size_t first_len, second_len;
	struct rdata previous;

	publish(&host, 1, NULL);
	step("first publication", TSIG_OK, RCODE_NOERROR);
	memcpy(first, x.out, first_len = x.b.pos);
	read_host(&r, &peer);
	if (peer.epoch != 1 || peer.contacts != 2 || peer.contact[0].family != 6 ||
	    peer.contact[1].port != 61234 || peer.ula[15] != 1 || peer.nat != NAT_KIND_PCP)
		errx(1, "read back something else");
	previous = r.txt[0];
	publish(&host, 2, &previous);
	step("replaced, epoch 1 demanded", TSIG_OK, RCODE_NOERROR);
	memcpy(second, x.out, second_len = x.b.pos);
	replay("first publication", first, first_len, RCODE_YXRRSET);
	replay("second publication", second, second_len, RCODE_NXRRSET);
	read_host(&r, &peer);
	if (peer.epoch != 2)
		errx(1, "a replay changed the zone");
}

static void
withdraw(void)
{
	static struct peer_reader r;
	struct msg_dns_peer peer;
	struct update u;
	uint64_t epoch;
	static struct stream s;

	read_host(&r, &peer);
	begin(&u);
	epoch = peer.epoch + 1;
	if (records_withdraw(&u, &host, epoch, clock_wall_sec(), r.txt, r.txts) == -1 ||
	    update_finish(&u, NULL, 0) == 0)
		errx(1, "cannot withdraw");
	x.b = u.b;
	sign_at(&device, clock_wall_sec());
	s = (struct stream) {.fd = send_tcp()};
	receive_tcp(&s);
	close(s.fd);
	judge();
	step("withdrawal, over TCP", TSIG_OK, RCODE_NOERROR);
	read_host(&r, &peer);
	if (peer.contacts != 0 || r.has_ula || r.txts != 1 || peer.epoch != epoch ||
	    peer.os[0] != '\0')
		errx(1, "more is left than the epoch, or less");
}

static void
enrol(void)
{
	struct question q;
	struct update u;
	char name[MSG_NAME_MAX];
	size_t pos = 0;

	begin(&u);
	if (records_enrol(&u, &domain, &host) == -1)
		errx(1, "cannot enrol");
	send_update(&u, &account);
	step("enrolled by the account's key (hmac-sha512)", TSIG_OK, RCODE_NOERROR);
	if (records_machines_question(&q, &domain) == -1)
		errx(1, "name");
	ask(&q);
	if (records_machines_next(&x.m, &pos, &domain, name) != 1 || strcmp(name, HOST) != 0)
		errx(1, "not listed");
	begin(&u);
	if (records_strike(&u, &domain, &host) == -1)
		errx(1, "cannot strike");
	send_update(&u, &account);
	step("struck off", TSIG_OK, RCODE_NOERROR);
	ask(&q);
	pos = 0;
	if (records_machines_next(&x.m, &pos, &domain, name) != 0)
		errx(1, "still listed");
}

/* What each server makes of wrong keys and clocks; none of it may be believed. */
static void
errors(void)
{
	struct tsig_signer wrong = device;
	uint8_t other[32] = {9};
	struct update u;
	struct name sibling;

	wrong.secret = other;
	empty_update(&wrong);
	step("wrong secret", TSIG_HINT, RCODE_NOTAUTH);
	if (x.report.error != TSIG_BADSIG)
		errx(1, "wanted BADSIG");
	wrong = device;
	if (name_parse(&wrong.name, "nobody.alice.example") == -1)
		errx(1, "name");
	empty_update(&wrong);
	step("unknown key", TSIG_HINT, RCODE_NOTAUTH);
	if (x.report.error != TSIG_BADKEY)
		errx(1, "wanted BADKEY");
	begin(&u);
	if (update_finish(&u, NULL, 0) == 0)
		errx(1, "cannot build");
	x.b = u.b;
	sign_at(&device, clock_wall_sec() - 3600);
	exchange_udp();
	x.verdict = tsig_verify(&x.ctx, &x.m, clock_wall_sec() - 3600, &x.report);
	step("our clock an hour late", TSIG_CLOCK, RCODE_NOTAUTH);
	printf("  the server says we are %ld s off\n", (long)x.report.skew_sec);
	if (labs((long)x.report.skew_sec + 3600) > 2)
		errx(1, "wanted -3600");
	if (name_parse(&sibling, "laptop.alice.example") == -1)
		errx(1, "name");
	publish(&sibling, 1, NULL);
	printf("%-52s %s, %s, TSIG error %u\n", "a sibling's name with our key",
	    tsig_verdict_text(x.verdict), rcode_text(x.m.rcode), x.report.error);
	if (x.m.rcode == RCODE_NOERROR)
		errx(1, "the server let us");
}

/* A zone transfer is a stream of signed messages. */
static void
transfer(unsigned at_least)
{
	static struct stream s;
	struct question q = {.name = domain, .type = 252, .class = CLASS_IN};
	unsigned messages = 0, ends = 0;

	x.b = buf_writer(x.out, sizeof(x.out));
	if (query_build(&x.b, 77, &q, 0) == -1)
		errx(1, "cannot ask");
	sign_at(&account, clock_wall_sec());
	s = (struct stream) {.fd = send_tcp()};
	while (ends < 2) {
		const struct rr *rr;
		size_t pos = 0;

		receive_tcp(&s);
		if (messages++ == 0)
			judge();
		else
			x.verdict = tsig_verify_next(&x.ctx, &x.m, clock_wall_sec(), &x.report);
		if (x.verdict != TSIG_OK || x.m.rcode != RCODE_NOERROR)
			errx(1, "message %u: %s", messages, tsig_verdict_text(x.verdict));
		while ((rr = message_next(&x.m, &pos, SECTION_ANSWER, &domain, TYPE_SOA)) != NULL)
			ends++;
	}
	close(s.fd);
	printf("transfer: %u messages, all covered: %s\n", messages,
	    tsig_stream_complete(&x.ctx) ? "yes" : "no");
	if (!tsig_stream_complete(&x.ctx) || messages < at_least)
		errx(1, "wanted %u messages", at_least);
}

static void
print_update(void)
{
	char text[600];

	publish(&host, 1, NULL);
	if (message_parse(&x.m, x.out, x.b.pos) == -1)
		errx(1, "our own update does not parse");
	for (unsigned i = 0; i < x.m.count; i++)
		printf("  %s\n", rr_text(&x.m, &x.m.rr[i], text, sizeof(text)));
	printf("  %zu octets\n", x.b.pos);
}

int
main(int argc, char **argv)
{
	if (argc != 3)
		errx(2, "usage: wire_drive PORT AXFR-MESSAGES");
	port = (uint16_t)atoi(argv[1]);
	for (unsigned i = 0; i < sizeof(secret); i++)
		secret[i] = (uint8_t)i;
	if (name_parse(&domain, DOMAIN) == -1 || name_parse(&host, HOST) == -1 ||
	    tsig_signer_init(&device, HOST, TSIG_HMAC_SHA256, secret, 32) == -1 ||
	    tsig_signer_init(&account, "account.alice.example", TSIG_HMAC_SHA512, secret, 64) == -1)
		errx(1, "keys");
	empty_update(&device);
	step("empty update", TSIG_OK, RCODE_NOERROR);
	epochs();
	errors();
	withdraw();
	print_update();
	withdraw();
	enrol();
	transfer((unsigned)atoi(argv[2]));
	tsig_forget(&x.ctx);
	puts("all as it should be");
	return 0;
}
