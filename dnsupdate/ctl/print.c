/* Lines of KEY=VALUE: for people, or as JSON. */
#include "dnsupdate/ctl/ctl.h"

#include "cli/json.h"

#include <stdlib.h>
#include <string.h>

#define LINE_SIZE 8192

static int
is_number(const char *value)
{
	return *value != '\0' && strlen(value) < 20 && value[strspn(value, "0123456789")] == '\0';
}

static void
put_json(struct json *j, const char *key, const char *value)
{
	if (is_number(value))
		json_number(j, key, strtoull(value, NULL, 10));
	else if (strcmp(value, "yes") == 0 || strcmp(value, "no") == 0)
		json_bool(j, key, *value == 'y');
	else if (strcmp(value, "none") == 0)
		json_text(j, key, NULL);
	else
		json_text(j, key, value);
}

static void
line_to_json(char *line, FILE *out)
{
	struct json j = json_begin(out);
	char *save, *word = strtok_r(line, " \n", &save);

	json_text(&j, "kind", word);
	while ((word = strtok_r(NULL, " \n", &save)) != NULL) {
		char *value = strchr(word, '=');

		if (value == NULL)
			continue;
		*value++ = '\0';
		put_json(&j, word, value);
	}
	json_finish(&j);
}

/* "zone alice.example.org", then a key and its value a line. */
static void
line_to_text(char *line, FILE *out)
{
	char *save, *kind = strtok_r(line, " \n", &save), *word;

	fputs(kind, out);
	for (int first = 1; (word = strtok_r(NULL, " \n", &save)) != NULL; first = 0) {
		char *value = strchr(word, '=');

		if (value == NULL)
			continue;
		*value++ = '\0';
		if (first && strcmp(word, "name") == 0)
			fprintf(out, " %s\n", value);
		else
			fprintf(out, "%s  %-20s %s\n", first ? "\n" : "", word, value);
	}
}

int
print_lines(const struct ctl *c, FILE *in, FILE *out)
{
	char line[LINE_SIZE];

	while (fgets(line, sizeof(line), in) != NULL) {
		if (*line == '\n')
			continue;
		if (c->json)
			line_to_json(line, out);
		else
			line_to_text(line, out);
	}
	return ferror(in) || fflush(out) != 0 ? -1 : 0;
}
