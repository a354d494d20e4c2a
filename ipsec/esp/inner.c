#include "ipsec/esp/inner.h"

#include <string.h>

#define IPV6_HEADER_LEN 40

size_t
inner_len(const uint8_t *data, size_t len)
{
	size_t says;

	if (len < IPV6_HEADER_LEN || data[0] >> 4 != 6)
		return 0;
	says = (size_t)(data[4] << 8 | data[5]) + IPV6_HEADER_LEN;
	return says <= len ? says : 0;
}

int
inner_is_ipv6(const uint8_t *packet, size_t len)
{
	return len > 0 && inner_len(packet, len) == len;
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
