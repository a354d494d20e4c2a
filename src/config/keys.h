/* The table of keys behind config.h. */
#ifndef CONFIG_KEYS_H
#define CONFIG_KEYS_H

#include "config/config.h"

struct config_key {
	const char *section;
	const char *name;
	const char *fallback; /* default, as it would stand in the file */
	size_t offset; /* of the field in struct config */
	/* Store value; NULL, or a phrase that completes "KEY: ". */
	const char *(*set)(const struct config_key *key, void *field, const char *value);
	void (*print)(const struct config_key *key, const void *field, FILE *out);
	unsigned long min, max; /* numbers: limits; texts: max = size of the field */
	const char *const *words; /* choices: their names in order, NULL at the end */
};

extern const struct config_key config_keys[];
extern const size_t config_key_count;

/* NULL when there is none; *section_known tells why. */
const struct config_key *config_key_find(const char *section, const char *name, int *section_known);
void *config_field(struct config *c, const struct config_key *key);

#endif
