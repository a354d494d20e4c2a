#include "ipsec/esp/merge.h"

#include "ipsec/esp/sum.h"

#include <arpa/inet.h>
#include <string.h>

/* What merging looks at of one packet. */
struct view {
	uint8_t *packet;
	size_t head, payload;
	uint32_t sequence;
	uint8_t flags;
	uint8_t udp;
};

void
merge_init(struct merge *m, int tcp, int udp, merge_write *write, void *ctx)
{
	memset(m, 0, sizeof(*m));
	m->write = write;
	m->ctx = ctx;
	m->tcp = tcp;
	m->udp = udp;
	for (size_t i = 0; i < MERGE_FLOWS; i++)
		m->order[i] = &m->flow[i];
}

static void
write_alone(struct merge *m, uint8_t *packet, size_t len)
{
	struct virtio_net_hdr none = {0};
	struct iovec piece[2] = {{&none, VNET_LEN}, {packet, len}};

	m->write(m->ctx, piece, 2);
}

static void
put16(uint8_t *at, size_t v)
{
	at[0] = (uint8_t)(v >> 8);
	at[1] = (uint8_t)v;
}

/* Make the first packet's headers those of all: lengths, and the checksum field as the device's
 * user shall find it. */
static void
write_merged(struct merge *m, struct merge_flow *f)
{
	size_t l4_len = f->head - IP6_LEN + f->payload;
	size_t at = f->udp ? UDP_CHECKSUM : TCP_CHECKSUM;
	uint8_t *l4 = f->first + IP6_LEN;
	uint16_t check =
	    sum_fold(sum_pseudo(f->first, f->udp ? IPPROTO_UDP : IPPROTO_TCP, (uint32_t)l4_len));

	put16(f->first + 4, l4_len);
	if (f->udp)
		put16(l4 + UDP_LENGTH, l4_len);
	memcpy(l4 + at, &check, sizeof(check));
	f->header = (struct virtio_net_hdr) {
	    .flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
	    .gso_type = f->udp ? VIRTIO_NET_HDR_GSO_UDP_L4 : VIRTIO_NET_HDR_GSO_TCPV6,
	    .hdr_len = (uint16_t)f->head,
	    .gso_size = (uint16_t)f->segment,
	    .csum_start = IP6_LEN,
	    .csum_offset = (uint16_t)at,
	};
	f->piece[0] = (struct iovec) {&f->header, VNET_LEN};
	m->write(m->ctx, f->piece, (int)f->packets + 1);
}

static void
write_flow(struct merge *m, struct merge_flow *f)
{
	if (f->packets == 1)
		write_alone(m, f->first, f->head + f->payload);
	else
		write_merged(m, f);
}

/* Write the i-th oldest flow and take it out. */
static void
flush_one(struct merge *m, unsigned int i)
{
	struct merge_flow *f = m->order[i];

	write_flow(m, f);
	m->flows--;
	memmove(&m->order[i], &m->order[i + 1], (m->flows - i) * sizeof(m->order[0]));
	m->order[m->flows] = f;
}

void
merge_flush(struct merge *m)
{
	for (unsigned int i = 0; i < m->flows; i++)
		write_flow(m, m->order[i]);
	m->flows = 0;
}

/* Is it TCP or UDP right behind the IPv6 header, and whole?  Others have no flow here. */
static int
look(struct view *v, uint8_t *packet, size_t len)
{
	uint8_t *l4 = packet + IP6_LEN;
	uint32_t sequence;

	*v = (struct view) {.packet = packet};
	if (len < IP6_LEN + UDP_LEN)
		return -1;
	v->udp = packet[6] == IPPROTO_UDP;
	v->head = IP6_LEN + UDP_LEN;
	if (packet[6] == IPPROTO_TCP && len >= IP6_LEN + TCP_LEN) {
		v->head = IP6_LEN + (size_t)(l4[TCP_OFFSET] >> 4) * 4;
		v->flags = l4[TCP_FLAGS];
		memcpy(&sequence, l4 + TCP_SEQUENCE, sizeof(sequence));
		v->sequence = ntohl(sequence);
		if (v->head < IP6_LEN + TCP_LEN || v->head > len)
			return -1;
	} else if (!v->udp) {
		return -1;
	}
	v->payload = len - v->head;
	return 0;
}

/* Could others join it, or could it join others? */
static int
may_merge(const struct merge *m, const struct view *v)
{
	const uint8_t *l4 = v->packet + IP6_LEN;

	if (v->payload == 0)
		return 0;
	if (v->udp)
		return m->udp && (l4[UDP_CHECKSUM] | l4[UDP_CHECKSUM + 1]) != 0 &&
		    (size_t)(l4[UDP_LENGTH] << 8 | l4[UDP_LENGTH + 1]) == v->payload + UDP_LEN;
	return m->tcp && (v->flags & TCP_ACK) != 0 &&
	    (v->flags & ~(TCP_ACK | TCP_PSH | TCP_FIN | TCP_ECE)) == 0;
}

static int
same_flow(const struct merge_flow *f, const struct view *v)
{
	return f->udp == v->udp && memcmp(f->first + 8, v->packet + 8, 36) == 0;
}

static int
tcp_continues(const struct merge_flow *f, const struct view *v)
{
	const uint8_t *a = f->first + IP6_LEN, *b = v->packet + IP6_LEN;

	return f->sequence == v->sequence &&
	    a[TCP_OFFSET] == b[TCP_OFFSET] && /* with it AccECN's bit */
	    ((a[TCP_FLAGS] ^ b[TCP_FLAGS]) & TCP_ECE) == 0 && memcmp(a + 8, b + 8, 4) == 0 &&
	    memcmp(a + 14, b + 14, 2) == 0 && /* window */
	    memcmp(a + 18, b + 18, v->head - IP6_LEN - 18) == 0; /* urgent pointer, options */
}

static int
continues(const struct merge_flow *f, const struct view *v)
{
	if (f->closed || v->payload > f->segment || f->packets == MERGE_PACKETS ||
	    f->head - IP6_LEN + f->payload + v->payload > UINT16_MAX)
		return 0;
	/* Version, traffic class, flow label; next header and hop limit. */
	if (memcmp(f->first, v->packet, 4) != 0 || memcmp(f->first + 6, v->packet + 6, 2) != 0)
		return 0;
	return f->udp || tcp_continues(f, v);
}

static void
append(struct merge_flow *f, const struct view *v)
{
	f->piece[++f->packets] = (struct iovec) {v->packet + v->head, v->payload};
	f->payload += v->payload;
	f->sequence += (uint32_t)v->payload;
	f->closed = v->payload < f->segment || (v->flags & (TCP_PSH | TCP_FIN)) != 0;
	if (!f->udp)
		f->first[IP6_LEN + TCP_FLAGS] |= v->flags & (TCP_PSH | TCP_FIN);
}

static void
open_flow(struct merge *m, const struct view *v)
{
	struct merge_flow *f;

	if (m->flows == MERGE_FLOWS)
		flush_one(m, 0);
	f = m->order[m->flows++];
	f->first = v->packet;
	f->head = v->head;
	f->segment = f->payload = v->payload;
	f->packets = 1;
	f->sequence = v->sequence + (uint32_t)v->payload;
	f->udp = v->udp;
	f->closed = (v->flags & (TCP_PSH | TCP_FIN)) != 0;
	f->piece[1] = (struct iovec) {v->packet, v->head + v->payload};
}

void
merge_add(struct merge *m, uint8_t *packet, size_t len)
{
	struct view v;
	int may;

	if (look(&v, packet, len) == -1) {
		write_alone(m, packet, len);
		return;
	}
	may = may_merge(m, &v);
	for (unsigned int i = 0; i < m->flows; i++) {
		if (!same_flow(m->order[i], &v))
			continue;
		if (may && continues(m->order[i], &v)) {
			append(m->order[i], &v);
			return;
		}
		flush_one(m, i);
		break;
	}
	if (may)
		open_flow(m, &v);
	else
		write_alone(m, packet, len);
}
