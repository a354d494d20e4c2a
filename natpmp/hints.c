#include "natpmp/hints.h"

#include "base/log.h"
#include "loop/loop.h"
#include "natpmp/pcp.h"
#include "natpmp/ssdp.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/*
 * The sockets are bound to the groups, not to the wildcard address, so that no unicast packet
 * arrives (RFC 6886 section 3.2.1).  Every host is a member of "all hosts" and "all nodes" on all
 * of its links, so none has to be joined; but ff02::1 can be bound to on one link at a time only.
 */

#define HINT_PORT 5350
#define PACKETS_AT_ONCE 32
#define EARS_MAX 8

struct ear {
	struct hints *hints;
	uint32_t ifindex; /* IPv6; IPv4: 0 */
	int fd;
	struct loop_fd *watch;
};

#define ALIVE_PORT 1900
#define ALIVE_LINKS_MAX 8

struct hints {
	struct loop *loop;
	int alive_fd; /* UPnP's; -1 = not listening */
	struct loop_fd *alive_watch;
	unsigned alive_links;
	struct endpoint alive_link[ALIVE_LINKS_MAX]; /* joined there */
	unsigned count;
	struct ear ear[EARS_MAX];
	hints_heard heard;
	void *ctx;
};

static int
bind_group(int fd, unsigned family, uint32_t ifindex)
{
	static const struct endpoint groups[2] = {
	    {.family = 4, .port = HINT_PORT, .addr = {224, 0, 0, 1}},
	    {.family = 6, .port = HINT_PORT, .addr = {0xff, 0x02, [15] = 1}}};
	struct sockaddr_storage ss;
	socklen_t len = endpoint_to_sockaddr(&groups[family == 6], &ss);
	int on = 1;

	if (family == 6)
		((struct sockaddr_in6 *)&ss)->sin6_scope_id = ifindex;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (family == 4)
		setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof on);
	return bind(fd, (struct sockaddr *)&ss, len);
}

static int
open_group(unsigned family, uint32_t ifindex)
{
	int fd =
	    socket(family == 4 ? AF_INET : AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0 || bind_group(fd, family, ifindex) == 0)
		return fd;
	log_debug("no announcements on port %u: %s", HINT_PORT, strerror(errno));
	close(fd);
	return -1;
}

static uint32_t
link_of(struct msghdr *h, uint32_t otherwise)
{
	struct in_pktinfo info;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(h); c != NULL; c = CMSG_NXTHDR(h, c)) {
		if (c->cmsg_level != IPPROTO_IP || c->cmsg_type != IP_PKTINFO)
			continue;
		memcpy(&info, CMSG_DATA(c), sizeof info);
		return (uint32_t)info.ipi_ifindex;
	}
	return otherwise;
}

/* 1 = one more was taken from the socket. */
static int
take_one(const struct ear *e)
{
	struct sockaddr_storage from;
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(sizeof(struct in_pktinfo))];
	} control;
	char data[4];
	struct iovec iov = {data, sizeof data};
	struct msghdr m = {.msg_name = &from,
	    .msg_namelen = sizeof from,
	    .msg_iov = &iov,
	    .msg_iovlen = 1,
	    .msg_control = &control,
	    .msg_controllen = sizeof control};
	struct endpoint router;

	if (recvmsg(e->fd, &m, 0) < 0)
		return 0;
	if (endpoint_from_sockaddr((struct sockaddr *)&from, &router) == 0 &&
	    router.port == PCP_PORT)
		e->hints->heard(e->hints->ctx, &router, link_of(&m, e->ifindex), 0);
	return 1;
}

static void
on_readable(void *ctx, int ready)
{
	const struct ear *e = ctx;

	for (int i = 0; i < PACKETS_AT_ONCE && take_one(e); i++)
		;
}

struct hints *
hints_new(struct loop *l, hints_heard heard, void *ctx)
{
	struct hints *h = calloc(1, sizeof *h);

	if (h == NULL)
		fatalx("out of memory");
	h->loop = l;
	h->alive_fd = -1;
	h->heard = heard;
	h->ctx = ctx;
	return h;
}

static void
close_ear(struct ear *e)
{
	loop_fd_free(e->watch);
	close(e->fd);
}

/* Links come and go: an old one of them gives way. */
static struct ear *
free_ear(struct hints *h)
{
	struct ear *old = &h->ear[h->ear[0].ifindex == 0];

	if (h->count == EARS_MAX) {
		close_ear(old);
		*old = h->ear[--h->count];
		loop_fd_free(old->watch);
		old->watch = loop_fd_new(h->loop, old->fd, LOOP_READ, on_readable, old);
	}
	return &h->ear[h->count];
}

void
hints_listen(struct hints *h, unsigned family, uint32_t ifindex)
{
	struct ear *e;

	if (family == 4)
		ifindex = 0;
	else if (ifindex == 0)
		return;
	for (unsigned i = 0; i < h->count; i++)
		if (h->ear[i].ifindex == ifindex)
			return;
	e = free_ear(h);
	e->fd = open_group(family, ifindex);
	if (e->fd == -1)
		return;
	e->hints = h;
	e->ifindex = ifindex;
	e->watch = loop_fd_new(h->loop, e->fd, LOOP_READ, on_readable, e);
	h->count++;
}

/* ---- UPnP ---- */

static int
take_alive(struct hints *h)
{
	struct sockaddr_storage from;
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(sizeof(struct in_pktinfo))];
	} control;
	char data[1500];
	struct iovec iov = {data, sizeof data};
	struct msghdr m = {.msg_name = &from,
	    .msg_namelen = sizeof from,
	    .msg_iov = &iov,
	    .msg_iovlen = 1,
	    .msg_control = &control,
	    .msg_controllen = sizeof control};
	ssize_t n = recvmsg(h->alive_fd, &m, 0);
	struct endpoint router;
	uint32_t tag;

	if (n < 0)
		return 0;
	if (endpoint_from_sockaddr((struct sockaddr *)&from, &router) == 0 &&
	    ssdp_alive(data, (size_t)n, &tag) == 0)
		h->heard(h->ctx, &router, link_of(&m, 0), tag);
	return 1;
}

static void
on_alive(void *ctx, int ready)
{
	struct hints *h = ctx;

	for (int i = 0; i < PACKETS_AT_ONCE && take_alive(h); i++)
		;
}

static int
open_alive(struct hints *h)
{
	static const struct endpoint group = {
	    .family = 4, .port = ALIVE_PORT, .addr = {239, 255, 255, 250}};
	struct sockaddr_storage ss;
	socklen_t len = endpoint_to_sockaddr(&group, &ss);
	int fd, on = 1;

	if (h->alive_fd != -1)
		return 0;
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof on);
	if (bind(fd, (struct sockaddr *)&ss, len) != 0) {
		log_debug("no announcements on port %u: %s", ALIVE_PORT, strerror(errno));
		close(fd);
		return -1;
	}
	h->alive_fd = fd;
	h->alive_watch = loop_fd_new(h->loop, fd, LOOP_READ, on_alive, h);
	return 0;
}

/* A membership that went with its address is not missed: the next address is another one. */
void
hints_listen_upnp(struct hints *h, const struct endpoint *local)
{
	struct ip_mreqn join = {.imr_multiaddr.s_addr = htonl(0xeffffffa)};

	for (unsigned i = 0; i < h->alive_links; i++)
		if (endpoint_same_addr(&h->alive_link[i], local))
			return;
	if (local->family != 4 || h->alive_links == ALIVE_LINKS_MAX || open_alive(h) != 0)
		return;
	memcpy(&join.imr_address, local->addr, 4);
	if (setsockopt(h->alive_fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &join, sizeof join) == 0)
		h->alive_link[h->alive_links++] = *local;
}

void
hints_free(struct hints *h)
{
	for (unsigned i = 0; i < h->count; i++)
		close_ear(&h->ear[i]);
	if (h->alive_fd != -1) {
		loop_fd_free(h->alive_watch);
		close(h->alive_fd);
	}
	free(h);
}
