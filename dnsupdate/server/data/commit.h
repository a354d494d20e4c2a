/*
 * Group commit: the one way in which a served zone changes.
 *
 *	commit_change()   an update's changes, made in the zone already, join the batch
 *	commit_run()      once a batch: one new serial a zone, the journal, ONE sync, then the hooks
 *
 * Between the two nobody may be answered: what is in the zone could still be undone.  When the
 * journal fails, commit_run puts all zones back as they were and says so; the server stays up.
 *
 * A batch that changes nothing the world can see (a lease put off, an update that found all as it
 * wished) gets no serial, calls no hook and is not waited for on the disk: it is appended lazily.
 */
#ifndef DNSUPDATE_SERVER_DATA_COMMIT_H
#define DNSUPDATE_SERVER_DATA_COMMIT_H

#include "dnsupdate/server/data/change.h"
#include "dnsupdate/server/data/keyring.h"

struct zone;
struct commit;

/* An accepted update, for key_mark after a restart. */
struct commit_mark {
	struct key *key;
	uint64_t time_sec;
	uint8_t mac[KEY_MARK_LEN];
};

/* What a batch did to one zone; everything is borrowed. */
struct commit_record {
	struct zone *zone;
	uint32_t old_serial, new_serial; /* the same when nothing visible changed */
	uint64_t time_sec; /* wall clock */
	const struct change_list *changes; /* the SOA records among them; lease numbers in them
					    * can be looked up with lease_get */
	const struct commit_mark *marks;
	size_t mark_count;
};

/*
 * The journal.  append: 0, or -1 when the zone cannot be kept: the batch is then undone.  finish
 * ends the batch: with must_sync it makes all that was appended durable, 0 or -1, and after -1
 * nothing that this batch appended comes back; without, it is 0 and the batch goes to disk when it
 * suits.  finish is called (must_sync -1) after a failed append too: forget the batch.
 */
struct commit_journal {
	int (*append)(void *ctx, const struct commit_record *record);
	int (*finish)(void *ctx, int must_sync);
	void *ctx;
};

/* Called after a batch is durable, for each zone that changed visibly, in the order of
 * registration.  Hooks read zones, they never change one. */
struct commit_hook {
	void (*changed)(void *ctx, struct zone *z, uint32_t old_serial, uint32_t new_serial,
	    const struct change_list *changes);
	void *ctx;
	struct commit_hook *next; /* commit's */
};

struct commit *commit_new(void);
void commit_free(struct commit *c);

/* NULL: none; all that is acknowledged then lives in memory only.  Borrowed. */
void commit_set_journal(struct commit *c, const struct commit_journal *journal);
/* Borrowed until commit_free. */
void commit_add_hook(struct commit *c, struct commit_hook *hook);

/* These changes were made in z, whose serial was old_serial before them; mark (may be NULL) is the
 * update that made them, copied with a reference to its key. */
void commit_change(struct commit *c, struct zone *z, uint32_t old_serial,
    const struct change_list *changes, const struct commit_mark *mark);
/* Is there anything that commit_run would write? */
int commit_pending(const struct commit *c);
/* Make the batch durable and known.  0; or -1 and every zone is as before the batch. */
int commit_run(struct commit *c, uint64_t now_sec);

/*
 * Change one record of z and note it in changes, with what it does to the others of its set: they
 * take the TTL.  commit_put: -1 when the set is at its limit.  commit_take: -1 when there is no
 * such record.  The lease of a record that stands already is replaced.
 */
int commit_put(struct zone *z, struct change_list *changes, const struct name *owner, uint16_t type,
    uint32_t ttl, const void *rdata, uint16_t len, uint32_t lease);
int commit_take(struct zone *z, struct change_list *changes, const struct name *owner,
    uint16_t type, const void *rdata, uint16_t len);
/* All of a set; how many records that were. */
size_t commit_take_rrset(
    struct zone *z, struct change_list *changes, const struct name *owner, uint16_t type);

#endif
