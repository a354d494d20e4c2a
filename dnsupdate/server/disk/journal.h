/*
 * The journal of one zone: what was acknowledged is in it, and it is the history for IXFR.
 *
 * It lies in a directory of its own as segments, journal.1, journal.2 and so on, of the form
 * frame.h describes.  A batch of changes becomes one frame, written with one pwrite and one
 * fdatasync; only after these is the batch acknowledged.  Segments are allocated at once and
 * written with zeros 256 kB ahead, so that most syncs are of data alone.
 *
 * What may go wrong, and what then holds:
 *
 *   killed, power lost	the last frame may be torn.  It was not acknowledged; start-up cuts it off,
 *	with a line in the log.  Nothing is ever appended to a segment of an earlier life.
 *   pwrite or fdatasync fails	journal_commit says so, and the caller undoes the batch.  After that
 *	nobody knows what the kernel still holds of the file: it is left alone, and a new segment
 *	begins, whose header says that the failed frame does not count.  While the disk takes no new
 *	segment either, journal_settle tries again; only who is killed in that time may find the
 *	frame after a restart.
 *   disk full	the same, as soon as a new segment is needed; each later commit tries again.
 *   a frame is damaged before the end	other frames follow it, or a later segment says so: then an
 *	acknowledged change is lost, which no program can mend.  The zone is not loaded and the
 *	message names file and offset.
 */
#ifndef DNSUPDATE_SERVER_DISK_JOURNAL_H
#define DNSUPDATE_SERVER_DISK_JOURNAL_H

#include "dnsupdate/server/disk/frame_file.h"

struct journal;

#define JOURNAL_WHY_MAX 512

struct journal_options {
	const struct file_ops *ops;
	const char *dir; /* must exist */
	const struct name *zone;
	size_t segment_size; /* octets; a larger frame gets a larger segment */
};

/* A frame of the past, in order.  0, or -1 with a phrase in why when its payload makes no sense:
 * the journal is then not opened. */
typedef int journal_frame_cb(void *ctx, const struct frame *f, char why[JOURNAL_WHY_MAX]);

/*
 * Read what is there and hand the frames newer than sequence `after` to cb, which has the state of
 * `after` (0 and an empty directory: a new zone).  at_least: a frame that must be there.  NULL with
 * a sentence in why.
 */
struct journal *journal_open(const struct journal_options *o, uint64_t after, uint64_t at_least,
    journal_frame_cb *cb, void *ctx, char why[JOURNAL_WHY_MAX]);
/* Nothing is lost by not calling it. */
void journal_close(struct journal *j);

/*
 * Make this the next frame, durably; f's sequence is set.  0; -1 with errno when it is not durable
 * and never will be.  Longer than FRAME_PAYLOAD_MAX: EFBIG.
 */
int journal_commit(struct journal *j, struct frame *f);

/* Take back the frame that the last journal_commit wrote, at once after it: another zone of the
 * same batch could not be written, and none of it may come back. */
void journal_revoke(struct journal *j);

/* See that no refused frame can come back: to be called now and then, and before the end.  0; -1
 * with errno when one still can, because the disk takes nothing. */
int journal_settle(struct journal *j);

/* Of the newest frame; 0 = none yet. */
uint64_t journal_sequence(const struct journal *j);
/* Octets of frames newer than sequence; 0 as sequence: of all history. */
uint64_t journal_bytes(const struct journal *j, uint64_t sequence);
/* fdatasyncs done, and commits that failed, since journal_open. */
uint64_t journal_syncs(const struct journal *j);
uint64_t journal_failures(const struct journal *j);

/* How large segments are from now on. */
void journal_set_segment(struct journal *j, size_t segment_size);

/* A snapshot has all up to sequence: drop older segments as far as at least keep octets of history
 * remain.  What cannot be removed is tried again the next time. */
void journal_trim(struct journal *j, uint64_t sequence, uint64_t keep);

/*
 * History.  A cursor stands before the frame that leads on from a serial; it may be used while
 * commits go on, and ends with an error when its frames were trimmed away.
 */
struct journal_cursor {
	uint64_t sequence; /* of the next frame */
	int fd;
	uint64_t segment; /* number of the open one */
	uint32_t salt;
	struct frame_room room;
};
/* 1; 0 when the history does not lead from serial to the zone's current one. */
int journal_find(
    const struct journal *j, uint32_t serial, uint32_t current, struct journal_cursor *c);
/* The next frame (payload valid until the next call): 1; 0 at the end; -1 with errno. */
int journal_next(const struct journal *j, struct journal_cursor *c, struct frame *f);
/* Must be called after journal_find returned 1. */
void journal_cursor_end(const struct journal *j, struct journal_cursor *c);

#endif
