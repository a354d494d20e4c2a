/*
 * Who this device is: its account, name, address, keys and certificates, as `autotunnel init` and
 * `autotunnel join` left them in the state directory.
 *
 *   account      text: domain, name, server addresses (see identity.c)
 *   device.key   Ed25519, PKCS#8 DER         device.crt   X.509 DER, signed by the account CA
 *   ca.crt       X.509 DER, one or several   tsig.key     BIND key file syntax
 *   epoch        decimal, last epoch written to DNS (the daemon's)
 *   admin.key    on an admin device only: the recovery phrase, encrypted (admin_file.h)
 * All are 0600 and written atomically.
 */
#ifndef IDENTITY_IDENTITY_H
#define IDENTITY_IDENTITY_H

#include "identity/lineage.h"

struct tsig_key {
	char name[MSG_NAME_MAX];
	uint8_t algorithm; /* enum tsig_algorithm */
	uint8_t secret_len;
	uint8_t secret[MSG_SECRET_MAX];
};

struct blob {
	uint16_t len;
	uint8_t data[MSG_DER_MAX];
};

struct identity {
	char domain[MSG_NAME_MAX];
	char name[MSG_NAME_MAX]; /* full host name, inside domain */
	uint8_t ula[16];
	uint8_t servers;
	struct endpoint server[MSG_SERVERS_MAX];
	uint8_t pins; /* of the servers' TLS keys: SHA-256 of what is certified */
	uint8_t pin[MSG_PINS_MAX][MSG_PIN_LEN];
	struct tsig_key tsig;
	struct blob key, cert;
	struct blob ca; /* the account's first */
	struct lineage cas; /* all, as far as known when this device joined */
};

enum identity_result { IDENTITY_OK, IDENTITY_NONE, IDENTITY_BROKEN };

/* Read and cross-check everything: certificate signed by a CA of the account, key fits certificate,
 * ULA in the certificate is the one derived from CA and key, names agree.  IDENTITY_NONE when the
 * directory or the account file does not exist; IDENTITY_BROKEN with a sentence in why otherwise.
 */
enum identity_result identity_load(
    const char *statedir, struct identity *id, char why[MSG_TEXT_MAX]);
void identity_wipe(struct identity *id);

/* Last epoch written, 0 when there is none; and keep a new one (0, or -1 with errno). */
uint64_t identity_epoch_load(const char *statedir);
int identity_epoch_save(const char *statedir, uint64_t epoch);

#endif
