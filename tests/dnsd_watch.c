/*
 * Subscribers at a name server, many of them, and how soon each hears of a change.
 *
 *	dnsd_watch [options] ADDRESS PORT ZONE KEY		KEY as for dig -y
 *
 *	-l N	long-lived queries, each from an address of its own in 127.64.0.0/10
 *	-p N	push connections over TLS, 100 from each /24 of 127.32.0.0/11
 *	-P PORT -k PIN	of the TLS listener
 *	-h N	they follow h0.ZONE ... in turn (1)
 *	-u N	updates, one after the other, of h0, h1 ... (0)
 *	-w	say "ready" when all have subscribed, and go on with a line of input
 *
 * Prints, in microseconds: from the update's way to its acknowledgement, to each event, and to the
 * last one; and how much sooner (+) or later (-) than the acknowledgement an event came.  Status 1
 * when anybody was not told, or was told something else.
 */
#include "base/clock.h"
#include "crypto/tls.h"
#include "dnsupdate/wire/llq.h"
#include "dnsupdate/wire/push.h"
#include "dnsupdate/wire/stream.h"
#include "dnsupdate/wire/tsig.h"
#include "dnsupdate/wire/update.h"
#include "identity/base64.h"

#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define LLQ_NET 0x7f400000u /* 127.64.0.0 */
#define PUSH_NET 0x7f200000u
#define PER_ADDRESS 100
#define WINDOW 128 /* handshakes of LLQs at a time */
#define PATIENCE_US 5000000
#define TTL 60

static struct {
	unsigned llqs, pushes, hosts, updates;
	uint16_t port, tls_port;
	const char *pin;
	int wait;
} o = {.hosts = 1};

struct llq_client {
	uint64_t heard_us; /* when that event came */
	uint64_t id;
	uint32_t lease;
	uint32_t heard; /* the value of its host */
	uint64_t asked_us;
	uint8_t state; /* 0: nothing, 1: asked, 2: answered the challenge, 3: there */
};

struct push_client {
	int fd;
	struct tls *tls;
	uint8_t *data; /* a message that is not whole */
	size_t have;
	uint32_t heard;
	uint64_t heard_us;
};

static struct in_addr server;
static struct name zone;
static struct tsig_signer key;
static uint8_t secret[64];
static int update_fd, llq_fd, epoll_fd;
static struct llq_client *llq;
static struct push_client *push;
static struct tls_context *tls;
static uint64_t events; /* heard of in all */

/* What is measured, of one kind. */
struct samples {
	const char *what;
	int64_t *us;
	size_t count;
};
static struct samples to_ack = {.what = "update to acknowledgement"};
static struct samples to_event = {.what = "update to event"};
static struct samples after_ack = {.what = "acknowledgement to event"};
static struct samples to_last = {.what = "update to last event"};

static uint64_t
to_us(struct timespec t)
{
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

/* The kernel's clock for packets; nobody sets it in these minutes. */
static uint64_t
now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return to_us(t);
}

union control {
	struct cmsghdr header;
	uint8_t room[CMSG_SPACE(sizeof(struct in_pktinfo)) + CMSG_SPACE(sizeof(struct timespec))];
};

/* When a packet came, and to which of our addresses. */
static uint64_t
arrival(struct msghdr *m, struct in_addr *to)
{
	struct in_pktinfo info;
	struct timespec t = {0};

	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c != NULL; c = CMSG_NXTHDR(m, c)) {
		if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SO_TIMESTAMPNS)
			memcpy(&t, CMSG_DATA(c), sizeof(t));
		if (c->cmsg_level != IPPROTO_IP || c->cmsg_type != IP_PKTINFO)
			continue;
		memcpy(&info, CMSG_DATA(c), sizeof(info));
		*to = info.ipi_addr;
	}
	return to_us(t);
}

static int
udp_socket(void)
{
	int fd = socket(AF_INET, SOCK_DGRAM, 0), on = 1, size = 64 << 20;

	if (fd == -1 || setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on)) == -1 ||
	    setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof(on)) == -1)
		err(2, "socket");
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) == -1)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	return fd;
}

static void
host_question(unsigned i, struct question *q)
{
	char label[16];

	snprintf(label, sizeof(label), "h%u", i % o.hosts);
	if (name_prepend(&q->name, label, &zone) == -1)
		errx(2, "the zone's name is too long");
	q->type = TYPE_A;
	q->class = CLASS_IN;
}

/* ---- numbers ---- */

static void
sample(struct samples *s, int64_t us)
{
	if ((s->count & (s->count - 1)) == 0) {
		s->us = realloc(s->us, 2 * (s->count + 1) * sizeof(*s->us));
		if (s->us == NULL)
			err(2, "samples");
	}
	s->us[s->count++] = us;
}

static int
by_size(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

static void
print(struct samples *s)
{
	if (s->count == 0)
		return;
	qsort(s->us, s->count, sizeof(*s->us), by_size);
	printf("%s: %zu p50 %lld p99 %lld max %lld us\n", s->what, s->count,
	    (long long)s->us[s->count / 2], (long long)s->us[s->count * 99 / 100],
	    (long long)s->us[s->count - 1]);
}

/* ---- long-lived queries ---- */

/* From client i's address: one socket has them all. */
static void
llq_send(unsigned i, const void *data, size_t len)
{
	union {
		struct cmsghdr header;
		uint8_t room[CMSG_SPACE(sizeof(struct in_pktinfo))];
	} c = {.header = {.cmsg_level = IPPROTO_IP,
		   .cmsg_type = IP_PKTINFO,
		   .cmsg_len = CMSG_LEN(sizeof(struct in_pktinfo))}};
	struct in_pktinfo info = {.ipi_spec_dst.s_addr = htonl(LLQ_NET + i)};
	struct sockaddr_in to = {
	    .sin_family = AF_INET, .sin_port = htons(o.port), .sin_addr = server};
	struct iovec v = {(void *)(uintptr_t)data, len};
	struct msghdr m = {.msg_name = &to,
	    .msg_namelen = sizeof(to),
	    .msg_iov = &v,
	    .msg_iovlen = 1,
	    .msg_control = &c,
	    .msg_controllen = sizeof(c.room)};

	memcpy(CMSG_DATA(&c.header), &info, sizeof(info));
	if (sendmsg(llq_fd, &m, 0) == -1 && errno != ENOBUFS)
		err(2, "sendmsg");
}

static void
llq_ask(unsigned i)
{
	struct llq_client *c = &llq[i];
	struct llq_option option = {.version = LLQ_VERSION,
	    .opcode = LLQ_SETUP,
	    .id = c->id,
	    .lease = c->state == 2 ? c->lease : LLQ_LEASE_MAX};
	uint8_t room[600];
	struct llq_writer w;
	struct question q;

	host_question(i, &q);
	llq_begin(&w, room, sizeof(room), c->state, 0, &q);
	llq_send(i, room, llq_end(&w, &option));
	c->asked_us = now_us();
}

static uint32_t
value_of(const uint8_t addr[4])
{
	return (uint32_t)(addr[1] << 16 | addr[2] << 8 | addr[3]);
}

static void
llq_acknowledge(unsigned i, const struct message *m, const struct llq_option *option)
{
	uint8_t room[600];
	struct llq_writer w;

	llq_begin(&w, room, sizeof(room), m->id, FLAG_QR, &m->question);
	llq_send(i, room, llq_end(&w, option));
}

/* The value added by this message, 0 for none. */
static uint32_t
llq_value(const struct message *m)
{
	const struct rr *rr;
	size_t pos = 0;
	uint8_t addr[4];

	while ((rr = message_next(m, &pos, SECTION_ANSWER, NULL, TYPE_A)) != NULL)
		if (rr->ttl != LLQ_TTL_REMOVE && rr_a(m, rr, addr) == 0)
			return value_of(addr);
	return 0;
}

static void
llq_take(unsigned i, const uint8_t *data, size_t len, uint64_t when_us)
{
	static struct message m;
	struct llq_client *c = &llq[i];
	struct llq_option option;

	if (i >= o.llqs || message_parse(&m, data, len) == -1 || llq_get(&m, &option) != 1)
		errx(1, "LLQ %u: not understood", i);
	if (option.opcode == LLQ_EVENT) {
		llq_acknowledge(i, &m, &option);
		c->heard = llq_value(&m);
		c->heard_us = when_us;
		events++;
		return;
	}
	if (option.error != LLQ_NO_ERROR)
		errx(1, "LLQ %u: %s", i, llq_error_text(option.error));
	if (c->state != m.id)
		return; /* an old one */
	c->id = option.id;
	c->lease = option.lease;
	c->state++;
	if (c->state == 2)
		llq_ask(i);
	else
		c->heard = llq_value(&m);
}

/* A batch from the socket; 0 when nothing was there. */
static int
llq_receive(void)
{
	static uint8_t data[64][1500];
	static union control control[64];
	struct mmsghdr in[64] = {0};
	struct iovec v[64];
	struct in_addr to;
	int n;

	for (int i = 0; i < 64; i++) {
		v[i] = (struct iovec) {data[i], sizeof(data[i])};
		in[i].msg_hdr = (struct msghdr) {.msg_iov = &v[i],
		    .msg_iovlen = 1,
		    .msg_control = &control[i],
		    .msg_controllen = sizeof(control[i])};
	}
	n = recvmmsg(llq_fd, in, 64, MSG_DONTWAIT, NULL);
	for (int i = 0; i < n; i++) {
		uint64_t when = arrival(&in[i].msg_hdr, &to);

		llq_take(ntohl(to.s_addr) - LLQ_NET, data[i], in[i].msg_len, when);
	}
	return n > 0;
}

static void
llq_set_up(void)
{
	struct sockaddr_in any = {.sin_family = AF_INET};
	unsigned first = 0, next = 0;

	llq_fd = udp_socket();
	if (bind(llq_fd, (struct sockaddr *)&any, sizeof(any)) == -1)
		err(2, "socket");
	llq = calloc(o.llqs + 1, sizeof(*llq));
	while (first < o.llqs) {
		struct pollfd p = {.fd = llq_fd, .events = POLLIN};

		for (; next < o.llqs && next < first + WINDOW; next++) {
			llq[next].state = 1;
			llq_ask(next);
		}
		if (!llq_receive())
			poll(&p, 1, 10);
		while (first < next && llq[first].state == 3)
			first++;
		for (unsigned i = first; i < next; i++)
			if (llq[i].state < 3 && now_us() - llq[i].asked_us > 1000000)
				llq_ask(i);
	}
}

/* Leave properly. */
static void
llq_end_all(void)
{
	for (unsigned i = 0; i < o.llqs; i++) {
		struct llq_option option = {
		    .version = LLQ_VERSION, .opcode = LLQ_REFRESH, .id = llq[i].id};
		uint8_t room[600];
		struct llq_writer w;
		struct question q;

		host_question(i, &q);
		llq_begin(&w, room, sizeof(room), 9, 0, &q);
		llq_send(i, room, llq_end(&w, &option));
		if (i % 64 == 63)
			usleep(1000);
	}
}

/* ---- push ---- */

static void
push_write(struct push_client *c, const void *message, size_t len)
{
	uint8_t room[600];
	size_t done = 0;

	stream_prefix(room, len);
	memcpy(room + STREAM_PREFIX, message, len);
	while (done < len + STREAM_PREFIX) {
		ssize_t n = tls_write(c->tls, room + done, len + STREAM_PREFIX - done);

		if (n == -1 && errno != EAGAIN)
			errx(1, "push: %s", tls_error(c->tls));
		done += n > 0 ? (size_t)n : 0;
	}
}

static void
push_take(struct push_client *c, const uint8_t *message, size_t len)
{
	static struct push_change change;
	struct dso_message m;
	struct dso_tlv tlv;
	size_t pos = 0;

	if (dso_parse(&m, message, len) == -1 || m.rcode != RCODE_NOERROR)
		errx(1, "push: not understood, or refused");
	if (!dso_find(&m, 0, DSO_PUSH, &tlv))
		return;
	while (push_next(&m, &tlv, &pos, &change) == 1)
		if (change.what == PUSH_ADD)
			c->heard = value_of(change.rdata.data);
}

/* All that has arrived for c; 0 when nothing had. */
static int
push_receive(struct push_client *c)
{
	static uint8_t data[65536];
	const uint8_t *message;
	ssize_t n;
	size_t have = c->have, at = 0, len;
	int some = 0;

	memcpy(data, c->data, c->have);
	while ((n = tls_read(c->tls, data + have, sizeof(data) - have)) > 0) {
		have += (size_t)n;
		some = 1;
	}
	if (n == 0 || errno != EAGAIN)
		errx(1, "push: connection lost: %s", tls_error(c->tls));
	for (; stream_next(data + at, have - at, MESSAGE_MAX, &message, &len) == 1;
	     at += STREAM_PREFIX + len)
		push_take(c, message, len);
	c->have = have - at;
	c->data = realloc(c->data, c->have + 1);
	memcpy(c->data, data + at, c->have);
	return some;
}

static void
push_wait(const struct push_client *c)
{
	struct pollfd p = {
	    .fd = c->fd, .events = tls_wants(c->tls) == TLS_WANT_WRITE ? POLLOUT : POLLIN};

	if (poll(&p, 1, 5000) != 1)
		errx(1, "push: the server does not answer");
}

static void
push_connect(unsigned i)
{
	struct sockaddr_in to = {
	    .sin_family = AF_INET, .sin_port = htons(o.tls_port), .sin_addr = server};
	struct sockaddr_in from = {
	    .sin_family = AF_INET, .sin_addr.s_addr = htonl(PUSH_NET + (i / PER_ADDRESS << 8) + 1)};
	struct epoll_event e = {.events = EPOLLIN | EPOLLET, .data.u32 = i};
	struct push_client *c = &push[i];
	int on = 1;
	struct question q;
	uint8_t room[512];
	struct buf b = buf_writer(room, sizeof(room));

	c->fd = socket(AF_INET, SOCK_STREAM, 0);
	if (c->fd == -1 || bind(c->fd, (struct sockaddr *)&from, sizeof(from)) == -1 ||
	    connect(c->fd, (struct sockaddr *)&to, sizeof(to)) == -1)
		err(2, "push connection %u", i);
	setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	c->tls = tls_new(tls, c->fd);
	c->data = malloc(1);
	while (tls_handshake(c->tls) == -1) {
		if (errno != EAGAIN)
			errx(1, "push connection %u: %s", i, tls_error(c->tls));
		push_wait(c);
	}
	host_question(i, &q);
	push_subscribe_build(&b, 1, &q, 0);
	push_write(c, room, b.pos);
	push_wait(c);
	push_receive(c);
	if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, c->fd, &e) == -1)
		err(2, "epoll");
}

static void
push_set_up(void)
{
	struct tls_settings settings = {.pin_count = 1};
	struct rlimit files = {1 << 17, 1 << 17};
	char why[TLS_TEXT_MAX];
	struct pin pin;

	if (o.pin == NULL || pin_parse(o.pin, &pin) == -1)
		errx(2, "-p wants the server's pin");
	setrlimit(RLIMIT_NOFILE, &files);
	tls_prepare();
	settings.pins = &pin;
	tls = tls_client_context(&settings, why);
	if (tls == NULL)
		errx(2, "%s", why);
	push = calloc(o.pushes, sizeof(*push));
	for (unsigned i = 0; i < o.pushes; i++)
		push_connect(i);
}

/* ---- updates ---- */

static void
send_update(unsigned host, uint32_t value, struct tsig_context *ctx)
{
	const uint8_t addr[4] = {10, (uint8_t)(value >> 16), (uint8_t)(value >> 8), (uint8_t)value};
	uint8_t room[600];
	struct update u;
	struct question q;
	struct rdata rd;

	host_question(host, &q);
	rdata_a(&rd, addr);
	update_begin(&u, room, sizeof(room), (uint16_t)value, &zone);
	update_delete_rrset(&u, &q.name, TYPE_A);
	update_add(&u, &q.name, TTL, &rd);
	if (update_finish(&u, NULL, 0) == 0 || tsig_sign(ctx, &key, &u.b, clock_wall_sec()) == -1 ||
	    send(update_fd, room, u.b.pos, 0) == -1)
		err(2, "update");
}

/* When the acknowledgement came; 0: not yet. */
static uint64_t
take_ack(struct tsig_context *ctx)
{
	static struct message m;
	union control control;
	uint8_t data[1500];
	struct iovec v = {data, sizeof(data)};
	struct msghdr h = {.msg_iov = &v,
	    .msg_iovlen = 1,
	    .msg_control = &control,
	    .msg_controllen = sizeof(control)};
	ssize_t n = recvmsg(update_fd, &h, MSG_DONTWAIT);
	struct in_addr to;

	if (n <= 0 || message_parse(&m, data, (size_t)n) == -1 ||
	    tsig_verify(ctx, &m, clock_wall_sec(), NULL) != TSIG_OK)
		return 0;
	if (m.rcode != RCODE_NOERROR)
		errx(1, "the update was answered with %s", rcode_text(m.rcode));
	return arrival(&h, &to);
}

struct change {
	unsigned host;
	uint32_t value;
	uint64_t sent_us, acked_us, last_us;
};

static void
note_event(struct change *c, uint32_t heard, uint64_t when_us)
{
	if (heard != c->value)
		errx(1, "somebody was told something else");
	sample(&to_event, (int64_t)(when_us - c->sent_us));
	sample(&after_ack, when_us > c->acked_us ? (int64_t)(when_us - c->acked_us) : 0);
	if (when_us > c->last_us)
		c->last_us = when_us;
}

/* Which connections have become readable; they are read later. */
static unsigned
look_at_pushes(void)
{
	static struct epoll_event e[1024];
	int n = epoll_wait(epoll_fd, e, 1024, 0);
	uint64_t now = now_us();

	for (int i = 0; i < n; i++)
		push[e[i].data.u32].heard_us = now;
	return n > 0 ? (unsigned)n : 0;
}

static unsigned
followers(unsigned host, unsigned all)
{
	return all > host ? (all - host - 1) / o.hosts + 1 : 0;
}

static void
note_all(struct change *c)
{
	for (unsigned i = c->host; i < o.llqs; i += o.hosts)
		note_event(c, llq[i].heard, llq[i].heard_us);
	for (unsigned i = c->host; i < o.pushes; i += o.hosts) {
		push_receive(&push[i]);
		note_event(c, push[i].heard, push[i].heard_us);
	}
	sample(&to_ack, (int64_t)(c->acked_us - c->sent_us));
	if (c->last_us != 0)
		sample(&to_last, (int64_t)(c->last_us - c->sent_us));
}

static void
change_and_listen(unsigned host, uint32_t value)
{
	struct change c = {.host = host, .value = value};
	uint64_t wanted = events + followers(host, o.llqs);
	unsigned readable = 0, readers = followers(host, o.pushes);
	struct tsig_context ctx = {0};

	c.sent_us = now_us();
	send_update(host, value, &ctx);
	while (c.acked_us == 0 || events < wanted || readable < readers) {
		if (c.acked_us == 0)
			c.acked_us = take_ack(&ctx);
		if (o.pushes > 0)
			readable += look_at_pushes();
		if (o.llqs > 0)
			llq_receive();
		if (now_us() - c.sent_us > PATIENCE_US)
			errx(1, "update %u: %s, %llu packets missing, %u of %u connections told",
			    value, c.acked_us != 0 ? "acknowledged" : "not acknowledged",
			    (unsigned long long)(wanted - events), readable, readers);
	}
	note_all(&c);
	tsig_forget(&ctx);
}

/* ---- begin ---- */

static void
parse_key(char *text)
{
	char *name = strchr(text, ':'), *base64 = name != NULL ? strchr(name + 1, ':') : NULL;
	int len;

	if (base64 == NULL)
		errx(2, "KEY is ALGORITHM:NAME:SECRET");
	*name++ = '\0';
	*base64++ = '\0';
	len = base64_decode(base64, secret, sizeof(secret));
	if (len <= 0 ||
	    tsig_signer_init(
		&key, name, (uint8_t)tsig_algorithm_parse(text), secret, (size_t)len) == -1)
		errx(2, "a key that is none");
}

static void
parse_options(int argc, char **argv)
{
	int c;

	while ((c = getopt(argc, argv, "l:p:P:k:h:u:w")) != -1) {
		switch (c) {
		case 'l':
			o.llqs = (unsigned)atoi(optarg);
			break;
		case 'p':
			o.pushes = (unsigned)atoi(optarg);
			break;
		case 'P':
			o.tls_port = (uint16_t)atoi(optarg);
			break;
		case 'k':
			o.pin = optarg;
			break;
		case 'h':
			o.hosts = (unsigned)atoi(optarg);
			break;
		case 'u':
			o.updates = (unsigned)atoi(optarg);
			break;
		case 'w':
			o.wait = 1;
			break;
		default:
			exit(2);
		}
	}
	if (argc - optind != 4 || o.hosts == 0)
		errx(2, "ADDRESS PORT ZONE KEY are wanted");
}

static void
connect_updates(void)
{
	struct sockaddr_in to = {
	    .sin_family = AF_INET, .sin_port = htons(o.port), .sin_addr = server};

	update_fd = udp_socket();
	if (connect(update_fd, (struct sockaddr *)&to, sizeof(to)) == -1)
		err(2, "socket");
}

int
main(int argc, char **argv)
{
	uint64_t start = now_us();
	char line[16];

	parse_options(argc, argv);
	argv += optind;
	o.port = (uint16_t)atoi(argv[1]);
	if (inet_pton(AF_INET, argv[0], &server) != 1 || name_parse(&zone, argv[2]) == -1)
		errx(2, "an address and a domain name are wanted");
	parse_key(argv[3]);
	connect_updates();
	epoll_fd = epoll_create1(0);
	if (o.llqs > 0)
		llq_set_up();
	if (o.pushes > 0)
		push_set_up();
	printf("%u long-lived queries, %u push connections in %.1f s\n", o.llqs, o.pushes,
	    (double)(now_us() - start) / 1e6);
	if (o.wait) {
		puts("ready");
		fflush(stdout);
		if (fgets(line, sizeof(line), stdin) == NULL)
			return 1;
	}
	for (uint32_t u = 0; u < o.updates; u++)
		change_and_listen(u % o.hosts, (clock_jitter(1 << 8) << 16 | u) + 1);
	llq_end_all();
	print(&to_ack);
	print(&to_event);
	print(&after_ack);
	print(&to_last);
	return 0;
}
