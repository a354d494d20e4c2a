#include "config/types.h"

#include "base/str.h"

#include <string.h>

static const char *
set_number(const struct config_key *key, void *field, const char *value)
{
	static char why[64];
	unsigned long v;

	if (str_number(value, key->min, key->max, &v) != 0) {
		snprintf(
		    why, sizeof why, "a number from %lu to %lu is expected", key->min, key->max);
		return why;
	}
	*(unsigned *)field = (unsigned)v;
	return NULL;
}

static void
print_number(const struct config_key *key, const void *field, FILE *out)
{
	fprintf(out, "%u", *(const unsigned *)field);
}

const struct config_type config_number = {set_number, print_number};

static const char *
set_choice(const struct config_key *key, void *field, const char *value)
{
	static char why[128];
	size_t used;

	for (unsigned i = 0; key->words[i] != NULL; i++) {
		if (strcmp(key->words[i], value) == 0) {
			*(unsigned *)field = i;
			return NULL;
		}
	}
	used = (size_t)snprintf(why, sizeof why, "one of these is expected:");
	for (unsigned i = 0; key->words[i] != NULL && used < sizeof why; i++)
		used += (size_t)snprintf(why + used, sizeof why - used, " %s", key->words[i]);
	return why;
}

static void
print_choice(const struct config_key *key, const void *field, FILE *out)
{
	fputs(key->words[*(const unsigned *)field], out);
}

const struct config_type config_choice = {set_choice, print_choice};

void
config_print_text(const struct config_key *key, const void *field, FILE *out)
{
	const char *text = field;

	fputs(*text == '\0' ? key->fallback : text, out);
}

static const char *
set_name(const struct config_key *key, void *field, const char *value)
{
	if (*value == '\0' ||
	    strspn(value, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.") !=
		strlen(value))
		return "letters, digits, \"-\", \"_\" and \".\" are expected";
	return str_copy(field, key->size, value) == 0 ? NULL : "too long";
}

const struct config_type config_name = {set_name, config_print_text};

static const char *
set_path(const struct config_key *key, void *field, const char *value)
{
	if (strcmp(value, "none") == 0 && strcmp(key->fallback, "none") == 0)
		value = "";
	else if (*value != '/')
		return "an absolute path is expected";
	return str_copy(field, key->size, value) == 0 ? NULL : "too long";
}

const struct config_type config_path = {set_path, config_print_text};
