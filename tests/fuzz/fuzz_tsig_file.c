/* Key statements.  What is accepted must print, and read back as the same keys. */
#include "identity/tsig_file.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(const struct tsig_key *key)
{
	static struct tsig_file again;
	char text[TSIG_TEXT_MAX], why[MSG_TEXT_MAX];
	size_t len = tsig_key_print(key, text);

	if (len != strlen(text) || tsig_file_parse(text, len, &again, why) == -1 ||
	    again.keys != 1 || memcmp(&again.key[0], key, sizeof *key) != 0)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct tsig_file file;
	char why[MSG_TEXT_MAX] = "";

	if (tsig_file_parse((const char *)data, size, &file, why) == -1) {
		if (why[0] == '\0' || strlen(why) >= sizeof why)
			abort();
		return 0;
	}
	for (int i = 0; i < file.keys; i++)
		check(&file.key[i]);
	return 0;
}
