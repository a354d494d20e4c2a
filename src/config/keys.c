#include "config/keys.h"

#include "base/log.h"
#include "base/str.h"
#include "config/config.h"
#include "config/types.h"

#include <stddef.h>
#include <string.h>

/* ---- types of our own: one set and one print function each ---- */

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

static const struct config_type methods_type = {set_methods, print_methods};

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

static const struct config_type gateway_type = {set_gateway, print_endpoint};
static const struct config_type external_type = {set_external, print_endpoint};

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

static const struct config_type servers_type = {set_servers, print_servers};

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

static const struct config_type pins_type = {set_pins, print_pins};

static const char *
set_hostname(const struct config_key *key, void *field, const char *value)
{
	if (strcmp(value, "none") == 0)
		value = "";
	else if (!str_is_hostname(value, 0))
		return "none or a host name is expected";
	return str_copy(field, key->size, value) == 0 ? NULL : "too long";
}

static const struct config_type hostname_type = {set_hostname, config_print_text};

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

static const struct config_type everyone_type = {set_everyone, print_allow};
static const struct config_type machines_type = {set_machines, print_allow};

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
static const char *const no_yes[] = {"no", "yes", NULL};

#define AT(member) CONFIG_AT(struct config, member)
#define LIMITS CONFIG_LIMITS
#define WORDS CONFIG_WORDS
#define ANY CONFIG_ANY

static const struct config_key keys[] = {
    {"daemon", "listen-port", &config_number, "4500", AT(listen_port), LIMITS(1024, 65535)},
    {"daemon", "interface", &config_name, "at0", AT(interface), ANY},
    {"daemon", "mtu", &config_number, "1438", AT(mtu), LIMITS(1280, 1438)},
    {"daemon", "dataplane", &config_choice, "auto", AT(dataplane), WORDS(dataplane_words)},
    {"daemon", "offload", &config_choice, "yes", AT(offload), WORDS(no_yes)},
    {"daemon", "control-group", &config_name, "autotunnel", AT(control_group), ANY},
    {"daemon", "user-map", &config_name, "autotunnel-map", AT(user_map), ANY},
    {"daemon", "user-dns", &config_name, "autotunnel-dns", AT(user_dns), ANY},
    {"daemon", "user-ike", &config_name, "autotunnel-ike", AT(user_ike), ANY},
    {"daemon", "log", &config_choice, "notice", AT(log), WORDS(log_words)},
    {"daemon", "state-dir", &config_path, STATEDIR, AT(state_dir), ANY},
    {"daemon", "run-dir", &config_path, RUNDIR, AT(run_dir), ANY},
    {"mapping", "methods", &methods_type, "pcp natpmp upnp", AT(methods), ANY},
    {"mapping", "lifetime", &config_number, "3600", AT(lifetime), LIMITS(120, 86400)},
    {"mapping", "gateway", &gateway_type, "auto", AT(gateway), ANY},
    {"mapping", "external", &external_type, "auto", AT(external), ANY},
    {"names", "hosts-file", &config_choice, "yes", AT(hosts_file), WORDS(no_yes)},
    {"account", "server", &servers_type, "auto", AT(dns.servers), ANY},
    {"account", "transport", &config_choice, "auto", AT(dns.transport), WORDS(transport_words)},
    {"account", "tls-port", &config_number, "853", AT(dns.tls_port), LIMITS(1, 65535)},
    {"account", "tls-pin", &pins_type, "none", AT(dns.tls_pins), ANY},
    {"account", "tls-name", &hostname_type, "none", AT(dns.tls_name), ANY},
    {"account", "tls-ca", &config_path, CONFIG_CA_FILE, AT(dns.tls_ca), ANY},
    {"account", "connect", &config_choice, "on-demand", AT(connect), WORDS(connect_words)},
    {"account", "idle", &config_number, "1800", AT(idle), LIMITS(0, 604800)},
    {"account", "rekey", &config_number, "3600", AT(rekey), LIMITS(10, 86400)},
    {"account", "dpd", &config_number, "60", AT(dpd), LIMITS(2, 600)},
    {"allow", "everyone", &everyone_type, "ssh", AT(allow_everyone), ANY},
    {"allow", "machines", &machines_type, "none", AT(allow_machines), ANY},
};

/* "[account home]": the second word is the admin's own label. */
static int
enter(struct config_reader *r, char *text)
{
	if (strncmp(text, "account ", 8) == 0)
		text[7] = '\0';
	for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
		if (strcmp(keys[i].section, text) != 0)
			continue;
		r->section = keys[i].section;
		r->target = r->ctx;
		return 0;
	}
	return config_wrong(r, "unknown section [%.40s]", text);
}

const struct config_table config_table = {keys, sizeof keys / sizeof keys[0], 512, enter};
