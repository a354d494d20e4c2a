#include "ipsec/esp/inner.h"

#include <string.h>

#define IPV6_HEADER_LEN 40

int
inner_is_ipv6(const uint8_t *packet, size_t len)
{
	return len >= IPV6_HEADER_LEN && packet[0] >> 4 == 6 &&
	    (size_t)(packet[4] << 8 | packet[5]) + IPV6_HEADER_LEN == len;
}

const uint8_t *
inner_source(const uint8_t *packet)
{
	return packet + 8;
}

const uint8_t *
inner_destination(const uint8_t *packet)
{
	return packet + 24;
}

uint32_t
inner_hash(const uint8_t ula[16])
{
	uint32_t a, b;

	memcpy(&a, ula + 8, sizeof(a));
	memcpy(&b, ula + 12, sizeof(b));
	return (a ^ b) * UINT32_C(2654435761) >> 16;
}
