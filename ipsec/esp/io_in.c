/* The thread from the sockets to the tunnel device, and to IKE; and back, while little leaves. */
#include "base/clock.h"
#include "ipsec/esp/io.h"

#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

enum content { CONTENT_NONE, CONTENT_IKE, CONTENT_ESP };

/* What came with one message, which UDP_GRO may have put together from many datagrams. */
struct arrival {
	struct endpoint remote, local;
	uint32_t link; /* by which it came */
	size_t segment; /* octets of each datagram but the last */
	uint8_t tos;
};

/* What a datagram is (RFC 3948 2).  SPIs of ours begin with two one bits; anything else is
 * a keep-alive or somebody else's protocol. */
static enum content
classify(const uint8_t *data, size_t len)
{
	if (len < 4)
		return CONTENT_NONE;
	if (memcmp(data, "\0\0\0\0", 4) == 0)
		return CONTENT_IKE;
	return data[0] >> 6 == 3 ? CONTENT_ESP : CONTENT_NONE;
}

static void
read_ip4(const struct esp_io *io, const struct cmsghdr *c, struct arrival *a)
{
	struct in_pktinfo info;

	if (c->cmsg_type == IP_TOS) {
		a->tos = *CMSG_DATA(c);
	} else if (c->cmsg_type == IP_PKTINFO) {
		memcpy(&info, CMSG_DATA(c), sizeof(info));
		a->local.family = 4;
		a->local.port = io->port4;
		memcpy(a->local.addr, &info.ipi_addr, 4);
		a->link = (uint32_t)info.ipi_ifindex;
	}
}

static void
read_ip6(const struct esp_io *io, const struct cmsghdr *c, struct arrival *a)
{
	struct in6_pktinfo info;
	int tclass;

	if (c->cmsg_type == IPV6_TCLASS) {
		memcpy(&tclass, CMSG_DATA(c), sizeof(tclass));
		a->tos = (uint8_t)tclass;
	} else if (c->cmsg_type == IPV6_PKTINFO) {
		memcpy(&info, CMSG_DATA(c), sizeof(info));
		a->local.family = 6;
		a->local.port = io->port6;
		memcpy(a->local.addr, &info.ipi6_addr, 16);
		a->link = (uint32_t)info.ipi6_ifindex;
	}
}

/* 0, or -1 when nobody knows whence it came, or it came cut off. */
static int
read_arrival(struct esp_io *io, size_t i, struct arrival *a)
{
	struct msghdr *m = &io->in->msg[i].msg_hdr;
	int segment;

	memset(a, 0, sizeof(*a));
	a->segment = IO_IN_ROOM;
	if ((m->msg_flags & MSG_TRUNC) != 0 ||
	    endpoint_from_sockaddr((struct sockaddr *)&io->in->from[i], &a->remote) == -1)
		return -1;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c != NULL; c = CMSG_NXTHDR(m, c)) {
		if (c->cmsg_level == IPPROTO_IP) {
			read_ip4(io, c, a);
		} else if (c->cmsg_level == IPPROTO_IPV6) {
			read_ip6(io, c, a);
		} else if (c->cmsg_level == IPPROTO_UDP && c->cmsg_type == UDP_GRO) {
			memcpy(&segment, CMSG_DATA(c), sizeof(segment));
			if (segment > 0)
				a->segment = (size_t)segment;
		}
	}
	return 0;
}

/* Make the first n places ready again: a receive changes what it uses. */
static void
prepare(struct io_in *in, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		in->iov[i] = (struct iovec) {.iov_base = in->room[i], .iov_len = IO_IN_ROOM};
		in->msg[i].msg_hdr = (struct msghdr) {
		    .msg_name = &in->from[i],
		    .msg_namelen = sizeof(in->from[i]),
		    .msg_iov = &in->iov[i],
		    .msg_iovlen = 1,
		    .msg_control = &in->control[i],
		    .msg_controllen = sizeof(in->control[i]),
		};
	}
}

/* Open what has come together.  The packets stay where they are until merge_flush. */
static void
open_batch(struct esp_io *io)
{
	struct io_in *in = io->in;

	esp_inbound(io->esp, in->batch, in->n, clock_boot_ms());
	if (esp_sooner(io->esp))
		esp_io_release(io);
	for (size_t i = 0; i < in->n; i++)
		if (in->batch[i].len > 0)
			merge_add(&in->merge, in->batch[i].data, in->batch[i].len);
	in->n = 0;
}

/* One datagram: IKE is handed on, ESP goes into the batch. */
static void
take_datagram(struct esp_io *io, const struct arrival *a, uint8_t *data, size_t len)
{
	struct io_in *in = io->in;
	enum content content = classify(data, len);

	if (content == CONTENT_IKE) {
		links_note(&io->links, &a->local, a->link);
		io->c.on_ike(io->c.ctx, data, len, &a->local, &a->remote);
	} else if (content == CONTENT_ESP && io->esp != NULL) {
		in->batch[in->n++] = (struct esp_packet) {
		    .data = data, .len = len, .remote = a->remote, .tos = a->tos};
		if (in->n == ESP_CHUNK)
			open_batch(io);
	}
}

static void
take_message(struct esp_io *io, size_t i)
{
	size_t len = io->in->msg[i].msg_len;
	struct arrival a;

	if (read_arrival(io, i, &a) == -1)
		return;
	for (size_t at = 0; at < len; at += a.segment)
		take_datagram(
		    io, &a, io->in->room[i] + at, len - at < a.segment ? len - at : a.segment);
}

static void
receive(struct esp_io *io, int fd)
{
	struct io_in *in = io->in;
	int n = recvmmsg(fd, in->msg, in->take, MSG_DONTWAIT, NULL);

	if (n <= 0)
		return;
	atomic_store(&io->crowded, n == (int)in->take);
	in->take = IO_MESSAGES;
	for (int i = 0; i < n; i++) {
		take_message(io, (size_t)i);
		if (in->msg[i].msg_len > IO_LARGE)
			in->take = IO_MESSAGES_LARGE;
	}
	if (in->n > 0)
		open_batch(io);
	merge_flush(&in->merge);
	prepare(in, (size_t)n);
}

void *
io_in_main(void *ctx)
{
	struct esp_io *io = ctx;

	prctl(PR_SET_NAME, "esp-in");
	prepare(io->in, IO_MESSAGES);
	io->in->take = IO_MESSAGES;
	for (;;) {
		struct pollfd p[3 + IO_OUT_FDS] = {
		    {.fd = io->c.udp4, .events = POLLIN},
		    {.fd = io->c.udp6, .events = POLLIN},
		    {.fd = io->stop, .events = POLLIN},
		};
		int ms = io_out_poll(io, IO_IN, p + 3);

		if (poll(p, 3 + IO_OUT_FDS, ms) == -1)
			continue;
		if (p[2].revents != 0)
			return NULL;
		for (size_t i = 0; i < 2; i++)
			if (p[i].revents != 0)
				receive(io, p[i].fd);
		/* What the device was given may have been answered by now. */
		io_out_work(io, IO_IN, p + 3, (p[0].revents | p[1].revents) != 0);
	}
}
