#include "config/config.h"

#include "base/file.h"
#include "base/str.h"
#include "config/keys.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define CONFIG_SIZE_MAX 65536

struct reader {
	const char *file;
	unsigned line;
	char section[32]; /* empty before the first one */
	struct config *config;
	struct config_error *error;
};

static int __attribute__((format(printf, 2, 3))) wrong(struct reader *r, const char *fmt, ...)
{
	va_list args;
	int n = snprintf(r->error->text, sizeof r->error->text, "%s:%u: ", r->file, r->line);

	va_start(args, fmt);
	if (n > 0 && (size_t)n < sizeof r->error->text)
		vsnprintf(r->error->text + n, sizeof r->error->text - (size_t)n, fmt, args);
	va_end(args);
	return -1;
}

/* "[account home]": the second word is the admin's own label. */
static int
read_section(struct reader *r, char *line)
{
	size_t len = strlen(line);
	int known;

	if (line[len - 1] != ']')
		return wrong(r, "\"]\" is missing");
	line[len - 1] = '\0';
	line = str_trim(line + 1);
	if (strncmp(line, "account ", 8) == 0)
		line[7] = '\0';
	config_key_find(line, "", &known);
	if (!known)
		return wrong(r, "unknown section [%.40s]", line);
	snprintf(r->section, sizeof r->section, "%s", line);
	return 0;
}

static int
read_key(struct reader *r, char *line)
{
	char *equals = strchr(line, '='), *name, *value;
	const struct config_key *key;
	const char *why;
	int known;

	if (equals == NULL)
		return wrong(r, "\"KEY = VALUE\" or \"[SECTION]\" is expected");
	*equals = '\0';
	name = str_trim(line);
	value = str_trim(equals + 1);
	if (r->section[0] == '\0')
		return wrong(r, "\"%.40s\" stands before any [SECTION]", name);
	key = config_key_find(r->section, name, &known);
	if (key == NULL)
		return wrong(r, "unknown key \"%.40s\" in [%s]", name, r->section);
	why = key->set(key, config_field(r->config, key), value);
	return why == NULL ? 0 : wrong(r, "%s: %s", name, why);
}

static int
read_line(struct reader *r, char *line)
{
	str_cut_comment(line);
	line = str_trim(line);
	if (*line == '\0')
		return 0;
	return *line == '[' ? read_section(r, line) : read_key(r, line);
}

void
config_defaults(struct config *c)
{
	memset(c, 0, sizeof *c);
	for (size_t i = 0; i < config_key_count; i++) {
		const struct config_key *key = &config_keys[i];

		if (key->set(key, config_field(c, key), key->fallback) != NULL)
			abort(); /* a wrong line in our own table */
	}
}

int
config_parse(const char *name, const char *text, struct config *c, struct config_error *error)
{
	struct reader r = {.file = name, .config = c, .error = error};
	char line[512];

	config_defaults(c);
	while (*text != '\0') {
		size_t len = strcspn(text, "\n");

		r.line++;
		if (len >= sizeof line)
			return wrong(&r, "line too long");
		memcpy(line, text, len);
		line[len] = '\0';
		if (read_line(&r, line) != 0)
			return -1;
		text += len + (text[len] == '\n');
	}
	return 0;
}

int
config_load(const char *path, int must_exist, struct config *c, struct config_error *error)
{
	char *text = malloc(CONFIG_SIZE_MAX);
	ssize_t n = text == NULL ? -1 : file_read(path, text, CONFIG_SIZE_MAX - 1);
	int rc = -1;

	if (n == -1 && errno == ENOENT && !must_exist) {
		config_defaults(c);
		rc = 0;
	} else if (n == -1) {
		snprintf(error->text, sizeof error->text, "%s: %s", path, strerror(errno));
	} else if (memchr(text, '\0', (size_t)n) != NULL) {
		snprintf(error->text, sizeof error->text, "%s: not a text file", path);
	} else {
		text[n] = '\0';
		rc = config_parse(path, text, c, error);
	}
	free(text);
	return rc;
}

void
config_print(const struct config *c, FILE *out)
{
	const char *section = "";

	for (size_t i = 0; i < config_key_count; i++) {
		const struct config_key *key = &config_keys[i];

		if (strcmp(section, key->section) != 0)
			fprintf(out, "%s[%s]\n", *section == '\0' ? "" : "\n", key->section);
		section = key->section;
		fprintf(out, "%s = ", key->name);
		key->print(key, (const char *)c + key->offset, out);
		fputc('\n', out);
	}
}
