/* The account file.  What is accepted must print, and read back as the same. */
#include "identity/account_file.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct identity id, again;
	char why[MSG_TEXT_MAX] = "", text[ACCOUNT_FILE_SIZE];
	size_t len;

	if (account_file_parse((const char *)data, size, &id, why) == -1) {
		if (why[0] == '\0')
			abort();
		return 0;
	}
	if (!account_domain_valid(id.domain) || !account_name_valid(id.name, id.domain) ||
	    id.servers > MSG_SERVERS_MAX)
		abort();
	len = account_file_print(&id, text);
	if (len != strlen(text) || account_file_parse(text, len, &again, why) == -1 ||
	    strcmp(again.domain, id.domain) != 0 || strcmp(again.name, id.name) != 0 ||
	    again.servers != id.servers)
		abort();
	for (int i = 0; i < id.servers; i++)
		if (!endpoint_equal(&again.server[i], &id.server[i]))
			abort();
	return 0;
}
