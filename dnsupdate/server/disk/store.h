/*
 * What keeps zones through a crash: a directory with one for each zone in it, each with a journal
 * and a snapshot.  Plugs into commit.h.
 *
 *	DIR/alice.example.com/snapshot		all records, once in a while (snapshot.h)
 *	DIR/alice.example.com/journal.7		what changed since, batch by batch (journal.h)
 *
 * A batch is one frame and one fdatasync for each zone it changes.  What the world does not see (a
 * lease put off) waits for the next batch or for STORE_LAZY_MS, whichever is first, and costs no
 * sync of its own.  When the journal has grown as large as the data, a new snapshot is written, a
 * slice at a time between batches; older journal stays as history for IXFR until it is larger than
 * the snapshot.
 */
#ifndef DNSUPDATE_SERVER_DISK_STORE_H
#define DNSUPDATE_SERVER_DISK_STORE_H

#include "dnsupdate/server/data/commit.h"
#include "dnsupdate/server/disk/journal.h"

struct store;

#define STORE_LAZY_MS 1000
/* Octets of a journal segment: as large as the snapshot, within these. */
#define STORE_SEGMENT_MIN ((size_t)1 << 20)
#define STORE_SEGMENT_MAX ((size_t)64 << 20)
/* A snapshot is not worth its while before the journal has so much. */
#define STORE_SNAPSHOT_MIN ((uint64_t)1 << 20)
/* Lazy changes are given up, with a line in the log, when so many cannot be written. */
#define STORE_LAZY_MAX ((size_t)8 << 20)

struct store_options {
	const struct file_ops *ops;
	const char *dir; /* must exist */
	struct keyring *keys; /* whose marks are kept; borrowed */
	size_t segment_max; /* 0: STORE_SEGMENT_MAX */
};

struct store *store_new(const struct store_options *o);
/* Close what is open.  What lazy changes wait are written. */
void store_free(struct store *s);
/* For commit_set_journal. */
const struct commit_journal *store_journal(struct store *s);

/*
 * Fill z, which is empty, with what the directory has, and keep it from now on.  Leases end at the
 * times they had.  The zone's keys must be in the ring.  1; 0 when there is nothing yet (it is kept
 * all the same); -1 with a sentence in why: z is then half filled, and its files are untouched.
 */
int store_open(struct store *s, struct zone *z, char why[JOURNAL_WHY_MAX]);
/* Keep it no more; its files stay (remove 0) or go (remove 1).  z may be one that is not kept. */
void store_close(struct store *s, struct zone *z, int remove);
/* Is there something on disk for a zone of this name? */
int store_has(const struct store *s, const struct name *zone);
/* The names of all zones on disk, one call of cb each.  0, or -1 with errno. */
int store_each(const struct store *s, void (*cb)(void *ctx, const struct name *zone), void *ctx);

/* Write all of z's data now, in one go, as the only thing that counts (an import); history ends.
 * 0; -1 with errno: the caller takes it back, and the disk has what it had before; where that is in
 * doubt, z's updates fail until a snapshot of it has been written. */
int store_replace(struct store *s, struct zone *z, uint64_t now_ms);

/* Do what is to be done between batches, at most a few milliseconds of it.  now: CLOCK_BOOTTIME and
 * wall clock.  Returns the milliseconds after which it wants to be called again. */
uint64_t store_work(struct store *s, uint64_t now_ms, uint64_t wall_ms);

/* The history of z; NULL when it is not kept. */
struct journal *store_history(const struct zone *z);

struct store_stats {
	uint64_t journal_octets; /* frames not yet in a snapshot */
	uint64_t history_octets; /* all frames */
	uint64_t snapshot_octets;
	uint64_t syncs, failures, snapshots;
};
/* Of one zone; zeros when it is not kept. */
void store_stats(const struct zone *z, struct store_stats *out);

#endif
