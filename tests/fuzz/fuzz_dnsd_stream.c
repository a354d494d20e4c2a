/*
 * Subscribers of any behaviour: octets on a connection that passes for TLS, packets of long-lived
 * queries, changes in between, time that passes, and a reader who reads or does not.  The real
 * connections, sessions and machines, over a socket pair.  What the server sends must be sound.
 *
 * Input: operations, each an octet, a length (2 octets) and so many octets.
 */
#include "base/clock.h"
#include "base/log.h"
#include "dnsupdate/server/net/conn.h"
#include "dnsupdate/server/server.h"
#include "dnsupdate/server/live/subscriptions.h"
#include "dnsupdate/wire/llq.h"
#include "dnsupdate/wire/push.h"
#include "dnsupdate/wire/stream.h"
#include "dnsupdate/wire/text.h"
#include "loop/loop.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { STREAM, PACKET, CHANGE, READ, AGAIN, OPERATIONS };

static struct loop *loop;
static struct loop_timer *turn;
static struct server server;
static struct zone *zone;
static struct conns *conns;
static struct subscriptions *subscriptions;
static int client = -1;
static uint8_t received[1 << 18];
static size_t have;

static void
stop(void *ctx)
{
	loop_stop(loop, 0);
}

/* Everything that can be done is done. */
static void
spin(void)
{
	for (int i = 0; i < 3; i++) {
		loop_timer_set(turn, 0);
		loop_run(loop);
	}
}

static void
on_send(void *ctx, const struct requester *to, const void *data, size_t len)
{
	static struct message m;

	/* an event, or the reply to an update */
	if (to->transport != TRANSPORT_UDP)
		conn_reply(to->conn, data, len);
	else if (len > 0 && message_parse(&m, data, len) == -1)
		abort();
}

static void
nothing(void *ctx)
{
}

static void
begin(void)
{
	static const struct subscriptions_config config = {.flush = nothing};
	struct name name;

	log_set_level(LOG_LEVEL_ERROR);
	loop = loop_new();
	turn = loop_timer_new(loop, stop, NULL);
	server_init(&server);
	server.send = on_send;
	server.want_commit = nothing;
	if (name_parse(&name, "z.example") == -1)
		abort();
	zone = zone_new(&name);
	zones_add(&server.zones, zone);
	conns = conns_new(loop, &server, 100, 100);
	subscriptions = subscriptions_new(loop, &server, &config);
}

static void
connect_client(void)
{
	static const union socket_address from = {.in = {.sin_family = AF_INET}};
	int fd[2];

	if (client != -1)
		close(client);
	spin();
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fd) == -1)
		abort();
	client = fd[0];
	have = 0;
	conn_new(conns, fd[1], TRANSPORT_TLS, &from, NULL, NULL);
}

/* ---- operations ---- */

static void
feed_stream(const uint8_t *data, size_t len)
{
	uint8_t prefix[STREAM_PREFIX];

	/* mostly whole messages: the fuzzer need not learn to count */
	if (stream_prefix(prefix, len) == 0 &&
	    send(client, prefix, sizeof prefix, MSG_NOSIGNAL) != sizeof prefix)
		return;
	if (len > 0 && send(client, data, len, MSG_NOSIGNAL) == -1)
		return;
	spin();
}

/* One packet from this port; the reply, NULL for none. */
static const struct message *
ask(uint8_t port, const uint8_t *data, size_t len)
{
	static struct request r;
	static struct message m;
	static uint8_t room[1232];

	r.from = (struct requester) {.transport = TRANSPORT_UDP};
	r.from.from.in.sin_family = AF_INET;
	r.from.from.in.sin_port = port;
	r.data = data;
	r.len = len;
	r.now_sec = 1700000000;
	r.now_ms = clock_boot_ms();
	r.reply = buf_writer(room, sizeof room);
	if (request_handle(&server, &r) != REQUEST_REPLY)
		return NULL;
	if (message_parse(&m, room, r.reply.pos) == -1)
		abort();
	return &m;
}

static void
feed_packet(const uint8_t *data, size_t len)
{
	const struct message *m = len > 0 ? ask(data[0], data + 1, len - 1) : NULL;
	struct llq_option o;
	struct llq_writer w;
	uint8_t room[600];

	/* who got a challenge goes on, honestly, for nobody guesses one */
	if (m != NULL && m->has_question && llq_get(m, &o) == 1 && o.opcode == LLQ_SETUP &&
	    o.error == LLQ_NO_ERROR) {
		llq_begin(&w, room, sizeof room, m->id, 0, &m->question);
		len = llq_end(&w, &o);
		if (ask(data[0], room, len) == NULL)
			abort();
	}
	spin();
}

/* Toggle records of a few names. */
static void
change(const uint8_t *data, size_t len)
{
	static const char *const lines[] = {
	    "h.z.example. 60 IN AAAA fd00::1",
	    "h.z.example. 60 IN AAAA fd00::2",
	    "h.z.example. 60 IN TXT \"a\" \"b\"",
	    "a.z.example. 60 IN CNAME h.z.example.",
	    "a.z.example. 60 IN SRV 0 0 4500 at.h.z.example.",
	    "z.example. 60 IN MX 10 h.z.example.",
	    "sub.z.example. 60 IN NS ns.sub.z.example.",
	    "*.w.z.example. 60 IN A 192.0.2.1",
	};
	struct change_list changes = {0};
	struct name owner;
	struct rdata rd;
	uint32_t ttl;

	for (size_t i = 0; i < len && i < 64; i++) {
		if (rr_from_text(lines[data[i] % 8], 60, &owner, &ttl, &rd) == -1)
			abort();
		if (commit_take(zone, &changes, &owner, rd.type, rd.data, rd.len) == -1)
			commit_put(zone, &changes, &owner, rd.type, ttl, rd.data, rd.len, 0);
	}
	commit_change(server.commit, zone, zone->serial, &changes, NULL);
	change_list_free(&changes);
	commit_run(server.commit, 1700000000);
	spin();
}

static void
check(const uint8_t *message, size_t len)
{
	static struct message ordinary;
	struct push_change c;
	struct dso_message m;
	struct dso_tlv tlv;
	size_t pos = 0;
	int rc = 0;

	if (!dso_is(message, len)) {
		if (message_parse(&ordinary, message, len) == -1)
			abort();
		return;
	}
	if (dso_parse(&m, message, len) == -1)
		abort();
	if (!dso_find(&m, 0, DSO_PUSH, &tlv))
		return;
	if (m.kind != DSO_UNIDIRECTIONAL || len > PUSH_MESSAGE_MAX)
		abort();
	while ((rc = push_next(&m, &tlv, &pos, &c)) == 1)
		if (c.what == PUSH_IGNORE || !name_in(&c.name, &zone->name))
			abort();
	if (rc == -1)
		abort();
}

static void
read_all(void)
{
	const uint8_t *message;
	size_t at = 0, len;
	ssize_t n = 1;

	while (n > 0 && have < sizeof received) {
		n = recv(client, received + have, sizeof received - have, MSG_DONTWAIT);
		have += n > 0 ? (size_t)n : 0;
		spin();
	}
	while (stream_next(received + at, have - at, MESSAGE_MAX, &message, &len) == 1) {
		check(message, len);
		at += STREAM_PREFIX + len;
	}
	memmove(received, received + at, have - at);
	have -= at;
}

static void
operate(unsigned what, const uint8_t *data, size_t len)
{
	switch (what % OPERATIONS) {
	case STREAM:
		feed_stream(data, len);
		break;
	case PACKET:
		feed_packet(data, len);
		break;
	case CHANGE:
		change(data, len);
		break;
	case READ:
		read_all();
		break;
	case AGAIN:
		connect_client();
		break;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf b = buf_reader(data, size);

	if (loop == NULL)
		begin();
	connect_client();
	while (buf_left(&b) >= 3) {
		unsigned what = buf_get_u8(&b);
		size_t len = buf_get_u16(&b);

		len = len < buf_left(&b) ? len : buf_left(&b);
		operate(what, buf_take(&b, len), len);
	}
	read_all();
	return 0;
}
