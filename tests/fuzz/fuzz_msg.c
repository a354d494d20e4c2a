/* A message from a process that was taken over: the first octet chooses the direction. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/msg.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static union msg m;
	const char *why;
	enum msg_role from, to;
	int ok;

	if (size < 1 || size - 1 > sizeof m)
		return 0;
	from = 1 + data[0] % 5;
	to = 1 + data[0] / 5 % 5;
	memset(&m, 0xa5, sizeof m);
	memcpy(&m, data + 1, size - 1);
	ok = msg_check(&m, (uint32_t)(size - 1), from, to, data[0] >> 7, &why);
	if (ok == 0 &&
	    (msg_size(m.hdr.type) != size - 1 || (from != ROLE_MANAGER && to != ROLE_MANAGER)))
		abort();
	return 0;
}
