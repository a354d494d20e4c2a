/*
 * What an account's recovery phrase gives.  Whoever knows the phrase can make all of this again;
 * none of it is kept on a device but what struct identity holds and, on an admin device, the
 * phrase itself, encrypted (admin_file.h).
 *
 *	master    = Argon2id(password: the phrase's 16 octets,
 *	                     salt: "autotunnel-v1" and the domain in lower case,
 *	                     3 passes, 64 MiB, 4 lanes, 32 octets)
 *	derived   = HKDF-SHA256(key: master, no salt, info: label, 32 octets)
 *	  "tsig-account"       secret of the key autotunnel-account.DOMAIN, HMAC-SHA256
 *	  "ca"                 Ed25519 private key of the account CA
 *	  "tsig-device:HOST"   secret of the key HOST (full name, lower case), HMAC-SHA256
 *	  "tsig-device:HOST:N" the same in generation N > 0: a name whose machine was revoked gets
 *	                       another secret when it is given again (roster.h)
 *	  "tsig-invite:NAME"   secret (16 octets) of the key NAME, inviteN._join.DOMAIN (invite.h)
 *
 * The cost is the second recommendation of RFC 9106 section 4.  Changing anything here makes
 * every phrase in a drawer worthless; the unit test holds it fixed.
 */
#ifndef IDENTITY_ACCOUNT_H
#define IDENTITY_ACCOUNT_H

#include "crypto/ed25519.h"
#include "identity/identity.h"
#include "identity/phrase.h"

#define ACCOUNT_KEY_LABEL "autotunnel-account" /* of the account's TSIG key, under the domain */
#define ACCOUNT_MASTER_LEN 32
#define ACCOUNT_INVITE_SECRET 16 /* octets */

struct account {
	char domain[MSG_NAME_MAX];
	uint8_t master[ACCOUNT_MASTER_LEN];
	uint8_t ca_seed[ED25519_SEED_LEN];
	struct tsig_key tsig; /* for enrolling */
	struct lineage cas; /* the last one's key is ca_seed's */
	struct blob ca; /* certificate of the first one */
};

/* domain must be account_domain_valid().  Takes a fraction of a second and 64 MiB.  0, or -1 when
 * that memory is not to be had.  The caller wipes out in both cases. */
int account_derive(const char *domain, const uint8_t entropy[PHRASE_ENTROPY], struct account *out);
void account_wipe(struct account *a);

/* This phrase is not the account's first: make its certification key the last of cas, which holds
 * (lineage.h).  0; -1 when cas is another account's, or the engine fails. */
int account_adopt(struct account *a, const struct lineage *cas);
/* From now on next, derived for the same domain, is the account: a hands over to it.  0; -1 when
 * there have been LINEAGE_MAX phrases, or the engine fails. */
int account_hand_over(const struct account *a, struct account *next);
/* Wipe what all keys come from, when only the roster is left to be signed. */
void account_seal(struct account *a);

/* The TSIG key of the device with this full name, in this generation. */
int account_device_tsig(
    const struct account *a, const char *host, unsigned generation, struct tsig_key *out);

/* The TSIG key for the invitations of this slot, 1 and so on. */
int account_invite_tsig(const struct account *a, unsigned slot, struct tsig_key *out);

/* Make the device with this full name and public key a machine of the account: fills id but for its
 * key and the name servers; its TSIG key is that of this generation.  0, or -1 as below. */
int account_issue_key(const struct account *a, const char *host, unsigned generation,
    const uint8_t public_key[ED25519_PUBLIC_LEN], struct identity *id);

/* Make the device with this full name and private key a machine of the account: fills id but for
 * the name servers; its TSIG key is that of generation 0.  0, or -1 when the engine fails. */
int account_issue(const struct account *a, const char *host, const uint8_t seed[ED25519_SEED_LEN],
    struct identity *id);

#endif
