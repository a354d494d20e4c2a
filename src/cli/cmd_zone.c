#include "cli/cmd.h"
#include "cli/prompt.h"
#include "cli/zone_check.h"
#include "cli/zone_text.h"
#include "base/str.h"
#include "crypto/mac.h"
#include "identity/account.h"
#include "identity/account_file.h"
#include "identity/invite.h"
#include "identity/roster.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

/*
 * autotunnel zone: the phrase in, the name server's configuration out.  Nothing is read but the
 * phrase and nothing is written, so it can run on any machine, also on the name server itself.
 */

#define NAMES_MAX MSG_PEERS_MAX

struct zone_options {
	void (*print)(const struct zone_text *z, FILE *out);
	char domain[MSG_NAME_MAX];
	char **names;
	int count;
	int keys_only;
};

/* "nas" and "nas.DOMAIN" both mean the latter; ":2" behind it is the generation of its key. */
static int
full_name(const char *name, const char *domain, char out[MSG_NAME_MAX], unsigned long *generation)
{
	int len = (int)strcspn(name, ":");
	int n = memchr(name, '.', (size_t)len) == NULL
	    ? snprintf(out, MSG_NAME_MAX, "%.*s.%s", len, name, domain)
	    : snprintf(out, MSG_NAME_MAX, "%.*s", len, name);

	*generation = 0;
	if (n >= MSG_NAME_MAX ||
	    (name[len] == ':' &&
		str_number(name + len + 1, 0, ROSTER_GENERATION_MAX, generation) == -1))
		return -1;
	str_lower(out);
	return account_name_valid(out, domain) ? 0 : -1;
}

static int
said_before(const struct zone_options *o, int count, const char *name)
{
	char full[MSG_NAME_MAX];
	unsigned long generation;

	for (int i = 0; i < count; i++)
		if (full_name(o->names[i], o->domain, full, &generation) == 0 &&
		    strcmp(full, name) == 0)
			return 1;
	return 0;
}

static int
check_names(const struct zone_options *o)
{
	char full[MSG_NAME_MAX];
	unsigned long generation;

	if (!account_domain_valid(o->domain)) {
		cmd_warn("\"%s\" cannot be an account's domain", o->domain);
		return EXIT_USAGE;
	}
	for (int i = 0; i < o->count; i++) {
		if (full_name(o->names[i], o->domain, full, &generation) == -1) {
			cmd_warn("\"%s\" cannot be a machine of %s", o->names[i], o->domain);
			return EXIT_USAGE;
		}
		if (said_before(o, i, full)) {
			cmd_warn("\"%s\" is named twice", full);
			return EXIT_USAGE;
		}
	}
	return o->count <= NAMES_MAX ? EXIT_OK : cmd_usage("zone");
}

static void (*find_print(const char *kind))(const struct zone_text *, FILE *)
{
	static const struct {
		const char *kind;
		void (*print)(const struct zone_text *z, FILE *out);
	} kinds[] = {
	    {"dnsd", zone_text_dnsd},
	    {"bind", zone_text_bind},
	    {"knot", zone_text_knot},
	    {"powerdns", zone_text_powerdns},
	};

	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
		if (strcmp(kinds[i].kind, kind) == 0)
			return kinds[i].print;
	return NULL;
}

static int
parse(struct zone_options *o, int argc, char **argv)
{
	static const struct option options[] = {
	    {"keys-only", no_argument, NULL, 'k'}, {NULL, 0, NULL, 0}};
	int c;

	memset(o, 0, sizeof *o);
	optind = 0;
	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c != 'k')
			return cmd_usage(argv[0]);
		o->keys_only = 1;
	}
	if (argc - optind < 2)
		return cmd_usage(argv[0]);
	o->print = find_print(argv[optind]);
	if (o->print == NULL || str_copy(o->domain, sizeof o->domain, argv[optind + 1]) == -1)
		return cmd_usage(argv[0]);
	str_lower(o->domain);
	o->names = argv + optind + 2;
	o->count = argc - optind - 2;
	return check_names(o);
}

/* The account's key, then one for each name, then those for invitations. */
static int
derive_keys(const struct zone_options *o, const struct account *account, struct tsig_key *keys)
{
	char full[MSG_NAME_MAX];
	unsigned long generation;

	keys[0] = account->tsig;
	for (int i = 0; i < o->count; i++)
		if (full_name(o->names[i], o->domain, full, &generation) == -1 ||
		    account_device_tsig(account, full, (unsigned)generation, &keys[i + 1]) == -1)
			return -1;
	for (unsigned i = 0; i < INVITE_SLOTS; i++)
		if (account_invite_tsig(account, i + 1, &keys[1 + o->count + (int)i]) == -1)
			return -1;
	return 0;
}

/* What the server can do, tried as this machine. */
static int
check(void)
{
	static struct identity id;
	const struct config *c = cmd_config();
	char why[MSG_TEXT_MAX];
	int status;

	switch (identity_load(c->state_dir, &id, why)) {
	case IDENTITY_OK:
		status = zone_check(&id, &c->dns);
		break;
	case IDENTITY_NONE:
		cmd_warn("this machine belongs to no account yet: autotunnel join");
		status = EXIT_NO_PEER;
		break;
	default:
		cmd_warn("%s: %s", c->state_dir, why);
		status = EXIT_ERROR;
		break;
	}
	identity_wipe(&id);
	return status;
}

int
cmd_zone(int argc, char **argv)
{
	static struct tsig_key keys[1 + NAMES_MAX + INVITE_SLOTS];
	uint8_t entropy[PHRASE_ENTROPY];
	struct account account = {0};
	struct zone_options o;
	char why[MSG_TEXT_MAX];
	int status;

	if (argc == 2 && strcmp(argv[1], "check") == 0)
		return check();
	status = parse(&o, argc, argv);
	if (status != EXIT_OK)
		return status;
	if (prompt_phrase(entropy, why) == -1) {
		cmd_warn("%s", why);
		return EXIT_ERROR;
	}
	if (account_derive(o.domain, entropy, &account) == 0 &&
	    derive_keys(&o, &account, keys) == 0) {
		o.print(&(struct zone_text) {.domain = o.domain,
			    .key = keys,
			    .keys = 1 + (size_t)o.count + (o.keys_only ? 0 : INVITE_SLOTS),
			    .keys_only = o.keys_only},
		    stdout);
	} else {
		cmd_warn("cannot derive the account's keys: out of memory?");
		status = EXIT_ERROR;
	}
	crypto_wipe(entropy, sizeof entropy);
	crypto_wipe(keys, sizeof keys);
	account_wipe(&account);
	return status;
}
