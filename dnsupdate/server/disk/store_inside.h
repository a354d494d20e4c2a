/* Inside the store: what store.c (batches, snapshots) and store_open.c (start-up) share. */
#ifndef DNSUPDATE_SERVER_DISK_STORE_INSIDE_H
#define DNSUPDATE_SERVER_DISK_STORE_INSIDE_H

#include "dnsupdate/server/disk/snapshot.h"
#include "dnsupdate/server/disk/store.h"

#include <limits.h>

#define STORE_DIR_MAX 600
#define COMPLAIN_MS 60000
#define SNAPSHOT_RETRY_MS 60000

/* A zone that is kept; zone->journal points here. */
struct kept {
	struct kept *next;
	struct kept *batch; /* the next one that is in_batch */
	struct store *store;
	struct zone *zone;
	struct journal *journal;
	struct entry_list pending; /* lazy changes, then those of the batch at hand */
	size_t lazy_len;
	uint64_t time_sec;
	uint32_t serial_old, serial_new;
	uint8_t in_batch, written;
	uint8_t in_doubt; /* the snapshot on disk may be of an import that failed */
	struct snapshot_info info; /* of the one on disk */
	struct snapshot *snapshot; /* the one being written */
	uint64_t snapshot_sequence;
	uint64_t not_before_ms;
	uint64_t snapshots;
	char dir[STORE_DIR_MAX];
};

struct store {
	const struct file_ops *ops;
	struct keyring *keys;
	struct kept *first;
	struct kept *batch;
	struct commit_journal journal;
	size_t segment_max;
	uint64_t flushed_ms, complained_ms;
	char dir[STORE_DIR_MAX - 256];
};

size_t store_segment_size(const struct store *s, uint64_t data_octets);

/* Write the lazy changes; what cannot be written stays. */
void store_flush(struct kept *k, uint64_t wall_ms);

#endif
