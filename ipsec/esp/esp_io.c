/*
 * Moving packets.  Two directions, each with its own buffers:
 *
 *	io_out.c   tun --read--> cut --esp_outbound--> sealed --trains--> udp4, udp6
 *	io_in.c    udp4, udp6 --recvmmsg--> datagrams --esp_inbound--> opened --merge--> tun
 *	                           `--> IKE datagrams: on_ike
 *
 * Bulk data moves in pieces of 60 kB from kernel to kernel, for one system call each: the device
 * hands over one large packet (TSO), which is cut into the arena and sealed in place there; one
 * send takes all its datagrams (UDP_SEGMENT), one receive brings them (UDP_GRO), and opened in
 * place they are written to the device as one large packet again (merge.h).  A call for each packet
 * costs ten times as much as its encryption.  What the kernel, the device or the path lacks is
 * found out at start or when it is refused, and done without: io_socket.c, io_tun.c.
 *
 * A thread sleeps in poll, takes what there is up to a limit, handles it, and sleeps again. Nothing
 * is queued between kernel and kernel: when the machine is too slow the device's queue and the
 * sockets' buffers overflow, as they would with a real network card, and memory stays as it is.
 *
 * A thread for each direction while there is much; while there is little, the in thread has both
 * and the other sleeps.  What is written to the device is often answered at once, by an echo or by
 * TCP's acknowledgements, and then goes out with no other thread to be woken.
 *
 * Order: one thread at a time reads the device and sends (the keeper), so packets leave in the
 * order they came.  Held packets are sent before new ones are read.  The keeper also keeps time
 * (esp_tick); whoever adds an SA with a lifetime wakes it with esp_io_release.
 *
 * One port for IKE and ESP, told apart here.  A second socket with SO_REUSEPORT and a BPF selector
 * would not do away with that: UDP_GRO merges an IKE datagram behind ESP ones of the same peer.  It
 * costs more, too (tests/bench/one_port.c).
 *
 * The threads end through the eventfd `stop`, which stays readable for ever.  Descriptors are the
 * caller's and are never closed here.  Sealed packets leave from the address the routing table
 * chooses, so that they follow a change of network at once; only IKE may want a certain source.
 *
 * The sockets send without "don't fragment": a path of IPv4 that carries less than our packets'
 * size fragments them and works, slowly, where a black hole for big packets would be the
 * alternative. Over IPv6 no router would: there the path is probed (probe.h), and what does not fit
 * is split before it is sealed (split.h).
 *
 * System calls, besides those of starting a thread: poll read write writev recvmmsg sendmmsg
 * sendmsg timerfd_settime prctl(PR_SET_NAME) futex; in esp_io_start eventfd2 timerfd_create
 * getsockname setsockopt getrandom.
 */
#include "ipsec/esp/esp_io.h"

#include "base/clock.h"
#include "base/log.h"
#include "crypto/mac.h"
#include "ipsec/esp/io.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define SEND_WAIT_MS 100

/* Both threads without signals: those are for the process' main thread. */
static int
start_threads(struct esp_io *io)
{
	sigset_t all, old;
	int rc;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	rc = pthread_create(&io->out_thread, NULL, io_out_main, io);
	if (rc == 0) {
		io->running = 1;
		rc = pthread_create(&io->in_thread, NULL, io_in_main, io);
	}
	if (rc == 0)
		io->running = 2;
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	errno = rc;
	return rc == 0 ? 0 : -1;
}

/* When it is known what the sockets can do. */
static void
set_up_offload(struct esp_io *io)
{
	unsigned int has = atomic_load(&io->offload);
	int tcp, udp;

	if ((has & ESP_IO_VNET) == 0)
		has &= ~(ESP_IO_USO | ESP_IO_MERGE);
	atomic_store(&io->offload, has);
	tcp = (has & ESP_IO_MERGE) != 0;
	udp = tcp && (has & ESP_IO_USO) != 0;
	merge_init(&io->in->merge, tcp, udp, io_tun_write_pieces, io);
	io->out->run4.fd = io->c.udp4;
	io->out->run6.fd = io->c.udp6;
	io->out->run4.family = AF_INET;
	io->out->run6.family = AF_INET6;
	io->out->run4.segment = io->out->run6.segment = (has & ESP_IO_SEGMENT) != 0;
}

struct esp_io *
esp_io_start(struct esp *e, const struct esp_io_config *config)
{
	struct esp_io *io = calloc(1, sizeof(*io));
	int saved;

	if (io == NULL)
		return NULL;
	io->esp = e;
	io->c = *config;
	atomic_init(&io->offload, config->offload);
	links_init(&io->links);
	atomic_init(&io->keeper, IO_IN);
	io->wake[IO_OUT] = io->wake[IO_IN] = io->stop = io->clock = -1;
	io->set_ms = UINT64_MAX;
	if ((io->out = calloc(1, sizeof(*io->out))) == NULL ||
	    (io->in = calloc(1, sizeof(*io->in))) == NULL ||
	    (io->wake[IO_OUT] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) == -1 ||
	    (io->wake[IO_IN] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) == -1 ||
	    (io->stop = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) == -1 ||
	    (io->clock = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK)) == -1 ||
	    io_socket_set_up(io, config->udp4, AF_INET, &io->port4) == -1 ||
	    io_socket_set_up(io, config->udp6, AF_INET6, &io->port6) == -1)
		goto fail;
	set_up_offload(io);
	crypto_random(&io->out->splits, sizeof(io->out->splits));
	if (start_threads(io) == -1)
		goto fail;
	return io;
fail:
	saved = errno;
	esp_io_free(io);
	errno = saved;
	return NULL;
}

unsigned int
esp_io_offload(const struct esp_io *io)
{
	return atomic_load(&io->offload);
}

static void
signal_event(int fd)
{
	uint64_t one = 1;

	if (write(fd, &one, sizeof(one)) == -1 && errno != EAGAIN)
		log_warn("eventfd: write");
}

void
esp_io_stop(struct esp_io *io)
{
	if (io->running == 0)
		return;
	signal_event(io->stop);
	pthread_join(io->out_thread, NULL);
	if (io->running == 2)
		pthread_join(io->in_thread, NULL);
	io->running = 0;
}

void
esp_io_free(struct esp_io *io)
{
	if (io == NULL)
		return;
	esp_io_stop(io);
	for (size_t i = 0; i < 2; i++)
		if (io->wake[i] != -1)
			close(io->wake[i]);
	if (io->stop != -1)
		close(io->stop);
	if (io->clock != -1)
		close(io->clock);
	free(io->out);
	free(io->in);
	free(io);
}

void
esp_io_release(struct esp_io *io)
{
	/* The keeper may change meanwhile. */
	signal_event(io->wake[IO_OUT]);
	signal_event(io->wake[IO_IN]);
}

/* Wait a little for room in the socket's buffer. */
static ssize_t
send_patiently(int fd, const struct msghdr *m)
{
	struct pollfd p = {.fd = fd, .events = POLLOUT};
	ssize_t n = sendmsg(fd, m, MSG_DONTWAIT | MSG_NOSIGNAL);

	if (n == -1 && errno == EAGAIN && poll(&p, 1, SEND_WAIT_MS) == 1)
		n = sendmsg(fd, m, MSG_DONTWAIT | MSG_NOSIGNAL);
	return n;
}

uint32_t
esp_io_link(struct esp_io *io, const struct endpoint *local)
{
	return links_find(&io->links, local);
}

int
esp_io_send(struct esp_io *io, const struct endpoint *local, uint32_t link,
    const struct endpoint *remote, const void *data, size_t len)
{
	struct iovec iov = {.iov_base = (void *)(uintptr_t)data, .iov_len = len};
	struct sockaddr_storage to;
	union io_control control;
	struct msghdr m = {
	    .msg_name = &to,
	    .msg_namelen = endpoint_to_sockaddr(remote, &to),
	    .msg_iov = &iov,
	    .msg_iovlen = 1,
	};
	int fd = remote->family == 4 ? io->c.udp4 : io->c.udp6;

	if (fd == -1 || m.msg_namelen == 0) {
		errno = EAFNOSUPPORT;
		return -1;
	}
	if (local != NULL && local->family == remote->family) {
		io_control_begin(&m, &control);
		io_control_way(&m, local, link);
	}
	return send_patiently(fd, &m) == -1 ? -1 : 0;
}

void
esp_io_poke(struct esp_io *io, const uint8_t remote[16], const struct endpoint *to)
{
	uint8_t room[ESP_FRONT + 32]; /* nothing inside: two octets of padding, trailer, ICV */
	struct esp_packet p = {.data = room + ESP_FRONT};

	if (io->esp == NULL || esp_poke(io->esp, remote, &p, clock_boot_ms()) == -1)
		return;
	if (to != NULL || p.way.link == 0 ||
	    esp_io_send(io, &p.way.from, p.way.link, &p.remote, p.data, p.len) == -1)
		esp_io_send(io, NULL, 0, to != NULL ? to : &p.remote, p.data, p.len);
}
