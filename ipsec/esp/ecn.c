#include "ipsec/esp/ecn.h"

enum { NOT_ECT, ECT1, ECT0, CE };

uint8_t
ecn_class(const uint8_t *packet)
{
	return (uint8_t)(packet[0] << 4 | packet[1] >> 4);
}

int
ecn_open(uint8_t *packet, uint8_t outer)
{
	uint8_t inside = packet[1] >> 4 & 3, outside = outer & 3;

	if (outside == NOT_ECT || outside == ECT0 || outside == inside || inside == CE)
		return 0;
	if (inside == NOT_ECT)
		return outside == CE ? -1 : 0;
	packet[1] = (uint8_t)((packet[1] & 0xcf) | outside << 4);
	return 0;
}
