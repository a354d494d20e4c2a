/* Does the manual know every key of a configuration's table? */
#ifndef TESTS_UNIT_CONFIG_MANUAL_H
#define TESTS_UNIT_CONFIG_MANUAL_H

#include "base/file.h"
#include "config/table.h"

#include <stdlib.h>
#include <string.h>

/* "Cm KEY" on a line of items, "KEY" being the whole word. */
static inline int
manual_has(const char *manual, const char *key)
{
	size_t len = strlen(key);

	for (const char *p = manual; (p = strstr(p, "Cm ")) != NULL;) {
		p += 3;
		if (strncmp(p, key, len) == 0 && (p[len] == ' ' || p[len] == '\n'))
			return 1;
	}
	return 0;
}

/* The first key that says nothing of itself or is not in man/NAME; NULL when there is none. */
static inline const char *
manual_lacks(const struct config_table *t, const char *name)
{
	static char manual[1 << 16];
	const char *top = getenv("top_srcdir");
	char path[4096];
	ssize_t n;

	snprintf(path, sizeof path, "%s/man/%s", top == NULL ? "." : top, name);
	n = file_read(path, manual, sizeof manual - 1);
	manual[n < 0 ? 0 : n] = '\0';
	for (size_t i = 0; i < t->count; i++)
		if (t->key[i].about[0] == '\0' || !manual_has(manual, t->key[i].name))
			return t->key[i].name;
	return NULL;
}

#endif
