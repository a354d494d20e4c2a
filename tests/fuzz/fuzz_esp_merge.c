/*
 * What comes out of the tunnel, from a peer that may be hostile: the input is a list of packets,
 * each with two octets of length in front.  They are made IPv6 of their length, and every second
 * one a right TCP or UDP packet; merged and cut again each must come back as it was, those of
 * one flow in their order.
 */
#include "ipsec/esp/cut.h"
#include "ipsec/esp/merge.h"
#include "tests/unit/esp_large.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define PACKETS 80
#define PACKET_MAX 1500

static struct {
	uint8_t copy[PACKET_MAX];
	uint8_t *data;
	size_t len;
	int back;
} packets[PACKETS];
static size_t count;

/* Has it ports, and are its headers whole?  Others belong to no flow. */
static int
has_flow(const uint8_t *p, size_t len)
{
	size_t head = len >= 60 ? 40 + (size_t)(p[52] >> 4) * 4 : 0;

	if (len >= 48 && p[6] == 17)
		return 1;
	return len >= 60 && p[6] == 6 && head >= 60 && head <= len;
}

/* The first packet of its flow that has not come back must be this one. */
static void
came_back(const uint8_t *packet, size_t len)
{
	for (size_t i = 0; i < count; i++) {
		if (packets[i].back)
			continue;
		if (packets[i].len == len && memcmp(packets[i].copy, packet, len) == 0) {
			packets[i].back = 1;
			return;
		}
		if (has_flow(packets[i].copy, packets[i].len) && has_flow(packet, len) &&
		    packets[i].copy[6] == packet[6] &&
		    memcmp(packets[i].copy + 8, packet + 8, 36) == 0)
			abort();
	}
	abort();
}

static void
on_write(void *ctx, const struct iovec *piece, int pieces)
{
	static uint8_t whole[LARGE_ROOM + PACKET_MAX], out[LARGE_ROOM];
	size_t len = 0, n;
	struct cut cut;

	(void)ctx;
	for (int i = 1; i < pieces; i++) {
		memcpy(whole + len, piece[i].iov_base, piece[i].iov_len);
		len += piece[i].iov_len;
	}
	if (cut_begin(&cut, piece[0].iov_base, whole, len) == -1)
		abort();
	while ((n = cut_len(&cut)) > 0) {
		cut_next(&cut, out);
		came_back(out, n);
	}
}

static void
put16(uint8_t *at, size_t v)
{
	at[0] = (uint8_t)(v >> 8);
	at[1] = (uint8_t)v;
}

/* Addresses, lengths, and of odd ones the checksum: what the data plane has seen to, and what a
 * kernel would not have sent otherwise. */
static void
make_right(uint8_t *p, size_t len, int odd)
{
	size_t check = p[6] == 17 ? 46 : 56;
	uint16_t sum;

	p[0] = (uint8_t)(0x60 | (p[0] & 0xf));
	put16(p + 4, len - 40);
	memset(p + 8, 0xfd, 32);
	if (len < (p[6] == 17 ? 48 : 60) || (p[6] != 6 && p[6] != 17))
		return;
	if (p[6] == 17 && odd)
		put16(p + 44, len - 40);
	memset(p + check, 0, 2);
	sum = (uint16_t)~large_sum(p + 8, len - 8, (uint32_t)(len - 40) + p[6]);
	put16(p + check, sum == 0 ? 0xffff : sum);
}

static void
read_packets(const uint8_t *data, size_t size)
{
	count = 0;
	while (size >= 2 && count < PACKETS) {
		size_t len = (size_t)(data[0] << 8 | data[1]) % PACKET_MAX;

		data += 2;
		size -= 2;
		if (len > size)
			len = size;
		if (len < 40)
			break;
		packets[count].data = malloc(len);
		packets[count].len = len;
		packets[count].back = 0;
		memcpy(packets[count].data, data, len);
		make_right(packets[count].data, len, (int)(count & 1));
		memcpy(packets[count].copy, packets[count].data, len);
		count++;
		data += len;
		size -= len;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct merge merge;

	merge_init(&merge, 1, 1, on_write, NULL);
	read_packets(data, size);
	for (size_t i = 0; i < count; i++)
		merge_add(&merge, packets[i].data, packets[i].len);
	merge_flush(&merge);
	for (size_t i = 0; i < count; i++) {
		if (!packets[i].back)
			abort();
		free(packets[i].data);
	}
	return 0;
}
