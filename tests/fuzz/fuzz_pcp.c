/*
 * PCP packets: first octet the question (bit 0: MAP, bit 1: IPv6), then the packet.  What is taken
 * for an answer is whole, ours, and can be passed on.
 */
#include "natpmp/pcp.h"

#include <netinet/in.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pcp_request req = {
	    .proto = IPPROTO_UDP,
	    .client = {.family = 4, .port = 4500, .addr = {192, 168, 1, 10}},
	    .nonce = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11},
	};
	struct pcp_answer a;
	enum pcp_fit fit;

	if (size == 0)
		return 0;
	req.op = (data[0] & 1) != 0 ? PCP_MAP : PCP_ANNOUNCE;
	if ((data[0] & 2) != 0)
		req.client = (struct endpoint) {.family = 6, .port = 4500, .addr = {0x20, 1}};
	fit = pcp_read(data + 1, size - 1, &req, &a);
	if (fit == PCP_OLDER && (size - 1 < 8 || data[1] != 0))
		abort();
	if (fit != PCP_ANSWER)
		return 0;
	if (size - 1 < 24 || a.op != req.op || !endpoint_valid(&a.external))
		abort();
	if ((a.result != PCP_SUCCESS || req.op != PCP_MAP) && a.external.family != 0)
		abort();
	if (a.result == PCP_SUCCESS && req.op == PCP_MAP && size - 1 < 60)
		abort();
	return 0;
}
