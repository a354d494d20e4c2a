/*
 * Joining without the phrase: the inviter, who has it, and the new machine, which has a code, meet
 * in TXT records at a name of the zone, inviteN._join.DOMAIN.
 *
 *	inviter            the zone                       new machine
 *	code ----------------------------------- by hand --> key pair
 *	                   request: label, public key <---- MAC by the code's secret
 *	a check number, on both screens; the inviter says yes
 *	roster, PTR, reply: certificate, CA, TSIG key ----> sealed with the code's secret
 *	                   nothing <----------------------- enrolled
 *
 * The code has a TSIG key that may write at that name only, the name server's address, and 128 bits
 * that are used once; from these come, with HKDF-SHA256 (no salt) and the labels "request", "check"
 * and "reply", the keys of a MAC (HMAC-SHA256, 16 octets), of the check number (HMAC-SHA256, the
 * first 32 bits, six decimal digits) and of the reply (AES-256-GCM).  So the name server can do no
 * more than not carry the message; and who has stolen a code must be let in under a check number
 * that is not the new machine's.
 *
 * Pure: no file, no clock, no socket.
 */
#ifndef IDENTITY_INVITE_H
#define IDENTITY_INVITE_H

#include "identity/account.h"

#define INVITE_SLOTS 2 /* names for codes at the same time */
#define INVITE_KEY_LEN 16
#define INVITE_TEXT_MAX 512 /* of a code, with NUL */
#define INVITE_LABEL_MAX 64
#define INVITE_REQUEST_MAX 128
#define INVITE_REPLY_MAX 2800

struct invite {
	char domain[MSG_NAME_MAX];
	char label[INVITE_LABEL_MAX]; /* the new machine's name, or "": its own choice */
	uint8_t slot; /* 1 to INVITE_SLOTS */
	uint32_t expires_sec;
	struct endpoint server; /* the name server */
	uint8_t pins; /* of the server's TLS key: 0 or 1 */
	uint8_t pin[32];
	struct tsig_key tsig; /* for the slot's name, which is its name */
	uint8_t key[INVITE_KEY_LEN];
};

/* A new one for this account: fills what is not given (tsig, key).  0, or -1 when the engine fails.
 */
int invite_make(struct invite *i, const struct account *a);

/* "at1-...": one line without spaces.  Returns its length. */
size_t invite_encode(const struct invite *i, char out[INVITE_TEXT_MAX]);
/* Read a code, with white space around it.  0; -1 with a sentence in why. */
int invite_decode(const char *text, struct invite *i, char why[MSG_TEXT_MAX]);

struct invite_request {
	char label[INVITE_LABEL_MAX];
	uint8_t public_key[ED25519_PUBLIC_LEN];
};

/* Returns the length, 0 when the engine fails. */
size_t invite_ask(
    const struct invite *i, const struct invite_request *r, uint8_t out[INVITE_REQUEST_MAX]);
/* 0, or -1 when it is none, or not by who has the code. */
int invite_hear(const struct invite *i, const uint8_t *data, size_t len, struct invite_request *r);
/* Six digits that both sides show. */
unsigned invite_check(const struct invite *i, const struct invite_request *r);

/* id: what account_issue_key made for the request (no private key in it).  Returns the length, 0
 * when it does not fit. */
size_t invite_seal(const struct invite *i, const struct invite_request *r,
    const struct identity *id, uint8_t out[INVITE_REPLY_MAX]);
/* The same at the other end: fills id, which then lacks key and servers only.  The certificates are
 * checked against each other and the request.  0, or -1. */
int invite_open(const struct invite *i, const struct invite_request *r, const uint8_t *data,
    size_t len, struct identity *id);

#endif
