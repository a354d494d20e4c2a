/* transport.c and datagram.c against name servers of our own on loopback that behave badly; real
 * time.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/clock.h"
#include "dnsupdate/client/transport.h"

#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define MESSAGE "a request that is long enough"
#define GOOD "an answer that is to be taken"
#define FORGED "an answer that is not believed"
#define CUT "an answer that has been cut short"
#define USELESS "an answer that says: ask another"

enum habit {
	SILENT,
	GOOD_UDP,
	DEAD,
	FORGES,
	FORGES_THEN_GOOD,
	SAYS_NEXT,
	CUTS,
	CUTS_NO_TCP,
	TEASES,
	SLOW
};

/* A name server: UDP and TCP on one port of 127.0.0.1. */
struct server {
	enum habit habit;
	struct endpoint ep;
	int udp, tcp, conn;
	struct loop_fd *udp_watch, *tcp_watch, *conn_watch;
	unsigned asked_udp, asked_tcp, last_len;
	struct sockaddr_in from;
	struct loop_timer *timer;
	struct loop *loop;
	size_t dribbled;
};

struct client {
	struct loop *loop;
	struct transport *t;
	struct server server[2];
	unsigned servers;
	int done, failed, dropped, heard;
	struct endpoint from;
	uint64_t start_ms, took_ms;
};

static void
reply(struct server *s, const char *text)
{
	assert_true(
	    sendto(s->udp, text, strlen(text), 0, (struct sockaddr *)&s->from, sizeof s->from) > 0);
}

static void
late(void *ctx)
{
	struct server *s = ctx;

	reply(s, s->habit == TEASES ? CUT : GOOD);
}

static void
udp_ready(void *ctx, int ready)
{
	struct server *s = ctx;
	socklen_t len = sizeof s->from;
	char room[2048];
	ssize_t n = recvfrom(s->udp, room, sizeof room, 0, (struct sockaddr *)&s->from, &len);

	(void)ready;
	assert_true(n > 0);
	s->asked_udp++;
	s->last_len = (unsigned)n;
	if (s->habit == GOOD_UDP)
		reply(s, GOOD);
	if (s->habit == FORGES || s->habit == FORGES_THEN_GOOD)
		reply(s, FORGED);
	if (s->habit == FORGES_THEN_GOOD)
		reply(s, GOOD);
	if (s->habit == SAYS_NEXT)
		reply(s, USELESS);
	if (s->habit == CUTS || s->habit == CUTS_NO_TCP || s->habit == TEASES)
		reply(s, CUT);
	if (s->habit == SLOW)
		loop_timer_set(s->timer, 1200);
}

/* One octet at a time. */
static void
conn_ready(void *ctx, int ready)
{
	struct server *s = ctx;
	char room[4096], frame[2 + sizeof GOOD - 1] = {0, sizeof GOOD - 1};

	memcpy(frame + 2, GOOD, sizeof GOOD - 1);
	if ((ready & LOOP_READ) != 0) {
		ssize_t n = recv(s->conn, room, sizeof room, MSG_DONTWAIT);

		if (n > 0)
			s->last_len = (unsigned)n - 2;
		if (n == 0) {
			loop_fd_watch(s->conn_watch, 0);
			return;
		}
	}
	if (s->dribbled < sizeof frame)
		s->dribbled += send(s->conn, frame + s->dribbled, 1, MSG_NOSIGNAL) == 1;
	else
		loop_fd_watch(s->conn_watch, LOOP_READ);
}

static void
tcp_ready(void *ctx, int ready)
{
	struct server *s = ctx;

	(void)ready;
	s->conn = accept(s->tcp, NULL, NULL);
	assert_true(s->conn >= 0);
	s->asked_tcp++;
	if (s->habit == TEASES)
		loop_timer_set(s->timer, 20);
	if (s->habit == CUTS_NO_TCP || s->habit == TEASES)
		close(s->conn);
	else
		s->conn_watch =
		    loop_fd_new(s->loop, s->conn, LOOP_READ | LOOP_WRITE, conn_ready, s);
}

static void
server_start(struct server *s, struct loop *l, enum habit habit)
{
	struct sockaddr_in sin = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof sin;

	*s = (struct server) {.habit = habit, .loop = l, .conn = -1};
	s->tcp = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(bind(s->tcp, (struct sockaddr *)&sin, len), 0);
	assert_int_equal(getsockname(s->tcp, (struct sockaddr *)&sin, &len), 0);
	assert_int_equal(endpoint_from_sockaddr((struct sockaddr *)&sin, &s->ep), 0);
	s->udp = socket(AF_INET, SOCK_DGRAM, 0);
	if (habit == DEAD)
		return;
	assert_int_equal(listen(s->tcp, 4), 0);
	assert_int_equal(bind(s->udp, (struct sockaddr *)&sin, sizeof sin), 0);
	s->udp_watch = loop_fd_new(l, s->udp, LOOP_READ, udp_ready, s);
	s->tcp_watch = loop_fd_new(l, s->tcp, LOOP_READ, tcp_ready, s);
	s->timer = loop_timer_new(l, late, s);
}

static void
server_stop(struct server *s)
{
	if (s->habit != DEAD) {
		loop_fd_free(s->udp_watch);
		loop_fd_free(s->tcp_watch);
		loop_timer_free(s->timer);
	}
	if (s->conn_watch != NULL) {
		loop_fd_free(s->conn_watch);
		close(s->conn);
	}
	close(s->udp);
	close(s->tcp);
}

static int
is(const char *text, const uint8_t *msg, size_t len)
{
	return len == strlen(text) && memcmp(msg, text, len) == 0;
}

static void
end(struct client *c)
{
	c->took_ms = clock_boot_ms() - c->start_ms;
	loop_stop(c->loop, 0);
}

static enum transport_verdict
answer(void *ctx, const uint8_t *msg, size_t len, const struct endpoint *from)
{
	struct client *c = ctx;

	c->heard++;
	if (is(FORGED, msg, len))
		return TRANSPORT_DOUBT;
	if (is(USELESS, msg, len))
		return TRANSPORT_NEXT;
	if (is(CUT, msg, len))
		return TRANSPORT_STREAM;
	if (!is(GOOD, msg, len))
		return TRANSPORT_IGNORE;
	c->done++;
	c->from = *from;
	end(c);
	return TRANSPORT_DONE;
}

static void
failed(void *ctx)
{
	struct client *c = ctx;

	c->failed++;
	end(c);
}

static void
dropped(void *ctx)
{
	struct client *c = ctx;

	c->dropped++;
}

static const struct transport_handler handler = {answer, failed, dropped};

static void
client_start(struct client *c, enum habit first, int second)
{
	struct transport_server list[2] = {0};

	memset(c, 0, sizeof *c);
	c->loop = loop_new();
	c->t = transport_new(c->loop);
	c->servers = second < 0 ? 1 : 2;
	server_start(&c->server[0], c->loop, first);
	if (second >= 0)
		server_start(&c->server[1], c->loop, (enum habit)second);
	list[0].ep = c->server[0].ep;
	list[1].ep = c->server[1].ep;
	transport_set_servers(c->t, list, c->servers);
}

static void
client_ask(struct client *c, const void *msg, size_t len)
{
	c->start_ms = clock_boot_ms();
	assert_int_equal(transport_send(c->t, msg, len, &handler, c), 0);
	loop_run(c->loop);
	assert_int_equal(c->done + c->failed, 1);
}

static void
client_stop(struct client *c)
{
	transport_free(c->t);
	for (unsigned i = 0; i < c->servers; i++)
		server_stop(&c->server[i]);
	loop_free(c->loop);
}

/* Each row: two servers (or one), who answers (-1: nobody), and the time it may take. */
static void
test_habits(void **state)
{
	static const struct {
		const char *what;
		enum habit first;
		int second;
		int who;
		uint32_t least_ms, most_ms;
	} rows[] = {
	    {"the ordinary case", GOOD_UDP, -1, 0, 0, 300},
	    {"a dead address costs nothing", DEAD, GOOD_UDP, 1, 0, 300},
	    {"a silent one costs half a second", SILENT, GOOD_UDP, 1, 450, 900},
	    {"a late answer is as good", SLOW, SILENT, 0, 1150, 2600},
	    {"told to ask another", SAYS_NEXT, GOOD_UDP, 1, 0, 300},
	    {"told so, but there is none", SAYS_NEXT, -1, -1, 0, 300},
	    {"a forger does not end it", FORGES_THEN_GOOD, -1, 0, 0, 300},
	    {"forged only: half a second, no repetition", FORGES, -1, -1, 450, 900},
	    {"forged only: the other one", FORGES, GOOD_UDP, 1, 450, 900},
	    {"cut short: TCP, in single octets", CUTS, -1, 0, 0, 900},
	    {"cut short, and no TCP: the other one", CUTS_NO_TCP, GOOD_UDP, 1, 0, 900},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct client c;

		client_start(&c, rows[i].first, rows[i].second);
		client_ask(&c, MESSAGE, sizeof MESSAGE);
		if (c.took_ms < rows[i].least_ms || c.took_ms > rows[i].most_ms)
			fail_msg("%s: took %u ms", rows[i].what, (unsigned)c.took_ms);
		if (c.done != (rows[i].who >= 0))
			fail_msg("%s: %d done", rows[i].what, c.done);
		if (rows[i].who >= 0) {
			assert_true(endpoint_equal(&c.from, &c.server[rows[i].who].ep));
			/* remembered */
			assert_true(endpoint_equal(transport_server(c.t), &c.from));
		}
		if (rows[i].first == FORGES)
			assert_int_equal(c.server[0].asked_udp, 1);
		client_stop(&c);
	}
}

static void
test_silence(void **state)
{
	struct client c;

	(void)state;
	client_start(&c, SILENT, -1);
	client_ask(&c, MESSAGE, sizeof MESSAGE);
	assert_int_equal(c.failed, 1);
	assert_int_equal(c.server[0].asked_udp, 5);
	assert_in_range(c.took_ms, 7400, 8200);
	client_stop(&c);
}

static void
test_long(void **state)
{
	static uint8_t message[2000];
	struct client c;

	(void)state;
	client_start(&c, GOOD_UDP, -1);
	client_ask(&c, message, sizeof message);
	assert_int_equal(c.done, 1);
	assert_int_equal(c.server[0].asked_udp, 0);
	assert_int_equal(c.server[0].asked_tcp, 1);
	assert_int_equal(c.server[0].last_len, sizeof message);
	client_stop(&c);
}

static void
enough(void *ctx)
{
	struct client *c = ctx;

	loop_stop(c->loop, 0);
}

/* "Come by TCP", and there the door is shut; again and again.  Once for each time we ask: else the
 * request would never end, and nobody be told that there is no answer. */
static void
test_teased(void **state)
{
	struct client c;
	struct loop_timer *timer;

	(void)state;
	client_start(&c, TEASES, -1);
	timer = loop_timer_new(c.loop, enough, &c);
	loop_timer_set(timer, 500);
	assert_int_equal(transport_send(c.t, (const uint8_t *)MESSAGE, 20, &handler, &c), 0);
	loop_run(c.loop);
	assert_int_equal(c.server[0].asked_udp, 1);
	assert_int_equal(c.server[0].asked_tcp, 1);
	loop_timer_free(timer);
	client_stop(&c);
}

static void
test_limits(void **state)
{
	struct transport_server ula = {0};
	struct client c;

	(void)state;
	client_start(&c, SILENT, -1);
	for (int i = 0; i < TRANSPORT_MAX; i++)
		assert_int_equal(
		    transport_send(c.t, (const uint8_t *)MESSAGE, 20, &handler, &c), 0);
	assert_int_equal(transport_send(c.t, (const uint8_t *)MESSAGE, 20, &handler, &c), -1);
	transport_free(c.t);
	assert_int_equal(c.dropped, TRANSPORT_MAX);
	assert_int_equal(c.failed, 0);
	c.t = transport_new(c.loop);
	assert_null(transport_server(c.t));
	assert_int_equal(transport_send(c.t, (const uint8_t *)MESSAGE, 20, &handler, &c), -1);
	/* never into the tunnel */
	assert_int_equal(endpoint_parse("fd12:3456:789a::1", 53, &ula.ep), 0);
	transport_set_servers(c.t, &ula, 1);
	assert_null(transport_server(c.t));
	client_stop(&c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_habits),
	    cmocka_unit_test(test_silence),
	    cmocka_unit_test(test_long),
	    cmocka_unit_test(test_teased),
	    cmocka_unit_test(test_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
