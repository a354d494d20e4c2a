#include "tests/unit/esp_large.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

static void
put(uint8_t *at, uint32_t v, size_t octets)
{
	while (octets-- > 0) {
		at[octets] = (uint8_t)v;
		v >>= 8;
	}
}

uint16_t
large_sum(const uint8_t *data, size_t len, uint32_t start)
{
	uint64_t sum = start;

	for (size_t i = 0; i < len; i++)
		sum += (uint64_t)data[i] << (i % 2 == 0 ? 8 : 0);
	while (sum >> 16 != 0)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

/* Of everything the checksum covers: right when it is ffff. */
static uint16_t
whole_sum(const uint8_t *packet, size_t len)
{
	uint32_t start = (uint32_t)(len - 40) + packet[6];

	return large_sum(packet + 8, len - 8, start);
}

static void
ip(uint8_t *out, uint8_t protocol, size_t len)
{
	memset(out, 0, 40);
	out[0] = 0x62; /* DSCP 8 */
	out[1] = 0x05; /* flow label 5xxxx */
	put(out + 4, (uint32_t)len, 2);
	out[6] = protocol;
	out[7] = 61;
	memcpy(out + 8, "\xfd\1\2\3\4\5\0\0\xa\xa\xa\xa\xa\xa\xa\xa", 16);
	memcpy(out + 24, "\xfd\1\2\3\4\5\0\0\xb\xb\xb\xb\xb\xb\xb\xb", 16);
}

static void
fill(uint8_t *out, size_t len, uint32_t at)
{
	for (size_t i = 0; i < len; i++)
		out[i] = (uint8_t)((at + i) * 7 ^ (at + i) >> 8);
}

size_t
large_tcp(uint8_t *out, const struct tcp *t)
{
	size_t head = 20 + t->options, len = 40 + head + t->payload;
	uint8_t *tcp = out + 40;

	if (t->options % 4 != 0 || t->options > 40 || len > 65575)
		abort();
	ip(out, IPPROTO_TCP, head + t->payload);
	memset(tcp, 0, head);
	put(tcp, t->port, 2);
	put(tcp + 2, 443, 2);
	put(tcp + 4, t->sequence, 4);
	put(tcp + 8, t->ack, 4);
	tcp[12] = (uint8_t)(head / 4 << 4);
	tcp[13] = t->flags;
	put(tcp + 14, t->window, 2);
	memset(tcp + 20, 1, t->options);
	fill(tcp + head, t->payload, t->sequence);
	put(tcp + 16, (uint16_t)~whole_sum(out, len), 2);
	return len;
}

size_t
large_udp(uint8_t *out, uint16_t port, size_t payload, uint32_t at)
{
	size_t len = 48 + payload;
	uint16_t sum;

	ip(out, IPPROTO_UDP, 8 + payload);
	put(out + 40, port, 2);
	put(out + 42, 53, 2);
	put(out + 44, (uint32_t)(8 + payload), 2);
	put(out + 46, 0, 2);
	fill(out + 48, payload, at);
	sum = (uint16_t)~whole_sum(out, len);
	put(out + 46, sum == 0 ? 0xffff : sum, 2);
	return len;
}

int
large_is_right(const uint8_t *packet, size_t len)
{
	return len >= 48 && packet[0] >> 4 == 6 &&
	    (size_t)(packet[4] << 8 | packet[5]) + 40 == len && whole_sum(packet, len) == 0xffff;
}
