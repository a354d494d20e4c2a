#include "cli/admin.h"

#include "base/str.h"
#include "cli/cmd.h"
#include "cli/enrol_options.h"
#include "cli/find_server.h"
#include "cli/unlock.h"
#include "crypto/mac.h"
#include "identity/account_file.h"
#include "identity/store.h"
#include "identity/tsig_file.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

enum {
	OPT_DOMAIN = 256,
	OPT_SERVER,
	OPT_KEY,
	OPT_STATE,
	OPT_JSON,
	OPT_LOCAL,
	OPT_FOR,
	OPT_YES,
	OPT_CODE_FILE
};

#define FOR_MIN_SEC 10
#define FOR_MAX_SEC (24UL * 3600)
#define FOR_SEC 900

static const struct option options[] = {
    {"domain", required_argument, NULL, OPT_DOMAIN},
    {"server", required_argument, NULL, OPT_SERVER},
    {"key", required_argument, NULL, OPT_KEY},
    {"state", required_argument, NULL, OPT_STATE},
    {"json", no_argument, NULL, OPT_JSON},
    {"local", no_argument, NULL, OPT_LOCAL},
    {"for", required_argument, NULL, OPT_FOR},
    {"yes", no_argument, NULL, OPT_YES},
    {"code-file", required_argument, NULL, OPT_CODE_FILE},
    {NULL, 0, NULL, 0},
};

/* "15m", "2h", "90s" or "90": seconds. */
static int
set_for(struct admin *a, const char *text)
{
	unsigned long n = 0, unit = 1;
	char digits[16], suffix = '\0', more;

	if (sscanf(text, "%15[0-9]%c%c", digits, &suffix, &more) > 2 ||
	    str_number(digits, 1, FOR_MAX_SEC, &n) == -1)
		n = 0;
	unit = suffix == 'h' ? 3600 : suffix == 'm' ? 60 : suffix == 's' || suffix == '\0' ? 1 : 0;
	a->for_sec = n * unit;
	if (a->for_sec >= FOR_MIN_SEC && a->for_sec <= FOR_MAX_SEC)
		return 0;
	cmd_warn("--for takes a time from 10s to 24h, such as 15m, not \"%s\"", text);
	return -1;
}

static int
set_option(struct admin *a, const char *verb, int c)
{
	switch (c) {
	case OPT_DOMAIN:
		if (str_copy(a->domain, sizeof a->domain, optarg) == -1)
			return -1;
		str_lower(a->domain);
		return account_domain_valid(a->domain) ? 0 : -1;
	case OPT_SERVER:
		return enrol_add_servers(optarg, &a->servers, a->server);
	case OPT_KEY:
		a->key_file = optarg;
		return 0;
	case OPT_STATE:
		a->state_dir = optarg;
		return 0;
	case OPT_JSON:
		a->json = 1;
		return strcmp(verb, "devices") == 0 ? 0 : -1;
	case OPT_LOCAL:
		a->local = 1;
		return strcmp(verb, "leave") == 0 ? 0 : -1;
	case OPT_FOR:
		return strcmp(verb, "invite") == 0 ? set_for(a, optarg) : -1;
	case OPT_YES:
		a->yes = 1;
		return strcmp(verb, "invite") == 0 ? 0 : -1;
	case OPT_CODE_FILE:
		a->code_file = optarg;
		return strcmp(verb, "invite") == 0 ? 0 : -1;
	default:
		return -1;
	}
}

int
admin_load(struct admin *a)
{
	char why[MSG_TEXT_MAX];

	a->enrolled = identity_load(a->state_dir, &a->id, why);
	if (a->domain[0] != '\0' && strcmp(a->domain, a->id.domain) != 0) {
		a->enrolled = IDENTITY_NONE;
		return EXIT_OK;
	}
	if (a->enrolled == IDENTITY_BROKEN) {
		cmd_warn("the account in %s is damaged (%s); \"autotunnel repair\" mends it",
		    a->state_dir, why);
		return EXIT_ERROR;
	}
	if (a->enrolled == IDENTITY_NONE) {
		cmd_warn("this machine belongs to no account%s; name one with --domain",
		    geteuid() == 0 ? "" : " (or you are not root)");
		return EXIT_NO_PEER;
	}
	str_copy(a->domain, sizeof a->domain, a->id.domain);
	if (a->servers == 0) {
		a->servers = a->id.servers;
		memcpy(a->server, a->id.server, sizeof a->server);
	}
	a->cas = a->id.cas;
	edit_load_held(a->state_dir,
	    &(struct edit_reader) {.domain = a->domain, .known = &a->id.cas}, &a->held);
	if (a->held.cas.count > 0)
		a->cas = a->held.cas;
	return EXIT_OK;
}

static int
load_key(struct admin *a)
{
	struct tsig_file file;
	char why[MSG_TEXT_MAX];
	int status = EXIT_OK;

	if (a->key_file == NULL)
		return EXIT_OK;
	if (tsig_file_load(a->key_file, &file, why) == -1) {
		cmd_warn("%s", why);
		status = EXIT_ERROR;
	} else {
		a->zone_key = file.key[0];
	}
	crypto_wipe(&file, sizeof file);
	return status;
}

int
admin_begin(struct admin *a, int argc, char **argv, const char **argument)
{
	int c, status;

	memset(a, 0, sizeof *a);
	a->for_sec = FOR_SEC;
	optind = 0;
	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1)
		if (set_option(a, argv[0], c) == -1)
			return cmd_usage(argv[0]);
	if (argc - optind > (argument != NULL) ||
	    (argument != NULL && optind == argc && strcmp(argv[0], "invite") != 0))
		return cmd_usage(argv[0]);
	if (optind < argc)
		*argument = argv[optind];
	if (a->state_dir == NULL)
		a->state_dir = cmd_config()->state_dir;
	status = admin_load(a);
	return status == EXIT_OK ? load_key(a) : status;
}

void
admin_end(struct admin *a)
{
	roster_free(&a->held);
	crypto_wipe(a, sizeof *a);
}

/* Is it the present phrase of this machine's account?  An exit status. */
static int
check_phrase(struct admin *a, enum unlock_way way)
{
	int replaced;

	if (account_adopt(&a->account, &a->cas) == 0)
		return EXIT_OK;
	replaced = lineage_find(&a->cas, lineage_present(&a->account.cas)) != -1;
	if (way == UNLOCK_BY_PASSPHRASE)
		cmd_warn("the phrase in %s %s: \"autotunnel account admin\" makes the file anew",
		    STORE_ADMIN, replaced ? "was replaced by a new one" : "is not this account's");
	else if (replaced)
		cmd_warn("this recovery phrase was replaced by a new one");
	else
		cmd_warn("this is the phrase of another account than %s's, or a new one that this "
			 "machine has not heard of: \"autotunnel join %s\"",
		    a->id.name, a->domain);
	return EXIT_ERROR;
}

/* The account of what was said, which must be this machine's if it has one.  An exit status. */
static int
derive(struct admin *a, const uint8_t entropy[PHRASE_ENTROPY], enum unlock_way way)
{
	if (account_derive(a->domain, entropy, &a->account) == -1) {
		cmd_warn("cannot derive the account's keys: out of memory?");
		return EXIT_ERROR;
	}
	return a->enrolled == IDENTITY_OK ? check_phrase(a, way) : EXIT_OK;
}

int
admin_unlock(struct admin *a)
{
	uint8_t entropy[PHRASE_ENTROPY];
	enum unlock_way way;
	int status =
	    unlock_ask(a->enrolled == IDENTITY_OK ? a->state_dir : NULL, a->domain, entropy, &way);

	if (status == EXIT_OK)
		status = derive(a, entropy, way);
	crypto_wipe(entropy, sizeof entropy);
	return status;
}

int
admin_unlock_by_phrase(struct admin *a, uint8_t entropy[PHRASE_ENTROPY])
{
	enum unlock_way way;
	int status = unlock_ask(NULL, a->domain, entropy, &way);

	return status == EXIT_OK ? derive(a, entropy, way) : status;
}

int
admin_full_name(const struct admin *a, const char *name, char out[MSG_NAME_MAX])
{
	int n = strchr(name, '.') == NULL ? snprintf(out, MSG_NAME_MAX, "%s.%s", name, a->domain)
					  : snprintf(out, MSG_NAME_MAX, "%s", name);

	if (n < MSG_NAME_MAX)
		str_lower(out);
	if (n < MSG_NAME_MAX && account_name_valid(out, a->domain))
		return 0;
	cmd_warn("\"%s\" cannot be a machine of %s", name, a->domain);
	return -1;
}

const struct tsig_key *
admin_key(const struct admin *a)
{
	return a->zone_key.secret_len != 0 ? &a->zone_key : &a->account.tsig;
}

int
admin_edit(struct admin *a, struct edit *e, enum talk_result *result)
{
	struct endpoint server[MSG_SERVERS_MAX];
	uint8_t servers = a->servers;
	char why[MSG_TEXT_MAX];
	struct talk t;

	memcpy(server, a->server, sizeof server);
	if (servers == 0)
		servers = find_server(a->domain, server);
	e->account = &a->account;
	e->held = &a->held;
	talk_begin(&t, a->domain, admin_key(a), why);
	*result = TALK_LATER;
	for (int i = 0; i < servers && talk_may_change(*result, 0); i++) {
		t.server = &server[i];
		*result = talk_find_zone(&t);
		if (*result == TALK_DONE)
			*result = edit_roster(&t, e);
	}
	talk_end(&t);
	if (*result == TALK_DONE)
		return EXIT_OK;
	cmd_warn("%s; nothing was changed", why);
	return *result == TALK_GONE ? EXIT_NO_PEER : EXIT_ERROR;
}

int
admin_check_stopped(const struct admin *a)
{
	int fd = open(a->state_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int busy = fd != -1 && flock(fd, LOCK_EX | LOCK_NB) == -1 && errno == EWOULDBLOCK;

	if (fd != -1)
		close(fd);
	if (!busy)
		return EXIT_OK;
	cmd_warn("stop autotunneld first: it is running as %s", a->id.name);
	return EXIT_ERROR;
}
