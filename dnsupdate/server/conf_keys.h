/* Inside conf.h: the table of keywords. */
#ifndef DNSUPDATE_SERVER_CONF_KEYS_H
#define DNSUPDATE_SERVER_CONF_KEYS_H

#include "dnsupdate/server/conf.h"

struct conf_key {
	const char *section; /* "server" or "zone" */
	const char *name;
	const char *fallback; /* as in the file */
	size_t offset; /* in struct conf or struct conf_zone */
	/* NULL, or why the value is none. */
	const char *(*set)(const struct conf_key *key, void *field, const char *value);
	void (*print)(const struct conf_key *key, const void *field, FILE *out);
	unsigned long min, max; /* of a number; max also the size of a text */
	const char *const *words; /* of a choice */
};

extern const struct conf_key conf_keys[];
extern const size_t conf_key_count;

#endif
