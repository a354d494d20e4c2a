#include "ipsec/installed.h"

#include "base/str.h"

#include <stdlib.h>
#include <string.h>

/* [epoch:]upstream[-revision] -> upstream */
static int
upstream_part(char *version, char *out, size_t size)
{
	char *colon = strchr(version, ':'), *start = colon != NULL ? colon + 1 : version;
	char *dash = strrchr(start, '-');

	if (dash != NULL)
		*dash = '\0';
	return str_copy(out, size, start);
}

/* The value when line is "key: value", else NULL; cuts the newline. */
static char *
field(char *line, const char *key)
{
	size_t len = strlen(key);

	if (strncmp(line, key, len) != 0 || strncmp(line + len, ": ", 2) != 0)
		return NULL;
	line[strcspn(line, "\n")] = '\0';
	return line + len + 2;
}

int
installed_version(FILE *status, const char *package, char *out, size_t size)
{
	char *line = NULL, *value;
	int inside = 0, found = -1, installed = 0;
	size_t room = 0;

	while (found == -1 && getline(&line, &room, status) > 0) {
		if ((value = field(line, "Package")) != NULL) {
			inside = strcmp(value, package) == 0;
			installed = 0;
		} else if (inside && (value = field(line, "Status")) != NULL) {
			installed = strstr(value, " installed") != NULL;
		} else if (inside && installed && (value = field(line, "Version")) != NULL) {
			found = upstream_part(value, out, size);
		}
	}
	free(line);
	return found;
}
