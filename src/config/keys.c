#include "config/keys.h"

#include "base/log.h"
#include "base/str.h"

#include <stddef.h>
#include <string.h>

/* ---- types: one set and one print function each ---- */

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

static const char *
set_name(const struct config_key *key, void *field, const char *value)
{
	if (*value == '\0' ||
	    strspn(value, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.") !=
		strlen(value))
		return "letters, digits, \"-\", \"_\" and \".\" are expected";
	return str_copy(field, key->max, value) == 0 ? NULL : "too long";
}

static const char *
set_path(const struct config_key *key, void *field, const char *value)
{
	if (*value != '/')
		return "an absolute path is expected";
	return str_copy(field, key->max, value) == 0 ? NULL : "too long";
}

static void
print_text(const struct config_key *key, const void *field, FILE *out)
{
	fputs(field, out);
}

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

static const struct {
	const char *name;
	unsigned bit;
} methods[] = {{"pcp", NAT_METHOD_PCP}, {"natpmp", NAT_METHOD_NATPMP}, {"upnp", NAT_METHOD_UPNP}};

#define METHODS (sizeof methods / sizeof methods[0])

static const char *
set_methods(const struct config_key *key, void *field, const char *value)
{
	char copy[128], *save, *word;
	unsigned set = 0, none = 0, words = 0;

	if (str_copy(copy, sizeof copy, value) != 0)
		return "too long";
	for (word = strtok_r(copy, " \t,", &save); word != NULL;
	     word = strtok_r(NULL, " \t,", &save)) {
		size_t i = 0;

		words++;
		if (strcmp(word, "none") == 0) {
			none = 1;
			continue;
		}
		while (i < METHODS && strcmp(methods[i].name, word) != 0)
			i++;
		if (i == METHODS)
			return "pcp, natpmp, upnp or none is expected";
		set |= methods[i].bit;
	}
	if (words == 0 || (none && words > 1))
		return "methods, or none alone, are expected";
	*(unsigned *)field = set;
	return NULL;
}

static void
print_methods(const struct config_key *key, const void *field, FILE *out)
{
	unsigned set = *(const unsigned *)field;
	const char *gap = "";

	if (set == 0)
		fputs("none", out);
	for (size_t i = 0; i < METHODS; i++) {
		if ((set & methods[i].bit) == 0)
			continue;
		fprintf(out, "%s%s", gap, methods[i].name);
		gap = " ";
	}
}

static const char *
set_gateway(const struct config_key *key, void *field, const char *value)
{
	struct endpoint ep = {0};

	if (strcmp(value, "auto") != 0 &&
	    (endpoint_parse(value, 0, &ep) != 0 || ep.family != 4 || ep.port != 0))
		return "auto or the router's IPv4 address is expected";
	*(struct endpoint *)field = ep;
	return NULL;
}

static const char *
set_external(const struct config_key *key, void *field, const char *value)
{
	struct endpoint ep = {0};

	if (strcmp(value, "auto") != 0 && (endpoint_parse(value, 0, &ep) != 0 || ep.port == 0))
		return "auto or ADDRESS:PORT is expected";
	*(struct endpoint *)field = ep;
	return NULL;
}

static void
print_endpoint(const struct config_key *key, const void *field, FILE *out)
{
	const struct endpoint *ep = field;
	char text[ENDPOINT_TEXT_MAX];

	if (ep->family == 0)
		fputs("auto", out);
	else
		fputs(ep->port == 0 ? endpoint_addr_text(ep, text) : endpoint_text(ep, text), out);
}

/* servers and server[] stand side by side in struct config_dns; the key's offset is that of
 * servers. */
static const char *
set_servers(const struct config_key *key, void *field, const char *value)
{
	struct config_dns *c =
	    (struct config_dns *)((char *)field - offsetof(struct config_dns, servers));
	struct endpoint list[MSG_SERVERS_MAX] = {{0}};
	char copy[256], *save, *word;
	unsigned n = 0;

	if (str_copy(copy, sizeof copy, value) != 0)
		return "too long";
	for (word = strtok_r(copy, " \t,", &save); word != NULL;
	     word = strtok_r(NULL, " \t,", &save)) {
		if (strcmp(copy, "auto") == 0)
			break;
		if (n == MSG_SERVERS_MAX)
			return "too many addresses";
		if (endpoint_parse(word, 53, &list[n++]) != 0)
			return "auto or addresses (no names), each with an optional :PORT, are expected";
	}
	if (n == 0 && strcmp(value, "auto") != 0)
		return "auto or addresses are expected";
	c->servers = n;
	memcpy(c->server, list, sizeof list);
	return NULL;
}

static void
print_servers(const struct config_key *key, const void *field, FILE *out)
{
	const struct config_dns *c =
	    (const struct config_dns *)((const char *)field - offsetof(struct config_dns, servers));
	char text[ENDPOINT_TEXT_MAX];

	if (c->servers == 0)
		fputs("auto", out);
	for (unsigned i = 0; i < c->servers; i++)
		fprintf(out, "%s%s", i == 0 ? "" : " ", endpoint_text(&c->server[i], text));
}

/* 32 octets in base64, written the one right way: the last character has two bits to spare. */
static int
is_pin(const char *text)
{
	static const char set[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	return strlen(text) == CONFIG_PIN_MAX - 1 && strspn(text, set) == CONFIG_PIN_MAX - 2 &&
	    text[CONFIG_PIN_MAX - 2] == '=' &&
	    strchr("AEIMQUYcgkosw048", text[CONFIG_PIN_MAX - 3]) != NULL;
}

/* As set_servers, with tls_pins and tls_pin. */
static const char *
set_pins(const struct config_key *key, void *field, const char *value)
{
	struct config_dns *c =
	    (struct config_dns *)((char *)field - offsetof(struct config_dns, tls_pins));
	char list[MSG_PINS_MAX][CONFIG_PIN_MAX] = {{0}}, copy[256], *save, *word;
	unsigned n = 0;

	if (str_copy(copy, sizeof copy, strcmp(value, "none") == 0 ? "" : value) != 0)
		return "too long";
	for (word = strtok_r(copy, " \t,", &save); word != NULL;
	     word = strtok_r(NULL, " \t,", &save)) {
		if (n == MSG_PINS_MAX)
			return "too many pins";
		if (!is_pin(word))
			return "none or pins (44 characters of base64 each) are expected";
		str_copy(list[n++], CONFIG_PIN_MAX, word);
	}
	c->tls_pins = n;
	memcpy(c->tls_pin, list, sizeof list);
	return NULL;
}

static void
print_pins(const struct config_key *key, const void *field, FILE *out)
{
	const struct config_dns *c = (const struct config_dns *)((const char *)field -
	    offsetof(struct config_dns, tls_pins));

	if (c->tls_pins == 0)
		fputs("none", out);
	for (unsigned i = 0; i < c->tls_pins; i++)
		fprintf(out, "%s%s", i == 0 ? "" : " ", c->tls_pin[i]);
}

static const char *
set_hostname(const struct config_key *key, void *field, const char *value)
{
	if (strcmp(value, "none") == 0)
		value = "";
	else if (!str_is_hostname(value, 0))
		return "none or a host name is expected";
	return str_copy(field, MSG_NAME_MAX, value) == 0 ? NULL : "too long";
}

static void
print_hostname(const struct config_key *key, const void *field, FILE *out)
{
	fputs(*(const char *)field == '\0' ? "none" : field, out);
}

/* ---- the table ---- */

static const char *const log_words[] = {"error", "warning", "notice", "info", "debug", NULL};
static const char *const dataplane_words[] = {"auto", "kernel", "user", NULL};
static const char *const connect_words[] = {"on-demand", "always", NULL};
static const char *const transport_words[] = {
    [DNS_TRANSPORT_AUTO] = "auto",
    [DNS_TRANSPORT_TLS] = "tls",
    [DNS_TRANSPORT_TCP] = "tcp",
    [DNS_TRANSPORT_UDP] = "udp",
    [DNS_TRANSPORT_MAX] = NULL,
};
/* ---- what may come in ---- */

static const char *
set_everyone(const struct config_key *key, void *field, const char *value)
{
	return allow_parse(field, value, 0);
}

static const char *
set_machines(const struct config_key *key, void *field, const char *value)
{
	return allow_parse(field, value, 1);
}

static void
print_allow(const struct config_key *key, const void *field, FILE *out)
{
	fputs(((const struct allow *)field)->text, out);
}

static const char *const no_yes[] = {"no", "yes", NULL};

#define FIELD(member) offsetof(struct config, member)
#define NUMBER(section, name, fallback, member, min, max)                                          \
	{                                                                                          \
		section, name, fallback, FIELD(member), set_number, print_number, min, max, NULL   \
	}
#define CHOICE(section, name, fallback, member, words)                                             \
	{                                                                                          \
		section, name, fallback, FIELD(member), set_choice, print_choice, 0, 0, words      \
	}
#define TEXT(section, name, fallback, member, set)                                                 \
	{                                                                                          \
		section, name, fallback, FIELD(member), set, print_text, 0,                        \
		    sizeof(((struct config *)0)->member), NULL                                     \
	}
#define OTHER(section, name, fallback, member, set, print)                                         \
	{                                                                                          \
		section, name, fallback, FIELD(member), set, print, 0, 0, NULL                     \
	}

const struct config_key config_keys[] = {
    NUMBER("daemon", "listen-port", "4500", listen_port, 1024, 65535),
    TEXT("daemon", "interface", "at0", interface, set_name),
    NUMBER("daemon", "mtu", "1438", mtu, 1280, 1438),
    CHOICE("daemon", "dataplane", "auto", dataplane, dataplane_words),
    CHOICE("daemon", "offload", "yes", offload, no_yes),
    TEXT("daemon", "control-group", "autotunnel", control_group, set_name),
    TEXT("daemon", "user-map", "autotunnel-map", user_map, set_name),
    TEXT("daemon", "user-dns", "autotunnel-dns", user_dns, set_name),
    TEXT("daemon", "user-ike", "autotunnel-ike", user_ike, set_name),
    CHOICE("daemon", "log", "notice", log, log_words),
    TEXT("daemon", "state-dir", STATEDIR, state_dir, set_path),
    TEXT("daemon", "run-dir", RUNDIR, run_dir, set_path),
    OTHER("mapping", "methods", "pcp natpmp upnp", methods, set_methods, print_methods),
    NUMBER("mapping", "lifetime", "3600", lifetime, 120, 86400),
    OTHER("mapping", "gateway", "auto", gateway, set_gateway, print_endpoint),
    OTHER("mapping", "external", "auto", external, set_external, print_endpoint),
    CHOICE("names", "hosts-file", "yes", hosts_file, no_yes),
    OTHER("account", "server", "auto", dns.servers, set_servers, print_servers),
    CHOICE("account", "transport", "auto", dns.transport, transport_words),
    NUMBER("account", "tls-port", "853", dns.tls_port, 1, 65535),
    OTHER("account", "tls-pin", "none", dns.tls_pins, set_pins, print_pins),
    OTHER("account", "tls-name", "none", dns.tls_name, set_hostname, print_hostname),
    TEXT("account", "tls-ca", CONFIG_CA_FILE, dns.tls_ca, set_path),
    CHOICE("account", "connect", "on-demand", connect, connect_words),
    NUMBER("account", "idle", "1800", idle, 0, 604800),
    NUMBER("account", "rekey", "3600", rekey, 10, 86400),
    NUMBER("account", "dpd", "60", dpd, 2, 600),
    OTHER("allow", "everyone", "ssh", allow_everyone, set_everyone, print_allow),
    OTHER("allow", "machines", "none", allow_machines, set_machines, print_allow),
};

const size_t config_key_count = sizeof config_keys / sizeof config_keys[0];

const struct config_key *
config_key_find(const char *section, const char *name, int *section_known)
{
	*section_known = 0;
	for (size_t i = 0; i < config_key_count; i++) {
		if (strcmp(config_keys[i].section, section) != 0)
			continue;
		*section_known = 1;
		if (strcmp(config_keys[i].name, name) == 0)
			return &config_keys[i];
	}
	return NULL;
}

void *
config_field(struct config *c, const struct config_key *key)
{
	return (char *)c + key->offset;
}
