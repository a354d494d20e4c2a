/* Inside the journal: what journal.c (writing, history) and journal_open.c (start-up) share. */
#ifndef DNSUPDATE_SERVER_DISK_JOURNAL_INSIDE_H
#define DNSUPDATE_SERVER_DISK_JOURNAL_INSIDE_H

#include "dnsupdate/server/disk/journal.h"

#include <limits.h>

struct segment {
	uint64_t number;
	uint64_t first; /* sequence its header says */
	uint32_t salt;
	size_t used; /* octets, header and whole frames */
};

/* Where a frame is: one for each in the history. */
struct place {
	uint64_t total; /* octets of all frames before it, since journal_open */
	uint32_t serial_old, serial_new;
	uint32_t segment; /* number */
	uint32_t at; /* offset / FRAME_ALIGN */
};

struct journal {
	const struct file_ops *ops;
	char dir[PATH_MAX - 64];
	struct name zone;
	size_t segment_size;

	struct segment *segments; /* oldest first */
	size_t segment_count;
	struct place *places; /* oldest first, sequences without a gap */
	size_t place_count, place_room;
	uint64_t next; /* sequence of the frame to come */
	uint64_t total;

	int fd; /* of the last segment; -1 = a new one is needed first */
	size_t size; /* allocated for it */
	size_t zeroed; /* so far it was written with frames or zeros */
	struct frame_room room; /* for a frame on its way */
	uint64_t syncs, failures;

	/* The last segment may hold a frame that does not count, and none says so yet: what the one
	 * to come has in its header. */
	uint8_t in_doubt;
	uint32_t doubt_serial;
	uint64_t doubt_ms;
};

/* dir/journal.NUMBER */
void journal_path(const struct journal *j, uint64_t number, char out[PATH_MAX]);
/* Note what is on disk: a segment behind the ones known, the next frame behind those of s. */
struct segment *journal_note_segment(struct journal *j, const struct file_head *h);
void journal_note_frame(struct journal *j, struct segment *s, const struct frame *f);
/* Remove the file and forget the segment.  0 or -1 with errno. */
int journal_drop_segment(struct journal *j, size_t index);
/* Forget the frames before this one. */
void journal_forget_frames(struct journal *j, uint64_t before);

#endif
