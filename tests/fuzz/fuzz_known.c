/* The file that remembers the name server: what is accepted is exactly what is printed. */
#include "manager/known.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char text[KNOWN_TEXT_MAX + 1], again[KNOWN_TEXT_MAX];
	struct known k;

	if (size > KNOWN_TEXT_MAX)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	if (known_parse(text, "alice.example.com", &k) == 0 &&
	    (known_print(&k, "alice.example.com", again) < 0 || strcmp(again, text) != 0))
		abort();
	return 0;
}
