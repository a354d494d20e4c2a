/*
 * The TSIG keys the server knows, by name.  What a key may do is policy.h's to say.
 *
 * A key also remembers which signed updates it has had: the time of the newest one, and the MACs of
 * all those of the last LIMIT_REPLAY_SEC seconds.  What is older, or has a known MAC, was sent
 * before.  The journal keeps these marks, so that a captured update stays worthless after a
 * restart.
 */
#ifndef DNSUPDATE_SERVER_DATA_KEYRING_H
#define DNSUPDATE_SERVER_DATA_KEYRING_H

#include "dnsupdate/wire/tsig.h"

struct zone;

enum key_kind {
	KEY_DEVICE, /* its own name and below */
	KEY_ACCOUNT, /* the whole zone, and the zone's keys */
	KEY_TRANSFER, /* reads and transfers, changes nothing */
};

#define KEY_MARK_LEN 8 /* octets of a MAC that are remembered */

struct key {
	struct key *chain;
	struct zone *zone; /* the only one it is good for */
	uint64_t newest_sec; /* time signed of its newest update; 0 for none */
	struct key_marks *marks; /* NULL while there are none */
	uint32_t users; /* the ring and whoever took it with key_ref */
	uint8_t kind; /* enum key_kind */
	uint8_t algorithm; /* enum tsig_algorithm */
	uint8_t from_file; /* named by the configuration, not added at run time */
	uint8_t shadows; /* added at run time, in the place of one that the configuration names */
	uint8_t name_len, secret_len;
	uint8_t octets[]; /* name (wire format), secret */
};

struct keyring;

struct keyring *keyring_new(void);
void keyring_free(struct keyring *k);
size_t keyring_count(const struct keyring *k);

/* Add a key; one of the same name makes place.  The secret is copied. */
struct key *keyring_add(struct keyring *k, const struct name *name, enum key_kind kind,
    enum tsig_algorithm algorithm, const uint8_t *secret, size_t secret_len, struct zone *zone);
struct key *keyring_find(const struct keyring *k, const struct name *name);
/* Take it out; whoever holds it may go on using it until key_unref.  -1 when there is none. */
int keyring_remove(struct keyring *k, const struct name *name);
/* All keys, in no order; start with NULL.  The ring must not change in between. */
struct key *keyring_next(const struct keyring *k, const struct key *key);

struct key *key_ref(struct key *key);
void key_unref(struct key *key);

void key_name(const struct key *key, struct name *out);
/* As tsig.h wants it; the secret is borrowed from key. */
void key_signer(const struct key *key, struct tsig_signer *out);

/* ---- replays ---- */

enum replay { REPLAY_NEW, REPLAY_KNOWN, REPLAY_OLD };

/* Has this key already signed this update?  KNOWN: yes, and *rcode is what came of it.  OLD: too
 * old to tell. */
enum replay key_replay(
    const struct key *key, uint64_t time_sec, const uint8_t mac[KEY_MARK_LEN], uint8_t *rcode);
/* Remember it.  Also used at start with what the journal kept (rcode 0). */
void key_mark(struct key *key, uint64_t time_sec, const uint8_t mac[KEY_MARK_LEN], uint8_t rcode);
/* Forget the mark of an update that was undone; newest_sec stays. */
void key_unmark(struct key *key, uint64_t time_sec, const uint8_t mac[KEY_MARK_LEN]);
/* What to keep through a restart: the marks of accepted updates that still count; start with
 * *pos = 0.  0 at the end. */
int key_mark_next(
    const struct key *key, size_t *pos, uint64_t *time_sec, uint8_t mac[KEY_MARK_LEN]);

#endif
