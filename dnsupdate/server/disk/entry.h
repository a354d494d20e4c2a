/*
 * What stands in a frame (frame.h): a list of entries.  A journal frame has what a batch changed, a
 * snapshot has each record with no state before.  Reading them again in order on any state from a
 * part of the same history leads to the same end, which is what lets a snapshot be taken while
 * changes go on (snapshot.h).
 */
#ifndef DNSUPDATE_SERVER_DISK_ENTRY_H
#define DNSUPDATE_SERVER_DISK_ENTRY_H

#include "dnsupdate/server/data/change.h"
#include "dnsupdate/server/data/keyring.h"

enum entry_kind {
	ENTRY_RECORD = 1, /* a record as it was and as it is now */
	ENTRY_LEASE, /* a lease has these times */
	ENTRY_MARK, /* an accepted update: its key, time signed and MAC (keyring.h) */
	ENTRY_END, /* of a snapshot: all records were written up to this frame of the journal */
};

struct entry {
	enum entry_kind kind;
	/* ENTRY_RECORD; ENTRY_MARK: the key's name */
	struct name owner;
	uint16_t type;
	uint16_t rdata_len;
	const uint8_t *rdata; /* borrowed from the frame; names in it are whole */
	struct change_state before, after;
	/* ENTRY_LEASE */
	uint32_t lease;
	uint32_t granted_sec;
	uint64_t expires_sec;
	/* ENTRY_MARK */
	uint64_t time_sec;
	uint8_t mac[KEY_MARK_LEN];
	/* ENTRY_END */
	uint64_t sequence;
	uint64_t count; /* of record entries in all frames */
};

/* A payload under construction.  Starts zeroed; entry_free ends it.  Out of memory ends the
 * process. */
struct entry_list {
	uint8_t *data;
	size_t len, room;
	struct name owner; /* of the record before: not written twice */
};

void entry_put(struct entry_list *l, const struct entry *e);
/* The records of a list that differ, also those that differ in their lease only. */
void entry_put_changes(struct entry_list *l, const struct change_list *c);
/* Take off all behind the first len octets, which end with an entry. */
void entry_cut(struct entry_list *l, size_t len);
/* Empty it and keep its memory; free it. */
void entry_clear(struct entry_list *l);
void entry_free(struct entry_list *l);

/* Reading.  Start with the payload and its length. */
struct entry_reader {
	struct buf b;
	struct name owner;
};
void entry_read(struct entry_reader *r, const void *payload, size_t len);
/* 1 and *e; 0 at the end; -1 when there is anything we do not write. */
int entry_next(struct entry_reader *r, struct entry *e);

#endif
