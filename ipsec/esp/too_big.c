#include "ipsec/esp/too_big.h"

#include "ipsec/esp/sum.h"
#include "ipsec/esp/vnet.h"

#include <arpa/inet.h>
#include <string.h>

#define ICMP_LEN 8
#define ICMP_PACKET_TOO_BIG 2
#define ICMP_INFORMATION 128 /* types below are errors */
#define FRONT (IP6_LEN + ICMP_LEN)
#define HOP_LIMIT 64

size_t
too_big_make(uint8_t *packet, size_t len, uint32_t mtu)
{
	size_t quoted = TOO_BIG_MTU_MIN - FRONT;
	uint8_t header[FRONT] = {[0] = 0x60, [6] = IPPROTO_ICMPV6, [7] = HOP_LIMIT};

	if (len <= TOO_BIG_MTU_MIN ||
	    (packet[6] == IPPROTO_ICMPV6 && packet[IP6_LEN] < ICMP_INFORMATION))
		return 0;
	header[4] = (ICMP_LEN + quoted) >> 8;
	header[5] = (ICMP_LEN + quoted) & 0xff;
	memcpy(header + 8, packet + 24, 16);
	memcpy(header + 24, packet + 8, 16);
	header[IP6_LEN] = ICMP_PACKET_TOO_BIG;
	mtu = htonl(mtu);
	memcpy(header + IP6_LEN + 4, &mtu, sizeof(mtu));
	memmove(packet + FRONT, packet, quoted);
	memcpy(packet, header, FRONT);
	sum_store(packet + IP6_LEN + 2,
	    sum_pseudo(packet, IPPROTO_ICMPV6, ICMP_LEN + quoted) +
		sum_of(packet + IP6_LEN, ICMP_LEN + quoted));
	return TOO_BIG_MTU_MIN;
}
