/* The UDP sockets: their options, ancillary data, and sending trains of datagrams. */
#include "base/clock.h"
#include "base/log.h"
#include "ipsec/esp/io.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

#define SOCKET_BUFFER (4 << 20)
#define SEND_WAIT_MS 100 /* for room in a socket's buffer */

/* As large as we may: without CAP_NET_ADMIN the system's limit decides. */
static void
set_buffer(int fd, int force, int plain)
{
	int size = SOCKET_BUFFER;

	if (setsockopt(fd, SOL_SOCKET, force, &size, sizeof(size)) == -1 &&
	    setsockopt(fd, SOL_SOCKET, plain, &size, sizeof(size)) == -1)
		log_warn("udp socket: buffer size");
}

static int
set(int fd, int level, int option, int value)
{
	return setsockopt(fd, level, option, &value, sizeof(value));
}

/* What this kernel has: a segment size of 0 is the default, and harmless. */
static void
set_offload(struct esp_io *io, int fd)
{
	unsigned int lacks = 0;

	if (set(fd, IPPROTO_UDP, UDP_SEGMENT, 0) == -1)
		lacks |= ESP_IO_SEGMENT;
	if (set(fd, IPPROTO_UDP, UDP_GRO, (io->c.offload & ESP_IO_GRO) != 0) == -1)
		lacks |= ESP_IO_GRO;
	atomic_fetch_and(&io->offload, ~lacks);
}

int
io_socket_set_up(struct esp_io *io, int fd, int family, uint16_t *port)
{
	int v4 = family == AF_INET, level = v4 ? IPPROTO_IP : IPPROTO_IPV6;
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);
	struct endpoint self;

	if (fd == -1)
		return 0;
	if (set(fd, level, v4 ? IP_PKTINFO : IPV6_RECVPKTINFO, 1) == -1 ||
	    set(fd, level, v4 ? IP_RECVTOS : IPV6_RECVTCLASS, 1) == -1 ||
	    set(fd, level, v4 ? IP_MTU_DISCOVER : IPV6_MTU_DISCOVER,
		v4 ? IP_PMTUDISC_DONT : IPV6_PMTUDISC_DONT) == -1 ||
	    getsockname(fd, (struct sockaddr *)&ss, &len) == -1)
		return -1;
	if (endpoint_from_sockaddr((struct sockaddr *)&ss, &self) == -1) {
		errno = EAFNOSUPPORT;
		return -1;
	}
	*port = self.port;
	set_buffer(fd, SO_RCVBUFFORCE, SO_RCVBUF);
	set_buffer(fd, SO_SNDBUFFORCE, SO_SNDBUF);
	set_offload(io, fd);
	return 0;
}

void
io_control_begin(struct msghdr *m, union io_control *control)
{
	memset(control, 0, sizeof(*control));
	m->msg_control = control;
	m->msg_controllen = 0;
}

void
io_control_add(struct msghdr *m, int level, int type, const void *data, size_t len)
{
	struct cmsghdr *c = (void *)((uint8_t *)m->msg_control + m->msg_controllen);

	c->cmsg_level = level;
	c->cmsg_type = type;
	c->cmsg_len = CMSG_LEN(len);
	memcpy(CMSG_DATA(c), data, len);
	m->msg_controllen += CMSG_SPACE(len);
}

void
io_control_way(struct msghdr *m, const struct endpoint *from, uint32_t link)
{
	struct in_pktinfo info4 = {.ipi_ifindex = (int)link};
	struct in6_pktinfo info6 = {.ipi6_ifindex = link};

	memcpy(&info4.ipi_spec_dst, from->addr, 4);
	memcpy(&info6.ipi6_addr, from->addr, 16);
	if (from->family == 4)
		io_control_add(m, IPPROTO_IP, IP_PKTINFO, &info4, sizeof(info4));
	else
		io_control_add(m, IPPROTO_IPV6, IPV6_PKTINFO, &info6, sizeof(info6));
}

static void
add_class(struct msghdr *m, int family, uint8_t tos)
{
	int value = tos, v4 = family == AF_INET;

	if (tos != 0)
		io_control_add(m, v4 ? IPPROTO_IP : IPPROTO_IPV6, v4 ? IP_TOS : IPV6_TCLASS, &value,
		    sizeof(value));
}

static void
put_control(
    struct msghdr *m, union io_control *control, const struct io_run *run, const struct train *t)
{
	io_control_begin(m, control);
	add_class(m, run->family, t->tos);
	if (t->way.link != 0)
		io_control_way(m, &t->way.from, t->way.link);
}

static void
run_add(struct io_run *run, struct train *t)
{
	unsigned int i = run->n++;
	struct msghdr *m = &run->msg[i].msg_hdr;

	run->train[i] = t;
	*m = (struct msghdr) {
	    .msg_name = &run->to[i],
	    .msg_namelen = endpoint_to_sockaddr(&t->to, &run->to[i]),
	    .msg_iov = t->piece,
	    .msg_iovlen = t->pieces,
	};
	put_control(m, &run->control[i], run, t);
	if (t->packets > 1)
		io_control_add(m, IPPROTO_UDP, UDP_SEGMENT, &t->segment, sizeof(t->segment));
}

/* 1 when there was room in time.  The in thread has other work: it waits so long only once. */
static int
wait_for_room(struct esp_io *io, int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLOUT};
	struct io_out *o = io->out;
	uint64_t now = clock_boot_ms(), until = now + SEND_WAIT_MS;

	if (o->wait_until_ms == 0)
		o->wait_until_ms = until;
	if (atomic_load(&io->keeper) == IO_IN)
		until = o->wait_until_ms;
	return poll(&p, 1, until > now ? (int)(until - now) : 0) == 1;
}

/* The link is down, or has our address no more: routing decides again, for all that went by it. */
static void
way_lost(struct esp_io *io, uint32_t link)
{
	log_info("nothing leaves by link %u any more", link);
	links_forget(&io->links, link);
	esp_way_lost(io->esp, link);
}

/* A packet that the socket refuses (no route, for instance) is lost alone.  1 = lost. */
static size_t
send_single(struct esp_io *io, const struct io_run *run, const struct msghdr *like, struct train *t,
    struct iovec *packet)
{
	union io_control control;
	struct msghdr m = {
	    .msg_name = like->msg_name,
	    .msg_namelen = like->msg_namelen,
	    .msg_iov = packet,
	    .msg_iovlen = 1,
	};

	for (;;) {
		put_control(&m, &control, run, t);
		if (sendmsg(run->fd, &m, MSG_DONTWAIT | MSG_NOSIGNAL) != -1)
			return 0;
		if (errno == EINTR || (errno == EAGAIN && wait_for_room(io, run->fd)))
			continue;
		if (errno == EAGAIN || t->way.link == 0)
			return 1;
		way_lost(io, t->way.link);
		t->way.link = 0;
	}
}

/* Datagram by datagram. */
static size_t
send_apart(struct esp_io *io, const struct io_run *run, unsigned int i)
{
	struct train *t = run->train[i];
	size_t lost = 0;

	for (unsigned int k = 0; k < t->pieces; k++) {
		size_t left = t->piece[k].iov_len;
		uint8_t *at = t->piece[k].iov_base;

		while (left > 0) {
			size_t len = left < t->segment ? left : t->segment;
			struct iovec packet = {at, len};

			lost += send_single(io, run, &run->msg[i].msg_hdr, t, &packet);
			at += len;
			left -= len;
		}
	}
	return lost;
}

/*
 * A train was refused.  EIO: the device it would leave by cannot make checksums, or IPsec of the
 * kernel's is in the way.  EINVAL, EMSGSIZE: the path carries less than one of its packets.  The
 * first will not change.  Returns how many packets are lost.
 */
static size_t
refused(struct esp_io *io, struct io_run *run, unsigned int i, int error)
{
	if (run->train[i]->way.link != 0)
		return send_apart(io, run, i);
	if (run->train[i]->packets == 1)
		return 1;
	if (error == EIO || error == ENOPROTOOPT || error == EOPNOTSUPP) {
		log_info("UDP_SEGMENT does not work here: sending each packet by itself");
		run->segment = 0;
		atomic_fetch_and(&io->offload, ~ESP_IO_SEGMENT);
	} else if (error != EINVAL && error != EMSGSIZE) {
		return run->train[i]->packets;
	}
	return send_apart(io, run, i);
}

static size_t
packets_from(const struct io_run *run, unsigned int at)
{
	size_t n = 0;

	while (at < run->n)
		n += run->train[at++]->packets;
	return n;
}

/* A full buffer is waited for a little, so that the device's queue fills instead. */
static size_t
run_send(struct esp_io *io, struct io_run *run)
{
	unsigned int at = 0;
	size_t lost = 0;

	while (run->fd != -1 && at < run->n) {
		int n = -1;

		if (!run->segment && run->train[at]->packets > 1) {
			lost += send_apart(io, run, at++);
			continue;
		}
		n = sendmmsg(run->fd, run->msg + at, run->segment ? run->n - at : 1,
		    MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n > 0) {
			at += (unsigned int)n;
		} else if (errno == EAGAIN) {
			if (!wait_for_room(io, run->fd))
				break;
		} else if (errno != EINTR) {
			lost += refused(io, run, at, errno);
			at++;
		}
	}
	lost += packets_from(run, at);
	run->n = 0;
	return lost;
}

size_t
io_send_trains(struct esp_io *io)
{
	struct io_out *o = io->out;

	trains_make(&o->trains, o->batch, o->n);
	for (unsigned int i = 0; i < o->trains.n; i++) {
		struct train *t = &o->trains.train[i];

		run_add(t->to.family == 6 ? &o->run6 : &o->run4, t);
	}
	return run_send(io, &o->run4) + run_send(io, &o->run6);
}
