/* The tunnel device: packets, large ones too, with the header of IFF_VNET_HDR or without. */
#include "base/log.h"
#include "ipsec/esp/cut.h"
#include "ipsec/esp/io.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static int
has_header(const struct esp_io *io)
{
	return (io->c.offload & ESP_IO_VNET) != 0;
}

ssize_t
io_tun_read(struct esp_io *io)
{
	uint8_t *at = io->out->packet;
	ssize_t n;

	if (has_header(io)) {
		n = read(io->c.tun, at, sizeof(io->out->packet));
		if (n > 0 && n <= (ssize_t)VNET_LEN)
			errno = EINVAL;
		return n <= 0 ? n : n > (ssize_t)VNET_LEN ? n - (ssize_t)VNET_LEN : -1;
	}
	memset(at, 0, VNET_LEN);
	return read(io->c.tun, at + VNET_LEN, VNET_PACKET_MAX);
}

int
io_tun_write(struct esp_io *io, const uint8_t *packet, size_t len)
{
	static const struct virtio_net_hdr none;
	const struct iovec piece[2] = {
	    {(void *)(uintptr_t)&none, VNET_LEN},
	    {(void *)(uintptr_t)packet, len},
	};
	int skip = !has_header(io);

	return writev(io->c.tun, piece + skip, 2 - skip) == -1 ? -1 : 0;
}

static size_t
gather(uint8_t *to, const struct iovec *piece, int pieces)
{
	size_t len = 0;

	for (int i = 0; i < pieces; i++) {
		memcpy(to + len, piece[i].iov_base, piece[i].iov_len);
		len += piece[i].iov_len;
	}
	return len;
}

/* The device refused a merged packet: undo it, and do not merge its kind again. */
static size_t
write_apart(struct esp_io *io, const struct iovec *piece, int pieces)
{
	const struct virtio_net_hdr *header = piece[0].iov_base;
	struct io_in *in = io->in;
	size_t len = gather(in->whole, piece + 1, pieces - 1), lost = 0;
	struct cut cut;

	if (header->gso_type == VIRTIO_NET_HDR_GSO_UDP_L4) {
		in->merge.udp = 0;
		atomic_fetch_and(&io->offload, ~ESP_IO_USO);
	} else {
		in->merge.tcp = in->merge.udp = 0;
		atomic_fetch_and(&io->offload, ~ESP_IO_MERGE);
	}
	log_info("the tunnel device takes no large packets: writing each by itself");
	if (cut_begin(&cut, header, in->whole, len) == -1)
		return 1;
	while ((len = cut_len(&cut)) > 0) {
		cut_next(&cut, in->part);
		lost += io_tun_write(io, in->part, len) == -1;
	}
	return lost;
}

void
io_tun_write_pieces(void *ctx, const struct iovec *piece, int pieces)
{
	struct esp_io *io = ctx;
	int skip = !has_header(io);
	size_t lost = (size_t)pieces - 1; /* a piece behind the header is a packet */

	if (writev(io->c.tun, piece + skip, pieces - skip) != -1)
		return;
	if (pieces > 2 && errno == EINVAL)
		lost = write_apart(io, piece, pieces);
	esp_drop_note(io->esp, ESP_DROP_DEVICE, 1, lost);
}
