/*
 * A snapshot of a zone: all its records in one file, "snapshot" beside the journal, of the form
 * frame.h describes, the last frame with an ENTRY_END.
 *
 * It is written while the service goes on, a slice of names at a time; each slice is one frame,
 * synced.  So it has no single moment: names written early lack later changes, names written late
 * have them.  That does no harm, because the journal is read again from where the snapshot was
 * begun, and its entries say how a record stands after them, not what to do: a change that the
 * snapshot has already is made once more.  Only the journal up to the end of writing must be there,
 * which ENTRY_END says.  Neither a second copy of the zone in memory nor a fork is needed, and the
 * longest pause is that of a slice.
 *
 * The file is written as "snapshot.new" and renamed when it is whole and synced: a crash leaves the
 * old one.
 */
#ifndef DNSUPDATE_SERVER_DISK_SNAPSHOT_H
#define DNSUPDATE_SERVER_DISK_SNAPSHOT_H

#include "dnsupdate/server/disk/entry.h"
#include "dnsupdate/server/disk/frame_file.h"
#include "dnsupdate/server/data/zone.h"

#define SNAPSHOT_SLICE ((size_t)128 << 10) /* octets of a frame, about */
#define SNAPSHOT_WHY_MAX 512

/* ---- writing ---- */

struct snapshot;

/* Begin, with all that the journal has up to sequence.  keys: whose marks to keep.  The zone may
 * change but must stay until the end.  NULL with errno. */
struct snapshot *snapshot_begin(const struct file_ops *ops, const char *dir, struct zone *z,
    const struct keyring *keys, uint64_t sequence, uint64_t time_ms);
/* Write and sync one slice: 1 when there is more to do, 0 when all names are written, -1 with
 * errno. */
int snapshot_step(struct snapshot *s);
/* Put it in its place; newest is the journal's newest frame now.  0; with errno: -1, the old
 * snapshot still counts; 1, it is in its place and may not stay there when the power is lost. Frees
 * s in any case. */
int snapshot_finish(struct snapshot *s, uint64_t newest);
/* Give it up and free it; NULL is fine. */
void snapshot_abort(struct snapshot *s);
/* Octets written so far. */
uint64_t snapshot_size(const struct snapshot *s);

/* ---- reading ---- */

struct snapshot_info {
	uint64_t sequence; /* read the journal from the frame behind it */
	uint64_t needs; /* a frame the journal must have (its sequence at the end of writing) */
	uint64_t size; /* octets */
};

/* 0, or -1 with a phrase in why. */
typedef int entry_cb(void *ctx, const struct entry *e, char why[SNAPSHOT_WHY_MAX]);

/* 1, every entry handed to cb; z, which is empty, is made large enough; 0 when there is no snapshot
 * (info zeroed); -1 with a sentence in why when it cannot be read whole. */
int snapshot_read(const struct file_ops *ops, const char *dir, struct zone *z, entry_cb *cb,
    void *ctx, struct snapshot_info *info, char why[SNAPSHOT_WHY_MAX]);

#endif
