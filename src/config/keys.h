/* The table of keys behind config.h. */
#ifndef CONFIG_KEYS_H
#define CONFIG_KEYS_H

#include "config/table.h"

/* Sections go to struct config; the reader's ctx is where it is. */
extern const struct config_table config_table;

#endif
