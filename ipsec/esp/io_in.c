/* The thread from the sockets to the tunnel device, and to IKE. */
#include "base/clock.h"
#include "ipsec/esp/io.h"

#include <poll.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

enum content { CONTENT_NONE, CONTENT_IKE, CONTENT_ESP };

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

/* The address a datagram was sent to. */
static void
local_address(const struct esp_io *io, struct msghdr *m, struct endpoint *local)
{
	memset(local, 0, sizeof(*local));
	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c != NULL; c = CMSG_NXTHDR(m, c)) {
		if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
			struct in_pktinfo info;

			memcpy(&info, CMSG_DATA(c), sizeof(info));
			local->family = 4;
			local->port = io->port4;
			memcpy(local->addr, &info.ipi_addr, 4);
		} else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
			struct in6_pktinfo info;

			memcpy(&info, CMSG_DATA(c), sizeof(info));
			local->family = 6;
			local->port = io->port6;
			memcpy(local->addr, &info.ipi6_addr, 16);
		}
	}
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

/* Sort n datagrams: IKE is handed on, ESP goes into the batch.  Returns the batch's length. */
static size_t
sort(struct esp_io *io, size_t n)
{
	struct io_in *in = io->in;
	size_t esp = 0;

	for (size_t i = 0; i < n; i++) {
		size_t len = in->msg[i].msg_len;
		enum content content = classify(in->room[i], len);
		struct endpoint remote, local;

		if (content == CONTENT_NONE || (in->msg[i].msg_hdr.msg_flags & MSG_TRUNC) != 0 ||
		    endpoint_from_sockaddr((struct sockaddr *)&in->from[i], &remote) == -1)
			continue;
		if (content == CONTENT_IKE) {
			local_address(io, &in->msg[i].msg_hdr, &local);
			io->c.on_ike(io->c.ctx, in->room[i], len, &local, &remote);
		} else if (io->esp != NULL) {
			in->batch[esp++] =
			    (struct esp_packet) {.data = in->room[i], .len = len, .remote = remote};
		}
	}
	return esp;
}

/* The device takes a packet or drops it, as any interface would; nothing is queued here. */
static void
deliver(struct esp_io *io, size_t n)
{
	struct io_in *in = io->in;

	esp_inbound(io->esp, in->batch, n, clock_boot_ms());
	for (size_t i = 0; i < n; i++)
		if (in->batch[i].len > 0 &&
		    write(io->c.tun, in->batch[i].data, in->batch[i].len) == -1)
			continue;
}

static void
receive(struct esp_io *io, int fd)
{
	int n = recvmmsg(fd, io->in->msg, IO_BATCH, MSG_DONTWAIT, NULL);
	size_t esp;

	if (n <= 0)
		return;
	if ((esp = sort(io, (size_t)n)) > 0)
		deliver(io, esp);
	prepare(io->in, (size_t)n);
}

void *
io_in_main(void *ctx)
{
	struct esp_io *io = ctx;

	prctl(PR_SET_NAME, "esp-in");
	prepare(io->in, IO_BATCH);
	for (;;) {
		struct pollfd p[3] = {
		    {.fd = io->c.udp4, .events = POLLIN},
		    {.fd = io->c.udp6, .events = POLLIN},
		    {.fd = io->stop, .events = POLLIN},
		};

		if (poll(p, 3, -1) == -1)
			continue;
		if (p[2].revents != 0)
			return NULL;
		for (size_t i = 0; i < 2; i++)
			if (p[i].revents != 0)
				receive(io, p[i].fd);
	}
}
