/* autotunnel-dnsd.conf(5); what is accepted prints and reads back. */
#include "dnsupdate/server/conf.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char *
print(const struct conf *c)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	conf_print(c, out);
	fclose(out);
	return text;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct config_error error;
	struct conf c, again;
	char *text = malloc(size + 1), *printed;

	memcpy(text, data, size);
	text[size] = '\0';
	if (conf_parse("x", text, &c, &error) == 0) {
		printed = print(&c);
		if (conf_parse("x", printed, &again, &error) == -1)
			abort();
		conf_free(&again);
		free(printed);
	}
	conf_free(&c);
	free(text);
	return 0;
}
