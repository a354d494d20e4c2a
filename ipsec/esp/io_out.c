/* The thread from the tunnel device to the sockets; also the one that keeps time. */
#include "base/clock.h"
#include "base/log.h"
#include "ipsec/esp/io.h"

#include <errno.h>
#include <poll.h>
#include <sys/prctl.h>
#include <unistd.h>

#define TICK_MAX_MS 60000 /* poll does not count sleep; lifetimes do */
#define TUN_RETRY_MS 1000 /* the device is down or gone */
#define SEND_WAIT_MS 100 /* for room in a socket's buffer */

static void
prepare(struct io_out *o)
{
	for (size_t i = 0; i < IO_BATCH; i++) {
		o->batch[i].data = o->room[i] + IO_FRONT;
		o->batch[i].len = 0;
	}
}

static void
run_add(struct io_run *run, const struct esp_packet *p)
{
	unsigned int i = run->n++;

	run->iov[i] = (struct iovec) {.iov_base = p->data, .iov_len = p->len};
	run->msg[i].msg_hdr = (struct msghdr) {
	    .msg_name = &run->to[i],
	    .msg_namelen = endpoint_to_sockaddr(&p->remote, &run->to[i]),
	    .msg_iov = &run->iov[i],
	    .msg_iovlen = 1,
	};
}

/* A full buffer is waited for a little, so that the device's queue fills instead; a packet that
 * the socket refuses (no route, for instance) is dropped alone. */
static void
run_send(struct io_run *run)
{
	unsigned int at = 0;

	while (run->fd != -1 && at < run->n) {
		int n = sendmmsg(run->fd, run->msg + at, run->n - at, MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n > 0) {
			at += (unsigned int)n;
		} else if (errno == EAGAIN) {
			struct pollfd p = {.fd = run->fd, .events = POLLOUT};

			if (poll(&p, 1, SEND_WAIT_MS) == 0)
				break;
		} else if (errno != EINTR) {
			at++;
		}
	}
	run->n = 0;
}

static void
send_batch(struct io_out *o, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (o->batch[i].len > 0)
			run_add(o->batch[i].remote.family == 6 ? &o->run6 : &o->run4, &o->batch[i]);
	run_send(&o->run4);
	run_send(&o->run6);
}

static void
send_held(struct esp_io *io)
{
	size_t n;

	do {
		prepare(io->out);
		n = esp_outbound_held(io->esp, io->out->batch, IO_BATCH, clock_boot_ms());
		send_batch(io->out, n);
	} while (n == IO_BATCH);
}

/* Read packets until there are no more or the batch is full.  Returns how many; *broken is set
 * when the device gave an error. */
static size_t
read_tun(struct esp_io *io, int *broken)
{
	struct io_out *o = io->out;
	size_t n = 0;

	*broken = 0;
	prepare(o);
	while (n < IO_BATCH) {
		/* One octet more than allowed, so that what is too big can be told. */
		ssize_t len = read(io->c.tun, o->batch[n].data, ESP_PACKET_MAX + 1);

		if (len > 0) {
			o->batch[n++].len = (size_t)len;
		} else if (len == 0 || errno != EINTR) {
			if (len == 0)
				errno = ENODEV;
			*broken = errno != EAGAIN;
			break;
		}
	}
	return n;
}

static void
handle(struct esp_io *io, size_t n)
{
	struct io_out *o = io->out;

	if (io->esp != NULL) {
		esp_outbound(io->esp, o->batch, n, clock_boot_ms());
		send_batch(o, n);
		return;
	}
	for (size_t i = 0; i < n && io->c.on_stray != NULL; i++)
		io->c.on_stray(io->c.ctx, o->batch[i].data, o->batch[i].len);
}

/* Let time pass in the data plane; how long to sleep at most. */
static int
tick(struct esp_io *io, int broken)
{
	uint64_t ms = io->esp != NULL ? esp_tick(io->esp, clock_boot_ms()) : UINT64_MAX;

	if (broken && ms > TUN_RETRY_MS)
		return TUN_RETRY_MS;
	if (ms == UINT64_MAX)
		return -1;
	return ms < TICK_MAX_MS ? (int)ms : TICK_MAX_MS;
}

/* Note, once for each time it happens, that the device fails. */
static void
report_tun(int was_broken, int broken)
{
	if (broken && !was_broken)
		log_warn("tunnel device: read");
	else if (was_broken && !broken)
		log_info("tunnel device: works again");
}

static void
clear(int eventfd)
{
	uint64_t count;

	if (read(eventfd, &count, sizeof(count)) == -1 && errno != EAGAIN)
		log_warn("eventfd: read");
}

void *
io_out_main(void *ctx)
{
	struct esp_io *io = ctx;
	int broken = 0, was;
	size_t n;

	prctl(PR_SET_NAME, "esp-out");
	for (;;) {
		struct pollfd p[3] = {
		    {.fd = broken ? -1 : io->c.tun, .events = POLLIN},
		    {.fd = io->wake, .events = POLLIN},
		    {.fd = io->stop, .events = POLLIN},
		};

		if (poll(p, 3, tick(io, broken)) == -1)
			continue;
		if (p[2].revents != 0)
			return NULL;
		if (p[1].revents != 0)
			clear(io->wake);
		if (io->esp != NULL)
			send_held(io);
		if (p[0].revents == 0 && !broken)
			continue;
		was = broken;
		n = read_tun(io, &broken);
		report_tun(was, broken);
		handle(io, n);
	}
}
