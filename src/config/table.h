/*
 * A configuration file: sections of "key = value" lines, "#" comments.  The reader knows no
 * keyword.  A program describes its own in one table, a row for each: name, type, default, where
 * the value goes, limits; reading, checking, defaults and printing back all use it; man/lint.sh
 * holds it against the manual.  autotunneld's is keys.c, autotunnel-dnsd's
 * dnsupdate/server/conf_keys.c.
 */
#ifndef CONFIG_TABLE_H
#define CONFIG_TABLE_H

#include <stddef.h>
#include <stdio.h>

#define CONFIG_LINE_MAX 1024

struct config_key;

/* How a value is read and printed.  set: store it; NULL, or a phrase that completes "KEY: ". */
struct config_type {
	const char *(*set)(const struct config_key *key, void *field, const char *value);
	void (*print)(const struct config_key *key, const void *field, FILE *out);
};

struct config_key {
	const char *section;
	const char *name;
	const struct config_type *type;
	const char *fallback; /* default, as it would stand in the file */
	size_t offset, size; /* of the field in what the section goes to */
	unsigned long min, max; /* what a number may be; addresses: min = their usual port */
	const char *const *words; /* choices: their names in order, NULL at the end */
};

/* Parts of a row. */
#define CONFIG_AT(type, member) offsetof(type, member), sizeof(((type *)0)->member)
#define CONFIG_LIMITS(min, max) min, max, NULL
#define CONFIG_WORDS(words) 0, 0, words
#define CONFIG_PORT(port) port, 0, NULL
#define CONFIG_ANY 0, 0, NULL

struct config_error {
	char text[256]; /* "FILE:LINE: what is wrong" */
};

struct config_reader;

struct config_table {
	const struct config_key *key; /* those of a section stand together */
	size_t count;
	size_t line_max; /* a line is shorter than this; up to CONFIG_LINE_MAX */
	/* "[text]" was read: set the reader's section and target.  0, or config_wrong(). */
	int (*enter)(struct config_reader *r, char *text);
};

struct config_reader {
	const struct config_table *table;
	const char *file; /* its name, for errors */
	void *ctx; /* the program's */
	struct config_error *error;
	unsigned line; /* the one that is being read, or was the last */
	const char *section; /* as in the table; NULL before the first one */
	void *target; /* what its keys go to */
};

/* Fill the error, with file and line.  -1. */
int config_wrong(struct config_reader *r, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Read all lines; section, target and line begin zero.  0, or -1 with the error filled: what came
 * before is stored. */
int config_read(struct config_reader *r, const char *text);

/* The text of a file of less than `size` octets, to be freed.  NULL with errno and the error
 * filled. */
char *config_text(const char *path, size_t size, struct config_error *error);

/* NULL when there is none. */
const struct config_key *config_find(
    const struct config_table *t, const char *section, const char *name);

/* Store a value in what the key's section goes to.  NULL, or a phrase that completes "KEY: ". */
const char *config_set(const struct config_key *key, void *target, const char *value);

/* Store the defaults of a section. */
void config_set_defaults(const struct config_table *t, const char *section, void *target);

/* Print the keys of a section; what is printed reads back as the same. */
void config_print_section(
    const struct config_table *t, const char *section, const void *target, FILE *out);

#endif
