/*
 * What makes a machine an admin device: the 128 bits of the recovery phrase, on its disk, under a
 * passphrase.  The file admin.key of the state directory, 0600, is one line of text:
 *
 *	v=1 salt=BASE64 nonce=BASE64 sealed=BASE64
 *
 *	key    = Argon2id(password: the passphrase, salt: 16 random octets,
 *	                  3 passes, 64 MiB, 4 lanes, 32 octets)
 *	sealed = AES-256-GCM(key, nonce: 12 random octets, plain text: the 16 octets,
 *	                     additional data: "autotunnel-admin-v1" and the domain in lower case)
 *	         with the tag of 16 octets behind it
 *
 * Whoever has the file may guess as often as he likes: strength.h says which passphrases are taken.
 */
#ifndef IDENTITY_ADMIN_FILE_H
#define IDENTITY_ADMIN_FILE_H

#include "crypto/aead.h"
#include "identity/phrase.h"

#define ADMIN_FILE_SALT 16
#define ADMIN_FILE_KEY 32
#define ADMIN_FILE_SEALED (PHRASE_ENTROPY + AEAD_TAG_LEN)
#define ADMIN_FILE_SIZE 256 /* of the text; it has 109 octets */

struct admin_file {
	uint8_t salt[ADMIN_FILE_SALT];
	uint8_t nonce[AEAD_NONCE_LEN];
	uint8_t sealed[ADMIN_FILE_SEALED];
};

enum admin_file_result {
	ADMIN_FILE_OK,
	ADMIN_FILE_NONE,
	ADMIN_FILE_DAMAGED,
	ADMIN_FILE_WRONG, /* passphrase, or domain, or the file was changed: AES-GCM cannot tell */
	ADMIN_FILE_FAILED, /* no memory for Argon2id */
};

/* What the passphrase gives.  0, or -1 when Argon2id does not get its memory. */
int admin_file_key(const struct admin_file *f, const char *passphrase, uint8_t key[ADMIN_FILE_KEY]);

/* Fill sealed; salt and nonce are there, random, used for nothing else.  0, or -1 as above; sealed
 * is then zero. */
int admin_file_seal(struct admin_file *f, const char *domain, const char *passphrase,
    const uint8_t entropy[PHRASE_ENTROPY]);
/* The reverse: ADMIN_FILE_OK, _WRONG or _FAILED; entropy is zero unless it is OK. */
enum admin_file_result admin_file_open(const struct admin_file *f, const char *domain,
    const char *passphrase, uint8_t entropy[PHRASE_ENTROPY]);
/* The second half of it, once the key is there. */
enum admin_file_result admin_file_open_key(const struct admin_file *f, const char *domain,
    const uint8_t key[ADMIN_FILE_KEY], uint8_t entropy[PHRASE_ENTROPY]);

/* Its text, in both directions.  print returns the length; parse 0, or -1 when it is no such line
 * or there is more than that line. */
size_t admin_file_print(const struct admin_file *f, char out[ADMIN_FILE_SIZE]);
int admin_file_parse(const char *text, size_t len, struct admin_file *f);

/* Read it from the state directory: ADMIN_FILE_OK, _NONE, or _DAMAGED with a sentence in why (it
 * counts as damaged also when others can read it or we cannot). */
enum admin_file_result admin_file_load(
    const char *statedir, struct admin_file *f, char why[MSG_TEXT_MAX]);
/* 0; -1 with errno and a sentence in why. */
int admin_file_save(const char *statedir, const struct admin_file *f, char why[MSG_TEXT_MAX]);
/* 1, 0 when there was none; -1 as above. */
int admin_file_remove(const char *statedir, char why[MSG_TEXT_MAX]);

#endif
