/* llq_io.c against a server on loopback, and a stranger beside it: what is not signed proves
 * nothing, and what comes from elsewhere is not heard at all; real time. */
#include "wire_test.h"

#include "base/clock.h"
#include "dnsupdate/client/llq_io.h"

#include <arpa/inet.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define PATIENCE_MS 5000
#define ID 0x1122334455667788u

static const uint8_t right[32] = {1, 2, 3};
static struct loop *loop;
static struct loop_timer *timer;
static struct llq_client client;
static struct llq_io *io;
static struct tsig_signer key;
static unsigned changes, answers;

/* The server's socket, and another one on the same host. */
static int server, stranger;
static struct sockaddr_in from;
static uint8_t request[1024];
static struct message asked;
static struct llq_option asked_option;

static uint32_t
no_jitter(uint32_t range)
{
	return range - range;
}

static uint16_t
count_up(void)
{
	static uint16_t id = 100;

	return ++id;
}

static void
heard(void *ctx, enum llq_heard what, const struct question *q, const struct message *m)
{
	(void)ctx;
	(void)m;
	assert_int_equal(q->type, TYPE_PTR);
	changes += what == LLQ_HEARD_CHANGE;
	answers += what == LLQ_HEARD_ANSWERS;
}

static void
wake(void *ctx)
{
	(void)ctx;
	loop_stop(loop, 0);
}

static void
too_late(void *ctx)
{
	(void)ctx;
	loop_stop(loop, 1);
}

/* Until the client has read something. */
static void
client_reads(void)
{
	loop_timer_set(timer, PATIENCE_MS);
	assert_int_equal(loop_run(loop), 0);
}

static int
udp(struct sockaddr_in *at)
{
	socklen_t len = sizeof *at;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	*at =
	    (struct sockaddr_in) {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	assert_int_equal(bind(fd, (struct sockaddr *)at, len), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)at, &len), 0);
	return fd;
}

static int
setup(void **state)
{
	static const struct llq_io_handler handler = {heard, wake};
	struct question q = {
	    .name = name_of("_autotunnel._udp.alice.example"), .type = TYPE_PTR, .class = CLASS_IN};
	struct sockaddr_in at, other;
	struct endpoint ep;

	(void)state;
	loop = loop_new();
	timer = loop_timer_new(loop, too_late, NULL);
	server = udp(&at);
	stranger = udp(&other);
	assert_int_equal(endpoint_from_sockaddr((struct sockaddr *)&at, &ep), 0);
	assert_int_equal(tsig_signer_init(&key, "k.example", TSIG_HMAC_SHA256, right, 32), 0);
	llq_client_init(&client, no_jitter, count_up);
	llq_client_set(&client, 0, &q);
	io = llq_io_new(loop, &ep, &client, &key, &handler, NULL);
	assert_non_null(io);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	llq_io_free(io);
	llq_client_clear(&client);
	loop_timer_free(timer);
	loop_free(loop);
	close(server);
	close(stranger);
	return 0;
}

/* What the client has sent, into asked; 0 when there is nothing. */
static int
server_reads(void)
{
	struct pollfd p = {.fd = server, .events = POLLIN};
	socklen_t len = sizeof from;
	ssize_t n;

	if (poll(&p, 1, 0) == 0)
		return 0;
	n = recvfrom(server, request, sizeof request, 0, (struct sockaddr *)&from, &len);
	assert_true(n > 0);
	assert_int_equal(message_parse(&asked, request, (size_t)n), 0);
	assert_int_equal(llq_get(&asked, &asked_option), 1);
	return 1;
}

/* Say this to the client, from a socket, as an answer signed or not. */
static void
say(int fd, uint16_t id, uint16_t opcode, int is_signed)
{
	struct llq_option o = {.version = LLQ_VERSION,
	    .opcode = opcode,
	    .id = ID,
	    .lease = opcode == LLQ_EVENT ? 0 : 1800};
	struct tsig_context ctx = {0};
	struct llq_writer w;
	uint8_t room[1024];

	llq_begin(&w, room, 512, id, FLAG_QR | FLAG_AA, &asked.question);
	assert_true(llq_end(&w, &o) > 0);
	w.b.size = sizeof room;
	if (is_signed) {
		assert_int_equal(
		    tsig_check_request(&ctx, &key, &asked, clock_wall_sec(), 0), TSIG_NOERROR);
		assert_int_equal(
		    tsig_sign_reply(&ctx, &asked, &w.b, TSIG_NOERROR, clock_wall_sec()), 0);
		tsig_forget(&ctx);
	}
	assert_int_equal(
	    sendto(fd, room, w.b.pos, 0, (struct sockaddr *)&from, sizeof from), w.b.pos);
}

/* The handshake; what is not signed, or signed and from elsewhere, moves nothing. */
static void
set_up(void)
{
	for (int step = 0; step < 2; step++) {
		uint64_t now = clock_boot_ms();

		llq_io_step(io, now);
		assert_int_equal(server_reads(), 1);
		assert_int_equal(asked_option.opcode, LLQ_SETUP);
		assert_true(asked_option.id == (step == 0 ? 0 : ID));
		say(stranger, asked.id, LLQ_SETUP, 1);
		say(server, asked.id, LLQ_SETUP, 0);
		client_reads();
		llq_io_step(io, now); /* however long that took: no time to repeat anything */
		assert_int_equal(server_reads(), 0);
		assert_int_equal(answers, 0);
		say(server, asked.id, LLQ_SETUP, 1);
		client_reads();
	}
	assert_int_equal(answers, 1);
	assert_true(llq_client_live(&client));
}

static void
test_wrong_source(void **state)
{
	(void)state;
	set_up();
	for (uint16_t i = 0; i < 3; i++)
		say(stranger, (uint16_t)(1000 + i), LLQ_EVENT, 0);
	say(server, 2000, LLQ_EVENT, 0);
	client_reads();
	/* one of four, and only that one is acknowledged */
	assert_int_equal(changes, 1);
	assert_int_equal(server_reads(), 1);
	assert_int_equal(asked.id, 2000);
	assert_true(asked.flags & FLAG_QR);
	assert_int_equal(asked_option.opcode, LLQ_EVENT);
	assert_true(asked_option.id == ID);
	assert_int_equal(server_reads(), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_wrong_source, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
