/*
 * The roster: which keys are machines of the account, signed by the account CA.  A name server can
 * hide it or show an old one; it cannot add a machine, and a machine once seen as revoked stays so.
 * As text, which is also what lies on disk and what is signed but for the signature:
 *
 *	v=1 s=17 t=1764108000 n=3 open=0 sig=BASE64
 *	laptop ok 0 fe812c12f3ab4ce6a1b2c3d4e5f60718
 *	nas ok 1 0c2f...
 *	nas revoked 0 77aa...
 *
 * s counts up with each change, t is the wall clock of who signed, n the number of lines below.
 * open=1: machines that are not listed are let in too; such an account had machines before it had a
 * roster.  A line is a machine's label under the domain, its state, the generation of its TSIG key
 * (account.h) and the first 128 bits of SHA-256 of its public key, the first 64 of which end its
 * address (ula.h).  Lines stand in the order of label, then key.  The signature (Ed25519) is over
 *
 *	"autotunnel-roster-v1" LF domain LF, the first line without " sig=BASE64", and the others.
 *
 * An account whose recovery phrase was replaced also lists its certification keys, as lines that
 * begin with @ (lineage.h); n does not count them.  The last of them signs, and it signs them too.
 *
 * How it stands in the zone: dnsupdate/wire/roster_records.h.  Pure: no file, no clock.
 */
#ifndef IDENTITY_ROSTER_H
#define IDENTITY_ROSTER_H

#include "base/msg.h"
#include "identity/lineage.h"

#define ROSTER_KEY_LEN 16
#define ROSTER_LABEL_MAX 64 /* with NUL */
#define ROSTER_DEVICES_MAX 1024 /* lines, revoked ones too */
#define ROSTER_LINE_MAX 160 /* any line, with NUL */
#define ROSTER_TEXT_MAX MSG_ROSTER_MAX /* it must pass through one DNS message */
#define ROSTER_GENERATION_MAX 9999

enum roster_state { ROSTER_OK = 1, ROSTER_REVOKED };

struct roster_device {
	uint8_t key[ROSTER_KEY_LEN];
	char label[ROSTER_LABEL_MAX]; /* lower case */
	uint16_t generation; /* of its TSIG key */
	uint8_t state; /* enum roster_state */
};

struct roster {
	uint32_t serial; /* 0 = there is none */
	uint8_t open;
	uint64_t time_sec;
	uint8_t signature[ED25519_SIGNATURE_LEN];
	struct lineage cas; /* empty while the account has had one certification key only */
	size_t count;
	struct roster_device *device; /* allocated; sorted */
};

/* An empty roster needs no freeing: memset to zero is one. */
void roster_free(struct roster *r);

/* Read len octets of text; lines may stand in any order (DNS has none).  0; -1 with a sentence in
 * why, *r then empty.  Checks no signature. */
int roster_parse(struct roster *r, const char *text, size_t len, char why[MSG_TEXT_MAX]);

/* Write its text, without NUL.  Returns the length, 0 when it does not fit. */
size_t roster_print(const struct roster *r, char *out, size_t size);

/* Is it signed by this account CA for this domain, and is that the present one in a lineage that
 * holds, if it says one?  1 or 0.  For who has the key itself. */
int roster_verify(
    const struct roster *r, const char *domain, const uint8_t ca_key[ED25519_PUBLIC_LEN]);

/* Is it by the account whose certification keys were these when last heard of?  Those may have been
 * handed over since, never back.  1 or 0.  For who must be told. */
int roster_trusted(const struct roster *r, const char *domain, const struct lineage *known);

/* Count the serial up, set the time and sign.  0; -1 when it is too big to be published, or the
 * engine fails. */
int roster_sign(struct roster *r, const char *domain, const uint8_t ca_seed[ED25519_SEED_LEN],
    uint64_t now_sec);

/* What identifies a public key in it. */
void roster_key(const uint8_t public_key[ED25519_PUBLIC_LEN], uint8_t out[ROSTER_KEY_LEN]);

/* NULL when there is none.  By label: the one that is not revoked. */
const struct roster_device *roster_find_key(
    const struct roster *r, const uint8_t key[ROSTER_KEY_LEN]);
const struct roster_device *roster_find_label(const struct roster *r, const char *label);

/* The generation of the TSIG key of a machine with this key and label: its own when it is listed;
 * that of the machine whose place it takes; when that was revoked, one that none before it had. */
unsigned roster_generation(
    const struct roster *r, const char *label, const uint8_t key[ROSTER_KEY_LEN]);

/* List a machine.  One that had this label, with another key, becomes revoked.  1 when that changed
 * something, 0 when it stood there; -1 when this key is revoked or the roster is full. */
int roster_add(struct roster *r, const char *label, const uint8_t key[ROSTER_KEY_LEN]);
/* 1, or 0 when the key is not listed or is revoked already. */
int roster_revoke(struct roster *r, const uint8_t key[ROSTER_KEY_LEN]);

/* How a roster that is offered, verified, stands to the one that is held (serial 0: none). */
enum roster_verdict roster_judge(const struct roster *held, const struct roster *offered);

/* Before changing what the zone shows: take over what only the held one knows, so that a name
 * server with an old roster does not bring a revoked machine back.  Takes the higher serial too. */
void roster_merge(struct roster *r, const struct roster *held);

/* May a machine with this key and label have a tunnel?  0; -1 with a sentence in why. */
int roster_admits(const struct roster *r, const char *label, const uint8_t key[ROSTER_KEY_LEN],
    char why[MSG_TEXT_MAX]);

#endif
