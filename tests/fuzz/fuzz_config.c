/* autotunnel.conf: whatever is in it, what is accepted prints back and reads as the same. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct config_error error;
	struct config a, b;
	char *text = malloc(size + 1), *printed;
	size_t len;
	FILE *f;

	memcpy(text, data, size);
	text[size] = '\0';
	if (config_parse("fuzz", text, &a, &error) == 0) {
		f = open_memstream(&printed, &len);
		config_print(&a, f);
		fclose(f);
		if (config_parse("printed", printed, &b, &error) != 0)
			abort();
		free(printed);
	}
	free(text);
	return 0;
}
