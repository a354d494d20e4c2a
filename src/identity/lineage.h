/*
 * The account's certification keys, from the first to the present one.  Most accounts have one; a
 * new recovery phrase brings another, which the one before it signs (`autotunnel account
 * new-phrase`).  The first one gives the account its prefix (ula.h) for ever.  The present one
 * alone signs the roster; who has seen it takes no roster of an earlier one any more.
 *
 * What vouches for a key is the signature of its X.509 certificate (crypto/cert.h), which can be
 * made again from the two.  As text, a line of the roster (roster.h), the number from 1:
 *
 *	@2 KEY SIGNATURE	(both in base64)
 *
 * Pure: no file, no clock.
 */
#ifndef IDENTITY_LINEAGE_H
#define IDENTITY_LINEAGE_H

#include "base/msg.h"
#include "crypto/ed25519.h"

#include <sys/types.h>

#define LINEAGE_MAX 8
#define LINEAGE_LINE_MAX 160 /* with NUL */

struct lineage {
	uint8_t count; /* 0: nothing is known */
	struct lineage_ca {
		uint8_t key[ED25519_PUBLIC_LEN];
		uint8_t
		    signature[ED25519_SIGNATURE_LEN]; /* of its certificate, by the one before */
	} ca[LINEAGE_MAX];
};

/* Append the key and signature of one X.509 certificate as DER.  0; -1 when it is no CA's, or there
 * are too many.  Checks no signature. */
int lineage_add_cert(struct lineage *l, const void *der, size_t len);

/* Hand over from the present key, whose seed this is, to a new one.  0; -1 when there are too many,
 * or the engine fails. */
int lineage_hand_over(struct lineage *l, const char *domain,
    const uint8_t present_seed[ED25519_SEED_LEN], const uint8_t key[ED25519_PUBLIC_LEN]);

/* The certificate of key i as DER: its length, -1 when it does not fit. */
ssize_t lineage_cert(
    const struct lineage *l, unsigned i, const char *domain, uint8_t *out, size_t size);

/* Is each key vouched for by the one before, the first by itself?  1 or 0 (also when empty). */
int lineage_valid(const struct lineage *l, const char *domain);

/* Is known how l begins, or all of it? */
int lineage_extends(const struct lineage *l, const struct lineage *known);

/* Which one is this key?  -1: none. */
int lineage_find(const struct lineage *l, const uint8_t key[ED25519_PUBLIC_LEN]);

/* The present key; l is not empty. */
const uint8_t *lineage_present(const struct lineage *l);

/* Has one of these keys signed this certificate? */
int lineage_issued(const struct lineage *l, const char *domain, const void *cert, size_t len);

/* Its line i, without a line end; and back, lines in any order: 0, or -1 when it is no such line or
 * its number was there.  When all were read, lineage_whole says whether none is missing. */
void lineage_line(const struct lineage *l, unsigned i, char out[LINEAGE_LINE_MAX]);
int lineage_read_line(struct lineage *l, const char *line);
int lineage_whole(const struct lineage *l);

#endif
