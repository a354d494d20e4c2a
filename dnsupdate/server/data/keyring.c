#include "dnsupdate/server/data/keyring.h"

#include "base/log.h"
#include "crypto/mac.h"
#include "crypto/siphash.h"
#include "dnsupdate/server/limits.h"
#include "dnsupdate/server/data/tree.h"

#include <stdlib.h>
#include <string.h>

#define BUCKETS_MIN 16

struct keyring {
	struct key **bucket;
	size_t buckets, room; /* in use (linear hashing, see tree.h), allocated */
	size_t count;
	struct siphash_key hash_key;
};

static void *
must(void *p)
{
	if (p == NULL)
		fatalx("out of memory");
	return p;
}

static size_t
bucket_of(const struct keyring *k, const uint8_t *name, size_t len)
{
	return tree_bucket(k->buckets, (uint32_t)siphash(&k->hash_key, name, len));
}

struct keyring *
keyring_new(void)
{
	struct keyring *k = must(calloc(1, sizeof *k));

	k->room = k->buckets = BUCKETS_MIN;
	k->bucket = must(calloc(k->buckets, sizeof *k->bucket));
	siphash_key_random(&k->hash_key);
	return k;
}

void
keyring_free(struct keyring *k)
{
	if (k == NULL)
		return;
	for (size_t i = 0; i < k->buckets; i++) {
		while (k->bucket[i] != NULL) {
			struct key *next = k->bucket[i]->chain;

			key_unref(k->bucket[i]);
			k->bucket[i] = next;
		}
	}
	free(k->bucket);
	free(k);
}

size_t
keyring_count(const struct keyring *k)
{
	return k->count;
}

static struct key **
find(const struct keyring *k, const uint8_t *name, size_t len)
{
	struct key **at = &k->bucket[bucket_of(k, name, len)];

	while (*at != NULL && ((*at)->name_len != len || memcmp((*at)->octets, name, len) != 0))
		at = &(*at)->chain;
	return at;
}

/* One bucket more, with a part of another one's keys. */
static void
grow(struct keyring *k)
{
	size_t added = k->buckets, half = tree_level(k->buckets);
	struct key **from, *key;

	if (added == k->room) {
		k->room *= 2;
		k->bucket = must(realloc(k->bucket, k->room * sizeof *k->bucket));
	}
	k->buckets++;
	k->bucket[added] = NULL;
	from = &k->bucket[added & (half - 1)];
	while ((key = *from) != NULL) {
		if (bucket_of(k, key->octets, key->name_len) != added) {
			from = &key->chain;
			continue;
		}
		*from = key->chain;
		key->chain = k->bucket[added];
		k->bucket[added] = key;
	}
}

struct key *
keyring_add(struct keyring *k, const struct name *name, enum key_kind kind,
    enum tsig_algorithm algorithm, const uint8_t *secret, size_t secret_len, struct zone *zone)
{
	struct key *key = must(calloc(1, sizeof *key + name->len + secret_len));
	struct key **head;

	keyring_remove(k, name);
	if (k->count >= k->buckets)
		grow(k);
	key->kind = (uint8_t)kind;
	key->algorithm = (uint8_t)algorithm;
	key->zone = zone;
	key->users = 1;
	key->name_len = name->len;
	key->secret_len = (uint8_t)secret_len;
	memcpy(key->octets, name->wire, name->len);
	memcpy(key->octets + name->len, secret, secret_len);
	head = &k->bucket[bucket_of(k, name->wire, name->len)];
	key->chain = *head;
	*head = key;
	k->count++;
	return key;
}

struct key *
keyring_find(const struct keyring *k, const struct name *name)
{
	return *find(k, name->wire, name->len);
}

int
keyring_remove(struct keyring *k, const struct name *name)
{
	struct key **at = find(k, name->wire, name->len);
	struct key *key = *at;

	if (key == NULL)
		return -1;
	*at = key->chain;
	key->chain = NULL;
	k->count--;
	key_unref(key);
	return 0;
}

struct key *
keyring_next(const struct keyring *k, const struct key *key)
{
	size_t i = 0;

	if (key != NULL && key->chain != NULL)
		return key->chain;
	if (key != NULL)
		i = bucket_of(k, key->octets, key->name_len) + 1;
	for (; i < k->buckets; i++)
		if (k->bucket[i] != NULL)
			return k->bucket[i];
	return NULL;
}

struct key *
key_ref(struct key *key)
{
	if (key != NULL)
		key->users++;
	return key;
}

void
key_unref(struct key *key)
{
	if (key == NULL || --key->users > 0)
		return;
	crypto_wipe(key->octets + key->name_len, key->secret_len);
	free(key->marks);
	free(key);
}

void
key_name(const struct key *key, struct name *out)
{
	out->len = key->name_len;
	memcpy(out->wire, key->octets, key->name_len);
}

void
key_signer(const struct key *key, struct tsig_signer *out)
{
	key_name(key, &out->name);
	out->algorithm = (enum tsig_algorithm)key->algorithm;
	out->secret = key->octets + key->name_len;
	out->secret_len = key->secret_len;
}
