/* Large packets of the device to those that fit, and checksums finished. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "ipsec/esp/cut.h"
#include "ipsec/esp/sum.h"
#include "tests/unit/esp_large.h"

#include <stdlib.h>
#include <string.h>

static uint8_t large[LARGE_ROOM], out[LARGE_ROOM], want[LARGE_ROOM];

/* All lengths and alignments around the width of what is added at once. */
static void
sums(void **state)
{
	uint8_t data[400], copy[sizeof(data) + 2];

	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i * 37 + 0xf0);
	for (size_t start = 0; start < 9; start++) {
		for (size_t len = 0; len <= sizeof(data) - start; len++) {
			uint8_t field[2];

			memset(copy, 0, sizeof(copy));
			sum_store(field, sum_of(data + start, len));
			assert_int_equal((uint16_t) ~(field[0] << 8 | field[1]),
			    large_sum(data + start, len, 0));
			sum_store(field, sum_copy(copy + 1, data + start, len));
			assert_int_equal((uint16_t) ~(field[0] << 8 | field[1]),
			    large_sum(data + start, len, 0));
			assert_memory_equal(copy + 1, data + start, len);
			assert_int_equal(copy[len + 1], 0);
		}
	}
}

/* Zero would mean "no checksum". */
static void
sum_never_zero(void **state)
{
	static const uint8_t ones[4] = {0xff, 0xff, 0, 0};
	uint8_t field[2] = {0};

	sum_store(field, sum_of(ones, sizeof(ones)));
	assert_memory_equal(field, "\xff\xff", 2);
	memset(large, 0xff, 60000); /* as large as sums get */
	assert_int_equal(sum_fold(sum_of(large, 60000) * 4), 0xffff);
}

static struct virtio_net_hdr
header_tcp(size_t segment)
{
	return (struct virtio_net_hdr) {
	    .flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
	    .gso_type = VIRTIO_NET_HDR_GSO_TCPV6,
	    .gso_size = (uint16_t)segment,
	    .csum_start = 40,
	    .csum_offset = 16,
	};
}

/* What the kernel would have sent without offload is what must come out. */
static void
check_tcp(const struct tcp *whole, size_t segment)
{
	struct virtio_net_hdr h = header_tcp(segment);
	size_t len = large_tcp(large, whole), n, at = 0;
	struct cut cut;

	large[56] = 0x77; /* the checksum is unfinished */
	assert_int_equal(cut_begin(&cut, &h, large, len), 0);
	while ((n = cut_len(&cut)) > 0) {
		struct tcp part = *whole;
		size_t want_len;

		part.payload = whole->payload - at < segment ? whole->payload - at : segment;
		part.sequence += (uint32_t)at;
		if (at + part.payload < whole->payload)
			part.flags &= (uint8_t) ~(TCP_FIN | TCP_PSH);
		if (at > 0)
			part.flags &= (uint8_t)~TCP_CWR;
		want_len = large_tcp(want, &part);
		assert_int_equal(n, want_len);
		memset(out, 0xee, n + 1);
		cut_next(&cut, out);
		assert_int_equal(out[n], 0xee);
		assert_memory_equal(out, want, n);
		at += part.payload;
	}
	assert_int_equal(at, whole->payload);
}

static void
tcp(void **state)
{
	struct tcp t = {.sequence = 0xfffff000, /* wraps */
	    .ack = 77,
	    .flags = TCP_ACK | TCP_PSH | TCP_FIN | TCP_CWR,
	    .window = 501,
	    .port = 5000};
	static const size_t segments[] = {1, 2, 3, 1366, 1367, 20000};

	for (t.options = 0; t.options <= 40; t.options += 4)
		for (size_t i = 0; i < 6; i++)
			for (t.payload = 0; t.payload < 3 * segments[i] + 2;
			     t.payload += 1 + segments[i] / 3)
				check_tcp(&t, segments[i]);
	t.options = 12;
	t.payload = 60176 - 72;
	check_tcp(&t, 1366);
}

static void
udp(void **state)
{
	struct virtio_net_hdr h = {.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
	    .gso_type = VIRTIO_NET_HDR_GSO_UDP_L4,
	    .gso_size = 100,
	    .csum_start = 40,
	    .csum_offset = 6};

	for (size_t payload = 0; payload < 350; payload += 7) {
		size_t len = large_udp(large, 9, payload, 0), at = 0, n;
		struct cut cut;

		large[46] = large[47] = 0;
		assert_int_equal(cut_begin(&cut, &h, large, len), 0);
		while ((n = cut_len(&cut)) > 0) {
			size_t part = payload - at < 100 ? payload - at : 100;

			cut_next(&cut, out);
			assert_int_equal(n, large_udp(want, 9, part, (uint32_t)at));
			assert_memory_equal(out, want, n);
			at += part;
		}
		assert_int_equal(at, payload);
	}
}

/* One packet: as it is, or with a checksum that holds the pseudo-header's sum only. */
static void
whole(void **state)
{
	struct virtio_net_hdr h = {
	    .flags = VIRTIO_NET_HDR_F_NEEDS_CSUM, .csum_start = 40, .csum_offset = 6};
	struct virtio_net_hdr plain = {0};
	size_t len = large_udp(want, 5, 33, 1);
	uint16_t pseudo = sum_fold(sum_pseudo(want, 17, 41));
	struct cut cut;

	memcpy(large, want, len);
	memcpy(large + 46, &pseudo, 2);
	assert_int_equal(cut_begin(&cut, &h, large, len), 0);
	assert_int_equal(cut_len(&cut), len);
	cut_next(&cut, out);
	assert_int_equal(cut_len(&cut), 0);
	assert_memory_equal(out, want, len);
	assert_int_equal(cut_begin(&cut, &plain, large, len), 0);
	cut_next(&cut, out);
	assert_memory_equal(out, large, len);
	assert_int_equal(cut_len(&cut), 0);
}

static void
refused(const struct virtio_net_hdr *h, size_t len)
{
	struct cut cut;
	uint8_t *exact = malloc(len + (len == 0)); /* memory checkers see an octet too many */

	memcpy(exact, large, len);
	assert_int_equal(cut_begin(&cut, h, exact, len), -1);
	free(exact);
}

static void
nonsense(void **state)
{
	struct tcp t = {.flags = TCP_ACK, .payload = 100};
	size_t len = large_tcp(large, &t);
	struct virtio_net_hdr good = header_tcp(50), h = good;

	h.gso_size = 0;
	refused(&h, len);
	h = good;
	h.flags = 0;
	refused(&h, len);
	h = good;
	h.gso_type = VIRTIO_NET_HDR_GSO_TCPV4;
	refused(&h, len);
	h = good;
	h.csum_start = 39;
	refused(&h, len);
	h.csum_start = 65535;
	refused(&h, len);
	h = good;
	for (size_t n = 0; n < 60; n++)
		refused(&h, n);
	large[52] = 0x40; /* a header of 16 octets */
	refused(&h, len);
	large[52] = 0xf0; /* one that is longer than the packet */
	refused(&h, 99);
	large[0] = 0x45;
	refused(&h, len);
	h = (struct virtio_net_hdr) {
	    .flags = VIRTIO_NET_HDR_F_NEEDS_CSUM, .csum_start = 40, .csum_offset = 6};
	refused(&h, 47);
	refused(&h, 20);
	h.gso_type = 99;
	refused(&h, 100);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(sums),
	    cmocka_unit_test(sum_never_zero),
	    cmocka_unit_test(tcp),
	    cmocka_unit_test(udp),
	    cmocka_unit_test(whole),
	    cmocka_unit_test(nonsense),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
