#include "config/config.h"

#include "config/keys.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define CONFIG_SIZE_MAX 65536

/* The one after this; NULL: the first one, and after the last. */
static const char *
next_section(const char *section)
{
	int found = section == NULL;

	for (size_t i = 0; i < config_table.count; i++) {
		const char *here = config_table.key[i].section;
		int same = section != NULL && strcmp(here, section) == 0;

		if (found && !same)
			return here;
		found |= same;
	}
	return NULL;
}

void
config_defaults(struct config *c)
{
	const char *section = NULL;

	memset(c, 0, sizeof *c);
	while ((section = next_section(section)) != NULL)
		config_set_defaults(&config_table, section, c);
}

int
config_parse(const char *name, const char *text, struct config *c, struct config_error *error)
{
	struct config_reader r = {.table = &config_table, .file = name, .ctx = c, .error = error};

	config_defaults(c);
	return config_read(&r, text);
}

int
config_load(const char *path, int must_exist, struct config *c, struct config_error *error)
{
	char *text = config_text(path, CONFIG_SIZE_MAX, error);
	int rc;

	if (text == NULL && errno == ENOENT && !must_exist) {
		config_defaults(c);
		return 0;
	}
	rc = text == NULL ? -1 : config_parse(path, text, c, error);
	free(text);
	return rc;
}

void
config_print(const struct config *c, FILE *out)
{
	const char *section = NULL, *gap = "";

	while ((section = next_section(section)) != NULL) {
		fprintf(out, "%s[%s]\n", gap, section);
		config_print_section(&config_table, section, c, out);
		gap = "\n";
	}
}
