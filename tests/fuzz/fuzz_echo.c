/* What arrives on the ping socket. */
#include "cli/echo.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t again[ECHO_LEN];
	struct echo e;

	if (echo_reply(data, size, &e) != 0)
		return 0;
	/* A reply differs from the request it belongs to in type and checksum only. */
	echo_request(&e, again);
	if (size != ECHO_LEN || memcmp(again + 4, data + 4, ECHO_LEN - 4) != 0)
		abort();
	return 0;
}
