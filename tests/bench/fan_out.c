/*
 * fan_out CONNECTIONS ROUNDS: what telling so many TCP connections of one change costs when nothing
 * else is done: no TLS, no name server, one send() of OCTETS each.  A child holds the other ends.
 * Prints, as dnsd_watch does, how long until the last one was heard.  For subscribers.sh.
 */
#include "base/clock.h"
#include "base/log.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define OCTETS 110 /* a PUSH of one address in its TLS record */
#define EVENTS 256
#define PAUSE_US 200000 /* between two rounds */

static void
must(int ok, const char *what)
{
	if (!ok)
		fatal("%s", what);
}

static void
connect_one(const struct sockaddr_in *to, int epoll)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	struct epoll_event e = {.events = EPOLLIN, .data.fd = fd};

	must(fd != -1, "socket");
	must(connect(fd, (const struct sockaddr *)to, sizeof *to) == 0, "connect");
	must(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &e) == 0, "epoll_ctl");
}

/* Until each of count connections has been heard once. */
static void
hear_all(int epoll, unsigned count)
{
	struct epoll_event ready[EVENTS];
	uint8_t data[2 * OCTETS];

	while (count > 0) {
		int n = epoll_wait(epoll, ready, EVENTS, -1);

		must(n != -1, "epoll_wait");
		for (int i = 0; i < n; i++, count--)
			must(read(ready[i].data.fd, data, sizeof data) == OCTETS, "read");
	}
}

/* The child: connect, then say by the pipe when it has heard all of a round. */
static void
hear(const struct sockaddr_in *to, unsigned count, unsigned rounds, int tell)
{
	int epoll = epoll_create1(0);
	uint64_t at;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	must(epoll != -1, "epoll_create1");
	for (unsigned i = 0; i < count; i++)
		connect_one(to, epoll);
	for (unsigned i = 0; i < rounds; i++) {
		hear_all(epoll, count);
		at = clock_boot_us();
		must(write(tell, &at, sizeof at) == sizeof at, "write");
	}
	_exit(0);
}

static int
listen_at(struct sockaddr_in *a)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	socklen_t len = sizeof *a;

	*a =
	    (struct sockaddr_in) {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	must(fd != -1 && bind(fd, (struct sockaddr *)a, len) == 0 && listen(fd, SOMAXCONN) == 0 &&
		getsockname(fd, (struct sockaddr *)a, &len) == 0,
	    "listen");
	return fd;
}

static int
accept_one(int listener)
{
	int fd = accept(listener, NULL, NULL), on = 1;

	must(fd != -1, "accept");
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	return fd;
}

/* Microseconds from the first send() until the last was heard. */
static uint64_t
tell_all(const int *fd, unsigned count, int heard)
{
	static const uint8_t message[OCTETS];
	uint64_t begun, at;

	usleep(PAUSE_US);
	begun = clock_boot_us();
	for (unsigned i = 0; i < count; i++)
		must(send(fd[i], message, sizeof message, MSG_NOSIGNAL) == OCTETS, "send");
	must(read(heard, &at, sizeof at) == sizeof at, "read");
	return at - begun;
}

static int
compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static void
print(uint64_t *us, unsigned rounds)
{
	qsort(us, rounds, sizeof *us, compare);
	printf("send to last heard: %u p50 %ju p99 %ju max %ju us\n", rounds, us[rounds / 2],
	    us[(rounds * 99 + 99) / 100 - 1], us[rounds - 1]);
}

int
main(int argc, char **argv)
{
	unsigned count = argc == 3 ? (unsigned)atoi(argv[1]) : 0;
	unsigned rounds = argc == 3 ? (unsigned)atoi(argv[2]) : 0;
	int *fd = calloc(count + 1, sizeof *fd), heard[2], listener;
	uint64_t *us = calloc(rounds + 1, sizeof *us);
	struct sockaddr_in a;

	if (count == 0 || rounds == 0)
		fatalx("usage: fan_out CONNECTIONS ROUNDS");
	must(fd != NULL && us != NULL && pipe(heard) == 0, "pipe");
	listener = listen_at(&a);
	if (fork() == 0)
		hear(&a, count, rounds, heard[1]);
	for (unsigned i = 0; i < count; i++)
		fd[i] = accept_one(listener);
	for (unsigned i = 0; i < rounds; i++)
		us[i] = tell_all(fd, count, heard[0]);
	print(us, rounds);
	return 0;
}
