#include "cli/cmd.h"
#include "cli/prompt.h"
#include "cli/run.h"
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
#include <sys/mman.h>

/*
 * autotunnel zone: the phrase in, the name server's configuration out.  Nothing is read but the
 * phrase and nothing is written, so it can run on any machine, also on the name server itself.
 */

#define NAMES_MAX MSG_PEERS_MAX

struct zone_kind {
	const char *name;
	void (*print)(const struct zone_text *z, FILE *out);
	const char *checker[5]; /* the server's own; reads the text from its standard input */
};

static const struct zone_kind kinds[] = {
    {"dnsd", zone_text_dnsd, {"autotunnel-dnsd", "-n", "-c", "/dev/stdin"}},
    {"bind", zone_text_bind, {"named-checkconf", "/dev/stdin"}},
    {"knot", zone_text_knot, {"knotc", "-c", "/dev/stdin", "conf-check"}},
    {"powerdns", zone_text_powerdns, {"sh", "-n"}},
};

struct zone_options {
	const struct zone_kind *kind;
	char domain[MSG_NAME_MAX];
	char **names;
	int count;
	int keys_only, apply_check;
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

static const struct zone_kind *
find_kind(const char *name)
{
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
		if (strcmp(kinds[i].name, name) == 0)
			return &kinds[i];
	return NULL;
}

static int
parse(struct zone_options *o, int argc, char **argv)
{
	static const struct option options[] = {{"apply-check", no_argument, NULL, 'a'},
	    {"keys-only", no_argument, NULL, 'k'}, {NULL, 0, NULL, 0}};
	int c;

	memset(o, 0, sizeof *o);
	optind = 0;
	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c == '?')
			return cmd_usage(argv[0]);
		o->apply_check |= c == 'a';
		o->keys_only |= c == 'k';
	}
	if (argc - optind < 2)
		return cmd_usage(argv[0]);
	o->kind = find_kind(argv[optind]);
	if (o->kind == NULL || str_copy(o->domain, sizeof o->domain, argv[optind + 1]) == -1)
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

/* Would the server take this text?  It is given to the checker in memory: it holds secrets. */
static int
apply_check(const struct zone_kind *kind, const struct zone_text *z)
{
	FILE *text = fdopen(memfd_create("zone", MFD_CLOEXEC), "w+");
	int status = -1;

	if (text != NULL) {
		kind->print(z, text);
		rewind(text);
		status = run_program(kind->checker, fileno(text), NULL, 0);
		fclose(text);
	}
	if (status == 0)
		return EXIT_OK;
	if (status == RUN_NOT_FOUND)
		cmd_warn("not checked: there is no %s here; run this on the name server",
		    kind->checker[0]);
	else
		cmd_warn("%s does not take this configuration", kind->checker[0]);
	return EXIT_ERROR;
}

static int
print_zone(const struct zone_options *o, const struct tsig_key *keys)
{
	const struct zone_text z = {.domain = o->domain,
	    .key = keys,
	    .keys = 1 + (size_t)o->count + (o->keys_only ? 0 : INVITE_SLOTS),
	    .keys_only = o->keys_only};

	o->kind->print(&z, stdout);
	return o->apply_check ? apply_check(o->kind, &z) : EXIT_OK;
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
		status = print_zone(&o, keys);
	} else {
		cmd_warn("cannot derive the account's keys: out of memory?");
		status = EXIT_ERROR;
	}
	crypto_wipe(entropy, sizeof entropy);
	crypto_wipe(keys, sizeof keys);
	account_wipe(&account);
	return status;
}
