#include "cli/enrol_options.h"

#include "base/file.h"
#include "base/str.h"
#include "cli/cmd.h"
#include "crypto/mac.h"
#include "identity/account_file.h"
#include "identity/tsig_file.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define WAIT_MAX_SEC (24UL * 3600)

enum option_key {
	OPT_DOMAIN = 256,
	OPT_SERVER,
	OPT_NAME,
	OPT_KEY,
	OPT_WAIT,
	OPT_STATE,
	OPT_REPLACE,
	OPT_DNSD,
	OPT_DNSD_CONFIG,
	OPT_CODE_FILE,
};

static const struct option options[] = {
    {"domain", required_argument, NULL, OPT_DOMAIN},
    {"server", required_argument, NULL, OPT_SERVER},
    {"name", required_argument, NULL, OPT_NAME},
    {"key", required_argument, NULL, OPT_KEY},
    {"wait", required_argument, NULL, OPT_WAIT},
    {"state", required_argument, NULL, OPT_STATE},
    {"replace", no_argument, NULL, OPT_REPLACE},
    {"dnsd", required_argument, NULL, OPT_DNSD},
    {"dnsd-config", required_argument, NULL, OPT_DNSD_CONFIG},
    {"code-file", required_argument, NULL, OPT_CODE_FILE},
    {NULL, 0, NULL, 0},
};

/* Lower case, without the final dot people may write. */
static int
set_name(char out[MSG_NAME_MAX], const char *text)
{
	size_t len;

	if (str_copy(out, MSG_NAME_MAX, text) == -1)
		return -1;
	len = strlen(out);
	if (len > 1 && out[len - 1] == '.')
		out[len - 1] = '\0';
	str_lower(out);
	return 0;
}

static int
set_domain(struct enrol_options *o, const char *text)
{
	if (set_name(o->domain, text) == 0 && account_domain_valid(o->domain))
		return 0;
	cmd_warn(
	    "\"%s\" cannot be an account's domain: at most %d letters, digits, hyphens and dots",
	    text, ACCOUNT_DOMAIN_MAX);
	return -1;
}

int
enrol_add_servers(const char *list, uint8_t *servers, struct endpoint server[MSG_SERVERS_MAX])
{
	while (*list != '\0') {
		size_t len = strcspn(list, ",");
		char text[ENDPOINT_TEXT_MAX + 1];

		snprintf(text, sizeof text, "%.*s", (int)len, list);
		if (len >= sizeof text || *servers == MSG_SERVERS_MAX ||
		    endpoint_parse(text, DNS_PORT, &server[*servers]) == -1) {
			cmd_warn("--server takes up to %d numeric addresses, not \"%s\"",
			    MSG_SERVERS_MAX, text);
			return -1;
		}
		(*servers)++;
		list += len + (list[len] == ',');
	}
	return 0;
}

static int
set_wait(struct enrol_options *o, const char *text)
{
	if (str_number(text, 0, WAIT_MAX_SEC, &o->wait_sec) == 0)
		return 0;
	cmd_warn("--wait takes a number of seconds, not \"%s\"", text);
	return -1;
}

/* "-" is standard input. */
static int
read_code(struct enrol_options *o, const char *path)
{
	char text[INVITE_TEXT_MAX];
	ssize_t n = file_read(strcmp(path, "-") == 0 ? "/dev/stdin" : path, text, sizeof text - 1);

	if (n == -1) {
		cmd_warn("%s: %s", path, strerror(errno));
		return -1;
	}
	text[n] = '\0';
	memcpy(o->code, text, sizeof text);
	crypto_wipe(text, sizeof text);
	return 0;
}

static int
set_option(struct enrol_options *o, const char *verb, int c)
{
	int init = strcmp(verb, "init") == 0;

	switch (c) {
	case OPT_DOMAIN:
		return init || strcmp(verb, "repair") == 0 ? set_domain(o, optarg) : -1;
	case OPT_SERVER:
		return enrol_add_servers(optarg, &o->servers, o->server);
	case OPT_NAME:
		return set_name(o->name, optarg);
	case OPT_KEY:
		o->key_file = optarg;
		return 0;
	case OPT_WAIT:
		return set_wait(o, optarg);
	case OPT_STATE:
		o->state_dir = optarg;
		return 0;
	case OPT_DNSD:
		o->dnsd.addresses = optarg;
		return init ? 0 : -1;
	case OPT_DNSD_CONFIG:
		o->dnsd.config = optarg;
		return init ? 0 : -1;
	case OPT_REPLACE:
		o->replace = 1;
		return init ? -1 : 0;
	case OPT_CODE_FILE:
		return init ? -1 : read_code(o, optarg);
	default:
		return -1;
	}
}

/* "nas" is short for nas.DOMAIN. */
static int
complete_name(struct enrol_options *o)
{
	char full[MSG_NAME_MAX];

	if (strchr(o->name, '.') == NULL) {
		if (snprintf(full, sizeof full, "%s.%s", o->name, o->domain) >= (int)sizeof full)
			return -1;
		memcpy(o->name, full, sizeof full);
	}
	return account_name_valid(o->name, o->domain) ? 0 : -1;
}

int
enrol_complete_name(struct enrol_options *o)
{
	if (complete_name(o) == 0)
		return 0;
	cmd_warn(
	    "\"%s\" cannot be a machine's name: one label of letters, digits and hyphens", o->name);
	return -1;
}

int
enrol_default_name(struct enrol_options *o)
{
	char host[MSG_NAME_MAX] = "";

	gethostname(host, sizeof host - 1);
	host[strcspn(host, ".")] = '\0';
	if (set_name(o->name, host) == 0 && strcmp(o->name, "localhost") != 0 &&
	    complete_name(o) == 0)
		return 0;
	cmd_warn("this machine's host name, \"%s\", cannot be used: give one with --name", host);
	return -1;
}

int
enrol_options_parse(struct enrol_options *o, int argc, char **argv)
{
	int init = strcmp(argv[0], "init") == 0, repair = strcmp(argv[0], "repair") == 0, c;

	memset(o, 0, sizeof *o);
	optind = 0;
	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1)
		if (set_option(o, argv[0], c) == -1)
			return cmd_usage(argv[0]);
	if (!init && !repair && optind < argc && strncmp(argv[optind], "at1-", 4) == 0)
		str_copy(o->code, sizeof o->code, argv[optind++]);
	else if (!init && !repair && optind < argc && set_domain(o, argv[optind++]) == -1)
		return EXIT_USAGE;
	if (optind != argc || (!repair && (o->domain[0] == '\0') == (o->code[0] == '\0')))
		return cmd_usage(argv[0]);
	if (o->name[0] != '\0' && o->code[0] == '\0' && !repair && enrol_complete_name(o) == -1)
		return EXIT_USAGE;
	if (o->state_dir == NULL)
		o->state_dir = cmd_config()->state_dir;
	return EXIT_OK;
}

static int
take_key(struct enrol_options *o, const struct tsig_key *key)
{
	if (strcmp(key->name, o->name) == 0) {
		o->device_key = *key;
		return 0;
	}
	if (o->zone_key.secret_len != 0)
		return -1;
	o->zone_key = *key;
	return 0;
}

int
enrol_keys(struct enrol_options *o)
{
	struct tsig_file file;
	char why[MSG_TEXT_MAX];
	int status = EXIT_OK;

	if (o->key_file == NULL)
		return EXIT_OK;
	if (tsig_file_load(o->key_file, &file, why) == -1) {
		cmd_warn("%s", why);
		status = EXIT_ERROR;
	}
	for (int i = 0; status == EXIT_OK && i < file.keys; i++) {
		if (take_key(o, &file.key[i]) == -1) {
			cmd_warn("%s: besides %s it may hold one key, that of the account",
			    o->key_file, o->name);
			status = EXIT_ERROR;
		}
	}
	crypto_wipe(&file, sizeof file);
	return status;
}

void
enrol_options_wipe(struct enrol_options *o)
{
	crypto_wipe(&o->device_key, sizeof o->device_key);
	crypto_wipe(&o->zone_key, sizeof o->zone_key);
	crypto_wipe(o->code, sizeof o->code);
}
