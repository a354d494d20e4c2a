/*
 * The stream: transport.c, session.c and line.c with real connections to a name server of our own
 * on loopback, TLS and clear, that behaves well or badly; real time.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/clock.h"
#include "crypto/cert.h"
#include "dnsupdate/client/transport.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define CONNS_MAX 16
#define LEN 20 /* of each message */

#define MUTE_MS 3000

enum habit {
	ANSWERS,
	REVERSES, /* waits for two and answers the later one first */
	CLOSES_FIRST, /* the first connection, instead of an answer */
	SILENT_FIRST, /* on the first connection */
	JUNK, /* no DNS */
	SAYS_NEXT,
	DSO, /* an unsolicited message with opcode 6 before each answer */
	CLEAR, /* no TLS spoken at the TLS port */
	MUTE, /* nothing is read there, and nothing said, for MUTE_MS */
};

struct server;

struct conn {
	struct server *s;
	int fd, shaken;
	struct tls *tls;
	struct loop_fd *watch;
	uint8_t in[4096], held[LEN];
	size_t have;
	int holds;
};

struct server {
	struct loop *loop;
	enum habit habit;
	int listener;
	struct endpoint ep;
	struct loop_fd *watch;
	struct tls_context *context;
	struct conn conn[CONNS_MAX];
	unsigned conns, asked;
	struct loop_timer *wakes;
};

static void
conn_close(struct conn *c)
{
	if (c->fd < 0)
		return;
	loop_fd_free(c->watch);
	tls_free(c->tls);
	close(c->fd);
	c->fd = -1;
}

static void
conn_write(struct conn *c, const void *data, size_t len)
{
	if (c->tls != NULL)
		assert_int_equal(tls_write(c->tls, data, len), len);
	else
		assert_int_equal(send(c->fd, data, len, MSG_NOSIGNAL), len);
}

static void
reply(struct conn *c, const uint8_t *msg)
{
	uint8_t frame[2 + LEN] = {0, LEN};

	memcpy(frame + 2, msg, LEN);
	frame[4] |= 0x80;
	conn_write(c, frame, sizeof frame);
}

static void
reply_dso(struct conn *c)
{
	static const uint8_t frame[] = {0, 16, 0, 0, 6 << 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0};

	conn_write(c, frame, sizeof frame);
}

static void
got(struct conn *c, const uint8_t *msg)
{
	struct server *s = c->s;
	int first = c == &s->conn[0];

	s->asked++;
	if (s->habit == CLOSES_FIRST && first) {
		conn_close(c);
		return;
	}
	if (s->habit == SILENT_FIRST && first)
		return;
	if (s->habit == JUNK) {
		conn_write(c, "\0\3abc", 5);
		return;
	}
	if (s->habit == DSO)
		reply_dso(c);
	if (s->habit == REVERSES && !c->holds) {
		memcpy(c->held, msg, LEN);
		c->holds = 1;
		return;
	}
	reply(c, msg);
	if (c->holds)
		reply(c, c->held);
	c->holds = 0;
}

static ssize_t
conn_read(struct conn *c)
{
	if (c->tls != NULL)
		return tls_read(c->tls, c->in + c->have, sizeof c->in - c->have);
	return recv(c->fd, c->in + c->have, sizeof c->in - c->have, MSG_DONTWAIT);
}

static void
conn_ready(void *ctx, int ready)
{
	struct conn *c = ctx;
	ssize_t n;

	(void)ready;
	if (c->tls != NULL && tls_handshake(c->tls) != 0) {
		if (errno != EAGAIN)
			conn_close(c);
		return;
	}
	while ((n = conn_read(c)) > 0) {
		c->have += (size_t)n;
		while (c->fd >= 0 && c->have >= 2 + LEN) {
			uint8_t msg[LEN];

			memcpy(msg, c->in + 2, LEN);
			c->have -= 2 + LEN;
			memmove(c->in, c->in + 2 + LEN, c->have);
			got(c, msg);
		}
		if (c->fd < 0)
			return;
	}
	if (n == 0 || errno != EAGAIN)
		conn_close(c);
}

static void
accepted(void *ctx, int ready)
{
	struct server *s = ctx;
	struct conn *c = &s->conn[s->conns++];

	(void)ready;
	assert_true(s->conns <= CONNS_MAX);
	memset(c, 0, sizeof *c);
	c->s = s;
	c->fd = accept4(s->listener, NULL, NULL, SOCK_NONBLOCK);
	assert_true(c->fd >= 0);
	if (s->context != NULL && s->habit != CLEAR)
		c->tls = tls_new(s->context, c->fd);
	if (s->habit == MUTE && s->conns == 1)
		loop_timer_set(s->wakes, MUTE_MS);
	c->watch = loop_fd_new(s->loop, c->fd, s->habit == MUTE ? 0 : LOOP_READ, conn_ready, c);
}

static void
wake_up(void *ctx)
{
	struct server *s = ctx;

	for (unsigned i = 0; i < s->conns; i++)
		if (s->conn[i].fd >= 0)
			loop_fd_watch(s->conn[i].watch, LOOP_READ);
	s->habit = ANSWERS;
}

static void
server_start(struct server *s, struct loop *l, enum habit habit, struct tls_context *context)
{
	struct sockaddr_in sin = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof sin;

	*s = (struct server) {.loop = l, .habit = habit, .context = context};
	s->listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	assert_int_equal(bind(s->listener, (struct sockaddr *)&sin, len), 0);
	assert_int_equal(getsockname(s->listener, (struct sockaddr *)&sin, &len), 0);
	endpoint_from_sockaddr((struct sockaddr *)&sin, &s->ep);
	assert_int_equal(listen(s->listener, 16), 0);
	s->watch = loop_fd_new(l, s->listener, LOOP_READ, accepted, s);
	s->wakes = loop_timer_new(l, wake_up, s);
}

static void
server_stop(struct server *s)
{
	for (unsigned i = 0; i < s->conns; i++)
		conn_close(&s->conn[i]);
	loop_fd_free(s->watch);
	loop_timer_free(s->wakes);
	close(s->listener);
}

/* ---- the client ---- */

struct client {
	struct loop *loop;
	struct transport *t;
	struct tls_context *context, *server_context;
	struct server server[2];
	unsigned servers, wanted, done, failed, dso, ups, downs;
	int verified;
	uint16_t order[8];
	struct endpoint from;
	struct pin pin;
};

struct ask {
	struct client *c;
	uint16_t id;
};

static void
count(struct client *c)
{
	if (c->done + c->failed == c->wanted)
		loop_stop(c->loop, 0);
}

static enum transport_verdict
answer(void *ctx, const uint8_t *msg, size_t len, const struct endpoint *from)
{
	struct ask *a = ctx;

	assert_int_equal(len, LEN);
	if ((msg[0] << 8 | msg[1]) != a->id)
		return TRANSPORT_IGNORE;
	for (unsigned i = 0; i < a->c->servers; i++)
		if (endpoint_equal(from, &a->c->server[i].ep) && a->c->server[i].habit == SAYS_NEXT)
			return TRANSPORT_NEXT;
	a->c->order[a->c->done++ % 8] = a->id;
	a->c->from = *from;
	count(a->c);
	return TRANSPORT_DONE;
}

static void
failed(void *ctx)
{
	struct ask *a = ctx;

	a->c->failed++;
	count(a->c);
}

static void
dropped(void *ctx)
{
	(void)ctx;
}

static void
send_ask(struct client *c, struct ask *a, uint16_t id)
{
	static const struct transport_handler handler = {answer, failed, dropped};
	uint8_t msg[LEN] = {(uint8_t)(id >> 8), (uint8_t)id};

	*a = (struct ask) {c, id};
	c->wanted++;
	assert_int_equal(transport_send(c->t, msg, LEN, &handler, a), 0);
}

static void
enough(void *ctx)
{
	loop_stop(ctx, 1);
}

/* Until all is answered or failed; fails after most_ms. */
static void
run(struct client *c, uint64_t most_ms)
{
	struct loop_timer *timer = loop_timer_new(c->loop, enough, c->loop);

	loop_timer_set(timer, most_ms);
	if (loop_run(c->loop) != 0)
		fail_msg("%u of %u answered, %u failed", c->done, c->wanted, c->failed);
	loop_timer_free(timer);
}

/* Let the time pass. */
static void
pass(struct client *c, uint64_t ms)
{
	struct loop_timer *timer = loop_timer_new(c->loop, enough, c->loop);

	loop_timer_set(timer, ms);
	loop_run(c->loop);
	loop_timer_free(timer);
}

static void
make_contexts(struct client *c, int right_pin)
{
	uint8_t seed[ED25519_SEED_LEN] = {7}, key[ED25519_PKCS8_LEN], cert[2048];
	ssize_t len = cert_make_server("ns.example.com", seed, cert, sizeof cert);
	struct tls_settings server = {.cert = {cert, (size_t)len}, .key = {key, sizeof key}};
	char why[TLS_TEXT_MAX];

	ed25519_to_pkcs8(seed, key);
	pin_of_seed(seed, &c->pin);
	c->server_context = tls_server_context(&server, why);
	assert_non_null(c->server_context);
	c->pin.sha256[0] ^= !right_pin;
	c->context =
	    tls_client_context(&(struct tls_settings) {.pins = &c->pin, .pin_count = 1}, why);
	assert_non_null(c->context);
}

static void
start(struct client *c, unsigned policy, int right_pin, const enum habit *habit, unsigned n)
{
	int tls = policy != DNS_TRANSPORT_TCP;
	struct transport_server list[2] = {0};

	memset(c, 0, sizeof *c);
	make_contexts(c, right_pin);
	c->loop = loop_new();
	c->t = transport_new(c->loop);
	c->servers = n;
	for (unsigned i = 0; i < n; i++) {
		server_start(&c->server[i], c->loop, habit[i], tls ? c->server_context : NULL);
		list[i].ep = c->server[i].ep;
		list[i].tls = (uint8_t)tls;
	}
	transport_set_policy(c->t, policy, c->context, 0);
	transport_set_servers(c->t, list, n);
}

static void
stop(struct client *c)
{
	transport_free(c->t);
	for (unsigned i = 0; i < c->servers; i++)
		server_stop(&c->server[i]);
	tls_context_free(c->context);
	tls_context_free(c->server_context);
	loop_free(c->loop);
}

/* Many at a time, answered in any order, all by one connection. */
static void
test_pipelined(void **state)
{
	static const unsigned policies[] = {DNS_TRANSPORT_TLS, DNS_TRANSPORT_TCP};
	const enum habit habit = REVERSES;
	struct ask a[4];
	struct client c;

	for (int p = 0; p < 2; p++) {
		start(&c, policies[p], 1, &habit, 1);
		for (uint16_t i = 0; i < 4; i++)
			send_ask(&c, &a[i], i + 1);
		run(&c, 2000);
		assert_int_equal(c.done, 4);
		assert_int_equal(c.server[0].conns, 1);
		assert_int_equal(c.order[0], 2);
		assert_int_equal(c.order[1], 1);
		assert_int_equal(
		    transport_status(c.t).channel, p == 0 ? DNS_CHANNEL_TLS : DNS_CHANNEL_TCP);
		assert_int_equal(transport_status(c.t).tls_seen, p == 0);
		/* and later ones, too */
		send_ask(&c, &a[0], 9);
		send_ask(&c, &a[1], 10);
		run(&c, 2000);
		assert_int_equal(c.server[0].conns, 1);
		stop(&c);
	}
}

/* What was asked is asked again on the next connection. */
static void
test_broken(void **state)
{
	const enum habit habit = CLOSES_FIRST;
	struct ask a[2];
	struct client c;

	start(&c, DNS_TRANSPORT_TLS, 1, &habit, 1);
	send_ask(&c, &a[0], 1);
	send_ask(&c, &a[1], 2);
	run(&c, 3000);
	assert_int_equal(c.done, 2);
	assert_int_equal(c.server[0].conns, 2);
	stop(&c);
}

/* A connection that brings nothing is given up. */
static void
test_silent(void **state)
{
	const enum habit habit = SILENT_FIRST;
	uint64_t began = clock_boot_ms();
	struct ask a;
	struct client c;

	start(&c, DNS_TRANSPORT_TCP, 1, &habit, 1);
	send_ask(&c, &a, 1);
	run(&c, 8000);
	assert_int_equal(c.done, 1);
	assert_int_equal(c.server[0].conns, 2);
	assert_in_range(clock_boot_ms() - began, 3900, 6000);
	stop(&c);
}

/* Where our network may be another one, soon. */
static void
test_silent_in_a_hurry(void **state)
{
	const enum habit habit = SILENT_FIRST;
	uint64_t began;
	struct ask a;
	struct client c;

	start(&c, DNS_TRANSPORT_TCP, 1, &habit, 1);
	transport_hold(c.t, 1);
	pass(&c, 200);
	assert_int_equal(c.server[0].conns, 1);
	transport_hurry(c.t);
	began = clock_boot_ms();
	send_ask(&c, &a, 1);
	run(&c, 3500);
	assert_int_equal(c.done, 1);
	assert_int_equal(c.server[0].conns, 2);
	assert_true(clock_boot_ms() - began >= 900);
	stop(&c);
}

/* The other server has it. */
static void
test_next(void **state)
{
	static const enum habit habit[] = {SAYS_NEXT, ANSWERS};
	struct ask a;
	struct client c;

	start(&c, DNS_TRANSPORT_TLS, 1, habit, 2);
	send_ask(&c, &a, 1);
	run(&c, 3000);
	assert_int_equal(c.done, 1);
	assert_true(endpoint_equal(&c.from, &c.server[1].ep));
	assert_true(endpoint_equal(transport_server(c.t), &c.server[1].ep));
	stop(&c);
}

static void
test_nobody_else(void **state)
{
	const enum habit habit = SAYS_NEXT;
	struct ask a;
	struct client c;

	start(&c, DNS_TRANSPORT_TLS, 1, &habit, 1);
	send_ask(&c, &a, 1);
	run(&c, 3000);
	assert_int_equal(c.failed, 1);
	stop(&c);
}

/* Not whom we know: nothing is ever sent, and why can be read. */
static void
test_wrong_pin(void **state)
{
	const enum habit habit = ANSWERS;
	struct ask a;
	struct client c;

	start(&c, DNS_TRANSPORT_TLS, 0, &habit, 1);
	send_ask(&c, &a, 1);
	run(&c, 14000);
	assert_int_equal(c.failed, 1);
	assert_int_equal(c.server[0].asked, 0);
	assert_non_null(strstr(transport_status(c.t).trouble, "not the pinned one"));
	assert_int_equal(transport_status(c.t).tls_seen, 0);
	stop(&c);
}

static void
test_junk(void **state)
{
	static const enum habit habits[] = {JUNK, CLEAR};
	struct ask a;
	struct client c;

	for (int i = 0; i < 2; i++) {
		start(&c, DNS_TRANSPORT_TLS, 1, &habits[i], 1);
		send_ask(&c, &a, 1);
		run(&c, 14000);
		assert_int_equal(c.failed, 1);
		stop(&c);
	}
}

/* Somebody who never answers. */
static int
udp_server(struct endpoint *ep)
{
	struct sockaddr_in sin = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof sin;
	int udp = socket(AF_INET, SOCK_DGRAM, 0);

	assert_int_equal(bind(udp, (struct sockaddr *)&sin, sizeof sin), 0);
	assert_int_equal(getsockname(udp, (struct sockaddr *)&sin, &len), 0);
	endpoint_from_sockaddr((struct sockaddr *)&sin, ep);
	return udp;
}

/* A client that may use TLS at the server of this habit, or UDP where nobody answers: its socket.
 */
static int
start_auto(struct client *c, enum habit habit, int seen)
{
	struct transport_server list[2] = {{.tls = 1}, {.tls = 0}};
	int udp = udp_server(&list[1].ep);

	start(c, DNS_TRANSPORT_AUTO, 1, &habit, 1);
	list[0].ep = c->server[0].ep;
	transport_set_policy(c->t, DNS_TRANSPORT_AUTO, c->context, seen);
	transport_set_servers(c->t, list, 2);
	return udp;
}

/* Port and policy: where TLS has never worked, AUTO goes on by UDP; where it has, never. */
static void
test_auto(void **state)
{
	const enum habit habit = CLEAR;

	for (int seen = 0; seen < 2; seen++) {
		struct ask a;
		struct client c;
		char room[64];
		int udp = start_auto(&c, habit, seen);

		send_ask(&c, &a, 1);
		run(&c, 20000);
		assert_int_equal(c.failed, 1);
		assert_int_equal(recv(udp, room, sizeof room, MSG_DONTWAIT) == LEN, !seen);
		assert_int_equal(transport_has_stream(c.t), seen);
		close(udp);
		stop(&c);
	}
}

/* A TLS port that swallows what comes.  While TLS has never worked, who asks need not wait for it;
 * it is used as soon as it speaks, and what was under way by UDP goes there, too.  Once it has
 * worked, not a word goes out by UDP. */
static void
test_auto_mute(void **state)
{
	const enum habit habit = MUTE;

	for (int seen = 0; seen < 2; seen++) {
		struct ask a[2];
		struct client c;
		char room[64];
		int udp = start_auto(&c, habit, seen);

		send_ask(&c, &a[0], 1);
		pass(&c, MUTE_MS - 500);
		assert_int_equal(recv(udp, room, sizeof room, MSG_DONTWAIT) == LEN, !seen);
		pass(&c, 1500);
		assert_true(transport_has_stream(c.t));
		assert_int_equal(transport_status(c.t).tls_seen, 1);
		while (recv(udp, room, sizeof room, MSG_DONTWAIT) > 0)
			;
		send_ask(&c, &a[1], 2);
		pass(&c, 5000);
		assert_int_equal(c.done, 2);
		assert_int_equal(recv(udp, room, sizeof room, MSG_DONTWAIT), -1);
		assert_int_equal(transport_status(c.t).channel, DNS_CHANNEL_TLS);
		close(udp);
		stop(&c);
	}
}

/* ---- stateful operations ---- */

static void
hook_up(void *ctx, int verified)
{
	struct client *c = ctx;

	c->ups++;
	c->verified = verified;
	/* Before anything that waits. */
	assert_int_equal(c->server[0].asked, c->ups == 1 ? 0 : c->server[0].asked);
}

static void
hook_message(void *ctx, const uint8_t *msg, size_t len)
{
	struct client *c = ctx;

	assert_int_equal(len, 16);
	assert_int_equal(msg[2] >> 3, 6);
	c->dso++;
}

static void
hook_down(void *ctx)
{
	struct client *c = ctx;

	c->downs++;
	loop_stop(c->loop, 0);
}

static void
test_hook(void **state)
{
	static const struct transport_hook hook = {hook_up, hook_message, hook_down};
	static const uint8_t note[LEN] = {0, 0, 6 << 3};
	const enum habit habit = DSO;
	struct ask a;
	struct client c;

	start(&c, DNS_TRANSPORT_TLS, 1, &habit, 1);
	assert_true(transport_has_stream(c.t));
	assert_int_equal(transport_stream_send(c.t, note, sizeof note), -1);
	transport_set_hook(c.t, &hook, &c);
	transport_hold(c.t, 1);
	send_ask(&c, &a, 1);
	run(&c, 2000);
	assert_int_equal(c.ups, 1);
	assert_int_equal(c.verified, 1);
	assert_int_equal(c.dso, 1);
	assert_int_equal(transport_stream_send(c.t, note, sizeof note), 0);
	/* Cut: told so, and made anew though nobody asks. */
	conn_close(&c.server[0].conn[0]);
	run(&c, 2000);
	assert_int_equal(c.downs, 1);
	send_ask(&c, &a, 2);
	run(&c, 2000);
	assert_int_equal(c.ups, 2);
	/* Our own end of it is no news. */
	transport_stream_pause(c.t, 300);
	assert_int_equal(c.downs, 1);
	send_ask(&c, &a, 3);
	run(&c, 2000);
	assert_int_equal(c.ups, 3);
	transport_stream_abort(c.t);
	assert_int_equal(c.downs, 1);
	send_ask(&c, &a, 4);
	run(&c, 2000);
	assert_int_equal(c.ups, 4);
	stop(&c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_pipelined),
	    cmocka_unit_test(test_broken),
	    cmocka_unit_test(test_silent),
	    cmocka_unit_test(test_next),
	    cmocka_unit_test(test_nobody_else),
	    cmocka_unit_test(test_wrong_pin),
	    cmocka_unit_test(test_junk),
	    cmocka_unit_test(test_auto),
	    cmocka_unit_test(test_silent_in_a_hurry),
	    cmocka_unit_test(test_auto_mute),
	    cmocka_unit_test(test_hook),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
