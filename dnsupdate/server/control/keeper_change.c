/* Zones and keys that come and go while the server runs. */
#include "dnsupdate/server/control/keeper_inside.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/str.h"
#include "crypto/mac.h"
#include "dnsupdate/server/control/control.h"
#include "dnsupdate/server/disk/import.h"
#include "dnsupdate/server/load.h"
#include "dnsupdate/server/transfer/notifier.h"
#include "dnsupdate/server/net/secure.h"
#include "dnsupdate/server/disk/store.h"
#include "dnsupdate/server/live/subscriptions.h"
#include "dnsupdate/server/transfer/transfer.h"
#include "identity/base64.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* ---- added.conf ---- */

static void
print_key(FILE *out, const struct key *key)
{
	static const char *const words[] = {[KEY_DEVICE] = "device-key",
	    [KEY_ACCOUNT] = "account-key",
	    [KEY_TRANSFER] = "transfer-key"};
	char name[NAME_TEXT_MAX], secret[BASE64_SIZE(MSG_SECRET_MAX)];
	struct tsig_signer s;

	key_signer(key, &s);
	base64_encode(s.secret, s.secret_len, secret);
	fprintf(out, "%s = %s:%s:%s\n", words[key->kind], tsig_algorithm_text(s.algorithm),
	    name_text(&s.name, name), secret);
	crypto_wipe(secret, sizeof(secret));
}

static void
print_zone(FILE *out, const struct keeper *k, const struct zone *z)
{
	const struct conf_zone *cz = keeper_added(k, &z->name);
	const struct key *key = NULL;
	char name[NAME_TEXT_MAX];
	int begun = cz != NULL;

	if (cz != NULL)
		conf_print_zone(cz, out);
	while ((key = keyring_next(k->server->keys, key)) != NULL) {
		if (key->zone != z || key->from_file)
			continue;
		if (!begun)
			fprintf(out, "[zone %s]\n", name_text(&z->name, name));
		begun = 1;
		print_key(out, key);
	}
}

int
keeper_save(const struct keeper *k, char why[KEEPER_WHY_MAX])
{
	char path[CONF_PATH_MAX + 16], *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	int rc;

	if (out == NULL)
		fatalx("out of memory");
	fputs("# Written by autotunnel-dnsd: what was added with autotunnel-dnsctl(8).\n", out);
	for (const struct zone *z = k->server->zones.first; z != NULL; z = z->next)
		print_zone(out, k, z);
	if (fclose(out) != 0)
		fatalx("out of memory");
	keeper_added_path(k, path);
	rc = file_write_atomic(path, text, len, 0600);
	if (rc == -1)
		keeper_fail(why, "%s: %s", path, strerror(errno));
	crypto_wipe(text, len);
	free(text);
	return rc;
}

int
keeper_keys_changed(void *ctx)
{
	char why[KEEPER_WHY_MAX];

	if (keeper_save(ctx, why) == 0)
		return 0;
	log_error("keys that were changed by an update cannot be kept: %s", why);
	return -1;
}

const struct conf_zone *
keeper_added(const struct keeper *k, const struct name *zone)
{
	return keeper_find(&k->added, zone);
}

/* ---- zones ---- */

/* All that points to it lets go; its files stay. */
static void
unserve(struct keeper *k, struct zone *z, int remove_files)
{
	struct key *key, *next;

	server_commit(k->server, clock_wall_sec());
	subscriptions_zone_gone(k->subscriptions, z);
	if (k->secure != NULL)
		secure_zone_gone(k->secure, z);
	notifier_forget(k->notifier, z);
	transfers_forget(k->transfers, z);
	control_forget(k->control, z);
	for (key = keyring_next(k->server->keys, NULL); key != NULL; key = next) {
		struct name name;

		next = keyring_next(k->server->keys, key);
		if (key->zone != z)
			continue;
		key->zone =
		    NULL; /* a connection may hold it, and the zone's memory be used again */
		key_name(key, &name);
		keyring_remove(k->server->keys, &name);
	}
	store_close(k->store, z, remove_files);
	zones_remove(&k->server->zones, z);
	zone_free(z);
}

static int
serve(struct keeper *k, const struct conf_zone *cz, char why[KEEPER_WHY_MAX])
{
	char secure_why[SECURE_WHY_MAX];
	struct config_error error;
	struct zone *z = load_name(cz, &error);

	if (z == NULL)
		return keeper_fail(why, "%s", error.text);
	zones_add(&k->server->zones, z);
	if (load_keys(k->server, cz, z, 1, &error) == -1) {
		keeper_fail(why, "%s", error.text);
		unserve(k, z, 0);
		return -1;
	}
	if (keeper_open_zone(k, z, cz, why) == -1) {
		unserve(k, z, 0);
		return -1;
	}
	if (cz->account_ca[0] != '\0' && k->secure != NULL &&
	    secure_add_account(k->secure, z, cz->account_ca, secure_why) == -1)
		log_warnx("%s", secure_why);
	return 0;
}

static void
forget_section(struct keeper *k, const struct name *zone)
{
	struct conf_zone **at = &k->added.zones;
	struct name name;

	while (*at != NULL) {
		struct conf_zone *cz = *at;

		if (name_parse(&name, cz->name) == -1 || !name_equal(&name, zone)) {
			at = &cz->next;
			continue;
		}
		*at = cz->next;
		conf_zone_free(cz);
	}
}

int
keeper_add_zone(struct keeper *k, const struct conf_zone *cz, char why[KEEPER_WHY_MAX])
{
	struct conf_zone *copy;
	struct name name;

	if (!str_is_hostname(cz->name, 1) || name_parse(&name, cz->name) == -1)
		return keeper_fail(
		    why, "%s: a domain name without final dot is expected", cz->name);
	if (zones_get(&k->server->zones, &name) != NULL)
		return keeper_fail(why, "zone %s is served already", cz->name);
	copy = malloc(sizeof(*copy));
	if (copy == NULL)
		fatalx("out of memory");
	*copy = *cz;
	copy->account_key = copy->device_key = copy->transfer_key = NULL;
	copy->next = k->added.zones;
	k->added.zones = copy;
	if (serve(k, copy, why) == -1) {
		forget_section(k, &name);
		return -1;
	}
	if (keeper_save(k, why) == 0)
		return 0;
	unserve(k, zones_get(&k->server->zones, &name), 1);
	forget_section(k, &name);
	return -1;
}

int
keeper_remove_zone(struct keeper *k, struct zone *z, char why[KEEPER_WHY_MAX])
{
	struct name name = z->name;
	char text[NAME_TEXT_MAX];

	if (keeper_added(k, &name) == NULL)
		return keeper_fail(why, "zone %s stands in %s: take it out there, then \"reload\"",
		    name_text(&name, text), k->conf_path);
	unserve(k, z, 1);
	forget_section(k, &name);
	return keeper_save(k, why);
}

/* ---- keys ---- */

int
keeper_add_key(struct keeper *k, struct zone *z, enum key_kind kind, const char *text,
    char why[KEEPER_WHY_MAX])
{
	struct config_error error;
	struct key *key = load_key(k->server, text, kind, z, 0, &error);
	struct name name;

	if (key == NULL)
		return keeper_fail(why, "%s", error.text);
	/* A key that would not count is no help to whoever adds it; in the configuration, and among
	 * those added while it counted, it is only warned of. */
	if (tsig_algorithm_is_weak(key->algorithm) && !k->server->weak_tsig)
		keeper_fail(why,
		    "%s is weak, and \"weak-tsig\" is not \"yes\" in %s: make the key"
		    " for hmac-sha256",
		    tsig_algorithm_text(key->algorithm), k->conf_path);
	else if (keeper_save(k, why) == 0)
		return 0;
	key_name(key, &name);
	keyring_remove(k->server->keys, &name);
	return -1;
}

int
keeper_remove_key(struct keeper *k, const struct name *name, char why[KEEPER_WHY_MAX])
{
	struct key *key = keyring_find(k->server->keys, name);
	char text[NAME_TEXT_MAX];

	name_text(name, text);
	if (key == NULL)
		return keeper_fail(why, "there is no key %s", text);
	if (key->from_file || key->shadows)
		return keeper_fail(why, "key %s stands in %s: take it out there, then \"reload\"",
		    text, k->conf_path);
	server_commit(k->server, clock_wall_sec());
	keyring_remove(k->server->keys, name);
	return keeper_save(k, why);
}

/* ---- reload ---- */

static int
same_key(const struct key *a, const struct key *b)
{
	return b != NULL && a->kind == b->kind && a->algorithm == b->algorithm &&
	    a->zone == b->zone && a->secret_len == b->secret_len && a->name_len == b->name_len &&
	    memcmp(a->octets, b->octets, (size_t)a->name_len + a->secret_len) == 0;
}

/* Keys of the file that are not in it any more go; those that stay keep their memory of what they
 * have signed. */
static void
merge_keys(struct keyring *live, const struct keyring *new)
{
	struct key *key, *next;
	struct tsig_signer s;

	for (key = keyring_next(live, NULL); key != NULL; key = next) {
		next = keyring_next(live, key);
		key_signer(key, &s);
		if (key->from_file && !same_key(key, keyring_find(new, &s.name)))
			keyring_remove(live, &s.name);
	}
	for (key = keyring_next(new, NULL); key != NULL; key = keyring_next(new, key)) {
		key_signer(key, &s);
		if (keyring_find(live, &s.name) == NULL)
			keyring_add(live, &s.name, (enum key_kind)key->kind, s.algorithm, s.secret,
			    s.secret_len, key->zone)
			    ->from_file = 1;
	}
}

/* Keys of zones that are served; the others' come with their zones. */
static int
read_keys(struct keeper *k, const struct conf *new, struct keyring *keys, char why[KEEPER_WHY_MAX])
{
	struct server s = {.keys = keys, .weak_tsig = new->weak_tsig != 0};
	struct config_error error;
	struct name name;

	for (const struct conf_zone *cz = new->zones; cz != NULL; cz = cz->next) {
		struct zone *z =
		    name_parse(&name, cz->name) == 0 ? zones_get(&k->server->zones, &name) : NULL;

		if (z != NULL && load_keys(&s, cz, z, 1, &error) == -1)
			return keeper_fail(why, "%s: %s", k->conf_path, error.text);
	}
	return 0;
}

static int
same_addresses(const struct conf_addresses *a, const struct conf_addresses *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

static void
take_zone(struct keeper *k, struct zone *z, const struct conf_zone *cz)
{
	const struct conf_zone *old = keeper_find(k->conf, &z->name);

	z->is_private = cz->is_private != 0;
	if (!z->broken &&
	    (old == NULL || memcmp(&old->notify, &cz->notify, sizeof(cz->notify)) != 0))
		notifier_set(k->notifier, z, &cz->notify);
}

static int
take_zones(struct keeper *k, const struct conf *new, char why[KEEPER_WHY_MAX])
{
	struct zone *z, *next;
	int rc = 0;

	for (z = k->server->zones.first; z != NULL; z = next) {
		const struct conf_zone *cz = keeper_find(new, &z->name);

		next = z->next;
		if (cz != NULL)
			take_zone(k, z, cz);
		else if (keeper_added(k, &z->name) == NULL)
			unserve(k, z, 0);
	}
	for (const struct conf_zone *cz = new->zones; cz != NULL; cz = cz->next) {
		struct name name;

		if (name_parse(&name, cz->name) == 0 &&
		    zones_get(&k->server->zones, &name) == NULL && serve(k, cz, why) == -1)
			rc = -1; /* the others are served all the same */
	}
	return rc;
}

static void
take_server(struct keeper *k, const struct conf *new)
{
	if (!same_addresses(&k->conf->listen, &new->listen) ||
	    !same_addresses(&k->conf->tls_listen, &new->tls_listen) ||
	    strcmp(k->conf->state_dir, new->state_dir) != 0 ||
	    strcmp(k->conf->run_dir, new->run_dir) != 0 ||
	    strcmp(k->conf->tls_key, new->tls_key) != 0)
		log_warnx("%s: addresses, directories and TLS key change with a restart only",
		    k->conf_path);
	k->server->lease_min_sec = new->lease_min;
	k->server->lease_max_sec = new->lease_max;
	k->server->key_lease_max_sec = new->key_lease_max;
	k->server->weak_tsig = new->weak_tsig != 0;
	if (log_get_level() != LOG_LEVEL_DEBUG)
		log_set_level(new->log);
}

int
keeper_reload(struct keeper *k, char why[KEEPER_WHY_MAX])
{
	struct keyring *keys = keyring_new();
	struct config_error error;
	struct conf new;
	int rc;

	server_commit(k->server, clock_wall_sec());
	if (conf_load(k->conf_path, &new, &error) == -1)
		rc = keeper_fail(why, "%s", error.text);
	else
		rc = read_keys(k, &new, keys, why);
	if (rc == -1) {
		conf_free(&new);
		keyring_free(keys);
		return -1;
	}
	merge_keys(k->server->keys, keys);
	keyring_free(keys);
	rc = take_zones(k, &new, why);
	take_server(k, &new);
	conf_free(k->conf);
	*k->conf = new;
	log_notice("%s read again: %zu zones", k->conf_path, k->server->zones.count);
	return rc;
}

/* ---- import ---- */

/* The whole zone at once, as its snapshot. */
static int
replace(struct keeper *k, struct import *i, char why[KEEPER_WHY_MAX])
{
	struct zone *z = import_zone(i);

	subscriptions_zone_gone(k->subscriptions, z);
	transfers_forget(k->transfers, z);
	control_forget(k->control, z);
	import_replace(i);
	if (store_replace(k->store, z, clock_wall_sec() * 1000) == 0)
		return 0;
	keeper_fail(why, "cannot write it: %s", strerror(errno));
	import_replace(i);
	return -1;
}

int
keeper_import(struct keeper *k, struct import *i, char why[KEEPER_WHY_MAX])
{
	struct zone *z = import_zone(i);
	const struct conf_zone *cz = keeper_find(k->conf, &z->name);
	int rc;

	server_commit(k->server, clock_wall_sec());
	rc = import_is_first(i) ? replace(k, i, why)
				: import_apply(i, k->server, clock_wall_sec(), why);
	cz = cz != NULL ? cz : keeper_added(k, &z->name);
	if (rc == 0 && k->opened != NULL && cz != NULL)
		k->opened(k->opened_ctx, z, cz);
	return rc;
}
