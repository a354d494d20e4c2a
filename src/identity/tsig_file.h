/*
 * TSIG keys in the syntax of BIND's configuration, so that `nsupdate -k` and `dig -k` read the
 * same file and tsig-keygen(8) writes one for us:
 *
 *	key "nas.alice.example.com" {
 *		algorithm hmac-sha256;
 *		secret "base64";
 *	};
 */
#ifndef IDENTITY_TSIG_FILE_H
#define IDENTITY_TSIG_FILE_H

#include "identity/identity.h"

#define TSIG_FILE_KEYS 16 /* of one file */
#define TSIG_FILE_SIZE 8192 /* octets of one file */
#define TSIG_TEXT_MAX 512 /* of one key as text */

struct tsig_file {
	int keys;
	struct tsig_key key[TSIG_FILE_KEYS];
};

/* "hmac-sha256" and its kin; NULL for an unknown number. */
const char *tsig_key_algorithm(uint8_t algorithm);

/* Read len octets.  Key names become lower case without final dot.  0; -1 with a sentence and the
 * line in why (never a secret).  The caller wipes *out in both cases. */
int tsig_file_parse(const char *text, size_t len, struct tsig_file *out, char why[MSG_TEXT_MAX]);

/* The same from a file; why then names it. */
int tsig_file_load(const char *path, struct tsig_file *out, char why[MSG_TEXT_MAX]);

/* One key as a key statement.  Returns its length. */
size_t tsig_key_print(const struct tsig_key *key, char out[TSIG_TEXT_MAX]);

#endif
