/* The file of routers: what is read is written so that it reads back as the same. */
#include "manager/memory.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct memory first, second;
	static char text[MEMORY_TEXT_MAX];
	size_t len;

	memory_parse(&first, (const char *)data, size);
	len = memory_print(&first, text);
	if (memory_parse(&second, text, len) != 0 || second.count != first.count)
		abort();
	if (memcmp(first.record, second.record, first.count * sizeof first.record[0]) != 0)
		abort();
	return 0;
}
