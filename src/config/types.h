/* The types of values that more than one program has in its configuration. */
#ifndef CONFIG_TYPES_H
#define CONFIG_TYPES_H

#include "config/table.h"

/* unsigned: from min to max; the place of a word among words */
extern const struct config_type config_number, config_choice;
/* char[]: of a user, a group, an interface; an absolute path, or none where that is the default */
extern const struct config_type config_name, config_path;

/* Print a char[]; an empty one is what the default says. */
void config_print_text(const struct config_key *key, const void *field, FILE *out);

#endif
