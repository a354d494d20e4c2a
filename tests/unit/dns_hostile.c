/*
 * A name server, or somebody in its place, that answers each request with everything that is wrong,
 * one after the other: cut at each octet, each octet changed, too long, in the wrong order, signed
 * by others, no DNS at all; and at last with the truth.  Only the truth is ever taken, once, by UDP
 * and by the stream.
 */
#include "wire_test.h"

#include "base/clock.h"
#include "dnsupdate/client/exchange.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define BATCH 40 /* datagrams at a time: more would not fit the socket */
#define LIES_MAX 2000

static const uint8_t right[32] = {1, 2, 3}, wrong[32] = {3, 2, 1};
static const uint8_t truth[4] = {11, 22, 33, 44}, lie[4] = {66, 66, 66, 66};

/* How the stream lies: each before the truth on the next connection, or on the same one. */
enum stream_lie {
	LENGTH_0,
	LENGTH_11,
	LENGTH_MOST, /* and then nothing */
	HTTP,
	CUT_AND_CLOSED,
	RESET,
	ALL_LIES, /* all the lies of UDP, and then the truth */
	OCTETS, /* the truth, in single octets */
	DSO_FIRST,
	STREAM_LIES,
};

struct server {
	struct loop *loop;
	struct endpoint ep;
	int udp, listener, conn;
	struct loop_fd *udp_watch, *listener_watch, *conn_watch;
	struct loop_timer *timer;
	struct sockaddr_in from;
	uint8_t request[1024];
	size_t request_len;
	unsigned lies_told, asked, conns;
	enum stream_lie how;
	size_t dribbled;
};

struct client {
	struct loop *loop;
	struct transport *t;
	struct tsig_signer key;
	struct server server;
	int done;
	enum outcome outcome;
	uint8_t got[4];
};

/* ---- what the server says ---- */

/* An answer with this address, signed with this secret at this time (0 = unsigned). */
static size_t
make_answer(const struct server *s, const uint8_t addr[4], const uint8_t *secret, uint64_t now,
    uint16_t id_flip, uint8_t *out, size_t size)
{
	static struct message m;
	struct buf b = buf_writer(out, size);
	struct tsig_context ctx = {0};
	struct tsig_signer key;

	assert_int_equal(message_parse(&m, s->request, s->request_len), 0);
	buf_put_u16(&b, m.id ^ id_flip);
	buf_put_u16(&b, FLAG_QR | FLAG_AA);
	buf_put_u16(&b, 1);
	buf_put_u16(&b, 1);
	buf_put_u32(&b, 0);
	name_put(&b, &m.question.name);
	buf_put_u16(&b, m.question.type);
	buf_put_u16(&b, CLASS_IN);
	name_put(&b, &m.question.name);
	buf_put_u16(&b, TYPE_A);
	buf_put_u16(&b, CLASS_IN);
	buf_put_u32(&b, 60);
	buf_put_u16(&b, 4);
	buf_put(&b, addr, 4);
	if (secret == NULL)
		return b.pos;
	tsig_signer_init(&key, "k.example", TSIG_HMAC_SHA256, secret, 32);
	tsig_check_request(&ctx, &key, &m, clock_wall_sec(), 0);
	assert_int_equal(tsig_sign_reply(&ctx, &m, &b, TSIG_NOERROR, now), 0);
	tsig_forget(&ctx);
	return b.pos;
}

/* The lie of this number; 0 when there are no more. */
static size_t
make_lie(const struct server *s, unsigned number, uint8_t *out, size_t size)
{
	uint64_t now = clock_wall_sec();
	size_t len = make_answer(s, truth, right, now, 0, out, size);

	/* Cut at each octet. */
	if (number < len)
		return number == 0 ? 1 : number;
	number -= (unsigned)len;
	/* Each octet changed; the MAC covers all but the ID, which then is another's.  What follows
	 * the MAC's own 16 octets of trailer is covered, too. */
	if (number < len) {
		out[number] ^= (uint8_t)(1u << number % 8);
		return len;
	}
	number -= (unsigned)len;
	switch (number) {
	case 0: /* octets behind it */
		out[len] = 0;
		return len + 1;
	case 1: /* the whole of a datagram */
		memset(out + len, 0xc0, size - len);
		return size;
	case 2:
		return make_answer(s, lie, wrong, now, 0, out, size);
	case 3:
		return make_answer(s, lie, NULL, now, 0, out, size);
	case 4:
		return make_answer(s, lie, right, now - 4000, 0, out, size);
	case 5:
		return make_answer(s, lie, right, now + 4000, 0, out, size);
	case 6:
		return make_answer(s, lie, right, now, 1, out, size);
	case 7: /* twice the same signature record */
		out[11]++;
		memcpy(out + len, out + len - 80, 80);
		return len + 80;
	case 8: /* a name that points to itself */
		out[12] = 0xc0;
		out[13] = 12;
		return len;
	case 9: /* more records than there are */
		out[6] = out[7] = 0xff;
		return len;
	case 10: /* our own question */
		memcpy(out, s->request, s->request_len);
		return s->request_len;
	case 11: /* ... called an answer */
		memcpy(out, s->request, s->request_len);
		out[2] |= 0x80;
		return s->request_len;
	case 12: /* come by TCP */
		out[2] |= 0x02;
		return len;
	default:
		return 0;
	}
}

/* ---- UDP ---- */

static void
say_udp(struct server *s, const uint8_t *msg, size_t len)
{
	sendto(s->udp, msg, len, 0, (struct sockaddr *)&s->from, sizeof s->from);
}

static void
lie_on(void *ctx)
{
	struct server *s = ctx;
	uint8_t msg[1400];

	for (int i = 0; i < BATCH; i++) {
		size_t len = make_lie(s, s->lies_told, msg, sizeof msg);

		if (len == 0) {
			say_udp(
			    s, msg, make_answer(s, truth, right, clock_wall_sec(), 0, msg, 1400));
			return;
		}
		s->lies_told++;
		say_udp(s, msg, len);
	}
	loop_timer_set(s->timer, 1);
}

static void
udp_ready(void *ctx, int what)
{
	struct server *s = ctx;
	socklen_t len = sizeof s->from;
	ssize_t n =
	    recvfrom(s->udp, s->request, sizeof s->request, 0, (struct sockaddr *)&s->from, &len);

	(void)what;
	assert_true(n > 0);
	s->request_len = (size_t)n;
	if (s->asked++ == 0)
		loop_timer_set(s->timer, 0);
}

/* ---- the stream ---- */

static void
close_conn(struct server *s, int reset)
{
	const struct linger now = {.l_onoff = 1};

	if (reset)
		setsockopt(s->conn, SOL_SOCKET, SO_LINGER, &now, sizeof now);
	loop_fd_free(s->conn_watch);
	close(s->conn);
	s->conn_watch = NULL;
	s->conn = -1;
}

static void
say_stream(struct server *s, const void *data, size_t len)
{
	assert_int_equal(send(s->conn, data, len, MSG_NOSIGNAL), len);
}

static void
say_frame(struct server *s, const uint8_t *msg, size_t len)
{
	uint8_t prefix[2] = {(uint8_t)(len >> 8), (uint8_t)len};

	say_stream(s, prefix, 2);
	say_stream(s, msg, len);
}

/* All that still has the form of a message: anything else ends a stream, as the others show. */
static void
say_all_lies(struct server *s)
{
	uint8_t msg[1400];
	size_t len;

	for (unsigned i = 0; (len = make_lie(s, i, msg, sizeof msg)) > 0; i++)
		if (len >= MESSAGE_HEADER)
			say_frame(s, msg, len);
}

static void
dribble(void *ctx)
{
	struct server *s = ctx;
	uint8_t frame[1402];
	size_t len = make_answer(s, truth, right, clock_wall_sec(), 0, frame + 2, 1400);

	frame[0] = (uint8_t)(len >> 8);
	frame[1] = (uint8_t)len;
	if (s->conn < 0 || s->dribbled == len + 2)
		return;
	say_stream(s, frame + s->dribbled++, 1);
	loop_timer_set(s->timer, 0);
}

static void
say_truth(struct server *s)
{
	uint8_t msg[1400];

	say_frame(s, msg, make_answer(s, truth, right, clock_wall_sec(), 0, msg, sizeof msg));
}

static void
answer_stream(struct server *s)
{
	static const uint8_t dso[] = {0, 16, 0, 0, 6 << 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0};
	uint8_t msg[1400];

	if (s->conns > 1) {
		say_truth(s);
		return;
	}
	switch (s->how) {
	case LENGTH_0:
		say_stream(s, "\0\0", 2);
		break;
	case LENGTH_11:
		say_stream(s, "\0\13hello world", 13);
		break;
	case LENGTH_MOST:
		say_stream(s, "\377\377", 2);
		break;
	case HTTP:
		say_stream(s, "HTTP/1.1 400 Bad Request\r\n\r\n", 28);
		close_conn(s, 0);
		break;
	case CUT_AND_CLOSED:
		msg[0] = 0;
		msg[1] = 200;
		make_answer(s, truth, right, clock_wall_sec(), 0, msg + 2, 1398);
		say_stream(s, msg, 60);
		close_conn(s, 0);
		break;
	case RESET:
		close_conn(s, 1);
		break;
	case ALL_LIES:
		say_all_lies(s);
		say_truth(s);
		break;
	case OCTETS:
		loop_timer_set(s->timer, 0);
		break;
	default:
		say_stream(s, dso, sizeof dso);
		say_truth(s);
		break;
	}
}

static void
conn_ready(void *ctx, int what)
{
	struct server *s = ctx;
	uint8_t room[1026];
	ssize_t n = recv(s->conn, room, sizeof room, MSG_DONTWAIT);

	(void)what;
	if (n <= 0) {
		close_conn(s, 0);
		return;
	}
	assert_true(n > 14);
	s->request_len = (size_t)n - 2;
	memcpy(s->request, room + 2, s->request_len);
	answer_stream(s);
}

static void
accepted(void *ctx, int what)
{
	struct server *s = ctx;
	int fd = accept(s->listener, NULL, NULL);

	(void)what;
	assert_true(fd >= 0);
	if (s->conn >= 0)
		close_conn(s, 0);
	s->conn = fd;
	s->conns++;
	s->conn_watch = loop_fd_new(s->loop, s->conn, LOOP_READ, conn_ready, s);
}

/* ---- the client ---- */

static void
done(void *ctx, uint32_t ticket, const struct exchange_result *result)
{
	struct client *c = ctx;
	const struct rr *rr;
	size_t pos = 0;

	(void)ticket;
	c->done++;
	c->outcome = result->outcome;
	if (result->m != NULL &&
	    (rr = message_next(result->m, &pos, SECTION_ANSWER, NULL, TYPE_A)) != NULL)
		rr_a(result->m, rr, c->got);
	loop_stop(c->loop, 0);
}

static void
start(struct client *c, int stream, enum stream_lie how)
{
	struct sockaddr_in sin = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct transport_server at = {0};
	struct server *s = &c->server;
	socklen_t len = sizeof sin;

	memset(c, 0, sizeof *c);
	c->loop = s->loop = loop_new();
	s->how = how;
	s->conn = -1;
	s->listener = socket(AF_INET, SOCK_STREAM, 0);
	s->udp = socket(AF_INET, SOCK_DGRAM, 0);
	assert_int_equal(bind(s->listener, (struct sockaddr *)&sin, len), 0);
	assert_int_equal(getsockname(s->listener, (struct sockaddr *)&sin, &len), 0);
	assert_int_equal(bind(s->udp, (struct sockaddr *)&sin, len), 0);
	endpoint_from_sockaddr((struct sockaddr *)&sin, &at.ep);
	s->udp_watch = loop_fd_new(c->loop, s->udp, LOOP_READ, udp_ready, s);
	s->timer = loop_timer_new(c->loop, stream ? dribble : lie_on, s);
	if (stream) {
		assert_int_equal(listen(s->listener, 4), 0);
		s->listener_watch = loop_fd_new(c->loop, s->listener, LOOP_READ, accepted, s);
	}
	tsig_signer_init(&c->key, "k.example", TSIG_HMAC_SHA256, right, 32);
	c->t = transport_new(c->loop);
	transport_set_policy(c->t, stream ? DNS_TRANSPORT_TCP : DNS_TRANSPORT_UDP, NULL, 0);
	transport_set_servers(c->t, &at, 1);
}

static void
ask(struct client *c)
{
	const struct exchange_handler h = {done, c};
	struct question q = {
	    .name = name_of("nas.alice.example"), .type = TYPE_A, .class = CLASS_IN};

	assert_int_equal(exchange_ask(c->t, &c->key, &q, &h, 1), 0);
	loop_run(c->loop);
	assert_int_equal(c->done, 1);
	assert_int_equal(c->outcome, OUTCOME_OK);
	assert_memory_equal(c->got, truth, 4);
}

static void
stop(struct client *c)
{
	struct server *s = &c->server;

	transport_free(c->t);
	if (s->conn >= 0)
		close_conn(s, 0);
	loop_fd_free(s->udp_watch);
	loop_fd_free(s->listener_watch);
	loop_timer_free(s->timer);
	close(s->udp);
	close(s->listener);
	loop_free(c->loop);
}

static void
test_udp(void **state)
{
	struct client c;

	(void)state;
	start(&c, 0, 0);
	ask(&c);
	assert_in_range(c.server.lies_told, 200, LIES_MAX);
	stop(&c);
}

static void
test_stream(void **state)
{
	struct client c;

	(void)state;
	for (int how = 0; how < STREAM_LIES; how++) {
		uint64_t began = clock_boot_ms();

		start(&c, 1, (enum stream_lie)how);
		ask(&c);
		/* What cannot be DNS is left at once; who says nothing, after a while. */
		assert_in_range(clock_boot_ms() - began, 0, how == LENGTH_MOST ? 6000 : 1500);
		assert_int_equal(c.server.conns, how < ALL_LIES ? 2 : 1);
		stop(&c);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_udp),
	    cmocka_unit_test(test_stream),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
