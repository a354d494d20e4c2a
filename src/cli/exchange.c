#include "cli/exchange.h"

#include "base/clock.h"
#include "dnsupdate/wire/stream.h"
#include "dnsupdate/wire/tsig.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#define TRANSPORT_MS 5000 /* for UDP, and again for TCP */
#define RESEND_MS 1000 /* doubles */
#define HINT_MS 300 /* after a hint: long enough for a real answer behind a forged one */

struct call {
	const struct endpoint *server;
	const struct buf *unsigned_request;
	enum dns_opcode opcode; /* of the request */
	struct question q; /* in it */
	const struct tsig_key *key; /* NULL = unsigned */
	struct tsig_signer signer;
	struct tsig_context tsig;
	uint8_t request[EXCHANGE_REQUEST_MAX]; /* as it is sent */
	size_t len;
	struct exchange_reply *reply;
	uint64_t deadline_ms;
};

/* Make the request to send: for each transport anew, since an answer moves the context on. */
static int
prepare(struct call *c)
{
	const struct buf *plain = c->unsigned_request;
	struct buf b = buf_writer(c->request, sizeof c->request);

	buf_put(&b, plain->data, plain->pos);
	tsig_forget(&c->tsig);
	if (b.failed ||
	    (c->key != NULL && tsig_sign(&c->tsig, &c->signer, &b, clock_wall_sec()) == -1))
		return -1;
	c->len = b.pos;
	return 0;
}

static uint16_t
request_id(const struct call *c)
{
	return (uint16_t)(c->request[0] << 8 | c->request[1]);
}

/* What the answer must match; -1 for a request that is none.  m is only room. */
static int
read_request(struct call *c, struct message *m)
{
	if (message_parse(m, c->unsigned_request->data, c->unsigned_request->pos) == -1 ||
	    !m->has_question)
		return -1;
	c->opcode = (enum dns_opcode)m->opcode;
	c->q = m->question;
	return 0;
}

static void
hint(struct call *c, enum exchange_result result)
{
	uint64_t soon = clock_boot_ms() + HINT_MS;

	c->reply->result = result;
	c->reply->rcode = c->reply->message.rcode;
	if (soon < c->deadline_ms)
		c->deadline_ms = soon;
}

/* Judge the authenticity of an answer to our question.  1 = it ends the waiting. */
static int
judge(struct call *c)
{
	struct tsig_report report;
	enum tsig_verdict v = tsig_verify(&c->tsig, &c->reply->message, clock_wall_sec(), &report);

	switch (v) {
	case TSIG_OK:
		c->reply->result = EXCHANGE_ANSWERED;
		return 1;
	case TSIG_CLOCK:
		c->reply->result = EXCHANGE_CLOCK;
		c->reply->skew_sec = report.skew_sec;
		return 1;
	case TSIG_HINT:
		hint(c,
		    report.error == TSIG_BADSIG       ? EXCHANGE_BAD_SIG
			: report.error == TSIG_BADKEY ? EXCHANGE_BAD_KEY
						      : EXCHANGE_UNSIGNED);
		return 0;
	case TSIG_MISSING:
		hint(c, EXCHANGE_UNSIGNED);
		return 0;
	default:
		return 0;
	}
}

/* Look at len octets in reply->data.  1 = they are the answer. */
static int
take(struct call *c, size_t len)
{
	struct message *m = &c->reply->message;
	const struct question *q = c->opcode == OPCODE_UPDATE ? NULL : &c->q;

	if (message_parse(m, c->reply->data, len) == -1 ||
	    !message_is_reply(m, c->opcode, request_id(c), q))
		return 0;
	if (c->key != NULL && !judge(c))
		return 0;
	c->reply->rcode = m->rcode;
	if (c->key == NULL)
		c->reply->result = EXCHANGE_ANSWERED;
	return 1;
}

/* A socket that talks to the server only; -1 with errno. */
static int
open_socket(const struct call *c, int type)
{
	struct sockaddr_storage to;
	socklen_t len = endpoint_to_sockaddr(c->server, &to);
	int fd = socket(to.ss_family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd != -1 && connect(fd, (struct sockaddr *)&to, len) == -1 && errno != EINPROGRESS) {
		close(fd);
		return -1;
	}
	return fd;
}

/* Wait until events or until_ms, at most the call's deadline.  1, or 0 when time is up. */
static int
wait_for(const struct call *c, int fd, short events, uint64_t until_ms)
{
	struct pollfd pfd = {.fd = fd, .events = events};

	if (until_ms > c->deadline_ms)
		until_ms = c->deadline_ms;
	for (;;) {
		uint64_t now = clock_boot_ms();

		if (now >= until_ms)
			return 0;
		if (poll(&pfd, 1, (int)(until_ms - now)) > 0)
			return 1;
	}
}

/* Listen until until_ms.  1 = answered; 0 = not yet; -1 = nobody is there (ICMP). */
static int
receive_until(struct call *c, int fd, uint64_t until_ms)
{
	while (wait_for(c, fd, POLLIN, until_ms)) {
		ssize_t n = recv(fd, c->reply->data, sizeof c->reply->data, 0);

		if (n == -1 && errno != EAGAIN && errno != EINTR)
			return -1;
		if (n > 0 && take(c, (size_t)n))
			return 1;
	}
	return 0;
}

/* 1 = answered, whole; 0 = no luck. */
static int
ask_udp(struct call *c)
{
	int fd, got = 0;
	uint64_t pause = RESEND_MS;

	if (c->len > MESSAGE_UDP_MAX || (fd = open_socket(c, SOCK_DGRAM)) == -1)
		return 0;
	c->deadline_ms = clock_boot_ms() + TRANSPORT_MS;
	while (got == 0 && clock_boot_ms() < c->deadline_ms) {
		if (send(fd, c->request, c->len, 0) == -1)
			break;
		got = receive_until(c, fd, clock_boot_ms() + pause);
		pause *= 2;
	}
	close(fd);
	return got == 1 && !(c->reply->message.flags & FLAG_TC);
}

static int
send_all(const struct call *c, int fd, const uint8_t *data, size_t len)
{
	while (len > 0) {
		ssize_t n;

		if (!wait_for(c, fd, POLLOUT, c->deadline_ms))
			return -1;
		n = send(fd, data, len, MSG_NOSIGNAL);
		if (n == -1 && errno != EAGAIN && errno != EINTR)
			return -1;
		if (n > 0) {
			data += n;
			len -= (size_t)n;
		}
	}
	return 0;
}

/* Receive exactly len octets; -1 when the server or the time ends before. */
static int
receive_all(const struct call *c, int fd, uint8_t *data, size_t len)
{
	while (len > 0) {
		ssize_t n;

		if (!wait_for(c, fd, POLLIN, c->deadline_ms))
			return -1;
		n = recv(fd, data, len, 0);
		if (n == 0 || (n == -1 && errno != EAGAIN && errno != EINTR))
			return -1;
		if (n > 0) {
			data += n;
			len -= (size_t)n;
		}
	}
	return 0;
}

static void
ask_tcp(struct call *c)
{
	uint8_t prefix[STREAM_PREFIX];
	int fd = open_socket(c, SOCK_STREAM);

	if (fd == -1)
		return;
	c->deadline_ms = clock_boot_ms() + TRANSPORT_MS;
	if (stream_prefix(prefix, c->len) == 0 && send_all(c, fd, prefix, sizeof prefix) == 0 &&
	    send_all(c, fd, c->request, c->len) == 0) {
		int done = 0;

		while (!done && receive_all(c, fd, prefix, sizeof prefix) == 0) {
			size_t len = (size_t)(prefix[0] << 8 | prefix[1]);

			if (receive_all(c, fd, c->reply->data, len) == -1)
				break;
			done = take(c, len);
		}
	}
	close(fd);
}

void
exchange(const struct buf *request, const struct tsig_key *key, const struct endpoint *server,
    struct exchange_reply *reply)
{
	struct call c = {.server = server, .unsigned_request = request, .key = key, .reply = reply};

	reply->result = EXCHANGE_SILENT;
	if (read_request(&c, &reply->message) == -1)
		return;
	if (key != NULL &&
	    tsig_signer_init(&c.signer, key->name, key->algorithm, key->secret, key->secret_len) ==
		-1)
		return;
	/* TCP also when UDP brought nothing but hints: forging those on TCP is harder. */
	if (prepare(&c) == 0 && !ask_udp(&c) && prepare(&c) == 0) {
		enum exchange_result seen = reply->result;

		reply->result = EXCHANGE_SILENT;
		ask_tcp(&c);
		if (reply->result == EXCHANGE_SILENT && seen != EXCHANGE_ANSWERED)
			reply->result = seen;
	}
	tsig_forget(&c.tsig);
}
