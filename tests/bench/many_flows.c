/*
 * many_flows send ADDRESS N SIZE SECONDS: UDP datagrams of SIZE octets, inner IPv6 header and all,
 * to port 9 of N addresses from ADDRESS on (the last 16 bits count), in turn, as fast as they are
 * taken. many_flows receive: take what comes to that port until SIGTERM; then print how many, and
 * how many addresses of ours they came to.  For a lab: many_sas.sh.
 */
#include "base/log.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define PORT 9
#define BATCH 64
#define HEADERS 48 /* IPv6 and UDP */
#define SIZE_MAX_IN 2048
#define ADDRESSES 65536

static struct mmsghdr msg[BATCH];
static struct iovec piece[BATCH];
static struct sockaddr_in6 to[BATCH];
static uint8_t room[BATCH][SIZE_MAX_IN];
static union {
	struct cmsghdr align;
	uint8_t room[CMSG_SPACE(sizeof(struct in6_pktinfo))];
} control[BATCH];

static uint64_t
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static void
send_all(int fd, const char *address, unsigned n, size_t size, unsigned seconds)
{
	uint64_t end = now_ms() + seconds * UINT64_C(1000);
	struct sockaddr_in6 first = {.sin6_family = AF_INET6, .sin6_port = htons(PORT)};
	unsigned next = 0;

	if (inet_pton(AF_INET6, address, &first.sin6_addr) != 1 || n == 0 || n > ADDRESSES ||
	    size < HEADERS || size > SIZE_MAX_IN)
		fatalx("address, number or size");
	for (size_t i = 0; i < BATCH; i++) {
		to[i] = first;
		piece[i] = (struct iovec) {room[i], size - HEADERS};
		msg[i].msg_hdr = (struct msghdr) {.msg_name = &to[i],
		    .msg_namelen = sizeof(to[i]),
		    .msg_iov = &piece[i],
		    .msg_iovlen = 1};
	}
	while (now_ms() < end) {
		for (size_t i = 0; i < BATCH; i++, next = (next + 1) % n) {
			to[i].sin6_addr.s6_addr[14] = (uint8_t)(next >> 8);
			to[i].sin6_addr.s6_addr[15] = (uint8_t)next;
		}
		if (sendmmsg(fd, msg, BATCH, 0) == -1 && errno != ENOBUFS && errno != EINTR)
			fatal("sendmmsg");
	}
}

static volatile sig_atomic_t ended;

static void
on_term(int signo)
{
	ended = 1;
}

static void
count(size_t i, uint8_t seen[ADDRESSES])
{
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg[i].msg_hdr);
	struct in6_pktinfo info;

	if (c == NULL || c->cmsg_type != IPV6_PKTINFO)
		fatalx("no address with a datagram");
	memcpy(&info, CMSG_DATA(c), sizeof(info));
	seen[info.ipi6_addr.s6_addr[14] << 8 | info.ipi6_addr.s6_addr[15]] = 1;
}

static void
receive_all(int fd)
{
	static uint8_t seen[ADDRESSES];
	struct sockaddr_in6 any = {.sin6_family = AF_INET6, .sin6_port = htons(PORT)};
	unsigned long long datagrams = 0;
	unsigned addresses = 0;
	int on = 1, size = 4 << 20;

	signal(SIGTERM, on_term);
	if (setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof(on)) == -1 ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size)) == -1 ||
	    bind(fd, (struct sockaddr *)&any, sizeof(any)) == -1)
		fatal("socket");
	while (!ended) {
		struct pollfd p = {.fd = fd, .events = POLLIN};
		int n;

		if (poll(&p, 1, 100) <= 0)
			continue;
		for (size_t i = 0; i < BATCH; i++) {
			piece[i] = (struct iovec) {room[i], SIZE_MAX_IN};
			msg[i].msg_hdr = (struct msghdr) {.msg_iov = &piece[i],
			    .msg_iovlen = 1,
			    .msg_control = &control[i],
			    .msg_controllen = sizeof(control[i])};
		}
		if ((n = recvmmsg(fd, msg, BATCH, MSG_DONTWAIT, NULL)) <= 0)
			continue;
		for (int i = 0; i < n; i++)
			count((size_t)i, seen);
		datagrams += (unsigned long long)n;
	}
	for (size_t i = 0; i < ADDRESSES; i++)
		addresses += seen[i];
	printf("%llu %u\n", datagrams, addresses);
}

int
main(int argc, char **argv)
{
	int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	log_init("many_flows", 0);
	if (fd == -1)
		fatal("socket");
	if (argc == 6 && strcmp(argv[1], "send") == 0)
		send_all(fd, argv[2], (unsigned)atoi(argv[3]), (size_t)atoi(argv[4]),
		    (unsigned)atoi(argv[5]));
	else if (argc == 2 && strcmp(argv[1], "receive") == 0)
		receive_all(fd);
	else
		fatalx("usage: many_flows send ADDRESS N SIZE SECONDS | receive");
	return 0;
}
