/* NAT-PMP packets: first octet the open question, then the packet.  What fits must be whole. */
#include "natpmp/pmp.h"

#include <netinet/in.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum pmp_op op;

	if (size == 0)
		return 0;
	op = data[0] % 3;
	if (!pmp_packet_fits(
		data + 1, size - 1, op, data[0] < 128 ? IPPROTO_UDP : IPPROTO_TCP, 4500))
		return 0;
	if (op == PMP_NONE || size - 1 < 8)
		abort();
	if (data[3] == 0 && data[4] == 0 && size - 1 < (op == PMP_MAP ? 16u : 12u))
		abort();
	return 0;
}
