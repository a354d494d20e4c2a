#include "ipsec/esp/cut.h"

#include "ipsec/esp/sum.h"

#include <arpa/inet.h>
#include <string.h>

static void
put16(uint8_t *at, size_t v)
{
	at[0] = (uint8_t)(v >> 8);
	at[1] = (uint8_t)v;
}

/* A packet that leaves as it is, but for its checksum. */
static int
begin_whole(struct cut *c, const struct virtio_net_hdr *h)
{
	size_t start = h->csum_start, at = start + h->csum_offset;

	if ((h->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) == 0)
		return 0;
	if (start > c->len || at + 2 > c->len)
		return -1;
	c->l4 = start;
	c->check = at;
	return 0;
}

/* The kernel puts a checksum's start where TCP or UDP begins, behind all extension headers. */
static int
begin_cut(struct cut *c, const struct virtio_net_hdr *h)
{
	c->l4 = h->csum_start;
	c->segment = h->gso_size;
	if ((h->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) == 0 || c->segment == 0 || c->l4 < IP6_LEN ||
	    c->packet[0] >> 4 != 6 || c->l4 + (c->udp ? UDP_LEN : TCP_LEN) > c->len)
		return -1;
	c->head = c->l4 + UDP_LEN;
	if (!c->udp) {
		size_t tcp = (size_t)(c->packet[c->l4 + TCP_OFFSET] >> 4) * 4;

		if (tcp < TCP_LEN)
			return -1;
		c->head = c->l4 + tcp;
		memcpy(&c->sequence, c->packet + c->l4 + TCP_SEQUENCE, sizeof(c->sequence));
		c->sequence = ntohl(c->sequence);
	}
	if (c->head > c->len)
		return -1;
	c->check = c->l4 + (c->udp ? UDP_CHECKSUM : TCP_CHECKSUM);
	c->sum = sum_pseudo(c->packet, c->udp ? IPPROTO_UDP : IPPROTO_TCP, 0);
	return 0;
}

int
cut_begin(struct cut *c, const struct virtio_net_hdr *header, const uint8_t *packet, size_t len)
{
	uint8_t type = header->gso_type & (uint8_t)~VIRTIO_NET_HDR_GSO_ECN;

	*c = (struct cut) {
	    .packet = packet,
	    .len = len,
	    .udp = type == VIRTIO_NET_HDR_GSO_UDP_L4,
	};
	if (len == 0)
		return -1;
	if (type == VIRTIO_NET_HDR_GSO_NONE)
		return begin_whole(c, header);
	if (type != VIRTIO_NET_HDR_GSO_TCPV6 && !c->udp)
		return -1;
	return begin_cut(c, header);
}

static size_t
payload_next(const struct cut *c)
{
	size_t left = c->len - c->head - c->at;

	return left < c->segment ? left : c->segment;
}

size_t
cut_len(const struct cut *c)
{
	if (c->done)
		return 0;
	return c->segment == 0 ? c->len : c->head + payload_next(c);
}

static void
write_whole(const struct cut *c, uint8_t *out)
{
	memcpy(out, c->packet, c->len);
	/* The field holds the pseudo-header's sum. */
	if (c->check != 0)
		sum_store(out + c->check, sum_of(out + c->l4, c->len - c->l4));
}

/* Sequence numbers count on; CWR goes with the first packet, FIN and PSH with the last. */
static void
fix_tcp(const struct cut *c, uint8_t *tcp, int first, int last)
{
	uint32_t sequence = htonl(c->sequence + (uint32_t)c->at);

	memcpy(tcp + TCP_SEQUENCE, &sequence, sizeof(sequence));
	if (!last)
		tcp[TCP_FLAGS] &= (uint8_t) ~(TCP_FIN | TCP_PSH);
	if (!first)
		tcp[TCP_FLAGS] &= (uint8_t)~TCP_CWR;
}

void
cut_next(struct cut *c, uint8_t *out)
{
	size_t payload;
	uint64_t sum;
	int last;

	if (c->segment == 0) {
		write_whole(c, out);
		c->done = 1;
		return;
	}
	payload = payload_next(c);
	last = c->head + c->at + payload == c->len;
	memcpy(out, c->packet, c->head);
	put16(out + 4, c->head - IP6_LEN + payload);
	if (c->udp)
		put16(out + c->l4 + UDP_LENGTH, UDP_LEN + payload);
	else
		fix_tcp(c, out + c->l4, c->at == 0, last);
	memset(out + c->check, 0, 2);
	sum = c->sum + htonl((uint32_t)(c->head - c->l4 + payload));
	sum += sum_of(out + c->l4, c->head - c->l4);
	sum += sum_copy(out + c->head, c->packet + c->head + c->at, payload);
	sum_store(out + c->check, sum);
	c->at += payload;
	c->done = last;
}
