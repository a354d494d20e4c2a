/*
 * The form of what is on disk, journal segments and snapshots alike: a file is a header of
 * FILE_HEAD octets and frames behind it.
 *
 *   header   magic, kind, serial, number, sequence, time, crc32c, salt, name of the zone
 *   frame    magic, length, sequence, time, serials, crc32c, then the payload and zeros up to the
 *            next multiple of 8
 *
 * A frame is what was written and synced at once: all of it counts or nothing.  Sequence numbers
 * rise by one from frame to frame, and a random salt in the file's header goes into each checksum:
 * neither a leftover of another time nor bytes that a client made look like a frame are taken for
 * one.  Integers are big-endian.  Pure; the payload is entry.h's.
 */
#ifndef DNSUPDATE_SERVER_DISK_FRAME_H
#define DNSUPDATE_SERVER_DISK_FRAME_H

#include "dnsupdate/wire/name.h"

#define FILE_HEAD 512
#define FRAME_HEAD 48
#define FRAME_ALIGN 8
#define FRAME_PAYLOAD_MAX (64u << 20)

enum file_kind { FILE_JOURNAL = 1, FILE_SNAPSHOT };

struct file_head {
	enum file_kind kind;
	uint64_t number; /* of the segment; of a snapshot: how many names the zone had */
	/* Journal: that of its first frame; whatever an older segment has from there on was never
	 * acknowledged.  Snapshot: the newest frame that is wholly in it. */
	uint64_t sequence;
	uint64_t time_ms; /* wall clock, when it was begun */
	uint32_t serial; /* of the zone at that moment */
	uint32_t salt; /* random; for the frames' checksums */
	struct name zone;
};

struct frame {
	uint64_t sequence;
	uint64_t time_ms; /* wall clock, when it was written */
	uint32_t serial_old, serial_new; /* of the zone before and after; equal: no data changed */
	uint32_t len; /* of payload */
	const uint8_t *payload; /* borrowed */
};

void file_head_put(uint8_t out[FILE_HEAD], const struct file_head *h);
/* 0, or -1 when it is no whole header of this version. */
int file_head_get(const uint8_t in[FILE_HEAD], struct file_head *h);

/* Octets in the file of a frame with a payload of len. */
size_t frame_size(uint32_t len);
/* Write a frame whole, frame_size octets, to out.  Its payload may already stand in its place, at
 * out + FRAME_HEAD. */
void frame_put(uint8_t *out, const struct frame *f, uint32_t salt);

enum frame_state {
	FRAME_GOOD,
	FRAME_NONE, /* zeros: nothing was written here */
	FRAME_BAD,
};

/* Look at a frame's first FRAME_HEAD octets.  FRAME_GOOD fills all of f but its payload, which has
 * not been looked at; the length is at most FRAME_PAYLOAD_MAX. */
enum frame_state frame_head_get(const uint8_t in[FRAME_HEAD], struct frame *f);
/* The checksum over head and payload of f, as just read; FRAME_GOOD or FRAME_BAD. */
enum frame_state frame_check(const uint8_t in[FRAME_HEAD], const struct frame *f, uint32_t salt);

/* Is there, anywhere in these octets, a whole frame newer than sequence?  What stands before it was
 * then synced, and is not the torn end of a write but a damage. */
int frame_follows(const uint8_t *data, size_t len, uint64_t sequence, uint32_t salt);

#endif
