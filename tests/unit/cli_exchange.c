/*
 * exchange() against servers that help and servers that lie.  Each runs in a child process on the
 * loopback interface and judges and signs with the server's side of dnsupdate/wire/tsig.h.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/clock.h"
#include "cli/exchange.h"
#include "dnsupdate/wire/stream.h"
#include "dnsupdate/wire/tsig.h"

#include <arpa/inet.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* What the server does with a request, in this order, on UDP and on TCP. */
enum act {
	END,
	GOOD, /* signed NOERROR */
	REFUSE, /* signed REFUSED */
	TRUNCATED, /* signed, TC */
	UNSIGNED, /* NOERROR without signature */
	TAMPERED, /* signed, then changed */
	WRONG_ID, /* signed, but the answer to something else */
	NO_TSIG, /* NOTAUTH without signature */
	OTHER_QUESTION, /* REFUSED without signature, about another name */
	GARBAGE,
	PIECES, /* GOOD, octet by octet (TCP) */
	HANG_UP, /* close (TCP) */
};

#define ACTS 4

struct behaviour {
	const char *name;
	enum act udp[ACTS]; /* END first: UDP port closed */
	enum act tcp[ACTS]; /* the same for TCP */
	int other_name, other_secret; /* the server's key */
	int no_key; /* ask without signature */
	int64_t clock_sec; /* added to the server's clock */
	enum exchange_result want;
	uint16_t rcode;
};

static const struct tsig_key our_key = {.name = "autotunnel-account.example.org",
    .algorithm = TSIG_HMAC_SHA256,
    .secret_len = 32,
    .secret = "01234567890123456789012345678901"};

static const struct behaviour behaviours[] = {
    {"answers", {GOOD}, {END}, .want = EXCHANGE_ANSWERED},
    {"refuses", {REFUSE}, {END}, .want = EXCHANGE_ANSWERED, .rcode = RCODE_REFUSED},
    {"only TCP", {END}, {GOOD}, .want = EXCHANGE_ANSWERED},
    {"TCP in pieces", {END}, {PIECES}, .want = EXCHANGE_ANSWERED},
    {"truncated", {TRUNCATED}, {GOOD}, .want = EXCHANGE_ANSWERED},
    {"truncated and no TCP", {TRUNCATED}, {END}, .want = EXCHANGE_SILENT},
    {"unsigned is no answer", {UNSIGNED}, {HANG_UP}, .want = EXCHANGE_UNSIGNED},
    {"not its zone, and it knows no TSIG", {NO_TSIG}, {NO_TSIG}, .want = EXCHANGE_UNSIGNED},
    {"liar first", {UNSIGNED, GARBAGE, WRONG_ID, GOOD}, {END}, .want = EXCHANGE_ANSWERED},
    {"tampered first", {TAMPERED, GOOD}, {END}, .want = EXCHANGE_ANSWERED},
    {"liar on UDP, truth on TCP", {UNSIGNED}, {UNSIGNED, GOOD}, .want = EXCHANGE_ANSWERED},
    {"no such key", {GOOD}, {END}, .other_name = 1, .want = EXCHANGE_BAD_KEY},
    {"another secret", {GOOD}, {END}, .other_secret = 1, .want = EXCHANGE_BAD_SIG},
    {"its clock is ahead", {GOOD}, {END}, .clock_sec = 3600, .want = EXCHANGE_CLOCK},
    {"no key needed", {UNSIGNED}, {END}, .no_key = 1, .want = EXCHANGE_ANSWERED},
    {"no key, another question first", {OTHER_QUESTION, UNSIGNED}, {END}, .no_key = 1,
	.want = EXCHANGE_ANSWERED},
    {"nobody there", {END}, {END}, .want = EXCHANGE_SILENT},
};

/* ---- the server ---- */

static uint8_t request[MESSAGE_MAX], answer[MESSAGE_MAX];

/* Header and question of the answer; the signature follows. */
static struct buf
head(const struct message *m, enum act act)
{
	struct buf b = buf_writer(answer, sizeof answer);
	unsigned rcode = act == REFUSE || act == OTHER_QUESTION ? RCODE_REFUSED
	    : act == NO_TSIG                                    ? RCODE_NOTAUTH
								: RCODE_NOERROR;

	buf_put_u16(&b, (uint16_t)(m->id ^ (act == WRONG_ID)));
	buf_put_u16(&b,
	    (uint16_t)(FLAG_QR | (unsigned)m->opcode << 11 | rcode |
		(act == TRUNCATED ? FLAG_TC : 0)));
	buf_put_u16(&b, 1);
	buf_put_u48(&b, 0);
	name_put(&b, &m->question.name);
	buf_put_u16(&b, (uint16_t)(m->question.type ^ (act == OTHER_QUESTION)));
	buf_put_u16(&b, m->question.class);
	return b;
}

/* Write the answer to request[0..len) for this act; returns its length. */
static size_t
respond(const struct behaviour *s, size_t len, enum act act)
{
	static struct message m;
	struct tsig_context ctx = {0};
	struct tsig_key key = our_key;
	struct tsig_signer signer;
	uint64_t now = clock_wall_sec() + (uint64_t)s->clock_sec;
	uint16_t error;
	struct buf b;

	if (act == GARBAGE) {
		memset(answer, 0xff, 40);
		return 40;
	}
	key.secret[0] ^= (uint8_t)s->other_secret;
	if (message_parse(&m, request, len) == -1 ||
	    tsig_signer_init(&signer, key.name, key.algorithm, key.secret, key.secret_len) == -1)
		_exit(1);
	b = head(&m, act);
	if (act == UNSIGNED || act == OTHER_QUESTION || act == NO_TSIG)
		return b.pos;
	error = tsig_check_request(&ctx, s->other_name ? NULL : &signer, &m, now, 0);
	if (error != TSIG_NOERROR)
		answer[3] |= RCODE_NOTAUTH;
	if (tsig_sign_reply(&ctx, &m, &b, error, now) == -1)
		_exit(1);
	if (act == TAMPERED)
		answer[3] ^= RCODE_SERVFAIL;
	return b.pos;
}

static void
serve_udp(const struct behaviour *s, int fd)
{
	struct sockaddr_in from;
	socklen_t size = sizeof from;
	ssize_t len = recvfrom(fd, request, sizeof request, 0, (struct sockaddr *)&from, &size);

	for (int i = 0; len > 0 && i < ACTS && s->udp[i] != END; i++) {
		size_t n = respond(s, (size_t)len, s->udp[i]);

		sendto(fd, answer, n, 0, (struct sockaddr *)&from, size);
	}
}

static void
send_stream(int fd, size_t n, int pieces)
{
	uint8_t prefix[STREAM_PREFIX];

	stream_prefix(prefix, n);
	send(fd, prefix, 1, MSG_NOSIGNAL);
	usleep(1000);
	send(fd, prefix + 1, 1, MSG_NOSIGNAL);
	for (size_t i = 0; pieces && i < n; i++) {
		send(fd, answer + i, 1, MSG_NOSIGNAL);
		usleep(100);
	}
	if (!pieces)
		send(fd, answer, n, MSG_NOSIGNAL);
}

static void
serve_tcp(const struct behaviour *s, int listener)
{
	int fd = accept(listener, NULL, NULL);
	uint8_t prefix[STREAM_PREFIX];
	size_t len;

	if (recv(fd, prefix, sizeof prefix, MSG_WAITALL) != sizeof prefix)
		_exit(1);
	len = (size_t)(prefix[0] << 8 | prefix[1]);
	if (recv(fd, request, len, MSG_WAITALL) != (ssize_t)len)
		_exit(1);
	for (int i = 0; i < ACTS && s->tcp[i] != END && s->tcp[i] != HANG_UP; i++)
		send_stream(fd, respond(s, len, s->tcp[i]), s->tcp[i] == PIECES);
	close(fd);
}

static void
serve(const struct behaviour *s, int udp, int tcp)
{
	struct pollfd pfd[2] = {{.fd = udp, .events = POLLIN}, {.fd = tcp, .events = POLLIN}};

	while (poll(pfd, 2, 30000) > 0) {
		if (pfd[0].revents & POLLIN)
			serve_udp(s, udp);
		if (pfd[1].revents & POLLIN)
			serve_tcp(s, tcp);
	}
	_exit(0);
}

/* A UDP and a TCP socket on the same port; one that is not wanted is closed again. */
static uint16_t
open_server(const struct behaviour *s, int *udp, int *tcp)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof at;

	*udp = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	*tcp = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(*tcp, (struct sockaddr *)&at, sizeof at), 0);
	assert_int_equal(getsockname(*tcp, (struct sockaddr *)&at, &size), 0);
	assert_int_equal(bind(*udp, (struct sockaddr *)&at, sizeof at), 0);
	if (s->udp[0] == END) {
		close(*udp);
		*udp = -1;
	}
	if (s->tcp[0] != END)
		assert_int_equal(listen(*tcp, 1), 0);
	return ntohs(at.sin_port);
}

/* ---- the test ---- */

static void
ask(const struct behaviour *s, struct exchange_reply *reply)
{
	struct question q = {.type = TYPE_AAAA, .class = CLASS_IN};
	uint8_t room[EXCHANGE_REQUEST_MAX];
	struct buf b = buf_writer(room, sizeof room);
	struct endpoint server;
	int udp, tcp;
	pid_t child;

	assert_int_equal(endpoint_parse("127.0.0.1", open_server(s, &udp, &tcp), &server), 0);
	assert_int_equal(name_parse(&q.name, "nas.example.org"), 0);
	assert_int_equal(query_build(&b, 4711, &q, 0), 0);
	child = fork();
	if (child == 0)
		serve(s, udp, tcp);
	assert_true(child > 0);
	close(udp);
	close(tcp);
	exchange(&b, s->no_key ? NULL : &our_key, &server, reply);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
}

static void
test_behaviours(void **state)
{
	struct exchange_reply *reply = malloc(sizeof *reply);

	for (size_t i = 0; i < sizeof behaviours / sizeof behaviours[0]; i++) {
		const struct behaviour *s = &behaviours[i];
		uint64_t started = clock_boot_ms();

		ask(s, reply);
		if (reply->result != s->want)
			fail_msg("%s: %d, want %d", s->name, reply->result, s->want);
		if (s->want == EXCHANGE_ANSWERED)
			assert_int_equal(reply->rcode, s->rcode);
		if (s->want == EXCHANGE_CLOCK)
			assert_in_range(-reply->skew_sec, 3590, 3610);
		if (clock_boot_ms() - started > 2000)
			fail_msg("%s: took %llu ms", s->name,
			    (unsigned long long)(clock_boot_ms() - started));
	}
	free(reply);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_behaviours)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
