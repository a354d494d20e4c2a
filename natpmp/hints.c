#include "natpmp/hints.h"

#include "base/log.h"
#include "loop/loop.h"
#include "natpmp/pcp.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/*
 * Only what was sent to the groups counts, no unicast (RFC 6886 section 3.2.1): the IPv4 socket is
 * bound to its group; a bind to ff02::1 would need a link, so the IPv6 socket looks at where each
 * packet was sent to.  Every host is a member of "all hosts" and "all nodes" on all of its links,
 * so none has to be joined as links come and go.
 */

#define HINT_PORT 5350
#define PACKETS_AT_ONCE 32

struct hints {
	int fd[2];
	struct loop_fd *watch[2];
	void (*heard)(void *ctx, const struct endpoint *router, uint32_t ifindex);
	void *ctx;
};

static int
open_socket(const struct endpoint *at)
{
	int family = at->family == 4 ? AF_INET : AF_INET6, on = 1;
	int fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_storage ss;
	socklen_t len = endpoint_to_sockaddr(at, &ss);

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (family == AF_INET)
		setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof on);
	else if (setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) == 0)
		setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof on);
	if (bind(fd, (struct sockaddr *)&ss, len) == 0)
		return fd;
	log_debug("no announcements on port %u: %s", HINT_PORT, strerror(errno));
	close(fd);
	return -1;
}

/* The link it came by; 0 where it was not sent to the group, or nobody can tell. */
static uint32_t
link_of(struct msghdr *h)
{
	struct in6_pktinfo info6;
	struct in_pktinfo info4;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(h); c != NULL; c = CMSG_NXTHDR(h, c)) {
		if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
			memcpy(&info4, CMSG_DATA(c), sizeof info4);
			return (uint32_t)info4.ipi_ifindex;
		}
		if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
			memcpy(&info6, CMSG_DATA(c), sizeof info6);
			return IN6_IS_ADDR_MULTICAST(&info6.ipi6_addr) ? info6.ipi6_ifindex : 0;
		}
	}
	return 0;
}

/* 1 = one more was taken from the socket. */
static int
take_one(struct hints *h, int fd)
{
	struct sockaddr_storage from;
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(sizeof(struct in6_pktinfo)) + 64];
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
	uint32_t ifindex;

	if (recvmsg(fd, &m, 0) < 0)
		return 0;
	ifindex = link_of(&m);
	if (endpoint_from_sockaddr((struct sockaddr *)&from, &router) == 0 &&
	    router.port == PCP_PORT && ifindex != 0)
		h->heard(h->ctx, &router, ifindex);
	return 1;
}

static void
on_readable(struct hints *h, int fd)
{
	for (int i = 0; i < PACKETS_AT_ONCE && take_one(h, fd); i++)
		;
}

static void
on_group4(void *ctx, int ready)
{
	struct hints *h = ctx;

	on_readable(h, h->fd[0]);
}

static void
on_group6(void *ctx, int ready)
{
	struct hints *h = ctx;

	on_readable(h, h->fd[1]);
}

struct hints *
hints_new(struct loop *l, void (*heard)(void *ctx, const struct endpoint *router, uint32_t ifindex),
    void *ctx)
{
	static const struct endpoint places[2] = {
	    {.family = 4, .port = HINT_PORT, .addr = {224, 0, 0, 1}},
	    {.family = 6, .port = HINT_PORT}};
	static void (*const callbacks[2])(void *ctx, int ready) = {on_group4, on_group6};
	struct hints *h = calloc(1, sizeof *h);

	if (h == NULL)
		fatalx("out of memory");
	h->heard = heard;
	h->ctx = ctx;
	for (int i = 0; i < 2; i++) {
		h->fd[i] = open_socket(&places[i]);
		if (h->fd[i] != -1)
			h->watch[i] = loop_fd_new(l, h->fd[i], LOOP_READ, callbacks[i], h);
	}
	return h;
}

void
hints_free(struct hints *h)
{
	for (int i = 0; i < 2; i++) {
		if (h->watch[i] != NULL)
			loop_fd_free(h->watch[i]);
		if (h->fd[i] != -1)
			close(h->fd[i]);
	}
	free(h);
}
