#include "dnsupdate/server/disk/store_inside.h"

#include "base/clock.h"
#include "base/log.h"
#include "dnsupdate/server/data/lease.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- the batch ---- */

static void
put_lease(struct entry_list *l, const struct zone *z, uint32_t id)
{
	const struct lease *lease = lease_get(z->leases, id);
	struct entry e = {.kind = ENTRY_LEASE, .lease = id};

	if (lease == NULL)
		return;
	e.granted_sec = lease->granted_sec;
	e.expires_sec = lease->expires_sec;
	entry_put(l, &e);
}

/* The leases that the changed records live by from now on; those of one update come together. */
static void
put_leases(struct entry_list *l, const struct zone *z, const struct change_list *changes)
{
	const struct change *c;
	uint32_t last = 0;
	size_t pos = 0;

	while ((c = change_next(changes, &pos)) != NULL) {
		if (!c->after.present || c->after.lease == 0 || c->after.lease == last)
			continue;
		last = c->after.lease;
		put_lease(l, z, last);
	}
}

static void
put_marks(struct entry_list *l, const struct commit_record *r)
{
	for (size_t i = 0; i < r->mark_count; i++) {
		struct entry e = {.kind = ENTRY_MARK, .time_sec = r->marks[i].time_sec};

		key_name(r->marks[i].key, &e.owner);
		memcpy(e.mac, r->marks[i].mac, sizeof(e.mac));
		entry_put(l, &e);
	}
}

/* The batch at hand goes behind what waits lazily; the two part again if it fails. */
static int
append(void *ctx, const struct commit_record *r)
{
	struct kept *k = r->zone->journal;

	/* what is written behind a snapshot must be of the same zone */
	if (k == NULL || k->in_doubt)
		return -1;
	if (!k->in_batch) {
		k->in_batch = 1;
		k->batch = k->store->batch;
		k->store->batch = k;
		k->lazy_len = k->pending.len;
		k->serial_old = r->old_serial;
	}
	k->time_sec = r->time_sec;
	k->serial_new = r->new_serial;
	put_leases(&k->pending, r->zone, r->changes);
	entry_put_changes(&k->pending, r->changes);
	put_marks(&k->pending, r);
	return 0;
}

static int
write_pending(struct kept *k)
{
	struct frame f = {.time_ms = k->time_sec * 1000,
	    .serial_old = k->serial_old,
	    .serial_new = k->serial_new,
	    .len = (uint32_t)k->pending.len,
	    .payload = k->pending.data};

	if (k->pending.len > FRAME_PAYLOAD_MAX) {
		errno = EFBIG;
		return -1;
	}
	return journal_commit(k->journal, &f);
}

/* A line a minute about a disk that fails. */
static void
complain(struct store *s, const struct kept *k, const char *what)
{
	char zone[NAME_TEXT_MAX];
	uint64_t now = clock_boot_ms();

	if (s->complained_ms != 0 && now - s->complained_ms < COMPLAIN_MS)
		return;
	s->complained_ms = now;
	log_warn("zone %s: %s", name_text(&k->zone->name, zone), what);
}

/* Each zone of the batch is out of it; of a failed one all but the lazy changes are forgotten. */
static void
end_batch(struct store *s, int failed)
{
	struct kept *k;

	while ((k = s->batch) != NULL) {
		if (failed)
			entry_cut(&k->pending, k->lazy_len);
		else if (k->written)
			entry_clear(&k->pending);
		k->written = k->in_batch = 0;
		s->batch = k->batch;
	}
}

/* Undo the batch everywhere: what other zones have written already must not come back either. */
static void
take_back(struct store *s)
{
	for (struct kept *k = s->batch; k != NULL; k = k->batch)
		if (k->written)
			journal_revoke(k->journal);
}

static int
sync_all(struct store *s)
{
	for (struct kept *k = s->batch; k != NULL; k = k->batch) {
		if (write_pending(k) == 0) {
			k->written = 1;
			continue;
		}
		complain(s, k, "cannot write its journal; updates are refused");
		take_back(s);
		return -1;
	}
	return 0;
}

static int
finish(void *ctx, int must_sync)
{
	struct store *s = ctx;
	int rc = must_sync == 1 ? sync_all(s) : must_sync;

	end_batch(s, rc == -1);
	return rc;
}

/* ---- between batches ---- */

void
store_flush(struct kept *k, uint64_t wall_ms)
{
	k->serial_old = k->serial_new = k->zone->serial;
	k->time_sec = wall_ms / 1000;
	if (write_pending(k) == 0)
		entry_clear(&k->pending);
}

/* Lazy changes are kept in memory as long as they cannot be written, but not without end. */
static void
flush_lazy(struct store *s, struct kept *k, uint64_t wall_ms)
{
	store_flush(k, wall_ms);
	if (k->pending.len == 0)
		return;
	complain(s, k, "cannot write its journal");
	if (k->pending.len > STORE_LAZY_MAX) {
		log_warnx("refreshed leases that could not be written are given up");
		entry_clear(&k->pending);
	}
}

static int
snapshot_due(const struct kept *k)
{
	uint64_t least = k->info.size > STORE_SNAPSHOT_MIN ? k->info.size : STORE_SNAPSHOT_MIN;

	return k->snapshot != NULL || k->in_doubt ||
	    journal_bytes(k->journal, k->info.sequence) >= least;
}

static void
snapshot_failed(struct store *s, struct kept *k, uint64_t now_ms)
{
	complain(s, k, "cannot write a snapshot");
	k->snapshot = NULL;
	k->not_before_ms = now_ms + (k->in_doubt ? STORE_LAZY_MS : SNAPSHOT_RETRY_MS);
}

static void
snapshot_done(struct store *s, struct kept *k, uint64_t now_ms)
{
	struct snapshot_info new = {.sequence = k->snapshot_sequence,
	    .needs = journal_sequence(k->journal),
	    .size = snapshot_size(k->snapshot)};

	if (snapshot_finish(k->snapshot, new.needs) != 0) {
		snapshot_failed(s, k, now_ms);
		return;
	}
	k->snapshot = NULL;
	k->in_doubt = 0;
	k->info = new;
	k->snapshots++;
	journal_trim(k->journal, new.sequence,
	    new.size > STORE_SNAPSHOT_MIN ? new.size : STORE_SNAPSHOT_MIN);
	journal_set_segment(k->journal, store_segment_size(s, new.size));
}

static void
snapshot_work(struct store *s, struct kept *k, uint64_t now_ms, uint64_t wall_ms)
{
	if (k->snapshot == NULL) {
		k->snapshot_sequence = journal_sequence(k->journal);
		k->snapshot =
		    snapshot_begin(s->ops, k->dir, k->zone, s->keys, k->snapshot_sequence, wall_ms);
		if (k->snapshot == NULL)
			snapshot_failed(s, k, now_ms);
		return;
	}
	switch (snapshot_step(k->snapshot)) {
	case 0:
		snapshot_done(s, k, now_ms);
		break;
	case -1:
		snapshot_abort(k->snapshot);
		snapshot_failed(s, k, now_ms);
		break;
	}
}

/* One slice of one zone's snapshot.  Then four times as long is left to others. */
static uint64_t
work_on_snapshots(struct store *s, uint64_t now_ms, uint64_t wall_ms)
{
	for (struct kept *k = s->first; k != NULL; k = k->next) {
		if (now_ms < k->not_before_ms || !snapshot_due(k))
			continue;
		snapshot_work(s, k, now_ms, wall_ms);
		return 1 + 4 * (clock_boot_ms() - now_ms);
	}
	return STORE_LAZY_MS;
}

uint64_t
store_work(struct store *s, uint64_t now_ms, uint64_t wall_ms)
{
	if (now_ms - s->flushed_ms >= STORE_LAZY_MS) {
		s->flushed_ms = now_ms;
		for (struct kept *k = s->first; k != NULL; k = k->next) {
			if (k->pending.len > 0 && !k->in_batch)
				flush_lazy(s, k, wall_ms);
			journal_settle(k->journal); /* or in a second */
		}
	}
	return work_on_snapshots(s, now_ms, wall_ms);
}

int
store_replace(struct store *s, struct zone *z, uint64_t now_ms)
{
	struct kept *k = z->journal;
	struct snapshot_info info;
	struct snapshot *new;
	uint64_t sequence;
	int more = -1, rc;

	snapshot_abort(k->snapshot);
	k->snapshot = NULL;
	sequence = journal_sequence(k->journal);
	new = snapshot_begin(s->ops, k->dir, z, s->keys, sequence, now_ms);
	while (new != NULL && (more = snapshot_step(new)) == 1)
		;
	if (new == NULL || more == -1) {
		snapshot_abort(new);
		return -1;
	}
	info = (struct snapshot_info) {
	    .sequence = sequence, .needs = sequence, .size = snapshot_size(new)};
	rc = snapshot_finish(new, sequence);
	k->in_doubt = rc == 1;
	k->not_before_ms = 0;
	if (rc != 0)
		return -1;
	k->info = info;
	entry_clear(&k->pending);
	journal_trim(k->journal, sequence, 0);
	return 0;
}

/* ---- birth and death ---- */

struct store *
store_new(const struct store_options *o)
{
	struct store *s = calloc(1, sizeof(*s));

	if (s == NULL)
		fatalx("out of memory");
	s->ops = o->ops;
	s->keys = o->keys;
	s->segment_max = o->segment_max != 0 ? o->segment_max : STORE_SEGMENT_MAX;
	snprintf(s->dir, sizeof(s->dir), "%s", o->dir);
	s->journal = (struct commit_journal) {.append = append, .finish = finish, .ctx = s};
	return s;
}

void
store_free(struct store *s)
{
	if (s == NULL)
		return;
	while (s->first != NULL)
		store_close(s, s->first->zone, 0);
	free(s);
}

const struct commit_journal *
store_journal(struct store *s)
{
	return &s->journal;
}

struct journal *
store_history(const struct zone *z)
{
	const struct kept *k = z->journal;

	return k == NULL ? NULL : k->journal;
}

void
store_stats(const struct zone *z, struct store_stats *out)
{
	const struct kept *k = z->journal;

	*out = (struct store_stats) {0};
	if (k == NULL)
		return;
	out->journal_octets = journal_bytes(k->journal, k->info.sequence);
	out->history_octets = journal_bytes(k->journal, 0);
	out->snapshot_octets = k->info.size;
	out->syncs = journal_syncs(k->journal);
	out->failures = journal_failures(k->journal);
	out->snapshots = k->snapshots;
}
