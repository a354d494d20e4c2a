#include "dnsupdate/server/conf_keys.h"

#include "base/log.h"
#include "base/str.h"
#include "dnsupdate/wire/name.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* ---- types: one set and one print function each ---- */

static const char *
set_number(const struct conf_key *key, void *field, const char *value)
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
print_number(const struct conf_key *key, const void *field, FILE *out)
{
	fprintf(out, "%u", *(const unsigned *)field);
}

static const char *
set_choice(const struct conf_key *key, void *field, const char *value)
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
print_choice(const struct conf_key *key, const void *field, FILE *out)
{
	fputs(key->words[*(const unsigned *)field], out);
}

static const char *
set_user(const struct conf_key *key, void *field, const char *value)
{
	if (*value == '\0' ||
	    strspn(value, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.") !=
		strlen(value))
		return "letters, digits, \"-\", \"_\" and \".\" are expected";
	return str_copy(field, key->max, value) == 0 ? NULL : "too long";
}

static const char *
set_path(const struct conf_key *key, void *field, const char *value)
{
	if (strcmp(value, "none") == 0 && strcmp(key->fallback, "none") == 0)
		value = "";
	else if (*value != '/')
		return "an absolute path is expected";
	return str_copy(field, key->max, value) == 0 ? NULL : "too long";
}

/* A name in the zone or elsewhere; "auto" is ns.ZONE. */
static const char *
set_host(const struct conf_key *key, void *field, const char *value)
{
	if (strcmp(value, "auto") == 0)
		value = "";
	else if (!str_is_hostname(value, 1))
		return "auto or a host name without final dot is expected";
	return str_copy(field, key->max, value) == 0 ? NULL : "too long";
}

static void
print_text(const struct conf_key *key, const void *field, FILE *out)
{
	const char *text = field;

	fputs(*text == '\0' ? key->fallback : text, out);
}

/* Addresses, each with an optional port (key->min: that of those without); "none" for none. */
static const char *
set_addresses(const struct conf_key *key, void *field, const char *value)
{
	struct conf_addresses list = {0};
	char copy[512], *save, *word;

	if (str_copy(copy, sizeof copy, value) != 0)
		return "too long";
	for (word = strtok_r(copy, " \t,", &save); word != NULL;
	     word = strtok_r(NULL, " \t,", &save)) {
		if (strcmp(value, "none") == 0)
			break;
		if (list.count == CONF_ADDRESSES_MAX)
			return "too many addresses";
		if (endpoint_parse(word, (uint16_t)key->min, &list.at[list.count++]) != 0)
			return "none or addresses (no names), each with an optional :PORT, are "
			       "expected";
	}
	if (list.count == 0 && strcmp(value, "none") != 0)
		return "none or addresses are expected";
	*(struct conf_addresses *)field = list;
	return NULL;
}

static void
print_addresses(const struct conf_key *key, const void *field, FILE *out)
{
	const struct conf_addresses *list = field;
	char text[ENDPOINT_TEXT_MAX];

	if (list->count == 0)
		fputs("none", out);
	for (unsigned i = 0; i < list->count; i++)
		fprintf(out, "%s%s", i == 0 ? "" : " ",
		    key->min == 0 ? endpoint_addr_text(&list->at[i], text)
				  : endpoint_text(&list->at[i], text));
}

/* The key that is named after an address.  NULL, or why it is none. */
static const char *
set_secondary_key(struct conf_secondaries *list, const char *word)
{
	struct name name;

	if (list->count == 0 || word == NULL || strchr(word, '#') != NULL ||
	    name_parse(&name, word) != 0)
		return "\"key\" stands behind an address and before a key's name";
	return str_copy(list->at[list->count - 1].key, MSG_NAME_MAX, word) == 0 ? NULL : "too long";
}

/* ADDRESS, or ADDRESS key NAME, and so on; "none" for none. */
static const char *
set_secondaries(const struct conf_key *key, void *field, const char *value)
{
	struct conf_secondaries list = {0};
	const char *why = NULL;
	char copy[1024], *save, *word;

	if (str_copy(copy, sizeof copy, value) != 0)
		return "too long";
	for (word = strtok_r(copy, " \t,", &save); word != NULL && why == NULL;
	     word = strtok_r(NULL, " \t,", &save)) {
		if (strcmp(value, "none") == 0)
			break;
		if (strcmp(word, "key") == 0)
			why = set_secondary_key(&list, strtok_r(NULL, " \t,", &save));
		else if (list.count == CONF_ADDRESSES_MAX)
			why = "too many addresses";
		else if (endpoint_parse(word, (uint16_t)key->min, &list.at[list.count++].to) != 0)
			why = "none or addresses (no names), each with an optional :PORT and "
			      "\"key NAME\", are expected";
	}
	if (why == NULL && list.count == 0 && strcmp(value, "none") != 0)
		why = "none or addresses are expected";
	if (why == NULL)
		*(struct conf_secondaries *)field = list;
	return why;
}

static void
print_secondaries(const struct conf_key *key, const void *field, FILE *out)
{
	const struct conf_secondaries *list = field;
	char text[ENDPOINT_TEXT_MAX];

	if (list->count == 0)
		fputs("none", out);
	for (unsigned i = 0; i < list->count; i++) {
		const struct conf_secondary *s = &list->at[i];

		fprintf(out, "%s%s%s%s", i == 0 ? "" : " ", endpoint_text(&s->to, text),
		    s->key[0] != '\0' ? " key " : "", s->key);
	}
}

/* One key a line; the same keyword may come again.  What the parts are is load.c's to judge. */
static const char *
add_key(const struct conf_key *key, void *field, const char *value)
{
	struct conf_key_text **list = field, *k;

	if (strcmp(value, "none") == 0)
		return NULL;
	if (strchr(value, ':') == NULL || strchr(strchr(value, ':') + 1, ':') == NULL)
		return "ALGORITHM:NAME:SECRET is expected";
	/* Printed after a blank, a "#" would begin a comment. */
	if (strpbrk(value, "# \t") != NULL)
		return "ALGORITHM:NAME:SECRET without blanks or # is expected";
	k = malloc(sizeof *k + strlen(value) + 1);
	if (k == NULL)
		return "out of memory";
	memcpy(k->text, value, strlen(value) + 1);
	k->next = *list;
	*list = k;
	return NULL;
}

static void
print_keys(const struct conf_key *key, const void *field, FILE *out)
{
	const struct conf_key_text *const *list = field;

	if (*list == NULL)
		fputs("none", out);
	for (const struct conf_key_text *k = *list; k != NULL; k = k->next) {
		fputs(k->text, out);
		if (k->next != NULL)
			fprintf(out, "\n%s = ", key->name);
	}
}

/* ---- the table ---- */

static const char *const log_words[] = {"error", "warning", "notice", "info", "debug", NULL};
static const char *const no_yes[] = {"no", "yes", NULL};

#define SERVER(member) offsetof(struct conf, member)
#define ZONE(member) offsetof(struct conf_zone, member)
#define NUMBER(section, name, fallback, at, min, max)                                              \
	{                                                                                          \
		section, name, fallback, at, set_number, print_number, min, max, NULL              \
	}
#define CHOICE(section, name, fallback, at, words)                                                 \
	{                                                                                          \
		section, name, fallback, at, set_choice, print_choice, 0, 0, words                 \
	}
#define TEXT(section, name, fallback, at, size, set)                                               \
	{                                                                                          \
		section, name, fallback, at, set, print_text, 0, size, NULL                        \
	}
#define ADDRESSES(section, name, fallback, at, port)                                               \
	{                                                                                          \
		section, name, fallback, at, set_addresses, print_addresses, port, 0, NULL         \
	}
#define SECONDARIES(section, name, at, port)                                                       \
	{                                                                                          \
		section, name, "none", at, set_secondaries, print_secondaries, port, 0, NULL       \
	}
#define KEYS(section, name, at)                                                                    \
	{                                                                                          \
		section, name, "none", at, add_key, print_keys, 0, 0, NULL                         \
	}

const struct conf_key conf_keys[] = {
    ADDRESSES("server", "listen", "0.0.0.0 0.0.0.0:5352 [::]:53 [::]:5352", SERVER(listen), 53),
    ADDRESSES("server", "tls-listen", "none", SERVER(tls_listen), 853),
    TEXT("server", "tls-key", "none", SERVER(tls_key), CONF_PATH_MAX, set_path),
    TEXT("server", "user", "autotunnel-dnsd", SERVER(user), CONF_USER_MAX, set_user),
    TEXT("server", "control-group", "autotunnel", SERVER(control_group), CONF_USER_MAX, set_user),
    TEXT("server", "state-dir", STATEDIR "-dnsd", SERVER(state_dir), CONF_PATH_MAX, set_path),
    TEXT("server", "run-dir", RUNDIR "-dnsd", SERVER(run_dir), CONF_PATH_MAX, set_path),
    CHOICE("server", "log", "notice", SERVER(log), log_words),
    NUMBER("server", "lease-min", "1800", SERVER(lease_min), 1, 604800),
    NUMBER("server", "lease-max", "7200", SERVER(lease_max), 1, 604800),
    NUMBER("server", "key-lease-max", "604800", SERVER(key_lease_max), 1, 31536000),
    NUMBER("server", "rate-limit", "100", SERVER(rate_limit), 0, 1000000),
    NUMBER("server", "connections", "20000", SERVER(connections), 1, 1000000),
    NUMBER("server", "network-connections", "1024", SERVER(network_connections), 1, 1000000),
    NUMBER("server", "journal-size", "64", SERVER(journal_size), 1, 4096),
    CHOICE("server", "weak-tsig", "no", SERVER(weak_tsig), no_yes),
    KEYS("zone", "account-key", ZONE(account_key)),
    KEYS("zone", "device-key", ZONE(device_key)),
    KEYS("zone", "transfer-key", ZONE(transfer_key)),
    TEXT("zone", "records", "none", ZONE(records), CONF_PATH_MAX, set_path),
    TEXT("zone", "name-server", "auto", ZONE(name_server), MSG_NAME_MAX, set_host),
    ADDRESSES("zone", "address", "none", ZONE(address), 0),
    SECONDARIES("zone", "notify", ZONE(notify), 53),
    TEXT("zone", "account-ca", "none", ZONE(account_ca), CONF_PATH_MAX, set_path),
    NUMBER("zone", "max-records", "10000000", ZONE(max_records), 10, 100000000),
    NUMBER("zone", "max-device-records", "256", ZONE(max_device_records), 10, 1000000),
    CHOICE("zone", "private", "no", ZONE(is_private), no_yes),
    CHOICE("zone", "services", "yes", ZONE(services), no_yes),
};
const size_t conf_key_count = sizeof conf_keys / sizeof conf_keys[0];
