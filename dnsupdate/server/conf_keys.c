#include "dnsupdate/server/conf_keys.h"

#include "base/log.h"
#include "base/str.h"
#include "config/types.h"
#include "dnsupdate/wire/name.h"

#include <stdlib.h>
#include <string.h>

/* ---- types of our own: one set and one print function each ---- */

/* A name in the zone or elsewhere; "auto" is ns.ZONE. */
static const char *
set_host(const struct config_key *key, void *field, const char *value)
{
	if (strcmp(value, "auto") == 0)
		value = "";
	else if (!str_is_hostname(value, 1))
		return "auto or a host name without final dot is expected";
	return str_copy(field, key->size, value) == 0 ? NULL : "too long";
}

static const struct config_type host_type = {set_host, config_print_text};

/* Addresses, each with an optional port (key->min: that of those without); "none" for none. */
static const char *
set_addresses(const struct config_key *key, void *field, const char *value)
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
print_addresses(const struct config_key *key, const void *field, FILE *out)
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

static const struct config_type addresses_type = {set_addresses, print_addresses};

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
set_secondaries(const struct config_key *key, void *field, const char *value)
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
print_secondaries(const struct config_key *key, const void *field, FILE *out)
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

static const struct config_type secondaries_type = {set_secondaries, print_secondaries};

/* One key a line; the same keyword may come again.  What the parts are is load.c's to judge. */
static const char *
add_key(const struct config_key *key, void *field, const char *value)
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
print_keys(const struct config_key *key, const void *field, FILE *out)
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

static const struct config_type key_list_type = {add_key, print_keys};

/* ---- the table ---- */

static const char *const log_words[] = {"error", "warning", "notice", "info", "debug", NULL};
static const char *const no_yes[] = {"no", "yes", NULL};

#define SERVER(member) CONFIG_AT(struct conf, member)
#define ZONE(member) CONFIG_AT(struct conf_zone, member)
#define LIMITS CONFIG_LIMITS
#define WORDS CONFIG_WORDS
#define PORT CONFIG_PORT
#define ANY CONFIG_ANY

static const struct config_key keys[] = {
    {"server", "listen", &addresses_type, "0.0.0.0 0.0.0.0:5352 [::]:53 [::]:5352", SERVER(listen),
	PORT(53)},
    {"server", "tls-listen", &addresses_type, "none", SERVER(tls_listen), PORT(853)},
    {"server", "tls-key", &config_path, "none", SERVER(tls_key), ANY},
    {"server", "user", &config_name, "autotunnel-dnsd", SERVER(user), ANY},
    {"server", "control-group", &config_name, "autotunnel", SERVER(control_group), ANY},
    {"server", "state-dir", &config_path, STATEDIR "-dnsd", SERVER(state_dir), ANY},
    {"server", "run-dir", &config_path, RUNDIR "-dnsd", SERVER(run_dir), ANY},
    {"server", "log", &config_choice, "notice", SERVER(log), WORDS(log_words)},
    {"server", "lease-min", &config_number, "1800", SERVER(lease_min), LIMITS(1, 604800)},
    {"server", "lease-max", &config_number, "7200", SERVER(lease_max), LIMITS(1, 604800)},
    {"server", "key-lease-max", &config_number, "604800", SERVER(key_lease_max),
	LIMITS(1, 31536000)},
    {"server", "rate-limit", &config_number, "100", SERVER(rate_limit), LIMITS(0, 1000000)},
    {"server", "connections", &config_number, "20000", SERVER(connections), LIMITS(1, 1000000)},
    {"server", "network-connections", &config_number, "1024", SERVER(network_connections),
	LIMITS(1, 1000000)},
    {"server", "journal-size", &config_number, "64", SERVER(journal_size), LIMITS(1, 4096)},
    {"server", "weak-tsig", &config_choice, "no", SERVER(weak_tsig), WORDS(no_yes)},
    {"zone", "account-key", &key_list_type, "none", ZONE(account_key), ANY},
    {"zone", "device-key", &key_list_type, "none", ZONE(device_key), ANY},
    {"zone", "transfer-key", &key_list_type, "none", ZONE(transfer_key), ANY},
    {"zone", "records", &config_path, "none", ZONE(records), ANY},
    {"zone", "name-server", &host_type, "auto", ZONE(name_server), ANY},
    {"zone", "address", &addresses_type, "none", ZONE(address), PORT(0)},
    {"zone", "notify", &secondaries_type, "none", ZONE(notify), PORT(53)},
    {"zone", "account-ca", &config_path, "none", ZONE(account_ca), ANY},
    {"zone", "max-records", &config_number, "10000000", ZONE(max_records), LIMITS(10, 100000000)},
    {"zone", "max-device-records", &config_number, "256", ZONE(max_device_records),
	LIMITS(10, 1000000)},
    {"zone", "private", &config_choice, "no", ZONE(is_private), WORDS(no_yes)},
    {"zone", "services", &config_choice, "yes", ZONE(services), WORDS(no_yes)},
};

static int
begin_zone(struct config_reader *r, const char *name)
{
	struct conf_filling *f = r->ctx;
	struct conf_zone *z;

	if (!str_is_hostname(name, 1))
		return config_wrong(
		    r, "[zone %.60s]: a domain name without final dot is expected", name);
	for (z = f->conf->zones; z != NULL; z = z->next)
		if (strcasecmp(z->name, name) == 0)
			return config_wrong(r, "[zone %.60s] stands here twice", name);
	z = malloc(sizeof *z);
	if (z == NULL)
		return config_wrong(r, "out of memory");
	conf_zone_init(z);
	str_copy(z->name, sizeof z->name, name);
	str_lower(z->name);
	*f->last = z;
	f->last = &z->next;
	r->section = "zone";
	r->target = z;
	return 0;
}

static int
enter(struct config_reader *r, char *text)
{
	if (strncmp(text, "zone ", 5) == 0)
		return begin_zone(r, str_trim(text + 5));
	if (strcmp(text, "server") != 0)
		return config_wrong(
		    r, "unknown section [%.40s]: there are [server] and [zone NAME]", text);
	r->section = "server";
	r->target = ((struct conf_filling *)r->ctx)->conf;
	return 0;
}

const struct config_table conf_table = {keys, sizeof keys / sizeof keys[0], CONFIG_LINE_MAX, enter};
