/* What can be asked for over the control socket: a table of verbs. */
#include "dnsupdate/server/control/keeper_inside.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "dnsupdate/server/conf_keys.h"
#include "dnsupdate/server/control/control.h"
#include "dnsupdate/server/data/lease.h"
#include "dnsupdate/server/net/secure.h"
#include "dnsupdate/server/disk/store.h"
#include "dnsupdate/server/live/subscriptions.h"

#include <string.h>
#include <unistd.h>

struct asked {
	struct keeper *k;
	int argc; /* words behind the verb's own */
	char **argv;
	FILE *out;
	struct control_more *more;
	char *why; /* KEEPER_WHY_MAX */
};

static struct zone *
find_zone(const struct asked *a, const char *text)
{
	struct name name;
	struct zone *z = NULL;

	if (name_parse(&name, text) == 0)
		z = zones_get(&a->k->server->zones, &name);
	if (z == NULL)
		keeper_fail(a->why, "zone %s is not served", text);
	return z;
}

/* ---- status ---- */

static void
zone_line(const struct asked *a, const struct zone *z)
{
	char name[NAME_TEXT_MAX];
	struct store_stats s;

	store_stats(z, &s);
	fprintf(a->out,
	    "zone name=%s state=%s serial=%u names=%zu records=%zu leases=%zu private=%s added=%s "
	    "journal-octets=%llu history-octets=%llu snapshot-octets=%llu\n",
	    name_text(&z->name, name), z->broken ? "broken" : "served", z->serial, z->names,
	    z->records, lease_count(z->leases), z->is_private ? "yes" : "no",
	    keeper_added(a->k, &z->name) != NULL ? "yes" : "no",
	    (unsigned long long)s.journal_octets, (unsigned long long)s.history_octets,
	    (unsigned long long)s.snapshot_octets);
}

static int
status(struct asked *a)
{
	const struct server *s = a->k->server;
	char pin[PIN_TEXT_MAX];

	fprintf(a->out,
	    "server version=%s pid=%ld uptime-sec=%llu zones=%zu keys=%zu connections=%llu "
	    "long-lived-queries=%zu push-sessions=%zu pin=%s\n",
	    PACKAGE_VERSION, (long)getpid(),
	    (unsigned long long)(clock_boot_ms() - a->k->started_ms) / 1000, s->zones.count,
	    keyring_count(s->keys), (unsigned long long)s->stats.streams_open,
	    llqs_count(subscriptions_llqs(a->k->subscriptions)),
	    dso_sessions(subscriptions_dso(a->k->subscriptions)),
	    a->k->secure != NULL ? secure_pin(a->k->secure, pin) : "none");
	for (const struct zone *z = s->zones.first; z != NULL; z = z->next)
		zone_line(a, z);
	return 0;
}

static int
metrics(struct asked *a)
{
	metrics_write(a->k, a->out);
	return 0;
}

/* ---- zones ---- */

/* "KEYWORD=VALUE", a keyword of a [zone] section. */
static int
set_option(struct asked *a, struct conf_zone *cz, char *word)
{
	char *value = strchr(word, '=');
	const struct config_key *key;
	const char *why;

	if (value == NULL)
		return keeper_fail(a->why, "%s: KEYWORD=VALUE is expected", word);
	*value++ = '\0';
	for (char *p = value; *p != '\0'; p++)
		if (*p == ',')
			*p = ' ';
	key = config_find(&conf_table, "zone", word);
	if (key == NULL)
		return keeper_fail(a->why, "%s: no such option", word);
	why = config_set(key, cz, value);
	return why == NULL ? 0 : keeper_fail(a->why, "%s: %s", word, why);
}

static int
zone_add(struct asked *a)
{
	struct conf_zone cz;
	int rc = 0;

	conf_zone_init(&cz);
	if (str_copy(cz.name, sizeof(cz.name), a->argv[0]) == -1)
		return keeper_fail(a->why, "the name is too long");
	str_lower(cz.name);
	for (int i = 1; i < a->argc && rc == 0; i++)
		rc = set_option(a, &cz, a->argv[i]);
	if (rc == 0 && (cz.account_key != NULL || cz.device_key != NULL || cz.transfer_key != NULL))
		rc = keeper_fail(a->why, "keys are added with \"key add\"");
	if (rc == 0)
		rc = keeper_add_zone(a->k, &cz, a->why);
	conf_zone_wipe_keys(&cz);
	return rc;
}

static int
zone_del(struct asked *a)
{
	struct zone *z = find_zone(a, a->argv[0]);

	return z == NULL ? -1 : keeper_remove_zone(a->k, z, a->why);
}

static int
zone_list(struct asked *a)
{
	for (const struct zone *z = a->k->server->zones.first; z != NULL; z = z->next)
		zone_line(a, z);
	return 0;
}

static int
zone_export(struct asked *a)
{
	a->more->export = find_zone(a, a->argv[0]);
	if (a->more->export == NULL)
		return -1;
	return a->more->export->broken ? keeper_fail(a->why, "its data cannot be read; see the log")
				       : 0;
}

static int
zone_import(struct asked *a)
{
	a->more->import = find_zone(a, a->argv[0]);
	if (a->more->import == NULL)
		return -1;
	return a->more->import->broken ? keeper_fail(a->why, "its data cannot be read; see the log")
				       : 0;
}

/* ---- keys ---- */

static const char *const kinds[] = {
    [KEY_DEVICE] = "device", [KEY_ACCOUNT] = "account", [KEY_TRANSFER] = "transfer"};

/* ZONE KIND ALGORITHM:NAME:SECRET */
static int
key_add(struct asked *a)
{
	struct zone *z = find_zone(a, a->argv[0]);
	int kind = 0;

	if (z == NULL)
		return -1;
	while (kind < 3 && strcmp(kinds[kind], a->argv[1]) != 0)
		kind++;
	if (kind == 3 || strchr(a->argv[2], ':') == strrchr(a->argv[2], ':'))
		return keeper_fail(
		    a->why, "ZONE account|device|transfer ALGORITHM:NAME:SECRET is expected");
	return keeper_add_key(a->k, z, (enum key_kind)kind, a->argv[2], a->why);
}

static int
key_del(struct asked *a)
{
	struct name name;

	if (name_parse(&name, a->argv[0]) == -1)
		return keeper_fail(a->why, "%s: a key's name is a domain name", a->argv[0]);
	return keeper_remove_key(a->k, &name, a->why);
}

static int
key_list(struct asked *a)
{
	const struct key *key = NULL;

	while ((key = keyring_next(a->k->server->keys, key)) != NULL) {
		char name[NAME_TEXT_MAX], zone[NAME_TEXT_MAX];
		struct tsig_signer s;

		key_signer(key, &s);
		fprintf(a->out,
		    "key name=%s zone=%s kind=%s algorithm=%s added=%s newest-update-sec=%llu\n",
		    name_text(&s.name, name), name_text(&key->zone->name, zone), kinds[key->kind],
		    tsig_algorithm_text(s.algorithm), key->from_file ? "no" : "yes",
		    (unsigned long long)key->newest_sec);
	}
	return 0;
}

static int
reload(struct asked *a)
{
	return keeper_reload(a->k, a->why);
}

/* ---- the table ---- */

static const struct {
	const char *first, *second; /* NULL: a single word */
	int min, max; /* words behind */
	int (*run)(struct asked *a);
	int changes; /* worth a line in the log */
} verbs[] = {
    {"status", NULL, 0, 0, status, 0},
    {"metrics", NULL, 0, 0, metrics, 0},
    {"reload", NULL, 0, 0, reload, 1},
    {"zone", "add", 1, 16, zone_add, 1},
    {"zone", "del", 1, 1, zone_del, 1},
    {"zone", "list", 0, 0, zone_list, 0},
    {"zone", "export", 1, 1, zone_export, 0},
    {"zone", "import", 1, 1, zone_import, 1},
    {"key", "add", 3, 3, key_add, 1},
    {"key", "del", 1, 1, key_del, 1},
    {"key", "list", 0, 0, key_list, 0},
};

int
control_verb(struct keeper *k, int argc, char **argv, FILE *out, struct control_more *more,
    char why[KEEPER_WHY_MAX])
{
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		int words = verbs[i].second == NULL ? 1 : 2;
		struct asked a = {.k = k, .out = out, .more = more, .why = why};

		if (argc < words || strcmp(argv[0], verbs[i].first) != 0 ||
		    (words == 2 && strcmp(argv[1], verbs[i].second) != 0))
			continue;
		a.argc = argc - words;
		a.argv = argv + words;
		if (a.argc < verbs[i].min || a.argc > verbs[i].max)
			return keeper_fail(why, "wrong number of words");
		if (verbs[i].changes)
			log_notice("control: %s%s%s%s%s", argv[0], words == 2 ? " " : "",
			    words == 2 ? argv[1] : "", a.argc > 0 ? " " : "",
			    a.argc > 0 ? a.argv[0] : "");
		return verbs[i].run(&a);
	}
	return keeper_fail(why, "no such request");
}
