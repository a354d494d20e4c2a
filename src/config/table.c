#include "config/table.h"

#include "base/file.h"
#include "base/str.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

int
config_wrong(struct config_reader *r, const char *fmt, ...)
{
	va_list args;
	int n = snprintf(r->error->text, sizeof r->error->text, "%s:%u: ", r->file, r->line);

	va_start(args, fmt);
	if (n > 0 && (size_t)n < sizeof r->error->text)
		vsnprintf(r->error->text + n, sizeof r->error->text - (size_t)n, fmt, args);
	va_end(args);
	return -1;
}

static int
read_section(struct config_reader *r, char *line)
{
	size_t len = strlen(line);

	if (line[len - 1] != ']')
		return config_wrong(r, "\"]\" is missing");
	line[len - 1] = '\0';
	return r->table->enter(r, str_trim(line + 1));
}

static int
read_key(struct config_reader *r, char *line)
{
	char *equals = strchr(line, '='), *name, *value;
	const struct config_key *key;
	const char *why;

	if (equals == NULL)
		return config_wrong(r, "\"KEY = VALUE\" or \"[SECTION]\" is expected");
	*equals = '\0';
	name = str_trim(line);
	value = str_trim(equals + 1);
	if (r->section == NULL)
		return config_wrong(r, "\"%.40s\" stands before any [SECTION]", name);
	key = config_find(r->table, r->section, name);
	if (key == NULL)
		return config_wrong(r, "unknown key \"%.40s\" in [%s]", name, r->section);
	why = config_set(key, r->target, value);
	return why == NULL ? 0 : config_wrong(r, "%s: %s", name, why);
}

static int
read_line(struct config_reader *r, char *line)
{
	str_cut_comment(line);
	line = str_trim(line);
	if (*line == '\0')
		return 0;
	return *line == '[' ? read_section(r, line) : read_key(r, line);
}

int
config_read(struct config_reader *r, const char *text)
{
	char line[CONFIG_LINE_MAX];

	while (*text != '\0') {
		size_t len = strcspn(text, "\n");

		r->line++;
		if (len >= r->table->line_max || len >= sizeof line)
			return config_wrong(r, "line too long");
		memcpy(line, text, len);
		line[len] = '\0';
		if (read_line(r, line) != 0)
			return -1;
		text += len + (text[len] == '\n');
	}
	return 0;
}

char *
config_text(const char *path, size_t size, struct config_error *error)
{
	char *text = malloc(size);
	ssize_t n = text == NULL ? -1 : file_read(path, text, size - 1);
	int saved = errno;

	if (n >= 0 && memchr(text, '\0', (size_t)n) == NULL) {
		text[n] = '\0';
		return text;
	}
	snprintf(error->text, sizeof error->text, "%s: %s", path,
	    n == -1 ? strerror(saved) : "not a text file");
	free(text);
	errno = n == -1 ? saved : EINVAL;
	return NULL;
}

const struct config_key *
config_find(const struct config_table *t, const char *section, const char *name)
{
	for (size_t i = 0; i < t->count; i++)
		if (strcmp(t->key[i].section, section) == 0 && strcmp(t->key[i].name, name) == 0)
			return &t->key[i];
	return NULL;
}

const char *
config_set(const struct config_key *key, void *target, const char *value)
{
	return key->type->set(key, (char *)target + key->offset, value);
}

void
config_set_defaults(const struct config_table *t, const char *section, void *target)
{
	for (size_t i = 0; i < t->count; i++)
		if (strcmp(t->key[i].section, section) == 0 &&
		    config_set(&t->key[i], target, t->key[i].fallback) != NULL)
			abort(); /* a wrong row in our own table */
}

void
config_print_section(
    const struct config_table *t, const char *section, const void *target, FILE *out)
{
	for (size_t i = 0; i < t->count; i++) {
		const struct config_key *key = &t->key[i];

		if (strcmp(key->section, section) != 0)
			continue;
		fprintf(out, "%s = ", key->name);
		key->type->print(key, (const char *)target + key->offset, out);
		fputc('\n', out);
	}
}
