#include "dnsupdate/server/control/keeper_inside.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "dnsupdate/server/control/control.h"
#include "dnsupdate/server/data/lease.h"
#include "dnsupdate/server/limits.h"
#include "dnsupdate/server/load.h"
#include "dnsupdate/server/transfer/notifier.h"
#include "dnsupdate/server/disk/store.h"
#include "dnsupdate/server/transfer/transfer.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

static void
work(void *ctx)
{
	struct keeper *k = ctx;

	loop_timer_set(k->work, store_work(k->store, clock_boot_ms(), clock_wall_sec() * 1000));
}

int
keeper_fail(char why[KEEPER_WHY_MAX], const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, KEEPER_WHY_MAX, fmt, ap);
	va_end(ap);
	return -1;
}

const struct conf_zone *
keeper_find(const struct conf *c, const struct name *zone)
{
	struct name name;

	for (const struct conf_zone *cz = c->zones; cz != NULL; cz = cz->next)
		if (name_parse(&name, cz->name) == 0 && name_equal(&name, zone))
			return cz;
	return NULL;
}

void
keeper_added_path(const struct keeper *k, char out[CONF_PATH_MAX + 16])
{
	snprintf(out, CONF_PATH_MAX + 16, "%s/added.conf", k->conf->state_dir);
}

/* A zone that has never been on disk. */
static int
begin_zone(struct keeper *k, struct zone *z, const struct conf_zone *cz, char why[KEEPER_WHY_MAX])
{
	struct config_error error;

	if (load_zone(cz, z, &error) == -1)
		return keeper_fail(why, "%s", error.text);
	if (store_replace(k->store, z, clock_wall_sec() * 1000) == -1)
		return keeper_fail(why, "cannot write its first snapshot: %s", strerror(errno));
	return 0;
}

int
keeper_open_zone(
    struct keeper *k, struct zone *z, const struct conf_zone *cz, char why[KEEPER_WHY_MAX])
{
	uint64_t start = clock_boot_ms();
	int rc = store_open(k->store, z, why);
	char name[NAME_TEXT_MAX];

	if (rc == 0)
		rc = begin_zone(k, z, cz, why);
	name_text(&z->name, name);
	if (rc == -1) {
		z->broken = 1;
		log_error("zone %s is not served: %s", name, why);
		return -1;
	}
	/* Who could not refresh while we were down gets the time for it. */
	lease_put_off_all(z->leases, clock_wall_sec() + LIMIT_LEASE_GRACE_SEC);
	notifier_set(k->notifier, z, &cz->notify);
	if (k->opened != NULL)
		k->opened(k->opened_ctx, z, cz);
	log_info("zone %s: serial %u, %zu records, %zu leases, read in %llu ms", name, z->serial,
	    z->records, lease_count(z->leases), (unsigned long long)(clock_boot_ms() - start));
	return 0;
}

static void
open_store(struct keeper *k)
{
	char dir[CONF_PATH_MAX + 16];
	const struct store_options o = {.ops = &file_ops_posix,
	    .dir = dir,
	    .keys = k->server->keys,
	    .segment_max = (size_t)k->conf->journal_size << 20};

	snprintf(dir, sizeof(dir), "%s/zones", k->conf->state_dir);
	if (dir_make(dir, 0700) == -1)
		fatal("%s", dir);
	k->store = store_new(&o);
	commit_set_journal(k->server->commit, store_journal(k->store));
}

/* What was added at run time: zones of their own, and keys for those of the configuration. */
static void
load_added(struct keeper *k)
{
	char path[CONF_PATH_MAX + 16];
	struct config_error error;

	keeper_added_path(k, path);
	if (access(path, F_OK) == -1 && errno == ENOENT)
		return;
	if (conf_load(path, &k->added, &error) == -1)
		fatalx("%s", error.text);
	for (const struct conf_zone *cz = k->added.zones; cz != NULL; cz = cz->next) {
		struct name name;
		struct zone *z =
		    name_parse(&name, cz->name) == 0 ? zones_get(&k->server->zones, &name) : NULL;

		if (z == NULL) {
			z = load_name(cz, &error);
			if (z == NULL)
				fatalx("%s: %s", path, error.text);
			zones_add(&k->server->zones, z);
		}
		if (load_keys(k->server, cz, z, 0, &error) == -1)
			fatalx("%s: %s", path, error.text);
	}
}

/* Sections of zones that the configuration has too were about keys only, which are in the ring. */
static void
forget_sections(struct keeper *k)
{
	struct conf_zone **at = &k->added.zones;

	while (*at != NULL) {
		struct conf_zone *cz = *at;
		struct name name;

		conf_zone_wipe_keys(cz);
		if (name_parse(&name, cz->name) == 0 && keeper_find(k->conf, &name) != NULL) {
			*at = cz->next;
			conf_zone_free(cz);
		} else {
			at = &cz->next;
		}
	}
}

void
keeper_prepare(struct keeper *k)
{
	k->control = control_new(k);
}

void
keeper_begin(struct keeper *k)
{
	k->started_ms = clock_boot_ms();
	open_store(k);
	load_added(k);
	forget_sections(k);
	k->server->hooks.keys_changed = keeper_keys_changed;
	k->server->hooks.keys_ctx = k;
	k->transfers = transfers_new(k->server);
	k->notifier = notifier_new(k->loop, k->server, &k->conf->listen);
	for (struct zone *z = k->server->zones.first; z != NULL; z = z->next) {
		const struct conf_zone *cz = keeper_find(k->conf, &z->name);
		char why[KEEPER_WHY_MAX];

		keeper_open_zone(k, z, cz != NULL ? cz : keeper_added(k, &z->name), why);
	}
	k->work = loop_timer_new(k->loop, work, k);
	loop_timer_set(k->work, STORE_LAZY_MS);
	control_begin(k->control);
}

void
keeper_end(struct keeper *k)
{
	control_free(k->control);
	loop_timer_free(k->work);
	store_free(k->store);
	notifier_free(k->notifier);
	transfers_free(k->transfers);
	conf_free(&k->added);
}
