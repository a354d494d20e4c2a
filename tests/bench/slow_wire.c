/*
 * slow_wire MICROSECONDS NAME NAME: two TAP devices joined by a wire of that length: a frame that
 * one is sent leaves the other so much later.  Until killed.  For a lab, where the kernel has no
 * netem: samelan.sh.
 */
#include "base/log.h"

#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#define FRAMES 512 /* under way, in each direction */
#define FRAME_MAX 2048

struct frame {
	uint64_t due_ns;
	size_t len;
	uint8_t data[FRAME_MAX];
};

struct way {
	int from, to;
	unsigned first, count;
	struct frame frame[FRAMES];
};

static struct way ways[2];
static uint64_t delay_ns;

static uint64_t
now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static int
open_tap(const char *name)
{
	struct ifreq request = {.ifr_flags = IFF_TAP | IFF_NO_PI};
	int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);

	snprintf(request.ifr_name, sizeof request.ifr_name, "%s", name);
	if (fd == -1 || ioctl(fd, TUNSETIFF, &request) == -1)
		fatal("TAP device %s", name);
	return fd;
}

/* What came in; where the wire is full it is lost. */
static void
take(struct way *w)
{
	static uint8_t lost[FRAME_MAX];

	for (;;) {
		struct frame *f = &w->frame[(w->first + w->count) % FRAMES];
		ssize_t n = read(w->from, w->count < FRAMES ? f->data : lost, FRAME_MAX);

		if (n <= 0)
			return;
		if (w->count == FRAMES)
			continue;
		f->len = (size_t)n;
		f->due_ns = now_ns() + delay_ns;
		w->count++;
	}
}

/* What is due; nanoseconds until the next is, UINT64_MAX when there is none. */
static uint64_t
deliver(struct way *w)
{
	for (uint64_t now = now_ns(); w->count > 0; w->count--) {
		struct frame *f = &w->frame[w->first];

		if (f->due_ns > now)
			return f->due_ns - now;
		if (write(w->to, f->data, f->len) == -1)
			log_debug("a frame is lost");
		w->first = (w->first + 1) % FRAMES;
	}
	return UINT64_MAX;
}

int
main(int argc, char **argv)
{
	struct pollfd fds[2] = {{.events = POLLIN}, {.events = POLLIN}};

	log_init("slow_wire", 0);
	if (argc != 4)
		fatalx("usage: slow_wire MICROSECONDS NAME NAME");
	delay_ns = strtoull(argv[1], NULL, 10) * 1000;
	fds[0].fd = ways[0].from = ways[1].to = open_tap(argv[2]);
	fds[1].fd = ways[1].from = ways[0].to = open_tap(argv[3]);
	prctl(PR_SET_TIMERSLACK, 1);
	for (;;) {
		uint64_t a = deliver(&ways[0]), b = deliver(&ways[1]), wait = a < b ? a : b;
		struct timespec t = {(time_t)(wait / 1000000000), (long)(wait % 1000000000)};

		ppoll(fds, 2, wait == UINT64_MAX ? NULL : &t, NULL);
		take(&ways[0]);
		take(&ways[1]);
	}
}
