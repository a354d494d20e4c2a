#include "dnsupdate/server/conf.h"

#include "base/file.h"
#include "base/str.h"
#include "crypto/mac.h"
#include "dnsupdate/server/conf_keys.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define SIZE_MAX_FILE (1024 * 1024)

struct reader {
	const char *file;
	unsigned line;
	char section[16]; /* empty before the first one */
	void *target; /* what its keys go to */
	struct conf *conf;
	struct conf_zone **last;
	struct conf_error *error;
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

static void
defaults(const char *section, void *target)
{
	for (size_t i = 0; i < conf_key_count; i++) {
		const struct conf_key *key = &conf_keys[i];

		if (strcmp(key->section, section) == 0 &&
		    key->set(key, (char *)target + key->offset, key->fallback) != NULL)
			abort(); /* a wrong line in our own table */
	}
}

void
conf_zone_init(struct conf_zone *z)
{
	memset(z, 0, sizeof *z);
	defaults("zone", z);
}

static int
begin_zone(struct reader *r, const char *name)
{
	struct conf_zone *z;

	if (!str_is_hostname(name, 1))
		return wrong(r, "[zone %.60s]: a domain name without final dot is expected", name);
	for (z = r->conf->zones; z != NULL; z = z->next)
		if (strcasecmp(z->name, name) == 0)
			return wrong(r, "[zone %.60s] stands here twice", name);
	z = calloc(1, sizeof *z);
	if (z == NULL)
		return wrong(r, "out of memory");
	defaults("zone", z);
	str_copy(z->name, sizeof z->name, name);
	str_lower(z->name);
	*r->last = z;
	r->last = &z->next;
	r->target = z;
	return 0;
}

static int
read_section(struct reader *r, char *line)
{
	size_t len = strlen(line);

	if (line[len - 1] != ']')
		return wrong(r, "\"]\" is missing");
	line[len - 1] = '\0';
	line = str_trim(line + 1);
	if (strcmp(line, "server") == 0) {
		str_copy(r->section, sizeof r->section, "server");
		r->target = r->conf;
		return 0;
	}
	if (strncmp(line, "zone ", 5) != 0)
		return wrong(
		    r, "unknown section [%.40s]: there are [server] and [zone NAME]", line);
	str_copy(r->section, sizeof r->section, "zone");
	return begin_zone(r, str_trim(line + 5));
}

static int
read_key(struct reader *r, char *line)
{
	char *equals = strchr(line, '='), *name, *value;
	const struct conf_key *key = NULL;
	const char *why;

	if (equals == NULL)
		return wrong(r, "\"KEY = VALUE\" or \"[SECTION]\" is expected");
	*equals = '\0';
	name = str_trim(line);
	value = str_trim(equals + 1);
	if (r->section[0] == '\0')
		return wrong(r, "\"%.40s\" stands before any [SECTION]", name);
	for (size_t i = 0; i < conf_key_count; i++)
		if (strcmp(conf_keys[i].section, r->section) == 0 &&
		    strcmp(conf_keys[i].name, name) == 0)
			key = &conf_keys[i];
	if (key == NULL)
		return wrong(r, "unknown key \"%.40s\" in [%s]", name, r->section);
	why = key->set(key, (char *)r->target + key->offset, value);
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

int
conf_parse(const char *name, const char *text, struct conf *c, struct conf_error *error)
{
	struct reader r = {.file = name, .conf = c, .last = &c->zones, .error = error};
	char line[1024];

	memset(c, 0, sizeof *c);
	defaults("server", c);
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
	if (c->lease_min > c->lease_max)
		return wrong(&r, "lease-min is above lease-max");
	return 0;
}

int
conf_load(const char *path, struct conf *c, struct conf_error *error)
{
	char *text = malloc(SIZE_MAX_FILE);
	ssize_t n = text == NULL ? -1 : file_read(path, text, SIZE_MAX_FILE - 1);
	int rc = -1;

	memset(c, 0, sizeof *c);
	if (n == -1) {
		snprintf(error->text, sizeof error->text, "%s: %s", path, strerror(errno));
	} else if (memchr(text, '\0', (size_t)n) != NULL) {
		snprintf(error->text, sizeof error->text, "%s: not a text file", path);
	} else {
		text[n] = '\0';
		rc = conf_parse(path, text, c, error);
	}
	free(text);
	return rc;
}

static void
free_keys(struct conf_key_text *k)
{
	while (k != NULL) {
		struct conf_key_text *next = k->next;

		crypto_wipe(k->text, strlen(k->text));
		free(k);
		k = next;
	}
}

void
conf_zone_wipe_keys(struct conf_zone *z)
{
	free_keys(z->account_key);
	free_keys(z->device_key);
	free_keys(z->transfer_key);
	z->account_key = z->device_key = z->transfer_key = NULL;
}

void
conf_zone_free(struct conf_zone *z)
{
	conf_zone_wipe_keys(z);
	free(z);
}

void
conf_free(struct conf *c)
{
	while (c->zones != NULL) {
		struct conf_zone *next = c->zones->next;

		conf_zone_free(c->zones);
		c->zones = next;
	}
}

static void
print_section(const char *section, const void *target, FILE *out)
{
	for (size_t i = 0; i < conf_key_count; i++) {
		const struct conf_key *key = &conf_keys[i];

		if (strcmp(section, key->section) != 0)
			continue;
		fprintf(out, "%s = ", key->name);
		key->print(key, (const char *)target + key->offset, out);
		fputc('\n', out);
	}
}

void
conf_print_zone(const struct conf_zone *z, FILE *out)
{
	fprintf(out, "\n[zone %s]\n", z->name);
	print_section("zone", z, out);
}

void
conf_print(const struct conf *c, FILE *out)
{
	fputs("[server]\n", out);
	print_section("server", c, out);
	for (const struct conf_zone *z = c->zones; z != NULL; z = z->next)
		conf_print_zone(z, out);
}
