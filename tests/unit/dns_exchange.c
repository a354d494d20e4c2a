/* exchange.c against two name servers on loopback that sign, do not sign, and forge. */
#include "wire_test.h"

#include "base/clock.h"
#include "dnsupdate/client/exchange.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum habit {
	HONEST, /* signed NOERROR */
	SILENT,
	FAILING, /* signed SERVFAIL */
	UNSIGNED, /* NOERROR without TSIG */
	OTHER_KEY, /* signed with another secret */
	OTHER_ID, /* signed, but an answer to something else */
	OTHER_NAME, /* signed, another question */
	HURRIED, /* unsigned first, then honest */
	NO_KEY, /* BADKEY */
	NOT_AUTH, /* NOTAUTH without TSIG */
	INJECTED, /* both of these first, then honest */
	WRONG_CLOCK, /* signed BADTIME */
	MOVED, /* signed NXRRSET */
};

static const uint8_t right[32] = {1, 2, 3}, wrong[32] = {3, 2, 1};

struct server {
	enum habit habit;
	struct endpoint ep;
	int fd;
	struct loop_fd *watch;
	unsigned asked;
	struct sockaddr_in from;
};

struct client {
	struct loop *loop;
	struct transport *t;
	struct tsig_signer key;
	struct server server[2];
	int done;
	uint32_t ticket;
	enum outcome outcome;
	int has_message;
	int64_t skew_sec;
};

/* Header and question of the answer, ready to be signed. */
static void
begin(struct buf *b, const struct message *request, uint16_t rcode, enum habit habit)
{
	struct name other = name_of("other.example");
	const struct name *name = habit == OTHER_NAME ? &other : &request->question.name;

	buf_put_u16(b, habit == OTHER_ID ? request->id ^ 1 : request->id);
	buf_put_u16(b, (uint16_t)(FLAG_QR | request->opcode << 11 | rcode));
	buf_put_u16(b, 1);
	for (int i = 0; i < 3; i++)
		buf_put_u16(b, 0);
	name_put(b, name);
	buf_put_u16(b, request->question.type);
	buf_put_u16(b, CLASS_IN);
}

static void
reply(struct server *s, const struct message *request, enum habit habit)
{
	static const uint16_t rcodes[] = {[FAILING] = RCODE_SERVFAIL,
	    [NO_KEY] = RCODE_NOTAUTH,
	    [NOT_AUTH] = RCODE_NOTAUTH,
	    [WRONG_CLOCK] = RCODE_NOTAUTH,
	    [MOVED] = RCODE_NXRRSET};
	uint8_t room[1024];
	struct buf b = buf_writer(room, sizeof room);
	struct tsig_context ctx = {0};
	struct tsig_signer key;
	uint64_t now = clock_wall_sec() + (habit == WRONG_CLOCK ? 4000 : 0);
	uint16_t error;

	tsig_signer_init(
	    &key, "k.example", TSIG_HMAC_SHA256, habit == OTHER_KEY ? wrong : right, 32);
	error = tsig_check_request(&ctx, habit == NO_KEY ? NULL : &key, request, now, 0);
	begin(&b, request, rcodes[habit], habit);
	if (habit == OTHER_KEY)
		error = TSIG_NOERROR;
	if (habit != UNSIGNED && habit != NOT_AUTH)
		assert_int_equal(tsig_sign_reply(&ctx, request, &b, error, now), 0);
	tsig_forget(&ctx);
	assert_true(sendto(s->fd, room, b.pos, 0, (struct sockaddr *)&s->from, sizeof s->from) > 0);
}

static void
ready(void *ctx, int what)
{
	static struct message m;
	struct server *s = ctx;
	socklen_t len = sizeof s->from;
	uint8_t room[2048];
	ssize_t n = recvfrom(s->fd, room, sizeof room, 0, (struct sockaddr *)&s->from, &len);

	(void)what;
	assert_true(n > 0);
	assert_int_equal(message_parse(&m, room, (size_t)n), 0);
	s->asked++;
	if (s->habit == HURRIED)
		reply(s, &m, UNSIGNED);
	if (s->habit == INJECTED) {
		reply(s, &m, NOT_AUTH);
		reply(s, &m, NO_KEY);
	}
	if (s->habit != SILENT)
		reply(s, &m, s->habit == HURRIED || s->habit == INJECTED ? HONEST : s->habit);
}

static void
server_start(struct server *s, struct loop *l, enum habit habit)
{
	struct sockaddr_in sin = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof sin;

	*s = (struct server) {.habit = habit, .fd = socket(AF_INET, SOCK_DGRAM, 0)};
	assert_int_equal(bind(s->fd, (struct sockaddr *)&sin, len), 0);
	assert_int_equal(getsockname(s->fd, (struct sockaddr *)&sin, &len), 0);
	assert_int_equal(endpoint_from_sockaddr((struct sockaddr *)&sin, &s->ep), 0);
	s->watch = loop_fd_new(l, s->fd, LOOP_READ, ready, s);
}

static void
done(void *ctx, uint32_t ticket, const struct exchange_result *result)
{
	struct client *c = ctx;

	c->done++;
	c->ticket = ticket;
	c->outcome = result->outcome;
	c->has_message = result->m != NULL;
	c->skew_sec = result->skew_sec;
	loop_stop(c->loop, 0);
}

static void
start(struct client *c, enum habit first, enum habit second)
{
	struct transport_server list[2] = {0};

	memset(c, 0, sizeof *c);
	c->loop = loop_new();
	c->t = transport_new(c->loop);
	assert_int_equal(tsig_signer_init(&c->key, "k.example", TSIG_HMAC_SHA256, right, 32), 0);
	server_start(&c->server[0], c->loop, first);
	server_start(&c->server[1], c->loop, second);
	list[0].ep = c->server[0].ep;
	list[1].ep = c->server[1].ep;
	transport_set_servers(c->t, list, 2);
}

static void
stop(struct client *c)
{
	transport_free(c->t);
	for (int i = 0; i < 2; i++) {
		loop_fd_free(c->server[i].watch);
		close(c->server[i].fd);
	}
	loop_free(c->loop);
}

static void
ask(struct client *c, int update)
{
	static uint8_t room[EXCHANGE_ROOM];
	static struct update u;
	struct exchange_handler h = {done, c};
	struct question q = {.name = name_of("h.example"), .type = TYPE_TXT, .class = CLASS_IN};
	struct name zone = name_of("example"), host = name_of("h.example");

	if (update) {
		update_begin(&u, room, sizeof room, exchange_id(), &zone);
		update_delete_rrset(&u, &host, TYPE_TXT);
		assert_true(update_finish(&u, NULL, 0) > 0);
		assert_int_equal(exchange_update(c->t, &c->key, &u, &h, 77), 0);
	} else {
		assert_int_equal(exchange_ask(c->t, &c->key, &q, &h, 77), 0);
	}
	assert_int_equal(c->done, 0);
	loop_run(c->loop);
	assert_int_equal(c->done, 1);
	assert_int_equal(c->ticket, 77);
	assert_int_equal(c->has_message, c->outcome == OUTCOME_OK);
}

static void
test_habits(void **state)
{
	static const struct {
		enum habit first, second;
		int update;
		enum outcome expect;
		unsigned asked; /* the second one */
	} rows[] = {
	    {HONEST, SILENT, 0, OUTCOME_OK, 0},
	    {HONEST, SILENT, 1, OUTCOME_OK, 0},
	    {FAILING, HONEST, 0, OUTCOME_OK, 1},
	    {FAILING, HONEST, 1, OUTCOME_OK, 1},
	    {FAILING, FAILING, 1, OUTCOME_SERVFAIL, 1},
	    {HURRIED, SILENT, 0, OUTCOME_OK, 0},
	    {HURRIED, SILENT, 1, OUTCOME_OK, 0},
	    {INJECTED, SILENT, 0, OUTCOME_OK, 0},
	    {INJECTED, SILENT, 1, OUTCOME_OK, 0},
	    {UNSIGNED, HONEST, 0, OUTCOME_OK, 1},
	    {OTHER_KEY, HONEST, 0, OUTCOME_OK, 1},
	    {OTHER_ID, HONEST, 0, OUTCOME_OK, 1},
	    {OTHER_NAME, HONEST, 0, OUTCOME_OK, 1},
	    {UNSIGNED, UNSIGNED, 0, OUTCOME_UNSIGNED, 1},
	    {UNSIGNED, UNSIGNED, 1, OUTCOME_UNSIGNED, 1},
	    {NO_KEY, NO_KEY, 1, OUTCOME_BADKEY, 1},
	    {NO_KEY, HONEST, 1, OUTCOME_OK, 1},
	    {MOVED, SILENT, 1, OUTCOME_CONFLICT, 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct client c;

		start(&c, rows[i].first, rows[i].second);
		ask(&c, rows[i].update);
		if (c.outcome != rows[i].expect)
			fail_msg("row %zu: %s", i, outcome_word(c.outcome));
		assert_int_equal(c.server[1].asked, rows[i].asked);
		stop(&c);
	}
}

/* The clocks differ: believed at once, and told by how much. */
static void
test_clock(void **state)
{
	struct client c;

	(void)state;
	for (int update = 0; update < 2; update++) {
		start(&c, WRONG_CLOCK, HONEST);
		ask(&c, update);
		assert_int_equal(c.outcome, OUTCOME_BADTIME);
		assert_in_range(c.skew_sec + 5000, 999, 1001);
		assert_int_equal(c.server[1].asked, 0);
		stop(&c);
	}
}

/* Forged answers from everywhere do not end it before their time. */
static void
test_forged_only(void **state)
{
	uint64_t began = clock_boot_ms();
	struct client c;

	(void)state;
	start(&c, OTHER_KEY, OTHER_ID);
	ask(&c, 1);
	assert_int_equal(c.outcome, OUTCOME_TIMEOUT);
	assert_in_range(clock_boot_ms() - began, 6900, 8900);
	stop(&c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_habits),
	    cmocka_unit_test(test_clock),
	    cmocka_unit_test(test_forged_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
