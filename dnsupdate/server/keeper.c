#include "dnsupdate/server/keeper.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "dnsupdate/server/lease.h"
#include "dnsupdate/server/limits.h"
#include "dnsupdate/server/load.h"
#include "dnsupdate/server/notifier.h"
#include "dnsupdate/server/store.h"
#include "dnsupdate/server/transfer.h"

#include <stdio.h>
#include <string.h>

static void
work(void *ctx)
{
	struct keeper *k = ctx;

	loop_timer_set(k->work, store_work(k->store, clock_boot_ms(), clock_wall_sec() * 1000));
}

static const struct conf_zone *
conf_of(const struct keeper *k, const struct zone *z)
{
	char name[NAME_TEXT_MAX];

	name_text(&z->name, name);
	for (const struct conf_zone *cz = k->conf->zones; cz != NULL; cz = cz->next)
		if (strcmp(cz->name, name) == 0)
			return cz;
	return NULL;
}

/* A zone that has never been on disk. */
static int
begin_zone(struct keeper *k, struct zone *z, char why[JOURNAL_WHY_MAX])
{
	const struct conf_zone *cz = conf_of(k, z);
	struct conf_error error;

	if (cz != NULL && load_zone(cz, z, &error) == -1) {
		snprintf(why, JOURNAL_WHY_MAX, "%s", error.text);
		return -1;
	}
	if (store_replace(k->store, z, clock_wall_sec() * 1000) == 0)
		return 0;
	snprintf(why, JOURNAL_WHY_MAX, "cannot write its first snapshot: %m");
	return -1;
}

/* Who could not refresh while we were down gets the time for it. */
static void
open_zone(struct keeper *k, struct zone *z)
{
	char why[JOURNAL_WHY_MAX], name[NAME_TEXT_MAX];
	uint64_t start = clock_boot_ms();
	int rc = store_open(k->store, z, why);

	if (rc == 0)
		rc = begin_zone(k, z, why);
	name_text(&z->name, name);
	if (rc == -1) {
		z->broken = 1;
		log_error("zone %s is not served: %s", name, why);
		return;
	}
	if (conf_of(k, z) != NULL)
		notifier_set(k->notifier, z, &conf_of(k, z)->notify);
	lease_put_off_all(z->leases, clock_wall_sec() + LIMIT_LEASE_GRACE_SEC);
	log_info("zone %s: serial %u, %zu records, %zu leases, read in %llu ms", name, z->serial,
	    z->records, lease_count(z->leases), (unsigned long long)(clock_boot_ms() - start));
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

void
keeper_begin(struct keeper *k, struct loop *l, struct server *s, const struct conf *c)
{
	memset(k, 0, sizeof(*k));
	k->conf = c;
	k->server = s;
	open_store(k);
	k->transfers = transfers_new(s);
	k->notifier = notifier_new(l, s, &c->listen);
	for (struct zone *z = s->zones.first; z != NULL; z = z->next)
		open_zone(k, z);
	k->work = loop_timer_new(l, work, k);
	loop_timer_set(k->work, STORE_LAZY_MS);
}

void
keeper_end(struct keeper *k)
{
	loop_timer_free(k->work);
	store_free(k->store);
	notifier_free(k->notifier);
	transfers_free(k->transfers);
}
