/*
 * one_port: what it costs to tell IKE from ESP on the UDP port both share.  In one thread, over the
 * loopback interface: datagrams are sent, which puts them into the receiver's queue, and received;
 * the thread's processor time for each is printed, send and receive together, the median of
 * ROUNDS, in which the ways take turns:
 *
 *	bare	one socket, nobody looks: what it would be without IKE
 *	look	one socket, its reader looks at the first four octets of each datagram (io_in.c)
 *	bpf	two sockets (SO_REUSEPORT), a classic BPF program in the kernel looks
 *
 * Then trains whose last datagram is IKE, as UDP_GRO merges them: how many of those the two sockets
 * did not keep apart.
 */
#include "base/log.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif
#ifndef UDP_GRO
#define UDP_GRO 104
#endif

#define ROUNDS 31
#define SENDS 2000 /* in each */
#define TRAIN 44
#define LARGE 1400
#define SMALL 100
#define TRAINS 1000 /* with IKE at the end */

enum way { BARE, LOOK, BPF, WAYS };

static const char *const names[WAYS] = {"bare", "look", "bpf"};

static struct port {
	int esp, ike; /* the same but for BPF */
	int from; /* who sends to it */
} port[WAYS];

static uint8_t out[TRAIN * LARGE], in[65536];
static unsigned ike_seen;

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void
set(int fd, int level, int option, int value)
{
	if (setsockopt(fd, level, option, &value, sizeof(value)) == -1)
		fatal("socket option %d", option);
}

static int
bound(struct sockaddr_in *at, int shared)
{
	socklen_t len = sizeof(*at);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd == -1)
		fatal("socket");
	set(fd, SOL_SOCKET, SO_REUSEPORT, shared);
	set(fd, SOL_SOCKET, SO_RCVBUF, 4 << 20);
	set(fd, IPPROTO_UDP, UDP_GRO, 1);
	if (bind(fd, (struct sockaddr *)at, sizeof(*at)) == -1 ||
	    getsockname(fd, (struct sockaddr *)at, &len) == -1)
		fatal("bind");
	return fd;
}

/* The non-ESP marker, and what is shorter, to socket 0; all else to socket 1. */
static void
select_by_marker(int fd)
{
	struct sock_filter code[] = {
	    BPF_STMT(BPF_LD | BPF_W | BPF_LEN, 0),
	    BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 4, 0, 3),
	    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 0),
	    BPF_STMT(BPF_RET | BPF_K, 1),
	    BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_fprog program = {sizeof(code) / sizeof(code[0]), code};

	if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &program, sizeof(program)) == -1)
		fatal("SO_ATTACH_REUSEPORT_CBPF");
}

static void
open_port(enum way way)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct port *p = &port[way];

	p->ike = p->esp = bound(&at, way == BPF);
	if (way == BPF) {
		p->esp = bound(&at, 1);
		select_by_marker(p->ike);
	}
	p->from = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (p->from == -1 || connect(p->from, (struct sockaddr *)&at, sizeof(at)) == -1)
		fatal("connect");
}

static void
send_train(const struct port *p, size_t len, uint16_t segment)
{
	union {
		struct cmsghdr align;
		uint8_t room[CMSG_SPACE(sizeof(segment))];
	} control = {.room = {0}};
	struct iovec piece = {out, len};
	struct msghdr m = {.msg_iov = &piece, .msg_iovlen = 1};

	if (len > segment) {
		m.msg_control = &control;
		m.msg_controllen = sizeof(control);
		control.align.cmsg_level = IPPROTO_UDP;
		control.align.cmsg_type = UDP_SEGMENT;
		control.align.cmsg_len = CMSG_LEN(sizeof(segment));
		memcpy(CMSG_DATA(&control.align), &segment, sizeof(segment));
	}
	if (sendmsg(p->from, &m, 0) == -1)
		fatal("sendmsg");
}

static void
look(const uint8_t *data, size_t len, size_t segment)
{
	for (size_t at = 0; at + 4 <= len; at += segment)
		if (memcmp(data + at, "\0\0\0\0", 4) == 0)
			ike_seen++;
}

/* Octets, or 0 when there is nothing. */
static size_t
receive(int fd, int looks, size_t segment)
{
	ssize_t n = recv(fd, in, sizeof(in), MSG_DONTWAIT);

	if (n == -1 && errno != EAGAIN)
		fatal("recv");
	if (n <= 0)
		return 0;
	if (looks)
		look(in, (size_t)n, segment);
	return (size_t)n;
}

/* Nanoseconds of a datagram. */
static double
measure(enum way way, size_t segment, unsigned datagrams)
{
	size_t len = segment * datagrams, got = 0;
	double began = now();

	for (unsigned i = 0; i < SENDS; i++) {
		send_train(&port[way], len, (uint16_t)segment);
		for (size_t n = 0, more; n < len; n += more, got += more)
			if ((more = receive(port[way].esp, way == LOOK, segment)) == 0)
				fatalx("%s: a datagram did not come", names[way]);
	}
	if (got != SENDS * len || ike_seen != 0)
		fatalx("%s: not what was sent", names[way]);
	return (now() - began) / SENDS / datagrams;
}

static int
compare(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static void
compare_ways(size_t segment, unsigned datagrams)
{
	static double ns[WAYS][ROUNDS];

	for (unsigned round = 0; round < ROUNDS; round++)
		for (unsigned i = 0; i < WAYS; i++) {
			enum way way = (enum way)((round + i) % WAYS);

			ns[way][round] = measure(way, segment, datagrams);
		}
	for (unsigned way = 0; way < WAYS; way++) {
		qsort(ns[way], ROUNDS, sizeof(ns[way][0]), compare);
		printf("%u of %zu octets\t%s\t%.2f ns (%.2f to %.2f)\n", datagrams, segment,
		    names[way], ns[way][ROUNDS / 2], ns[way][ROUNDS / 4], ns[way][ROUNDS * 3 / 4]);
	}
}

/* IKE behind ESP of the same peer, merged. */
static void
merged(void)
{
	unsigned kept = 0;

	memset(out + 5 * LARGE, 0, 4);
	for (unsigned i = 0; i < TRAINS; i++) {
		send_train(&port[BPF], 5 * LARGE + SMALL, LARGE);
		while (receive(port[BPF].esp, 1, LARGE) > 0)
			;
		while (receive(port[BPF].ike, 0, LARGE) > 0)
			kept++;
	}
	printf("IKE merged behind ESP: %u of %d at ESP's socket, %u at IKE's\n", ike_seen, TRAINS,
	    kept);
}

int
main(void)
{
	log_init("one_port", 0);
	memset(out, 0xc5, sizeof(out));
	for (unsigned way = 0; way < WAYS; way++)
		open_port((enum way)way);
	compare_ways(LARGE, TRAIN);
	compare_ways(SMALL, 1);
	merged();
	return 0;
}
