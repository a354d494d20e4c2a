#include "cli/span.h"

#include <stdlib.h>
#include <string.h>

static uint64_t
unit(const char *text)
{
	static const struct {
		const char *name;
		uint32_t sec;
	} units[] = {{"", 1}, {"s", 1}, {"m", 60}, {"h", 3600}, {"d", 86400}};

	for (unsigned i = 0; i < sizeof units / sizeof units[0]; i++)
		if (strcmp(text, units[i].name) == 0)
			return units[i].sec;
	return 0;
}

int
span_parse(const char *text, uint32_t min, uint32_t max, uint32_t *sec)
{
	size_t digits = strspn(text, "0123456789");
	uint64_t n;

	if (digits == 0 || digits > 9)
		return -1;
	n = strtoul(text, NULL, 10) * unit(text + digits);
	if (n < min || n > max)
		return -1;
	*sec = (uint32_t)n;
	return 0;
}
