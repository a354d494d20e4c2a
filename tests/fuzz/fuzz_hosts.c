/* Lines of the hosts file.  What is accepted must be a machine that a program can use. */
#include "base/hosts.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hosts_entry e;

	if (hosts_parse_line((const char *)data, size, &e) != 0)
		return 0;
	if (strlen(e.name) == 0 || strlen(e.name) >= sizeof e.name || strlen(e.short_name) == 0 ||
	    strlen(e.short_name) >= sizeof e.short_name || (e.ula[0] & 0xfe) != 0xfc)
		abort();
	if (!hosts_match(&e, e.name) || !hosts_match(&e, e.short_name) || size > HOSTS_LINE_MAX)
		abort();
	return 0;
}
