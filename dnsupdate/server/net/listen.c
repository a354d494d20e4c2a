#include "dnsupdate/server/net/listen.h"

#include "base/clock.h"
#include "base/log.h"
#include "dnsupdate/server/limits.h"
#include "dnsupdate/server/net/secure.h"
#include "dnsupdate/server/server.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ROUNDS 4 /* batches from one socket before the others get their turn */
#define ACCEPTS 32
#define BACKLOG 512
#define TLS_PORT 853 /* RFC 7858 section 3.1: nothing else is spoken here */
#define SOCKET_BUFFER (4 * 1024 * 1024)

struct listener {
	struct listeners *all;
	int fd;
	struct loop_fd *watch;
	unsigned number;
	int family;
	uint8_t is_stream;
	uint8_t is_tls;
	uint8_t is_any; /* bound to no address of its own: replies must say from which to go */
};

union control {
	struct cmsghdr header;
	uint8_t room[CMSG_SPACE(sizeof(struct in6_pktinfo)) + CMSG_SPACE(sizeof(int))];
};

/* Packets of a batch: what belongs to each, side by side. */
struct packets {
	struct mmsghdr message[LIMIT_BATCH];
	struct iovec vec[LIMIT_BATCH];
	union socket_address address[LIMIT_BATCH];
	union control control[LIMIT_BATCH];
};

struct listeners {
	struct loop *loop;
	struct server *server;
	struct conns *conns;
	struct secure *secure; /* NULL: no TLS */
	struct listener *listener[LIMIT_LISTENERS];
	size_t count;
	struct packets in, out;
	size_t out_count;
	const struct listener *out_to; /* whose socket they go to */
	struct request request;
	uint8_t (*in_data)[LIMIT_UDP_REQUEST];
	uint8_t (*out_data)[LIMIT_UDP_REPLY];
};

static void *
must(void *p)
{
	if (p == NULL)
		fatalx("out of memory");
	return p;
}

/* ---- IPv4 on a socket for IPv6, as systemd opens them ---- */

/* Everybody else sees an IPv4 address, by which networks are told apart; Linux sends to one through
 * such a socket, too. */
static void
unmap(union socket_address *a)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = a->in6.sin6_port};

	if (a->sa.sa_family != AF_INET6 || !IN6_IS_ADDR_V4MAPPED(&a->in6.sin6_addr))
		return;
	memcpy(&in.sin_addr, a->in6.sin6_addr.s6_addr + 12, 4);
	a->in = in;
}

/* ---- UDP out ---- */

void
listeners_flush(struct listeners *ls)
{
	size_t done = 0;

	while (done < ls->out_count) {
		int n = sendmmsg(ls->out_to->fd, ls->out.message + done,
		    (unsigned)(ls->out_count - done), MSG_DONTWAIT);

		/* one that cannot be sent (no route, a full buffer) is lost, as UDP is */
		done += n > 0 ? (size_t)n : 1;
	}
	ls->out_count = 0;
}

/* Send from the address that was asked. */
static void
put_source(struct msghdr *h, union control *c, const struct requester *to, int family)
{
	struct cmsghdr *m = &c->header;

	h->msg_control = c;
	if (family == AF_INET) {
		struct in_pktinfo info = {.ipi_ifindex = 0};

		memcpy(&info.ipi_spec_dst, &to->local, 4);
		h->msg_controllen = CMSG_SPACE(sizeof info);
		*m = (struct cmsghdr) {.cmsg_level = IPPROTO_IP,
		    .cmsg_type = IP_PKTINFO,
		    .cmsg_len = CMSG_LEN(sizeof info)};
		memcpy(CMSG_DATA(m), &info, sizeof info);
	} else {
		struct in6_pktinfo info = {.ipi6_addr = to->local};

		if (IN6_IS_ADDR_LINKLOCAL(&to->local))
			info.ipi6_ifindex = to->interface;
		h->msg_controllen = CMSG_SPACE(sizeof info);
		*m = (struct cmsghdr) {.cmsg_level = IPPROTO_IPV6,
		    .cmsg_type = IPV6_PKTINFO,
		    .cmsg_len = CMSG_LEN(sizeof info)};
		memcpy(CMSG_DATA(m), &info, sizeof info);
	}
}

/* The next packet to be sent through l; data stands at its place already when it is NULL. */
static void
put_packet(struct listeners *ls, const struct listener *l, const struct requester *to, size_t len)
{
	size_t i = ls->out_count++;
	struct msghdr *h = &ls->out.message[i].msg_hdr;

	ls->out_to = l;
	ls->out.vec[i] = (struct iovec) {ls->out_data[i], len};
	ls->out.address[i] = to->from;
	*h = (struct msghdr) {.msg_name = &ls->out.address[i],
	    .msg_namelen =
		to->from.sa.sa_family == AF_INET ? sizeof to->from.in : sizeof to->from.in6,
	    .msg_iov = &ls->out.vec[i],
	    .msg_iovlen = 1};
	if (l->is_any)
		put_source(h, &ls->out.control[i], to, l->family);
}

/* A place for a reply of l's. */
static uint8_t *
next_place(struct listeners *ls, const struct listener *l)
{
	if (ls->out_count == LIMIT_BATCH || (ls->out_count > 0 && ls->out_to != l))
		listeners_flush(ls);
	return ls->out_data[ls->out_count];
}

void
listeners_send(struct listeners *ls, const struct requester *to, const void *data, size_t len)
{
	const struct listener *l;

	if (to->transport != TRANSPORT_UDP) {
		conn_reply(to->conn, data, len);
		return;
	}
	l = ls->listener[to->socket];
	if (len == 0 || len > LIMIT_UDP_REPLY)
		return;
	memcpy(next_place(ls, l), data, len);
	put_packet(ls, l, to, len);
}

/* ---- UDP in ---- */

static void
take_destination(struct msghdr *h, struct requester *from)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(h); c != NULL; c = CMSG_NXTHDR(h, c)) {
		if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
			struct in_pktinfo info;

			memcpy(&info, CMSG_DATA(c), sizeof info);
			memcpy(&from->local, &info.ipi_addr, 4);
			from->interface = (unsigned)info.ipi_ifindex;
		} else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
			struct in6_pktinfo info;

			memcpy(&info, CMSG_DATA(c), sizeof info);
			from->local = info.ipi6_addr;
			from->interface = (unsigned)info.ipi6_ifindex;
		}
	}
}

static void
handle_packet(struct listeners *ls, struct listener *l, size_t i)
{
	struct mmsghdr *in = &ls->in.message[i];
	struct request *r = &ls->request;

	if ((in->msg_hdr.msg_flags & MSG_TRUNC) != 0) {
		ls->server->stats.malformed++;
		return;
	}
	r->from = (struct requester) {
	    .transport = TRANSPORT_UDP, .socket = l->number, .from = ls->in.address[i]};
	unmap(&r->from.from);
	if (l->is_any)
		take_destination(&in->msg_hdr, &r->from);
	r->data = ls->in_data[i];
	r->len = in->msg_len;
	r->reply = buf_writer(next_place(ls, l), LIMIT_UDP_REPLY);
	if (request_handle(ls->server, r) == REQUEST_REPLY)
		put_packet(ls, l, &r->from, r->reply.pos);
}

static int
receive(struct listeners *ls, struct listener *l)
{
	for (size_t i = 0; i < LIMIT_BATCH; i++) {
		struct msghdr *h = &ls->in.message[i].msg_hdr;

		h->msg_namelen = sizeof ls->in.address[i];
		h->msg_control = l->is_any ? &ls->in.control[i] : NULL;
		h->msg_controllen = l->is_any ? sizeof ls->in.control[i] : 0;
	}
	return recvmmsg(l->fd, ls->in.message, LIMIT_BATCH, MSG_DONTWAIT, NULL);
}

static void
on_packets(void *ctx, int ready)
{
	struct listener *l = ctx;
	struct listeners *ls = l->all;
	int n = LIMIT_BATCH;

	for (int round = 0; round < ROUNDS && n == LIMIT_BATCH; round++) {
		n = receive(ls, l);
		ls->request.now_sec = clock_wall_sec();
		ls->request.now_ms = clock_boot_ms();
		for (int i = 0; i < n; i++)
			handle_packet(ls, l, (size_t)i);
		listeners_flush(ls);
	}
}

/* ---- TCP ---- */

static void
on_connection(void *ctx, int ready)
{
	struct listener *l = ctx;

	for (int i = 0; i < ACCEPTS; i++) {
		union socket_address from;
		socklen_t len = sizeof from;
		int fd = accept4(l->fd, &from.sa, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd == -1)
			return;
		unmap(&from);
		if (l->is_tls && l->all->secure == NULL)
			close(fd);
		else if (l->is_tls)
			secure_accept(l->all->secure, l->all->conns, fd, &from);
		else
			conn_new(l->all->conns, fd, TRANSPORT_TCP, &from, NULL, NULL);
	}
}

/* ---- opening ---- */

static int
is_any_address(const union socket_address *a)
{
	return a->sa.sa_family == AF_INET ? a->in.sin_addr.s_addr == INADDR_ANY
					  : IN6_IS_ADDR_UNSPECIFIED(&a->in6.sin6_addr);
}

static void
watch_udp(struct listener *l)
{
	int on = 1, size = SOCKET_BUFFER;

	/* beyond the system's limit only with privilege; what is granted will do */
	if (setsockopt(l->fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size) == -1)
		setsockopt(l->fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
	if (setsockopt(l->fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof size) == -1)
		setsockopt(l->fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
	if (l->is_any && l->family == AF_INET)
		setsockopt(l->fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof on);
	if (l->is_any && l->family == AF_INET6)
		setsockopt(l->fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof on);
	l->watch = loop_fd_new(l->all->loop, l->fd, LOOP_READ, on_packets, l);
}

int
listeners_adopt(struct listeners *ls, int fd)
{
	union socket_address at;
	socklen_t len = sizeof at, type_len = sizeof(int);
	struct listener *l;
	int type = 0;

	if (ls->count == LIMIT_LISTENERS || getsockname(fd, &at.sa, &len) == -1 ||
	    getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &type_len) == -1 ||
	    (at.sa.sa_family != AF_INET && at.sa.sa_family != AF_INET6) ||
	    (type != SOCK_DGRAM && type != SOCK_STREAM))
		return -1;
	/* systemd passes sockets that block, and a call that blocks stops the whole server */
	if (fcntl(fd, F_SETFL, O_NONBLOCK) == -1)
		return -1;
	l = must(calloc(1, sizeof *l));
	*l = (struct listener) {.all = ls,
	    .fd = fd,
	    .number = (unsigned)ls->count,
	    .family = at.sa.sa_family,
	    .is_stream = type == SOCK_STREAM,
	    .is_tls = type == SOCK_STREAM && ntohs(at.in.sin_port) == TLS_PORT,
	    .is_any = (uint8_t)is_any_address(&at)};
	ls->listener[ls->count++] = l;
	if (l->is_stream)
		l->watch = loop_fd_new(ls->loop, fd, LOOP_READ, on_connection, l);
	else
		watch_udp(l);
	return (int)l->number;
}

static int
open_socket(const struct endpoint *at, int type)
{
	struct sockaddr_storage sa;
	socklen_t len = endpoint_to_sockaddr(at, &sa);
	int fd = socket(sa.ss_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int on = 1;

	if (fd == -1)
		return -1;
	if (sa.ss_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
	if (type == SOCK_STREAM)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (bind(fd, (struct sockaddr *)&sa, len) == -1 ||
	    (type == SOCK_STREAM && listen(fd, BACKLOG) == -1)) {
		int error = errno;

		close(fd);
		errno = error;
		return -1;
	}
	return fd;
}

int
listeners_open(struct listeners *ls, const struct endpoint *at)
{
	struct endpoint bound = *at;
	int udp = open_socket(at, SOCK_DGRAM), tcp, number;

	if (udp == -1 || (number = listeners_adopt(ls, udp)) == -1)
		return -1;
	listeners_address(ls, (unsigned)number, &bound);
	tcp = open_socket(&bound, SOCK_STREAM);
	return tcp == -1 || listeners_adopt(ls, tcp) == -1 ? -1 : 0;
}

int
listeners_have_tls(const struct listeners *ls)
{
	for (size_t i = 0; i < ls->count; i++)
		if (ls->listener[i]->is_tls)
			return 1;
	return 0;
}

void
listeners_set_secure(struct listeners *ls, struct secure *s)
{
	ls->secure = s;
}

int
listeners_open_tls(struct listeners *ls, const struct endpoint *at)
{
	int fd = open_socket(at, SOCK_STREAM), number;

	if (fd == -1 || (number = listeners_adopt(ls, fd)) == -1)
		return -1;
	ls->listener[number]->is_tls = 1;
	return 0;
}

void
listeners_refuse(struct listeners *ls)
{
	for (size_t i = 0; i < ls->count; i++)
		if (ls->listener[i]->is_stream)
			loop_fd_watch(ls->listener[i]->watch, 0);
}

size_t
listeners_count(const struct listeners *ls)
{
	return ls->count;
}

int
listeners_address(const struct listeners *ls, unsigned number, struct endpoint *out)
{
	union socket_address at;
	socklen_t len = sizeof at;

	if (number >= ls->count || getsockname(ls->listener[number]->fd, &at.sa, &len) == -1)
		return -1;
	return endpoint_from_sockaddr(&at.sa, out);
}

struct listeners *
listeners_new(struct loop *l, struct server *s, struct conns *conns)
{
	struct listeners *ls = must(calloc(1, sizeof *ls));

	ls->loop = l;
	ls->server = s;
	ls->conns = conns;
	ls->in_data = must(calloc(LIMIT_BATCH, sizeof ls->in_data[0]));
	ls->out_data = must(calloc(LIMIT_BATCH, sizeof ls->out_data[0]));
	for (size_t i = 0; i < LIMIT_BATCH; i++) {
		ls->in.vec[i] = (struct iovec) {ls->in_data[i], sizeof ls->in_data[i]};
		ls->in.message[i].msg_hdr = (struct msghdr) {
		    .msg_name = &ls->in.address[i], .msg_iov = &ls->in.vec[i], .msg_iovlen = 1};
	}
	return ls;
}

void
listeners_free(struct listeners *ls)
{
	if (ls == NULL)
		return;
	for (size_t i = 0; i < ls->count; i++) {
		loop_fd_free(ls->listener[i]->watch);
		close(ls->listener[i]->fd);
		free(ls->listener[i]);
	}
	free(ls->in_data);
	free(ls->out_data);
	free(ls);
}
