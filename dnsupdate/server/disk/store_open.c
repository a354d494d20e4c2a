/* The store at start-up: from files to zones. */
#include "dnsupdate/server/disk/store_inside.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "dnsupdate/server/data/lease.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LEASE_NUMBER_MAX (1u << 24) /* a number beyond means damage, and would cost memory */

/* ---- directories ---- */

/* The zone's name as one that any file system takes: "%2f" for "/" and the like. */
static int
dir_name(const struct name *zone, char out[256])
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz0123456789-_.";
	char text[NAME_TEXT_MAX];
	size_t used = 0;

	for (const char *p = name_text(zone, text); *p != '\0'; p++) {
		int keep = strchr(plain, *p) != NULL && (used > 0 || *p != '.');

		if (used + 4 > 256) {
			errno = ENAMETOOLONG;
			return -1;
		}
		used += (size_t)snprintf(
		    out + used, 256 - used, keep ? "%c" : "%%%02x", (unsigned char)*p);
	}
	return 0;
}

static int
zone_of_dir(const char *dir, struct name *zone)
{
	char text[NAME_TEXT_MAX], again[256];
	size_t used = 0;

	for (const char *p = dir; *p != '\0' && used + 1 < sizeof(text); p++) {
		unsigned octet;

		if (*p == '%' && sscanf(p, "%%%02x", &octet) == 1) {
			text[used++] = (char)octet;
			p += 2;
		} else {
			text[used++] = *p;
		}
	}
	text[used] = '\0';
	return name_parse(zone, text) == 0 && dir_name(zone, again) == 0 && strcmp(again, dir) == 0
	    ? 0
	    : -1;
}

static int
zone_dir(const struct store *s, const struct name *zone, char *out, size_t size)
{
	char name[256];

	if (dir_name(zone, name) == -1)
		return -1;
	if (snprintf(out, size, "%s/%s", s->dir, name) < (int)size)
		return 0;
	errno = ENAMETOOLONG;
	return -1;
}

int
store_has(const struct store *s, const struct name *zone)
{
	char dir[PATH_MAX];

	return zone_dir(s, zone, dir, sizeof(dir)) == 0 && access(dir, F_OK) == 0;
}

int
store_each(const struct store *s, void (*cb)(void *ctx, const struct name *zone), void *ctx)
{
	DIR *d = opendir(s->dir);
	struct dirent *entry;
	struct name zone;

	if (d == NULL)
		return -1;
	while ((entry = readdir(d)) != NULL)
		if (entry->d_name[0] != '.' && zone_of_dir(entry->d_name, &zone) == 0)
			cb(ctx, &zone);
	closedir(d);
	return 0;
}

size_t
store_segment_size(const struct store *s, uint64_t data_octets)
{
	if (data_octets > s->segment_max)
		return s->segment_max;
	return data_octets > STORE_SEGMENT_MIN ? (size_t)data_octets : STORE_SEGMENT_MIN;
}

/* ---- entries ---- */

struct filling {
	struct store *s;
	struct zone *z;
};

static int
fill_record(struct zone *z, const struct entry *e, char why[])
{
	if (!name_in(&e->owner, &z->name)) {
		snprintf(why, JOURNAL_WHY_MAX, "a record outside the zone");
		return -1;
	}
	if (!e->after.present) {
		zone_take(z, &e->owner, e->type, e->rdata, e->rdata_len);
		return 0;
	}
	if (e->after.lease != 0 && lease_get(z->leases, e->after.lease) == NULL) {
		snprintf(why, JOURNAL_WHY_MAX, "a record with a lease that is not there");
		return -1;
	}
	if (zone_put(z, &e->owner, e->type, e->after.ttl, e->rdata, e->rdata_len, e->after.lease) ==
	    -1) {
		snprintf(why, JOURNAL_WHY_MAX, "a set with too many records");
		return -1;
	}
	return 0;
}

static void
fill_mark(const struct filling *f, const struct entry *e)
{
	struct key *key = keyring_find(f->s->keys, &e->owner);

	if (key != NULL && key->zone == f->z)
		key_mark(key, e->time_sec, e->mac, 0);
}

static int
fill(void *ctx, const struct entry *e, char why[])
{
	const struct filling *f = ctx;

	switch (e->kind) {
	case ENTRY_RECORD:
		return fill_record(f->z, e, why);
	case ENTRY_LEASE:
		if (e->lease == 0 || e->lease > LEASE_NUMBER_MAX) {
			snprintf(why, JOURNAL_WHY_MAX, "an impossible lease");
			return -1;
		}
		lease_restore(f->z->leases, e->lease, e->expires_sec, e->granted_sec);
		return 0;
	case ENTRY_MARK:
		fill_mark(f, e);
		return 0;
	case ENTRY_END:
		break;
	}
	snprintf(why, JOURNAL_WHY_MAX, "an entry that does not belong here");
	return -1;
}

static int
fill_frame(void *ctx, const struct frame *frame, char why[JOURNAL_WHY_MAX])
{
	struct entry_reader r;
	struct entry e;
	int more;

	entry_read(&r, frame->payload, frame->len);
	while ((more = entry_next(&r, &e)) == 1)
		if (fill(ctx, &e, why) == -1)
			return -1;
	if (more == -1)
		snprintf(why, JOURNAL_WHY_MAX, "an entry of a kind unknown here");
	return more;
}

/* ---- zones ---- */

static struct kept *
kept_new(struct store *s, struct zone *z)
{
	struct kept *k = calloc(1, sizeof(*k));

	if (k == NULL)
		fatalx("out of memory");
	k->store = s;
	k->zone = z;
	return k;
}

static int
read_all(struct store *s, struct kept *k, char why[JOURNAL_WHY_MAX])
{
	struct filling f = {s, k->zone};
	struct journal_options o = {.ops = s->ops, .dir = k->dir, .zone = &k->zone->name};
	int found = snapshot_read(s->ops, k->dir, k->zone, fill, &f, &k->info, why);

	if (found == -1)
		return -1;
	o.segment_size = store_segment_size(s, k->info.size);
	k->journal = journal_open(&o, k->info.sequence, k->info.needs, fill_frame, &f, why);
	if (k->journal == NULL)
		return -1;
	return found == 1 || journal_sequence(k->journal) > 0;
}

int
store_open(struct store *s, struct zone *z, char why[JOURNAL_WHY_MAX])
{
	struct kept *k = kept_new(s, z);
	int rc;

	if (zone_dir(s, &z->name, k->dir, sizeof(k->dir)) == -1 || dir_make(k->dir, 0700) == -1 ||
	    file_sync_dir(s->ops, s->dir) == -1) {
		snprintf(why, JOURNAL_WHY_MAX, "%.400s: %s", k->dir, strerror(errno));
		free(k);
		return -1;
	}
	z->loading = 1;
	lease_sort_later(z->leases);
	rc = read_all(s, k, why);
	z->loading = 0;
	if (rc == -1) {
		journal_close(k->journal);
		free(k);
		return -1;
	}
	lease_sort(z->leases);
	lease_collect_all(z->leases);
	k->next = s->first;
	s->first = k;
	z->journal = k;
	return rc;
}

static void
remove_files(const struct kept *k)
{
	char path[PATH_MAX];
	struct dirent *entry;
	DIR *d = opendir(k->dir);

	while (d != NULL && (entry = readdir(d)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", k->dir, entry->d_name);
		unlink(path);
	}
	if (d != NULL)
		closedir(d);
	if (rmdir(k->dir) == -1)
		log_warn("%s", k->dir);
}

/* The end of a life: what waits is written, and what was refused is not to come back in the next.
 */
static void
settle(struct kept *k)
{
	char zone[NAME_TEXT_MAX];

	if (k->pending.len > 0)
		store_flush(k, clock_wall_sec() * 1000);
	if (journal_settle(k->journal) == -1)
		log_warn(
		    "zone %s: updates refused when its disk failed may be there after the next start",
		    name_text(&k->zone->name, zone));
}

void
store_close(struct store *s, struct zone *z, int remove)
{
	struct kept *k = z->journal, **at = &s->first;

	if (k == NULL)
		return;
	while (*at != k)
		at = &(*at)->next;
	*at = k->next;
	snapshot_abort(k->snapshot);
	if (!remove)
		settle(k);
	journal_close(k->journal);
	if (remove)
		remove_files(k);
	entry_free(&k->pending);
	free(k);
	z->journal = NULL;
}
