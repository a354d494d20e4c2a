/* Connections, over a pair of sockets in one process. */
#include "tests/unit/dnsd_test.h"

#include "dnsupdate/server/net/conn.h"
#include "dnsupdate/server/limits.h"
#include "dnsupdate/wire/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#define ROUNDS 2000 /* of the loop, a millisecond each, before a test gives up */

struct bench {
	struct test_server *t;
	struct loop *loop;
	struct conns *conns;
	struct loop_timer *tick, *commit;
	int fd; /* the client's end */
	uint8_t *got;
	size_t have;
};

static void
stop_loop(void *ctx)
{
	struct bench *b = ctx;

	loop_stop(b->loop, 0);
}

static void
commit(void *ctx)
{
	struct bench *b = ctx;

	server_commit(&b->t->s, NOW);
}

static void
want_commit(void *ctx)
{
	struct bench *b = ctx;

	loop_timer_set(b->commit, 0);
}

static void
send_to_conn(void *ctx, const struct requester *to, const void *data, size_t len)
{
	conn_reply(to->conn, data, len);
}

static const union socket_address nobody = {.in = {.sin_family = AF_INET}};

/* Connect: the server's end goes to conns. */
static struct conn *
connect_pair(struct bench *b, int *fd)
{
	int pair[2];

	assert_int_equal(
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair), 0);
	*fd = pair[0];
	return conn_new(b->conns, pair[1], TRANSPORT_TCP, &nobody, NULL, NULL);
}

static int
setup(void **state)
{
	struct bench *b = calloc(1, sizeof *b);
	void *t;

	test_setup(&t);
	b->t = t;
	b->loop = loop_new();
	b->conns = conns_new(b->loop, &b->t->s, 100, 5);
	b->tick = loop_timer_new(b->loop, stop_loop, b);
	b->commit = loop_timer_new(b->loop, commit, b);
	b->t->s.send = send_to_conn;
	b->t->s.want_commit = want_commit;
	b->t->s.commit_ctx = b;
	b->got = malloc(1 << 22);
	assert_non_null(connect_pair(b, &b->fd));
	*state = b;
	return 0;
}

static int
teardown(void **state)
{
	struct bench *b = *state;
	void *t = b->t;

	if (b->fd != -1)
		close(b->fd);
	conns_free(b->conns);
	loop_timer_free(b->tick);
	loop_timer_free(b->commit);
	loop_free(b->loop);
	test_teardown(&t);
	free(b->got);
	free(b);
	return 0;
}

/* Let the server work a little, and take what it has sent. */
static void
turn(struct bench *b)
{
	ssize_t n;

	loop_timer_set(b->tick, 1);
	loop_run(b->loop);
	while (b->fd != -1 && (n = read(b->fd, b->got + b->have, 65536)) > 0)
		b->have += (size_t)n;
}

/* The n-th message that came, parsed; the loop runs until it is there. */
static const struct message *
answer(struct bench *b, unsigned n)
{
	static struct message m;
	const uint8_t *data = NULL;
	size_t len = 0;

	for (int round = 0; round < ROUNDS; round++) {
		size_t pos = 0;
		unsigned i = 0;

		while (stream_next(b->got + pos, b->have - pos, 65535, &data, &len) == 1) {
			pos += STREAM_PREFIX + len;
			if (i++ < n)
				continue;
			assert_int_equal(message_parse(&m, data, len), 0);
			return &m;
		}
		turn(b);
	}
	fail_msg("answer %u does not come", n);
	return NULL;
}

static size_t
frame(uint8_t *out, const uint8_t *message, size_t len)
{
	assert_int_equal(stream_prefix(out, len), 0);
	memcpy(out + STREAM_PREFIX, message, len);
	return STREAM_PREFIX + len;
}

static size_t
query(struct bench *b, uint8_t *out, const char *name, uint16_t type)
{
	struct question q = {.name = name_of(name), .type = type, .class = CLASS_IN};
	struct buf w = buf_writer(b->t->request, sizeof b->t->request);

	query_build(&w, ++b->t->id, &q, 0);
	return frame(out, w.data, w.pos);
}

/* The server's clock is the real one: connections ask it. */
static size_t
update(struct bench *b, uint8_t *out, const char *owner)
{
	struct test_server *t = b->t;
	struct name n = name_of(owner);
	struct rdata rd = rd_a("192.0.2.1");

	test_update(t);
	update_add(&t->u, &n, 60, &rd);
	assert_true(update_finish(&t->u, NULL, 0) > 0);
	test_signer(t, "k.z.example");
	tsig_forget(&t->tsig);
	assert_int_equal(tsig_sign(&t->tsig, &t->signer, &t->u.b, (uint64_t)time(NULL)), 0);
	return frame(out, t->u.b.data, t->u.b.pos);
}

static void
put(struct bench *b, const void *data, size_t len)
{
	assert_int_equal(write(b->fd, data, len), (ssize_t)len);
}

/* What stands behind an update in the stream sees what it did. */
static void
answers_come_in_order(void **state)
{
	struct bench *b = *state;
	uint8_t room[2048];
	size_t len = query(b, room, "a.z.example", TYPE_A);

	len += update(b, room + len, "a.z.example");
	len += query(b, room + len, "a.z.example", TYPE_A);
	put(b, room, len);
	assert_int_equal(answer(b, 0)->rcode, RCODE_NXDOMAIN);
	assert_int_equal(answer(b, 1)->opcode, OPCODE_UPDATE);
	assert_int_equal(answer(b, 1)->rcode, RCODE_NOERROR);
	assert_int_equal(answer(b, 2)->rcode, RCODE_NOERROR);
	assert_int_equal(answer(b, 2)->id, b->t->id);
}

static void
octet_by_octet(void **state)
{
	struct bench *b = *state;
	uint8_t room[512];
	size_t len = query(b, room, "z.example", TYPE_SOA);

	for (size_t i = 0; i < len; i++) {
		assert_int_equal(b->have, 0);
		put(b, room + i, 1);
		turn(b);
	}
	assert_int_equal(answer(b, 0)->rcode, RCODE_NOERROR);
}

static void
wait_for_count(struct bench *b, size_t count)
{
	for (int round = 0; round < ROUNDS && conns_count(b->conns) != count; round++)
		turn(b);
	assert_int_equal(conns_count(b->conns), count);
}

/* The update is carried out all the same; its answer goes nowhere. */
static void
gone_before_the_answer(void **state)
{
	struct bench *b = *state;
	uint8_t room[512];

	put(b, room, update(b, room, "a.z.example"));
	close(b->fd);
	b->fd = -1;
	wait_for_count(b, 0);
	assert_int_equal(test_count(b->t, "a.z.example", TYPE_A), 1);
}

static void
half_closed(void **state)
{
	struct bench *b = *state;
	uint8_t room[2048];
	size_t len = query(b, room, "z.example", TYPE_SOA);

	len += update(b, room + len, "a.z.example");
	len += query(b, room + len, "a.z.example", TYPE_A);
	put(b, room, len);
	shutdown(b->fd, SHUT_WR);
	assert_int_equal(answer(b, 2)->rcode, RCODE_NOERROR);
	wait_for_count(b, 0);
}

/* Who asks and does not listen is not listened to; nothing is lost, and memory has a bound. */
static void
one_who_does_not_read(void **state)
{
	struct bench *b = *state;
	uint8_t room[512];
	unsigned asked = 0, silent = 0;
	int fd = b->fd;

	b->fd = -1; /* turn() reads nothing */
	while (silent < 50) {
		size_t len = query(b, room, "ns.z.example", TYPE_A);

		if (write(fd, room, len) == (ssize_t)len) {
			asked++;
			silent = 0;
			continue;
		}
		assert_int_equal(errno, EAGAIN);
		b->t->id--;
		silent++;
		turn(b);
	}
	assert_true(asked > 1000);
	b->fd = fd;
	assert_int_equal(answer(b, asked - 1)->id, b->t->id);
}

/* Small questions with large answers: those that had to wait are answered too, though nothing more
 * comes in. */
static void
answers_larger_than_the_queue(void **state)
{
	enum { QUESTIONS = 400 };
	struct bench *b = *state;
	uint8_t *room = malloc(QUESTIONS * 64);
	char text[250];
	size_t len = 0;

	for (int i = 0; i < 20; i++) {
		struct rdata rd;

		memset(text, 'a' + i, sizeof text - 1);
		text[sizeof text - 1] = '\0';
		rd = rd_txt(text);
		test_put(b->t->z, "big.z.example", 60, &rd);
	}
	for (int i = 0; i < QUESTIONS; i++)
		len += query(b, room + len, "big.z.example", TYPE_TXT);
	put(b, room, len);
	free(room);
	assert_int_equal(answer(b, QUESTIONS - 1)->id, b->t->id);
}

static void
so_many_from_one_network(void **state)
{
	struct bench *b = *state;
	int fds[5];

	for (int i = 0; i < 4; i++)
		assert_non_null(connect_pair(b, &fds[i]));
	assert_null(connect_pair(b, &fds[4])); /* five in all is the limit */
	close(fds[4]);
	assert_int_equal(b->t->s.stats.streams_refused, 1);
	close(fds[0]);
	wait_for_count(b, 4);
	assert_non_null(connect_pair(b, &fds[0]));
	for (int i = 0; i < 4; i++)
		close(fds[i]);
	wait_for_count(b, 1);
}

static void
no_message_at_all(void **state)
{
	static const uint8_t too_short[] = {0, 11, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
	struct bench *b = *state;

	put(b, too_short, sizeof too_short);
	wait_for_count(b, 0);
	assert_int_equal(b->have, 0);
}

#define CONN(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    CONN(answers_come_in_order),
	    CONN(octet_by_octet),
	    CONN(gone_before_the_answer),
	    CONN(half_closed),
	    CONN(one_who_does_not_read),
	    CONN(answers_larger_than_the_queue),
	    CONN(so_many_from_one_network),
	    CONN(no_message_at_all),
	};

	signal(SIGPIPE, SIG_IGN); /* as the server does */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
