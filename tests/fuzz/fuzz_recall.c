/* The file that remembers the other machines: what is accepted is exactly what is printed. */
#include "manager/recall.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char line[RECALL_LINE_MAX + 1], again[RECALL_LINE_MAX];
	struct msg_dns_peer peer;

	if (size > RECALL_LINE_MAX)
		return 0;
	memcpy(line, data, size);
	line[size] = '\0';
	if (recall_parse(line, "alice.example.com", &peer) == 0 &&
	    (recall_print(&peer, again) >= sizeof again || strcmp(again, line) != 0))
		abort();
	return 0;
}
